"""Shell code as commands: what stands between its separators and pipes, quoting and comments followed.

A rough reading on purpose: expansions, functions and control flow are not followed. It is linear in the length of the
code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

TOKEN = lazy_regex(
    r"""
      (?P<single>'[^']*')
    | (?P<double>"(?:\\.|[^"\\])*")
    | (?P<joined>\\\r?\n)
    | (?P<escaped>\\.)
    | (?P<comment>(?:(?<=[\s;|&(])|\A)\#[^\n]*)
    | (?P<end>\n|;|&&|\|\|)
    | (?P<pipe>\|&?)
    | (?P<background>(?<![<>])&(?![>\d]))
    | (?P<plain>[^'"\\\n;|&#]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
SH = r"(?:ba|z|k|da|a)?sh"
# What may stand before the command's own name.
PREFIX = (
    r"\s*(?:\(\s*|\{\s+|!\s+|(?:then|do|else|if|while|time|exec|command|nohup)\s+|\w+=\S*\s+)*"
    r"(?:sudo\s+(?:-[ugh]\s+[^\s-]\S*\s+|-(?![ugh]\s)\S+\s+|\w+=\S*\s+)*)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?"
)
VARIABLE = lazy_regex(r"(?<!\\)\$\{?!?([A-Za-z_][A-Za-z0-9_]*)")
_UNQUOTED = str.maketrans("'\"#", "   ")  # in a document, quotes and comments are only text


class Command(NamedTuple):
    """One command as written; `text[start:end]` of the code, save that continued lines are joined here."""

    text: str
    start: int
    end: int


def pipelines(text: str) -> Iterator[list[Command]]:
    """The code's pipelines, each a list of commands, comments left out."""
    stages: list[Command] = []
    parts: list[str] = []
    start = 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "comment":
            continue
        if kind in ("end", "background", "pipe"):
            _close(stages, parts, start, match.start())
            parts, start = [], match.end()
            if kind != "pipe":
                if stages:
                    yield stages
                stages = []
        else:
            parts.append(" " if kind == "joined" else match.group())
    _close(stages, parts, start, len(text))
    if stages:
        yield stages


def _close(stages: list[Command], parts: list[str], start: int, end: int) -> None:
    command = "".join(parts)
    bare = command.strip()
    if bare:
        stages.append(Command(bare, start + len(command) - len(command.lstrip()), end))


def strings(command: str) -> Iterator[str]:
    for match in TOKEN.finditer(command):
        if match.lastgroup in ("single", "double"):
            yield match.group()[1:-1]


def without_strings(command: str) -> str:
    """The command with its quoted strings emptied, save what a double-quoted one runs (`"$(curl ...)"`)."""
    return "".join(
        "''" if match.lastgroup == "single" or (match.lastgroup == "double" and "$(" not in match.group())
        else match.group()
        for match in TOKEN.finditer(command)
    )  # fmt: skip


def expanded_variables(code: str) -> Iterator[str]:
    """Names of the variables that the shell puts in: outside of single quotes, not escaped."""
    for match in TOKEN.finditer(code):
        if match.lastgroup in ("double", "plain"):
            yield from VARIABLE.findall(match.group())


@lru_cache(maxsize=256)
def parsed(text: str) -> tuple[tuple[Command, ...], ...]:
    """The code's pipelines, kept for the next who asks about the same code."""
    return tuple(tuple(stages) for stages in pipelines(text))


_HEREDOC = lazy_regex(r"(?<!<)<<-?[ \t]*([\"'\\]?)(\w{1,64})[\"']?")
MAX_DOCUMENTS = 200


class Document(NamedTuple):
    """A document that is handed to a command (`cat <<EOF`): `<<` stands `at`, what it says is `start` to `end`. `code`:
    what the shell puts variables into, quoted or not; "" where it takes the text as it stands."""

    at: int
    start: int
    end: int
    code: str


def documents(text: str) -> list[Document]:
    found: list[Document] = []
    if "<<" not in text:
        return found
    for match in _HEREDOC.finditer(text):
        start = text.find("\n", match.end())
        if start < 0 or (found and match.start() < found[-1].end):
            continue
        end = start
        while end >= 0:
            stop = text.find("\n", end + 1)
            if text[end + 1 : stop if stop >= 0 else len(text)].strip() == match.group(2):
                break
            end = stop
        end = end if end >= 0 else len(text)
        code = "" if match.group(1) else text[start:end].translate(_UNQUOTED)
        found.append(Document(match.start(), start, end, code))
        if len(found) > MAX_DOCUMENTS:
            break
    return found


def heredocs(text: str) -> list[tuple[int, int]]:
    """Where documents stand, which are no commands themselves."""
    return [(document.start, document.end) for document in documents(text)]
