"""Groovy's expressions: tokens -> nodes, by precedence."""

from __future__ import annotations

from guardrail.formats.groovy_nodes import (
    Assign,
    Call,
    Closure,
    ListOf,
    Literal,
    MapOf,
    Member,
    Name,
    Node,
    Operation,
    Quote,
)
from guardrail.formats.groovy_tokens import PRIMITIVES, RESERVED, WORD_OPERATORS, Token, skip_type

MAX_DEPTH = 120  # of expressions and blocks within each other

_LEVELS = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!=", "<=>", "=~", "==~", "===", "!=="),
    ("<", "<=", ">", ">=", "in", "!in", "instanceof", "!instanceof", "as"), ("<<", ">>", ">>>", "..", "..<"),
    ("+", "-"), ("*", "/", "%"), ("**",),
)  # fmt: skip
_BINDS = {operator: level for level, operators in enumerate(_LEVELS, 2) for operator in operators}
_TERNARY = 1
ASSIGNMENTS = frozenset(
    ("=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^=", "?=")
)  # fmt: skip
_CONSTANTS = {"true": True, "false": False, "null": None}
_DOTS = frozenset((".", "?.", "*.", ".&", ".@", "::"))
# What may go on on the next line, since nothing can begin with it.
_CONTINUES = _DOTS | {"?", "?:", "&&", "||"}


