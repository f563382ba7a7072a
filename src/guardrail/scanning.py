"""The whole way of a scan: discover -> read -> judge -> except -> Result."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from guardrail import process as processing
from guardrail.discover import Discovery
from guardrail.discover.claims import looked_for
from guardrail.discover.paths import printable
from guardrail.errors import UsageError
from guardrail.inputs.groups import Group
from guardrail.model import Coverage, Finding, Note, Problem, Result, Span, severity_rank
from guardrail.planning import Plan, Request, prepare, with_repositories
from guardrail.policy.findings import numbered
from guardrail.process import Judged, Part
from guardrail.repositories import EMPTY
from guardrail.running import parts_of
from guardrail.tree import Tree

if TYPE_CHECKING:
    from guardrail.beside import Beside
    from guardrail.exceptions.baseline import Baseline

__all__ = ["Plan", "Request", "carry_out", "prepare", "scan", "with_repositories"]


def scan(request: Request) -> Result:
    """Raises UsageError, ConfigError and RuleError; what is wrong with the scanned files is in the result."""
    return carry_out(prepare(request), request)


def carry_out(plan: Plan, request: Request) -> Result:
    """What `prepare` made of the same request."""
    if plan.found.repositories:
        if request.baseline:
            raise UsageError("a baseline is one repository's: name it in the guardrail.yaml of each (`baseline:`)")
        return _each_for_itself(plan, request)
    [(parts, beside)] = _carried_out([plan], request)
    return _result(plan, parts, request, beside)


def _carried_out(plans: Sequence[Plan], request: Request) -> list[tuple[list[Part], Beside | None]]:
    """What comes of each plan's groups, and what the scanner beside guardrail says, which is at work meanwhile."""
    if not any(plan.handed is not None and plan.handed.total for plan in plans):
        return [(parts, None) for parts in parts_of(plans, request)]
    from guardrail import beside

    running = beside.start(plans)
    assert running is not None
    try:
        parts = parts_of(plans, request)
        said = beside.results(running, plans)
    finally:
        running.stop()
    return [(of_it, said.get(index)) for index, of_it in enumerate(parts)]


def _each_for_itself(plan: Plan, request: Request) -> Result:
    """A folder of repositories: what a scan of each would find, under the folder's names, and of what stands beside
    them."""
    from guardrail.repositories import together

    plans, failed = with_repositories(plan, request)
    carried_out = _carried_out(list(plans.values()), request)
    results = {
        folder: _result(one, parts, request, beside)
        for (folder, one), (parts, beside) in zip(plans.items(), carried_out, strict=True)
    }
    return together(results, failed)


def _result(plan: Plan, parts: Sequence[Part], request: Request, beside: Beside | None) -> Result:
    found = plan.found
    problems = [*found.problems, *(problem for part in parts for problem in part.problems)]
    problems += _nothing(plan, parts, request)
    judged_beside = beside.findings if beside else []
    if plan.handed is not None:
        problems += [*plan.handed.problems, *(beside.problems if beside else ())]
        if beside and (beside.files or beside.problems):
            problems = [problem for problem in problems if problem.kind != EMPTY]
    notes = [*found.notes, *(note for part in parts for note in part.notes)]
    notes += [] if problems else [*_empty_environments(plan, parts), *_undeclared(plan, parts, request)]
    judged = _waived([*_joined(plan.groups, parts), *judged_beside], plan, whole=not problems)
    findings = _on_terms(numbered(sorted(judged.findings, key=Finding.sort_key)), plan)
    problems += judged.problems
    if plan.baseline is not None:
        findings = _on_terms(plan.baseline.apply(findings), plan)
        notes += [] if problems else _outdated(plan.baseline, findings, plan)
    status: dict[str, str] = dict.fromkeys(found.failed, "failed")
    for part in parts:
        status.update(part.files)
    if beside:
        status.update(dict.fromkeys(beside.files, "analysed"))
    if found.changed is not None:
        findings = [finding for finding in findings if _brought_about(finding, found.changed)]
        problems = [problem for problem in problems if _is_of_change(problem, found)]
        notes = [note for note in notes if not note.file or note.file in found.changed]
    findings, omitted = _grave(findings, request.min_severity or plan.config.min_severity)
    notes += omitted
    if findings:
        findings = _owned(findings, found.tree)
    counts = list(status.values())
    passed = judged.passed
    for part in parts:
        processing.add_counts(passed, part.passed)
    if beside:
        processing.add_counts(passed, beside.passed)
    coverage = Coverage(
        analysed=counts.count("analysed"),
        partial=counts.count("partial"),
        skipped=found.skipped - len(found.unclaimed.intersection(status)) + counts.count("skipped"),
        failed=counts.count("failed"),
        resources=sum(part.resources for part in parts),
        rules=_applied(plan),
        passes=sum(sum(counts.values()) for counts in passed.values()),
        passed=passed,
    )
    result = Result(
        findings=findings,
        problems=sorted(set(problems), key=Problem.sort_key),
        notes=sorted(set(notes), key=Problem.sort_key),
        coverage=coverage,
        base=found.tree.base,
        fail_on=request.fail_on or plan.config.fail_on,
    )
    cards = beside.cards if beside else {}
    named = sorted({finding.rule for finding in findings})
    result.rules = {name: cards.get(name) or plan.bundle.rules[name].card() for name in named}
    return result


