"""Rules x resources -> verdicts.

For each subject that a check speaks of: `when` false, nothing; `require` true, a pass; false, a failure;
unknown, or `when` unknown and `require` not true, undetermined. A rule that crashes is a problem.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from guardrail.concepts.selectors import held_objects
from guardrail.conditions import MISSING, Leaf, Outcome, Scope
from guardrail.conditions.defaults import inside
from guardrail.errors import GuardrailError
from guardrail.model import ELSEWHERE, Inventory, Map, Noun, Problem, Resource, Seq, Span, Unknown, Unsaid, as_if_there
from guardrail.policy.narrowing import Clause, Narrowed
from guardrail.policy.rule import Check, Rule
from guardrail.timings import Timings


class Setting(NamedTuple):
    """How a policy wants a rule in one file, or in environments. `effective`: the day from which on it blocks, if that
    is to come."""

    enabled: bool = True
    severity: str | None = None
    enforce: str = "block"
    parameters: dict[str, Any] | None = None
    effective: str = ""


SettingOf = Callable[[Rule, str, tuple[str, ...]], Setting]
"""Rule, file and environments -> how the policy wants it there."""


class Subject(NamedTuple):
    """What one verdict is about. `key` tells it from others of its resource, `part` is a list's item."""

    resource: Resource
    root: Map
    name: str
    key: str
    header: Span
    concept: str = ""


class Verdict(NamedTuple):
    """A failure or an undetermined verdict on one subject. `said`: the message, where the rule gives it itself."""

    rule: Rule
    check: Check
    setting: Setting
    subject: Subject
    failed: bool
    leaves: tuple[Leaf, ...]
    span: Span
    said: str = ""


class Judgement:
    """What judging came to. `passed`: rule -> kind of resource -> passes; `counts`: those
    of the rule at hand."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.problems: list[Problem] = []
        self.passed: dict[str, dict[str, int]] = {}
        self.counts: dict[str, int] = {}

    @property
    def passes(self) -> int:
        return sum(sum(counts.values()) for counts in self.passed.values())

    def note_pass(self, subject: Subject) -> None:
        kind = subject.resource.kind
        self.counts[kind] = self.counts.get(kind, 0) + 1


Subjects = Narrowed[tuple[Subject, Scope]]


def judge(
    inventory: Inventory,
    rules: Iterable[Rule],
    setting_of: SettingOf | None = None,
    timings: Timings | None = None,
) -> Judgement:
    judgement = Judgement()
    spoken_of: dict[str, Subjects] = {}
    for rule in _speakers(rules).of(inventory):
        judgement.counts = {}
        begun = perf_counter() if timings else 0.0
        try:
            if rule.function is None:
                _apply(rule, inventory, setting_of, judgement, spoken_of)
            else:
                from guardrail.policy.code import apply

                apply(rule, inventory, setting_of, judgement)
        except GuardrailError:  # a wrong parameter in guardrail.yaml: the user's to mend, not the rule's crash
            raise
        except Exception as error:  # noqa: BLE001 - a crashing rule is a problem, never a pass
            judgement.problems.append(
                Problem("rule-crash", f"rule {rule.id} crashed and was not applied: {type(error).__name__}: {error}")
            )
        if timings:
            timings.applied(rule.id, begun)
        if judgement.counts:
            judgement.passed[rule.id] = judgement.counts
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
    for resource, held in held_objects(inventory).get(word, ()):
        yield Subject(resource, held, resource.local, "", held.header if held.header.line else resource.header)


def _of_noun(noun: Noun) -> Subject:
    resource, header = noun.resource, noun.fields.header
    return Subject(
        resource, noun.fields, noun.name, noun.key, header if header.line else resource.header, noun.concept
    )


class _Speakers:
    """Rules by the words that they are on. Most inventories have few of all kinds, and most rules nothing to say."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._by_word: dict[str, list[int]] = {}
        self._by_glob: list[tuple[str, int]] = []
        for index, rule in enumerate(rules):
            for word in rule.on:
                if any(sign in word for sign in "*?["):
                    self._by_glob.append((word, index))
                else:
                    self._by_word.setdefault(word, []).append(index)

    def of(self, inventory: Inventory) -> list[Rule]:
        """Those that speak of anything there, in their order."""
        found: set[int] = set()
        for word in (*inventory.by_concept, *inventory.by_kind, *held_objects(inventory)):
            found.update(self._by_word.get(word, ()))
        for word, index in self._by_glob:
            if index not in found and any(fnmatch.fnmatchcase(kind, word) for kind in inventory.by_kind):
                found.add(index)
        return [self.rules[index] for index in sorted(found)]


_last: _Speakers | None = None


def _speakers(rules: Iterable[Rule]) -> _Speakers:
    """Those of a scan, which has the same rules for all that it judges, are made once."""
    global _last
    if _last is None or _last.rules is not rules:
        _last = _Speakers(rules if isinstance(rules, tuple) else tuple(rules))
    return _last


_ALWAYS = Setting()


