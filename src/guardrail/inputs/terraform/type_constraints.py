"""Type constraints of variables: `list(object({name = string, size = optional(number, 1)}))`."""

from __future__ import annotations

from collections.abc import Callable

from guardrail.formats.hcl import Attribute, parse_expression
from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import Call, Literal, Node, Ref
from guardrail.formats.hcl_types import as_list, convert, to_set
from guardrail.formats.hcl_values import EvalError, ListSeq, PartialMap, Type, TypedMap, copy_map, copy_seq, type_name
from guardrail.model import NOWHERE, Map, Sensitive, Seq, Unknown, Value

Convert = Callable[[Value], Value]
Default = Callable[[Node], Value]


def converter(attribute: Attribute | None, default_of: Default) -> Convert | None:
    """A function that makes a value one of this type, or raises EvalError; None where any value will do.
    `default_of` evaluates the default of an `optional()`. Raises EvalError for what is no type."""
    node = constraint_of(attribute)
    return _compile(node, default_of, True)[0] if node is not None else None


def constraint_of(attribute: Attribute | None) -> Node | None:
    """What a variable's `type` says; also in quotes, as Terraform 0.11 had it and JSON has."""
    if attribute is None:
        return None
    node = attribute.node
    if isinstance(node, Literal) and isinstance(node.value, str):
        try:
            return parse_expression(str(node.value), attribute.span.file, attribute.span.line)
        except ValueError:
            return None
    return node


def _compile(node: Node, default_of: Default, outermost: bool = False) -> tuple[Convert | None, Type]:
    """How to convert to the type, and the type; "any" where part of it is."""
    if isinstance(node, Ref) and not node.steps:
        if node.root == "any":
            return None, "any"
        if node.root in SCALARS:
            return SCALARS[node.root], node.root
        if outermost and node.root in COLLECTIONS:
            return COLLECTIONS[node.root](None, "any"), "any"
    if isinstance(node, Call) and node.args:
        inner = node.args[0]
        if node.name in COLLECTIONS and len(node.args) == 1:
            item, kind = _compile(inner, default_of)
            whole: Type = "any" if kind == "any" else (node.name, kind)
            return COLLECTIONS[node.name](item, kind), whole
        if node.name == "tuple" and isinstance(inner, Tuple):
            parts = [_compile(part, default_of) for part in inner.items]
            return _tuple_of([part for part, _ in parts]), _joined("tuple", [kind for _, kind in parts])
        if node.name == "object" and isinstance(inner, Object):
            return _object_of(inner, default_of)
    raise EvalError("the type constraint is no type", node.line)


def _joined(name: str, kinds: list[Type]) -> Type:
    return "any" if "any" in kinds else (name, kinds)


def _guarded(make: Convert) -> Convert:
    """Unknowns and nulls are of every type, what is sensitive stays so."""

    def guarded(value: Value) -> Value:
        if isinstance(value, Sensitive):
            inside = value.reveal()
            made = guarded(inside)
            return value if made is inside else Sensitive(made, value.literal)
        if value is None or isinstance(value, Unknown):
            return value
        return make(value)

    return guarded


def _scalar(kind: str, of_kind: type) -> Convert:
    return lambda value: value if type(value) is of_kind else convert(value, kind)


SCALARS = {"string": _scalar("string", str), "number": _scalar("number", int), "bool": _scalar("bool", bool)}


def _sequence(value: Value, name: str, item: Convert | None, kind: Type) -> Seq:
    """Items converted; the same object where that changes none."""
    if not isinstance(value, Seq):
        raise EvalError(f"a {name} is required, a {type_name(value)} is given")
    if item is None:
        return value
    made = [item(one) for one in value]
    if all(a is b for a, b in zip(made, value, strict=True)):
        return value
    copy = ListSeq(value.span, value.header, kind)
    copy.extend(made)
    copy.spans, copy.origins = value.spans, value.origins
    return copy


def _list_of(item: Convert | None, kind: Type) -> Convert:
    return _guarded(lambda value: as_list(_sequence(value, "list", item, kind), kind))


def _set_of(item: Convert | None, kind: Type) -> Convert:
    return _guarded(lambda value: to_set(_sequence(value, "set", item, kind), kind))


def _map_of(item: Convert | None, kind: Type) -> Convert:
    def make(value: Value) -> Value:
        if not isinstance(value, Map):
            raise EvalError(f"a map is required, a {type_name(value)} is given")
        if item is None:
            return convert(value, ("map", kind))
        items = {key: item(one) for key, one in value.items()}
        if isinstance(value, PartialMap):
            copy = copy_map(value)
        elif isinstance(value, TypedMap) and all(items[key] is value[key] for key in items):
            return value
        else:
            copy = TypedMap(value.span, value.header, kind)
            copy.spans, copy.origins = value.spans, value.origins
        copy.update(items)
        return copy

    return _guarded(make)


COLLECTIONS = {"list": _list_of, "set": _set_of, "map": _map_of}


def _tuple_of(parts: list[Convert | None]) -> Convert:
    def make(value: Value) -> Value:
        if not isinstance(value, Seq) or len(value) != len(parts):
            raise EvalError(f"a tuple of {len(parts)} is required")
        copy = copy_seq(value) if type(value) is Seq else Seq(value.span, value.header)
        copy[:] = [part(one) if part else one for part, one in zip(parts, value, strict=True)]
        copy.spans = list(value.spans)
        return copy

    return _guarded(make)


def _object_of(node: Object, default_of: Default) -> tuple[Convert, Type]:
    members: dict[str, tuple[Convert | None, bool, Node | None]] = {}
    kinds: dict[str, Type] = {}
    for key, kind, _ in node.entries:
        if not isinstance(key, str):
            continue
        optional = isinstance(kind, Call) and kind.name == "optional"
        default = kind.args[1] if optional and isinstance(kind, Call) and len(kind.args) > 1 else None
        inner = kind.args[0] if isinstance(kind, Call) and optional and kind.args else kind
        make, kinds[key] = _compile(inner, default_of)
        members[key] = (make, optional, default)
        if make is not None and default is not None and default.pure:
            try:
                make(default_of(default))
            except EvalError as error:
                raise EvalError(f'the default of attribute "{key}": {error.message}', node.line) from None

    def made_object(value: Value) -> Value:
        if not isinstance(value, Map):
            raise EvalError(f"an object is required, a {type_name(value)} is given")
        rest = value.rest if isinstance(value, PartialMap) else None
        copy = Map(value.span, value.header)
        copy.origins = value.origins
        for name, (make, optional, default) in members.items():
            if name in value and not (value[name] is None and default is not None):
                made = value[name]
                span = value.spans.get(name, NOWHERE)
            elif rest is not None and name not in value:
                made, span = rest, NOWHERE
            elif optional:
                made, span = default_of(default) if default is not None else None, NOWHERE
            else:
                raise EvalError(f'attribute "{name}" is required')
            try:
                copy[name] = make(made) if make else made
            except EvalError as error:
                raise EvalError(f'attribute "{name}": {error.message}', kind=error.kind) from None
            if span.line:
                copy.spans[name] = span
        return copy

    return _guarded(made_object), "any" if "any" in kinds.values() else ("object", kinds)
