"""Statements of AWS IAM policies, read.

The language: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from guardrail.concepts.iam_conditions import Condition
from guardrail.concepts.lists import listed
from guardrail.formats.hcl_values import PartialMap
from guardrail.model import HOLE, Entries, Map, PartList, PartText, Perhaps, Sensitive, Seq, Span, Unknown, Value


class Part(NamedTuple):
    """One element of a statement: its values as a list (or Unknown as a whole), and where it is written."""

    values: Seq | Unknown | None
    place: Span
    holder: Map | None = None
    key: str = ""


class Statement(NamedTuple):
    """`people`: the principals but those unknown ones that can't be `*`. `conditions` is Unknown where any of their
    operators is."""

    source: Map
    sid: str
    effect: Part
    actions: Part
    not_actions: Part
    resources: Part
    not_resources: Part
    principals: Part
    people: Part
    not_principals: Part
    conditions: list[Condition] | Unknown


def statements_of(root: Value) -> Iterator[Statement | tuple[Unknown, Span]]:
    """The statements of a policy as `documents.document` gives it; (what is unknown, place) for one that is."""
    if not isinstance(root, Map):
        return
    listed, place = _entry(root, "Statement")
    if isinstance(listed, PartList):
        listed = listed.at(place)
    if isinstance(listed, Map):
        yield _from_json(listed)
    elif isinstance(listed, Unknown):
        yield listed, place
    elif isinstance(listed, Seq):
        for index, item in enumerate(listed):
            if isinstance(item, Map):
                yield _from_json(item)
            elif isinstance(item, Perhaps):
                yield from _perhaps(item)
            elif isinstance(item, Unknown):
                yield item, listed.place(index)


def _perhaps(unknown: Perhaps) -> Iterator[Statement | tuple[Unknown, Span]]:
    """Statements of which nobody knows whether they are there count as being there; but one that forbids something
    forbids it on a condition that is not known."""
    for index, item in enumerate(unknown.blocks):
        if isinstance(item, Unknown):
            yield item, unknown.blocks.place(index)
        elif isinstance(item, Map):
            statement = _from_json(item)
            effect = statement.effect.values
            allows = isinstance(effect, Seq) and [str(one).lower() for one in effect] == ["allow"]
            yield statement if allows else statement._replace(conditions=Unknown(unknown.reason, unknown.refs))


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
        _principals(source, "Principal", _NEVER_ALL),
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


# AWS takes no `*` for them: "Federated principals must be valid domain names or SAML metadata ARNs".
_NEVER_ALL = ("federated",)


def _principals(source: Map, name: str, named: Collection[str] = ()) -> Part:
    """`named`: the kinds of which what is unknown is left out."""
    value, place = _entry(source, name)
    if not isinstance(value, Map):
        return Part(listed(value, place), place, source, name)
    found = Seq(place)
    for kind in value:
        items = listed(value[kind], value.place(kind))
        is_named = kind.lower() in named
        if isinstance(items, Unknown):
            if not is_named:
                found.add(items, value.place(kind))
        elif items is not None:
            for index, item in enumerate(items):
                if not (is_named and isinstance(item, Unknown)):
                    found.add(item, items.place(index))
    return Part(found, place, source, name)


def _conditions(source: Map) -> list[Condition] | Unknown:
    value, _ = _entry(source, "Condition")
    if isinstance(value, PartialMap):
        return value.rest
    if isinstance(value, Unknown):
        return value
    found: list[Condition] = []
    if isinstance(value, Map):
        for operator, tests in value.items():
            if isinstance(tests, Map):
                found += [Condition(operator, key, _values(tests[key])) for key in tests]
            rest = tests.rest if isinstance(tests, PartialMap) else tests
            if isinstance(rest, Entries):
                found += [_of_part(operator, key, item) for key, item in rest.pairs]
            elif isinstance(rest, Unknown):
                return rest
    return found


def _of_part(operator: str, key: Unknown, value: Value) -> Condition:
    return Condition(operator, key.template if isinstance(key, PartText) else HOLE, _values(value), key)


def _values(value: Value) -> list[Value]:
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, Seq):
        return list(value)
    return [] if value is None else [value]
