"""Schedules as Kubernetes and GitHub read them: minute, hour, day of the month, month and day of the week.

https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format (Kubernetes, Argo, Velero) and
https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORTHANDS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_EVERY = lazy_regex(r"@every\s+(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+")


class _Field(NamedTuple):
    what: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """None for what is no value of the field."""
        if text.lower() in self.names:
            return self.lowest + self.names.index(text.lower())
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
        return number if self.lowest <= number <= self.highest else None


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


def fault(text: str, shorthands: bool = True, zone: bool = False) -> str:
    """What keeps the text from being a schedule, in words; "" for one that can be read. `shorthands`: `@daily` and
    `@every 1h` will do; `zone`: it may begin with a time zone."""
    words = text.split()
    if words and words[0].startswith(("TZ=", "CRON_TZ=")):
        if not zone:
            return "the time zone has a field of its own"
        words = words[1:]
    if words and words[0].startswith("@"):
        is_known = " ".join(words).lower() in _SHORTHANDS or _EVERY.fullmatch(" ".join(words))
        return "" if shorthands and is_known else f"{words[0]} stands for nothing"
    if len(words) != len(_FIELDS):
        return f"it has {len(words)} fields, not {len(_FIELDS)}"
    return next((found for field, word in zip(_FIELDS, words, strict=True) if (found := _field_fault(field, word))), "")


def runs_a_day(text: str) -> int:
    """How often it is on a day that it is on, of what `fault` finds nothing wrong with and is no shorthand."""
    minutes, hours = (_values(field, word) for field, word in zip(_FIELDS[:2], text.split()[:2], strict=True))
    return len(minutes) * len(hours)


def _values(field: _Field, word: str) -> set[int]:
    found: set[int] = set()
    for part in word.split(","):
        base, slash, step = part.partition("/")
        first, dash, last = base.partition("-")
        if base in ("*", "?"):
            low, high = field.lowest, field.highest
        else:
            low = field.number(first) or 0
            high = (field.number(last) or 0) if dash else field.highest if slash else low
        found.update(range(low, high + 1, int(step) if slash else 1))
    return found


def _field_fault(field: _Field, word: str) -> str:
    for part in word.split(","):
        base, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step[:9]) > 0):
            return f"{step or 'nothing'} is no step"
        if base in ("*", "?"):
            continue
        first, dash, last = base.partition("-")
        ends = [field.number(end) for end in ((first, last) if dash else (first,))]
        if None in ends:
            wrong = last if ends[0] is not None else first
            return f"{wrong or 'nothing'} is no {field.what} ({field.lowest} to {field.highest})"
        if dash and (ends[0] or 0) > (ends[1] or 0):
            return f"{base} ends before it begins"
    return ""
