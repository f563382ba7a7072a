"""Statements of AWS IAM policies, read.

The language: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.concepts.iam_conditions import Condition
from guardrail.concepts.lists import listed
from guardrail.model import Map, Sensitive, Seq, Span, Unknown, Value


class Part(NamedTuple):
    """One element of a statement: its values as a list (or Unknown as a whole), and where it is written."""

    values: Seq | Unknown | None
    place: Span
    holder: Map | None = None
    key: str = ""


class Statement(NamedTuple):
    """`conditions` is Unknown where any of their operators or keys is."""

    source: Map
    sid: str
    effect: Part
    actions: Part
    not_actions: Part
    resources: Part
    not_resources: Part
    principals: Part
    not_principals: Part
    conditions: list[Condition] | Unknown


def statements_of(root: Value) -> Iterator[Statement | tuple[Unknown, Span]]:
    """The statements of a policy as `documents.document` gives it; (what is unknown, place) for one that is."""
    if not isinstance(root, Map):
        return
    listed, place = _entry(root, "Statement")
    if isinstance(listed, Map):
        yield _from_json(listed)
    elif isinstance(listed, Unknown):
        yield listed, place
    elif isinstance(listed, Seq):
        for index, item in enumerate(listed):
            if isinstance(item, Map):
                yield _from_json(item)
            elif isinstance(item, Unknown):
                yield item, listed.place(index)


def _from_json(source: Map) -> Statement:
    sid = _entry(source, "Sid")[0]
    return Statement(
        source,
        sid if isinstance(sid, str) else "",
        _part(source, "Effect"),
        _part(source, "Action"),
        _part(source, "NotAction"),
        _part(source, "Resource"),
        _part(source, "NotResource"),
        _principals(source, "Principal"),
        _principals(source, "NotPrincipal"),
        _conditions(source),
    )


def _entry(source: Map, name: str) -> tuple[Value, Span]:
    """Elements' names are not case-sensitive."""
    value = source.get(name)
    if value is None and name not in source:
        lower = name.lower()
        name = next((key for key in source if key.lower() == lower), name)
        value = source.get(name)
    return (value.reveal() if isinstance(value, Sensitive) else value), source.place(name)


def _part(source: Map, name: str) -> Part:
    value, place = _entry(source, name)
    return Part(listed(value, place), place, source, name)


def _principals(source: Map, name: str) -> Part:
    value, place = _entry(source, name)
    if not isinstance(value, Map):
        return Part(listed(value, place), place, source, name)
    found = Seq(place)
    for kind in value:
        items = listed(value[kind], value.place(kind))
        if isinstance(items, Unknown):
            found.add(items, value.place(kind))
        elif items is not None:
            for index, item in enumerate(items):
                found.add(item, items.place(index))
    return Part(found, place, source, name)


def _conditions(source: Map) -> list[Condition] | Unknown:
    value, _ = _entry(source, "Condition")
    if isinstance(value, Unknown):
        return value
    found: list[Condition] = []
    if isinstance(value, Map):
        for operator, tests in value.items():
            if isinstance(tests, Unknown):
                return tests
            if isinstance(tests, Map):
                found += [Condition(operator, key, _values(tests[key])) for key in tests]
    return found


def _values(value: Value) -> list[Value]:
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, Seq):
        return list(value)
    return [] if value is None else [value]
