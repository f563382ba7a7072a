"""Expressions of a syntax tree -> compiled nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_conversions import parse_number
from guardrail.formats.hcl_loops import For
from guardrail.formats.hcl_nodes import (
    ATTR,
    ATTR_SPLAT,
    FULL_SPLAT,
    INDEX,
    Access,
    BareKey,
    Call,
    Literal,
    Node,
    Ref,
    Step,
)
from guardrail.formats.hcl_operation_nodes import Conditional, Operation, Unary
from guardrail.formats.hcl_syntax import (
    MAX_DEPTH,
    MAX_PROBLEMS,
    Rejected,
)
from guardrail.formats.hcl_templates import Token, assemble, unescape
from guardrail.model import Problem, Span

if TYPE_CHECKING:
    from tree_sitter import Node as Tree


class ExpressionCompiler:
    """Nodes of one syntax tree. `rows` is the number of the file's lines before the source."""

    def __init__(self, source: bytes, file: str, rows: int = 0) -> None:
        self.source, self.file, self.rows = source, file, rows + 1
        self.size = len(source)
        self.problems: list[Problem] = []
        self.ascii = source.isascii()
        self.text = source.decode("ascii") if self.ascii else ""
        self._lines: list[bytes] | None = None
        self.lost: set[int] = set()  # rows that were taken out for their errors
        self.checked = False  # whether the tree has errors, so that nodes must be looked at for them

    # ---- places ----

    def slice(self, start: int, end: int) -> str:
        return self.text[start:end] if self.ascii else self.source[start:end].decode("utf-8", "replace")

    def _column(self, point: tuple[int, int]) -> int:
        if self.ascii:
            return point[1] + 1
        if self._lines is None:
            self._lines = self.source.split(b"\n")
        line = self._lines[point[0]]
        return point[1] + 1 if line.isascii() else len(line[: point[1]].decode("utf-8", "replace")) + 1

    def span(self, first: Tree, last: Tree | None = None) -> Span:
        start, end = first.start_point, (last or first).end_point
        return Span(self.file, start[0] + self.rows, self._column(start), end[0] + self.rows, self._column(end))

    def _line(self, node: Tree) -> int:
        return node.start_point[0] + self.rows

    def _tell(self, error: Rejected) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(error.kind, error.message, self.file, error.line))

    # ---- expressions ----

    def _expression(self, node: Tree, depth: int) -> Node:
        children = node.named_children
        if len(children) > 1:
            children = [child for child in children if child.type != "comment"]
        return self._chain(children, depth, node)

    def _chain(self, children: list[Tree], depth: int, parent: Tree) -> Node:
        """A term and the steps after it."""
        if not children:
            raise Rejected("not valid HCL: an expression is missing", self._line(parent))
        if depth > MAX_DEPTH:
            raise Rejected(f"an expression nested more than {MAX_DEPTH} deep", self._line(parent), "too-deep")
        term = children[0]
        if term.type == "variable_expr":
            steps = self._steps(children[1:], depth) if len(children) > 1 else []
            name = self.slice(term.start_byte, term.end_byte)
            if name[0].isdecimal():
                number = self._number(name, term)
                return Access(number, steps, self._line(term)) if steps else number
            return Ref(name, steps, self._line(term))
        base: Node = _TERMS[term.type](self, term, depth + 1)
        if len(children) == 1:
            return base
        return Access(base, self._steps(children[1:], depth), self._line(term))

    def _steps(self, children: list[Tree], depth: int) -> list[Step]:
        """`[*]` takes in all the steps that follow, `.*` the attributes and the indices written as `.0`: any other
        index is one of the result."""
        steps: list[Step] = []
        if depth > MAX_DEPTH:
            raise Rejected(f"an expression nested more than {MAX_DEPTH} deep", self._line(children[0]), "too-deep")
        for at, child in enumerate(children):
            kind = child.type
            if kind == "get_attr":
                name = child.named_children[-1]
                steps.append((ATTR, self.slice(name.start_byte, name.end_byte)))
            elif kind == "index":
                steps.append((INDEX, self._index(child.named_children[0], depth)))
            elif kind == "splat":
                inner = child.named_children[0]
                after = [*inner.named_children, *children[at + 1 :]]
                if inner.type == "full_splat":
                    steps.append((FULL_SPLAT, self._steps(after, depth + 1)))
                    break
                cut = next((i for i, step in enumerate(after) if not _follows_attribute_splat(step)), len(after))
                steps.append((ATTR_SPLAT, self._steps(after[:cut], depth)))
                steps += self._steps(after[cut:], depth + 1)
                break
            elif kind != "comment":
                raise Rejected("not valid HCL: unexpected text after an expression", self._line(child))
        return steps

    def _index(self, node: Tree, depth: int) -> Node:
        if node.type == "legacy_index":
            digits = self.slice(node.start_byte + 1, node.end_byte)
            return Literal(int(digits)) if digits.isdecimal() and len(digits) < 10 else Literal(digits)
        return self._expression(next(c for c in node.named_children if c.type == "expression"), depth + 1)

    def _literal(self, node: Tree, depth: int) -> Node:
        child = node.named_children[0]
        kind = child.type
        text = self.slice(child.start_byte, child.end_byte)
        if kind == "string_lit":
            return Literal(unescape(text[1:-1], True))
        if kind == "bool_lit":
            return Literal(text == "true")
        if kind == "null_lit":
            return Literal(None)
        return self._number(text, node)

    def _number(self, text: str, node: Tree) -> Node:
        try:
            return Literal(parse_number(text))
        except ValueError:
            raise Rejected("not valid HCL: a number that is none", self._line(node)) from None

    def _collection(self, node: Tree, depth: int) -> Node:
        child = node.named_children[0]
        if child.type == "tuple":
            parts = [item for item in child.named_children if item.type == "expression"]
            return Tuple([self._expression(p, depth) for p in parts], [self.span(p) for p in parts], self.span(child))
        entries: list[tuple[str | Node, Node, Span]] = []
        for item in child.named_children:
            if item.type == "object_elem":
                pair = [part for part in item.named_children if part.type == "expression"]
                entry = self.span(item)
                value = self._expression(pair[1], depth)
                if isinstance(value, (Object, Tuple)):
                    value.header = opening(entry, value.span)
                entries.append((self._key(pair[0], depth), value, entry))
        span = self.span(child)
        header = span if span.line == span.end_line else entries[0][2] if entries else span
        return Object(entries, span, header, span.line)

    def _key(self, node: Tree, depth: int) -> str | Node:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) == 1:
            kind = children[0].type
            if kind == "variable_expr":
                return self.slice(node.start_byte, node.end_byte)
            if kind == "literal_value":
                value = self._literal(children[0], depth)
                if isinstance(value, Literal) and type(value.value) is str:
                    return value.value
                text = self.slice(node.start_byte, node.end_byte)
                return text if value.pure and not isinstance(getattr(value, "value", None), (int, float)) else value
            return self._expression(node, depth)
        made = self._expression(node, depth)
        return BareKey(made.root, made.steps, made.line) if isinstance(made, Ref) else made

    def _call(self, node: Tree, depth: int) -> Node:
        name = node.named_children[0]
        args: list[Node] = []
        expand = False
        for child in node.named_children:
            if child.type == "function_arguments":
                for part in child.named_children:
                    if part.type == "expression":
                        args.append(self._expression(part, depth))
                    elif part.type == "ellipsis":
                        expand = True
        text = self.slice(name.start_byte, name.end_byte).replace(" ", "")
        return Call(text, args, expand, self._line(node), self.span(node))

    def _for(self, node: Tree, depth: int) -> Node:
        body = node.named_children[0]
        names: list[str] = []
        collection: Node | None = None
        results: list[Node] = []
        condition: Node | None = None
        grouping = False
        for child in body.named_children:
            kind = child.type
            if kind == "for_intro":
                names, collection = self._intro(child, depth)
            elif kind == "expression":
                results.append(self._expression(child, depth))
            elif kind == "ellipsis":
                grouping = True
            elif kind == "for_cond":
                condition = self._expression(next(c for c in child.named_children if c.type == "expression"), depth)
        wanted = 2 if body.type == "for_object_expr" else 1
        if collection is None or len(results) != wanted:
            raise Rejected("not valid HCL: an incomplete for expression", self._line(node))
        key = names[0] if len(names) == 2 else ""
        name = results[0] if wanted == 2 else None
        return For(key, names[-1], collection, name, results[-1], condition, grouping, self.span(node),
                   self._line(node))  # fmt: skip

    def _intro(self, node: Tree, depth: int) -> tuple[list[str], Node]:
        names = [self.slice(c.start_byte, c.end_byte) for c in node.named_children if c.type == "identifier"]
        source = next((c for c in node.named_children if c.type == "expression"), None)
        if source is None or not names:
            raise Rejected("not valid HCL: an incomplete for", self._line(node))
        return names, self._expression(source, depth)

    def _operation(self, node: Tree, depth: int) -> Node:
        inner = node.named_children[0]
        if inner.type == "unary_operation":
            children = [child for child in inner.named_children if child.type != "comment"]
            return Unary(inner.children[0].type, self._chain(children, depth, inner), self._line(node))
        rest: list[tuple[str, Node]] = []
        line = self._line(node)
        while True:  # operators nest to the left, as deep as there are operators
            left, op, right = self._split(inner)
            rest.append((op, self._chain(right, depth, inner)))
            if len(left) == 1 and left[0].type == "operation" and left[0].named_children[0].type == "binary_operation":
                inner = left[0].named_children[0]
                continue
            first = self._chain(left, depth, inner)
            rest.reverse()
            return Operation(first, rest, line)

    def _split(self, node: Tree) -> tuple[list[Tree], str, list[Tree]]:
        left: list[Tree] = []
        right: list[Tree] = []
        op = ""
        for child in node.children:
            if child.is_named:
                if child.type != "comment":
                    (right if op else left).append(child)
            elif child.type not in "()":
                op = child.type
        return left, op, right

    def _conditional(self, node: Tree, depth: int) -> Node:
        """The grammar nests `a ? b : c ? d : e` to the left, as `(a ? b : c) ? d : e`; HCL nests it to the right."""
        after: list[Tree] = []
        parts = self._branches(node)
        while (inner := _bare_conditional(parts[0])) is not None:
            after = [*parts[1:], *after]
            parts = self._branches(inner)
            if len(after) > 2 * MAX_DEPTH:
                raise Rejected(f"an expression nested more than {MAX_DEPTH} deep", self._line(node), "too-deep")
        chain = [*parts, *after]
        made = self._expression(chain[-1], depth)
        for at in range(len(chain) - 3, -1, -2):
            condition, yes = self._expression(chain[at], depth), self._expression(chain[at + 1], depth)
            made = Conditional(condition, yes, made, self._line(chain[at]))
        return made

    def _branches(self, node: Tree) -> list[Tree]:
        parts = [child for child in node.named_children if child.type == "expression"]
        if len(parts) != 3:
            raise Rejected("not valid HCL: an incomplete conditional", self._line(node))
        return parts

    # ---- templates ----

    def _template(self, node: Tree, depth: int) -> Node:
        child = node.named_children[0]
        if child.type == "heredoc_template":
            return self._heredoc(child, depth)
        tokens = self._tokens(child.named_children[1:-1], child.start_byte + 1, child.end_byte - 1, depth, True)
        return self._assembled(tokens, self._line(node))

    def _heredoc(self, node: Tree, depth: int, bare: bool = False) -> Node:
        names = [child for child in node.named_children if child.type == "heredoc_identifier"]
        if len(names) != 2:
            raise Rejected("not valid HCL: a heredoc without end", self._line(node))
        source = self.source
        start = source.find(b"\n", names[0].end_byte) + 1
        end = source.rfind(b"\n", 0, names[1].start_byte) + 1
        if bare:
            end -= 1
        inner = [c for c in node.named_children if c.type in ("template_interpolation", "template_directive")]
        tokens = self._tokens(inner, start, max(start, end), depth, False)
        flush = source[node.start_byte : node.start_byte + 3] == b"<<-"
        first = 0 if bare else names[0].end_point[0] + 1 + self.rows
        return self._assembled(tokens, self._line(node), flush, True, first)

    def _assembled(
        self, tokens: list[Token], line: int, flush: bool = False, by_line: bool = False, first_line: int = 0
    ) -> Node:
        try:
            return assemble(tokens, line, flush, by_line, first_line, self.file)
        except ValueError as error:
            raise Rejected(f"not valid HCL: {error}", line) from None

    def _tokens(self, nodes: list[Tree], start: int, end: int, depth: int, quoted: bool) -> list[Token]:
        """The flat run of literals, interpolations and directive parts. Literals are what stands between
        the others: the tree leaves white space out of them."""
        if depth > MAX_DEPTH:
            raise Rejected(f"a template nested more than {MAX_DEPTH} deep", self.rows, "too-deep")
        tokens: list[Token] = []
        at = start
        for node in nodes:
            kind = node.type
            if kind not in ("template_interpolation", "template_directive"):
                continue
            if node.start_byte > at:
                if self.source[node.start_byte - 1] == self.source[node.start_byte]:
                    continue  # `$$${x}`, which the grammar takes for `$$` before `${x}`, is `$` before `$${x}`
                tokens.append(Token("text", unescape(self.slice(at, node.start_byte), quoted)))
            if kind == "template_interpolation":
                tokens.append(self._sequence(node, "value", depth))
            else:
                tokens += self._directive(node.named_children[0], depth, quoted)
            at = node.end_byte
        if at < end:
            tokens.append(Token("text", unescape(self.slice(at, end), quoted)))
        return tokens

    def _directive(self, node: Tree, depth: int, quoted: bool) -> list[Token]:
        tokens: list[Token] = []
        at = node.start_byte
        run: list[Tree] = []
        for child in node.named_children:
            part = _PARTS.get(child.type)
            if part is None:
                run.append(child)
                continue
            if at < child.start_byte or run:
                tokens += self._tokens(run, at, child.start_byte, depth + 1, quoted)
                run = []
            tokens.append(self._sequence(child, part, depth))
            at = child.end_byte
        return tokens

    def _sequence(self, node: Tree, kind: str, depth: int) -> Token:
        """One `${...}` or `%{...}`."""
        token = Token(kind, "")
        token.line = self._line(node)
        children = node.named_children
        expressions = [child for child in children if child.type == "expression"]
        if expressions:
            token.node = self._expression(expressions[0], depth + 1)
        elif kind in ("value", "if", "for"):
            raise Rejected("not valid HCL: an empty template sequence", token.line)
        token.names = [self.slice(c.start_byte, c.end_byte) for c in children if c.type == "identifier"]
        opening = self.slice(node.start_byte, node.start_byte + 3)
        closing = self.slice(node.end_byte - 2, node.end_byte)
        token.trim_left, token.trim_right = opening.endswith("~"), closing == "~}"
        return token


