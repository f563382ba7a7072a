"""JavaScript (actions/github-script and the like): expressions pasted as values, and what a script hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from guardrail.inputs.pipelines.expressions import Expression
from guardrail.model.patterns import lazy_regex

MAX_LOOKED_AT = 50_000  # characters before an expression
# Strings, comments and what stands between them; what is left open has a group of its own.
_PARTS = lazy_regex(
    r"[^\"'`/]+|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|//[^\n]*(?=\n)|/\*.*?\*/|/(?![/*])"
    r"|(?P<open>[\"'`/])",
    re.DOTALL,
)
_BEFORE_A_VALUE = lazy_regex(r"(?:[=(,:\[?]|&&|\|\||\breturn)\s*\Z")


def is_value(code: str, expression: Expression) -> bool:
    """Whether it pastes JSON where JavaScript takes a value: JSON is a literal of JavaScript's (ECMAScript 2019), which
    nothing in it can break out of. Within a string or a comment something can."""
    node = expression.node
    if node is None or node[0] != "call" or node[1] != "tojson" or expression.start > MAX_LOOKED_AT:
        return False
    before = code[: expression.start]
    if not _BEFORE_A_VALUE.search(before[-80:]):
        return False
    return not any(part["open"] for part in _PARTS.finditer(before))


# What a script hands on ---------------------------------------------------------------------------------------

MAX_DEFINED = 300  # names of one script
MAX_VALUE = 2000  # characters
MAX_PATHS = 50  # of one value
MAX_PATH = 300  # characters

_HANDS_ON = lazy_regex(
    r"\bcore\.(?P<what>setOutput|exportVariable)\(\s*[\"'`](?P<name>[\w.-]+)[\"'`]\s*,\s*(?P<value>[^\n]*)"
)
_DEFINED = lazy_regex(
    r"(?:\b(?:const|let|var)\s+|^[ \t]*)(?P<name>[A-Za-z_$][\w$]*|\{[^=;()]{0,300}?\})"
    r"(?:\s*=(?![=>])\s*|\s+of\s+)(?P<value>[^\n]*)",
    re.MULTILINE,
)
_UNPACKED = lazy_regex(r"([A-Za-z_$][\w$]*)(?:\s*:\s*(?:([A-Za-z_$][\w$]*)|(\{)))?|(\})")
_API = lazy_regex(
    r"\(?\s*(?:await\s+)?(?P<pages>\w+\.paginate\(\s*)?(?:github|octokit|client)(?:\.rest)?\.(?P<method>[a-z]\w*\.\w+)\s*[(,]"
)
_OF_ANSWER = lazy_regex(r"\)\s*\)((?:\.\w+)+)")
_PLACE = r"(?:\s*\??\.\s*(?:[A-Za-z_$][\w$]*|(?=\[))|\[\s*(?:\d+|\"[^\"\n]*\"|'[^'\n]*')\s*\])"
_TOKENS = lazy_regex(
    r"(?P<comment>//[^\n]*|/\*.{0,1000}?\*/)|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<template>`(?:[^`\\]|\\.)*`)"
    rf"|(?P<path>[A-Za-z_$][\w$]*{_PLACE}*)(?P<call>\s*\()?"
    rf"|\)(?P<after>{_PLACE}+)(?P<again>\s*\()?|(?P<sign>[()\[\]])",
    re.DOTALL,
)
_HOLE = lazy_regex(r"\$\{([^{}]*)\}")
_STEPS = lazy_regex(r"\.?\s*([A-Za-z_$][\w$]*)|\[\s*[\"']([^\"']*)[\"']\s*\]")
_COMPARED = lazy_regex(r"\s*(?:[=!]==?|[<>]=?|\?(?![.?])|\bin\b|&&)")
_COMPARES = lazy_regex(r"(?:[=!]==?|[<>]=?|!|\btypeof\b)\s*\Z")
_LEAVES = frozenset(  # methods that leave the words in place
    ("trim", "trimStart", "trimEnd", "toString", "toLowerCase", "toUpperCase", "slice", "substring", "substr", "split",
     "join", "concat", "at", "shift", "pop", "flat", "reverse", "normalize", "padStart", "padEnd", "filter", "find")
)  # fmt: skip
_TAKES_IN = frozenset(("String", "concat", "JSON.stringify", "push", "Array.from"))  # ... of what they are given
_OPENS = lazy_regex(
    r"(?P<skipped>//[^\n]*|/\*.{0,1000}?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"
    r"|(?P<function>(?:=>|\bfunction\b[^{}()]{0,100}\([^()]{0,300}\))\s*\{)|(?P<open>\{)|(?P<close>\})|\breturn\b(?P<returned>[^\n;]*)",
    re.DOTALL,
)


class Handed(NamedTuple):
    """What a script hands on: an output ("result" is what it returns), or a variable of the environment."""

    is_output: bool
    name: str
    value: str
    start: int
    end: int


class Origins(NamedTuple):
    """What a value is made of: paths into the event, variables of the environment, (method, path) of answers of
    Octokit, and texts in which expressions stand."""

    payload: list[str]
    variables: list[str]
    answers: list[tuple[str, str]]
    texts: list[str]


def handed_on(code: str) -> Iterator[Handed]:
    for match in _HANDS_ON.finditer(code):
        value = match["value"][:MAX_VALUE]
        yield Handed(match["what"] == "setOutput", match["name"], value, match.start(), match.end())
    if "return" not in code:
        return
    functions: list[bool] = []  # for each brace that is open, whether it is a function's
    inside = 0  # how many of them are
    for match in _OPENS.finditer(code):
        if match["function"] or match["open"]:
            functions.append(bool(match["function"]))
            inside += functions[-1]
        elif match["close"] and functions:
            inside -= functions.pop()
        elif match["returned"] and not inside:
            yield Handed(True, "result", match["returned"][:MAX_VALUE], match.start(), match.end())


class Script:
    """The names of a script, for what its values are made of. All that is ever given to a name counts."""

    def __init__(self, code: str) -> None:
        self.names: dict[str, dict[tuple[str, str], None]] = {}  # the value, and the path into it
        for match in islice(_DEFINED.finditer(code), MAX_DEFINED):
            pattern, value = match["name"], match["value"][:MAX_VALUE]
            for name, path in _unpacked(pattern) if pattern.startswith("{") else ((pattern, ""),):
                self.names.setdefault(name, {})[value, path] = None
        self._known: dict[str, tuple[list[str], list[str]]] = {}

    def origins(self, value: str) -> Origins:
        paths, texts = self._resolved(value)
        found = Origins([], [], [], [value, *texts] if "${{" in value else texts)
        for path in paths:
            if path.startswith("context.payload."):
                found.payload.append(path.removeprefix("context.payload."))
            elif path.startswith("process.env."):
                found.variables.append(path.removeprefix("process.env."))
            elif path.startswith("api:"):
                method, _, rest = path.removeprefix("api:").partition(":")
                found.answers.append((method, rest.removeprefix(".data").removeprefix(".items").removeprefix(".")))
        return found

    def _resolved(self, value: str) -> tuple[list[str], list[str]]:
        """Paths that a value is made of, and texts with expressions; each value is looked at once, so that names that
        are made of each other come to an end."""
        known = self._known.get(value)
        if known is not None:
            return known
        self._known[value] = [], []
        answer = _API.match(value)
        if answer:
            into = _OF_ANSWER.search(value) if value.startswith("(") else None
            asked = f"api:{answer['method']}:{'.data' if answer['pages'] else ''}{into[1] if into else ''}"
            self._known[value] = [asked], []
            return self._known[value]
        found: dict[str, None] = {}
        texts: dict[str, None] = {}
        for path in _paths(value):
            first, dot, rest = path.partition(".")
            if first in ("context", "process"):
                found[path] = None
            for text, part in self.names.get(first, ()):
                if "${{" in text and not dot:
                    texts[text] = None
                paths, more = self._resolved(text)
                texts.update(dict.fromkeys(more))
                found.update(dict.fromkeys(one + part + dot + rest for one in paths))
            if len(found) > MAX_PATHS:
                break
        kept = [path for path in found if len(path) <= MAX_PATH]
        self._known[value] = kept[:MAX_PATHS], list(texts)[:MAX_PATHS]
        return self._known[value]


def _unpacked(pattern: str) -> Iterator[tuple[str, str]]:
    """`{ data: { title, head: h } }` -> (title, .data.title), (h, .data.head)."""
    path: list[str] = []
    for match in _UNPACKED.finditer(pattern[1:]):
        if match[4]:
            del path[-1:]
        elif match[3]:
            path.append(match[1])
        else:
            yield match[2] or match[1], "".join(f".{step}" for step in (*path, match[1]))


def _paths(value: str) -> list[str]:
    """What is named in a value and whose words may come out of it: not what is compared, or handed to functions of
    which nobody knows what they do with it. Indexes are left out."""
    found: list[str] = []
    # For each bracket that is open: whether words come out of it, and what had been found before all of its value.
    inside: list[tuple[bool, int]] = []
    for match in _TOKENS.finditer(value):
        flows = all(one for one, _ in inside)
        if match["template"]:
            for hole in _HOLE.findall(match["template"]) if flows else ():
                found += _paths(hole)
        elif match["path"]:
            steps = [name or key for name, key in _STEPS.findall(match["path"])]
            begin = len(found)
            if match["call"]:
                method = steps.pop()
                if flows and method in _LEAVES and steps:
                    found.append(".".join(steps))
                inside.append((method in _TAKES_IN or ".".join((*steps, method)) in _TAKES_IN, begin))
            elif flows and not _is_compared(value, match.start(), match.end()):
                found.append(".".join(steps))
        elif match["sign"] in ("(", "["):  # what follows a name is what is looked for in it
            inside.append((match["sign"] == "(" or not value[: match.start()][-1:].isalnum(), len(found)))
        elif match["sign"] or match["after"]:
            if not inside:
                break  # of the call that the value is handed to
            _, begin = inside.pop()
            steps = [name or key for name, key in _STEPS.findall(match["after"] or "")]
            method = steps.pop() if match["again"] and steps else ""
            if match["again"]:
                inside.append((method in _TAKES_IN, begin))
            lost = method and method not in _LEAVES
            found[begin:] = [] if lost else [".".join((one, *steps)) for one in found[begin:]]
    return found


def _is_compared(value: str, start: int, end: int) -> bool:
    return bool(_COMPARED.match(value, end) or _COMPARES.search(value[max(start - 12, 0) : start]))
