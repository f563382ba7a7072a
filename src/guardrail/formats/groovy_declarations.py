"""Groovy's declarations: annotations, classes, variables, methods."""

from __future__ import annotations

from guardrail.formats.groovy_expressions import ASSIGNMENTS, Expressions, Unclear, called
from guardrail.formats.groovy_nodes import Annotation, Assign, Call, Compound, Define, Name, Node
from guardrail.formats.groovy_tokens import PRIMITIVES, RESERVED, Token, skip_generics, skip_type

MODIFIERS = frozenset(
    ("def", "final", "static", "private", "public", "protected", "synchronized", "abstract", "transient", "volatile",
     "var")
)  # fmt: skip
CLASSES = frozenset(("class", "interface", "enum", "trait"))
OPENS = {"(": ")", "[": "]", "{": "}"}


class Declarations(Expressions):
    def annotation(self) -> Node:
        start = self.advance()
        name = self.advance()
        if name.kind != "name":
            raise Unclear("expected the annotation's name", name.start)
        callee: Node = Name(name.start, name.end, name.text)
        while self.is_op("."):
            self.advance()
            name = self.advance()
            callee = Name(callee.start, name.end, name.text)
        call = called(callee)
        if self.is_op("(") and not self.peek().spaced:
            made = self._call(callee)
            assert isinstance(made, Call)
            call = made
            # `@Field(value = 1)`
        return Annotation(start.start, self.last_end(), call)

    def argument(self, items: list[Node], entries: list[tuple[str, Node, int]]) -> None:
        super().argument(items, entries)
        if items and self.peek().kind == "op" and self.peek().text in ASSIGNMENTS:
            self.advance()
            items.append(self.expression())

    def of_class(self, word: str) -> Node:
        start = self.advance()
        while not self.is_op("{"):
            if self.toks[self.index].kind == "end":
                raise Unclear("a class without a body", start.start)
            self.index += 1
        if word == "enum":
            self.over_block()
            return Compound(start.start, self.last_end(), word, [])
        return Compound(start.start, self.last_end(), word, [self.closure()])

    def declares(self) -> bool:
        """Whether a type and a name begin here."""
        toks, first = self.toks, self.peek()
        if first.text in RESERVED:
            return False
        end = skip_type(toks, self.index)
        name = toks[end]
        last = toks[end - 1]
        if name.kind != "name" or name.text in RESERVED or last.end > name.start:
            return False
        typed = first.text in PRIMITIVES or first.text[:1].isupper() or toks[self.index + 1].text in (".", "<")
        following = toks[min(end + 1, len(toks) - 1)]
        if not typed:
            return following.kind == "op" and following.text == "="
        return following.kind in ("newline", "end") or following.text in ("=", ";", "(", "}")

    def takes_params(self) -> bool:
        """Whether a constructor begins here: `Name(Type param) {`, which no call looks like."""
        toks = self.toks
        at = self.index + 2
        while toks[at].text == "@" and toks[at + 1].kind == "name":
            at += 2
        end = skip_type(toks, at)
        named = end > at and toks[end].kind == "name" and toks[end].text not in RESERVED
        return named and toks[end + 1].text in (",", ")")

    def declaration(self) -> Node:
        start = self.peek()
        while self.peek().kind == "name" and self.peek().text in MODIFIERS:
            self.advance()
            while self.is_op("@"):
                self.annotation()
        if self.is_op("<"):
            self.index = skip_generics(self.toks, self.index)
        targets: list[Node] = []
        if self.is_op("("):  # def (a, b) = ...
            self.advance()
            end = self.closing()
            for token in self.toks[self.index : end]:
                if token.kind == "name":
                    targets.append(Name(token.start, token.end, token.text))
            self.index = end + 1
        else:
            if self.declares():
                self.index = skip_type(self.toks, self.index)
            name = self.advance()
            if name.kind == "name" and name.text in CLASSES:
                self.index -= 1
                return self.of_class(name.text)
            if name.kind not in ("name", "string"):
                raise Unclear("expected a name", name.start)
            if self.toks[self.index].kind == "op" and self.toks[self.index].text == "(":
                return self.method(start, name)
            targets.append(Name(name.start, name.end, name.says))
        value: Node | None = None
        if self.accept("="):
            self.skip_lines()
            value = self.command()
        while self.accept(","):  # int a = 1, b = 2
            self.skip_lines()
            value = self.command()
        return Assign(start.start, self.last_end(), "=", targets, value, True)

    def method(self, start: Token, name: Token) -> Node:
        self.advance()
        end = self.closing()
        params: list[str] = []
        for token, following in zip(self.toks[self.index : end], self.toks[self.index + 1 : end + 1], strict=True):
            if token.kind == "name" and following.kind == "op" and following.text in (",", "=", ")"):
                params.append(token.text)
        self.index = end + 1
        if self.toks[self.index].kind == "name" and self.toks[self.index].text == "throws":
            while not self.is_op("{") and self.toks[self.index].kind not in ("newline", "end"):
                self.index += 1
        if self.next_beyond_lines().text != "{":
            return Define(start.start, self.last_end(), name.says, params, [])
        self.skip_lines()
        body = self.closure()
        return Define(start.start, body.end, name.says, params, body.statements)

    # Over what isn't read -------------------------------------------------------------------------------

    def closing(self) -> int:
        """The index of the parenthesis that closes the one just read."""
        open_ = 1
        for index in range(self.index, len(self.toks)):
            token = self.toks[index]
            if token.kind == "op":
                if token.text in OPENS:
                    open_ += 1
                elif token.text in (")", "]", "}"):
                    open_ -= 1
                    if open_ == 0:
                        return index
        raise Unclear("a parenthesis that is never closed", self.toks[self.index].start)

    def over_block(self) -> None:
        open_ = 0
        while True:
            token = self.toks[self.index]
            if token.kind == "end":
                return
            self.index += 1
            if token.kind == "op" and token.text in ("{", "}"):
                open_ += 1 if token.text == "{" else -1
                if open_ == 0:
                    return
