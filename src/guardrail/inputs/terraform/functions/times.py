"""Time. What the clock says is unknown; arithmetic on written times is not, nor that what comes of it is a time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from guardrail.formats.hcl_values import EvalError, combined
from guardrail.inputs.terraform.functions.collections import marked, opened
from guardrail.inputs.terraform.functions.table import RAW, function, text
from guardrail.model import HOLE, PartText, Unknown, Value
from guardrail.model.patterns import lazy_regex

_NANO = 1_000_000_000
_UNITS = {"h": 3600 * _NANO, "m": 60 * _NANO, "s": _NANO, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "μs": 1_000,
          "ns": 1}  # fmt: skip
_DURATION = lazy_regex(r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+\Z", re.A)
_PART = lazy_regex(r"(\d*)(\.\d*)?(h|ms|m|s|us|µs|μs|ns)", re.A)
_STAMP = lazy_regex(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[-+]\d\d:\d\d)\Z", re.A)
_MOST = 1 << 63  # nanoseconds of a duration


@function()
def timestamp() -> Value:
    return Unknown("timestamp() is the time of the run")


@function()
def plantimestamp() -> Value:
    return Unknown("plantimestamp() is the time of the run")


def _time(value: Value) -> tuple[datetime, int]:
    """The moment to the second, and the nanoseconds after it."""
    written = text(value)
    found = _STAMP.match(written)
    if found is None:
        raise EvalError(f'"{written[:40]}" is no RFC 3339 timestamp')
    try:
        moment = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    except ValueError:
        raise EvalError(f'"{written[:40]}" is no RFC 3339 timestamp') from None
    return moment, int((found[2] or ".0")[1:10].ljust(9, "0"))


_SOME_TIME = f"{HOLE}-{HOLE}-{HOLE}T{HOLE}:{HOLE}:{HOLE}"


@function(mode=RAW)
def timeadd(value: Value, duration: Value) -> Value:
    args, hidden = opened((value, duration))
    unknown = [item for item in args if isinstance(item, Unknown)]
    return marked(_partly(unknown, _SOME_TIME) if unknown else _added(*args), hidden)


def _partly(unknown: list[Unknown], template: str) -> Unknown:
    """What is known of a text: that it is there, and what its marks are."""
    why = combined(unknown)
    return PartText(why.reason, why.refs, template) if template.replace(HOLE, "") else why


def _added(value: Value, duration: Value) -> str:
    written = text(duration)
    if written not in ("0", "+0", "-0") and (not _DURATION.match(written) or len(written) > 60):
        raise EvalError(f'"{written[:40]}" is no duration')
    length = sum(
        int(Fraction(f"{amount or 0}{fraction}0" if fraction else amount) * _UNITS[unit])
        for amount, fraction, unit in _PART.findall(written)
    )
    if length >= _MOST:
        raise EvalError(f'"{written[:40]}" is too long a duration')
    moment, nanoseconds = _time(value)
    seconds = (nanoseconds + (-length if written.startswith("-") else length)) // _NANO
    try:
        return (moment + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise EvalError("timeadd() leads out of the calendar") from None


@function()
def timecmp(one: Value, other: Value) -> Value:
    (a, after_a), (b, after_b) = _time(one), _time(other)
    first, second = (a.astimezone(timezone.utc), after_a), (b.astimezone(timezone.utc), after_b)
    return (first > second) - (first < second)


@function(mode=RAW)
def formatdate(pattern: Value, value: Value) -> Value:
    args, hidden = opened((pattern, value))
    unknown = [item for item in args if isinstance(item, Unknown)]
    if unknown:
        shape = "" if isinstance(args[0], Unknown) else _shape(text(args[0]))
        return marked(_partly(unknown, shape), hidden)
    return marked(_written(text(args[0]), args[1]), hidden)


def _written(pattern: str, value: Value) -> str:
    moment, _ = _time(value)
    hour = moment.hour % 12 or 12
    zone = moment.strftime("%z")
    utc = moment.utcoffset() == timedelta(0)
    words = {
        "YYYY": f"{moment.year:04d}", "YY": f"{moment.year % 100:02d}", "MMMM": moment.strftime("%B"),
        "MMM": moment.strftime("%b"), "MM": f"{moment.month:02d}", "M": str(moment.month),
        "DD": f"{moment.day:02d}", "D": str(moment.day), "EEEE": moment.strftime("%A"), "EEE": moment.strftime("%a"),
        "hh": f"{moment.hour:02d}", "h": str(moment.hour), "HH": f"{hour:02d}", "H": str(hour),
        "AA": "AM" if moment.hour < 12 else "PM", "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02d}", "m": str(moment.minute), "ss": f"{moment.second:02d}", "s": str(moment.second),
        "ZZZZZ": f"{zone[:3]}:{zone[3:]}", "ZZZZ": zone, "ZZZ": "UTC" if utc else zone,
        "Z": "Z" if utc else f"{zone[:3]}:{zone[3:]}",
    }  # fmt: skip
    out: list[str] = []
    for quoted, run, other in _runs(pattern):
        if run:
            if run not in words:
                raise EvalError(f'formatdate() does not know "{run}"')
            out.append(words[run])
        else:
            out.append(_literal(quoted, other))
    return "".join(out)


def _shape(pattern: str) -> str:
    return "".join(HOLE if run else _literal(quoted, other) for quoted, run, other in _runs(pattern))


def _literal(quoted: str, other: str) -> str:
    return quoted[1:-1].replace("''", "'") or "'" if quoted else other


def _runs(pattern: str) -> list[tuple[str, str, str]]:
    """(quoted text with its quotes, run of one letter, anything else), one of them filled."""
    found: list[tuple[str, str, str]] = []
    parts = r"('(?:[^']|'')*')|(?P<run>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>.)"
    for match in re.finditer(parts, pattern, re.S):
        if match["other"] == "'":
            raise EvalError("formatdate() meets a quote that is not closed")
        found.append((match[1] or "", match["run"] or "", match["other"] or ""))
    return found
