"""Which of a chart's values an action may put out: `.Values.a.b`, what `with` and `range` make of the dot, variables,
what an `include` is given. A value may flow through functions; whether it came out as it went in is for the caller to
see. What isn't understood flows from nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Union

from guardrail.inputs.kubernetes.helm.syntax import Action, Template
from guardrail.model.patterns import lazy_regex

MAX_STEPS = 4000  # of one look; what takes longer is given up
MAX_FLOWS = 60
MAX_INCLUDES = 4
EACH = object()
"""The step of a path into each element of what `range` goes over."""

Path = tuple[object, ...]  # names, indexes and EACH, from `.Values` on


class Values(NamedTuple):
    """Part of the values."""

    path: Path


class Root(NamedTuple):
    """The dot at a template's top: `.Values` and the rest."""


class Made(NamedTuple):
    """A `dict` or `list` made in a template: what each key may hold."""

    entries: Mapping[str, tuple[Flow, ...]]


Flow = Union[Values, Root, Made]  # noqa: UP007 - names itself, further up
Flows = tuple[Flow, ...]

_TOKEN = lazy_regex(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')|(?P<number>[-+]?[0-9][\w.+-]*)
    |(?P<field>(?:\$[A-Za-z0-9_]*)?(?:\.[A-Za-z_][A-Za-z0-9_]*)+|\$[A-Za-z0-9_]*|\.)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>:=|=|[()|,]))""",
    re.X,
)
_NOTHING_NAMES = """
    eq ne lt le gt ge not len empty hasKey contains hasPrefix hasSuffix kindIs kindOf typeIs typeOf fail lookup has
    regexMatch mustRegexMatch semverCompare now date randAlphaNum genCA uuidv4 sha256sum sha1sum keys
"""
_NOTHING_COMES_OUT = frozenset(_NOTHING_NAMES.split())
_DECLARATION = lazy_regex(r"\s*(\$\w*)(?:\s*,\s*(\$\w*))?\s*:?=(?!=)")
_SET = lazy_regex(r"\s*(?:\$\w*\s*:?=\s*)?set\s+(\$\w+)\s+(?=[\"`(])")
_KEY, _VALUE, _ENTRY = range(3)  # of a variable: the first of two, the last, something that is put into it
_TEMPLATE = lazy_regex(r"template\s+(\"(?:[^\"\\]|\\.)*\"|`[^`]*`)")


class Frame(NamedTuple):
    """Where a template's text is looked at: the file, the `define` in it (None: its own), and what the dot is."""

    template: Template
    unit: Action | None
    dot: Flows


