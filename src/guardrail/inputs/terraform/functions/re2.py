"""RE2's regular expressions, as Go reads them: what is valid, and what Python's `re` says for the same.

A pattern is read into a tree. From that come the text for Python's engine, and, where that might take for ever, a
program for a matcher that is linear in the text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache
from typing import Any

from guardrail.inputs.terraform.functions.linear import Linear
from guardrail.model.patterns import lazy_regex

MAX_REPEAT = 1000
MAX_PATTERN = 2_000  # characters
MAX_DEPTH = 100


class Invalid(Exception):
    """A pattern that RE2 rejects."""


class Unsupported(Exception):
    """A pattern that RE2 takes and that is not worked out here."""


_POSIX = {"alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
          "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~",
          "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f"}  # fmt: skip
_PERL = {"d": "0-9", "s": r"\t\n\f\r ", "w": "0-9A-Za-z_"}
_CONTROL = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_REPEAT = lazy_regex(r"\{(\d+)(?:(,)(\d*))?\}")
_GROUP = lazy_regex(r"\(\?(?:P?<(?P<name>[^>]*)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")

# Nodes: ("one", text), ("edge", text), ("cat", nodes), ("alt", nodes), ("group", node, number or 0),
# ("repeat", node, low, high or None, lazy).
Tree = tuple[Any, ...]


class Pattern:
    """`names`: of the groups, "" for one without. Raises Invalid and Unsupported."""

    def __init__(self, source: str) -> None:
        if len(source) > MAX_PATTERN:
            raise Unsupported("the regular expression is too long to be run safely")
        self.source, self.at = source, 0
        self.names: list[str] = []
        self.unbounded = 0
        self.choices = 0.0  # binary logarithm of the ways that the bounded repeats and alternatives can go
        self.nested = False  # whether what may match in several ways is repeated without bound
        self.tree = self.alternatives({"i": False, "m": False, "s": False, "U": False}, 0)
        if self.at < len(source):
            raise Invalid("a parenthesis is closed that was not opened")
        self.compiled = re.compile(_written(self.tree))
        self._linear: Linear | None = None

    def linear(self) -> Linear:
        if self._linear is None:
            self._linear = Linear(self.tree, len(self.names))
        return self._linear

    def steps(self, size: int) -> float:
        """Binary logarithm of the steps that Python's engine may take at the worst on a text of this size."""
        return self.choices + (self.unbounded + 1) * math.log2(size + 1)

    # ---- reading ----

    def alternatives(self, flags: dict[str, bool], depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise Unsupported("the regular expression is nested too deep")
        branches: list[Tree] = []
        items: list[Tree] = []
        source = self.source
        while self.at < len(source):
            letter = source[self.at]
            if letter == ")":
                break
            if letter == "|":
                self.at += 1
                branches.append(("cat", items))
                items = []
            elif letter == "(":
                made = self.group(flags, depth)
                if made is not None:
                    items.append(self.repeated(made, flags))
            elif letter in "*+?" or (letter == "{" and _REPEAT.match(source, self.at) and not items):
                raise Invalid("a repeat has nothing to repeat")
            elif source.startswith("\\Q", self.at):
                end = source.find("\\E", self.at)
                quoted = source[self.at + 2 : end if end >= 0 else None]
                self.at = end + 2 if end >= 0 else len(source)
                items += [self.one(re.escape(part), flags) for part in quoted[:-1]]
                if quoted:
                    items.append(self.repeated(self.one(re.escape(quoted[-1]), flags), flags))
            else:
                items.append(self.repeated(self.atom(flags), flags))
        branches.append(("cat", items))
        if len(branches) > 1:
            self.choices += math.log2(len(branches))
        return branches[0] if len(branches) == 1 else ("alt", branches)

    def group(self, flags: dict[str, bool], depth: int) -> Tree | None:
        number = 0
        inner = dict(flags)
        if self.source.startswith("(?", self.at):
            found = _GROUP.match(self.source, self.at)
            if found is None:
                raise Invalid("what follows (? is not known")
            self.at = found.end()
            if found["name"] is not None:
                if not re.fullmatch(r"\w+", found["name"], re.A):
                    raise Invalid("the name of a group is not valid")
                self.names.append(found["name"])
                number = len(self.names)
            else:
                on, _, off = found["flags"].partition("-")
                if not found["flags"] and found["end"] == ")":
                    raise Invalid("what follows (? is not known")
                changed = flags if found["end"] == ")" else inner
                changed.update(dict.fromkeys(on, True), **dict.fromkeys(off, False))
                if found["end"] == ")":
                    return None
        else:
            self.at += 1
            self.names.append("")
            number = len(self.names)
        tree = self.alternatives(inner, depth + 1)
        if self.at >= len(self.source):
            raise Invalid("a parenthesis is not closed")
        self.at += 1
        return ("group", tree, number)

    def repeated(self, node: Tree, flags: dict[str, bool]) -> Tree:
        source = self.source
        letter = source[self.at : self.at + 1]
        found = _REPEAT.match(source, self.at) if letter == "{" else None
        if found is None and letter not in ("*", "+", "?"):
            return node
        if found is not None:
            low = int(found[1]) if len(found[1]) < 5 else MAX_REPEAT + 1
            high: int | None = low
            if found[2]:
                high = None if not found[3] else int(found[3]) if len(found[3]) < 5 else MAX_REPEAT + 1
            if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
                raise Invalid("the bounds of a repeat are not valid")
            self.at = found.end()
        else:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[letter]
            self.at += 1
        lazy = source.startswith("?", self.at)
        self.at += lazy
        if source[self.at : self.at + 1] in ("*", "+", "?") or _REPEAT.match(source, self.at):
            raise Invalid("a repeat is repeated")
        if high is None:
            self.unbounded += 1
            self.nested = self.nested or _several_ways(node)
        elif high > 1 and _several_ways(node):
            self.nested = True
        elif high != low:
            self.choices += 1
        return ("repeat", node, low, high, lazy != flags["U"])

    def one(self, text: str, flags: dict[str, bool]) -> Tree:
        return ("one", f"(?i:{text})" if flags["i"] else text)

    def atom(self, flags: dict[str, bool]) -> Tree:
        letter = self.source[self.at]
        self.at += 1
        if letter == ".":
            return ("one", r"[\s\S]" if flags["s"] else r"[^\n]")
        if letter == "^":
            return ("edge", "(?m:^)" if flags["m"] else r"\A")
        if letter == "$":
            return ("edge", r"(?=\n|\Z)" if flags["m"] else r"\Z")
        if letter == "[":
            return self.one(self.members(), flags)
        if letter != "\\":
            return self.one(re.escape(letter), flags)
        kind = self.source[self.at : self.at + 1]
        edge = {"A": r"\A", "z": r"\Z", "b": r"(?a:\b)", "B": r"(?a:\B)"}.get(kind)
        if edge is not None:
            self.at += 1
            return ("edge", edge)
        if kind == "C":
            raise Unsupported("the regular expression looks at single bytes")
        found = self.known_class()
        return self.one(f"[{found}]" if found is not None else re.escape(self.escaped()), flags)

    def known_class(self) -> str | None:
        """What a `\\d` or `\\pL` (its letter comes next) stands for between brackets."""
        kind = self.source[self.at : self.at + 1]
        if kind.lower() in _PERL and kind:
            self.at += 1
            inside = _PERL[kind.lower()]
            return inside if kind.islower() else _outside(inside)
        if kind not in ("p", "P") or not kind:
            return None
        name = self.source[self.at + 1 : self.at + 2]
        self.at += 2
        if name == "{":
            end = self.source.find("}", self.at)
            if end < 0:
                raise Invalid("the name of a class is not closed")
            name, self.at = self.source[self.at : end], end + 1
        negated = (kind == "P") != name.startswith("^")
        return _unicode_class(name.removeprefix("^"), negated)

    def escaped(self) -> str:
        """The character that an escape (its letter comes next) stands for."""
        source = self.source
        if self.at >= len(source):
            raise Invalid("the expression ends in a backslash")
        letter = source[self.at]
        self.at += 1
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter == "0" or (letter in "1234567" and source[self.at : self.at + 1] in tuple("01234567")):
            digits = re.compile("[0-7]{0,2}").match(source, self.at)
            assert digits is not None
            self.at = digits.end()
            return chr(int(letter + digits[0], 8))
        if letter == "x":
            found = re.compile(r"([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,8})\}").match(source, self.at)
            code = int(found[1] or found[2], 16) if found else -1
            if found is None or code > 0x10FFFF:
                raise Invalid("an escape by number is not valid")
            self.at = found.end()
            return chr(code)
        if letter.isascii() and not letter.isalnum():
            return letter
        raise Invalid(f"there is no escape \\{letter}")

    def members(self) -> str:
        """A bracketed class, as Python has it."""
        source = self.source
        negated = source.startswith("^", self.at)
        self.at += negated
        first = True
        out: list[str] = []
        while first or not source.startswith("]", self.at):
            first = False
            if self.at >= len(source):
                raise Invalid("a class is not closed")
            if source.startswith("[:", self.at) and ":]" in source[self.at + 2 :]:
                end = source.index(":]", self.at)
                name = source[self.at + 2 : end]
                if name.removeprefix("^") not in _POSIX:
                    raise Invalid("there is no such class")
                inside = _POSIX[name.removeprefix("^")]
                out.append(_outside(inside) if name.startswith("^") else inside)
                self.at = end + 2
                continue
            if source[self.at] == "\\":
                self.at += 1
                known = self.known_class()
                if known is not None:
                    out.append(known)
                    continue
                low = self.escaped()
            else:
                low = source[self.at]
                self.at += 1
            high = low
            if source.startswith("-", self.at) and source[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = source[self.at]
                self.at += 1
                if high == "\\":
                    high = self.escaped()
                if high < low:
                    raise Invalid("a range of a class runs backwards")
            out.append(_code(low) if low == high else f"{_code(low)}-{_code(high)}")
        self.at += 1
        return f"[{'^' if negated else ''}{''.join(out)}]"


def _code(letter: str) -> str:
    return letter if letter.isascii() and letter.isalnum() else f"\\U{ord(letter):08x}"


@cache
def _outside(inside: str) -> str:
    """All that a class between brackets lacks, as such a class."""
    kept = re.compile(f"[{inside}]")
    return _ranges([code for code in range(0x80) if not kept.match(chr(code))]) + r"\x80-\U0010ffff"


def _ranges(codes: list[int]) -> str:
    out: list[str] = []
    at = 0
    while at < len(codes):
        end = at
        while end + 1 < len(codes) and codes[end + 1] == codes[end] + 1:
            end += 1
        out.append(f"\\U{codes[at]:08x}-\\U{codes[end]:08x}")
        at = end + 1
    return "".join(out)


_CATEGORIES = frozenset((
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
))  # fmt: skip


@cache
def _unicode_class(name: str, negated: bool) -> str:
    if name == "Any":
        if negated:
            raise Unsupported("the regular expression has a class of nothing")
        return r"\x00-\U0010ffff"
    if name not in _CATEGORIES:
        raise Unsupported(f"the regular expression has the class of Unicode {name[:20]}")
    category = unicodedata.category
    return _ranges([code for code in range(0x110000) if category(chr(code)).startswith(name) != negated])


def _several_ways(node: Tree) -> bool:
    kind = node[0]
    if kind == "cat":
        return any(_several_ways(item) for item in node[1])
    if kind == "group":
        return _several_ways(node[1])
    return bool(kind in ("alt", "repeat"))


def _written(node: Tree) -> str:
    kind = node[0]
    if kind in ("one", "edge"):
        return str(node[1])
    if kind == "cat":
        return "".join([_written(item) for item in node[1]])
    if kind == "alt":
        return "|".join([_written(item) for item in node[1]])
    if kind == "group":
        return f"({'' if node[2] else '?:'}{_written(node[1])})"
    _, inner, low, high, lazy = node
    if (low, high) == (0, None):
        mark = "*"
    elif (low, high) == (1, None):
        mark = "+"
    else:
        mark = f"{{{low},{'' if high is None else high}}}"
    return f"(?:{_written(inner)}){mark}{'?' if lazy else ''}"
