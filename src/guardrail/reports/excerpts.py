"""The source lines of a finding, cut into what stands before, in and after the offending part."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model import Excerpt, Finding, Span

TAB = 4


class Line(NamedTuple):
    """A line as it stands in the file: `before + marked + after`. `is_marked` is True too where the offending
    part is empty. A line longer than the limit is cut at either end; an ellipsis stands for what is gone."""

    number: int
    before: str
    marked: str
    after: str
    is_marked: bool


def lines_of(finding: Finding, limit: int = 400) -> list[Line]:
    """Every line of the finding's excerpt; empty where there is none. `limit` is in characters a line."""
    excerpt = finding.excerpt
    if excerpt is None:
        return []
    return [
        _line(number, text, finding.span, limit) for number, text in enumerate(excerpt.lines, excerpt.first_line)
    ]


def _line(number: int, text: str, span: Span, limit: int) -> Line:
    if not span.line or not span.covers(number):
        return Line(number, _head(text, limit), "", "", False)
    indent = len(text) - len(text.lstrip())
    start = span.column - 1 if number == span.line else indent
    end = span.end_column - 1 if number == span.end_line else len(text)
    # Masked secrets may have made the line shorter than the span says.
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text)))
    before, marked, after = text[:start], text[start:end], text[end:]
    if len(text) > limit:
        before = _tail(before, limit // 3)
        marked = _head(marked, limit - len(before))
        after = _head(after, max(0, limit - len(before) - len(marked)))
    return Line(number, before, marked, after, True)


def _head(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def _tail(text: str, limit: int) -> str:
    return text if len(text) <= limit else "…" + text[len(text) - limit + 1 :]


def region_text(excerpt: Excerpt, span: Span) -> str | None:
    """Exactly the text of the span, or None where the excerpt does not hold all of it."""
    if not span.line or span.line < excerpt.first_line:
        return None
    lines = list(excerpt.lines[span.line - excerpt.first_line : span.end_line - excerpt.first_line + 1])
    if len(lines) != span.end_line - span.line + 1 or not lines:
        return None
    lines[-1] = lines[-1][: max(0, span.end_column - 1)]
    lines[0] = lines[0][max(0, span.column - 1) :]
    return "\n".join(lines)


def expand_tabs(text: str, column: int = 0) -> str:
    """Tabs as spaces, for text that starts at display column `column` (0-based)."""
    if "\t" not in text:
        return text
    pieces: list[str] = []
    for character in text:
        if character == "\t":
            character = " " * (TAB - column % TAB)
        pieces.append(character)
        column += columns(character)
    return "".join(pieces)


def columns(text: str) -> int:
    """How many columns of a terminal the text takes: two for wide East Asian characters and most emoji, none
    for combining marks."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
