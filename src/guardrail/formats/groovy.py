"""Groovy -> statements, each with its place.

A reader for scripts such as Jenkins' pipelines, after Apache Groovy's "Syntax" and "Program structure". What a
statement does is not known here; where one can't be followed, it is told, the blocks in it are read all the same, and
the next statement goes on. Neither recursion nor time depends on more than the text's nesting and length.
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.formats.groovy_declarations import CLASSES, MODIFIERS, OPENS, Declarations
from guardrail.formats.groovy_expressions import ASSIGNMENTS, MAX_DEPTH, Unclear, called
from guardrail.formats.groovy_nodes import Annotation, Assign, Call, Closure, Compound, Member, Name, Node
from guardrail.formats.groovy_tokens import RESERVED, Lexer, Token

MAX_FAULTS = 20
_JUMPS = frozenset(("return", "throw", "break", "continue", "assert"))


class Fault(NamedTuple):
    """What can't be followed, and the offset where."""

    at: int
    message: str


class Script(NamedTuple):
    statements: list[Node]
    faults: list[Fault]


def parse(text: str) -> Script:
    """Never raises for what the text holds."""
    lexer = Lexer(text)
    tokens, _ = lexer.tokens()
    faults = [Fault(at, message) for at, message in lexer.faults]
    reader = _Reader(tokens, faults)
    reader.check_brackets()
    statements = reader.statements(closing=False)
    return Script(statements, sorted(dict.fromkeys(faults))[:MAX_FAULTS])


