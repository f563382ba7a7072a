"""Go templates, as far as places need them: where text and actions stand, which block an action stands in.

See https://pkg.go.dev/text/template. Nothing is evaluated here; Helm does that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from guardrail.model.patterns import lazy_regex

MAX_DEPTH = 200
_OPENING = frozenset(("if", "range", "with", "define", "block"))
_SILENT = _OPENING | {"else", "end", "break", "continue"}
_WORD = lazy_regex(r"[a-z]+(?![A-Za-z0-9_])")
_DECLARES = lazy_regex(r"\$\w*(?:\s*,\s*\$\w*)?\s*:?=(?!=)")
_NAME = lazy_regex(r'\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)')
_COMMENT = lazy_regex(r"\{\{(?:-\s)?\s*/\*")


class NotATemplate(Exception):
    """The text is no Go template; Helm says why."""


class Action:
    """`{{ ... }}` at `start` to `end` of its text. `body` is what stands between the delimiters, without trim marks.
    `keyword` is the control word that it begins with, or "". `blocks` are the ones around it, outermost first, each
    with whether it stands in an `else` of it. `prints`: whether it puts out anything itself."""

    __slots__ = ("blocks", "body", "end", "keyword", "name", "prints", "start", "trims", "unit")

    def __init__(self, start: int, end: int, body: str, trims: tuple[bool, bool]) -> None:
        self.start, self.end, self.body, self.trims = start, end, body, trims
        word = _WORD.match(body)
        self.keyword = word.group() if word and word.group() in _SILENT | {"template"} else ""
        self.prints = bool(body) and self.keyword not in _SILENT and not _DECLARES.match(body)
        self.blocks: tuple[tuple[Action, bool], ...] = ()
        self.name = ""
        if self.keyword in ("define", "block"):
            named = _NAME.match(body, len(self.keyword))
            if named:
                self.name = named.group(1) if named.group(1) is not None else named.group(2)
        self.unit: Action | None = None  # the `define` around it

    @property
    def declares(self) -> bool:
        return _DECLARES.match(self.body) is not None


class Template:
    """One file: its actions (without comments) in order, and the stretches of text between them, each with the `define`
    that it stands in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.actions: list[Action] = []
        self.texts: list[tuple[int, int, Action | None]] = []
        self.defines: dict[str, Action] = {}
        self._parse()

    def line_of(self, offset: int) -> tuple[int, int]:
        """1-based line and column."""
        index = bisect_right(self.starts, offset) - 1
        return index + 1, offset - self.starts[index] + 1

    def line_text(self, line: int) -> str:
        start = self.starts[line - 1]
        end = self.starts[line] - 1 if line < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def actions_of(self, unit: Action | None) -> Iterator[Action]:
        return (action for action in self.actions if action.unit is unit)

    def _parse(self) -> None:
        text, position = self.text, 0
        stack: list[tuple[Action, bool]] = []
        while True:
            opened = text.find("{{", position)
            unit = next((block for block, _ in reversed(stack) if block.keyword == "define"), None)
            if opened < 0:
                break
            if opened > position:
                self.texts.append((position, opened, unit))
            comment = _COMMENT.match(text, opened)
            if comment:
                closed = text.find("*/", comment.end())
                closed = text.find("}}", closed) if closed >= 0 else -1
                if closed < 0:
                    raise NotATemplate
                position = closed + 2
                continue
            action = self._action(opened)
            position = action.end
            action.unit = unit
            if action.keyword == "end":
                if not stack:
                    raise NotATemplate
                stack.pop()
            elif action.keyword == "else":
                if not stack:
                    raise NotATemplate
                # `else with x` sets the dot as `with x` does; a plain `else` gives back the one from outside.
                stack[-1] = (action, False) if action.body.startswith("else with") else (stack[-1][0], True)
            action.blocks = tuple(stack)
            self.actions.append(action)
            if action.keyword in _OPENING:
                if len(stack) >= MAX_DEPTH:
                    raise NotATemplate
                stack.append((action, False))
                if action.name:
                    self.defines[action.name] = action
        if position < len(text):
            self.texts.append((position, len(text), None))
        if stack:
            raise NotATemplate

    def _action(self, start: int) -> Action:
        text, position = self.text, start + 2
        left = text[position : position + 1] == "-" and text[position + 1 : position + 2].isspace()
        if left:
            position += 1
        inner = position
        while True:
            sign = text[position : position + 1]
            if not sign:
                raise NotATemplate
            if sign == "}" and text.startswith("}}", position):
                break
            if sign == "`":
                position = text.find("`", position + 1)
                if position < 0:
                    raise NotATemplate
            elif sign in "\"'":
                position = self._quoted(position, sign)
            position += 1
        body = text[inner:position]
        right = body.endswith("-") and body[-2:-1].isspace()
        return Action(start, position + 2, (body[:-1] if right else body).strip(), (left, right))

    def _quoted(self, position: int, quote: str) -> int:
        """Where a string that begins here ends."""
        text = self.text
        position += 1
        while position < len(text) and text[position] != quote:
            if text[position] == "\n":
                raise NotATemplate
            position += 2 if text[position] == "\\" else 1
        if position >= len(text):
            raise NotATemplate
        return position
