"""Operators about the entries of a mapping, of tags and labels above all.

    tags: {has_keys: [Owner, Environment]}                 # every key is there
    tags: {has_keys_any_case: [owner]}                     # Owner, OWNER, owner
    tags: {values_in: {Environment: [dev, prod]}}          # where a key is there, its value is one of these
    tags: {values_match: {CostCenter: "[0-9]{4}"}}         # where a key is there, all of its value matches
    spec: {keys_sorted: alphabetical}                      # so are its keys written, and those of mappings in it

A key that is there with an unknown value is there. Of a mapping that has more entries than are known, a key that
is not among them may still be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from guardrail.conditions.operators import same
from guardrail.conditions.outcome import MISSING, Leaf, Outcome, Scope, conjunction
from guardrail.model import Encoded, EncodedUnknown, Map, Sensitive, Seq, Unknown

Check = Callable[[Leaf, Scope], Outcome]


def has_keys(operand: Any, any_case: bool = False) -> Check:
    keys = [operand] if isinstance(operand, str) else operand
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("has_keys takes a list of keys")
    words = ", ".join(keys)

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        found = mapping(leaf)
        if isinstance(found, Unknown):
            return Outcome(None, (leaf._replace(value=found, wanted=words),))
        lower = {str(key).lower() for key in found} if any_case else set()
        lacking = [key for key in keys if (key.lower() not in lower if any_case else key not in found)]
        if not lacking:
            return Outcome(True, (leaf._replace(wanted=words),))
        rest = found.get(lacking[0])  # unknown where the mapping may have more than is known
        if isinstance(rest, Unknown):
            return Outcome(None, (leaf._replace(value=rest, wanted=", ".join(lacking)),))
        return Outcome(False, (leaf._replace(wanted=", ".join(lacking)),))

    return check


def values_in(operand: Any) -> Check:
    def of(options: Any) -> tuple[Callable[[Any], bool], str]:
        allowed = options if isinstance(options, list) else [options]
        return lambda value: any(same(value, option) for option in allowed), f"one of {', '.join(map(str, allowed))}"

    return _values(operand, of, "values_in")


def values_match(operand: Any) -> Check:
    from guardrail.conditions.repetitions import check_pattern  # most patterns are guardrail.yaml's, and most have none

    def of(pattern: Any) -> tuple[Callable[[Any], bool], str]:
        try:
            matches = re.compile(str(pattern)).fullmatch
            check_pattern(str(pattern))
        except re.error as error:
            raise ValueError(f"{pattern!r} is no pattern: {error}") from None
        return lambda value: matches(value if isinstance(value, str) else str(value)) is not None, f"matching {pattern}"

    return _values(operand, of, "values_match")


def _values(operand: Any, make: Callable[[Any], tuple[Callable[[Any], bool], str]], name: str) -> Check:
    if not isinstance(operand, dict):
        raise ValueError(f"{name} takes a mapping from keys to what their values may be")
    tests = {str(key): make(wanted) for key, wanted in operand.items()}

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        found = mapping(leaf)
        if isinstance(found, Unknown):
            return Outcome(None, (leaf._replace(value=found),))
        outcomes: list[Outcome] = []
        for key, (test, words) in tests.items():
            value = found.get(key)
            if value is None:
                continue
            inner = Leaf(f"{leaf.path}.{key}", value, found.place(key), found, key, words)
            plain = value.reveal() if isinstance(value, Sensitive) else value
            outcomes.append(Outcome(None if isinstance(plain, Unknown) else test(plain), (inner,)))
        return conjunction(outcomes) if outcomes else Outcome(True, (leaf,))

    return check


def keys_sorted(operand: Any) -> Check:
    if operand != "alphabetical":
        raise ValueError(f"keys_sorted takes the word alphabetical, not {operand!r}")

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        found = mapping(leaf)
        if isinstance(found, Unknown):
            return Outcome(None, (leaf._replace(value=found),))
        late: list[Leaf] = []
        holders: list[tuple[str, Map | Seq]] = [(leaf.path, found)]
        while holders:
            path, holder = holders.pop()
            if isinstance(holder, Map):
                late += _late(path, holder)
                items = [(f"{path}.{key}" if path else str(key), item) for key, item in holder.items()]
            else:
                items = [(f"{path}[{index}]", item) for index, item in enumerate(holder)]
            holders += [(inner, item) for inner, item in items if isinstance(item, (Map, Seq))]
        late.sort(key=lambda one: one.span)
        return Outcome(False, tuple(late)) if late else Outcome(True, (leaf,))

    return check


def _late(path: str, holder: Map) -> list[Leaf]:
    """The first key of a mapping that is written after one that it belongs before. Keys that stand elsewhere (an
    anchor's) have no place in the order."""
    extent = holder.span
    written = sorted(
        (span, key) for key, span in holder.spans.items()
        if key in holder and span.file == extent.file and extent.line <= span.line <= extent.end_line
    )  # fmt: skip
    for index, (_, key) in enumerate(written):
        if index and key < written[index - 1][1]:
            before = min(name for _, name in written[:index] if name > key)
            where = f"{path}.{key}" if path else key
            return [Leaf(where, holder[key], holder.place(key), holder, key, f"before {before}")]
    return []


def mapping(leaf: Leaf) -> Map | Unknown:
    """What stands at a leaf as a mapping; an empty one where nothing does."""
    value: Any = leaf.value
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded
    if isinstance(value, Seq) and len(value) == 1:
        value = value[0]
    if isinstance(value, (Map, Unknown)):
        return value
    if value is not MISSING and value is not None and not isinstance(value, Seq):
        return Unknown(f"{leaf.path} is no mapping")
    return Map(leaf.span)


MAPPINGS: dict[str, Callable[[Any], Check]] = {
    "has_keys": has_keys,
    "has_keys_any_case": lambda operand: has_keys(operand, any_case=True),
    "values_in": values_in,
    "values_match": values_match,
    "keys_sorted": keys_sorted,
}
