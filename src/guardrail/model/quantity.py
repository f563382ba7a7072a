"""Kubernetes quantities and spans of time as exact numbers, so that `500m` and `0.5` compare as equals.

Both functions give an `int` where the value is integral and a `float` otherwise, and None where the text is
no quantity (no duration). Whether `5m` is five milli-units or five minutes is for the caller to know.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from guardrail.model.patterns import lazy_regex

MAX_LENGTH = 64  # longer texts are no numbers that anybody meant
MAX_EXPONENT = 60

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = lazy_regex(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:([eE])([+-]?[0-9]{1,3})|([KMGTPE]i|[numkMGTPE]))?\Z")
_SUFFIXES = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000),
    "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
    "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30),
    "Ti": Fraction(2**40), "Pi": Fraction(2**50), "Ei": Fraction(2**60),
}  # fmt: skip

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH, _YEAR = 30 * _DAY, 365 * _DAY  # calendar units have no fixed length; these are the usual reckoning
_UNITS: dict[str, Fraction] = {
    name: Fraction(seconds)
    for names, seconds in (
        ("ns nanosecond nanoseconds", Fraction(1, 10**9)),
        ("us µs μs microsecond microseconds", Fraction(1, 10**6)),
        ("ms millisecond milliseconds", Fraction(1, 1000)),
        ("s sec secs second seconds", Fraction(1)),
        ("m min mins minute minutes", Fraction(_MINUTE)),
        ("h hr hrs hour hours", Fraction(_HOUR)),
        ("d day days", Fraction(_DAY)),
        ("w wk wks week weeks", Fraction(7 * _DAY)),
        ("mo mos month months", Fraction(_MONTH)),
        ("y yr yrs year years", Fraction(_YEAR)),
    )
    for name in names.split()
}
_PLAIN = lazy_regex(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\Z")
_PART = lazy_regex(r"\s*(?:(?:and|,)\s*)?([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-zµμ]+)")
_ISO = lazy_regex(
    r"P(?=[0-9T])(?:([0-9.]+)Y)?(?:([0-9.]+)M)?(?:([0-9.]+)W)?(?:([0-9.]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?\Z"
)
_ISO_UNITS = (_YEAR, _MONTH, 7 * _DAY, _DAY, _HOUR, _MINUTE, 1)


def quantity(value: object) -> int | float | None:
    """A Kubernetes quantity: `0.5`, `500m`, `1e3`, `1Gi`, `128974848000m`, `1E`, or a number as it is."""
    if not isinstance(value, str):
        return _number(value)
    return _quantity(value) if len(value) <= MAX_LENGTH else None


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int | float | None:
    match = _QUANTITY.match(text)
    if match is None:
        return None
    sign, digits, exponential, exponent, suffix = match.groups()
    amount = Fraction(digits)
    if exponential:
        power = int(exponent)
        if abs(power) > MAX_EXPONENT:
            return None
        amount *= Fraction(10) ** power
    elif suffix:
        amount *= _SUFFIXES[suffix]
    return _reduced(-amount if sign == "-" else amount)


def duration(value: object) -> int | float | None:
    """Seconds in a span of time: `30s`, `1h30m`, `1h 30 minutes`, `3 weeks and 2 days`, `P1DT12H` (ISO 8601),
    `30d`; a plain number is seconds. A month counts as 30 days, a year as 365."""
    if not isinstance(value, str):
        return _number(value)
    text = value.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    if _PLAIN.match(text):
        return _reduced(Fraction(text))
    if text[0] == "P":
        return _iso(text)
    negative = text[0] == "-"
    text = text[1:].lower() if text[0] in "+-" else text.lower()
    total, position = Fraction(0), 0
    while position < len(text):
        part = _PART.match(text, position)
        unit = _UNITS.get(part[2]) if part else None
        if part is None or unit is None or (position == 0 and part.start(1) != 0):
            return None
        total += Fraction(part[1]) * unit
        position = part.end()
    return _reduced(-total if negative else total)


def _iso(text: str) -> int | float | None:
    match = _ISO.match(text)
    if match is None:
        return None
    total = Fraction(0)
    for amount, seconds in zip(match.groups(), _ISO_UNITS, strict=True):
        if amount is not None:
            if not _PLAIN.match(amount):
                return None
            total += Fraction(amount) * seconds
    return _reduced(total)


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else value
    return None


def _reduced(amount: Fraction) -> int | float:
    return amount.numerator if amount.denominator == 1 else float(amount)
