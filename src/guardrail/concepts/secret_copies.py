"""Copies of secrets in other texts, however many and long the secrets are: it is the text's length that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

HEAD = 6  # characters; what is shorter may well be something else
MAX_STEP = 20


class Copies:
    """Finds any of `values`; those that are shorter than HEAD are left out.

    Most texts have none, which shows without a look at each place: wherever a secret of 12 characters begins, one of
    its first seven is at a place that 7 divides, and the six characters from there on are one of seven pieces of it.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = {value for value in values if len(value) >= HEAD}
        lengths: dict[str, set[int]] = {}
        for value in self.values:
            lengths.setdefault(value[:HEAD], set()).add(len(value))
        self.lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}
        shortest = min(map(len, self.values), default=HEAD)
        self.step = min(shortest - HEAD + 1, MAX_STEP)
        self.pieces = {value[at : at + HEAD] for value in self.values for at in range(self.step)}

    def within(self, text: str) -> bool:
        return next(self._found(text), None) is not None

    def starred(self, text: str) -> str:
        return self.replaced(text, lambda found: "*" * min(len(found), 12))

    def replaced(self, text: str, by: Callable[[str], str]) -> str:
        """The same text where there is nothing to replace."""
        parts: list[str] = []
        position = 0
        for start, end in self._found(text):
            parts += (text[position:start], by(text[start:end]))
            position = end
        return "".join((*parts, text[position:])) if parts else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Stretches, one after the other; the longest of those that begin at the same place."""
        last = len(text) - HEAD
        if self.pieces.isdisjoint([text[at : at + HEAD] for at in range(0, last + 1, self.step)]):
            return
        at = 0
        while at <= last:
            for length in self.lengths.get(text[at : at + HEAD], ()):
                if at + length <= len(text) and text[at : at + length] in self.values:
                    yield at, at + length
                    at += length - 1
                    break
            at += 1
