"""Time. What the clock says is unknown; arithmetic on written times is not."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.functions.table import function, text
from guardrail.model import Unknown, Value

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"[-+]?(?:\d+(?:\.\d*)?(?:h|ms|m|s|us|µs|ns))+\Z")
_PART = re.compile(r"(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[-+]\d\d:\d\d)\Z")


@function()
def timestamp() -> Value:
    return Unknown("timestamp() is the time of the run")


@function()
def plantimestamp() -> Value:
    return Unknown("plantimestamp() is the time of the run")


def _time(value: Value) -> datetime:
    written = text(value)
    if not _STAMP.match(written):
        raise EvalError(f'"{written[:40]}" is no RFC 3339 timestamp')
    try:
        return datetime.fromisoformat(re.sub(r"\.\d+", "", written.upper()).replace("Z", "+00:00"))
    except ValueError:
        raise EvalError(f'"{written[:40]}" is no RFC 3339 timestamp') from None


def _stamp(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


@function()
def timeadd(value: Value, duration: Value) -> Value:
    written = text(duration)
    if written != "0" and (not _DURATION.match(written) or len(written) > 60):
        raise EvalError(f'"{written[:40]}" is no duration')
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(written))
    try:
        return _stamp(_time(value) + timedelta(seconds=-seconds if written.startswith("-") else seconds))
    except OverflowError:
        raise EvalError("timeadd() leads out of the calendar") from None


@function()
def timecmp(one: Value, other: Value) -> Value:
    a, b = _time(one).astimezone(timezone.utc), _time(other).astimezone(timezone.utc)
    return (a > b) - (a < b)


@function()
def formatdate(pattern: Value, value: Value) -> Value:
    moment = _time(value)
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
    for quoted, run, other in _runs(text(pattern)):
        if run:
            if run not in words:
                raise EvalError(f'formatdate() does not know "{run}"')
            out.append(words[run])
        else:
            out.append(quoted.replace("''", "'") if quoted else other)
    return "".join(out)


def _runs(pattern: str) -> list[tuple[str, str, str]]:
    """(quoted text, run of one letter, anything else), one of them filled."""
    found: list[tuple[str, str, str]] = []
    for match in re.finditer(r"'((?:[^']|'')*)'|(?P<run>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>.)", pattern, re.S):
        found.append((match[1] or "", match["run"] or "", match["other"] or ""))
    return found
