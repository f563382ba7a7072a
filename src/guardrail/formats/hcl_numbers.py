"""HCL's numbers, which are binary floating point with 512 bits of precision.

A whole number is an int. Any other is a float where the float's shortest decimal notation says all of it (`0.1`), and
else a `Real`, which is the nearest float to everyone who does not ask for more.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

PRECISION = 512
MAX_BITS = 4096  # of a whole number, or of either part of a fraction


class Real(float):
    """`exact` is the value, `bits` the precision that it was worked out with: it is written with as many digits as
    tell it from its neighbours."""

    __slots__ = ("bits", "exact")

    exact: Fraction
    bits: int

    def __new__(cls, exact: Fraction, bits: int = PRECISION) -> Real:
        self = super().__new__(cls, exact)
        self.exact, self.bits = exact, bits
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.exact, self.bits)


def rounded(value: Fraction, bits: int = PRECISION) -> Fraction:
    """To this many binary digits, halves to even."""
    numerator, denominator = abs(value.numerator), value.denominator
    if not numerator:
        return value
    shift = bits - numerator.bit_length() + denominator.bit_length()
    while True:
        if shift >= 0:
            mantissa, rest = divmod(numerator << shift, denominator)
            whole = denominator
        else:
            whole = denominator << -shift
            mantissa, rest = divmod(numerator, whole)
        if mantissa.bit_length() <= bits:
            break
        shift -= 1
    if rest * 2 > whole or (rest * 2 == whole and mantissa & 1):
        mantissa += 1
    sign = -1 if value < 0 else 1
    return Fraction(sign * mantissa, 1 << shift) if shift >= 0 else Fraction(sign * mantissa << -shift)


def exactly(value: float) -> Fraction:
    """What a number stands for; raises OverflowError for what is not finite."""
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, Real):
        return value.exact
    return rounded(Fraction(Decimal(repr(value))))


def made(exact: Fraction, bits: int = PRECISION) -> int | float:
    """The number with this value. Raises OverflowError where it is too large."""
    if exact.denominator == 1:
        return exact.numerator
    near = float(exact)
    if bits == PRECISION and near and exactly(near) == exact:
        return near
    return Real(exact, bits)


def same(left: float, right: float) -> bool:
    if isinstance(left, Real) or isinstance(right, Real):
        return exactly(left) == exactly(right)
    return left == right


def text_of(value: Real) -> str:
    """The fewest decimal digits that tell the number from its neighbours, without an exponent: Go's `%f` of a
    big.Float with precision -1, digit for digit."""
    exact = abs(value.exact)
    size = exact.numerator.bit_length() - exact.denominator.bit_length()
    if exact < Fraction(2) ** size:
        size -= 1
    scale = value.bits - size  # in units of 2**-scale, half of the last place is 1
    if scale >= 0:
        mantissa, power = (exact.numerator << scale) // exact.denominator, 5**scale
    else:
        mantissa, power = exact.numerator >> -scale, 1 << -scale
    digits, low, high = (str((mantissa + part) * power) for part in (0, -1, 1))
    point = len(digits) - max(scale, 0)
    digits = digits.rstrip("0")
    chosen = _shortest(digits, low.rstrip("0"), high.rstrip("0"), not mantissa & 2)
    if chosen == "1" and digits[0] == "9":
        point += 1
    if point <= 0:
        body = "0." + "0" * -point + chosen
    elif len(chosen) <= point:
        body = chosen + "0" * (point - len(chosen))
    else:
        body = f"{chosen[:point]}.{chosen[point:]}"
    return f"-{body}" if value.exact < 0 else body


def _shortest(digits: str, low: str, high: str, inclusive: bool) -> str:
    for at, digit in enumerate(digits):
        below = low[at] if at < len(low) else "0"
        above = high[at] if at < len(high) else "0"
        down = below != digit or (inclusive and at + 1 == len(low))
        up = digit != above and (inclusive or int(digit) + 1 < int(above) or at + 1 < len(high))
        if down and up:
            rest = digits[at + 1 :]
            nearer_up = rest[:1] > "5" or (rest[:1] == "5" and (len(rest) > 1 or int(digit) % 2 == 1))
            return _up(digits[: at + 1]) if nearer_up else digits[: at + 1].rstrip("0")
        if down:
            return digits[: at + 1].rstrip("0")
        if up:
            return _up(digits[: at + 1])
    return digits


def _up(digits: str) -> str:
    stem = digits.rstrip("9")
    if not stem:
        return "1"
    return stem[:-1] + str(int(stem[-1]) + 1)
