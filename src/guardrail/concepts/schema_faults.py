"""What the API server would refuse in an object of Kubernetes, by the API's own schema -> `schema_fault` nouns.

One walk over the object, along the types of `kubernetes_schema`. What is null is not there, as the API server has it; a
text that something fills in later is let pass, whatever the field takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from guardrail.concepts.blocks import opened
from guardrail.concepts.kubernetes_schema import (
    ANYTHING,
    ENUM,
    LIST,
    MAPPING,
    OBJECT,
    QUANTITY,
    Field,
    Type,
    type_called,
    type_of_kind,
    version,
)
from guardrail.concepts.schema_words import Around, found_words, kind_words, meant_field, meant_quantity, meant_value
from guardrail.formats.secret_forms import SAID_ELSEWHERE
from guardrail.model import Inventory, Map, Noun, OriginsOf, Resource, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex
from guardrail.model.quantity import MAX_LENGTH, quantity

MAX_FAULTS = 100  # of one object; who made a hundred sees what is wrong
MAX_PATH = 75  # characters of it in a message
MAX_DEPTH = 100  # objects in objects: only the schemas of CustomResourceDefinitions go deep

At = Any  # the way to a value: None, or (the way to what holds it, its key or index)
# Filled in before it is applied: by Helm, a shell, Flux, Azure Pipelines, sed.
_FILLED_IN = lazy_regex(
    r"\{\{|\[\[|\(\(|\$[({A-Za-z_]|#\{|\{[A-Za-z_][\w.]*\}|<[^<>]+>|%[A-Za-z]\w*%|__\w+__|@\w+@|ENC\["
    r"|\A(?!(?:TRUE|FALSE|YES|NO)\Z)[A-Z][A-Z0-9_]{2,}\Z"
    r"|(?i:replace[-_ ]?(?:me|this|with)|change[-_ ]?me|placeholder|\Atodo|\Ayour[-_ ]|x{3,})"
    r"|(?i:\A(?:" + SAID_ELSEWHERE + r")\Z)"
)
_NO_NAME = lazy_regex(r"[{}$<>%\[\]()]|__")  # of a field: a template's, or a directive of a patch (`$patch`)
_HEAD = frozenset(("apiVersion", "kind", "metadata"))
_SOPS = "sops"  # what SOPS puts beside the fields of an object of which it encrypts others


class Fault(NamedTuple):
    fault: str
    at: At
    place: Span
    expected: str = ""
    found: str = ""
    suggestion: str = ""
    more: tuple[str, ...] = ()  # that are missing as well
    origins: OriginsOf | None = None  # of the value that is wrong


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes: Any = resource.attributes
    terraform = resource.kind == "kubernetes_manifest"
    if terraform:
        attributes = opened(attributes.get("manifest"))
    if not isinstance(attributes, Map) or resource.mode != "managed":
        return
    api_version, kind = attributes.get("apiVersion"), attributes.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return
    type_ = type_of_kind(api_version, kind)
    if type_ is None:
        return
    walk = _Walk(terraform, _is_fragment(resource, attributes))
    walk.object(attributes, type_, None, 0)
    for fault in walk.faults:
        yield _noun(resource, fault)


def _noun(resource: Resource, fault: Fault) -> Noun:
    fields = Map(resource.span, fault.place)
    path = path_of(fault.at)
    told = _told(path, fault.more)
    for name, value in (
        ("fault", fault.fault), ("field", told), ("expected", fault.expected), ("found", fault.found),
        ("suggestion", fault.suggestion), ("version", version()),
    ):  # fmt: skip
        if value:
            fields.put(name, value, fault.place, fault.origins)
    return Noun("schema_fault", resource.local, fields, f"{fault.fault}/{path}")


def _told(path: str, more: tuple[str, ...]) -> str:
    """A path as a message has room for it, with the other fields beside it."""
    if len(path) > MAX_PATH:
        path = f"{path[: MAX_PATH // 3]}...{path[-(MAX_PATH * 2 // 3) :]}"
    return f"{', '.join((path, *more[:-1]))} and {more[-1]}" if more else path


def path_of(at: At) -> str:
    steps: list[str] = []
    while at is not None:
        at, step = at
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).lstrip(".")


def _is_fragment(resource: Resource, attributes: Map) -> bool:
    """Whether it looks like a patch of an object, in which nothing need be but what it changes: called one, nothing but
    metadata, or the workload of pods without labels."""
    if "patch" in resource.header.file.lower() or attributes.keys() <= _HEAD:
        return True
    spec = attributes.get("spec")
    template = spec.get("template") if isinstance(spec, Map) else None
    if resource.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        metadata = template.get("metadata") if isinstance(template, Map) else None
        return isinstance(spec, Map) and not (isinstance(metadata, Map) and metadata.get("labels"))
    return False


class _Walk:
    def __init__(self, terraform: bool, fragment: bool) -> None:
        self.terraform, self.fragment = terraform, fragment
        self.faults: list[Fault] = []
        self.full = False
        self.around: list[tuple[Type, Map, At]] = []

    def note(self, fault: Fault) -> None:
        if not self.full:
            self.faults.append(fault)
            self.full = len(self.faults) >= MAX_FAULTS

    def object(self, value: Map, type_: Type, at: At, depth: int) -> None:
        if depth > MAX_DEPTH:
            return
        self.around.append((type_, value, at))
        fields = type_.fields
        for key, item in value.items():
            field = fields.get(key)
            if field is None:
                self.unknown(value, key, at)
            elif item.__class__ not in field.accepted:
                self.value(value, key, item, field, at, depth)
        self.around.pop()
        if type_.required and not (self.fragment or type_.required <= value.keys()):
            self.missing(value, type_, at)

    def missing(self, value: Map, type_: Type, at: At) -> None:
        """One fault for all that an object lacks; none where a field that there is none of stands at that place, whose
        right name may be what is lacking."""
        if not self.full and not any(fault.place == value.header for fault in self.faults):
            lacking = sorted(type_.required - value.keys())
            self.note(Fault("missing", (at, lacking[0]), value.header, more=tuple(lacking[1:])))

    def unknown(self, holder: Map, key: str, at: At) -> None:
        if self.full or _NO_NAME.search(key) or (at is None and key == _SOPS):
            return
        meant = meant_field(key, [Around(type_, written, path_of(way)) for type_, written, way in self.around])
        self.note(Fault("unknown", (at, key), holder.place(key), suggestion=_told(meant, ())))

    def value(self, holder: Map | Seq, key: Any, value: Value, field: Field, at: At, depth: int) -> None:
        """Something of a class that is not right at once."""
        form = field.form
        if form == OBJECT and isinstance(value, Map):
            self.object(value, type_called(field.of), (at, key), depth + 1)
        elif form == LIST and isinstance(value, Seq):
            inner: Field = field.of
            for index, item in enumerate(value):
                if item.__class__ not in inner.accepted:
                    self.value(value, index, item, inner, (at, key), depth)
        elif form == MAPPING and isinstance(value, Map):
            inner = field.of
            for name, item in value.items():
                if item.__class__ not in inner.accepted:
                    self.value(value, name, item, inner, (at, key), depth)
        elif value is None:
            if not self.fragment:
                self.note(Fault("missing", (at, key), holder.place(key)))
        elif form != ANYTHING and not self.full and not _is_right(value, field):
            fault = self.wrong(value, field, (at, key), holder.place(key))
            if fault is not None:
                self.note(fault._replace(origins=holder.origins.get(key) if holder.origins else None))

    def wrong(self, value: Value, field: Field, at: At, place: Span) -> Fault | None:
        """Unless it is something that becomes another value before the API server sees it."""
        if isinstance(value, Sensitive):
            inner = value.reveal()
            told = isinstance(inner, str) and field.form in (ENUM, QUANTITY)  # only its words would say what is wrong
            whole = isinstance(inner, Seq if field.form == LIST else (Map, Unknown))
            if not (told or whole or _is_filled_in(inner) or _is_right(inner, field)):
                return Fault("type", at, place, field.expected, kind_words(inner))
            return None
        meant = meant_value(value, field) if isinstance(value, str) else ""
        if _is_filled_in(value) and meant.lower() != str(value).lower():
            return None
        if isinstance(value, str):
            if field.form == ENUM:
                return Fault("value", at, place, field.expected, found_words(value), meant)
            if field.form == QUANTITY:
                return Fault("value", at, place, field.expected, found_words(value), meant_quantity(value))
        if self.terraform and _converts(value, field):
            return None
        return Fault("type", at, place, field.expected, found_words(value))


def _is_filled_in(value: Value) -> bool:
    """Whether it is to be another value when it is applied; in brackets (`[YOUR_KEY]`, `{PORT}`) YAML makes lists and
    mappings of it."""
    if isinstance(value, (Seq, Map)):
        (value,) = value if len(value) == 1 else ("",)
    return isinstance(value, str) and _FILLED_IN.search(value) is not None


def _is_right(value: Value, field: Field) -> bool:
    """A look at the value, where its class alone doesn't say."""
    if value.__class__ in field.accepted:
        return True
    if isinstance(value, str):
        if field.form == ENUM:
            return value == "" or value in field.of
        if field.form == QUANTITY:
            return len(value) > MAX_LENGTH or quantity(value.strip()) is not None
        return str in field.accepted  # a text that knows its lines
    return isinstance(value, float) and value.is_integer() and int in field.accepted


def _converts(value: Value, field: Field) -> bool:
    """Whether Terraform's provider makes of it what the field takes."""
    if isinstance(value, (bool, int, float)):
        return field.form == ENUM or str in field.accepted
    if isinstance(value, str):
        if bool in field.accepted:
            return value in ("true", "false")
        if int in field.accepted:
            try:
                float(value)
            except ValueError:
                return False
            return True
    return False
