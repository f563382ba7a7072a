"""HCL's templates: from a flat run of tokens to nodes. Trims at `~`, takes the margin of `<<-` off, nests
`%{ if }` and `%{ for }`."""

from __future__ import annotations

import re

from guardrail.formats.hcl_conversions import nfc
from guardrail.formats.hcl_nodes import Literal, Node
from guardrail.formats.hcl_template_nodes import Template, TemplateFor, TemplateIf
from guardrail.model import Text
from guardrail.model.patterns import lazy_regex

_QUOTED = lazy_regex(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|([$%])\4\{')
_BARE = lazy_regex(r"([$%])\1\{")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_BLANK = " \t\n\r\v\f\x85\xa0"


class Token:
    """`kind`: text, value, if, else, endif, for or endfor."""

    __slots__ = ("kind", "line", "names", "node", "text", "trim_left", "trim_right")

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text
        self.node: Node | None = None
        self.names: list[str] = []
        self.line = 0
        self.trim_left = self.trim_right = False


def unescape(text: str, quoted: bool) -> str:
    if quoted:
        return nfc(_QUOTED.sub(_escape, text) if "\\" in text or "{" in text else text)
    return nfc(_BARE.sub(r"\1{", text) if "{" in text else text)


def _escape(match: re.Match[str]) -> str:
    short, long, control, dollar = match.groups()
    if control:
        return _CONTROL[control]
    if dollar:
        return f"{dollar}{{"
    number = int(short or long, 16)
    return "\ufffd" if number > 0x10FFFF or 0xD800 <= number < 0xE000 else chr(number)


def assemble(
    tokens: list[Token], line: int, flush: bool, by_line: bool, first_line: int, file: str = ""
) -> Node:
    """`by_line`: literals are one token a line, as everywhere but in quotes, so that `~` trims no further than a line's
    end. `first_line`: that of the first token in the file, for a heredoc. Raises ValueError where the
    directives do not nest."""
    if by_line:
        tokens = _lines(tokens)
    for index, token in enumerate(tokens):
        if token.trim_left and index and tokens[index - 1].kind == "text":
            tokens[index - 1].text = tokens[index - 1].text.rstrip(_BLANK)
        if token.trim_right and index + 1 < len(tokens) and tokens[index + 1].kind == "text":
            tokens[index + 1].text = tokens[index + 1].text.lstrip(_BLANK)
    margin = _flush(tokens) if flush else 0
    if any(token.kind not in ("text", "value") or token.trim_left or token.trim_right for token in tokens):
        first_line = 0
    if all(token.kind == "text" for token in tokens):
        text = "".join(token.text for token in tokens)
        return Literal(Text(text, first_line, margin, file=file) if first_line else text)
    if len(tokens) == 1 and tokens[0].node is not None and tokens[0].kind == "value":
        return tokens[0].node
    parts, end = _nest(tokens, 0, ())
    assert end == len(tokens)
    return Template(parts, line, first_line, margin, file)


def _lines(tokens: list[Token]) -> list[Token]:
    result: list[Token] = []
    for token in tokens:
        if token.kind == "text" and "\n" in token.text:
            pieces = token.text.split("\n")
            result += [Token("text", piece + "\n") for piece in pieces[:-1]]
            if pieces[-1]:
                result.append(Token("text", pieces[-1]))
        else:
            result.append(token)
    return result


def _flush(tokens: list[Token]) -> int:
    """Take the least indentation off every line; blank lines do not count. Gives what was taken off."""
    margin: int | None = None
    adjust: list[Token] = []
    at_start = True
    for token in tokens:
        if at_start:
            at_start = False
            spaces = 0
            if token.kind == "text":
                spaces = len(token.text) - len(token.text.lstrip(_BLANK))
                if spaces == len(token.text) and token.text.endswith("\n"):
                    spaces = -1
                else:
                    adjust.append(token)
            if spaces >= 0 and (margin is None or spaces < margin):
                margin = spaces
        if token.kind == "text" and token.text.endswith("\n"):
            at_start = True
    for token in adjust:
        token.text = token.text[margin or 0 :]
    return margin or 0


def _nest(tokens: list[Token], start: int, until: tuple[str, ...]) -> tuple[list[str | Node], int]:
    """Parts up to one of the `until` kinds; gives that token's position."""
    parts: list[str | Node] = []
    at = start
    while at < len(tokens):
        token = tokens[at]
        kind = token.kind
        if kind in until:
            return parts, at
        if kind == "text":
            if parts and type(parts[-1]) is str:
                parts[-1] += token.text
            elif token.text:
                parts.append(token.text)
        elif kind == "value" and token.node is not None:
            parts.append(token.node)
        elif kind == "if" and token.node is not None:
            yes, at = _nest(tokens, at + 1, ("else", "endif"))
            no = None
            if tokens[at].kind == "else":
                other, at = _nest(tokens, at + 1, ("endif",))
                no = Template(other, token.line)
            parts.append(TemplateIf(token.node, Template(yes, token.line), no, token.line))
        elif kind == "for" and token.node is not None and token.names:
            body, at = _nest(tokens, at + 1, ("endfor",))
            key = token.names[0] if len(token.names) == 2 else ""
            parts.append(TemplateFor(key, token.names[-1], token.node, Template(body, token.line), token.line))
        else:
            raise ValueError(f"%{{ {kind} }} without its beginning")
        at += 1
    if until:
        raise ValueError(f"%{{ {until[-1]} }} is missing")
    return parts, at
