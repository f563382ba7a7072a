"""HCL's types: what the type of a value is, the one type that several have in common (cty's `UnifyUnsafe`), and the
conversion of a value to a type.

What is null or unknown is of type "any": it takes the type of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.formats.hcl_conversions import to_bool, to_number, to_text
from guardrail.formats.hcl_operators import as_set
from guardrail.formats.hcl_values import (
    MAX_NESTING,
    Deferred,
    EvalError,
    ListSeq,
    OpenMap,
    PartialMap,
    SetSeq,
    Type,
    TypedMap,
    copy_map,
    revealed,
    type_name,
)
from guardrail.model import NOWHERE, EncodedUnknown, Map, PartText, Sensitive, Seq, Unknown, Value

MAX_LOOKED_AT = 20_000  # values; the items of a larger one are taken to be of any type

_SCALARS = frozenset(("bool", "number", "string"))
_CONVERT = {"string": to_text, "number": to_number, "bool": to_bool}


class Mismatch(Exception):
    """Types that have none in common."""


class _TooLarge(Exception):
    pass


# ---- the type of a value -----------------------------------------------------------------------------


def type_of(value: Value) -> Type:
    return _Reader().type_of(value, 0)


class _Reader:
    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_LOOKED_AT

    def type_of(self, value: Value, depth: int) -> Type:
        while isinstance(value, Sensitive):
            value = value.reveal()
        if isinstance(value, (ListSeq, SetSeq, TypedMap)) and value.item != "any":
            return (type_name(value), value.item)
        if isinstance(value, (Map, Seq)):
            self.left -= len(value)
            if self.left < 0 or depth > MAX_NESTING:
                raise _TooLarge
            if isinstance(value, OpenMap):
                return "any"
            if isinstance(value, TypedMap):
                return ("map", self.common(value.values(), depth))
            if isinstance(value, Map):
                return ("object", {key: self.type_of(item, depth + 1) for key, item in value.items()})
            if isinstance(value, (ListSeq, SetSeq)):
                return (type_name(value), self.common(value, depth))
            return ("tuple", [self.type_of(item, depth + 1) for item in value])
        if value is None:
            return "any"
        if isinstance(value, (PartText, EncodedUnknown)):
            return "string"
        found = type_name(value)
        return found if found in _SCALARS else "any"

    def common(self, items: object, depth: int) -> Type:
        try:
            return unify([self.type_of(item, depth + 1) for item in items])  # type: ignore[attr-defined]
        except Mismatch:
            return "any"


# ---- the type that several have in common ------------------------------------------------------------


def unify(types: Sequence[Type]) -> Type:
    """Raises Mismatch."""
    some = [kind for kind in types if kind != "any"]
    if not some:
        return "any"
    first = some[0]
    if len(some) == len(types) or isinstance(first, str):
        if all(kind == first for kind in some):
            return first
    elif not any(isinstance(kind, str) for kind in some):
        return "any"  # what a collection becomes is open until all of them are known
    if any(isinstance(kind, str) for kind in some):
        if "string" in some and all(isinstance(kind, str) for kind in some):
            return "string"
        if len(some) < len(types):
            return "any"  # cty takes the type that is open yet for what they have in common
        raise Mismatch
    kinds = {kind[0] for kind in some}
    if kinds <= {"object", "map"}:
        return _unify_maps([kind[1] for kind in some], kinds)
    if kinds <= {"tuple", "list", "set"}:
        if "set" in kinds and len(kinds) > 1:  # one of them is what the others become
            name = "list" if "list" in kinds else "set"
            wanted = unify([kind for kind in some if kind[0] == name])
            if wanted[1] != "any":
                return wanted
        return _unify_lists([kind[1] for kind in some], kinds)
    raise Mismatch


def _unify_maps(members: list[Value], kinds: set[str]) -> Type:
    if kinds == {"object"}:
        keys = members[0].keys()
        if all(one.keys() == keys for one in members):
            return ("object", {key: unify([one[key] for one in members]) for key in keys})
    return ("map", unify(_items(members)))


def _unify_lists(members: list[Value], kinds: set[str]) -> Type:
    if kinds == {"tuple"} and len({len(one) for one in members}) == 1:
        return ("tuple", [unify(list(column)) for column in zip(*members, strict=True)])
    return ("set" if "set" in kinds and "list" not in kinds else "list", unify(_items(members)))


def _items(members: list[Value]) -> list[Type]:
    """The types of all the items of several collections; an empty one has none, and takes any."""
    found: list[Type] = []
    for member in members:
        if isinstance(member, dict):
            found += member.values()
        elif isinstance(member, list):
            found += member
        else:
            found.append(member)
    return found


def item_type(items: Sequence[Value], what: str) -> Type:
    """The type that the items of a list or map take. Raises EvalError where there is none."""
    if not items:
        return "any"
    first = items[0]
    if isinstance(first, str) and all(isinstance(item, str) for item in items):
        return "string"
    reader = _Reader()
    try:
        return unify([reader.type_of(item, 0) for item in items])
    except _TooLarge:
        return "any"
    except Mismatch:
        raise EvalError(f"the items of a {what} have no type in common") from None


def unified(chosen: Value, other: Value) -> Value:
    """`chosen` as a value of the type that it and `other` have in common. Raises EvalError where they have none."""
    reader = _Reader()
    try:
        found = unify([reader.type_of(chosen, 0), reader.type_of(other, 0)])
    except _TooLarge:
        return chosen
    except Mismatch:
        kinds = " and ".join(sorted({type_name(_open(value)) for value in (chosen, other)}))
        raise EvalError(f"the branches of a conditional have no type in common ({kinds})") from None
    if found == ("map", "any") and isinstance(_open(chosen), Map):
        try:
            return convert(chosen, found)
        except EvalError:  # `tomap({})` becomes the object that the other one is
            return chosen
    return convert(chosen, found)


def of_type(chosen: Value, other: Type) -> Value:
    """As `unified`, where the other is a null of a type; itself where they have none in common, for what is declared
    may be told in more ways than are followed."""
    if other == "any":
        return chosen
    try:
        return convert(chosen, unify([_Reader().type_of(chosen, 0), other]))
    except (_TooLarge, Mismatch, EvalError):
        return chosen


def _open(value: Value) -> Value:
    return value.reveal() if isinstance(value, Sensitive) else value


# ---- conversion --------------------------------------------------------------------------------------


def convert(value: Value, kind: Type) -> Value:
    """The value as one of the type; itself where it is one already. Raises EvalError."""
    if value is None or kind == "any":
        return value
    if isinstance(value, Sensitive):
        inside = value.reveal()
        made = convert(inside, kind)
        return value if made is inside else Sensitive(made, value.literal)
    if isinstance(value, Deferred):
        value = value.force()
    if isinstance(value, Unknown):
        if isinstance(value, PartText) and not isinstance(kind, str):
            raise EvalError(f"a string stands where {_a(kind)} is needed")
        return value
    if isinstance(kind, str):
        return _CONVERT[kind](value)
    name, inner = kind
    if name in ("map", "object"):
        if not isinstance(value, Map):
            raise EvalError(f"a {type_name(value)} stands where {_a(kind)} is needed")
        return _map(value, inner) if name == "map" else _object(value, inner)
    if not isinstance(value, Seq):
        raise EvalError(f"a {type_name(value)} stands where {_a(kind)} is needed")
    if name == "tuple":
        return _tuple(value, inner)
    return as_list(value, inner) if name == "list" else to_set(value, inner)


def _a(kind: Type) -> str:
    name = kind if isinstance(kind, str) else kind[0]
    return f"an {name}" if name == "object" else f"a {name}"


def as_list(value: Seq, inner: Type = "any") -> Value:
    inner = _item_of(value, inner, "list")
    if isinstance(value, ListSeq) and value.item == inner:
        return value
    if isinstance(value, SetSeq) and has_unknown_item(value):
        return next(item for item in value if isinstance(item, Unknown))
    return _filled(ListSeq(value.span, value.header, inner), value, inner)


def to_set(value: Seq, inner: Type = "any") -> Value:
    """Sensitive as a whole where one of its items is."""
    if any(isinstance(item, Sensitive) for item in value):
        return Sensitive(to_set(revealed(value), inner))
    inner = _item_of(value, inner, "set")
    if isinstance(value, SetSeq) and value.item == inner:
        return value
    made = as_set(_filled(ListSeq(value.span, value.header, inner), value, inner))
    made.item = inner
    return made


def _item_of(value: Map | Seq, wanted: Type, what: str) -> Type:
    """The type that the items of a collection take where `wanted` is required of them."""
    has = value.item if isinstance(value, (ListSeq, SetSeq, TypedMap)) else "any"
    if wanted == "any":
        return has if has != "any" else item_type(list(value.values()) if isinstance(value, Map) else value, what)
    if not value and has != "any" and isinstance(has, str) != isinstance(wanted, str):
        raise EvalError(f"the items of a {what} are not of the type that is needed")
    return wanted


def _filled(made: Seq, value: Seq, inner: Type) -> Seq:
    made.extend(value if inner == "any" else [convert(item, inner) for item in value])
    made.spans = value.spans
    made.origins = value.origins
    return made


def _tuple(value: Seq, kinds: list[Type]) -> Seq:
    if len(value) != len(kinds):
        raise EvalError(f"a tuple of {len(value)} stands where one of {len(kinds)} is needed")
    items = [convert(item, kind) for item, kind in zip(value, kinds, strict=True)]
    if type(value) is Seq and all(new is old for new, old in zip(items, value, strict=True)):
        return value
    made = Seq(value.span, value.header)
    made.extend(items)
    made.spans, made.origins = value.spans, value.origins
    return made


def _map(value: Map, inner: Type) -> Value:
    if isinstance(value, OpenMap):
        if inner == "any" or not isinstance(value, PartialMap):
            return value
        partial = copy_map(value)
        for key, item in value.items():
            partial[key] = convert(item, inner)
        return partial
    inner = _item_of(value, inner, "map")
    if isinstance(value, TypedMap) and value.item == inner:
        return value
    made = TypedMap(value.span, value.header, inner)
    for key, item in value.items():
        made[key] = convert(item, inner)
    made.spans, made.origins = value.spans, value.origins
    return made


def _object(value: Map, kinds: dict[str, Type]) -> Value:
    if isinstance(value, OpenMap):
        return value
    parts = {key: convert(value.get(key), kind) for key, kind in kinds.items()}
    if type(value) is Map and len(value) == len(parts) and all(parts[key] is value[key] for key in value):
        return value
    made = Map(value.span, value.header)
    made.update(parts)
    made.spans, made.origins = value.spans, value.origins
    return made


def has_unknown_item(value: Seq) -> bool:
    return any(isinstance(item, Unknown) for item in value)


def listed(items: list[Value], item: Type) -> ListSeq:
    """A list of values that stand nowhere."""
    made = ListSeq(item=item)
    made.extend(items)
    made.spans = [NOWHERE] * len(items)
    return made
