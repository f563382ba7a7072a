"""Reading a file that has a syntax error.

tree-sitter goes on after an error, but its recovery can lose much of a file. So such a file is read a second
time in pieces that start at what looks like a block in column 1: what parsed before the error counts from the
first reading, what stands after it from the second, until too many pieces have errors of their own. Of a piece with
an error the lines that have it are taken out, where that leaves something that parses.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from guardrail.formats.hcl_compile import Compiler
from guardrail.formats.hcl_syntax import (
    MAX_PROBLEMS,
    Body,
    Document,
    error_nodes,
    first_error,
    items_of,
    stuck_at,
    tree_of,
)
from guardrail.model import Problem
from guardrail.model.patterns import lazy_regex

if TYPE_CHECKING:
    from tree_sitter import Node as Tree

MAX_MENDED = 1 << 16  # bytes of a piece in which lines with errors are looked for

_PIECE = lazy_regex(rb'^[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{', re.M)


def recover(source: bytes, root: Tree, whole: Compiler) -> Document:
    body = Body()
    broken_from = first_error(root)
    starts = [match.start() for match in _PIECE.finditer(source)]
    good = [node for node in items_of(root) if node.end_byte <= broken_from and not node.has_error]
    resume = good[-1].end_byte if good else 0
    whole.fill(body, good, 0)
    problems = whole.problems
    starts = [start for start in starts if start > resume]
    edges = [resume, *starts, len(source)]
    rows = counted = failures = 0
    for begin, end in itertools.pairwise(edges):
        piece = source[begin:end] if begin or end < len(source) else source
        if failures > MAX_PROBLEMS:
            body.broken = True
            break
        rows += source.count(b"\n", counted, begin)
        counted = begin
        if not piece.strip():
            continue
        column = begin - (source.rfind(b"\n", 0, begin) + 1)
        if column:  # the rest of a line: keep its columns
            piece = b" " * column + piece
        compiler = Compiler(piece, whole.file, rows)
        tree = root if piece is source else tree_of(piece)
        if tree.has_error:
            failures += 1
            compiler.tell_errors(tree)
            tree = _mended(piece, tree, compiler)
            if compiler.size > 1 << 20:  # recovery from an error in very much text is not worth its time
                problems += compiler.problems
                continue
        part = compiler.top(tree)
        problems += compiler.problems
        body.blocks += part.blocks
        for name, attribute in part.attributes.items():
            body.attributes.setdefault(name, attribute)
        body.broken = body.broken or part.broken
    if not problems:
        # Each piece is right by itself, the whole is not.
        line = source.count(b"\n", 0, broken_from) + 1
        problems.append(Problem("syntax", "not valid HCL: a block or string that starts or ends here does not "
                                "fit the rest", whole.file, line))  # fmt: skip
    return Document(whole.file, body, problems[:MAX_PROBLEMS])


def _mended(piece: bytes, tree: Tree, compiler: Compiler) -> Tree:
    """The tree of the piece without the lines that have errors, where that helps; else the one given. A block
    that lost a line is broken."""
    if len(piece) > MAX_MENDED:
        return tree
    lines = piece.split(b"\n")
    lost: set[int] = set()
    mended = tree
    for _ in range(MAX_PROBLEMS):
        nodes = error_nodes(mended, 1)
        if not nodes or nodes[0].is_missing:
            break
        row = piece.count(b"\n", 0, stuck_at(nodes[0], piece))
        if lines[row].count(b"{") != lines[row].count(b"}"):  # the end of a block: what is wrong stands before it
            row -= 1
            while row > 0 and not lines[row].strip():
                row -= 1
        if row <= 0 or row in lost or lines[row].count(b"{") != lines[row].count(b"}"):
            break
        lost.add(row)
        lines[row] = b" " * len(lines[row])
        mended = tree_of(b"\n".join(lines))
        if not mended.has_error:
            compiler.lost = lost
            return mended
    return tree