class Unclear(Exception):
    """Here the code can't be followed."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message, self.at = message, at


class Expressions:
    """Reads one list of tokens; `closure` is the reader of statements' part."""

    def __init__(self, tokens: list[Token], depth: int = 0) -> None:
        self.toks = tokens
        self.index = 0
        self.depth = depth
        self.brackets = 0  # where there are any, the ends of lines mean nothing

    # Tokens -----------------------------------------------------------------------------------------------

    def peek(self) -> Token:
        if self.brackets:
            self.skip_lines()
        return self.toks[self.index]

    def advance(self) -> Token:
        token = self.peek()
        if token.kind != "end":
            self.index += 1
        return token

    def skip_lines(self) -> None:
        while self.toks[self.index].kind == "newline":
            self.index += 1

    def is_op(self, text: str) -> bool:
        token = self.peek()
        return token.kind == "op" and token.text == text

    def accept(self, text: str) -> bool:
        if self.is_op(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> Token:
        token = self.peek()
        if token.kind != "op" or token.text != text:
            raise Unclear(f"expected `{text}`", token.start)
        return self.advance()

    def last_end(self) -> int:
        return self.toks[self.index - 1].end if self.index else 0

    def next_beyond_lines(self) -> Token:
        index = self.index
        while self.toks[index].kind == "newline":
            index += 1
        return self.toks[index]

    # Operators --------------------------------------------------------------------------------------------

    def expression(self, least: int = _TERNARY) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.depth -= 1
            raise Unclear(f"nested more than {MAX_DEPTH} deep", self.peek().start)
        try:
            return self._binary(least)
        finally:
            self.depth -= 1

    def _binary(self, least: int) -> Node:
        left = self._unary()
        chain: Operation | None = None  # of one operator, which is one operation
        while True:
            token = self.peek()
            if token.kind == "newline":
                beyond = self.next_beyond_lines()
                if beyond.kind != "op" or beyond.text not in _CONTINUES:
                    return left
                token = beyond
            operator = self._operator(token)
            if operator in ("?", "?:"):
                if least > _TERNARY:
                    return left
                self.skip_lines()
                left = self._conditional(left)
                continue
            level = _BINDS.get(operator, 0)
            if level < least or not level:
                return left
            self.skip_lines()
            self.advance()
            if operator.startswith("!") and operator != "!=" and operator != "!==":
                self.advance()
            self.skip_lines()
            if operator in ("as", "instanceof", "!instanceof"):
                self._type()
                left = Operation(left.start, self.last_end(), operator, [left])
            else:
                right = self.expression(level + 1)
                if chain is not None and left is chain and operator in ("+", "&&", "||") and chain.op == operator:
                    chain.operands.append(right)
                    chain.end = right.end
                else:
                    left = chain = Operation(left.start, right.end, operator, [left, right])

    def _operator(self, token: Token) -> str:
        if token.kind == "name":
            return token.text if token.text in WORD_OPERATORS else ""
        if token.kind != "op":
            return ""
        if token.text == "!" and self.index + 1 < len(self.toks):
            following = self.toks[self.index + 1]
            if following.kind == "name" and following.text in ("in", "instanceof") and not following.spaced:
                return "!" + following.text
        return token.text

    def _conditional(self, condition: Node) -> Node:
        if self.accept("?:"):
            self.skip_lines()
            other = self.expression()
            return Operation(condition.start, other.end, "?:", [condition, other])
        self.expect("?")
        self.skip_lines()
        first = self._assigned()
        self.skip_lines()
        self.expect(":")
        self.skip_lines()
        second = self._assigned()
        return Operation(condition.start, second.end, "?:", [condition, first, second])

    def _assigned(self) -> Node:
        node = self.expression()
        token = self.peek()
        if token.kind == "op" and token.text in ASSIGNMENTS:
            self.advance()
            value = self.expression()
            node = Assign(node.start, value.end, token.text, [node], value, False)
        return node

    def _unary(self) -> Node:
        token = self.peek()
        operators: list[Token] = []
        while token.kind == "op" and token.text in ("!", "-", "+", "~", "++", "--", "*"):
            operators.append(self.advance())
            token = self.peek()
        operand = self._cast() if self.is_op("(") and self._is_cast() else self._postfix()
        for operator in reversed(operators):
            operand = Operation(operator.start, operand.end, operator.text, [operand])
        return operand

    def _is_cast(self) -> bool:
        """`(String) x`: a type alone in parentheses, with an operand behind it."""
        toks, at = self.toks, self.index
        inner = toks[at + 1] if at + 1 < len(toks) else toks[-1]
        if inner.kind != "name" or not (inner.text in PRIMITIVES or inner.text[:1].isupper()):
            return False
        end = skip_type(toks, at + 1)
        if toks[end].kind != "op" or toks[end].text != ")":
            return False
        after = toks[min(end + 1, len(toks) - 1)]
        if after.kind == "name":
            return after.text not in WORD_OPERATORS
        return after.kind in ("string", "number") or (after.kind == "op" and after.text in ("(", "["))

    def _cast(self) -> Node:
        opening = self.advance()
        self._type()
        self.expect(")")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unclear(f"nested more than {MAX_DEPTH} deep", opening.start)
        operand = self._unary()
        self.depth -= 1
        return Operation(opening.start, operand.end, "()", [operand])

    def _type(self) -> None:
        self.peek()
        end = skip_type(self.toks, self.index)
        if end == self.index:
            raise Unclear("expected a type", self.peek().start)
        self.index = end

    # Operands ---------------------------------------------------------------------------------------------

    def _postfix(self) -> Node:
        node = self._primary()
        while True:
            token = self.peek()
            if token.kind == "newline" and self.next_beyond_lines().text in _DOTS:
                self.skip_lines()
                token = self.peek()
            if token.kind != "op":
                return node
            if token.text in _DOTS:
                self.advance()
                self.skip_lines()
                name = self.advance()
                if name.kind == "op" and name.text in ("(", "{"):  # a name that is worked out
                    self.index -= 1
                    self._primary()
                    node = Member(node.start, self.last_end(), node, "")
                    continue
                if name.kind not in ("name", "string"):
                    raise Unclear("expected a name behind the dot", name.start)
                node = Member(node.start, name.end, node, name.says)
            elif token.text == "(":
                node = self._call(node)
            elif token.text == "[" and (not token.spaced or self.brackets):
                self.advance()
                items, entries = self._listed("]")
                operands = [node, *items, *(value for _, value, _ in entries)]
                node = Operation(node.start, self.last_end(), "[]", operands)
            elif token.text == "{" and isinstance(node, (Name, Member, Call)):
                node = self._with_closure(node)
            elif token.text in ("++", "--"):
                self.advance()
                node = Operation(node.start, token.end, token.text, [node])
            else:
                return node

    def _call(self, callee: Node) -> Node:
        call = called(callee)
        opening = self.advance()
        call.head = opening.start
        items, entries = self._listed(")")
        call.args += items
        call.named += entries
        call.end = self.last_end()
        return call

    def _with_closure(self, callee: Node) -> Node:
        call = callee if isinstance(callee, Call) and callee.body is None else called(callee)
        closure = self.closure()
        call.args.append(closure)
        call.end = closure.end
        return call

    def _listed(self, closing: str) -> tuple[list[Node], list[tuple[str, Node, int]]]:
        """What stands between brackets, the first of which has been read: items, and entries with keys."""
        items: list[Node] = []
        entries: list[tuple[str, Node, int]] = []
        self.brackets += 1
        self.depth += 1  # brackets take more of the interpreter's stack than operators do
        try:
            if self.is_op(":") and closing == "]":  # [:]
                self.advance()
            while not self.is_op(closing):
                self.argument(items, entries)
                if not self.accept(","):
                    break
                while closing == ")" and self.accept(","):  # sh(script: 'x', , returnStdout: true), which Jenkins takes
                    pass
            token = self.peek()
            if token.kind != "op" or token.text != closing:
                raise Unclear(f"expected `{closing}`", token.start)
            self.index += 1
        finally:
            self.brackets -= 1
            self.depth -= 1
        return items, entries

    def argument(self, items: list[Node], entries: list[tuple[str, Node, int]]) -> None:
        token = self.peek()
        following = self.toks[min(self.index + 1, len(self.toks) - 1)]
        if following.kind == "op" and following.text == ":" and (
            token.kind in ("name", "string", "number") or token.text == "*"
        ):  # fmt: skip
            self.index += 2
            self.skip_lines()
            entries.append(("" if token.text == "*" else token.says, self.expression(), token.start))
            return
        item = self.expression()
        if self.is_op(":") and isinstance(item, (Operation, Quote)):  # (key): value
            self.advance()
            self.skip_lines()
            entries.append(("", self.expression(), token.start))
        else:
            items.append(item)

    def _primary(self) -> Node:
        token = self.peek()
        if token.kind == "string" and token.quoted is not None:
            self.advance()
            return self.quote(token)
        if token.kind == "number":
            self.advance()
            return Literal(token.start, token.end, _number(token.text))
        if token.kind == "name":
            if token.text == "new":
                return self._made()
            if token.text in RESERVED:
                raise Unclear(f"`{token.text}` means nothing here", token.start)
            self.advance()
            if token.text in _CONSTANTS:
                return Literal(token.start, token.end, _CONSTANTS[token.text])
            return Name(token.start, token.end, token.text)
        if token.kind == "op":
            if token.text == "(":
                self.advance()
                items, _ = self._listed(")")
                return Operation(token.start, self.last_end(), "()", items)
            if token.text == "[":
                self.advance()
                items, entries = self._listed("]")
                if entries or (not items and self.toks[self.index - 2].text == ":"):
                    return MapOf(token.start, self.last_end(), entries)
                return ListOf(token.start, self.last_end(), items)
            if token.text == "{":
                return self.closure()
        if token.kind == "end":
            raise Unclear("the code ends too early", token.start)
        raise Unclear(f"`{token.text.strip() or 'the end of the line'}` means nothing here", token.start)

    def _made(self) -> Node:
        opening = self.advance()
        name = self.peek()
        self._type()
        call = Call(opening.start, self.last_end(), self.last_end(), name.text)
        call.made = True
        if self.is_op("(") and self.peek().kind == "op":
            made = self._call(call)
            assert isinstance(made, Call)
            call = made
            if self.is_op("{"):
                call = self._with_closure(call)  # type: ignore[assignment]
        return call

    def quote(self, token: Token) -> Quote:
        assert token.quoted is not None
        holes = [self.within(hole.tokens) for hole in token.quoted.holes]
        return Quote(token.start, token.end, token.quoted, holes)

    # The reader of statements' ----------------------------------------------------------------------------

    def closure(self) -> Closure:
        raise NotImplementedError

    def within(self, tokens: list[Token]) -> Node:
        """What an interpolation holds."""
        raise NotImplementedError

    def command(self) -> Node:
        """An expression, or what may stand in its place at the beginning of a statement."""
        raise NotImplementedError


def called(callee: Node) -> Call:
    """The call of what stands before its arguments."""
    if isinstance(callee, Call) and callee.made and not callee.args and not callee.named:
        return callee
    if isinstance(callee, Name):
        return Call(callee.start, callee.end, callee.end, callee.id)
    if isinstance(callee, Member):
        return Call(callee.start, callee.end, callee.end, callee.name, callee.object)
    return Call(callee.start, callee.end, callee.end, "call", callee)


def _number(text: str) -> int | float | None:
    digits = text.replace("_", "").lower()
    try:
        if digits.startswith(("0x", "0b")):
            return int(digits.rstrip("lgi"), 0)
        digits = digits.rstrip("lgifd")
        return int(digits) if digits.isdecimal() and len(digits) < 19 else float(digits)
    except ValueError:
        return None
