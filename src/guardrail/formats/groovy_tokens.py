"""Groovy's tokens, each with its place: what Apache Groovy's "Syntax" page describes, as far as it tells where things
begin and end. Linear in the length of the text, and takes any text: what is unclosed ends where it must.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

MAX_DEPTH = 20  # of strings within interpolations within strings

_SKIP = lazy_regex(r"(?:[ \t\f\r\v\u00a0\ufeff]|\\\r?\n|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME = lazy_regex(r"[^\W\d][\w$]*|\$[\w$]*")
_NUMBER = lazy_regex(r"0[xX][\da-fA-F_]+[lLgGiI]?|0[bB][01_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?[lLgGiIfFdD]?")
_OPERATORS = (
    ">>>=", "===", "!==", "<=>", "==~", "**=", "<<=", ">>=", ">>>", "...", "..<", "..", "?.", "*.", ".&", ".@", "::",
    "?:", "?=", "->", "++", "--", "&&", "||", "==", "!=", "<=", ">=", "=~", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "**", "<<", ">>",
)  # fmt: skip
_OPERATOR = lazy_regex("|".join(map(re.escape, _OPERATORS)) + r"|[-+*/%=<>!~?:.,;()\[\]{}&|^@]")
_SLASHY = lazy_regex(r"/(?:\\.|[^/\\\n])+/")
_INTERPOLATED = lazy_regex(r"\$(?:\{|[^\W\d$]\w*(?:\.[^\W\d$]\w*)*)")
_STRETCH = {"'": lazy_regex(r"[^'\\\n]+"), '"': lazy_regex(r'[^"\\$\n]+'), "/": lazy_regex(r"[^/\\$]+"),
            "'''": lazy_regex(r"[^'\\]+"), '"""': lazy_regex(r'[^"\\$]+'), "$/": lazy_regex(r"[^$/]+")}  # fmt: skip
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "\\": "\\", "'": "'", '"': '"', "$": "$"}
WORD_OPERATORS = frozenset(("in", "instanceof", "as"))
RESERVED = WORD_OPERATORS | {
    "assert", "break", "case", "catch", "class", "continue", "def", "default", "do", "else", "enum", "extends",
    "finally", "for", "if", "implements", "import", "interface", "package", "return", "switch", "throw", "throws",
    "trait", "try", "while",
}  # fmt: skip
PRIMITIVES = frozenset(("boolean", "byte", "char", "double", "float", "int", "long", "short", "void"))
_OPERAND_ENDS = frozenset((")", "]", "}"))
# After these an operand begins, though they look like names.
_WORDS = frozenset(("return", "in", "case", "throw", "assert", "else", "as", "instanceof", "new"))


class Hole(NamedTuple):
    """An interpolation: `text[start:end]` of its string is it as written, `tokens` what is in the braces."""

    start: int
    end: int
    tokens: list[Token]


class Quoted:
    """A string. `text` is what it stands for, save that each interpolation is there as it is written.
    `start` and `end` are offsets in the file, `quote` what opens it."""

    __slots__ = ("end", "holes", "quote", "segments", "start", "text")

    def __init__(self, quote: str, start: int) -> None:
        self.quote, self.start, self.end = quote, start, start
        self.text = ""
        self.holes: list[Hole] = []
        self.segments: list[tuple[int, int]] = []  # (offset in text, offset in file), where they stop going in step

    def source(self, at: int) -> int:
        """The offset in the file of `text[at]`."""
        found = bisect_right(self.segments, (at, 1 << 60)) - 1
        if found < 0:
            return self.start
        own, file = self.segments[found]
        return file + at - own


class Token(NamedTuple):
    """`kind` is name, number, string, op, newline or end; `text` is what is written, with the quotes of a string, lest
    `';'` be taken for a semicolon; `spaced`: there is white space before it."""

    kind: str
    text: str
    start: int
    end: int
    spaced: bool
    quoted: Quoted | None = None

    @property
    def says(self) -> str:
        """As `text`, without a string's quotes."""
        return self.text if self.quoted is None else self.quoted.text


