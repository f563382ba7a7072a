"""Numeric functions."""

from __future__ import annotations

import math
from fractions import Fraction

from guardrail.formats.hcl_conversions import normal
from guardrail.formats.hcl_numbers import Real, exactly
from guardrail.formats.hcl_values import EvalError, type_name
from guardrail.inputs.terraform.functions.table import function, number, whole
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
        return of_float(_log(float(number(value))) / _log(float(number(base))))
    except (ValueError, ZeroDivisionError):
        raise EvalError("log() of a number that has none") from None


@function("pow")
def power(value: Value, exponent: Value) -> Value:
    try:
        return of_float(_pow(float(number(value)), float(number(exponent))))
    except (OverflowError, ValueError, ZeroDivisionError):
        raise EvalError("pow() gives no finite number") from None


_SERIES = (6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
           1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01)  # fmt: skip
_LN2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)  # in two parts


def _log(x: float) -> float:
    """As Go works it out (by FreeBSD's way), whose last digit is not always that of C."""
    if x <= 0 or not math.isfinite(x):
        return math.log(x)
    mantissa, power = math.frexp(x)
    if mantissa < math.sqrt(2) / 2:
        mantissa, power = mantissa * 2, power - 1
    f = mantissa - 1
    s = f / (2 + f)
    s2 = s * s
    s4 = s2 * s2
    l1, l2, l3, l4, l5, l6, l7 = _SERIES
    rest = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7))) + s4 * (l2 + s4 * (l4 + s4 * l6))
    half = 0.5 * f * f
    return power * _LN2[0] - ((half - (s * (half + rest) + power * _LN2[1])) - f)


def _pow(x: float, y: float) -> float:
    """As Go works it out, whose last digit is not always that of C."""
    if y == 0 or x == 1:
        return 1.0
    if x == 0:
        return math.pow(x, y)
    if abs(y) == 0.5:
        return math.sqrt(x) if y > 0 else 1 / math.sqrt(x)
    fraction, whole_part = math.modf(abs(y))
    if fraction and x < 0:
        raise ValueError(x)
    if whole_part >= 1 << 63:
        return math.pow(x, y)
    mantissa, power_of_two = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole_part = fraction - 1, whole_part + 1
        mantissa = math.exp(fraction * _log(x))
    base, scale = math.frexp(x)
    left = int(whole_part)
    while left:
        if not -(1 << 12) <= scale <= 1 << 12:
            power_of_two += scale
            break
        if left & 1:
            mantissa *= base
            power_of_two += scale
        base *= base
        scale <<= 1
        if base < 0.5:
            base, scale = base * 2, scale - 1
        left >>= 1
    if y < 0:
        mantissa, power_of_two = 1 / mantissa, -power_of_two
    return math.ldexp(mantissa, power_of_two)


def of_float(value: float) -> int | float:
    """A 64-bit float as a number of 53 bits, which a large whole one shows where it is written."""
    if math.isfinite(value) and abs(value) >= 1 << 53:
        return Real(Fraction(value), 53)
    return normal(value)


@function("max")
def maximum(first: Value, *rest: Value) -> Value:
    return max((number(value) for value in (first, *rest)), key=exactly)


@function("min")
def minimum(first: Value, *rest: Value) -> Value:
    return min((number(value) for value in (first, *rest)), key=exactly)


@function()
def signum(value: Value) -> Value:
    found = whole(value)
    return (found > 0) - (found < 0)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@function()
def parseint(value: Value, base: Value) -> Value:
    radix = whole(base)
    if not 2 <= radix <= 62:
        raise EvalError("the base of parseint() is not between 2 and 62")
    if not isinstance(value, str):
        raise EvalError(f"parseint() is given a {type_name(value)} where it takes a string")
    digits = value[1:] if value[:1] in ("+", "-") else value
    if radix <= 36:
        digits = digits.lower()
    if not digits or len(digits) > 400 or any(_DIGITS.find(digit, 0, radix) < 0 for digit in digits):
        raise EvalError(f"parseint() is given what is no number of base {radix}")
    result = 0
    for digit in digits:
        result = result * radix + _DIGITS.index(digit)
    return -result if value[0] == "-" else result


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
