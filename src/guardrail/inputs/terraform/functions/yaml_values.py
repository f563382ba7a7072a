"""What YAML means to `yamldecode` where that is not what it means to a reader of manifests."""

from __future__ import annotations

import re
from datetime import datetime

from guardrail.model import Map, Seq, Span, Value

_STAMP = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?)?\n?"
)
_SOME_STAMP = re.compile(r"\d{4}-\d\d?-\d\d?")


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
        self.lines = text.split("\n") if self.stamps else []
        self.done: dict[int, Value] = {}  # of what aliases share

    def value(self, value: Value, span: Span | None) -> Value:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str):
            return stamp(value) if self.stamps and not self.quoted(span, -1) else value
        if not isinstance(value, (Map, Seq)):
            return value
        if id(value) not in self.done:
            self.done[id(value)] = value
            self.fill(value)
        return value

    def fill(self, holder: Map | Seq) -> None:
        if isinstance(holder, Seq):
            holder[:] = [self.value(item, span) for item, span in zip(holder, holder.spans, strict=True)]
            return
        entries = list(holder.items())
        spans = holder.spans
        if self.stamps and any(_STAMP.fullmatch(key) for key in holder):
            entries = [(key if self.quoted(spans.get(key), 0) else stamp(key), item) for key, item in entries]
            holder.spans = {new: spans[old] for (new, _), old in zip(entries, holder, strict=True) if old in spans}
            holder.clear()
        for key, item in entries:
            holder[key] = self.value(item, holder.spans.get(key))

    def quoted(self, span: Span | None, end: int) -> bool:
        """Whether what starts (`end` 0) or ends (-1) at a place does so with a quote, or is said to be a string."""
        if span is None:
            return "\n".join(self.lines).strip()[-1:] in ("'", '"')
        line, column = (span.line, span.column) if end == 0 else (span.end_line, span.end_column - 1)
        row = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return row[column - 1 : column] in ("'", '"') or "!!str" in row
