"""JSON with places, of those parts of a document that places are wanted for: the rest is decoded (or passed over)
by the standard library, which is forty times as fast."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from math import isfinite
from typing import Any

from guardrail.model import Map, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_DEPTH = 150

_SPACE = lazy_regex(r"[ \t\r\n]*")
_LONE = lazy_regex(r"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = lazy_regex(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)


def _float(text: str) -> Any:
    number = float(text)
    if not isfinite(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _without_halves(match: re.Match[str]) -> str:
    """Half a surrogate pair is no character, and NUL has a meaning of its own in the model."""
    text = match.group()
    return "\\ufffd" if len(text) == 6 and text[1] == "u" and _LONE.match(text) else text


class Cursor:
    """Stands somewhere in a text. Every method raises ValueError or RecursionError for what is no JSON."""

    def __init__(self, text: str, file: str) -> None:
        self.text = _ESCAPE.sub(_without_halves, text) if _LONE.search(text) else text
        self.file, self.at = file, 0
        self._lines: list[int] | None = None
        self._decode = json.JSONDecoder(parse_float=_float, parse_constant=_refuse).raw_decode

    def span(self, start: int, end: int) -> Span:
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        lines = self._lines
        first, last = bisect_right(lines, start), bisect_right(lines, end)
        return Span(self.file, first, start - lines[first - 1] + 1, last, end - lines[last - 1] + 1)

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        sign = self.text[self.at : self.at + 1]
        if sign > " ":
            return sign
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def raw(self) -> Any:
        """The value that follows, without places."""
        self.peek()
        value, self.at = self._decode(self.text, self.at)
        return value

    def _step(self, sign: str) -> bool:
        """Over a comma (True) or the closing sign (False)."""
        found = self.peek()
        self.at += 1
        if found not in (",", sign) or not found:
            raise json.JSONDecodeError(f"Expecting ',' or '{sign}'", self.text, min(self.at - 1, len(self.text)))
        return found == ","

    def members(self) -> Iterator[tuple[str, int]]:
        """(key, where it starts) for each member of the object that follows; who asks moves over its value. None
        where something else than an object follows, which is passed over."""
        if self.peek() != "{":
            self.raw()
            return
        self.at += 1
        if self.peek() == "}":
            self.at += 1
            return
        more = True
        while more:
            self.peek()
            start = self.at
            key = self.raw()
            if not isinstance(key, str) or self.peek() != ":":
                raise json.JSONDecodeError("Expecting a key and ':'", self.text, start)
            self.at += 1
            self.peek()
            yield key, start
            more = self._step("}")

    def items(self) -> Iterator[int]:
        """Where each item of the array that follows starts; as `members`."""
        if self.peek() != "[":
            self.raw()
            return
        self.at += 1
        if self.peek() == "]":
            self.at += 1
            return
        more = True
        while more:
            self.peek()
            yield self.at
            more = self._step("]")

    def located(self, depth: int = 0, without: str = "") -> Value:
        """The value that follows, as Maps and Seqs with their places; members of the name `without` are left out."""
        sign = self.peek()
        if sign not in ("{", "["):
            return self.raw()
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        begin = self.at
        if sign == "{":
            mapping = Map()
            for key, start in self.members():
                if key == without:
                    self.raw()
                    continue
                value = self.located(depth + 1, without)
                mapping[key] = value
                mapping.spans[key] = self.span(start, self.at)
                if isinstance(value, (Map, Seq)):
                    value.header = self.span(start, start + len(key) + 2)
            mapping.span, mapping.header = self.span(begin, self.at), self.span(begin, begin + 1)
            return mapping
        sequence = Seq()
        for start in self.items():
            value = self.located(depth + 1, without)
            sequence.append(value)
            sequence.spans.append(self.span(start, self.at))
        sequence.span, sequence.header = self.span(begin, self.at), self.span(begin, begin + 1)
        return sequence
