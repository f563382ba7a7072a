"""The documents of a manifest, as kubectl takes them apart.

kubectl cuts YAML at the lines that begin with `---` before it parses anything, so that a document which is none does
not take the others along; and it reads JSON as a stream: objects one after another, with nothing between them but
blanks (`kubectl get -o json`, NDJSON).
"""

from __future__ import annotations

import re

from guardrail.formats import yaml
from guardrail.model import Problem
from guardrail.model.patterns import lazy_regex

MAX_RESTARTS = 100  # after so many broken documents the rest is not worth the while
MAX_PADDING = 20_000_000  # characters that stand in for what is before a document, all together
_ENDING = ("not valid YAML", "alias *", "nested more", "its aliases")  # how the problems begin that end the reading
_SEPARATOR = lazy_regex(r"^---(?=\s|\Z)", re.M)
_STRUCTURE = lazy_regex(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')


def load(data: bytes, path: str, dialect: str = "kubernetes") -> yaml.Loaded:
    """Every document that can be read; a problem for each that can't."""
    loaded = yaml.load(data, path, dialect)
    if not _end(loaded.problems):
        return loaded
    text = loaded.text
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        values = _values(text)
        if len(values) > 1:
            return _stream(text, values, path, dialect)
    return _rest(loaded, path, dialect)


def _rest(loaded: yaml.Loaded, path: str, dialect: str) -> yaml.Loaded:
    """With what follows a document at which reading came to an end."""
    text = loaded.text
    documents, problems = list(loaded.documents), list(loaded.problems)
    starts = [match.start() for match in _SEPARATOR.finditer(text)]
    ended, begun, padding = _end(problems), 0, 0
    for _ in range(MAX_RESTARTS):
        offset = _offset(text, ended)
        after = next((start for start in starts if start >= offset and start > begun), None)
        if not ended or after is None or padding > MAX_PADDING:
            break
        begun, line = after, text.count("\n", 0, after)
        padding += line
        again = _read("\n" * line + text[after:], path, dialect)
        documents += [found._replace(line=max(found.line, line + 1)) for found in again.documents]
        problems += again.problems
        ended = _end(again.problems)
    return yaml.Loaded(documents, problems, text)


def _read(text: str, path: str, dialect: str) -> yaml.Loaded:
    return yaml.load(text.encode("utf-8", "surrogatepass"), path, dialect)


def _end(problems: list[Problem]) -> int:
    """The line at which reading came to an end; 0 where it went on to the end of the file."""
    last = problems[-1] if problems else None
    return last.line if last is not None and last.message.startswith(_ENDING) else 0


def _offset(text: str, line: int) -> int:
    position = 0
    for _ in range(line - 1):
        found = text.find("\n", position)
        if found < 0:
            break
        position = found + 1
    return position


def _stream(text: str, values: list[tuple[int, int]], path: str, dialect: str) -> yaml.Loaded:
    """JSON values that follow each other, each read where it stands."""
    documents: list[yaml.Document] = []
    problems: list[Problem] = []
    line, column, position, padding = 0, 0, 0, 0
    for start, end in values:
        line += text.count("\n", position, start)
        column = start - (text.rfind("\n", 0, start) + 1)
        position = start
        padding += line + column
        if padding > MAX_PADDING:
            what = "too many objects in one stream; the rest is not judged"
            problems.append(Problem("too-large", what, path, line + 1))
            break
        own = _read("\n" * line + " " * column + text[start:end], path, dialect)
        documents += [found._replace(line=line + 1) for found in own.documents]
        problems += own.problems
    return yaml.Loaded(documents, problems, text)


def _values(text: str) -> list[tuple[int, int]]:
    """Where each top-level object or array begins and ends; nothing if there is anything else between them."""
    found: list[tuple[int, int]] = []
    depth, start, end = 0, 0, 0
    for match in _STRUCTURE.finditer(text):
        sign = match[0]
        if sign in "{[":
            if depth == 0:
                start = match.start()
                if text[end:start].strip("\ufeff \t\r\n"):
                    return []
            depth += 1
        elif sign in "}]":
            depth -= 1
            if depth < 0:
                return []
            if depth == 0:
                end = match.end()
                found.append((start, end))
        elif depth == 0:
            return []
    return found if depth == 0 and not text[end:].strip() else []
