"""A pipeline's file, loaded once, and places within its strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from guardrail.formats.yaml import load
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Problem, Span, Text
from guardrail.tree import Tree, Unreadable

MAX_FOLDED = 1000  # characters of a text that is looked for across lines


class Source:
    """One file. `roots` are its documents that are mappings; `problems` what kept it from being read whole. One that
    `is_odd` is neither a mapping nor empty: what is commented out as a whole is nothing that anybody means."""

    __slots__ = ("_lines", "is_odd", "path", "problems", "roots", "text")

    def __init__(
        self, path: str, roots: list[Map], problems: list[Problem], text: str, is_odd: bool = False
    ) -> None:
        self.path, self.roots, self.problems, self.text, self.is_odd = path, roots, problems, text, is_odd
        self._lines: list[str] | None = None

    @property
    def inputs(self) -> Map | None:
        """What the header document of one of GitLab's files says of the inputs that it takes."""
        spec = self.roots[0].get("spec") if len(self.roots) > 1 else None
        inputs = spec.get("inputs") if isinstance(spec, Map) else None
        return inputs if isinstance(inputs, Map) else None

    @property
    def root(self) -> Map | None:
        """The last document: GitLab's files may have a header document (`spec:`) before it."""
        return self.roots[-1] if self.roots else None

    def line(self, number: int) -> str:
        """A line of the file, 1-based; empty where there is none."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def place(self, value: str, start: int, end: int, entry: Span) -> Span:
        """Where `value[start:end]` stands, `value` being the string of the entry at `entry`; the entry as a
        whole where that can't be told (an alias, a notation that changes the text)."""
        if isinstance(value, Text) and value.exact:
            return value.place(self.path, start, end)
        wanted = value[start:end]
        if not wanted or "\n" in wanted or entry.file != self.path:
            return entry
        if self._lines is None:
            self._lines = self.text.split("\n")
        first = value.first_line if isinstance(value, Text) else entry.line
        before = skip = value.count(wanted, 0, start)
        for number in range(first, entry.end_line + 1):
            line = self._lines[number - 1] if number <= len(self._lines) else ""
            stop = entry.end_column - 1 if number == entry.end_line else len(line)
            at = line.find(wanted, entry.column - 1 if number == entry.line else 0, stop)
            while at >= 0:
                if skip == 0:
                    return Span(self.path, number, at + 1, number, at + 1 + len(wanted))
                skip -= 1
                at = line.find(wanted, at + len(wanted), stop)
        return self._folded(wanted, before, first, entry) or entry

    def _folded(self, wanted: str, skip: int, first: int, entry: Span) -> Span | None:
        """Where a text stands that goes on in the next line, which folding has made a space of."""
        if " " not in wanted or len(wanted) > MAX_FOLDED:
            return None
        lines = (self._lines or [])[first - 1 : entry.end_line]
        text = "\n".join(lines)
        pattern = r"(?: |[ \t]*\n[ \t]*)".join(re.escape(word) for word in wanted.split(" "))
        for match in islice(re.finditer(pattern, text), skip, None):
            begin, end = (
                (text.count("\n", 0, at), at - text.rfind("\n", 0, at)) for at in (match.start(), match.end())
            )
            return Span(self.path, first + begin[0], begin[1], first + end[0], end[1])
        return None


class Library:
    """The sources of one reading, by path; what one file takes from another is loaded through it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.sources: dict[str, Source] = {}

    def get(self, path: str) -> Source:
        if self.tree.watch is not None:
            self.tree.watch(path)
        source = self.sources.get(path)
        if source is None:
            source = self.sources[path] = self._load(path)
        return source

    def _load(self, path: str) -> Source:
        try:
            data = self.tree.read(path)
        except Unreadable as refusal:
            return Source(path, [], [refusal.problem], "")
        loaded = load(data, path)
        roots = [document.value for document in loaded.documents if isinstance(document.value, Map)]
        is_odd = not roots and not loaded.problems and any(document.value is not None for document in loaded.documents)
        return Source(path, roots, list(loaded.problems), loaded.text, is_odd)


def conclude(reading: Reading, paths: Sequence[str], library: Library) -> None:
    """Says of each file of configuration how far it was read, once all of them are, and everything only once: a file
    that several take in is read for each of them."""
    for path in paths:
        source = library.get(path)
        reading.problems += source.problems
        if source.root is None:
            if source.is_odd:
                reading.problems.append(Problem("malformed", "is no mapping, so no configuration", path, 1))
            reading.files[path] = "failed"
    reading.problems = list(dict.fromkeys(reading.problems))
    reading.notes = list(dict.fromkeys(reading.notes))
    broken = {problem.file for problem in reading.problems}
    for path in paths:
        reading.files.setdefault(path, "partial" if path in broken else "analysed")
