"""A syntax tree -> bodies of attributes and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_expressions import ExpressionCompiler, opening
from guardrail.formats.hcl_lines import broken_line, misplaced
from guardrail.formats.hcl_nodes import Broken, Node
from guardrail.formats.hcl_syntax import (
    MAX_DEPTH,
    MAX_PROBLEMS,
    Attribute,
    Block,
    Body,
    Rejected,
    error_nodes,
    items_of,
    stuck_at,
    words_at,
)
from guardrail.formats.hcl_templates import unescape
from guardrail.model import Problem

if TYPE_CHECKING:
    from tree_sitter import Node as Tree

_ENDS = {"quoted_template_end": "a string is not closed", "heredoc_identifier": "a heredoc is not closed"}


class Compiler(ExpressionCompiler):
    """The structure of a file, or of a piece of it."""

    def top(self, root: Tree) -> Body:
        body = Body()
        self.checked = root.has_error
        body.broken = self.checked
        for child in root.named_children:
            if child.type == "body":
                self.fill(body, child.named_children, 0)
            elif child.type == "ERROR":  # what the error swallowed may hold whole blocks
                self.fill(body, [item for item in child.named_children if not item.has_error], 0)
        return body

    def single(self, root: Tree, bare: bool = False) -> Node:
        """The value of the only attribute."""
        items = items_of(root)
        if root.has_error or len(items) != 1 or items[0].type != "attribute":
            raise ValueError("syntax error")
        try:
            expression = items[0].named_children[1]
            if bare:
                heredoc = expression.named_children[0].named_children[0]
                return self._heredoc(heredoc, 0, bare=True)
            return self._expression(expression, 0)
        except Rejected as error:
            raise ValueError(error.message) from None

    def tell_errors(self, root: Tree) -> None:
        told: set[int] = set()
        for node in error_nodes(root, MAX_PROBLEMS):
            at = node
            stuck = node.start_byte if node.is_missing else stuck_at(node, self.source)
            if node.is_missing and node.type in _ENDS and node.parent is not None:
                at = node.parent  # what is not closed, not where that was noticed
            row = self.source.count(b"\n", 0, stuck) if at is node else at.start_point[0]
            line = row + self.rows
            if line in told:
                continue
            told.add(line)
            if node.is_missing:
                what = _ENDS.get(node.type, f"`{node.type}` is missing")
            else:
                words = words_at(self.source, stuck)
                what = f"unexpected `{words}`" if words else "unexpected text"
            self.problems.append(Problem("syntax", f"not valid HCL: {what}", self.file, line))

    def fill(self, body: Body, items: list[Tree], depth: int) -> None:
        last_row = -1
        for item in items:
            kind = item.type
            if kind == "attribute":
                self._attribute(body, item, last_row)
            elif kind == "block":
                if depth >= MAX_DEPTH:
                    self._tell(Rejected(f"blocks nested more than {MAX_DEPTH} deep", self._line(item), "too-deep"))
                    body.broken = True
                    continue
                if item.start_point[0] == last_row:
                    self._no_new_line(item)
                body.blocks.append(self._block(item, depth + 1))
            elif kind == "ERROR":
                body.broken = True
                self.fill(body, [node for node in item.named_children if not node.has_error], depth)
                continue
            else:
                continue
            last_row = item.end_point[0]

    def _no_new_line(self, item: Tree) -> None:
        if not self.checked:
            self._tell(Rejected(f"not valid HCL: no new line before `{self._name(item)}`", self._line(item)))

    def _name(self, node: Tree) -> str:
        """Of an attribute or a block what it is called; a value may be a secret."""
        named = node.children[0] if node.children else node
        return self.slice(named.start_byte, named.end_byte)

    def _check_lines(self, item: Tree) -> None:
        stray = broken_line(item, self.source)
        if stray is not None:
            what = "a value goes on in a new line only within brackets"
            if stray.type == "template_literal":
                what = "a string is not closed in its line"
            raise Rejected(f"not valid HCL: {what}", self._line(stray))

    def _attribute(self, body: Body, item: Tree, last_row: int) -> None:
        children = item.named_children
        if not children:
            return
        start = children[0].start_byte
        name = self.slice(start, children[0].end_byte)
        span = self.span(item)
        source = ""
        node: Node
        if self.checked and item.has_error:
            node = Broken(f"{name} has a syntax error")
        else:
            try:
                if item.start_point[0] == last_row:
                    self._no_new_line(item)
                expression = next(child for child in children[1:] if child.type == "expression")
                if name == "type":
                    source = self.slice(expression.start_byte, expression.end_byte)
                if span.line != span.end_line:
                    self._check_lines(item)
                node = self._expression(expression, 0)
            except Rejected as error:
                self._tell(error)
                node = Broken(f"{name} could not be read: {error.message}")
            except StopIteration:
                node = Broken(f"{name} has no value")
        if name in body.attributes:
            self._tell(Rejected(f"not valid HCL: {name} is set twice in one block", span.line))
            return
        if isinstance(node, (Object, Tuple)):
            node.header = opening(span, node.span)
        body.attributes[name] = Attribute(name, node, span, source)

    def _block(self, item: Tree, depth: int) -> Block:
        labels: list[str] = []
        body = Body()
        type_name = ""
        head = item
        for child in item.children:
            kind = child.type
            if kind == "identifier":
                if type_name:
                    labels.append(self.slice(child.start_byte, child.end_byte))
                else:
                    type_name = self.slice(child.start_byte, child.end_byte)
                head = child
            elif kind == "string_lit":
                labels.append(unescape(self.slice(child.start_byte + 1, child.end_byte - 1), True))
                head = child
            elif kind == "body":
                self.fill(body, child.named_children, depth)
            elif kind == "ERROR":
                body.broken = True
        if self.checked and item.has_error:
            body.broken = True
        elif (stray := misplaced(item)) is not None:
            self._tell(Rejected(f"not valid HCL: `{self._name(stray)}` may not stand in this line", self._line(stray)))
        if self.lost:
            first, last = item.start_point[0], item.end_point[0]
            body.broken = body.broken or any(first <= row <= last for row in self.lost)
        return Block(type_name, tuple(labels), body, self.span(item), self.span(item, head))