class Lexer:
    """`faults` are (offset, what is wrong)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[tuple[int, str]] = []

    def tokens(self, at: int = 0, depth: int = 0) -> tuple[list[Token], int]:
        """All tokens from an offset on, and where they end; within an interpolation (`depth` > 0) that is the brace
        that closes it, or the end of the text where none does."""
        text, size = self.text, len(self.text)
        found: list[Token] = []
        braces = 0
        if at == 0 and text.startswith("#!"):
            at = _line_end(text, 0)
        while True:
            begun = at
            skipped = _SKIP.match(text, at)
            if skipped:
                at = skipped.end()
            if at >= size:
                found.append(Token("end", "", size, size, True))
                return found, size
            character = text[at]
            spaced = at > begun or at == 0
            if character == "\n":
                found.append(Token("newline", "\n", at, at + 1, spaced))
                at += 1
                continue
            if text.startswith("/*", at):
                self.faults.append((at, "a comment that is never closed"))
                at = size
                continue
            quoted = self._string(at, character, found[-1] if found else None, depth)
            if quoted is not None:
                found.append(Token("string", text[at : quoted.end], at, quoted.end, spaced, quoted))
                at = quoted.end
                continue
            if character.isdecimal() and (match := _NUMBER.match(text, at)):
                kind = "number"
            elif match := _NAME.match(text, at):
                kind = "name"
            elif match := _OPERATOR.match(text, at):
                kind = "op"
            else:
                self.faults.append((at, f"{character!r} means nothing here"))
                at += 1
                continue
            word = match.group()
            if depth and kind == "op":
                if word == "{":
                    braces += 1
                elif word == "}":
                    if braces == 0:
                        found.append(Token("end", "", at, at, spaced))
                        return found, at
                    braces -= 1
            found.append(Token(kind, word, at, match.end(), spaced))
            at = match.end()

    def _string(self, at: int, character: str, before: Token | None, depth: int) -> Quoted | None:
        text = self.text
        if character in "'\"":
            quote = character * 3 if text.startswith(character * 3, at) else character
        elif text.startswith("$/", at):
            quote = "$/"
        elif character == "/" and _SLASHY.match(text, at) and _operand_begins(before, text, at):
            quote = "/"
        else:
            return None
        quoted = Quoted(quote, at)
        parts: list[str] = []
        length = 0  # of what is in parts
        here = at + len(quote)
        closing = "/$" if quote == "$/" else quote
        stretch = _STRETCH[quote]
        quoted.segments.append((0, here))
        while True:
            if here >= len(text):
                self.faults.append((at, "a string that is never closed"))
                break
            if text.startswith(closing, here):
                here += len(closing)
                break
            plain = stretch.match(text, here)
            if plain:
                parts.append(plain.group())
                length += len(plain.group())
                here = plain.end()
                continue
            character = text[here]
            if character == "\n" and quote in ("'", '"'):
                self.faults.append((at, "a string that is never closed"))
                break
            if character == "\\" and quote != "$/":
                decoded, after = self._escape(here, quote)
            elif quote == "$/" and text.startswith(("$$", "$/"), here):
                decoded, after = text[here + 1], here + 2
            elif character == "$" and quote not in ("'", "'''") and (match := _INTERPOLATED.match(text, here)):
                after = self._hole(quoted, here, match, length, depth)
                parts.append(text[here:after])
                length += after - here
                here = after
                continue
            else:
                decoded, after = character, here + 1
            parts.append(decoded)
            length += len(decoded)
            if after - here != len(decoded):
                quoted.segments.append((length, after))
            here = after
        quoted.text, quoted.end = "".join(parts), here
        return quoted

    def _escape(self, at: int, quote: str) -> tuple[str, int]:
        text = self.text
        following = text[at + 1 : at + 2]
        if quote == "/":
            return ("/", at + 2) if following == "/" else ("\\", at + 1)
        if following == "\n":
            return "", at + 2
        if text.startswith("\r\n", at + 1):
            return "", at + 3
        if following == "u" and (match := re.compile(r"u+([\da-fA-F]{4})").match(text, at + 1)):
            return chr(int(match.group(1), 16)), match.end()
        if following in _ESCAPED and following:
            return _ESCAPED[following], at + 2
        return "\\", at + 1

    def _hole(self, quoted: Quoted, at: int, match: re.Match[str], length: int, depth: int) -> int:
        if not match.group().endswith("{"):
            inner, _ = Lexer(match.group()[1:]).tokens()
            shifted = [token._replace(start=token.start + at + 1, end=token.end + at + 1) for token in inner]
            quoted.holes.append(Hole(length, length + match.end() - at, shifted))
            return match.end()
        if depth >= MAX_DEPTH:
            self.faults.append((at, f"strings within strings more than {MAX_DEPTH} deep"))
            return len(self.text)
        tokens, end = self.tokens(match.end(), depth + 1)
        if end >= len(self.text):
            self.faults.append((at, "an interpolation that is never closed"))
            return len(self.text)
        quoted.holes.append(Hole(length, length + end + 1 - at, tokens))
        return end + 1


def _operand_begins(before: Token | None, text: str, at: int) -> bool:
    """Whether a slash opens a string: where no operand is before it that it could divide."""
    if before is None or before.kind == "newline":
        return True
    if before.kind == "name":
        # `branch /release-.*/` calls, `a / b` divides.
        return before.text in _WORDS or (before.end < at and not text[at + 1 : at + 2].isspace())
    return before.kind == "op" and before.text not in _OPERAND_ENDS


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found if found >= 0 else len(text)


# Types ---------------------------------------------------------------------------------------------------------


def skip_type(toks: list[Token], at: int) -> int:
    """The index behind a type that begins at `at`: `a.b.C<D, E>[]`; `at` itself where there is none."""
    if toks[at].kind != "name" or toks[at].text in RESERVED:
        return at
    at += 1
    while toks[at].text == "." and toks[at].kind == "op" and toks[at + 1].kind == "name":
        at += 2
    if toks[at].kind == "op" and toks[at].text == "<":
        end = skip_generics(toks, at)
        if end == at:
            return at
        at = end
    while toks[at].text == "[" and at + 1 < len(toks) and toks[at + 1].text == "]" and toks[at].kind == "op":
        at += 2
    return at


def skip_generics(toks: list[Token], at: int) -> int:
    open_ = 0
    for index in range(at, min(at + 40, len(toks))):
        token = toks[index]
        if token.kind == "name" or token.text in (",", "?", ".", "[", "]", "&"):
            continue
        if token.kind != "op" or token.text not in ("<", ">", ">>", ">>>"):
            return at
        open_ += 1 if token.text == "<" else -len(token.text)
        if open_ <= 0:
            return index + 1 if open_ == 0 else at
    return at
