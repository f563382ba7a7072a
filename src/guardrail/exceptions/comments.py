"""Comments of scanned files that say something of findings, and what they speak of.

`#`, `//` and one-line `/* */` comments, those of Helm's templates (`{{/* */}}`) too. JSON has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from guardrail.model import Span
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_OPENING = lazy_regex(r"\s*(?:\{\{-?\s*)?/\*")
_REMARKS = (b":skip=", b":ignore:", b"zizmor:", b"kube-linter.io/", b"checkov.io/skip", b"bridgecrew.io/skip")


def remarked_files(tree: Tree, files: Iterable[str]) -> list[str]:
    """Files in which there may be something that is meant for other scanners."""
    found: list[str] = []
    for file in files:
        try:
            data = tree.read(file)
        except Unreadable:  # its reader has told of it
            continue
        if any(word in data for word in _REMARKS):
            found.append(file)
    return found


class Comment(NamedTuple):
    """`text` is what follows the words by which it was found. `scope` is line (it stands behind something), above (on a
    line of its own), or file (at the top of one, with an empty line after it). `line` is the line that it speaks of, 0
    for a file and where it stands above nothing. `open`: it goes on below its line."""

    span: Span
    text: str
    scope: str
    line: int
    open: bool = False


class Lines:
    """The lines of a file, and which of them hold anything but comments. `below[i]` is the first line from `i` on
    that is no comment (nor YAML's `---`), `first` the first one that isn't empty either."""

    def __init__(self, text: str) -> None:
        self.text = [line.rstrip("\r") for line in text.split("\n")]
        self.below = [0] * (len(self.text) + 1)
        self.below[-1] = self.first = len(self.text)
        for index in range(len(self.text) - 1, -1, -1):
            line = self.text[index]
            if _is_comment(line) or _is_divider(line):
                self.below[index] = self.below[index + 1]
            else:
                self.below[index] = index
                if line.strip():
                    self.first = index
        self._within: list[bool] | None = None

    def comment(self, index: int, file: str, opening: re.Pattern[str]) -> Comment | None:
        """The first comment in a line (from 0) that begins with `opening`, whose first group is the comment's sign."""
        line = self.text[index]
        for match in islice(opening.finditer(line), 10):
            start, end = match.start(1), len(line.rstrip())
            rest, is_open = end, False
            if match.group(1).startswith("/*"):
                close = line.find("*/", match.end())
                is_open = close < 0
                end, rest = (end, end) if is_open else (close + 2, close)
            # Inside a string a quote is open before it, and closed after it.
            if line.count('"', 0, start) % 2 and line.count('"', start) % 2:
                continue
            span = Span(file, index + 1, start + 1, index + 1, end + 1)
            alone = _bare(line[:start]) in ("", "{{", "{{-") and _bare(line[end:]) in ("", "}}", "-}}")
            return Comment(span, line[match.end() : rest], *self._scope(index, alone), is_open)
        return None

    def within_comment(self, index: int) -> bool:
        """Whether a line (from 0) begins within a `/* */` that has a line above begin with it."""
        if self._within is None:
            self._within, within = [], False
            for line in self.text:
                self._within.append(within)
                opening = None if within else _OPENING.match(line)
                if within or opening:
                    within = "*/" not in line[opening.end() if opening else 0 :]
        return self._within[index]

    def _scope(self, index: int, alone: bool) -> tuple[str, int]:
        if not alone:
            return "line", index + 1
        following = self.below[index + 1]
        if following < len(self.text) and self.text[following].strip():
            return "above", following + 1
        return ("file" if index < self.first else "above"), 0


def _is_comment(line: str) -> bool:
    stripped = line.strip()
    if stripped.startswith("{{") and stripped.endswith("}}"):
        stripped = stripped[2:-2].strip("- \t")
    return stripped.startswith(("#", "//")) or (stripped.startswith("/*") and stripped.endswith("*/"))


def _bare(text: str) -> str:
    return "".join(text.split())


def _is_divider(line: str) -> bool:
    return line.startswith("---") and not line.strip("-").strip()
