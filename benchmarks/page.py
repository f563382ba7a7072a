"""The results as docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version

from benchmarks.budgets import budgets
from benchmarks.inputs import SIZES
from benchmarks.measure import SLOW, Run
from benchmarks.suite import Against, Known, Results, Scaled, Scan
from guardrail._version import __version__

_HEAD = """\
# Performance

Made by `python -m benchmarks --write`; edit that, not this. Ratios say more than seconds, which belong to one machine.

{when}, guardrail {guardrail}, {interpreter}, {cpu}, {cores} cores, {system}; {libraries}.
Load of the machine before the start: {load:.1f}{busy}.

- Every number is the median of several whole processes, from start to exit, counted by the kernel (`wait4`). What is
  compared runs in turn, after one run that is not counted; what takes longer than 20 seconds runs once. Peak memory is
  that of the largest process.
- The inputs are made by the benchmark, the same each time ({sizes}): services, buckets, databases
  and queues in Terraform; applications with all that belongs to them in Kubernetes; checks, releases and deployments
  as workflows.
- The **floor** is a process that reads the same files and parses them with the same parsers (tree-sitter, libyaml)
  and does nothing else.
"""


_BUSY = " (others were at work: take wall times, and those of two workers above all, with care)"


def page(results: Results) -> str:
    parts = [_head(results.load), _budgets(results)]
    parts += [_startup(results.startup), _rules(results.by_rules), _scans(results.scans), _growth(results.scans)]
    parts += [_scaled(results.scaled), _workers(results.scans), _known(results.known), _against(results.against)]
    return "\n".join(part for part in parts if part)


def _head(load: float) -> str:
    packages = ("click", "PyYAML", "tree-sitter", "tree-sitter-hcl")
    return _HEAD.format(
        when=date.today().isoformat(),
        guardrail=__version__,
        interpreter=f"{platform.python_implementation()} {platform.python_version()}",
        cpu=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        system=platform.system(),
        load=load,
        busy=_BUSY if load > 0.5 else "",
        libraries=", ".join(f"{name} {version(name)}" for name in packages),
        sizes=", ".join(f"{letter} {_bytes(size)}" for letter, size in SIZES.items()),
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _budgets(results: Results) -> str:
    rows = [
        (one.title, one.wanted, f"**{one.measured}**", one.where, "yes" if one.met else "no")
        for one in budgets(results)
    ]
    if not rows:
        return ""
    words = "What guardrail aims at, and the worst of this run. `--budgets` ends with 1 where one is not met."
    return f"## Budgets\n\n{words}\n\n{_table(('budget', 'wanted', 'measured', 'worst on', 'met'), rows)}"


def _rules(runs: dict[int, Run]) -> str:
    if not runs:
        return ""
    least = runs[min(runs)]
    rows = [
        (f"{number:,}", _ratio(run.cpu, least.cpu), _time(run.cpu), _memory(run.peak)) for number, run in runs.items()
    ]
    words = "One Terraform file, judged with more and more rules that are about other things.\n"
    return f"## Rules\n\n{words}\n{_table(('rules', 'ratio', 'CPU', 'peak memory'), rows)}"


def _startup(runs: dict[str, Run]) -> str:
    if not runs:
        return ""
    least = next(run for name, run in runs.items() if "import" in name)
    rows = [
        (name, _ratio(run.cpu, least.cpu), _time(run.wall), _time(run.cpu))
        for name, run in runs.items()
    ]
    words = "## Start-up\n\nThe ratio is to importing click and PyYAML, the least that such a command needs.\n"
    return f"{words}\n{_table(('process', 'ratio', 'wall', 'CPU'), rows)}"


def _scans(scans: Sequence[Scan]) -> str:
    if not scans:
        return ""
    rows = [
        (
            one.input.name,
            one.input.letter,
            f"{one.input.files:,}",
            _ratio(one.scan.cpu, one.floor.cpu),
            _ratio(one.scan.cpu, one.loading.cpu) if one.loading else "",
            f"{one.input.size / one.scan.wall / 1e6:.2f}",
            _time(one.scan.wall),
            _time(one.scan.cpu),
            _memory(one.scan.peak),
            _time(one.floor.cpu),
            _time(one.loading.cpu) if one.loading else "",
            f"{one.warm.wall / one.scan.wall:.0%}" if one.warm.wall < SLOW else "",
        )
        for one in scans
    ]
    head = (
        "input", "size", "files", "CPU by floor's", "by loading's", "MB/s", "wall", "CPU", "peak memory", "floor's CPU",
        "loading's", "warm",
    )  # fmt: skip
    words = (
        "Without the cache; **warm** is the wall time of the same scan when nothing has changed since an earlier one.\n"
        "Less than 100 kB are never kept. **Loading** makes the same files into plain Python objects with the\n"
        "libraries that are usual for it (PyYAML with libyaml, python-hcl2) and asks nothing of them: what\n"
        "a scanner in Python costs before its first question, unless it reads otherwise."
    )
    return f"## Scans, one worker\n\n{words}\n\n{_table(head, rows)}"


def _growth(scans: Sequence[Scan]) -> str:
    rows: list[tuple[str, ...]] = []
    for one in scans:
        for other in scans:
            letters = one.input.letter + other.input.letter
            if one.input.name == other.input.name and letters in ("SM", "ML"):
                larger = other.input.size / one.input.size
                longer = other.scan.cpu / one.scan.cpu
                more = other.scan.peak / one.scan.peak
                rows.append(
                    (
                        one.input.name,
                        f"{one.input.letter} to {other.input.letter}",
                        f"{larger:.1f}x",
                        f"{longer:.1f}x",
                        f"{longer / larger:.2f}",
                        f"{more:.1f}x",
                    )
                )
    if not rows:
        return ""
    words = "## Growth\n\n1.00 is linear; what is below has start-up in the smaller one.\n"
    return f"{words}\n{_table(('input', 'sizes', 'bytes', 'CPU', 'CPU by bytes', 'peak memory'), rows)}"


def _scaled(scaled: Sequence[Scaled]) -> str:
    rows: list[tuple[str, ...]] = []
    before: Scaled | None = None
    for one in scaled:
        growth = ["", ""]
        if before is not None and before.made.name == one.made.name:
            times = one.made.number / before.made.number
            pairs = ((one.reading, before.reading), (one.scan, before.scan))
            growth = [f"{run.cpu / less.cpu / times:.2f}" for run, less in pairs]
        rows.append(
            (
                one.made.name,
                f"{one.made.number:,} {one.made.unit}",
                f"{one.made.files:,}",
                _bytes(one.made.size),
                _time(one.reading.cpu),
                _memory(one.reading.peak),
                growth[0],
                _time(one.scan.cpu),
                _memory(one.scan.peak),
                growth[1],
            )
        )
        before = one
    if not rows:
        return ""
    head = ("tree", "holds", "files", "bytes", "reading, CPU", "peak", "growth", "scan, CPU", "peak", "growth")
    words = (
        "A quarter, then the whole of it, with one worker. Reading is what comes before judging: files to resources.\n"
        "Growth of 1.00 is linear: four times as many take four times the CPU time."
    )
    return f"## Very many\n\n{words}\n\n{_table(head, rows)}"


def _workers(scans: Sequence[Scan]) -> str:
    rows = [
        (
            one.input.name,
            one.input.letter,
            _ratio(one.scan.wall, one.two.wall),
            _time(one.scan.wall),
            _time(one.two.wall),
            _memory(one.two.peak),
        )
        for one in scans
        if one.two is not None
    ]
    if not rows:
        return ""
    head = ("input", "size", "times as fast", "one worker", "two workers", "peak memory")
    words = (
        "What must be looked at together goes to one worker: roots that share modules, manifests of a namespace,\n"
        "pipelines that call each other. A root module is never split: terraform-one-root, above, takes one worker."
    )
    return f"## Two workers\n\n{words}\n\n{_table(head, rows)}"


def _known(found: Sequence[Known]) -> str:
    rows = [
        (
            one.repository.input.name,
            one.repository.commit,
            f"{one.scan.input.files:,}",
            _bytes(one.scan.input.size),
            _ratio(one.scan.scan.cpu, one.scan.floor.cpu),
            f"{one.scan.input.size / one.scan.scan.wall / 1e6:.2f}",
            _time(one.scan.scan.wall),
            _time(one.scan.two.wall) if one.scan.two is not None else "",
            _memory(one.scan.scan.peak),
            f"{one.scan.warm.wall / one.scan.scan.wall:.0%}" if one.scan.warm.wall < SLOW else "",
        )
        for one in found
    ]
    if not rows:
        return ""
    head = (
        "repository", "commit", "files", "size", "CPU by floor's", "MB/s", "wall", "two workers", "peak memory", "warm",
    )  # fmt: skip
    words = (
        "What others wrote, whole, as it is checked out (`--tree NAME=FOLDER`); files and size are those of Terraform\n"
        "and YAML. Much of it nobody deploys (schemas, test data, templates of charts), which is read and passed over."
    )
    return f"## Repositories\n\n{words}\n\n{_table(head, rows)}"


def _against(found: Sequence[Against]) -> str:
    if not found:
        return ""
    rows = [
        (
            f"{one.peer.peer.name} {one.peer.version}",
            f"{one.input.name} {one.input.letter}".strip(),
            f"{'' if one.run.known else 'more than '}{_ratio(one.run.wall, one.own.wall)}",
            _ratio(one.run.peak, one.own.peak),
            _time(one.run.wall) if one.run.known else f"stopped after {_time(one.run.wall)}",
            _time(one.own.wall),
        )
        for one in found
    ]
    head = ("scanner", "input", "time, ratio to guardrail", "peak memory, ratio", "wall", "guardrail")
    words = (
        "With their own rules, offline; Conftest, which has none, with three. They do not check the same things;\n"
        "it is the waiting that is compared."
    )
    return f"## Beside other scanners\n\n{words}\n\n{_table(head, rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    marks = ["---" if index == 0 else "---:" for index in range(len(head))]
    lines = [head, marks, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _ratio(one: float, other: float) -> str:
    ratio = one / other
    return f"**{ratio:.0f}**" if ratio >= 100 else f"**{ratio:.1f}**" if ratio >= 10 else f"**{ratio:.2f}**"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _memory(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


def _bytes(size: int) -> str:
    return f"{size // 1000} kB" if size < 1_000_000 else f"{size // 1_000_000} MB"
