"""What is measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks import scale
from benchmarks.inputs import Input, make
from benchmarks.measure import GUARDRAIL, Bench, Run
from benchmarks.peers import Installed
from benchmarks.repositories import Repository

# The inputs hold things to find, so that a scan ends with 1. Nothing may end with 3: half a scan is no measure.
FOUND = (0, 1)
# But of a repository that calls modules of others, which are not there.
FOUND_IN_PART = (0, 1, 3)


class Scan(NamedTuple):
    """Without the cache; `warm`: with what an earlier scan of the same files kept."""

    input: Input
    scan: Run
    floor: Run
    warm: Run
    two: Run | None  # with two workers
    loading: Run | None  # into plain objects; None: not measured


class Known(NamedTuple):
    """A repository of somebody else's, as a `Scan`."""

    repository: Repository
    scan: Scan


class Against(NamedTuple):
    """A peer on an input, and guardrail beside it."""

    peer: Installed
    input: Input
    run: Run
    own: Run


class Scaled(NamedTuple):
    """A tree of very many things: reading it, and the whole scan, with one worker."""

    made: scale.Made
    reading: Run
    scan: Run


class Results(NamedTuple):
    """`load`: how many processes others ran, on average, in the minute before the start. `by_rules`: a scan of one file
    by the number of rules."""

    load: float
    startup: dict[str, Run]
    by_rules: dict[int, Run]
    scans: list[Scan]
    scaled: list[Scaled]
    against: list[Against]
    known: list[Known]


def scanning(folder: Path, *options: str, warm: bool = False) -> list[str]:
    return [*GUARDRAIL, "scan", str(folder), "--quiet", *([] if warm else ["--no-cache"]), *options]


def measure(
    folder: Path,
    names: Sequence[str],
    letters: Sequence[str],
    scales: Sequence[str],
    trees: Sequence[Repository],
    runs: int,
    peers: Sequence[Installed],
    limit: float,
) -> Results:
    load = os.getloadavg()[0]
    bench = Bench(folder)
    inputs = [make(name, letter, folder / "inputs") for letter in letters for name in names]
    say(f"made {len(inputs)} inputs")
    startup = _startup(bench, folder, runs) if inputs else {}
    by_rules = _by_rules(bench, folder, runs) if inputs else {}
    scans = [_scan(bench, one, runs) for one in inputs]
    scaled = [_scaled(bench, name, part, folder, runs) for name in scales for part in (scale.QUARTER, scale.WHOLE)]
    known = [Known(tree, _scan(bench, tree.input, runs, FOUND_IN_PART)) for tree in trees]
    small = [one for one in inputs if one.letter == "S"] + [tree.input for tree in trees]
    against = list(_against(bench, small, runs, peers, limit))
    return Results(load, startup, by_rules, scans, scaled, against, known)


def _startup(bench: Bench, folder: Path, runs: int) -> dict[str, Run]:
    small = make("terraform-flat", "S", folder / "inputs").folder / "root-000/main.tf"
    manifest = folder / "deployment.yaml"
    manifest.write_text(_DEPLOYMENT)
    commands = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        '`python -c "import click, yaml"`': [sys.executable, "-c", "import click, yaml"],
        "`guardrail --version`": [*GUARDRAIL, "--version"],
        f"scan of one Terraform file ({small.stat().st_size:,} bytes)": scanning(small),
        f"scan of one manifest ({len(_DEPLOYMENT):,} bytes)": scanning(manifest),
    }
    say("start-up")
    return bench.compare(commands, max(runs * 4, 8), expect=FOUND)


def _by_rules(bench: Bench, folder: Path, runs: int) -> dict[int, Run]:
    small = make("terraform-flat", "S", folder / "inputs").folder / "root-000/main.tf"
    say("numbers of rules")
    commands = {
        str(number): [
            sys.executable, "-m", "benchmarks.many_rules", str(number), str(folder / "rules"),
            "scan", str(small), "--quiet", "--no-cache",
        ]
        for number in (100, 1000)
    }  # fmt: skip
    found = bench.compare(commands, max(runs * 4, 8), expect=FOUND)
    return {int(number): run for number, run in found.items()}


def _scan(bench: Bench, one: Input, runs: int, expect: Sequence[int] = FOUND) -> Scan:
    say(f"{one.name} {one.letter}".strip())
    commands = {
        "scan": scanning(one.folder, "--workers", "1"),
        "warm": scanning(one.folder, "--workers", "1", warm=True),
        "floor": [sys.executable, "-m", "benchmarks.floor", str(one.folder)],
    }
    bench.run(scanning(one.folder, warm=True))  # the scan that a warm one comes after, however long it takes
    if one.letter != "S":
        commands["two"] = scanning(one.folder, "--workers", "2")
    if one.letter != "L" and find_spec("hcl2") is not None:
        commands["loading"] = [sys.executable, "-m", "benchmarks.loading", str(one.folder)]
    found = bench.compare(commands, runs if one.letter != "S" else runs * 2, expect=expect)
    return Scan(one, found["scan"], found["floor"], found["warm"], found.get("two"), found.get("loading"))


def _scaled(bench: Bench, name: str, part: int, folder: Path, runs: int) -> Scaled:
    made = scale.make(name, part, folder / "scale")
    say(f"{name} {made.number:,}")
    commands = {
        "reading": [sys.executable, "-m", "benchmarks.reading", str(made.folder)],
        "scan": scanning(made.folder, "--workers", "1"),
    }
    found = bench.compare(commands, min(runs, 2), expect=FOUND)
    return Scaled(made, found["reading"], found["scan"])


def _against(
    bench: Bench, inputs: Sequence[Input], runs: int, peers: Sequence[Installed], limit: float
) -> Iterable[Against]:
    for peer in peers:
        for one in inputs:
            if (one.name if one.letter else "repository") not in peer.peer.reads:
                continue
            say(f"{peer.peer.name} on {one.name}")
            commands = {"own": scanning(one.folder), "peer": peer.on(str(one.folder))}
            found = bench.compare(commands, runs, limit, expect=range(256))
            yield Against(peer, one, found["peer"], found["own"])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 2
  selector:
    matchLabels: {app: api}
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
        - name: api
          image: registry.example.com/api:1.4.2
          resources:
            requests: {cpu: 100m, memory: 128Mi}
"""
