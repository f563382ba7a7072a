"""Where rendered text comes from, told by Helm itself.

A second rendering of a chart, for its places alone, has a mark in front of each stretch of a template's text and around
what each action puts out. The marks are words of letters and digits, so that they get through quoting, indentation and
most functions. Taken out again, they tell for each character of the output which line of which template, or which
action, it comes from, and through which `include`s it came. What is judged is the rendering without marks; where the
two differ in more than the marks (a text that was hashed or cut), only what they have in common is used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.syntax import Action, Template
from guardrail.model.patterns import lazy_regex

PREFIX = "qzjv"  # too long to turn up in what a chart makes at random
_SEPARATOR = lazy_regex(r"^---(?=\s|\Z)", re.M)
_LEAD = lazy_regex(r"[ \t\r]*(?:-[ \t]+)*")
_STRUCTURE = lazy_regex(r":(?:[ \t]|\r?$)|^[ \t]*-[ \t]", re.M)
_EMITS = lazy_regex(r"\b(?:nindent|indent|toYaml|toYamlPretty)\b")
MAX_COMPARED = 4000  # lines of a document that are compared one by one


class Mark(NamedTuple):
    """What a mark stands for: text at `line` and `column` of a template, or an action."""

    template: str  # the template's name in the workspace
    line: int
    column: int
    action: Action | None


class State(NamedTuple):
    """Where a stretch of output comes from: the actions that it went through, outermost first, and, for a template's
    own text, its mark and the column of the output where that begins."""

    line: int
    column: int
    actions: tuple[int, ...]
    text: int


class Marker:
    """Puts marks into the templates of one chart, all numbered in `marks`."""

    def __init__(self, sources: Iterable[str]) -> None:
        prefix = PREFIX
        lowered = [source.lower() for source in sources]
        while any(re.search(prefix + r"\d", source) for source in lowered):
            prefix += "j"
        self.prefix = prefix
        self.pattern = re.compile(prefix + r"([0-9]+)([xtoc])", re.IGNORECASE)
        self.marks: list[Mark] = []

    def instrumented(self, name: str, template: Template, inside_defines: bool) -> str:
        """The template's text with marks. What stands in a `define` may be compared, cut or hashed by who includes it,
        so there only lines are marked that look like YAML, and only if asked for."""
        text = template.text
        inserts: list[tuple[int, int, str]] = []  # where, up to where it replaces, what
        for start, end, unit in template.texts:
            if unit is None or inside_defines:
                for offset, stop in self._stretches(template, start, end, unit is not None):
                    line, column = template.line_of(offset)
                    self.marks.append(Mark(name, line, column, None))
                    number = len(self.marks) - 1
                    inserts.append((offset, offset, f"{self.prefix}{number}x"))
                    if unit is not None:  # what follows may be text without marks: a value that `tpl` fills in
                        inserts.append((stop, stop, f"{self.prefix}{number}t"))
        yaml_like = {
            id(define): bool(_STRUCTURE.search(text[s:e]))
            for s, e, define in template.texts
            if define is not None
        } if inside_defines else {}  # fmt: skip
        for action in template.actions:
            if not action.prints:
                continue
            if action.unit is not None and not (inside_defines and self._is_safe(template, action, yaml_like)):
                continue
            line, column = template.line_of(action.start)
            mark = Mark(name, line, column, action)
            number = len(self.marks)
            self.marks.append(mark)
            left, right = ("- " if action.trims[0] else " "), (" -" if action.trims[1] else " ")
            opening = f'{{{{{left}"{self.prefix}{number}o" }}}}{{{{ '
            closing = f' }}}}{{{{ "{self.prefix}{number}c"{right}}}}}'
            inserts.append((action.start, action.end, opening + action.body + closing))
        inserts.sort(key=lambda insert: insert[:2])
        pieces: list[str] = []
        position = 0
        for start, end, piece in inserts:
            pieces += (text[position:start], piece)
            position = end
        pieces.append(text[position:])
        return "".join(pieces)

    def _stretches(self, template: Template, start: int, end: int, in_define: bool) -> Iterable[tuple[int, int]]:
        """Where, in the text between two actions, each line of it begins and ends, without blanks."""
        text, position = template.text, start
        while position < end:
            stop = text.find("\n", position, end)
            stop = end if stop < 0 else stop
            lead = _LEAD.match(text, position, stop)
            first = lead.end() if lead else position
            if first < stop and text[first:stop].strip():
                whole = position == 0 or text[position - 1] == "\n"
                rest = text[first:stop]
                passed = whole and (rest.startswith("#") or text.startswith("---", position))
                if not passed and (not in_define or self._is_structure(template, first)):
                    yield first, first + len(rest.rstrip())
            position = stop + 1

    def _is_structure(self, template: Template, offset: int) -> bool:
        line, _ = template.line_of(offset)
        return _STRUCTURE.search(template.line_text(line)) is not None

    def _is_safe(self, template: Template, action: Action, yaml_like: dict[int, bool]) -> bool:
        line, column = template.line_of(action.start)
        source = template.line_text(line)
        if _STRUCTURE.search(source[: column - 1]):
            return True
        alone = not source[: column - 1].strip() and template.line_of(action.end)[1] > len(source.rstrip())
        return alone and (bool(_EMITS.search(action.body)) or yaml_like.get(id(action.unit), False))


class Trail:
    """The output of one template with its marks taken out (`text`), and where each part of it comes from."""

    def __init__(self, marked: str, marker: Marker) -> None:
        states: list[State] = []
        pieces: list[str] = []
        stack: list[int] = []
        position = line = column = 0
        self.seen: Counter[int] = Counter()
        for match in marker.pattern.finditer(marked):
            piece = marked[position : match.start()]
            position = match.end()
            pieces.append(piece)
            breaks = piece.count("\n")
            line, column = (line + breaks, len(piece) - piece.rfind("\n") - 1) if breaks else (
                line, column + len(piece))  # fmt: skip
            number, kind = int(match.group(1)), match.group(2).lower()
            if number >= len(marker.marks):
                continue
            text = -1
            if kind == "o":
                stack.append(number)
            elif kind == "c":
                if number in stack:
                    del stack[stack.index(number) :]
            elif kind == "x":
                text = number
            states.append(State(line, column, tuple(stack), text))
        pieces.append(marked[position:])
        self.text = "".join(pieces)
        self.states = states
        self._keys = [(state.line, state.column) for state in states]
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """Of `text`, from 0."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines[number]

    def at(self, line: int, column: int) -> State | None:
        """Where the character at a line and column (both from 0) of `text` comes from."""
        index = bisect_right(self._keys, (line, column)) - 1
        return self.states[index] if index >= 0 else None

    def marked_before(self, line: int, column: int) -> State | None:
        """The last text of a template that begins before a character."""
        last = bisect_right(self._keys, (line, column)) - 1
        return next((self.states[index] for index in range(last, -1, -1) if self.states[index].text >= 0), None)

    def between(self, first: tuple[int, int], last: tuple[int, int]) -> list[State]:
        """The states of a stretch, that in force at its beginning included; ends are (line, column) from 0."""
        start = max(bisect_right(self._keys, first) - 1, 0)
        return self.states[start : max(bisect_right(self._keys, last), start + 1)]


