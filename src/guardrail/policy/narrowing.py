"""Which subjects a check's `when` can hold for, found by looking them up rather than by asking each.

Most checks speak of one part of a concept (`when: {ecosystem: image}`), and six of ten questions that a scan asks come
to "not of those". Subjects are sorted once by such a field; what is not plainly one value stays a candidate for all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from guardrail.model import Map, Text

T = TypeVar("T")

Clause = tuple[str, tuple[Hashable, ...]]
"""A field, and the values of which it must have one."""


def clauses(when: Any) -> tuple[Clause, ...]:
    """What of a condition asks for one of some words, or for true or false, in a field of the subject itself."""
    found: list[Clause] = []
    for field, wanted in when.items() if isinstance(when, dict) else ():
        if not field.isidentifier() or field in ("all", "any", "not", "related"):
            continue
        if isinstance(wanted, dict):
            if len(wanted) != 1 or not set(wanted) <= {"in", "equals"}:
                continue
            (wanted,) = wanted.values()
        values = wanted if isinstance(wanted, list) else [wanted]
        if values and all(_is_word(value) or value is True or value is False for value in values):
            found.append((field, tuple(values)))
    return tuple(found)


def _is_word(value: object) -> bool:
    """True for a text that equals no other value than itself: "true" and "22" have other notations."""
    if not isinstance(value, str) or not value or value.startswith("$") or value.lower() in ("true", "false"):
        return False
    return not (value[0].isdecimal() or value[0] in "+-. " or value.lower().startswith(("inf", "nan")))


class Narrowed(Generic[T]):
    """The subjects of one word of `on:`, sorted by the fields that checks ask for. `has_defaults`: whether something
    may be taken for what a subject lacks."""

    def __init__(
        self, subjects: Sequence[T], fields_of: Callable[[T], Map], has_defaults: Callable[[T], bool] = lambda _: False
    ) -> None:
        self.subjects = subjects
        self.fields_of = fields_of
        self.has_defaults = has_defaults
        self._sorted: dict[str, tuple[dict[Hashable, list[T]], list[T]]] = {}

    def among(self, wanted: Sequence[Clause]) -> Sequence[T]:
        """Those for which all the clauses may hold: the fewest that one of them leaves."""
        fewest = self.subjects
        for field, values in wanted:
            if len(fewest) < 8:
                break
            by_value, others = self._by(field)
            found = [by_value[value] for value in dict.fromkeys(values) if value in by_value]
            if sum(map(len, found)) + len(others) < len(fewest):
                fewest = [*(subject for subjects in found for subject in subjects), *others]
        return fewest

    def _by(self, field: str) -> tuple[dict[Hashable, list[T]], list[T]]:
        """By value those that plainly have it; and those of which only the condition can tell. A subject that lacks the
        field is neither, unless something is taken for it: what is missing equals nothing."""
        known = self._sorted.get(field)
        if known is not None:
            return known
        by_value: dict[Hashable, list[T]] = {}
        others: list[T] = []
        for subject in self.subjects:
            value: Any = self.fields_of(subject).get(field)
            if value is None:
                if self.has_defaults(subject):
                    others.append(subject)
                continue
            kind = type(value)
            if kind is bool or ((kind is str or kind is Text) and _is_word(value)):
                by_value.setdefault(value, []).append(subject)
            else:
                others.append(subject)
        self._sorted[field] = by_value, others
        return by_value, others
