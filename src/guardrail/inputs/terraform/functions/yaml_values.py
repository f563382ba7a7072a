"""What YAML means to `yamldecode` where that is not what it means to a reader of manifests."""

from __future__ import annotations

import re
from datetime import datetime

from guardrail.formats.hcl_values import EvalError
from guardrail.model import Map, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

_STAMP = lazy_regex(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?)?\n?"
)
_SOME_STAMP = lazy_regex(r"\d{4}-\d\d?-\d\d?")
_SOME_NUMBER = lazy_regex(r"(?<![\w.])[-+]?(?:0[\db_]|[\d.]+_)")  # that YAML 1.1 reads otherwise
_SOME_KEY = lazy_regex(r"(?:^|[\s{,])(?:[yYnN~]|[yY]es|YES|[nN]o|NO|[oO](?:n|ff)|O(?:N|FF)|[tT]rue|TRUE|[fF]alse|FALSE"
                       r"|[nN]ull|NULL)\s*[:},]", re.M)  # fmt: skip
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"))
_NULL = frozenset(("~", "null", "Null", "NULL"))


def as_terraform_has_it(value: Value, text: str) -> Value:
    """Numbers that are whole are ints, and timestamps that stand unquoted are spelt as in RFC 3339. `text` is what
    the value was read from, where its places are."""
    return _Pass(text).value(value, None)


def stamp(text: str) -> str:
    """A timestamp in the spelling of RFC 3339; anything else as it is."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return text
    year, month, day, *first = found.groups()
    hour, minute, second = (int(part or 0) for part in (first[:3] if first[0] else first[4:]))
    try:
        moment = datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return text
    zone = first[3] or "Z"
    return moment.isoformat() + ("Z" if zone in ("+00:00", "-00:00") else zone)


class _Pass:
    def __init__(self, text: str) -> None:
        self.stamps = _SOME_STAMP.search(text) is not None
        self.numbers = _SOME_NUMBER.search(text) is not None
        self.keys = _SOME_KEY.search(text) is not None
        self.lines = text.split("\n") if self.stamps or self.numbers or self.keys else []
        self.done: dict[int, Value] = {}  # of what aliases share

    def value(self, value: Value, span: Span | None) -> Value:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if self.numbers:
                value = self.number(value, span)
            return int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(value, str):
            return stamp(value) if self.stamps and not self.quoted(span, -1) else value
        if not isinstance(value, (Map, Seq)):
            return value
        if id(value) not in self.done:
            self.done[id(value)] = value
            self.fill(value)
        return value

    def number(self, value: float, span: Span | None) -> Value:
        """A leading 0 does not make a number octal, and 0b11 and 1_000 are none."""
        row = self.row(span.end_line)[: span.end_column - 1] if span is not None else "\n".join(self.lines).strip()
        found = re.search(r"[-+\w.]+\Z", row)
        if found is None or not found[0].lstrip("-+")[:1].isdecimal():
            return value
        written = found[0]
        if "_" in written or "b" in written[:3]:
            return written
        return int(written) if written.lstrip("-+").isdecimal() else value

    def fill(self, holder: Map | Seq) -> None:
        if isinstance(holder, Seq):
            holder[:] = [self.value(item, span) for item, span in zip(holder, holder.spans, strict=True)]
            return
        entries = list(holder.items())
        spans = holder.spans
        if self.keys or (self.stamps and any(_STAMP.fullmatch(key) for key in holder)):
            entries = [(self.key(key, spans.get(key)), item) for key, item in entries]
            holder.spans = {new: spans[old] for (new, _), old in zip(entries, holder, strict=True) if old in spans}
            holder.clear()
        for key, item in entries:
            holder[key] = self.value(item, holder.spans.get(key))

    def key(self, key: str, span: Span | None) -> str:
        if self.quoted(span, 0):
            return key
        if key in _NULL:
            raise EvalError("yamldecode() meets a key that is null")
        return "true" if key in _TRUE else "false" if key in _FALSE else stamp(key)

    def row(self, line: int) -> str:
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def quoted(self, span: Span | None, end: int) -> bool:
        """Whether what starts (`end` 0) or ends (-1) at a place does so with a quote, or is said to be a string."""
        if span is None:
            return "\n".join(self.lines).strip()[-1:] in ("'", '"')
        line, column = (span.line, span.column) if end == 0 else (span.end_line, span.end_column - 1)
        row = self.row(line)
        return row[column - 1 : column] in ("'", '"') or "!!str" in row
