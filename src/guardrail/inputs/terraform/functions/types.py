"""Type conversion functions."""

from __future__ import annotations

from guardrail.formats import hcl_values
from guardrail.formats.hcl_conversions import to_bool, to_number, to_text
from guardrail.formats.hcl_types import convert
from guardrail.formats.hcl_values import derived, revealed
from guardrail.inputs.terraform.functions.table import RAW, function
from guardrail.model import Sensitive, Unknown, Value


@function()
def tostring(value: Value) -> Value:
    return to_text(value)


@function()
def tonumber(value: Value) -> Value:
    return to_number(value)


@function()
def tobool(value: Value) -> Value:
    return to_bool(value)


@function(mode=RAW)
def tolist(value: Value) -> Value:
    return convert(value, ("list", "any"))


@function(mode=RAW)
def toset(value: Value) -> Value:
    if isinstance(value, Unknown):
        return derived(value)
    return convert(value, ("set", "any"))


@function(mode=RAW)
def tomap(value: Value) -> Value:
    return convert(value, ("map", "any"))


@function(mode=RAW)
def sensitive(value: Value) -> Value:
    return hcl_values.sensitive(value)


@function(mode=RAW)
def nonsensitive(value: Value) -> Value:
    return revealed(value)


@function(mode=RAW)
def issensitive(value: Value) -> Value:
    if isinstance(value, Unknown):
        return derived(value)
    return isinstance(value, Sensitive)


@function(mode=RAW)
def ephemeralasnull(value: Value) -> Value:
    return value


@function(mode=RAW)
def defaults(value: Value, fallback: Value) -> Value:
    return Unknown("defaults() was an experiment of Terraform 1.2 and is not evaluated")
