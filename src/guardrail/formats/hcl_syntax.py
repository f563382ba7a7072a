"""What HCL's native syntax is read into: bodies of attributes and blocks; and the syntax tree that they are
read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl_nodes import Node
from guardrail.model import Problem, Span
from guardrail.model.patterns import lazy_regex

if TYPE_CHECKING:
    from tree_sitter import Node as Tree
    from tree_sitter import Parser

MAX_DEPTH = 100
MAX_PROBLEMS = 20  # told of one file

# A whole number with an exponent, which the grammar does not know: read as a name and told by its first character.
EXPONENT = lazy_regex(rb"(?<![\w.])\d+[eE][-+]?\d+(?!\w)")
_parser: Parser | None = None
_QUOTABLE = lazy_regex(r"[^\w\"']*(?:[A-Za-z_][\w-]{0,60}\s{0,20}[=:{])?")


class Attribute:
    """`name = expression`; `span` is from the name's start to the value's end."""

    __slots__ = ("name", "node", "source", "span")

    def __init__(self, name: str, node: Node, span: Span, source: str = "") -> None:
        self.name, self.node, self.span, self.source = name, node, span, source


class Block:
    """`header` is the type with its labels, without the ` {`."""

    __slots__ = ("body", "header", "labels", "span", "type")

    def __init__(self, type: str, labels: tuple[str, ...], body: Body, span: Span, header: Span) -> None:
        self.type, self.labels, self.body, self.span, self.header = type, labels, body, span, header


class Body:
    """`broken` where part of it did not parse, so that what seems absent may be there."""

    __slots__ = ("attributes", "blocks", "broken")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []
        self.broken = False

    def of_type(self, type: str) -> list[Block]:
        return [block for block in self.blocks if block.type == type]


class Document:
    """`status` is "analysed", "partial" or "failed", as in a Reading."""

    __slots__ = ("body", "file", "problems", "status")

    def __init__(self, file: str, body: Body, problems: list[Problem]) -> None:
        self.file, self.body, self.problems = file, body, problems
        used = body.attributes or body.blocks
        self.status = "analysed" if not problems else "partial" if used else "failed"


class Rejected(Exception):
    def __init__(self, message: str, line: int, kind: str = "syntax") -> None:
        super().__init__(message)
        self.message, self.line, self.kind = message, line, kind


def without_exponents(source: bytes) -> bytes:
    """The same bytes with names of the same length where such numbers stand."""
    return EXPONENT.sub(lambda match: b"_" * len(match[0]), source)


def words_at(source: bytes, start: int) -> str:
    """What a message may quote of the source: punctuation, and the name before `=`, `:` or `{`. Anything else may be a
    password, within quotes or without."""
    line = source[start : start + 200].decode("utf-8", "replace").partition("\n")[0]
    return _QUOTABLE.match(line)[0].strip()  # type: ignore[index]


def tree_of(source: bytes) -> Tree:
    global _parser
    if _parser is None:
        import tree_sitter
        import tree_sitter_hcl

        _parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
    return _parser.parse(source).root_node


def items_of(root: Tree) -> list[Tree]:
    found = []
    for child in root.named_children:
        if child.type == "body":
            found += [item for item in child.named_children if item.type in ("block", "attribute")]
    return found


def error_nodes(root: Tree, limit: int) -> list[Tree]:
    found: list[Tree] = []
    stack = [root]
    while stack and len(found) < limit:
        node = stack.pop()
        if node.is_missing or node.type == "ERROR":
            found.append(node)
        elif node.has_error:
            stack.extend(reversed(node.children))
    return found


def first_error(root: Tree) -> int:
    found = error_nodes(root, 1)
    return found[0].start_byte if found else 0


def stuck_at(node: Tree, source: bytes) -> int:
    """Where the parser could not go on: after the last thing in an error node that it understood."""
    at: int = max((child.end_byte for child in node.children), default=node.start_byte)
    if at >= node.end_byte:
        at = node.start_byte if not node.children else max(child.start_byte for child in node.children)
    while at < len(source) - 1 and source[at : at + 1].isspace():
        at += 1
    return at
