"""An assignment into a file of HCL's native syntax, at the place of a finding.

A literal is replaced by the literal; an expression is left alone, for its value comes from elsewhere. What is missing
comes after the attributes that its block begins with, an empty line between them, so that `terraform fmt` aligns it
with nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardrail.fixing.assignments import Assignment
from guardrail.formats.hcl_syntax import tree_of
from guardrail.model import Span
from guardrail.policy.vocabulary import attribute_tree

if TYPE_CHECKING:
    from tree_sitter import Node

_LITERAL = re.compile(rb"(?:true|false|null|-?[0-9]+|\"[^\"$%{}\\]*\")\Z")
_INDENT = re.compile(rb"[ \t]*")


def edited(source: bytes, span: Span, wanted: Assignment) -> bytes | None:
    """The file with the assignment made where the span begins; None where that can't be done, or is done already."""
    if not wanted.is_hcl:
        return None
    root = tree_of(source)
    node = None if root.has_error else _at(root, source, span)
    if node is None:
        return None
    if node.type == "attribute":
        return _replaced(source, node, wanted) if _name(node) == wanted.name else None
    there = next((each for each in _items(node) if each.type == "attribute" and _name(each) == wanted.name), None)
    if there is not None:
        return _replaced(source, there, wanted)
    return _inserted(source, node, wanted) if _belongs(node, wanted.name) else None


def _at(root: Node, source: bytes, span: Span) -> Node | None:
    """The attribute or block that begins at the start of a span."""
    lines = source.split(b"\n", span.line)
    if not 0 < span.line <= len(lines):
        return None
    before = lines[span.line - 1].decode("utf-8", "replace")[: max(0, span.column - 1)]
    point = (span.line - 1, len(before.encode()))
    node = root.named_descendant_for_point_range(point, point)
    while node is not None and tuple(node.start_point) == point:
        if node.type in ("attribute", "block"):
            return node
        node = node.parent
    return None


def _items(block: Node) -> list[Node]:
    return [item for child in block.named_children if child.type == "body" for item in child.named_children]


def _name(node: Node) -> str:
    """Of an attribute, or the type of a block."""
    text = node.named_children[0].text
    return text.decode() if text else ""


def _replaced(source: bytes, attribute: Node, wanted: Assignment) -> bytes | None:
    expression = attribute.named_children[-1]
    written = source[expression.start_byte : expression.end_byte]
    if not _LITERAL.match(written) or written == wanted.value.encode():
        return None
    return source[: expression.start_byte] + wanted.value.encode() + source[expression.end_byte :]


def _belongs(block: Node, name: str) -> bool:
    """Whether the provider knows an attribute of this name in this block of a resource."""
    path = [name]
    node: Node | None = block
    while node is not None and node.parent is not None and node.parent.type == "body":
        above = node.parent.parent
        if above is None or above.type != "block":
            break
        path.insert(0, _name(node))
        node = above
    if node is None or _name(node) != "resource":
        return False
    kind = (node.named_children[1].text or b"").decode().strip('"')
    known = attribute_tree(kind)
    for step in path:
        if not isinstance(known, dict) or step not in known:
            return False
        known = known[step]
    return not known  # with something in it, it is a block


def _inserted(source: bytes, block: Node, wanted: Assignment) -> bytes | None:
    start = next(child for child in block.children if child.type == "block_start").end_byte
    end = next(child for child in block.children if child.type == "block_end").start_byte
    newline = b"\r\n" if b"\r\n" in source else b"\n"
    line = source.rfind(b"\n", 0, block.start_byte) + 1
    own = _INDENT.match(source, line)
    indent = (own[0] if own else b"") + b"  "
    text = indent + f"{wanted.name} = {wanted.value}".encode() + newline
    if not source[start:end].strip():
        return source[:start] + newline + text + indent[:-2] + source[end:]
    if source[start:end].lstrip(b" \t")[:1] not in (b"\r", b"\n", b"#", b"/"):  # all of it is on one line
        return None
    last = _last_before_blocks(block)
    if last is None:
        first = source.find(b"\n", start, end) + 1
        return source[:first] + text + newline + source[first:]
    after = source.find(b"\n", last.end_byte, end) + 1
    return source[:after] + newline + text + source[after:] if after else None


def _last_before_blocks(block: Node) -> Node | None:
    """The last of the attributes that a block begins with."""
    last = None
    for item in _items(block):
        if item.type == "block":
            break
        if item.type == "attribute":
            last = item
    return last