class Looker:
    """Looks into the templates of one chart, its subcharts' and libraries' among them."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self.defines: dict[str, tuple[Template, Action]] = {}
        for template in templates:
            for name, action in template.defines.items():
                self.defines[name] = (template, action)
        self._declared: dict[tuple[int, int], list[tuple[Action, str, int, str]]] = {}
        self._known: dict[tuple[int, ...], Flows] = {}
        self.steps = 0

    def flows(self, chain: list[tuple[Template, Action]]) -> Flows:
        """What the last action of a chain may put out. Each but the first stands in a `define` that the one before
        includes. It is the same whatever the values are."""
        key = tuple(id(action) for _, action in chain)
        known = self._known.get(key)
        if known is None:
            try:
                known = self._flows(chain)
            except RecursionError:  # a variable that is made of one that is made of one...
                known = ()
            self._known[key] = known
        return known

    def _flows(self, chain: list[tuple[Template, Action]]) -> Flows:
        self.steps = 0
        dot: Flows = (Root(),)
        for position, (template, action) in enumerate(chain):
            frame = Frame(template, action.unit, dot)
            if position + 1 < len(chain):
                inner = chain[position + 1][1]
                given = self._given(action, frame, inner.unit.name if inner.unit else "")
                if given:
                    dot = given
                continue
            return self._expression(action.body, action, frame, 0)
        return ()

    def _given(self, action: Action, frame: Frame, name: str) -> Flows:
        """What an `include` (or `template`) of this name hands over as the dot."""
        return _Parser(self, action, frame, 0).argument_of_include(action.body, name)

    def _expression(self, text: str, action: Action, frame: Frame, depth: int) -> Flows:
        declared = _DECLARATION.match(text)
        return _Parser(self, action, frame, depth).flows(text[declared.end() :] if declared else text)

    def dot_at(self, action: Action, frame: Frame, depth: int) -> Flows:
        for block, in_else in reversed(action.blocks):
            if in_else or block is action:
                continue
            kind = block.keyword
            if kind in ("with", "range") or (kind == "else" and block.body.startswith("else with")):
                skipped = len("else with") if kind == "else" else len(kind)
                found = self._expression(block.body[skipped:], block, frame, depth)
                return _elements(found) if kind == "range" else found
        return frame.dot

    def variable(self, name: str, action: Action, frame: Frame, depth: int) -> Flows:
        """What a variable may hold where an action stands: all that was assigned to it above."""
        if name == "$":
            return frame.dot
        found: list[Flow] = []
        for declared, variable, place, text in reversed(self._declarations(frame)):
            if variable != name or declared.start >= action.start:
                continue
            if declared.keyword == "range":
                if place == _KEY:
                    continue
                flows = _elements(self._expression(text, declared, frame, depth))
            else:
                flows = self._expression(text, declared, frame, depth)
            found += [flow for flow in flows if flow not in found]
            declares = place != _ENTRY and ":=" in declared.body[: len(declared.body) - len(text)]
            if declares or len(found) > MAX_FLOWS:
                break
        return tuple(found)

    def _declarations(self, frame: Frame) -> list[tuple[Action, str, int, str]]:
        """(action, variable, what of it, expression), in order."""
        key = (id(frame.template), id(frame.unit))
        if key not in self._declared:
            found: list[tuple[Action, str, int, str]] = []
            for action in frame.template.actions_of(frame.unit):
                body = action.body
                if action.keyword in ("with", "range", "if"):
                    body = body[len(action.keyword) :]
                elif action.keyword:
                    continue
                match = _DECLARATION.match(body)
                if match:
                    first, second = match.group(1), match.group(2)
                    if second:
                        found.append((action, first, _KEY, body[match.end() :]))
                    found.append((action, second or first, _VALUE, body[match.end() :]))
                match = _SET.match(body)
                if match:
                    found.append((action, match.group(1), _ENTRY, "dict " + body[match.end() :]))
            self._declared[key] = found
        return self._declared[key]

    def inside(self, name: str, dot: Flows, depth: int) -> Flows:
        """What a `define` may put out: all that its actions do."""
        if depth >= MAX_INCLUDES or name not in self.defines:
            return ()
        template, define = self.defines[name]
        frame = Frame(template, define, dot)
        found: list[Flow] = []
        for action in template.actions_of(define):
            if action.prints and self.steps < MAX_STEPS:
                found += [flow for flow in self._expression(action.body, action, frame, depth + 1) if flow not in found]
        return tuple(found[:MAX_FLOWS])


def _elements(flows: Flows) -> Flows:
    found: list[Flow] = []
    for flow in flows:
        if isinstance(flow, Values):
            found.append(Values((*flow.path, EACH)))
        elif isinstance(flow, Made):
            found += [inner for entry in flow.entries.values() for inner in entry]
    return tuple(found[:MAX_FLOWS])


def _field(flows: Flows, name: str) -> Flows:
    found: list[Flow] = []
    for flow in flows:
        if isinstance(flow, Root):
            if name == "Values":
                found.append(Values(()))
        elif isinstance(flow, Values):
            found.append(Values((*flow.path, name)))
        else:
            found += flow.entries.get(name, ())
    return tuple(found)


class _Parser:
    """Reads one pipeline. A value is (flows, the text of a literal or None, the pipeline's own words)."""

    def __init__(self, looker: Looker, action: Action, frame: Frame, depth: int) -> None:
        self.looker, self.action, self.frame, self.depth = looker, action, frame, depth
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        self.wanted: str | None = None
        self.handed: Flows = ()

    def flows(self, text: str) -> Flows:
        called = _TEMPLATE.match(text)
        if called:  # everything behind its name is one pipeline
            given = text[called.end() :]
            text = f"include {called.group(1)} ({given})" if given.strip() else f"include {called.group(1)}"
        self.tokens = _tokens(text)
        self.position = 0
        return tuple(dict.fromkeys(self._pipeline(0)[0]))[:MAX_FLOWS] if self._go_on() else ()

    def argument_of_include(self, text: str, name: str) -> Flows:
        self.wanted = name
        self.flows(text)
        return self.handed

    def _go_on(self) -> bool:
        self.looker.steps += 1
        return self.looker.steps < MAX_STEPS

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("", "")

    def _pipeline(self, nested: int) -> tuple[Flows, str | None]:
        value: tuple[Flows, str | None] | None = None
        while True:
            value = self._command(value, nested)
            if self._peek() != ("sign", "|"):
                return value
            self.position += 1

    def _command(self, piped: tuple[Flows, str | None] | None, nested: int) -> tuple[Flows, str | None]:
        kind, text = self._peek()
        if kind == "word" and text not in ("true", "false", "nil"):
            self.position += 1
            arguments = self._arguments(nested)
            if piped is not None:
                arguments.append(piped)
            return self._call(text, arguments)
        arguments = self._arguments(nested)
        if not arguments:
            return ((), None)
        return arguments[0]

    def _arguments(self, nested: int) -> list[tuple[Flows, str | None]]:
        found: list[tuple[Flows, str | None]] = []
        while self.position < len(self.tokens) and self._go_on():
            kind, text = self._peek()
            if kind == "sign" and text == "(":
                if nested > 60:
                    self.position = len(self.tokens)
                    break
                self.position += 1
                value = self._pipeline(nested + 1)
                if self._peek() == ("sign", ")"):
                    self.position += 1
                if self._peek()[0] == "chained":  # `(index .a 0).b`
                    flows = value[0]
                    for name in self._peek()[1].split(".")[1:]:
                        flows = _field(flows, name)
                    value = (flows, None)
                    self.position += 1
                found.append(value)
            elif kind == "sign":
                break
            else:
                self.position += 1
                found.append(self._operand(kind, text))
        return found

    def _operand(self, kind: str, text: str) -> tuple[Flows, str | None]:
        if kind == "string":
            return ((), text[1:-1])
        if kind == "number":
            return ((), text)
        if kind != "field":
            return ((), None)
        head, *names = text.split(".")
        if head:
            flows = self.looker.variable(head, self.action, self.frame, self.depth)
        else:
            flows = self.looker.dot_at(self.action, self.frame, self.depth)
        for name in names:
            if name:
                flows = _field(flows, name)
        return (flows, None)

    def _call(self, name: str, arguments: list[tuple[Flows, str | None]]) -> tuple[Flows, str | None]:
        if name in _NOTHING_COMES_OUT:
            return ((), None)
        if name == "include":
            given = arguments[1][0] if len(arguments) > 1 else ()
            called = arguments[0][1] if arguments else None
            if self.wanted is not None and called in (self.wanted, None) and not self.handed:
                self.handed = given
            inner = self.looker.inside(called, given, self.depth) if called and self.wanted is None else ()
            return ((*given, *inner), None)
        if name == "dict":
            entries: dict[str, Flows] = {}
            for key, value in zip(arguments[::2], arguments[1::2], strict=False):
                if key[1] is not None:
                    entries[key[1]] = value[0]
            return ((Made(_Frozen(entries)),), None)
        if name == "set" and len(arguments) == 3:
            held, entry = arguments[0][0], arguments[1][1]
            return ((*held, Made(_Frozen({entry: arguments[2][0]}))) if entry is not None else held, None)
        if name in ("list", "tuple"):
            return ((Made(_Frozen({str(index): value[0] for index, value in enumerate(arguments)})),), None)
        if name in ("index", "get", "dig"):
            if name == "dig":
                flows, keys = arguments[-1][0] if arguments else (), arguments[:-2]
            else:
                flows, keys = arguments[0][0] if arguments else (), arguments[1:]
            for key in keys:
                if key[1] is None:
                    return (_elements(flows), None)
                flows = _field(flows, key[1])
            return (flows, None)
        if name == "first":
            return (_field(arguments[0][0], "0") if arguments else (), None)
        return (tuple(flow for value in arguments for flow in value[0]), None)


class _Frozen(dict[str, Flows]):
    """A dict that can be a member of a set, where it equals itself alone."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        kind = match.lastgroup or ""
        start = match.start(kind) if kind else position
        if kind == "field" and text[start] == "." and text[start - 1 : start] == ")":
            kind = "chained"
        found.append((kind, match.group(match.lastgroup or 0)))
        position = match.end()
    return found
