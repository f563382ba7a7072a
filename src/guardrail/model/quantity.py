"""Kubernetes quantities and spans of time as exact numbers, so that `500m` and `0.5` compare as equals.

Both functions give an `int` where the value is integral and a `float` otherwise, and None where the text is
no quantity (no duration). Whether `5m` is five milli-units or five minutes is for the caller to know.
"""

from __future__ import annotations

import math
from functools import lru_cache

from guardrail.model.patterns import lazy_regex

MAX_LENGTH = 64  # longer texts are no numbers that anybody meant
MAX_EXPONENT = 60

# (numerator, denominator). Not a Fraction: importing that takes 3 ms, for which a hook waits at every commit.
Ratio = tuple[int, int]

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = lazy_regex(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:([eE])([+-]?[0-9]{1,3})|([KMGTPE]i|[numkMGTPE]))?\Z")
_SUFFIXES: dict[str, Ratio] = {
    "n": (1, 10**9), "u": (1, 10**6), "m": (1, 1000),
    "k": (10**3, 1), "M": (10**6, 1), "G": (10**9, 1), "T": (10**12, 1), "P": (10**15, 1), "E": (10**18, 1),
    "Ki": (2**10, 1), "Mi": (2**20, 1), "Gi": (2**30, 1), "Ti": (2**40, 1), "Pi": (2**50, 1), "Ei": (2**60, 1),
}  # fmt: skip

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH, _YEAR = 30 * _DAY, 365 * _DAY  # calendar units have no fixed length; these are the usual reckoning
_UNITS: dict[str, Ratio] = {
    name: seconds
    for names, seconds in (
        ("ns nanosecond nanoseconds", (1, 10**9)),
        ("us µs μs microsecond microseconds", (1, 10**6)),
        ("ms millisecond milliseconds", (1, 1000)),
        ("s sec secs second seconds", (1, 1)),
        ("m min mins minute minutes", (_MINUTE, 1)),
        ("h hr hrs hour hours", (_HOUR, 1)),
        ("d day days", (_DAY, 1)),
        ("w wk wks week weeks", (7 * _DAY, 1)),
        ("mo mos month months", (_MONTH, 1)),
        ("y yr yrs year years", (_YEAR, 1)),
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
    upper, lower = _ratio(digits)
    if exponential:
        power = int(exponent)
        if abs(power) > MAX_EXPONENT:
            return None
        upper, lower = upper * 10 ** max(power, 0), lower * 10 ** max(-power, 0)
    elif suffix:
        by = _SUFFIXES[suffix]
        upper, lower = upper * by[0], lower * by[1]
    return _reduced(-upper if sign == "-" else upper, lower)


def duration(value: object) -> int | float | None:
    """Seconds in a span of time: `30s`, `1h30m`, `1h 30 minutes`, `3 weeks and 2 days`, `P1DT12H` (ISO 8601),
    `30d`; a plain number is seconds. A month counts as 30 days, a year as 365."""
    if not isinstance(value, str):
        return _number(value)
    text = value.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    if _PLAIN.match(text):
        return _reduced(*_ratio(text))
    if text[0] == "P":
        return _iso(text)
    negative = text[0] == "-"
    text = text[1:].lower() if text[0] in "+-" else text.lower()
    total, position = (0, 1), 0
    while position < len(text):
        part = _PART.match(text, position)
        unit = _UNITS.get(part[2]) if part else None
        if part is None or unit is None or (position == 0 and part.start(1) != 0):
            return None
        total = _plus(total, _ratio(part[1]), unit)
        position = part.end()
    return _reduced(-total[0] if negative else total[0], total[1])


def _iso(text: str) -> int | float | None:
    match = _ISO.match(text)
    if match is None:
        return None
    total = (0, 1)
    for amount, seconds in zip(match.groups(), _ISO_UNITS, strict=True):
        if amount is not None:
            if not _PLAIN.match(amount):
                return None
            total = _plus(total, _ratio(amount), (seconds, 1))
    return _reduced(*total)


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else value
    return None


def _ratio(digits: str) -> Ratio:
    """`-12.50` as (-1250, 100)."""
    whole, _, decimals = digits.partition(".")
    return int(whole + decimals), 10 ** len(decimals)


def _plus(total: Ratio, amount: Ratio, unit: Ratio) -> Ratio:
    upper, lower = amount[0] * unit[0], amount[1] * unit[1]
    return total[0] * lower + upper * total[1], total[1] * lower


def _reduced(upper: int, lower: int) -> int | float:
    whole, rest = divmod(upper, lower)
    return whole if not rest else upper / lower
