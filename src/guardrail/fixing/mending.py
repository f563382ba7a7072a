"""Which edits mend something: those after which another scan finds no more what they are for, and nothing worse."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from guardrail.errors import UsageError
from guardrail.fixing import terraform, yaml_values
from guardrail.fixing.assignments import Assignment, assignment_of
from guardrail.fixing.checkouts import KEEPS, may_need_token
from guardrail.model import Finding, Result, Span, severity_rank
from guardrail.scanning import Request, carry_out, prepare
from guardrail.tree import Tree, Unreadable

ROUNDS = 4
"""Scans after which what still goes wrong is given up, with all that its file was to get."""


class Mended(NamedTuple):
    """`before` and `after`: contents by file of the tree. `findings`: those that are mended. `result`: of the scan
    before."""

    tree: Tree
    before: dict[str, bytes]
    after: dict[str, bytes]
    findings: list[Finding]
    result: Result


def mend(request: Request) -> Mended:
    """What can be mended in the files that this request is about. Nothing is written."""
    plan = prepare(request)
    if plan.found.repositories:
        raise UsageError("there are several repositories here; mend each by itself")
    tree, result = plan.found.tree, carry_out(plan, request)
    wanted = [
        (finding, assignment)
        for finding in result.failures
        if finding.span.line and (assignment := assignment_of(finding.remedy)) is not None
    ]
    before = _contents(tree, {finding.span.file for finding, _ in wanted})
    wanted = [
        (finding, assignment)
        for finding, assignment in wanted
        if assignment.name != KEEPS or not may_need_token(before.get(finding.span.file, b""), finding.span)
    ]
    for _ in range(ROUNDS):
        after, tried = _edited(before, wanted)
        if not tried:
            break
        again = carry_out(prepare(request._replace(overlay=after)), request)
        refused, spoilt = _refused(tried, result, again)
        if not refused and not spoilt:
            return Mended(tree, before, after, tried, result)
        wanted = [
            (finding, assignment)
            for finding, assignment in wanted
            if finding.fingerprint not in refused and finding.span.file not in spoilt
        ]
    return Mended(tree, before, {}, [], result)


def _contents(tree: Tree, files: Iterable[str]) -> dict[str, bytes]:
    """Of links nothing: what they lead to is mended where it stands. Nor of what is not UTF-8, which no patch says."""
    found: dict[str, bytes] = {}
    for file in sorted(files):
        if os.path.realpath(tree.absolute(file)) != tree.absolute(file):
            continue
        try:
            data = tree.read(file)
            data.decode("utf-8")
        except (Unreadable, UnicodeDecodeError):
            continue
        found[file] = data
    return found


def _edited(
    before: Mapping[str, bytes], wanted: Iterable[tuple[Finding, Assignment]]
) -> tuple[dict[str, bytes], list[Finding]]:
    """The contents of the files that change, and what they change for. From the end of a file to its beginning, so that
    places stay what they are until it is their turn."""
    after: dict[str, bytes] = {}
    tried: list[Finding] = []
    for finding, assignment in sorted(wanted, key=lambda one: (one[0].span.file, *_from_the_end(one[0]))):
        file = finding.span.file
        source = after.get(file, before.get(file))
        edit = _editor(file)
        made = edit(source, finding.span, assignment) if source is not None and edit is not None else None
        if made is not None:
            after[file] = made
            tried.append(finding)
    return after, tried


def _from_the_end(finding: Finding) -> tuple[int, int, str]:
    return -finding.span.line, -finding.span.column, finding.rule


def _editor(file: str) -> Callable[[bytes, Span, Assignment], bytes | None] | None:
    if file.endswith((".tf", ".tofu")):
        return terraform.edited
    return yaml_values.edited if file.endswith((".yaml", ".yml")) else None


def _refused(tried: Iterable[Finding], before: Result, after: Result) -> tuple[set[str], set[str]]:
    """The fingerprints of what is still found, and the files in which something is wrong now that was not: a problem,
    or a finding as grave as the gravest that was to be mended there."""
    left = {finding.fingerprint for finding in after.failures}
    refused = {finding.fingerprint for finding in tried}.intersection(left)
    gravest: dict[str, int] = {}
    for finding in tried:
        rank = severity_rank(finding.severity)
        gravest[finding.span.file] = min(rank, gravest.get(finding.span.file, rank))
    known = {finding.fingerprint for finding in before.failures}
    spoilt: set[str] = set()
    for finding in after.failures:
        limit = gravest.get(finding.span.file)
        if limit is not None and finding.fingerprint not in known and severity_rank(finding.severity) <= limit:
            spoilt.add(finding.span.file)
    problems = {(problem.file, problem.kind, problem.message) for problem in before.problems}
    for problem in after.problems:
        if (problem.file, problem.kind, problem.message) not in problems:
            spoilt |= {problem.file} if problem.file in gravest else set(gravest)
    return refused, spoilt
