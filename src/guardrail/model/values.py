"""Values as the readers give them and the rules see them.

A scalar is plain Python (`str`, `int`, `float`, `bool`, `None`). A mapping is a `Map`, a sequence a
`Seq`: a dict and a list that know, beside what they hold, where each part of it is written. What can't be
known is an `Unknown`, what must not be shown a `Sensitive`; both are values like any other.

Places. For each key (or index) `spans` has the place of the *entry*: in a mapping from the start of its key
to the end of its value, in a sequence the item itself. A key that is absent may still have a place there:
the deepest thing in the source that lacks it (concepts use this). `span` is the whole extent of a mapping
or sequence, `header` the part that a finding about the whole points at: `resource "a" "b"` of a block, the
key of a YAML mapping, the first entry of one in a list.

Origins. An entry whose value was worked out from something written elsewhere (a variable's default, a
Helm value, an anchor) has a function in `origins` that tells from where, nearest first. It is called only
for findings, so it may be slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from guardrail.model.span import NOWHERE, Span

Value = Any  # None | bool | int | float | str | Map | Seq | Unknown | Sensitive; recursive, so not spelt out


class Origin(NamedTuple):
    """One step of where a value came from: `note` says what it is ("default of var.acl")."""

    note: str
    span: Span
    value: Value


OriginsOf = Callable[[], "tuple[Origin, ...]"]


ELSEWHERE = "it comes from a chart that is not in the repository"
"""A reason that is told as a problem, once; that a rule cannot tell because of it is no news."""


class Unknown:
    """A value that cannot be known from the files. `reason` completes the sentence "cannot be known: ..."
    ("var.size has no value"); `refs` are the addresses that it depends on, as written.
    """

    __slots__ = ("reason", "refs")

    def __init__(self, reason: str, refs: tuple[str, ...] = ()) -> None:
        self.reason, self.refs = reason, refs

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars_of(self) == vars_of(other)

    def __hash__(self) -> int:
        return hash((self.reason, self.refs))


class Reference(Unknown):
    """An unknown that is known to be attribute `attribute` of the resource at `target` (an address in the
    inventory, instance key included where it is known). References are the edges between resources.
    """

    __slots__ = ("attribute", "target")

    def __init__(self, target: str, attribute: str, reason: str = "") -> None:
        self.target, self.attribute = target, attribute
        written = f"{target}.{attribute}" if attribute else target
        super().__init__(reason or f"{written} is known only after apply", (written,))


class Unsaid(Unknown):
    """What isn't written, and somebody else may add: an operator, to the pods that it makes. `instead`: what holds
    where nobody does; None where nothing is there then. Who may add what is lacking isn't suspected of adding a fault:
    a rule that is content with what stands there passes.
    """

    __slots__ = ("instead",)

    def __init__(self, reason: str, instead: Value = None) -> None:
        super().__init__(reason)
        self.instead = instead


HOLE = "\0"
"""Stands in a template for each part that is not known; no text that is read can hold it."""


class PartText(Unknown):
    """A string of which a part is unknown: `template` is the text with a HOLE for each unknown part (a `Text`
    where its lines stand as written). `"${var.name}:latest"` surely ends in `:latest`. `holes`: what stands in each
    of them, in their order, where that is still known; empty where it is not.
    """

    __slots__ = ("holes", "template")

    def __init__(
        self, reason: str, refs: tuple[str, ...], template: str, holes: tuple[Unknown, ...] = ()
    ) -> None:
        super().__init__(reason, refs)
        self.template, self.holes = template, holes

    @property
    def prefix(self) -> str:
        return self.template[: self.template.index(HOLE)]

    @property
    def suffix(self) -> str:
        return self.template[self.template.rindex(HOLE) + 1 :]

    @property
    def literal(self) -> str:
        """The text that is surely there."""
        return self.template.replace(HOLE, "")

    def whole(self) -> Unknown:
        """Only that it is unknown: what becomes of something that the text decides."""
        return Unknown(self.reason, self.refs)

    def can_be(self, text: str) -> bool:
        """Whether the string may turn out to be this one."""
        first, *rest = self.template.split(HOLE)
        if not text.startswith(first) or not text.endswith(rest[-1]) or len(text) < len(self.literal):
            return False
        position = len(first)
        for part in rest[:-1]:
            found = text.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        return position <= len(text) - len(rest[-1])


class HostText(PartText):
    """The same of something at a host whose first label is unknown: `${account}.dkr.ecr.eu-west-1.amazonaws.com/api`.
    What stands in its first hole has neither dots nor slashes."""

    __slots__ = ()

    def can_start_with(self, text: str) -> bool:
        first, more, _ = self.template[len(HOLE) :].partition(HOLE)
        for length in range(len(text) + 1):
            if length and text[length - 1] in "./":
                break
            rest = text[length:]
            if first.startswith(rest) or (more and rest.startswith(first)):
                return True
        return False


class OneOf(Unknown):
    """One of a few known values: which of them hangs on something unknown. What is done to it makes it a plain unknown;
    but where each of them gives a rule the same answer, that is the answer. `choices`: texts, numbers, truths, None and
    lists of these, no two equal.
    """

    __slots__ = ("choices",)

    def __init__(self, reason: str, refs: tuple[str, ...], choices: tuple[Value, ...]) -> None:
        super().__init__(reason, refs)
        self.choices = choices

    def whole(self) -> Unknown:
        return Unknown(self.reason, self.refs)


class FieldOneOf(OneOf):
    """The same in a concept's field, as it stands in the attribute. What code makes of an attribute may mean something
    else (another unit, a word that is part of it), so a field that code put a `OneOf` in is merely unknown."""

    __slots__ = ()


class Entries(Unknown):
    """A mapping, or the rest of one, whose keys are known in part at most: each with its value. What is done to it
    makes it a plain unknown, but an IAM condition on `"${module.eks.oidc_provider}:sub"` is on the subject, whoever
    vouches for it.
    """

    __slots__ = ("pairs",)

    def __init__(self, pairs: tuple[tuple[Unknown, Value], ...]) -> None:
        refs = dict.fromkeys(ref for key, _ in pairs for ref in key.refs)
        super().__init__(pairs[-1][0].reason, tuple(refs))
        self.pairs = pairs


class Sensitive:
    """A value that must not be shown. Conditions may look at `reveal()`, nothing that prints may."""

    __slots__ = ("_value", "literal")

    def __init__(self, value: Value, literal: bool = False) -> None:
        self._value = value
        self.literal = literal  # written in plain sight in a scanned file, which is a finding of its own

    def reveal(self) -> Value:
        return self._value

    def __repr__(self) -> str:
        return "Sensitive()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(Sensitive)


def vars_of(unknown: Unknown) -> tuple[object, ...]:
    if isinstance(unknown, Reference):
        return (unknown.reason, unknown.refs, unknown.target, unknown.attribute)
    if isinstance(unknown, PartText):
        return (unknown.reason, unknown.refs, unknown.template)
    if isinstance(unknown, OneOf):
        return (unknown.reason, unknown.refs, unknown.choices)
    if isinstance(unknown, Entries):
        return (unknown.reason, unknown.refs, unknown.pairs)
    return (unknown.reason, unknown.refs)


class Text(str):
    """A string over several lines that knows where its lines stand: line `n` (0-based) of the value is
    line `first_line + n` of the file, `indent` characters in. `exact` is False where the notation joins
    lines (YAML's `>`), so that only `first_line` can be relied on. `file` is that file where the string may be
    handed on to others; "" where it is sure to be its holder's.
    """

    __slots__ = ("exact", "file", "first_line", "indent")

    first_line: int
    indent: int
    exact: bool
    file: str

    def __new__(cls, value: str, first_line: int, indent: int = 0, exact: bool = True, file: str = "") -> Text:
        self = super().__new__(cls, value)
        self.first_line, self.indent, self.exact, self.file = first_line, indent, exact, file
        return self

    def __getnewargs__(self) -> tuple[str, int, int, bool, str]:  # type: ignore[override]
        return (str(self), self.first_line, self.indent, self.exact, self.file)

    def like(self, value: str) -> Text:
        """Another string in the same place, with the same lines."""
        return Text(value, self.first_line, self.indent, self.exact, self.file)

    def place(self, file: str, start: int, end: int) -> Span:
        """The span of `self[start:end]`; `file` is the holder's. On a line with a HOLE columns are not those of the
        file: then it is where the line begins."""
        file = self.file or file
        if not self.exact:
            return Span(file, self.first_line, self.indent + 1, self.first_line, self.indent + 1)
        line = self.count("\n", 0, start)
        column = start - (self.rfind("\n", 0, start) + 1)
        end_line = line + self.count("\n", start, end)
        end_column = end - (self.rfind("\n", 0, end) + 1)
        first, margin = self.first_line, self.indent + 1
        begun, ended = self.rfind("\n", 0, start) + 1, self.find("\n", end)
        if HOLE in self[begun : ended if ended >= 0 else None]:
            column = margin + len(self[begun:start]) - len(self[begun:start].lstrip())
            return Span(file, first + line, column, first + line, column)
        return Span(file, first + line, column + margin, first + end_line, end_column + margin)


class Encoded(str):
    """A string that is a document (JSON, mostly), with the values that it was made from: what `jsonencode`
    gives. `decoded` keeps the places in the source that the string itself has lost.
    """

    __slots__ = ("decoded",)

    decoded: Value

    def __new__(cls, value: str, decoded: Value) -> Encoded:
        self = super().__new__(cls, value)
        self.decoded = decoded
        return self

    def __getnewargs__(self) -> tuple[str, Value]:  # type: ignore[override]
        return (str(self), self.decoded)


class EncodedUnknown(Unknown):
    """The same where part of the document is unknown, so that the string as a whole is."""

    __slots__ = ("decoded",)

    def __init__(self, reason: str, decoded: Value, refs: tuple[str, ...] = ()) -> None:
        super().__init__(reason, refs)
        self.decoded = decoded


class Map(dict[str, Value]):
    """A mapping with places. Built empty and filled with `put`, or by a reader that fills `spans` itself."""

    __slots__ = ("header", "origins", "span", "spans")

    def __init__(self, span: Span = NOWHERE, header: Span | None = None) -> None:
        super().__init__()
        self.span = span
        self.header = header or span
        self.spans: dict[str, Span] = {}
        self.origins: dict[str, OriginsOf] | None = None

    def put(self, key: str, value: Value, span: Span, origin: OriginsOf | None = None) -> None:
        self[key] = value
        self.spans[key] = span
        if origin is not None:
            if self.origins is None:
                self.origins = {}
            self.origins[key] = origin

    def place(self, key: str) -> Span:
        """Where a finding about this key stands: the entry, the header of the mapping that it holds, or,
        for a key that is absent, the header of this mapping (unless a better place was noted).
        """
        value = self.get(key)
        if isinstance(value, (Map, Seq)) and value.header.line:
            return value.header
        return self.spans.get(key) or self.header

    def origin_of(self, key: str) -> tuple[Origin, ...]:
        found = self.origins.get(key) if self.origins else None
        return found() if found else ()

    def copy_entry(self, source: Map, key: str, to: str | None = None) -> None:
        """Take over one entry, with its place and origin, under the same name or another."""
        name = to or key
        self[name] = source[key]
        self.spans[name] = source.place(key)
        if source.origins and key in source.origins:
            if self.origins is None:
                self.origins = {}
            self.origins[name] = source.origins[key]


class Seq(list[Value]):
    """A sequence with places; `spans[i]` is where item `i` stands."""

    __slots__ = ("header", "origins", "span", "spans")

    def __init__(self, span: Span = NOWHERE, header: Span | None = None) -> None:
        super().__init__()
        self.span = span
        self.header = header or span
        self.spans: list[Span] = []
        self.origins: dict[int, OriginsOf] | None = None

    def add(self, value: Value, span: Span, origin: OriginsOf | None = None) -> None:
        if origin is not None:
            if self.origins is None:
                self.origins = {}
            self.origins[len(self)] = origin
        self.append(value)
        self.spans.append(span)

    def place(self, index: int) -> Span:
        value = self[index]
        if isinstance(value, Map) and value.header.line:
            return value.header
        return self.spans[index] if index < len(self.spans) else self.header

    def origin_of(self, index: int) -> tuple[Origin, ...]:
        found = self.origins.get(index) if self.origins else None
        return found() if found else ()


def is_known(value: Value) -> bool:
    """True if nothing in the value is unknown, however deep."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, Sensitive):
        return is_known(value.reveal())
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    return True


def unknowns_in(value: Value) -> Iterator[Unknown]:
    """Every Unknown in the value, depth first."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Sensitive):
        yield from unknowns_in(value.reveal())
    elif isinstance(value, dict):
        for item in value.values():
            yield from unknowns_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from unknowns_in(item)


def plain(value: Value) -> Any:
    """The value as plain JSON data, as the reports show it: `{"$unknown": why}`, `{"$sensitive": true}`. A mapping of
    which only some keys are known has `$unknown` beside them."""
    if isinstance(value, Unknown):
        return {"$unknown": value.reason}
    if isinstance(value, Sensitive):
        return {"$sensitive": True}
    if isinstance(value, dict):
        made = {str(key): plain(item) for key, item in value.items()}
        rest = getattr(value, "rest", None)
        if isinstance(rest, Unknown):
            made["$unknown"] = rest.reason
        return made
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    return value
