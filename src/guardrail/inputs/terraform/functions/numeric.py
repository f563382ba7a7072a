"""Numeric functions."""

from __future__ import annotations

import math

from guardrail.formats.hcl_numbers import Real, exactly
from guardrail.formats.hcl_values import EvalError, normal, type_name
from guardrail.inputs.terraform.functions.table import function, number, text, whole
from guardrail.model import Value


@function("abs")
def absolute(value: Value) -> Value:
    found = number(value)
    return Real(abs(found.exact), found.bits) if isinstance(found, Real) else abs(found)


@function()
def ceil(value: Value) -> Value:
    return math.ceil(exactly(number(value)))


@function()
def floor(value: Value) -> Value:
    return math.floor(exactly(number(value)))


@function()
def log(value: Value, base: Value) -> Value:
    try:
        return normal(math.log(number(value)) / math.log(number(base)))
    except (ValueError, ZeroDivisionError):
        raise EvalError("log() of a number that has none") from None


@function("pow")
def power(value: Value, exponent: Value) -> Value:
    try:
        return normal(math.pow(number(value), number(exponent)))
    except (OverflowError, ValueError, ZeroDivisionError):
        raise EvalError("pow() gives no finite number") from None


@function("max")
def maximum(first: Value, *rest: Value) -> Value:
    return max((number(value) for value in (first, *rest)), key=exactly)


@function("min")
def minimum(first: Value, *rest: Value) -> Value:
    return min((number(value) for value in (first, *rest)), key=exactly)


@function()
def signum(value: Value) -> Value:
    found = number(value)
    return (found > 0) - (found < 0)


@function()
def parseint(value: Value, base: Value) -> Value:
    radix = whole(base)
    if not 2 <= radix <= 36:
        raise EvalError("the base of parseint() is not between 2 and 36")
    digits = text(value)
    try:
        if len(digits) > 400 or "_" in digits or digits != digits.strip() or not digits.isascii():
            raise ValueError(digits)
        if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") and radix in (2, 8, 16):
            raise ValueError(digits)
        return int(digits, radix)
    except ValueError:
        raise EvalError(f"parseint() is given what is no number of base {radix}") from None


@function("sum")
def total(items: Value) -> Value:
    if not isinstance(items, list):
        raise EvalError(f"sum() is given a {type_name(items)} where it takes a list")
    if not items:
        raise EvalError("sum() is given an empty list")
    from guardrail.formats.hcl_operators import arithmetic

    result: Value = 0
    for item in items:
        result = arithmetic("+", result, item)
    return result
