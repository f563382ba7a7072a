"""JSON (RFC 8259) with the place of every entry and item, which the standard library's reader does not tell."""

from __future__ import annotations

import json
import re
from typing import Any

from guardrail.model import Map, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_DEPTH = 150
_TOKEN = lazy_regex(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+', re.DOTALL)
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


def load(text: str, file: str, first_line: int = 1, indent: int = 0) -> Any:
    """Mappings and lists, placed as the reader of YAML places them: an entry from its key to the end of its value. A
    key that stands twice counts where it stands last. `first_line`, `indent`: where in the file the text's first line
    is, and how many columns further right all of it is. Raises ValueError where it is no JSON or nested too deep,
    RecursionError where it is too deep for the standard library.
    """
    json.loads(text)  # what is no JSON ends here
    root: Any = None
    holder: Any = None  # the innermost mapping or list that is open
    key: str | None = None  # of the entry that is being read
    key_at = (0, 0, 0)  # line, column, end
    begun = (0, 0, 0, 0)  # line, column, where in the text that line starts and ends
    outer: list[tuple[Any, str | None, tuple[int, int, int], tuple[int, int, int, int]]] = []
    line, right = first_line, indent + 1
    newline = text.find("\n")  # the next one
    start = 0  # of the line
    for match in _TOKEN.finditer(text):
        at, stop = match.span()
        if -1 < newline < at:
            while -1 < newline < at:
                line += 1
                start = newline + 1
                newline = text.find("\n", start)
        token = match.group()
        sign = token[0]
        end = stop - start + right
        if sign == '"':
            value: Any = token[1:-1] if "\\" not in token else json.loads(token)
            if key is None and type(holder) is Map:
                key, key_at = value, (line, at - start + right, end)
                continue
            first, left = line, at - start + right
        elif sign == "{" or sign == "[":
            if len(outer) >= MAX_DEPTH:
                raise ValueError("nested too deep")
            outer.append((holder, key, key_at, begun))
            holder, key = Map() if sign == "{" else Seq(), None
            begun = (line, at - start + right, start, newline)
            continue
        elif sign == "}" or sign == "]":
            first, left, begins, ends = begun
            closed = holder
            closed.span = header = Span(file, first, left, line, end)
            holder, key, key_at, begun = outer.pop()
            if key is not None:
                header = Span(file, key_at[0], key_at[1], key_at[0], key_at[2])
            else:
                if closed.spans and type(closed) is Map:
                    header = next(iter(closed.spans.values()))
                if header.end_line > header.line:
                    header = Span(file, first, left, first, len(text[begins:ends].rstrip()) + right)
            closed.header = header
            value = closed
        else:
            value = _WORDS[token] if token in _WORDS else json.loads(token)
            first, left = line, at - start + right
        if holder is None:
            root = value
        elif key is None:
            holder.append(value)
            holder.spans.append(Span(file, first, left, line, end))
        else:
            holder[key] = value
            holder.spans[key] = Span(file, key_at[0], key_at[1], line, end)
            key = None
    return root

