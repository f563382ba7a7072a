"""A matcher of regular expressions that is linear in the text, for patterns that Python's might take for ever over."""

from __future__ import annotations

import re
from typing import Any

MAX_PROGRAM = 20_000  # instructions
MAX_WORK = 2_000_000  # of a search: instructions times characters

Tree = tuple[Any, ...]  # see re2
Spans = list[int]  # start and end of the match and of each group, -1 where it took no part


def _may_be_empty(node: Tree) -> bool:
    kind = node[0]
    if kind == "one":
        return False
    if kind == "cat":
        return all(_may_be_empty(item) for item in node[1])
    if kind == "alt":
        return any(_may_be_empty(item) for item in node[1])
    if kind == "group":
        return _may_be_empty(node[1])
    return bool(kind == "edge" or node[2] == 0 or _may_be_empty(node[1]))


class TooLong(Exception):
    """A program of more instructions than are allowed."""


class Linear:
    """Backtracking that enters no state twice, so that it finds what Perl finds, in time bounded by the product of
    program and text."""

    def __init__(self, tree: Tree, groups: int) -> None:
        self.program: list[Tree] = []
        self.groups = groups
        self.emit(tree)
        self.program.append(("end",))

    def emit(self, node: Tree) -> None:
        program = self.program
        if len(program) > MAX_PROGRAM:
            raise TooLong("the regular expression repeats too often")
        kind = node[0]
        if kind in ("one", "edge"):
            program.append((kind, re.compile(node[1]).match))
        elif kind == "cat":
            for item in node[1]:
                self.emit(item)
        elif kind == "group":
            number = node[2]
            if number:
                program.append(("save", 2 * number))
            self.emit(node[1])
            if number:
                program.append(("save", 2 * number + 1))
        elif kind == "alt":
            self.alternatives(node[1])
        else:
            self.repeat(*node[1:])

    def alternatives(self, branches: list[Tree]) -> None:
        program = self.program
        jumps: list[int] = []
        for branch in branches[:-1]:
            split = len(program)
            program.append(("split", 0, 0))
            self.emit(branch)
            jumps.append(len(program))
            program.append(("jump", 0))
            program[split] = ("split", split + 1, len(program))
        self.emit(branches[-1])
        for jump in jumps:
            program[jump] = ("jump", len(program))

    def repeat(self, node: Tree, low: int, high: int | None, lazy: bool) -> None:
        program = self.program
        for _ in range(low - 1 if high is None else low):
            self.emit(node)
        if high is None:
            # `x*` of what may match nothing is `(x+)?`, so that its branches are tried in the right order.
            entry = len(program)
            whole = low == 0 and _may_be_empty(node)
            if low == 0:
                program.append(("split", 0, 0))
            again = len(program) if low or whole else entry
            self.emit(node)
            if low or whole:
                program.append(self.branch(again, len(program) + 1, lazy))
            else:
                program.append(("jump", entry))
            if low == 0:
                program[entry] = self.branch(entry + 1, len(program), lazy)
            return
        splits: list[int] = []
        for _ in range(high - low):
            splits.append(len(program))
            program.append(("split", 0, 0))
            self.emit(node)
        for split in splits:
            program[split] = self.branch(split + 1, len(program), lazy)

    def branch(self, inside: int, after: int, lazy: bool) -> Tree:
        return ("split", after, inside) if lazy else ("split", inside, after)

    def work(self, size: int) -> int:
        return len(self.program) * (size + 1)

    def search(self, text: str, start: int) -> Spans | None:
        seen: set[int] = set()
        width = len(text) + 1
        for begin in range(start, width):
            found = self.run(text, begin, seen, width)
            if found is not None:
                return found
        return None

    def run(self, text: str, begin: int, seen: set[int], width: int) -> Spans | None:
        program = self.program
        stack: list[tuple[int, int, tuple[int, ...]]] = [(0, begin, (begin,) + (-1,) * (2 * self.groups + 1))]
        while stack:
            at, position, saved = stack.pop()
            while True:
                mark = at * width + position
                if mark in seen:
                    break
                seen.add(mark)
                step = program[at]
                kind = step[0]
                if kind == "one":
                    if position + 1 >= width or step[1](text, position) is None:
                        break
                    position += 1
                    at += 1
                elif kind == "edge":
                    if step[1](text, position) is None:
                        break
                    at += 1
                elif kind == "save":
                    saved = (*saved[: step[1]], position, *saved[step[1] + 1 :])
                    at += 1
                elif kind == "jump":
                    at = step[1]
                elif kind == "split":
                    stack.append((step[2], position, saved))
                    at = step[1]
                else:
                    return [saved[0], position, *saved[2:]]
        return None
