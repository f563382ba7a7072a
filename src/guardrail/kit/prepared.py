"""A rule's examples, read once, to be judged many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from guardrail.examples import Example, example_of, groups_of, task_of
from guardrail.model import Inventory, Span
from guardrail.policy.bundle import Bundle
from guardrail.policy.judge import Setting, judge
from guardrail.policy.rule import Rule
from guardrail.process import process, read_group

Outcomes = frozenset[tuple[str, int, str]]
"""File, line and verdict of each finding."""


class Prepared(NamedTuple):
    example: Example
    inventories: tuple[Inventory, ...]


def prepare(rule: Mapping[str, Any], bundle: Bundle) -> list[Prepared]:
    """The examples of a rule file's content with what is in them."""
    compiled = Rule(dict(rule))
    made: list[Prepared] = []
    for number, data in enumerate(rule["examples"], 1):
        example = example_of(number, data)
        task = task_of(compiled, example, bundle)
        found = [inventory for group in groups_of(example) for inventory in read_group(group, task).inventories]
        made.append(Prepared(example, tuple(found)))
    return made


def outcomes(rule: Rule, prepared: Prepared, bundle: Bundle) -> Outcomes:
    """What a rule comes to in an example, judged as a scan does. A crash is a finding at no line."""
    if "ignore" in rule.on:  # what it speaks of is made of the findings of the others
        return _processed(rule, prepared.example, bundle)
    setting = Setting(parameters=prepared.example.parameters)
    found: dict[Span, bool] = {}
    crashed = False
    for inventory in prepared.inventories:
        judgement = judge(inventory, (rule,), lambda applied, file, environments: setting)
        crashed = crashed or bool(judgement.problems)
        for verdict in judgement.verdicts:
            found[verdict.span] = found.get(verdict.span, False) or verdict.failed
    made = {(span.file, span.line, "fail" if failed else "undetermined") for span, failed in found.items()}
    return frozenset(made | {("", 0, "crash")} if crashed else made)


def _processed(rule: Rule, example: Example, bundle: Bundle) -> Outcomes:
    task = task_of(rule, example, bundle)
    return frozenset(
        (finding.span.file, finding.span.line, finding.verdict)
        for group in groups_of(example)
        for finding in process(group, task).findings
        if finding.rule == rule.id
    )
