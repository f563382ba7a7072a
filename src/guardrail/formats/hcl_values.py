"""HCL's values: kinds of them, what is known, and copies; three-valued.

A number is an int where it is whole, else a float (see hcl_numbers). A set is a `SetSeq`, an object or map a `Map`.
What is unknown stays unknown: every function here takes `Unknown` and `Sensitive` operands and answers in kind. What
Terraform would reject raises `EvalError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Union

from guardrail.model import (
    NOWHERE,
    EncodedUnknown,
    Map,
    PartList,
    PartText,
    Reference,
    Sensitive,
    Seq,
    Span,
    Unknown,
    Value,
)

MAX_VALUES = 200_000  # values in one evaluated expression, all together
MAX_NESTING = 100  # how deep a value may be


class EvalError(Exception):
    """An expression that Terraform would reject. `line` is 0 until the node that failed puts its own."""

    def __init__(self, message: str, line: int = 0, kind: str = "evaluation") -> None:
        super().__init__(message)
        self.message, self.line, self.kind = message, line, kind


class Undeclared(EvalError):
    """A reference to what is not declared: rejected before anything is evaluated, so that neither `try` nor a condition
    makes up for it."""


class UndeclaredResource(Undeclared):
    """A reference to a resource or data source that is not declared."""


# "any"; a scalar's name; ("list" or "set" or "map", item type); ("tuple", types); ("object", types by key).
Type = Union[str, "tuple[str, Any]"]


class ListSeq(Seq):
    """A list, whose items are of one type; a `Seq` that is neither this nor a set is a tuple. `item` is that type,
    "any" where nothing says."""

    __slots__ = ("item",)

    def __init__(self, span: Span = NOWHERE, header: Span | None = None, item: Type = "any") -> None:
        super().__init__(span, header)
        self.item = item


class SetSeq(Seq):
    """A set: unique items, in the order in which Terraform iterates them."""

    __slots__ = ("item",)

    def __init__(self, span: Span = NOWHERE, header: Span | None = None, item: Type = "any") -> None:
        super().__init__(span, header)
        self.item = item


class TypedMap(Map):
    """A map, whose items are of one type; a `Map` that is none is an object."""

    __slots__ = ("item",)

    def __init__(self, span: Span = NOWHERE, header: Span | None = None, item: Type = "any") -> None:
        super().__init__(span, header)
        self.item = item


class OpenMap(Map):
    """A map that may have more entries than it holds; `lacking` says what becomes of one that it doesn't."""

    __slots__ = ()

    null_is_unset = False  # whether null stands for what somebody else decides

    def lacking(self, name: str) -> Unknown:
        raise NotImplementedError


class PartialMap(OpenMap):
    """A map that has more entries than are known. It answers `rest` for a key that it does not hold, so
    that no reader takes such a key for absent.
    """

    __slots__ = ("rest",)

    def __init__(self, rest: Unknown, span: Span = NOWHERE, header: Span | None = None) -> None:
        super().__init__(span, header)
        self.rest = rest

    def get(self, key: str, default: Value = None) -> Value:
        return super().get(key, self.rest)

    def __missing__(self, key: str) -> Value:
        """What was asked for with `get` before may be taken out like any other."""
        return self.rest

    def lacking(self, name: str) -> Unknown:
        return self.rest


class KeyedMap(PartialMap):
    """One some of whose keys are attributes that are known once other resources are made. `made`: its entries by these,
    each a resource with an attribute."""

    __slots__ = ("made",)

    def __init__(self, rest: Unknown) -> None:
        super().__init__(rest)
        self.made: dict[tuple[str, str], Value] = {}


class Deferred(Unknown):
    """Something whose attributes are worked out only when asked for: another resource, a module call."""

    __slots__ = ()

    @property
    def is_there(self) -> bool:
        """Whether it surely exists, so that it is not null."""
        return False

    def attr(self, name: str) -> Value:
        raise NotImplementedError

    def index(self, key: Value) -> Value:
        raise NotImplementedError

    def item(self) -> Value:
        """One of several, where it is not known of how many."""
        return self

    def force(self) -> Value:
        """The value as a whole, where there is one."""
        return self


class Each(Deferred):
    """What `for` makes of something of which nobody knows how many there are: as many of `made`."""

    __slots__ = ("made",)

    def __init__(self, source: Deferred, made: Unknown) -> None:
        super().__init__(source.reason, source.refs)
        self.made = made

    def attr(self, name: str) -> Value:
        return self.force()

    def index(self, key: Value) -> Value:
        return self.force()

    def item(self) -> Value:
        return self.made

    def force(self) -> Value:
        return derived(self)


class Several(Unknown):
    """A list of unknown length whose items are all the document `item`: what `data.aws_iam_policy_document.x[*].json`
    gives where the count is unknown. What takes the one item that there may be (`one`, `join`, `[0]`) gets it: where
    there is none, there is no policy to judge.
    """

    __slots__ = ("item",)

    def __init__(self, reason: str, refs: tuple[str, ...], item: Value) -> None:
        super().__init__(reason, refs)
        self.item = item


def derived(unknown: Unknown) -> Unknown:
    """What becomes of an unknown that something was done to: no longer a reference, still unknown."""
    return unknown if type(unknown) is Unknown else Unknown(unknown.reason, unknown.refs)


