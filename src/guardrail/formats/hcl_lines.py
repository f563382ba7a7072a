"""Where lines may end. The grammar takes a line's end for any other white space; HCL does not: an expression goes on
in the next line only within brackets, and a block is written in one line or with each item in lines of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardrail.model.patterns import lazy_regex

if TYPE_CHECKING:
    from tree_sitter import Node as Tree

_COMMENT = lazy_regex(rb"/\*.*?\*/", re.S)
# Within these, lines do not count until an object opens; what a template holds stands in brackets of its own.
_BRACKETS = frozenset(("tuple", "function_arguments", "for_expr", "new_index", "template_interpolation",
                       "template_directive", "for_object_expr", "for_tuple_expr"))  # fmt: skip
_LEAVES = frozenset(("comment", "heredoc_template", "template_literal"))
_QUOTED = frozenset(("string_lit", "quoted_template"))


def broken_line(item: Tree, source: bytes) -> Tree | None:
    """The first part of an attribute that stands in a line where it may not; None where all is well."""
    stack: list[tuple[Tree, bool]] = [(item, True)]
    while stack:
        node, strict = stack.pop()
        kind = node.type
        if kind in _BRACKETS:
            strict = False
        elif kind == "object_elem":
            strict = True
        separated = strict and kind not in ("object", "heredoc_template", "quoted_template")
        within = strict
        before: Tree | None = None
        row = 0
        inner: list[tuple[Tree, bool]] = []
        for child in node.children:
            name = child.type
            if name == "comment":
                continue
            start = child.start_point[0]
            if name == ")":
                within = strict
            elif separated and before is not None and start != row and before.type != "(":
                gap = source[before.end_byte : child.start_byte]
                if b"\n" in (_COMMENT.sub(b"", gap) if b"/*" in gap else gap):
                    return child
            if name == "(":
                within = False
            row = child.end_point[0]
            before = child
            if row == start or name in _LEAVES:
                continue
            if name in _QUOTED:
                split = next((c for c in child.children if c.type == "template_literal" and _rows(c) > 1), None)
                if split is not None:
                    return split
            else:
                inner.append((child, within))
        stack += reversed(inner)
    return None


def _rows(node: Tree) -> int:
    return int(node.end_point[0] - node.start_point[0]) + 1


def misplaced(block: Tree) -> Tree | None:
    """The part of a block that stands in a line where it may not; None where all is well."""
    head: Tree | None = None
    body: list[Tree] = []
    opening = closing = None
    for child in block.children:
        kind = child.type
        if kind == "block_start":
            opening = child
        elif kind == "block_end":
            closing = child
        elif kind == "body":
            body = [item for item in child.named_children if item.type != "comment"]
        elif opening is None and kind != "comment":
            head = child
    if head is None or opening is None or closing is None:
        return None
    row, end = opening.start_point[0], closing.start_point[0]
    if head.end_point[0] != row:
        return opening
    if not body or (body[0].start_point[0] != row and body[-1].end_point[0] != end):
        return None
    if body[0].start_point[0] != row:
        return closing
    if len(body) > 1:
        return body[1]
    return body[0] if body[0].type != "attribute" else closing if body[0].end_point[0] != end else None
