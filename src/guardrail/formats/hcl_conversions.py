"""HCL's conversions between strings, numbers and bools, as cty has them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import isfinite

from guardrail.formats.hcl_numbers import Real, made, rounded, text_of
from guardrail.formats.hcl_values import EvalError, type_name
from guardrail.model import Sensitive, Unknown, Value

MAX_EXPONENT = 1_200  # of a number's decimal notation
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def number_text(value: float) -> str:
    """A number as HCL writes it in a string: never with an exponent."""
    if isinstance(value, int):
        if value.bit_length() > 4096:
            raise EvalError("the number is too large")
        return str(value)
    if isinstance(value, Real):
        return text_of(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def normal(value: float) -> int | float:
    """What was worked out with 64-bit floats, as HCL takes it over: bit by bit, whole ones as ints."""
    if isinstance(value, float) and not isinstance(value, Real):
        if not isfinite(value):
            raise EvalError("the result is not a finite number")
        return int(value) if value.is_integer() else made(Fraction(value), 53)
    return value


def parse_number(text: str) -> int | float:
    """Raises ValueError."""
    if len(text) > 400 or "_" in text or not text.isascii() or text.strip() != text:
        raise ValueError(text)
    try:
        return int(text)
    except ValueError:
        pass
    try:
        written = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not written.is_finite() or written.adjusted() > MAX_EXPONENT:
        raise ValueError(text)
    if not written or written.adjusted() < -MAX_EXPONENT:
        return 0
    exact = Fraction(written)
    if exact.denominator == 1:
        return exact.numerator
    number = float(text)
    return number if exact == Fraction(Decimal(repr(number))) else made(rounded(exact))


def to_text(value: Value, what: str = "value") -> Value:
    """`tostring`."""
    if isinstance(value, str) or value is None or isinstance(value, Unknown):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, Sensitive):
        return Sensitive(to_text(value.reveal()), value.literal)
    raise EvalError(f"a {type_name(value)} cannot be made a string")


def to_number(value: Value) -> Value:
    """`tonumber`."""
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, bool):
        raise EvalError("a bool cannot be made a number")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        try:
            return parse_number(value)
        except ValueError:
            raise EvalError("a string that is not a number stands where a number is needed") from None
    if isinstance(value, Sensitive):
        return Sensitive(to_number(value.reveal()), value.literal)
    raise EvalError(f"a {type_name(value)} cannot be made a number")


def to_bool(value: Value) -> Value:
    """`tobool`."""
    if value is None or isinstance(value, (bool, Unknown)):
        return value
    if isinstance(value, str) and value in _TRUTHS:
        return _TRUTHS[value]
    if isinstance(value, Sensitive):
        return Sensitive(to_bool(value.reveal()), value.literal)
    raise EvalError(f"a {type_name(value)} stands where a bool is needed")


def nfc(text: str) -> str:
    """A string as cty keeps it, in Unicode's normal form C; itself where it is so already."""
    if text.isascii():
        return text
    import unicodedata

    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
