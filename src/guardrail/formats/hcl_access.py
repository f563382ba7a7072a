"""HCL's attribute access and index, three-valued."""

from __future__ import annotations

from guardrail.formats.hcl_conversions import to_number, to_text
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    KeyedMap,
    OpenMap,
    SetSeq,
    Several,
    derived,
    sensitive,
    type_name,
)
from guardrail.model import Map, PartText, Reference, Sensitive, Seq, Unknown, Value


def get_attr(value: Value, name: str) -> Value:
    """`value.name`."""
    if isinstance(value, Map):
        if name in value:
            found = value[name]
            if found is None and isinstance(value, OpenMap) and value.null_is_unset:
                return value.lacking(name)
            return found
        if isinstance(value, OpenMap):
            return value.lacking(name)
        raise EvalError(f'there is no attribute "{name}"')
    if isinstance(value, Deferred):
        return value.attr(name)
    if isinstance(value, Reference):
        return Reference(value.target, f"{value.attribute}.{name}" if value.attribute else name)
    if isinstance(value, Unknown) and not isinstance(value, PartText):
        return derived(value)
    if isinstance(value, Sensitive):
        return sensitive(get_attr(value.reveal(), name), value.literal)
    if value is None:
        raise EvalError(f'attribute "{name}" of null is asked for')
    raise EvalError(f'attribute "{name}" of a {type_name(value)} is asked for')


def get_index(value: Value, key: Value) -> Value:
    """`value[key]`."""
    if isinstance(value, Sensitive):
        return sensitive(get_index(value.reveal(), key), value.literal)
    if isinstance(key, Sensitive):
        return sensitive(get_index(value, key.reveal()))
    if isinstance(value, Deferred):
        return value.index(key)
    if isinstance(value, Reference) and isinstance(key, (str, int)):
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Reference(value.target, f"{value.attribute}{step}" if value.attribute else str(key))
    if isinstance(value, Several):
        return value.item
    if isinstance(value, Unknown) and not isinstance(value, PartText):
        return derived(value)
    if value is None:
        raise EvalError("an item of null is asked for")
    if isinstance(value, KeyedMap) and isinstance(key, Reference):
        return value.made.get((key.target, key.attribute), derived(key))
    if isinstance(key, Unknown):
        return derived(key)
    if key is None:
        raise EvalError("the index is null")
    if isinstance(value, Map):
        name = to_text(key)
        if name in value:
            return value[name]
        if isinstance(value, OpenMap):
            return value.lacking(name)
        raise EvalError(f'there is no entry "{name}"')
    if isinstance(value, SetSeq):
        raise EvalError("an item of a set is asked for by index")
    if isinstance(value, Seq):
        number = to_number(key)
        if not isinstance(number, int):
            raise EvalError("the index is not a whole number")
        if 0 <= number < len(value):
            return value[number]
        raise EvalError(f"there is no item {number} in a list of {len(value)}")
    raise EvalError(f"an item of a {type_name(value)} is asked for")
