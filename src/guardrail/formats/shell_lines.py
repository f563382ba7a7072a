"""A script that is written as a list of lines, which one shell runs: what is in each of them, and in all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from guardrail.formats.shell import DETECTIONS

Find = Callable[[str], "tuple[int, int] | None"]

_TOGETHER = frozenset(("runs_unchecked", "plain_transport"))  # where what later lines do with a file matters


class Hit(NamedTuple):
    """`lines[line][start:end]`."""

    line: int
    start: int
    end: int


def detected_in(lines: Sequence[str]) -> dict[str, Hit]:
    """By field of the script concept, the first place of what is looked for."""
    found: dict[str, Hit] = {}
    for number, line in enumerate(lines):
        for field, start, end in _in_line(line):
            found.setdefault(field, Hit(number, start, end))
    for field, start, end in _in_all("\n".join(lines)):
        found[field] = _placed(lines, start, end)
    return found


def find_in(field: str, find: Find, lines: Sequence[str]) -> Hit | None:
    """The first place of what one of these fields stands for."""
    if field in _TOGETHER:
        where = find("\n".join(lines))
        return _placed(lines, *where) if where else None
    places = ((number, find(line)) for number, line in enumerate(lines))
    return next((Hit(number, *where) for number, where in places if where), None)


def _placed(lines: Sequence[str], start: int, end: int) -> Hit:
    """Where a stretch of the joined lines begins; it may go on in those that follow."""
    for number, line in enumerate(lines):
        if start <= len(line):
            return Hit(number, start, min(end, len(line)))
        start, end = start - len(line) - 1, end - len(line) - 1
    raise IndexError(start)


@lru_cache(maxsize=4096)  # an anchor's code is the same in every job that it is put into
def _in_line(line: str) -> tuple[tuple[str, int, int], ...]:
    return tuple((field, *where) for field, find in DETECTIONS if field not in _TOGETHER and (where := find(line)))


@lru_cache(maxsize=1024)
def _in_all(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple((field, *where) for field, find in DETECTIONS if field in _TOGETHER and (where := find(text)))