def _nothing(plan: Plan, parts: Sequence[Part], request: Request) -> list[Problem]:
    """A scan in which all that looked like something to judge is none of it, and nobody has a word to say why."""
    found, status = plan.found, [each for part in parts for each in part.files.items()]
    told = found.failed or any(part.notes or part.problems for part in parts)
    if found.changed is not None or told or not status or any(how != "skipped" for _, how in status):
        return []
    shown = ", ".join(map(printable, request.paths))
    why = f"{len(status):,} file{'' if len(status) == 1 else 's'} looked into, none is one of {looked_for()}"
    return [Problem(EMPTY, f"nothing to judge in {shown}: {why}", status[0][0] if len(status) == 1 else "")]


def _undeclared(plan: Plan, parts: Sequence[Part], request: Request) -> list[Note]:
    """Variables that were given by hand, and that no root module has; Terraform refuses them."""
    if plan.found.changed is not None:
        return []
    declared = {name for part in parts for name in part.declared}
    unknown = dict.fromkeys(name for name, _ in request.variables if name not in declared)
    return [Note("undeclared-variable", f"--var {name}: no root module declares it") for name in unknown]


def _waived(findings: Iterable[Finding], plan: Plan, *, whole: bool) -> Judged:
    """The findings with what guardrail.yaml accepts of them, and what there is to say of its waivers. `whole`: all that
    was asked for could be read."""
    task, today = plan.task, plan.task.today
    if not plan.waivers or today is None:
        return Judged(list(findings), [], {})
    from guardrail.exceptions.waivers import apply, nouns_of

    is_judged = processing.judged_by(task)

    def ran(name: str, file: str) -> bool:
        """Whether every rule of this id, or glob of ids, is judged."""
        return all(is_judged(each, file) for each in fnmatch.filter(task.bundle.rules, name) or [name])

    marked, used = apply(findings, plan.waivers, task.bundle.aliases, task.terms, today)
    if plan.config.explicit:  # what holds for many trees need not be of use in each, and stands in none of them
        return Judged(marked, [], {})
    nouns = nouns_of(plan.waivers, used, task.terms, today, ran, plan.paths if whole else ())
    about = processing.judge_ignores(nouns, task)
    return about._replace(findings=[*marked, *about.findings])


def _on_terms(findings: list[Finding], plan: Plan) -> list[Finding]:
    terms, today = plan.task.terms, plan.task.today
    if terms is None or today is None:
        return findings
    from guardrail.exceptions.waivers import on_terms

    return on_terms(findings, terms, today)


def _outdated(baseline: Baseline, findings: Sequence[Finding], plan: Plan) -> Iterator[Note]:
    applied = {rule.id for rule in plan.task.rules}
    known = plan.bundle.rules
    gone = sum(1 for entry in baseline.gone(findings, plan.paths) if entry.rule in applied or entry.rule not in known)
    if gone:
        count = f"{gone:,} of its {len(baseline.entries):,} findings {'is' if gone == 1 else 'are'} gone"
        yield Note("baseline-outdated", f"{count}; `guardrail baseline --prune` takes them out", baseline.file)


def _empty_environments(plan: Plan, parts: Sequence[Part]) -> Iterator[Note]:
    """A glob with a slip of the pen is told of where the whole tree was scanned."""
    if "" not in plan.paths or plan.config.explicit or not plan.task.environments:
        return
    from guardrail.config.environments import place_in

    there = {name for part in parts for name in part.environments}
    for source in plan.config.files:
        for name in source.in_environments:
            if name not in there:
                file, line, _ = place_in(source, name)
                yield Note("environment-empty", f"nothing of what was scanned is in {name}", file, line)