class _Reader(Declarations):
    def __init__(self, tokens: list[Token], faults: list[Fault], depth: int = 0) -> None:
        super().__init__(tokens, depth)
        self.faults = faults
        # By the brace's index: a statement that fails is looked at twice, and what is in its braces must not be.
        self.closures: dict[int, tuple[Closure, int]] = {}

    def check_brackets(self) -> None:
        stack: list[Token] = []
        for token in self.toks:
            if token.kind != "op":
                continue
            if token.text in OPENS:
                stack.append(token)
            elif token.text in (")", "]", "}"):
                if not stack:
                    self.faults.append(Fault(token.start, f"`{token.text}` closes nothing"))
                elif OPENS[stack[-1].text] != token.text:
                    self.faults.append(Fault(token.start, f"`{token.text}` where `{stack[-1].text}` is to be closed"))
                    return
                else:
                    stack.pop()
        if stack:
            self.faults.append(Fault(stack[-1].start, f"`{stack[-1].text}` is never closed"))

    # Blocks -----------------------------------------------------------------------------------------------

    def statements(self, closing: bool) -> list[Node]:
        """Up to the brace that closes them (left unread), or the end."""
        found: list[Node] = []
        while True:
            token = self.toks[self.index]
            while token.kind == "newline" or (token.kind == "op" and token.text == ";"):
                self.index += 1
                token = self.toks[self.index]
            if token.kind == "end":
                return found
            if token.kind == "op" and token.text == "}":
                if closing:
                    return found
                self.index += 1
                continue
            start, brackets = self.index, self.brackets
            try:
                node = self.statement()
                if not isinstance(node, Annotation):
                    self._end_of_statement()
                found.append(node)
            except Unclear as unclear:
                self.brackets = brackets
                self._told(unclear)
                found.append(self._recover(start))
                if self.index == start:  # whatever it is, it is not read twice
                    self.index += 1

    def _told(self, unclear: Unclear) -> None:
        if len(self.faults) <= MAX_FAULTS:
            self.faults.append(Fault(unclear.at, unclear.message))

    def _end_of_statement(self) -> None:
        token = self.toks[self.index]
        if token.kind in ("newline", "end") or (token.kind == "op" and token.text in (";", "}")):
            return
        before = self.toks[self.index - 1]
        if before.kind == "op" and before.text in ("}", ":"):  # `} else`, `case x:`; and code on one line
            return
        # A string or a word may be anything, and secret.
        what = "a string" if token.quoted is not None else f"`{token.text}`" if token.kind == "op" else "a word"
        raise Unclear(f"{what} means nothing here", token.start)

    def _recover(self, start: int) -> Node:
        """Over a statement that can't be followed to where it seems to end; the blocks in it are read."""
        parts: list[Node] = []
        self.index, begun = start, self.toks[start]
        open_ = 0
        while True:
            token = self.toks[self.index]
            ends = token.kind == "newline" or (token.kind == "op" and token.text == ";")
            if token.kind == "end" or (open_ == 0 and ends):
                break
            if token.kind == "op":
                if token.text == "{":
                    if self.depth >= MAX_DEPTH:
                        self.over_block()
                        continue
                    try:
                        parts.append(self.closure())
                        continue
                    except Unclear as unclear:
                        self._told(unclear)
                        continue
                if token.text in ("(", "["):
                    open_ += 1
                elif token.text in (")", "]"):
                    open_ = max(open_ - 1, 0)
                elif token.text == "}":
                    break
            self.index += 1
        return Compound(begun.start, max(self.last_end(), begun.end), "gap", parts)

    def closure(self) -> Closure:
        self.peek()
        at = self.index
        known = self.closures.get(at)
        if known is not None:
            self.index = known[1]
            return known[0]
        if self.depth >= MAX_DEPTH:
            unclear = Unclear(f"nested more than {MAX_DEPTH} deep", self.toks[at].start)
            self.over_block()
            raise unclear
        opening = self.expect("{")
        brackets, self.brackets = self.brackets, 0
        self.depth += 1
        params = self._params()
        statements = self.statements(closing=True)
        self.depth -= 1
        self.brackets = brackets
        if self.toks[self.index].kind != "end":
            self.index += 1
        made = Closure(opening.start, self.last_end(), params, statements)
        self.closures[at] = (made, self.index)
        return made

    def _params(self) -> list[str]:
        """Those before the arrow of a closure, read over; none where there is no arrow."""
        names: list[str] = []
        for index in range(self.index, min(self.index + 60, len(self.toks))):
            token = self.toks[index]
            if token.kind == "op" and token.text == "->":
                self.index = index + 1
                return names
            if token.kind == "name":
                names.append(token.text)
            elif token.kind == "end" or (token.kind == "op" and token.text in ("{", "}", ";", "(", ")")):
                break
        return []

    def within(self, tokens: list[Token]) -> Node:
        reader = _Reader(tokens, self.faults, self.depth + 1)
        start = tokens[0].start
        statements = reader.statements(closing=False) if reader.depth < MAX_DEPTH else []
        if len(statements) == 1:
            return statements[0]
        return Compound(start, tokens[-1].end, "block", statements)

    # Statements -------------------------------------------------------------------------------------------

    def statement(self) -> Node:
        token = self.peek()
        if token.kind == "op" and token.text == "@":
            return self.annotation()
        if token.kind == "name":
            word = token.text
            if word in ("import", "package"):
                return self._over_line(word)
            following = self.toks[self.index + 1]
            opens = following.kind == "op" and following.text == "("
            if word in ("if", "while", "for", "switch") or (word == "synchronized" and opens):
                return self._headed(word)
            if word in ("try", "else", "finally", "do", "catch"):
                return self._block(word)
            if word in _JUMPS:
                return self._jump(word)
            if word in ("case", "default"):
                return self._label(word)
            if word in CLASSES and following.kind == "name":
                return self.of_class(word)
            if word in MODIFIERS or self.declares():
                return self.declaration()
            if opens and word not in RESERVED and self.takes_params():
                return self.method(token, self.advance())
        return self.command()

    def _over_line(self, word: str) -> Node:
        start = self.advance()
        while self.toks[self.index].kind not in ("newline", "end") and self.toks[self.index].text != ";":
            self.index += 1
        return Compound(start.start, self.last_end(), word, [])

    def _headed(self, word: str) -> Node:
        start = self.advance()
        self.skip_lines()
        opening = self.expect("(")
        parts: list[Node] = []
        end = self.closing()
        if word == "for":
            inner = [*self.toks[self.index : end], Token("end", "", self.toks[end].start, self.toks[end].start, False)]
            parts.append(self._loop_head(inner, opening))
        else:
            self.brackets += 1
            try:
                parts.append(self.command())
            finally:
                self.brackets -= 1
        self.index = end + 1
        self.skip_lines()
        if self.is_op(";"):
            return Compound(start.start, self.last_end(), word, parts)
        parts.append(self._body())
        return Compound(start.start, self.last_end(), word, parts)

    def _loop_head(self, inner: list[Token], opening: Token) -> Node:
        """`x in list`, `def x : list`, `int i = 0; i < 3; i++`."""
        for index, token in enumerate(inner):
            if (token.kind == "op" and token.text == ":") or (token.kind == "name" and token.text == "in"):
                inner = inner[index + 1 :]
                break
        reader = _Reader(inner, self.faults, self.depth + 1)
        return Compound(opening.start, inner[-1].end, "head", reader.statements(closing=False))

    def _body(self) -> Node:
        """A block, or the one statement that stands for it."""
        if self.is_op("{"):
            return self.closure()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.depth -= 1
            raise Unclear(f"nested more than {MAX_DEPTH} deep", self.peek().start)
        try:
            return self.statement()
        finally:
            self.depth -= 1

    def _block(self, word: str) -> Node:
        start = self.advance()
        parts: list[Node] = []
        self.skip_lines()
        if word == "catch" and self.is_op("("):
            self.advance()
            self.index = self.closing() + 1
            self.skip_lines()
        parts.append(self._body())
        return Compound(start.start, self.last_end(), word, parts)

    def _jump(self, word: str) -> Node:
        start = self.advance()
        parts: list[Node] = []
        token = self.toks[self.index]
        if token.kind not in ("newline", "end") and token.text not in (";", "}"):
            parts.append(self.command())
            if word == "assert" and (self.accept(":") or self.accept(",")):
                parts.append(self.expression())
        return Compound(start.start, self.last_end(), word, parts)

    def _label(self, word: str) -> Node:
        start = self.advance()
        parts: list[Node] = []
        if word == "case":
            parts.append(self.expression())
        if not self.accept("->"):
            self.expect(":")
        return Compound(start.start, self.last_end(), word, parts)

    # Commands ---------------------------------------------------------------------------------------------

    def command(self) -> Node:
        """An expression, an assignment, or a call without parentheses: `sh script: 'make', returnStdout: true`."""
        node = self.expression()
        node = self._unbracketed(node)
        token = self.peek()
        if token.kind == "op" and token.text in ASSIGNMENTS:
            self.advance()
            self.skip_lines()
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self.depth -= 1
                raise Unclear(f"nested more than {MAX_DEPTH} deep", token.start)
            try:
                value = self.command()
            finally:
                self.depth -= 1
            return Assign(node.start, value.end, token.text, [node], value, False)
        if (
            token.kind == "newline"
            and not self.brackets
            and isinstance(node, (Name, Call))
            and self.next_beyond_lines().text == "{"
            and self.next_beyond_lines().kind == "op"
        ):  # a block on the next line, which nobody means for one of its own
            self.skip_lines()
            return self._with_closure(node)
        return node

    def _unbracketed(self, node: Node) -> Node:
        while isinstance(node, (Name, Member)) and not self.brackets and self._argument_begins():
            call = called(node)
            while True:
                self.argument(call.args, call.named)
                if not (self.toks[self.index].kind == "op" and self.toks[self.index].text == ","):
                    break
                self.advance()
                self.skip_lines()
            call.end = self.last_end()
            token = self.toks[self.index]
            if token.kind != "name" or token.text in RESERVED:
                return call
            self.advance()
            node = Member(call.start, token.end, call, token.text)
        return node

    def _argument_begins(self) -> bool:
        token = self.toks[self.index]
        if token.kind in ("string", "number"):
            return True
        if token.kind == "name":
            following = self.toks[self.index + 1]
            return token.text not in RESERVED or (following.kind == "op" and following.text == ":")
        following = self.toks[min(self.index + 1, len(self.toks) - 1)]
        if token.kind != "op" or not token.spaced:
            return False
        return token.text == "[" or (token.text in ("!", "-") and not following.spaced and following.kind != "op")
