"""Composite literals of Go: as much of the language as the schemas of Terraform providers are written in."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|\d[\w.]*|[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*"""
    r"""|:=|[{}()\[\]:,&*!=+<>|;.-]|\S""",
    re.S,
)


class Literal(NamedTuple):
    """A composite literal; members are (key, value), whose keys are "" in lists."""

    members: list[tuple[str, Any]]


class Called(NamedTuple):
    name: str


class Name(NamedTuple):
    text: str


class Parser:
    """Composite literals in a function's body; what it doesn't understand becomes a Name of no meaning."""

    def __init__(self, text: str) -> None:
        self.tokens = [t for t in _TOKEN.findall(text) if not t.startswith(("//", "/*"))]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else ""

    def value(self) -> Any:
        """Up to a comma or a closing sign on its own level."""
        start = self.at
        if self.peek() == "&":
            self.at += 1
        if self.peek() == "func":
            return self.closure()
        self.type_()
        if self.peek() == "{":
            return self.literal()
        self.at = start
        first = self.peek()
        if re.fullmatch(r"[A-Za-z_][\w.]*", first) and self.peek(1) == "(":
            self.at += 1
            inside = self.skipped_group()
            if self.ends():
                if first in ("string", "int", "float64", "pointer.To", "maps.Clone") and len(inside) == 1:
                    return scalar(inside[0])
                return Called(first)
        elif first == "-" and re.fullmatch(r"\d[\w.]*", self.peek(1)):
            self.at += 2
            if self.ends():
                return scalar("-" + self.tokens[self.at - 1])
        else:
            self.at += 1
            if self.ends():
                return scalar(first)
        self.at = start
        self.skip()
        return Name("")

    def ends(self) -> bool:
        return self.peek() in (",", "}", ")", "", ";") or self.at >= len(self.tokens)

    def type_(self) -> None:
        """Over a type in front of a literal."""
        while self.peek() in ("[", "*", "map") or re.fullmatch(r"[A-Za-z_][\w.]*", self.peek()):
            if self.peek() == "[":
                self.skipped_group()
            else:
                self.at += 1

    def closure(self) -> Any:
        """`func() map[string]*schema.Schema { return ... }`"""
        while self.peek() not in ("{", ""):
            if self.peek() in ("(", "["):
                self.skipped_group()
            else:
                self.at += 1
        begin = self.at
        inside = self.skipped_group()
        after = self.at
        self.at = begin + 1
        made: Any = Name("")
        if inside[:1] == ["return"]:
            self.at += 1
            made = self.value()
        self.at = after
        if self.peek() == "(":
            self.skipped_group()
        return made

    def literal(self) -> Literal:
        self.at += 1
        members: list[tuple[str, Any]] = []
        while self.peek() not in ("}", ""):
            key = ""
            if self.peek(1) == ":" and self.peek() != "{":
                key = self.peek()
                self.at += 2
            before = self.at
            members.append((key, self.value()))
            if self.peek() == "," or self.at == before:
                self.at += 1
        self.at += 1
        return Literal(members)

    def skipped_group(self) -> list[str]:
        """Over a bracketed group; what is inside."""
        depth, start = 0, self.at + 1
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token in ("(", "[", "{"):
                depth += 1
            elif token in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    break
        return self.tokens[start : self.at - 1]

    def skip(self) -> None:
        while self.at < len(self.tokens) and self.peek() not in (",", "}", ")", ";"):
            if self.peek() in ("(", "[", "{"):
                self.skipped_group()
            else:
                self.at += 1


def scalar(token: str) -> Any:
    """A literal's value; a Name for anything else."""
    if token in ("true", "false"):
        return token == "true"
    if token.startswith('"'):
        try:
            return json.loads(token)
        except ValueError:
            return Name("")
    if token.startswith("`"):
        return token[1:-1]
    if re.fullmatch(r"-?\d+", token):
        return int(token)
    if re.fullmatch(r"-?\d+\.\d+", token):
        return float(token)
    return Name(token)