def _grave(findings: list[Finding], least: str) -> tuple[list[Finding], list[Note]]:
    """Those at least as severe, and a note of how many others there are."""
    kept = [finding for finding in findings if severity_rank(finding.severity) <= severity_rank(least)]
    fewer = len(findings) - len(kept)
    if not fewer:
        return kept, []
    words = f"{fewer:,} {'finding' if fewer == 1 else 'findings'} less severe than {least}: left out"
    return kept, [Note("min-severity", words)]


def _applied(plan: Plan) -> int:
    """How many rules were on anywhere, where a profile or a pack chose among them."""
    task = plan.task
    if task.setting_of is None or not plan.config.under:
        return len(task.rules)
    names = (name for claimed in plan.found.claimed.values() for name in claimed)
    files = {id(plan.config.for_path(name)): name for name in names}.values()
    places = [(file, names) for file in files for names in task.places]
    return sum(1 for rule in task.rules if any(task.is_on(rule, *place) for place in places))


def _owned(findings: list[Finding], tree: Tree) -> list[Finding]:
    """With the owner of each, where the tree has a catalogue that says."""
    from guardrail.inputs.kubernetes.platform.catalog import Ownership

    ownership = Ownership(tree)
    owners = {file: ownership.of(file) for file in {finding.span.file for finding in findings}}
    if not any(owners.values()):
        return findings
    return [
        finding._replace(owner=owner) if (owner := owners[finding.span.file]) else finding for finding in findings
    ]


def _joined(groups: Sequence[Group], parts: Sequence[Part]) -> Iterator[Finding]:
    """The findings of all groups. What a Terraform plan and the files beside it find at the same place is one finding.
    An ignore is only wrong if it is for all that read its file, and the files themselves are read: a plan does not have
    all that an ignore may be for."""
    plans = [part for group, part in zip(groups, parts, strict=True) if group.reader == "terraform-plan"]
    if not plans:
        yield from _told_once(parts)
        return
    from guardrail.planned import settled_together, without_settled

    settled = settled_together(part.settled for part in plans)
    of_plans = {id(finding) for part in plans for finding in part.findings}
    found: dict[tuple[str, Span], list[Finding]] = {}
    for part in parts:
        for finding in without_settled(part.findings, part.open, settled) if part.open else part.findings:
            found.setdefault((finding.rule, finding.span), []).append(finding)
    readers = Counter(name for part in parts for name in part.files)
    for (_, span), same in found.items():
        first = min(same, key=lambda finding: (finding.verdict != "fail", finding.suppression is not None))
        if first.platform == "guardrail":
            if len(same) >= readers[span.file] and any(id(finding) not in of_plans for finding in same):
                yield first
        elif readers[span.file] < 2:
            yield from same
        else:
            instances = dict.fromkeys(address for finding in (first, *same) for address in finding.instances)
            yield first._replace(instances=tuple(instances))


def _told_once(parts: Sequence[Part]) -> Iterator[Finding]:
    """What Terraform reads from a manifest beside it (`yamldecode(file(...))`) and the manifest itself find at the same
    place is one finding, of the manifest: it stands there for both."""
    at: dict[tuple[str, Span], Finding] = {}
    strangers = [
        finding
        for part in parts
        for finding in part.findings
        if finding.span.file and finding.span.file not in part.files
    ]
    if strangers:
        files = {finding.span.file for finding in strangers}
        at = {
            (finding.rule, finding.span): finding
            for part in parts
            for finding in part.findings
            if finding.span.file in files and finding.span.file in part.files
        }
    again: dict[int, list[str]] = {}
    for finding in strangers:
        told = at.get((finding.rule, finding.span))
        if told is not None and told.verdict == finding.verdict:
            again.setdefault(id(told), []).extend(finding.instances)
            again[id(finding)] = []
    for part in parts:
        for finding in part.findings:
            others = again.get(id(finding))
            if others is None:
                yield finding
            elif others:
                yield finding._replace(instances=tuple(dict.fromkeys((*finding.instances, *others))))


def _is_of_change(problem: Problem, found: Discovery) -> bool:
    """Whether a problem is a change's business: it stands in a changed file, or keeps a chart from being rendered that
    a changed file is part of."""
    if not problem.file or found.changed is None or problem.file in found.changed:
        return True
    return problem.kind == "unrendered" and any(
        problem.file.startswith(f"{folder}/" if folder else "") for folder in found.charts
    )


def _brought_about(finding: Finding, changed: frozenset[str]) -> bool:
    """Whether one of the changed files has a part in a finding: it stands there, or a value came from there."""
    if finding.span.file in changed:
        return True
    return any(evidence.span.file in changed for evidence in finding.evidence)
