"""What Groovy's `stripIndent` and `stripMargin` take off the lines of a string."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

from guardrail.formats.groovy_nodes import Call, Literal, Quote

METHODS = frozenset(("stripIndent", "stripMargin"))
Cut = tuple[int, int]


def cuts(text: str, call: Call) -> list[Cut]:
    """The stretches that `text.stripIndent()` or `text.stripMargin()` leaves out, in their order."""
    given = call.args[0] if call.args else None
    if call.name == "stripMargin":
        mark = given.quoted.text[:1] if isinstance(given, Quote) else ""
        return [(start, end) for start, line in _lines(text) if (end := _margin(start, line, mark or "|")) > start]
    count = given.value if isinstance(given, Literal) and type(given.value) is int else None
    if count is None:
        count = min((len(line) - len(line.lstrip()) for _, line in _lines(text) if line.strip()), default=0)
    return [(start, start + min(count, len(line))) for start, line in _lines(text) if count and line]


def _margin(start: int, line: str, mark: str) -> int:
    rest = line.lstrip()
    return start + len(line) - len(rest) + 1 if rest.startswith(mark) else start


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def without(pieces: list[tuple[str, int | None]], left_out: list[Cut]) -> list[tuple[str, int | None]]:
    """Pieces of a text, without these stretches of it."""
    made: list[tuple[str, int | None]] = []
    begin, index = 0, 0
    for text, source in pieces:
        end, at = begin + len(text), begin
        while index < len(left_out) and left_out[index][0] < end:
            first, last = left_out[index]
            if first > at:
                made.append((text[at - begin : first - begin], None if source is None else source + at - begin))
            at = min(max(last, at), end)
            if last > end:
                break
            index += 1
        if at < end:
            made.append((text[at - begin :], None if source is None else source + at - begin))
        begin = end
    return made


def shift(left_out: list[Cut]) -> Callable[[int], int]:
    """Tells where a place of the text is without these stretches."""
    starts = [start for start, _ in left_out]
    lengths = list(accumulate((end - start for start, end in left_out), initial=0))

    def moved(at: int) -> int:
        before = bisect_left(starts, at)
        within = max(left_out[before - 1][1] - at, 0) if before else 0
        return at - lengths[before] + within

    return moved