_PARTS = {
    "template_if_intro": "if",
    "template_else_intro": "else",
    "template_if_end": "endif",
    "template_for_start": "for",
    "template_for_end": "endfor",
}

_TERMS: dict[str, Any] = {
    "literal_value": ExpressionCompiler._literal,
    "template_expr": ExpressionCompiler._template,
    "collection_value": ExpressionCompiler._collection,
    "function_call": ExpressionCompiler._call,
    "for_expr": ExpressionCompiler._for,
    "operation": ExpressionCompiler._operation,
    "conditional": ExpressionCompiler._conditional,
    "expression": ExpressionCompiler._expression,
}


def _follows_attribute_splat(step: Tree) -> bool:
    if step.type == "index":
        return bool(step.named_children[0].type == "legacy_index")
    return bool(step.type in ("get_attr", "comment"))


def _bare_conditional(node: Tree) -> Tree | None:
    """The conditional that an expression is, unless it stands in parentheses."""
    children = node.children
    return children[0] if len(children) == 1 and children[0].type == "conditional" else None


def opening(entry: Span, value: Span) -> Span:
    """What a finding about a whole collection points at: its entry, up to the bracket where it has several
    lines."""
    if entry.line == entry.end_line:
        return entry
    return Span(entry.file, entry.line, entry.column, value.line, value.column + 1)
