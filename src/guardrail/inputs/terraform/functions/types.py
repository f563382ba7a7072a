"""Type conversion functions."""

from __future__ import annotations

from guardrail.formats.hcl_operators import as_set
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    SetSeq,
    copy_map,
    copy_seq,
    derived,
    one_type,
    revealed,
    survey,
    to_bool,
    to_number,
    to_text,
    type_name,
)
from guardrail.inputs.terraform.functions.table import OUTER, RAW, function
from guardrail.model import Map, Sensitive, Seq, Unknown, Value


@function()
def tostring(value: Value) -> Value:
    return to_text(value)


@function()
def tonumber(value: Value) -> Value:
    return to_number(value)


@function()
def tobool(value: Value) -> Value:
    return to_bool(value)


@function(mode=OUTER)
def tolist(value: Value) -> Value:
    if value is None:
        return None
    if not isinstance(value, Seq):
        raise EvalError(f"a {type_name(value)} cannot be made a list")
    result = Seq(value.span, value.header)
    result.extend(one_type(value))
    result.spans, result.origins = list(value.spans), value.origins
    return result


@function(mode=RAW)
def toset(value: Value) -> Value:
    if isinstance(value, Sensitive):
        made = toset(value.reveal())
        return made if isinstance(made, Unknown) else Sensitive(made)
    if isinstance(value, Deferred):
        value = value.force()
    if value is None or isinstance(value, SetSeq):
        return value
    if isinstance(value, Unknown):
        return derived(value)
    if not isinstance(value, Seq):
        raise EvalError(f"a {type_name(value)} cannot be made a set")
    copy = copy_seq(value)
    copy[:] = one_type(value)
    return as_set(copy)


@function(mode=OUTER)
def tomap(value: Value) -> Value:
    if value is None:
        return None
    if not isinstance(value, Map):
        raise EvalError(f"a {type_name(value)} cannot be made a map")
    result = copy_map(value)
    for key, item in zip(value, one_type(list(value.values())), strict=True):
        result[key] = item
    return result


@function(mode=RAW)
def sensitive(value: Value) -> Value:
    return value if isinstance(value, (Unknown, Sensitive)) else Sensitive(value)


@function(mode=RAW)
def nonsensitive(value: Value) -> Value:
    return revealed(value)


@function(mode=RAW)
def issensitive(value: Value) -> Value:
    if isinstance(value, Unknown):
        return derived(value)
    return survey(value)[1]


@function(mode=RAW)
def ephemeralasnull(value: Value) -> Value:
    return value


@function(mode=RAW)
def defaults(value: Value, fallback: Value) -> Value:
    return Unknown("defaults() was an experiment of Terraform 1.2 and is not evaluated")