def _apply(
    rule: Rule,
    inventory: Inventory,
    setting_of: SettingOf | None,
    judgement: Judgement,
    spoken_of: dict[str, Subjects],
) -> None:
    """`spoken_of`: the subjects of each word that a rule was on before."""
    settings: dict[tuple[str, tuple[str, ...]], Setting] = {}
    for number, (words, wanted) in enumerate(rule.speaks()):
        setting, check = _ALWAYS, None
        for subject, scope in _subjects(words, wanted, inventory, spoken_of):
            if setting_of is not None:
                place = (subject.header.file, subject.resource.environments)
                here = settings.get(place)
                if here is None:
                    here = settings[place] = setting_of(rule, *place)
                if not here.enabled:
                    continue
                if here is not setting:
                    setting, check = here, None
            if check is None:
                check = rule.checks(setting.parameters)[number]
            try:
                if check.each is None:
                    if check.applies is not None and check.applies(scope) is False:
                        continue
                    if check.holds(scope) is True:
                        judgement.note_pass(subject)
                        continue
                    _verdict(rule, check, setting, subject, scope, judgement)
                else:
                    _judge_each(rule, check, setting, subject, scope, judgement)
            except Exception as error:  # noqa: BLE001 - as above, with the place
                judgement.problems.append(
                    Problem(
                        "rule-crash",
                        f"rule {rule.id} crashed on {subject.resource.address}: {type(error).__name__}: {error}",
                        subject.header.file,
                        subject.header.line,
                    )
                )


def _subjects(
    words: Sequence[str], wanted: Sequence[Clause], inventory: Inventory, spoken_of: dict[str, Subjects]
) -> Sequence[tuple[Subject, Scope]]:
    """What a check may speak of, each subject once."""
    for word in words:
        if word not in spoken_of:
            pairs = [(s, Scope(s.root, s.resource, inventory)) for s in subjects_of(word, inventory)]
            spoken_of[word] = Narrowed(pairs, _root, _has_defaults)
    if len(words) == 1:
        return spoken_of[words[0]].among(wanted)
    once: dict[int, tuple[Subject, Scope]] = {}
    for word in words:
        for pair in spoken_of[word].among(wanted):
            once.setdefault(id(pair[0].root), pair)
    return list(once.values())


def _has_defaults(pair: tuple[Subject, Scope]) -> bool:
    """A resource's own attributes, for which its provider may take something where they aren't written."""
    return pair[0].root is pair[0].resource.attributes and pair[0].resource.platform == "terraform"


def _root(pair: tuple[Subject, Scope]) -> Map:
    return pair[0].root


def _judge_each(
    rule: Rule, check: Check, setting: Setting, subject: Subject, scope: Scope, judgement: Judgement
) -> None:
    """A check of the items of a list, or of the values of a mapping. Those that may be there count; whether they are,
    and what they are, is one thing that can't be told."""
    assert check.each is not None

    def judge_item(path: str, item: Map) -> None:
        part = subject._replace(root=item, header=item.header, key=f"{subject.key}/{path}")
        _verdict(rule, check, setting, part, inside(scope, path, item), judgement)

    for leaf in check.each.leaves(scope):
        first = len(judgement.verdicts)
        items = as_if_there(leaf.value, leaf.span)
        if items is not leaf.value and isinstance(items, Seq):
            for index, item in enumerate(items):
                path = leaf.path if len(items) == 1 else f"{leaf.path}[{index}]"
                if isinstance(item, Map):
                    judge_item(path, item)
            failed = [verdict for verdict in judgement.verdicts[first:] if verdict.failed]
            is_decided = len(judgement.verdicts) == first + len(failed)
            judgement.verdicts[first:] = failed
            if is_decided and all(isinstance(item, Map) for item in items):
                continue
        if isinstance(leaf.value, Unknown):
            if _is_told((leaf,)):
                continue
            part = subject._replace(header=leaf.span, key=f"{subject.key}/{leaf.path}")
            judgement.verdicts.append(Verdict(rule, check, setting, part, False, (leaf,), leaf.span))
        elif isinstance(leaf.value, Map):
            judge_item(leaf.path, leaf.value)


def _verdict(
    rule: Rule, check: Check, setting: Setting, subject: Subject, scope: Scope, judgement: Judgement
) -> None:
    applies = check.when(scope) if check.when is not None else Outcome(True, ())
    if applies.truth is False:
        return
    required = check.require(scope)
    if required.truth is True:
        judgement.note_pass(subject)
        return
    failed = required.truth is False and applies.truth is True
    if failed:
        leaves = required.leaves
    else:
        leaves = tuple(leaf for leaf in (*applies.leaves, *required.leaves) if leaf.unknown) or required.leaves
        if _is_told(leaves):
            return
        if any(isinstance(leaf.value, Unsaid) for leaf in leaves):
            plain = as_it_stands(scope)
            if check.when is not None and check.when(plain).truth is False:
                return
            if check.require(plain).truth is True:
                judgement.note_pass(subject)
                return
    judgement.verdicts.append(Verdict(rule, check, setting, subject, failed, leaves, place_of_leaves(leaves, subject)))


def _is_told(leaves: tuple[Leaf, ...]) -> bool:
    """Whether all that is unknown is so for a reason that is told by itself."""
    return bool(leaves) and all(leaf.unknown is not None and ELSEWHERE in leaf.unknown.reason for leaf in leaves)


def as_it_stands(scope: Scope) -> Scope:
    """The same where nobody adds what is `Unsaid`."""
    return scope._replace(root=_without_additions(scope.root))


def _without_additions(root: Map) -> Map:
    plain = Map(root.span, root.header)
    plain.spans, plain.origins = root.spans, root.origins
    for key, value in root.items():
        if isinstance(value, Map):
            plain[key] = _without_additions(value)
        elif not isinstance(value, Unsaid):
            plain[key] = value
        elif value.instead is not None:
            plain[key] = value.instead
    return plain


def place_of_leaves(leaves: tuple[Leaf, ...], subject: Subject) -> Span:
    """Where the finding stands: at the first value that decided it and is written somewhere."""
    for leaf in leaves:
        if leaf.span.line and leaf.value is not MISSING:
            return leaf.span
    for leaf in leaves:
        if leaf.span.line:
            return leaf.span
    return subject.header
