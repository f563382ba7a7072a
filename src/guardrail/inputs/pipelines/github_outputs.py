"""What a shell script hands on to the steps after it of an outsider's words, also by way of variables of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from guardrail.formats.shell import expanded_variables
from guardrail.formats.shell_evaluated import is_cleaned
from guardrail.inputs.pipelines.github_file import GithubFile
from guardrail.inputs.pipelines.github_told import told_by_command
from guardrail.inputs.pipelines.github_untrusted import Scope, Taint, sources_in, variable_sources
from guardrail.model import Span
from guardrail.model.patterns import lazy_regex

MAX_BLOCKS = 100  # of one script
MAX_LINES = 2000  # of one script, that go to a file
MAX_SET = 300  # times that a script sets variables of its own; what it sets later is not followed
MAX_VALUE = 2000  # characters of what it sets one to

_WRITES = lazy_regex(r"\$\{?(?:env:)?GITHUB_(OUTPUT|ENV)\b|::set-(output|env)\s", re.IGNORECASE)
# `name=value`, as what is echoed begins.
_ASSIGNS = lazy_regex(
    r"(?:echo|printf|print|write-(?:output|host))\s+(?:-\w+\s+)*[\"']?(?P<name>[\w.-]+)(?P<sign>=|<<)", re.IGNORECASE
)
_SETS = lazy_regex(r"::set-(?P<what>output|env)\s+name=(?P<name>[\w.-]+)::", re.IGNORECASE)
_HERE_NAME = lazy_regex(r"^\s*(?P<name>[\w.-]+)(?:=|<<)")
_OWN = lazy_regex(
    r"(?:^|[;&|({]|\b(?:then|do|else|export|local|readonly|declare|typeset)\b(?:[ \t]+-\w+)*)[ \t]*"
    r"([A-Za-z_]\w*)\+?=(?![=~])",
    re.MULTILINE,
)
_HANDS_ON = lazy_regex(r"\s*(?:echo|printf|basename|dirname|realpath)\s|[^\n]*<<<")
_PICKS = lazy_regex(  # what GitHub itself makes up, out of a JSON that holds an outsider's words as well
    r"\bjq\s[^|\n]*\.(?:number|id|node_id|sha|login|state|merged|draft|created_at|updated_at|html_url|url)\b(?![.\w])"
)
_WORDS = lazy_regex(r"\.(?:title|body|ref|label|message|name|description|default_branch)\b")


class Setting(NamedTuple):
    """A variable of the script's own: from where on it is set, and to what of outsiders'; to nothing of theirs where
    certain characters alone are left of it."""

    at: int
    name: str
    sources: tuple[Taint, ...]


class Names:
    """What outsiders control of the variables that a script sees."""

    def __init__(self, code: str, scope: Scope) -> None:
        self.scope = scope
        self.changes = scope.events is None or any(event.startswith("pull_request") for event in scope.events)
        self.settings: list[Setting] = []
        for match in islice(_OWN.finditer(code), MAX_SET):
            value = code[match.end() : _end_of_word(code, match.end())]
            sources = self.sources(value, match.end())
            if sources or _is_harmless(value):
                self.settings.append(Setting(match.end(), match[1], sources))

    def variable(self, name: str, at: int) -> list[Taint]:
        """At a place of the script: all that it may have been set to by then, for one branch of an `if` sets it to one
        thing, and one to another."""
        found: dict[Taint, None] | None = None
        for setting in self.settings:
            if setting.name == name and setting.at < at:
                if not setting.sources:
                    found = {}
                else:
                    found = {**(found or {}), **dict.fromkeys(setting.sources)}
        return list(found) if found is not None else variable_sources(name, self.scope)

    def sources(self, text: str, at: int) -> tuple[Taint, ...]:
        """Of what the shell makes of a text that stands at a place of the script. What a command does with an argument
        is not known, save for those that say it again."""
        if _is_harmless(text):
            return ()
        found = sources_in(text, self.scope)
        plain, commands = _parts(text)
        for piece in (plain, *(command for command in commands if _HANDS_ON.match(command))):
            for name in dict.fromkeys(expanded_variables(piece.replace("'", " "))):
                found += self.variable(name, at)
        for command in commands:
            told = told_by_command(command, self.changes)
            if told:
                found.append(Taint(told))
        return tuple(dict.fromkeys(found))


def _is_harmless(text: str) -> bool:
    return is_cleaned(text) or bool(_PICKS.search(text) and not _WORDS.search(text))


def _end_of_word(code: str, at: int) -> int:
    """Where the word ends that begins here, quotes and what is run within it followed."""
    return _close(code, at, [])


def _close(code: str, at: int, closing: list[str]) -> int:
    """Behind what closes the last of these, or, where nothing is open, behind the word."""
    nothing_open = not closing
    end = min(len(code), at + MAX_VALUE)
    while at < end:
        sign, last = code[at], closing[-1] if closing else ""
        if sign == "\\":
            at += 1
        elif sign == "'" and last != '"':
            at = max(code.find("'", at + 1), at)
        elif code.startswith("${{", at):
            at = max(code.find("}}", at) + 1, at)
        elif code.startswith("$(", at):
            closing.append(")")
            at += 1
        elif sign == last:
            closing.pop()
            if not closing and not nothing_open:
                return at + 1
        elif sign in "\"`":
            closing.append(sign)
        elif sign == "(" and last == ")":
            closing.append(")")
        elif not closing and sign in " \t\r\n;&|)":
            return at
        at += 1
    return end


def _parts(text: str) -> tuple[str, list[str]]:
    """A text without what is run within it, and what is."""
    plain: list[str] = []
    commands: list[str] = []
    at = 0
    while True:
        start = text.find("$(", at)
        if start < 0:
            return "".join((*plain, text[at:])), commands
        end = _close(text, start + 2, [")"])
        plain.append(text[at:start])
        commands.append(text[start + 2 : end - 1])
        at = end


def written(file: GithubFile, code: str, entry: Span, scope: Scope) -> Iterator[tuple[str, str, list[Taint], Span]]:
    """Outputs and variables of later steps that a script fills with an outsider's words: ("output" or "env", name,
    sources, place). Lines are taken one by one; a block or a here document that goes to the file counts as a whole."""
    if not _WRITES.search(code):
        return
    names = Names(code, scope)
    blocks = list(_blocks(code))
    offset = 0
    for line in code.split("\n")[:MAX_LINES]:
        start, offset = offset, offset + len(line) + 1
        kind = ""
        match = _WRITES.search(line)
        if match:
            kind = (match[1] or match[2]).lower()
        else:
            kind = next((kind for kind, begin, end in blocks if begin <= start < end), "")
        if not kind:
            continue
        named = _SETS.search(line) or _ASSIGNS.search(line) or (None if match else _HERE_NAME.match(line))
        if not named:
            continue
        rest = line[named.end() :]
        if named.groupdict().get("sign") == "<<":  # the value stands on the lines that follow
            rest = code[start : code.find("\n", start + 2000)][:2000]
        pieces = rest.split("\n")
        sources = list(dict.fromkeys(s for piece in pieces for s in names.sources(piece, start + len(line))))
        if sources:
            at = file.source.place(code, start + len(line) - len(line.lstrip()), start + len(line), entry)
            yield ("env" if kind == "env" else "output"), named["name"], sources, at


_BLOCK_END = lazy_regex(r"^[ \t]*(?:\}|done|fi|\))[^\n]{0,200}?>>?\s*[\"']?\$\{?GITHUB_(OUTPUT|ENV)\b", re.MULTILINE)
_HERE = lazy_regex(
    r"^[^\n]{0,300}?(?:(?:>>?|tee\s+-a)\s*[\"']?\$\{?GITHUB_(?P<a>OUTPUT|ENV)\}?[\"']?[^\n]{0,300}?<<-?\s*[\"']?(?P<x>\w+)"
    r"|<<-?\s*[\"']?(?P<y>\w+)[\"']?[^\n]{0,300}?(?:>>?|tee\s+-a)\s*[\"']?\$\{?GITHUB_(?P<b>OUTPUT|ENV)\b)[^\n]*\n",
    re.MULTILINE,
)


def _blocks(code: str) -> Iterator[tuple[str, int, int]]:
    """Where what is said goes to a file as a whole: "output" or "env", from, to."""
    for match in islice(_BLOCK_END.finditer(code), MAX_BLOCKS):
        opening = code.rfind("{\n", 0, match.start())
        yield match[1].lower(), max(opening, 0), match.start()
    for match in islice(_HERE.finditer(code), MAX_BLOCKS):
        end = re.compile(rf"^\s*{re.escape(match['x'] or match['y'])}\s*$", re.MULTILINE).search(code, match.end())
        yield (match["a"] or match["b"]).lower(), match.end(), end.start() if end else len(code)
