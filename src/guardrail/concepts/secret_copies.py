"""Copies of secrets in other texts, however many secrets there are: it is the text's length that takes time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

HEAD = 6  # characters; what is shorter may well be something else


class Copies:
    """Finds any of `values`; those that are shorter than HEAD are left out."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = {value for value in values if len(value) >= HEAD}
        lengths: dict[str, set[int]] = {}
        for value in self.values:
            lengths.setdefault(value[:HEAD], set()).add(len(value))
        self.lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}

    def within(self, text: str) -> bool:
        return next(self._found(text), None) is not None

    def starred(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        for start, end in self._found(text):
            parts += (text[position:start], "*" * min(end - start, 12))
            position = end
        return "".join((*parts, text[position:])) if parts else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Stretches, one after the other; the longest of those that begin at the same place."""
        if not self.values:
            return
        at, last = 0, len(text) - HEAD
        while at <= last:
            for length in self.lengths.get(text[at : at + HEAD], ()):
                if at + length <= len(text) and text[at : at + length] in self.values:
                    yield at, at + length
                    at += length - 1
                    break
            at += 1
