"""What one template was rendered to, and where each part of that comes from: lines of templates, actions."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.flows import Looker
from guardrail.inputs.kubernetes.helm.marks import Mark, Marker, State, Trail, lines_alike
from guardrail.inputs.kubernetes.helm.syntax import Template
from guardrail.model import Span
from guardrail.model.patterns import lazy_regex

MAX_LOOKED = 100  # lines below a mark
_DIVIDER = lazy_regex(r"^---(?=\s|\Z)[^\n]*\n?", re.M)
_KIND = lazy_regex(r"^kind:[ \t]*[\"']?([A-Za-z0-9]+)", re.M)


class Frame(NamedTuple):
    """A place in a file of the tree. `number` is the mark's; `ends`: whether the end is known, or just the line's."""

    span: Span
    number: int
    exact: bool


class Sources:
    """The templates of one chart and of all that it depends on, by their names in the copy."""

    def __init__(self, templates: dict[str, Template], files: dict[str, str]) -> None:
        self.templates, self.files = templates, files
        self.looker = Looker(templates.values())
        self._segments: dict[str, list[tuple[int, int]]] = {}
        self._widths: dict[str, list[int]] = {}

    def width(self, name: str, line: int) -> int:
        """Of a template's line, without the blanks at its end."""
        known = self._widths.get(name)
        if known is None:
            lines = self.templates[name].text.split("\n")
            known = self._widths[name] = [len(text.rstrip()) for text in lines]
        return known[line - 1]

    def segments(self, name: str) -> list[tuple[int, int]]:
        """First and last line of what each `---` in a template's own text parts, without blank lines and comments
        around it."""
        known = self._segments.get(name)
        if known is None:
            known = self._segments[name] = _segments(self.templates[name])
        return known

    def segment_at(self, name: str, line: int) -> int:
        segments = self.segments(name)
        return max(bisect_right([first for first, _ in segments], line) - 1, 0)

    def ordinal(self, name: str, segment: int, kind: str) -> int:
        """How many documents of this kind stand above a segment of the template."""
        template = self.templates[name]
        if segment >= len(self.segments(name)):
            return 0
        start = template.starts[self.segments(name)[segment][0] - 1]
        return sum(1 for match in _KIND.finditer(template.text, 0, start) if match.group(1) == kind)


def _segments(template: Template) -> list[tuple[int, int]]:
    in_text = [(start, end) for start, end, _ in template.texts]
    cuts = [0]
    for match in _DIVIDER.finditer(template.text):
        if any(start <= match.start() < end for start, end in in_text):
            cuts += (match.start(), match.end())
    cuts.append(len(template.text))
    found: list[tuple[int, int]] = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=True):
        first, last = template.line_of(start)[0], template.line_of(max(end - 1, start))[0]
        while first < last and _is_idle(template.line_text(first)):
            first += 1
        while last > first and not template.line_text(last).strip():
            last -= 1
        if template.text[start:end].strip():
            found.append((first, last))
    return found or [(1, len(template.starts))]


def _is_like_a_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _fits(written: str, text: str) -> bool:
    """Whether a line of a template, with an action in it, may have come out as this text."""
    known, action, _ = written.partition("{{")
    return bool(action and known) and text.startswith(known)


def _is_idle(line: str) -> bool:
    bare = line.strip()
    return not bare or bare.startswith(("#", "{{/*", "{{- /*"))


