"""What a scan's result says of a framework, control by control."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from guardrail.model import Result
from guardrail.policy.frameworks import Framework
from guardrail.policy.rule import Rule

STATES = ("fail", "undetermined", "suppressed", "pass", "nothing", "off", "not-covered")
"""Hardest first. suppressed: all that is wrong is ignored for a reason. nothing: the control has rules, and nothing of
what was scanned is anything that they speak of. off: the policy has turned its rules off. not-covered: it has none."""

_LINKED = {"fail": "failures", "undetermined": "undetermined", "suppressed": "suppressed", "pass": "passes"}


class RuleState(NamedTuple):
    """How many findings (and passes) of a rule a control is concerned with."""

    rule: str
    state: str
    failures: int = 0
    undetermined: int = 0
    suppressed: int = 0
    passes: int = 0


class ControlState(NamedTuple):
    control: str
    title: str
    state: str
    rules: tuple[RuleState, ...]


def rules_by_control(framework: Framework, rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Every control of the framework in its order, enhancements behind theirs; with an empty list where no rule is."""
    found: dict[str, list[Rule]] = {control: [] for control in framework.controls}
    more: dict[str, list[Rule]] = {}
    for rule in rules:
        for control in (rule.data.get("frameworks") or {}).get(framework.name, ()):
            (found if control in found else more).setdefault(control, []).append(rule)
    ordered: dict[str, list[Rule]] = {}
    for control, of_it in found.items():
        ordered[control] = of_it
        for name in sorted(name for name in more if name.startswith(f"{control}(")):
            ordered[name] = more[name]
    return ordered


def states(
    framework: Framework, rules: Iterable[Rule], result: Result, is_off: Callable[[Rule], bool]
) -> list[ControlState]:
    made: list[ControlState] = []
    by_rule: dict[str, dict[str, dict[str, int]]] = {}
    for finding in result.findings:
        word = "suppressed" if finding.suppression else "failures" if finding.verdict == "fail" else "undetermined"
        counts = by_rule.setdefault(finding.rule, {}).setdefault(word, {})
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
    for name, passed in result.coverage.passed.items():
        by_rule.setdefault(name, {})["passes"] = passed
    for control, of_it in rules_by_control(framework, rules).items():
        found = tuple(_rule_state(framework, control, rule, by_rule.get(rule.id, {}), is_off(rule)) for rule in of_it)
        state = min((one.state for one in found), key=STATES.index, default="not-covered")
        made.append(ControlState(control, framework.title_of(control), state, found))
    return made


def _rule_state(
    framework: Framework, control: str, rule: Rule, counted: dict[str, dict[str, int]], off: bool
) -> RuleState:
    counts = {
        word: sum(count for kind, count in kinds.items() if framework.speaks_of(control, kind))
        for word, kinds in counted.items()
    }
    state = next((state for state, word in _LINKED.items() if counts.get(word)), "off" if off else "nothing")
    return RuleState(rule.id, state, **counts)
