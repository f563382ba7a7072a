"""Which mutants of a rule its examples let live."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from guardrail.errors import RuleError
from guardrail.kit.mutants import mutants_of
from guardrail.kit.prepared import outcomes, prepare
from guardrail.kit.rulebook import Rulebook
from guardrail.model import Map, Seq, plain
from guardrail.policy.rule import Rule


class Survivor(NamedTuple):
    clause: str
    change: str
    line: int

    def __str__(self) -> str:
        return f"{self.clause}: {self.change}"


class Report(NamedTuple):
    """Of one rule file. `accepted`: how many survive for a reason that the rule gives; `faults`: why it could not be
    mutated, and reasons that are given for what does not survive."""

    rule: str
    file: str
    mutants: int
    survivors: list[Survivor]
    accepted: int
    faults: list[str]


def mutate_files(files: Sequence[str], book: Rulebook, workers: int | None = None) -> list[Report]:
    """In the order of the files; spread over processes where there are several and the system can fork."""
    count = min(workers or os.cpu_count() or 1, len(files))
    if count < 2 or not hasattr(os, "fork"):
        return [mutate_file(file, book) for file in files]
    _Forked.files, _Forked.book = files, book
    with multiprocessing.get_context("fork").Pool(count) as pool:
        return pool.map(_Forked.work, range(len(files)), chunksize=2)


class _Forked:
    """What the workers inherit."""

    files: Sequence[str]
    book: Rulebook

    @staticmethod
    def work(index: int) -> Report:
        return mutate_file(_Forked.files[index], _Forked.book)


def mutate_file(file: str, book: Rulebook) -> Report:
    shown_as = os.path.relpath(file)
    try:
        located = book.located(file, shown_as)
        data: dict[str, Any] = plain(located)
        beside = book.beside(data)
    except (RuleError, OSError) as error:
        return Report(os.path.basename(file), file, 0, [], 0, [str(error)])
    prepared = prepare(data, beside)
    original = Rule(data)
    wanted = [outcomes(original, one, beside) for one in prepared]
    for one, found in zip(prepared, wanted, strict=True):
        if {(name, line) for name, line, _ in found} != one.example.expected:
            fault = f"{shown_as}: example {one.example.number} does not do what it says; see `guardrail rules test`"
            return Report(original.id, file, 0, [], 0, [fault])
    survivors: list[Survivor] = []
    total = 0
    for mutant in mutants_of(located):
        rule = Rule(mutant.data)
        if not _compiles(rule):
            continue
        total += 1
        if all(outcomes(rule, one, beside) == found for one, found in zip(prepared, wanted, strict=True)):
            survivors.append(Survivor(mutant.clause, mutant.change, mutant.line))
    return _report(original.id, file, total, survivors, located, shown_as)


def _report(
    rule: str, file: str, total: int, survivors: list[Survivor], located: Map, shown_as: str
) -> Report:
    reasons = located.get("mutants", Seq())
    left = list(survivors)
    faults: list[str] = []
    for index, reason in enumerate(reasons):
        said = [s for s in survivors if s.clause == reason["clause"] and reason.get("change") in (None, s.change)]
        if not said:
            line = reasons.place(index).line
            faults.append(f"{shown_as}:{line}: no mutant of {reason['clause']} survives, so none needs a reason")
        left = [survivor for survivor in left if survivor not in said]
    return Report(rule, file, total, left, len(survivors) - len(left), faults)


def _compiles(rule: Rule) -> bool:
    """A change may make nonsense of a condition (`min: 3d` made `min: -1d` does not): no mutant then."""
    try:
        rule.checks({name: definition["default"] for name, definition in (rule.data.get("parameters") or {}).items()})
    except ValueError:
        return False
    return True