class Output:
    """`clean` is what is judged; `marked` are the renderings for places, the one that tells most first. Lines and
    columns are 1-based, as in spans."""

    def __init__(self, clean: str, marked: list[tuple[str, Marker]], sources: Sources) -> None:
        self.sources = sources
        self._frames: dict[tuple[int, tuple[int, ...]], list[Frame]] = {}
        self.trails: list[tuple[Trail, Marker, list[int | None]]] = []
        self.same = False  # whether one of them has made the same
        for text, marker in marked:
            trail = Trail(text, marker)
            self.trails.append((trail, marker, lines_alike(clean, trail.text)))
            self.same |= trail.text == clean

    def covered(self) -> bool:
        """Whether the renderings for places have every line."""
        return bool(self.trails) and all(
            any(lines[index] is not None for _, _, lines in self.trails) for index in range(len(self.trails[0][2]))
        )

    def _at(self, line: int) -> tuple[Trail, Marker, int] | None:
        for trail, marker, lines in self.trails:
            if 0 < line <= len(lines):
                other = lines[line - 1]
                if other is not None:
                    return trail, marker, other
        return None

    def frames(self, line: int, column: int) -> list[Frame]:
        """From the template's own line inwards: the actions that a character went through, then the text itself. Only
        what stands in the tree."""
        found = self._at(line)
        if found is None:
            return []
        trail, marker, other = found
        state = trail.at(other, column - 1)
        if state is None:
            return []
        if state.text < 0 and not state.actions and _is_like_a_comment(trail.line(other)):
            state = trail.marked_before(other, column - 1) or state
        key = (id(marker), state.actions)
        made = self._frames.get(key)
        if made is None:
            made = self._frames[key] = [
                Frame(span, number, True)
                for number in state.actions
                if (span := self._span_of_action(marker, number)) is not None
            ]
        if state.text < 0:
            return made
        mark = marker.marks[state.text]
        file = self.sources.files.get(mark.template)
        if file is None:
            return made
        line, start = (mark.line, mark.column) if state.line == other else self._further(trail, mark, state, other)
        end = self.sources.width(mark.template, line) + 1
        if state.line == other and column > state.column:
            start = min(start + column - 1 - state.column, max(end - 1, start))
        return [*made, Frame(Span(file, line, start, line, max(end, start)), state.text, False)]

    def _further(self, trail: Trail, mark: Mark, state: State, other: int) -> tuple[int, int]:
        """Line and column of what stands below a mark in the output. Lines like comments have no marks (`#!/bin/sh`),
        and are found again by what they say."""
        text = trail.line(other).strip()
        if _is_like_a_comment(text):
            before = range(max(state.line + 1, other - MAX_LOOKED), other)
            number = sum(trail.line(index).strip() == text for index in before)
            template = self.sources.templates[mark.template]
            below = range(mark.line + 1, min(mark.line + MAX_LOOKED, len(template.starts)) + 1)
            written = {line: template.line_text(line) for line in below}
            alike = [line for line in below if written[line].strip() == text]
            alike = alike[number:] or [line for line in below if _fits(written[line].strip(), text)]
            if alike:
                line = alike[0]
                return line, len(written[line]) - len(written[line].lstrip()) + 1
        return mark.line, mark.column

    def _span_of_action(self, marker: Marker, number: int) -> Span | None:
        mark = marker.marks[number]
        file = self.sources.files.get(mark.template)
        if file is None or mark.action is None:
            return None
        end_line, end_column = self.sources.templates[mark.template].line_of(mark.action.end)
        return Span(file, mark.line, mark.column, end_line, end_column)

    def states(self, first: tuple[int, int], last: tuple[int, int]) -> tuple[Marker, list[State]] | None:
        """What a stretch of the output (ends inclusive) comes from."""
        begin, end = self._at(first[0]), self._at(last[0])
        if begin is None:
            return None
        trail, marker, line = begin
        if end is None or end[0] is not trail:
            end = begin
        return marker, trail.between((line, first[1] - 1), (end[2], last[1] - 1))

    def place(self, rendered: Span) -> Span | None:
        """Where a stretch of the output stands in the tree: from the innermost thing at its beginning to what at its
        end stands at the same depth of the same file."""
        start = self.frames(rendered.line, rendered.column)
        if not start:
            return None
        depth = len(start) - 1
        at = start[depth]
        end = self.frames(rendered.end_line, max(rendered.end_column - 1, 1))
        file, line, column = at.span.file, at.span.line, at.span.column
        if len(end) > depth and all(a.number == b.number for a, b in zip(start[:depth], end, strict=False)):
            last = end[depth]
            if last.exact:
                stop = (last.span.end_line, last.span.end_column)
            else:
                stop = (last.span.line, last.span.column + 1)
            if last.span.file == file and stop > (line, column):
                return Span(file, line, column, *stop)
        return at.span
