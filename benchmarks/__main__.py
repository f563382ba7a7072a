"""`python -m benchmarks`: measures, and prints or writes docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.inputs import INPUTS, SIZES, make
from benchmarks.measure import ROOT
from benchmarks.peers import installed
from benchmarks.repositories import repository
from benchmarks.scale import SCALES

PAGE = ROOT / "docs" / "performance.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/performance.md instead of printing it")
    parser.add_argument("--input", action="append", choices=list(INPUTS), help="only this input; repeatable")
    parser.add_argument("--scale", action="append", choices=list(SCALES), help="only this tree of many; repeatable")
    parser.add_argument("--tree", action="append", metavar="NAME=FOLDER", help="this repository, too; repeatable")
    parser.add_argument("--no-inputs", action="store_true", help="only repositories")
    parser.add_argument("--large", action="store_true", help="also size L (30 MB)")
    parser.add_argument("--small", action="store_true", help="only size S")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of a scan (default 3; more for short ones)")
    parser.add_argument("--no-peers", action="store_true", help="leave other scanners out")
    parser.add_argument("--peers-path", metavar="PATH", help="where to look for other scanners, instead of PATH")
    parser.add_argument("--peer-limit", type=float, default=120.0, metavar="SECONDS", help="give up on a peer then")
    parser.add_argument("--budgets", action="store_true", help="end with 1 where a budget is not met")
    parser.add_argument("--make", metavar="FOLDER", type=Path, help="only make the inputs, there")
    parser.add_argument("--profile", metavar="INPUT", choices=list(INPUTS), help="profile one scan instead")
    options = parser.parse_args()
    others = options.scale or options.no_inputs
    names = options.input or ([] if others else list(INPUTS))
    scales = options.scale or ([] if options.input or options.small or options.no_inputs else list(SCALES))
    try:
        trees = [repository(tree) for tree in options.tree or ()]
    except ValueError as error:
        parser.error(str(error))
    letters = ["S"] if options.small else [letter for letter in SIZES if letter != "L" or options.large]
    if options.make:
        for name in names:
            for letter in letters:
                print(make(name, letter, options.make).folder)
        return 0
    with tempfile.TemporaryDirectory(prefix="guardrail-benchmarks-") as place:
        folder = Path(place)
        if options.profile:
            from benchmarks.profiling import profile

            print(profile(make(options.profile, letters[-1], folder).folder))
            return 0
        from benchmarks.page import page
        from benchmarks.suite import measure

        peers = [] if options.no_peers else installed(options.peers_path)
        results = measure(folder, names, letters, scales, trees, max(1, options.runs), peers, options.peer_limit)
    text = page(results)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
    else:
        print(text)
    if options.budgets:
        from benchmarks.budgets import budgets

        return 0 if all(budget.met for budget in budgets(results)) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
