"""What a scan may cost, as ratios to something measured in the same run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.suite import Results, Scan

ALLOWED_PEAK = 250_000_000


class Budget(NamedTuple):
    """`measured` is the worst that was seen, and `where`."""

    title: str
    wanted: str
    measured: str
    where: str
    met: bool


def budgets(results: Results) -> list[Budget]:
    """Those that this run measured anything for."""
    found = [_startup(results), _rules(results), *_scans(results.scans), _growth(results.scans), _checkov(results)]
    return [budget for budget in found if budget is not None]


def _startup(results: Results) -> Budget | None:
    least = next((run for name, run in results.startup.items() if "import" in name), None)
    if least is None:
        return None
    files = [(run.cpu / least.cpu, name) for name, run in results.startup.items() if name.startswith("scan")]
    return _most("one small file, from cold, by importing click and PyYAML", 3.0, files)


def _rules(results: Results) -> Budget | None:
    if not results.by_rules:
        return None
    few, many = min(results.by_rules), max(results.by_rules)
    ratio = results.by_rules[many].cpu / results.by_rules[few].cpu
    return _most(f"{many:,} rules by {few:,}, on one file", 1.1, [(ratio, "terraform-flat")])


def _scans(scans: Sequence[Scan]) -> Iterable[Budget | None]:
    of_m = [one for one in scans if one.input.letter == "M"]
    largest = [one for one in scans if one.input.letter == "L"] or of_m
    if not of_m:
        return
    by_floor = [(one.scan.cpu / one.floor.cpu, _name(one)) for one in of_m]
    yield _most("CPU of a scan by that of parsing, M", 2.5, by_floor)
    yield _most("warm scan by a cold one, M", 0.15, [(one.warm.wall / one.scan.wall, _name(one)) for one in of_m])
    peak, where = max((one.scan.peak, _name(one)) for one in of_m)
    yield Budget("peak memory, M", "at most 250 MB", f"{peak / 1e6:.0f} MB", where, peak <= ALLOWED_PEAK)
    yield _least("two workers, times as fast as one", 1.7, [
        (one.scan.wall / one.two.wall, _name(one)) for one in largest if one.two is not None
    ])  # fmt: skip


def _growth(scans: Sequence[Scan]) -> Budget | None:
    by_name: dict[str, list[Scan]] = {}
    for one in scans:
        by_name.setdefault(one.input.name, []).append(one)
    found: list[tuple[float, str]] = []
    for several in by_name.values():
        small, large = (choose(several, key=lambda one: one.input.size) for choose in (min, max))
        if small is not large:
            growth = large.scan.cpu / small.scan.cpu / (large.input.size / small.input.size)
            found.append((growth, f"{large.input.name} {small.input.letter} to {large.input.letter}"))
    return _most("CPU by bytes, from the smallest to the largest", 1.1, found) if found else None


def _checkov(results: Results) -> Budget | None:
    found = [
        (one.run.wall / one.own.wall, f"{one.input.name} {one.input.letter}")
        for one in results.against
        if one.peer.peer.name == "checkov" and one.input.letter
    ]
    return _least("times as fast as Checkov", 20, found) if found else None


def _most(title: str, limit: float, found: Iterable[tuple[float, str]]) -> Budget:
    worst, where = max(found)
    return Budget(title, f"at most {limit:g}", f"{worst:.2f}", where, worst <= limit)


def _least(title: str, limit: float, found: Iterable[tuple[float, str]]) -> Budget:
    worst, where = min(found)
    return Budget(title, f"at least {limit:g}", f"{worst:.2f}", where, worst >= limit)


def _name(one: Scan) -> str:
    return f"{one.input.name} {one.input.letter}"