def documents_in(text: str) -> list[tuple[int, str]]:
    """The YAML documents of an output, each with the line (from 0) that it begins at."""
    cuts = [match.start() for match in _SEPARATOR.finditer(text)]
    found: list[tuple[int, str]] = []
    begin = 0
    for cut in (*cuts, len(text)):
        if cut > begin or not found:
            found.append((text.count("\n", 0, begin), text[begin:cut]))
        begin = cut
    return found


def lines_alike(clean: str, marked: str) -> list[int | None]:
    """For each line of the clean output the line of the other that it is, None where there is none. Documents may stand
    in another order."""
    if clean == marked:
        return list(range(clean.count("\n") + 1))
    result: list[int | None] = [None] * (clean.count("\n") + 1)
    ours, theirs = documents_in(clean), documents_in(marked)
    by_text: dict[str, list[int]] = {}
    for index, (_, text) in enumerate(theirs):
        by_text.setdefault(_core(text), []).append(index)
    left: list[int] = []
    taken: set[int] = set()
    for index, (_, text) in enumerate(ours):
        same = by_text.get(_core(text))
        if same:
            other = same.pop(0)
            taken.add(other)
            _pair(ours[index], theirs[other], result)
        else:
            left.append(index)
    rest = [index for index in range(len(theirs)) if index not in taken]
    if len(left) == len(rest):
        for index, other in zip(left, rest, strict=True):
            _compare(ours[index], theirs[other], result)
    return result


def _core(text: str) -> str:
    return text.removeprefix("---").strip()


def _pair(ours: tuple[int, str], theirs: tuple[int, str], result: list[int | None]) -> None:
    """Two documents that differ only in the blank lines around them."""
    shift = theirs[0] + _blank(theirs[1]) - ours[0] - _blank(ours[1])
    for line in range(ours[0], ours[0] + ours[1].count("\n") + 1):
        if 0 <= line < len(result) and line + shift >= 0:
            result[line] = line + shift


def _blank(text: str) -> int:
    bare = text.removeprefix("---")
    return bare[: len(bare) - len(bare.lstrip())].count("\n")


def _compare(ours: tuple[int, str], theirs: tuple[int, str], result: list[int | None]) -> None:
    from difflib import SequenceMatcher

    first, second = ours[1].split("\n"), theirs[1].split("\n")
    if len(first) == len(second):
        pairs = [(index, index) for index in range(len(first))]
    elif max(len(first), len(second)) > MAX_COMPARED:
        return
    else:
        pairs = []
        for tag, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
            if tag == "equal" or (tag == "replace" and b - a == d - c):
                pairs += zip(range(a, b), range(c, d), strict=True)
    for index, other in pairs:
        if first[index] == second[other] or _key(first[index]) == _key(second[other]):
            result[ours[0] + index] = theirs[0] + other


def _key(line: str) -> str:
    return line.partition(":")[0] + ":" if ":" in line else line
