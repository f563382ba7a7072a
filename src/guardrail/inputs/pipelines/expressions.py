"""GitHub's expressions, `${{ ... }}`: found in a text, parsed, and asked what they paste into it.

Follows GitHub's "Evaluate expressions in workflows and actions": literals, contexts with `.name`, `[...]` and
`.*`, functions, `! < <= > >= == != && ||`, strings in single quotes with `''` for a quote. Names are
case-insensitive and are kept in lower case.

A node is a tuple that begins with its kind:
    ("literal", value)
    ("context", (segment, ...))     a segment is a name, "*" for a filter or None for an index that is computed
    ("call", name, [node, ...])
    ("index", node, computed)       something taken out of what is no context, fromJSON(x).y; by what is computed?
    ("not", node)  ("compare", operator, node, node)  ("and", [node, ...])  ("or", [node, ...])
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from guardrail.model import Unknown, Value
from guardrail.model.patterns import lazy_regex

Node = tuple[Any, ...]
Path = tuple["str | None", ...]

MAX_DEPTH = 50  # GitHub's own limit
MAX_LENGTH = 21_000  # GitHub's own limit, in characters
MAX_UNCLOSED = 50  # then the rest of the text is not looked at, lest a hostile one take for ever

_TOKEN = lazy_regex(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<number>[+-]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![A-Za-z_]))
    | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
    | (?P<operator>&&|\|\||==|!=|<=|>=|[<>!()\[\].,*])
    )""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None, "NaN": float("nan"), "Infinity": float("inf")}
# Up to the `}}` that stands outside of a string.
_BODY = lazy_regex(r"(?:[^'}]|'[^']*'|\}(?!\}))*\}\}")


class ExpressionError(ValueError):
    pass


class Expression(NamedTuple):
    """`text[start:end]` is the whole of `${{ ... }}`; `node` is None where `error` says why it is none."""

    start: int
    end: int
    body: str
    node: Node | None
    error: str = ""


def find_expressions(text: str) -> list[Expression]:
    """Every closed `${{ ... }}` of a text."""
    found: list[Expression] = []
    at = text.find("${{")
    unclosed = 0
    while at >= 0 and unclosed < MAX_UNCLOSED:
        match = _BODY.match(text, at + 3, at + 3 + MAX_LENGTH + 2)
        if not match:
            unclosed += 1
            at = text.find("${{", at + 3)
            continue
        body = text[at + 3 : match.end() - 2]
        try:
            found.append(Expression(at, match.end(), body.strip(), _parsed(body)))
        except ExpressionError as error:
            found.append(Expression(at, match.end(), body.strip(), None, str(error)))
        at = text.find("${{", match.end())
    return found


def parse(body: str) -> Node:
    """The tree of what stands between `${{` and `}}` (or in an `if:`). Raises `ExpressionError`."""
    if len(body) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH:,} characters")
    parser = _Parser(_tokens(body))
    node = parser.either(0)
    if parser.at < len(parser.tokens):
        raise ExpressionError(f"{_told(parser.tokens[parser.at])} is not expected here")
    return node


_parsed = lru_cache(maxsize=2048)(parse)


def _tokens(body: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(body.rstrip())
    while at < end:
        match = _TOKEN.match(body, at)
        if not match:
            raise ExpressionError(f"{body[at:].strip()[:1]!r} is not expected here")
        kind = match.lastgroup or ""
        text = match.group(kind)
        tokens.append((kind, text))
        at = match.end()
    return tokens


def _told(token: tuple[str, str]) -> str:
    """What a message calls a token. A text may be a password."""
    return "a text" if token[0] == "string" else repr(token[1])


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        """The next operator; empty for anything else."""
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            return text if kind == "operator" else ""
        return ""

    def expect(self, operator: str) -> None:
        if self.peek() != operator:
            found = _told(self.tokens[self.at]) if self.at < len(self.tokens) else "its end"
            raise ExpressionError(f"expected {operator!r}, found {found}")
        self.at += 1

    def either(self, depth: int) -> Node:
        items = [self.both(depth)]
        while self.peek() == "||":
            self.at += 1
            items.append(self.both(depth))
        return items[0] if len(items) == 1 else ("or", items)

    def both(self, depth: int) -> Node:
        items = [self.equality(depth)]
        while self.peek() == "&&":
            self.at += 1
            items.append(self.equality(depth))
        return items[0] if len(items) == 1 else ("and", items)

    def equality(self, depth: int) -> Node:
        return self.chain(depth, ("==", "!="), self.ordering)

    def ordering(self, depth: int) -> Node:
        return self.chain(depth, ("<", "<=", ">", ">="), self.unary)

    def chain(self, depth: int, operators: tuple[str, ...], operand: Callable[[int], Node]) -> Node:
        node = operand(depth)
        for _ in range(MAX_DEPTH):
            operator = self.peek()
            if operator not in operators:
                return node
            self.at += 1
            node = ("compare", operator, node, operand(depth))
        raise ExpressionError(f"more than {MAX_DEPTH} comparisons in a row")

    def unary(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"nested more than {MAX_DEPTH} deep")
        if self.peek() == "!":
            self.at += 1
            return ("not", self.unary(depth + 1))
        return self.postfix(self.primary(depth), depth)

    def primary(self, depth: int) -> Node:
        if self.at >= len(self.tokens):
            raise ExpressionError("ends too early" if self.tokens else "is empty")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return ("literal", text[1:-1].replace("''", "'"))
        if kind == "number":
            return ("literal", _number(text))
        if kind == "name":
            if self.peek() == "(":
                return ("call", text.lower(), self.arguments(depth))
            if text in _WORDS:
                return ("literal", _WORDS[text])
            return ("context", (text.lower(),))
        if text == "(":
            node = self.either(depth + 1)
            self.expect(")")
            return node
        raise ExpressionError(f"{text!r} is not expected here")

    def arguments(self, depth: int) -> list[Node]:
        self.expect("(")
        found: list[Node] = []
        if self.peek() != ")":
            found.append(self.either(depth + 1))
            while self.peek() == ",":
                self.at += 1
                found.append(self.either(depth + 1))
        self.expect(")")
        return found

    def postfix(self, node: Node, depth: int) -> Node:
        segments: list[str | None] = list(node[1]) if node[0] == "context" else []
        taken = False
        while True:
            operator = self.peek()
            if operator == ".":
                self.at += 1
                if self.peek() == "*":
                    segments.append("*")
                elif self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
                    segments.append(self.tokens[self.at][1].lower())
                else:
                    raise ExpressionError("a name or '*' must follow '.'")
                self.at += 1
            elif operator == "[":
                self.at += 1
                if self.peek() == "*":
                    self.at += 1
                    segments.append("*")
                else:
                    segments.append(_segment(self.either(depth + 1)))
                self.expect("]")
            else:
                break
            taken = True
        if not taken:
            return node
        return ("context", tuple(segments)) if node[0] == "context" else ("index", node, None in segments)


def _segment(index: Node) -> str | None:
    if index[0] == "literal":
        value = index[1]
        return value.lower() if isinstance(value, str) else spelt_out(value)
    return None


def _number(text: str) -> int | float:
    try:
        return int(text, 0) if text.lstrip("+-")[:2].lower() in ("0x", "0o") else int(text)
    except ValueError:
        return float(text)


# What an expression pastes ------------------------------------------------------------------------------------

_TELLS_ONLY = frozenset(
    ("contains", "startswith", "endswith", "hashfiles", "always", "success", "failure", "cancelled")
)  # fmt: skip


class Paste(NamedTuple):
    """A context whose content comes out of an expression; `whole` where objects come out with all that they
    hold (`toJSON(github.event)`) and not as the word "Object"."""

    path: Path
    whole: bool


def pasted(node: Node, whole: bool = False) -> Iterator[Paste]:
    """The contexts whose content can be part of what the expression gives. Those that are only looked at
    (`a == 'x'`, `contains(a, 'x')`, `a && 'x'`) are not."""
    kind = node[0]
    if kind == "context":
        yield Paste(node[1], whole)
    elif kind == "or":
        for item in node[1]:
            yield from pasted(item, whole)
    elif kind == "and":  # gives its last operand, or an earlier one that is empty
        yield from pasted(node[1][-1], whole)
    elif kind == "index":
        yield from pasted(node[1], True)
    elif kind == "call":
        name, arguments = node[1], node[2]
        if name in _TELLS_ONLY:
            return
        if name == "case":  # case(predicate, value, ..., default)
            arguments = arguments[1::2] + (arguments[-1:] if len(arguments) % 2 else [])
        for argument in arguments:
            yield from pasted(argument, whole or name in ("tojson", "fromjson"))


def given_texts(node: Node) -> Iterator[str]:
    """The texts written in an expression that may be part of what it gives."""
    kind = node[0]
    if kind == "literal":
        if isinstance(node[1], str):
            yield node[1]
    elif kind in ("or", "and"):
        for item in node[1] if kind == "or" else node[1][-1:]:
            yield from given_texts(item)
    elif kind == "index":
        yield from given_texts(node[1])
    elif kind == "call" and node[1] not in _TELLS_ONLY:
        for argument in node[2]:
            yield from given_texts(argument)


def nodes_of(node: Node) -> Iterator[Node]:
    """It and all that it is made of, in the order of the text."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        kind = item[0]
        if kind in ("or", "and"):
            stack.extend(reversed(item[1]))
        elif kind in ("not", "index"):
            stack.append(item[1])
        elif kind == "compare":
            stack.extend((item[3], item[2]))
        elif kind == "call":
            stack.extend(reversed(item[2]))


def contexts(node: Node) -> Iterator[Path]:
    """Every context that an expression looks at, for whatever reason."""
    return (item[1] for item in nodes_of(node) if item[0] == "context")


def spelt_out(value: Value) -> str:
    """How a scalar stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == value and abs(value) < 1e15 and value.is_integer():
        return str(int(value))
    return str(value)


def shown(value: Value) -> str | None:
    """A scalar as an expression pastes it; None for what is no scalar."""
    return None if isinstance(value, (dict, list, Unknown, tuple)) else spelt_out(value)
