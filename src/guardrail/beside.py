"""What another scanner, which runs beside guardrail, has to say of a tree: made a part of what guardrail says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from guardrail.config.environments import names_at
from guardrail.exceptions.inline import apply, read_ignores
from guardrail.model import Finding, Problem, RuleCard, Suppression
from guardrail.planning import Plan
from guardrail.process import judge_ignores
from guardrail.scanners.checkov import Running, Said
from guardrail.scanners.checkov_findings import findings_of


class Beside(NamedTuple):
    """`files`: those that it made sense of."""

    findings: list[Finding]
    problems: list[Problem]
    files: set[str]
    passed: dict[str, dict[str, int]]
    cards: dict[str, RuleCard]


def start(plans: Sequence[Plan]) -> Running | None:
    """For the files of all these trees together: it takes seconds to start."""
    handed = [plan.handed for plan in plans if plan.handed is not None and plan.handed.total]
    return Running(handed) if handed else None


def results(running: Running, plans: Sequence[Plan]) -> dict[int, Beside]:
    """By the plan's place among the plans that it was started for."""
    asked = [index for index, plan in enumerate(plans) if plan.handed is not None and plan.handed.total]
    return {index: _beside(plans[index], said) for index, said in zip(asked, running.results(), strict=True)}


def _beside(plan: Plan, said: Said) -> Beside:
    assert plan.handed is not None
    task, config = plan.task, plan.config

    def there(file: str) -> tuple[str, ...]:
        return names_at(file, task.environments)

    found = findings_of(
        said,
        task.tree,
        plan.bundle.rules.values(),
        lambda check, category, file: config.for_path(file, there(file)).rule(check, category).on(task.today),
        plan.handed.wanted.severity,
        config.peer_ignores,
    )
    problems = [*said.problems, *_unknown_checks(plan, said)]
    findings = [
        _waived_there(finding._replace(environments=there(finding.span.file)), plan) for finding in found.findings
    ]
    if task.today is not None:
        ignores = read_ignores(task.tree, sorted(found.files))
        known = {*task.bundle.rules, *task.bundle.aliases, *said.known, *(finding.rule for finding in findings)}
        findings, nouns = apply(
            findings, ignores, {}, task.today, known, lambda name, _: name in said.known, task.terms
        )
        if said.known:  # or it came to grief before it said which checks there are
            about = judge_ignores(nouns, task)
            findings += about.findings
            problems += about.problems
    return Beside(findings, problems, found.files, found.passed, found.cards)


def _waived_there(finding: Finding, plan: Plan) -> Finding:
    """As Checkov's own configuration (`skip-check`) has it."""
    waivers = plan.task.peer_waivers
    if waivers is None or finding.suppression is not None:
        return finding
    waived = waivers.own("checkov", finding.rule, finding.span.file)
    if waived is None:
        return finding
    return finding._replace(suppression=Suppression("waiver", waived.reason, waived.span, waived.until))


def _unknown_checks(plan: Plan, said: Said) -> list[Problem]:
    if not said.known:
        return []
    return [
        Problem("configuration", f'Checkov has no check "{named.id}" for what it was given', named.file, named.line)
        for named in plan.config.rule_ids_named()
        if named.id.startswith("CKV") and named.id.replace("_", "").isalnum() and named.id not in said.known
    ]
