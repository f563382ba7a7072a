"""Rules x resources -> verdicts.

For each subject that a check speaks of: `when` false, nothing; `require` true, a pass; false, a failure;
unknown, or `when` unknown and `require` not true, undetermined. A rule that crashes is a problem.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from guardrail.conditions import MISSING, Leaf, Outcome, Scope
from guardrail.errors import GuardrailError
from guardrail.model import Inventory, Map, Noun, Problem, Resource, Span, Unknown
from guardrail.policy.rule import Check, Rule


class Setting(NamedTuple):
    """How a policy wants a rule in one file."""

    enabled: bool = True
    severity: str | None = None
    enforce: str = "block"
    parameters: dict[str, Any] | None = None


SettingOf = Callable[[Rule, str], Setting]
"""Rule and file -> how the policy wants it there."""


class Subject(NamedTuple):
    """What one verdict is about. `key` tells it from others of its resource, `part` is a list's item."""

    resource: Resource
    root: Map
    name: str
    key: str
    header: Span
    concept: str = ""


class Verdict(NamedTuple):
    """A failure or an undetermined verdict on one subject."""

    rule: Rule
    check: Check
    setting: Setting
    subject: Subject
    failed: bool
    leaves: tuple[Leaf, ...]
    span: Span


class Judgement:
    """What judging came to. `ran` has the ids of the rules that spoke of anything at all."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.problems: list[Problem] = []
        self.passes = 0


def judge(inventory: Inventory, rules: Iterable[Rule], setting_of: SettingOf | None = None) -> Judgement:
    judgement = Judgement()
    subjects: dict[str, list[Subject]] = {}
    for rule in rules:
        if not _speaks_of_anything(rule, inventory):
            continue
        try:
            _apply(rule, inventory, setting_of, judgement, subjects)
        except GuardrailError:  # a wrong parameter in guardrail.yaml: the user's to mend, not the rule's crash
            raise
        except Exception as error:  # noqa: BLE001 - a crashing rule is a problem, never a pass
            judgement.problems.append(
                Problem("rule-crash", f"rule {rule.id} crashed and was not applied: {type(error).__name__}: {error}")
            )
    return judgement


def subjects_of(word: str, inventory: Inventory) -> Iterator[Subject]:
    """What `on: word` speaks of: a concept's nouns, or the resources of the kinds."""
    nouns = inventory.by_concept.get(word)
    if nouns is not None:
        for noun in nouns:
            yield _of_noun(noun)
        return
    if any(sign in word for sign in "*?["):
        kinds = [kind for kind in inventory.by_kind if fnmatch.fnmatchcase(kind, word)]
    else:
        kinds = [word]
    for kind in kinds:
        for resource in inventory.by_kind.get(kind, ()):
            yield Subject(resource, resource.attributes, resource.local, "", resource.header)


def _of_noun(noun: Noun) -> Subject:
    return Subject(noun.resource, noun.fields, noun.name, noun.key, noun.fields.header, noun.concept)


def _speaks_of_anything(rule: Rule, inventory: Inventory) -> bool:
    for word in rule.on:
        if word in inventory.by_concept or word in inventory.by_kind:
            return True
        if any(sign in word for sign in "*?[") and any(fnmatch.fnmatchcase(k, word) for k in inventory.by_kind):
            return True
    return False


def _apply(
    rule: Rule,
    inventory: Inventory,
    setting_of: SettingOf | None,
    judgement: Judgement,
    subjects: dict[str, list[Subject]],
) -> None:
    """`subjects`: those of each word that a rule spoke of before."""
    always = Setting()
    count = len(rule.data["checks"])
    for number in range(count):
        words = rule.data["checks"][number]["on"]
        seen: set[int] = set()
        for word in words if isinstance(words, list) else [words]:
            spoken_of = subjects.get(word)
            if spoken_of is None:
                spoken_of = subjects[word] = list(subjects_of(word, inventory))
            for subject in spoken_of:
                if id(subject.root) in seen:
                    continue
                seen.add(id(subject.root))
                setting = setting_of(rule, subject.header.file) if setting_of else always
                if not setting.enabled:
                    continue
                check = rule.checks(setting.parameters)[number]
                try:
                    _judge(rule, check, setting, subject, inventory, judgement)
                except Exception as error:  # noqa: BLE001 - as above, with the place
                    judgement.problems.append(
                        Problem(
                            "rule-crash",
                            f"rule {rule.id} crashed on {subject.resource.address}: {type(error).__name__}: {error}",
                            subject.header.file,
                            subject.header.line,
                        )
                    )


def _judge(
    rule: Rule, check: Check, setting: Setting, subject: Subject, inventory: Inventory, judgement: Judgement
) -> None:
    scope = Scope(subject.root, subject.resource, inventory)
    if check.each is None:
        _verdict(rule, check, setting, subject, scope, judgement)
        return
    for leaf in check.each.leaves(scope):
        if isinstance(leaf.value, Unknown):
            part = subject._replace(header=leaf.span, key=f"{subject.key}/{leaf.path}")
            judgement.verdicts.append(Verdict(rule, check, setting, part, False, (leaf,), leaf.span))
        elif isinstance(leaf.value, Map):
            part = subject._replace(root=leaf.value, header=leaf.value.header, key=f"{subject.key}/{leaf.path}")
            _verdict(rule, check, setting, part, scope._replace(root=leaf.value), judgement)


def _verdict(
    rule: Rule, check: Check, setting: Setting, subject: Subject, scope: Scope, judgement: Judgement
) -> None:
    applies = check.when(scope) if check.when is not None else Outcome(True, ())
    if applies.truth is False:
        return
    required = check.require(scope)
    if required.truth is True:
        judgement.passes += 1
        return
    failed = required.truth is False and applies.truth is True
    if failed:
        leaves = required.leaves
    else:
        leaves = tuple(leaf for leaf in (*applies.leaves, *required.leaves) if leaf.unknown) or required.leaves
    judgement.verdicts.append(Verdict(rule, check, setting, subject, failed, leaves, _place(leaves, subject)))


def _place(leaves: tuple[Leaf, ...], subject: Subject) -> Span:
    """Where the finding stands: at the first value that decided it and is written somewhere."""
    for leaf in leaves:
        if leaf.span.line and leaf.value is not MISSING:
            return leaf.span
    for leaf in leaves:
        if leaf.span.line:
            return leaf.span
    return subject.header