def is_something(value: Value) -> bool:
    """Whether it is neither null nor empty, though it is not known, or not all of it: a document, a string with a part
    that is, a resource that is there, and what each has once it is made: an id, and an ARN where there are such."""
    if isinstance(value, PartText):
        return bool(value.literal)
    if isinstance(value, Deferred):
        return value.is_there
    if isinstance(value, Reference):
        return bool(value.target) and value.attribute in ("arn", "id")
    return isinstance(value, EncodedUnknown)


def combined(unknowns: Iterable[Unknown]) -> Unknown:
    """The unknown that results from several: the first one's reason, everybody's refs."""
    found = list(unknowns)
    if len(found) == 1:
        return derived(found[0])
    refs: dict[str, None] = {}
    for item in found:
        refs.update(dict.fromkeys(item.refs))
    return Unknown(found[0].reason, tuple(refs))


def type_name(value: Value) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (str, PartText)):
        return "string"
    if isinstance(value, list):
        return "set" if isinstance(value, SetSeq) else "list" if isinstance(value, ListSeq) else "tuple"
    return "map" if isinstance(value, TypedMap) else "object"


# ---- knownness ---------------------------------------------------------------------------------------


class _Survey:
    __slots__ = ("count", "sensitive", "unknown")

    def __init__(self) -> None:
        self.count = 0
        self.unknown: list[Unknown] = []
        self.sensitive = False

    def look(self, value: Value, depth: int) -> None:
        if isinstance(value, (dict, list)):
            if depth > MAX_NESTING:
                raise EvalError(f"the value is nested more than {MAX_NESTING} deep", kind="too-deep")
            self.count += len(value)
            if self.count > MAX_VALUES:
                raise EvalError(f"the expression stands for more than {MAX_VALUES:,} values", kind="expansion")
            if isinstance(value, PartialMap):
                self.unknown.append(value.rest)
            for item in value.values() if isinstance(value, dict) else value:
                if isinstance(item, (dict, list, Unknown, Sensitive)):
                    self.look(item, depth + 1)
        elif isinstance(value, Unknown):
            self.unknown.append(value)
        elif isinstance(value, Sensitive):
            self.sensitive = True
            self.look(value.reveal(), depth + 1)


def survey(value: Value) -> tuple[list[Unknown], bool]:
    """The unknowns anywhere in a value, and whether any of it is sensitive. Raises EvalError for a value
    too large or too deep to be worked with: references to shared parts can make those out of a few lines.
    """
    if not isinstance(value, (dict, list, Unknown, Sensitive)):
        return [], False
    found = _Survey()
    found.look(value, 0)
    return found.unknown, found.sensitive


def revealed(value: Value) -> Value:
    """The value with every Sensitive in it opened."""
    if isinstance(value, Sensitive):
        return revealed(value.reveal())
    if isinstance(value, Map) and any(isinstance(v, (dict, list, Sensitive)) for v in value.values()):
        opened = copy_map(value)
        for key, item in value.items():
            opened[key] = revealed(item)
        return opened
    if isinstance(value, Seq) and any(isinstance(v, (dict, list, Sensitive)) for v in value):
        copy = copy_seq(value)
        copy[:] = [revealed(item) for item in value]
        return copy
    return value


def copy_map(value: Map) -> Map:
    """A shallow copy that keeps places and origins."""
    copy: Map
    if isinstance(value, PartialMap):
        copy = PartialMap(value.rest)
    else:
        copy = TypedMap(item=value.item) if isinstance(value, TypedMap) else Map()
    copy.update(value)
    copy.span, copy.header = value.span, value.header
    copy.spans = dict(value.spans)
    copy.origins = dict(value.origins) if value.origins else None
    return copy


def empty_like(value: Seq) -> Seq:
    """An empty sequence of the same kind in the same place."""
    if isinstance(value, (ListSeq, SetSeq)):
        return type(value)(value.span, value.header, value.item)
    return Seq(value.span, value.header)


def copy_seq(value: Seq) -> Seq:
    copy = empty_like(value)
    copy.extend(value)
    copy.spans = list(value.spans)
    copy.origins = dict(value.origins) if value.origins else None
    return copy


def relocated(value: Value, header: Span) -> Value:
    """The same value as an entry elsewhere: a finding about it as a whole then stands at that entry, and so does one
    about any part of it that stands nowhere, for it was decoded from a text or made by a function."""
    if isinstance(value, Map):
        mapping = copy_map(value)
        if not value.header.line:
            mapping.span = header
            for key, item in value.items():
                mapping.spans[key] = _stand(mapping, key, item, value.spans.get(key), header)
        mapping.header = header
        return mapping
    if isinstance(value, Seq):
        sequence = copy_seq(value)
        if not value.header.line:
            sequence.span = header
            spans: list[Span | None] = [*value.spans] if len(value.spans) == len(value) else [None] * len(value)
            sequence.spans = [_stand(sequence, index, item, spans[index], header) for index, item in enumerate(value)]
        sequence.header = header
        return sequence
    return value


def _stand(holder: Map | Seq, key: Any, item: Value, span: Span | None, header: Span) -> Span:
    place = span if span is not None and span.line else header
    if isinstance(item, (Map, Seq)) and not item.header.line:
        holder[key] = relocated(item, place)
    return place


def sensitive(value: Value, literal: bool = False) -> Value:
    """The value marked, unless it is unknown or marked already; of what is partly unknown nothing is left to show."""
    if isinstance(value, (PartText, EncodedUnknown, PartList)):
        return Unknown(value.reason, value.refs)
    return value if isinstance(value, (Unknown, Sensitive)) else Sensitive(value, literal)
