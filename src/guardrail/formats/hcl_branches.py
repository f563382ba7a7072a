"""The one type that both branches of a conditional take, as cty's `UnifyUnsafe` finds it.

Whether a list is a tuple, or a map an object, its value does not say; where that makes a difference, the reading that
allows more is taken. What is null or unknown is of any type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

from guardrail.formats.hcl_operators import as_set
from guardrail.formats.hcl_values import (
    MAX_NESTING,
    EvalError,
    OpenMap,
    SetSeq,
    copy_map,
    copy_seq,
    to_text,
    type_name,
)
from guardrail.model import Map, Sensitive, Seq, Value

MAX_LOOKED_AT = 20_000  # values; larger ones are taken to be of any type

# A scalar's name or "any"; ("list" or "set" or "map", item type); ("tuple", types); ("object", types by key).
Type = Union[str, "tuple[str, Type | list[Type] | dict[str, Type]]"]

_SCALARS = frozenset(("bool", "number", "string"))


class _Mismatch(Exception):
    pass


class _TooLarge(Exception):
    pass


def unified(chosen: Value, other: Value) -> Value:
    """`chosen` as a value of the type that it and `other` have in common. Raises EvalError where they have none."""
    reader = _Reader()
    try:
        found = _unify([reader.type_of(chosen, 0), reader.type_of(other, 0)])
    except _TooLarge:
        return chosen
    except _Mismatch:
        kinds = " and ".join(sorted({type_name(_open(value)) for value in (chosen, other)}))
        raise EvalError(f"the branches of a conditional have no type in common ({kinds})") from None
    return _converted(chosen, found)


def _open(value: Value) -> Value:
    return value.reveal() if isinstance(value, Sensitive) else value


class _Reader:
    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_LOOKED_AT

    def type_of(self, value: Value, depth: int) -> Type:
        value = _open(value)
        if isinstance(value, (Map, Seq)):
            self.left -= len(value)
            if self.left < 0 or depth > MAX_NESTING:
                raise _TooLarge
            if isinstance(value, OpenMap):
                return "any"
            if isinstance(value, Map):
                return ("object", {key: self.type_of(item, depth + 1) for key, item in value.items()})
            items = [self.type_of(item, depth + 1) for item in value]
            return ("set", _unify(items)) if isinstance(value, SetSeq) else ("tuple", items)
        found = type_name(value)
        return found if found in _SCALARS and value is not None else "any"


def _unify(types: Sequence[Type]) -> Type:
    if not types or "any" in types:
        return "any"
    first = types[0]
    if all(kind == first for kind in types):
        return first
    if any(isinstance(kind, str) for kind in types):
        if "string" in types and all(isinstance(kind, str) for kind in types):
            return "string"
        raise _Mismatch
    kinds = {kind[0] for kind in types}
    if kinds <= {"object", "map"}:
        return _unify_maps([kind[1] for kind in types], kinds)
    if kinds <= {"tuple", "list", "set"}:
        return _unify_lists([kind[1] for kind in types], kinds)
    raise _Mismatch


def _unify_maps(members: list[Type | list[Type] | dict[str, Type]], kinds: set[str]) -> Type:
    if kinds == {"object"}:
        objects = [member for member in members if isinstance(member, dict)]
        keys = objects[0].keys()
        if all(one.keys() == keys for one in objects):
            return ("object", {key: _unify([one[key] for one in objects]) for key in keys})
    return ("map", _unify(_items(members)))


def _unify_lists(members: list[Type | list[Type] | dict[str, Type]], kinds: set[str]) -> Type:
    if kinds == {"tuple"}:
        tuples = [member for member in members if isinstance(member, list)]
        if len({len(one) for one in tuples}) == 1:
            return ("tuple", [_unify(list(column)) for column in zip(*tuples, strict=True)])
    return ("set" if "set" in kinds else "list", _unify(_items(members)))


def _items(members: list[Type | list[Type] | dict[str, Type]]) -> list[Type]:
    """The types of all the items of several collections; an empty one has none, and takes any."""
    found: list[Type] = []
    for member in members:
        if isinstance(member, dict):
            found += member.values()
        elif isinstance(member, list):
            found += member
        elif member != "any":
            found.append(member)
    return found


def _converted(value: Value, kind: Type) -> Value:
    if isinstance(value, Sensitive):
        return Sensitive(_converted(value.reveal(), kind), value.literal)
    if isinstance(kind, str):
        return to_text(value) if kind == "string" and isinstance(value, (bool, int, float)) else value
    inner = kind[1]
    if isinstance(value, Map) and not isinstance(value, OpenMap):
        parts = {
            key: _converted(item, inner[key] if isinstance(inner, dict) else inner)  # type: ignore[arg-type]
            for key, item in value.items()
        }
        if all(parts[key] is item for key, item in value.items()):
            return value
        mapping = copy_map(value)
        mapping.update(parts)
        return mapping
    if isinstance(value, Seq):
        items = [
            _converted(item, inner[index] if isinstance(inner, list) else inner)  # type: ignore[arg-type]
            for index, item in enumerate(value)
        ]
        made = value
        if any(new is not old for new, old in zip(items, value, strict=True)):
            made = copy_seq(value)
            made[:] = items
        return as_set(made) if kind[0] == "set" and not isinstance(made, SetSeq) else made
    return value
