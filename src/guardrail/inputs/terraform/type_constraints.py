"""Type constraints of variables: `list(object({name = string, size = optional(number, 1)}))`."""

from __future__ import annotations

from collections.abc import Callable

from guardrail.formats.hcl import Attribute, parse_expression
from guardrail.formats.hcl_nodes import Call, Literal, Node, Object, Ref, Tuple
from guardrail.formats.hcl_operators import as_set
from guardrail.formats.hcl_values import (
    EvalError,
    PartialMap,
    copy_map,
    copy_seq,
    one_type,
    to_bool,
    to_number,
    to_text,
    type_name,
)
from guardrail.model import NOWHERE, Map, Sensitive, Seq, Unknown, Value

Convert = Callable[[Value], Value]
Default = Callable[[Node], Value]


def converter(attribute: Attribute | None, default_of: Default) -> Convert | None:
    """A function that makes a value one of this type, or raises EvalError; None where any value will do.
    `default_of` evaluates the default of an `optional()`."""
    if attribute is None:
        return None
    node = attribute.node
    if isinstance(node, Literal) and isinstance(node.value, str):
        try:
            node = parse_expression(str(node.value), attribute.span.file, attribute.span.line)
        except ValueError:
            return None
    return _compile(node, default_of)


def _compile(node: Node, default_of: Default) -> Convert | None:
    if isinstance(node, Ref):
        bare = {"list": _list_of, "set": _set_of, "map": _map_of}.get(node.root)
        return bare(None) if bare else _SCALARS.get(node.root)
    if isinstance(node, Call) and node.args:
        inner = node.args[0]
        if node.name in ("list", "set", "map"):
            item = _compile(inner, default_of)
            return {"list": _list_of, "set": _set_of, "map": _map_of}[node.name](item)
        if node.name == "tuple" and isinstance(inner, Tuple):
            return _tuple_of([_compile(part, default_of) for part in inner.items])
        if node.name == "object" and isinstance(inner, Object):
            return _object_of(inner, default_of)
        if node.name == "optional":
            return _compile(inner, default_of)
    return None


def _guarded(convert: Convert) -> Convert:
    """Unknowns and nulls are of every type, what is sensitive stays so."""

    def guarded(value: Value) -> Value:
        if value is None or isinstance(value, Unknown):
            return value
        if isinstance(value, Sensitive):
            made = convert(value.reveal())
            return Sensitive(made, value.literal)
        return convert(value)

    return guarded


_SCALARS = {"string": _guarded(to_text), "number": _guarded(to_number), "bool": _guarded(to_bool)}


def _items(value: Seq, item: Convert | None) -> Seq:
    made = one_type(value) if item is None else [item(one) for one in value]
    if all(a is b for a, b in zip(made, value, strict=True)):
        return value
    copy = copy_seq(value)
    copy[:] = made
    return copy


def _list_of(item: Convert | None) -> Convert:
    def convert(value: Value) -> Value:
        if not isinstance(value, Seq):
            raise EvalError(f"a list is required, a {type_name(value)} is given")
        made = _items(value, item)
        if type(made) is not Seq:
            copy = Seq(made.span, made.header)
            copy.extend(made)
            copy.spans, copy.origins = made.spans, made.origins
            return copy
        return made

    return _guarded(convert)


def _set_of(item: Convert | None) -> Convert:
    def convert(value: Value) -> Value:
        if not isinstance(value, Seq):
            raise EvalError(f"a set is required, a {type_name(value)} is given")
        return as_set(_items(value, item))

    return _guarded(convert)


def _tuple_of(parts: list[Convert | None]) -> Convert:
    def convert(value: Value) -> Value:
        if not isinstance(value, Seq) or len(value) != len(parts):
            raise EvalError(f"a tuple of {len(parts)} is required")
        copy = copy_seq(value)
        copy[:] = [part(one) if part else one for part, one in zip(parts, value, strict=True)]
        return copy

    return _guarded(convert)


def _map_of(item: Convert | None) -> Convert:
    def convert(value: Value) -> Value:
        if not isinstance(value, Map):
            raise EvalError(f"a map is required, a {type_name(value)} is given")
        items = one_type(list(value.values())) if item is None else [item(one) for one in value.values()]
        made = dict(zip(value, items, strict=True))
        if all(made[key] is value[key] for key in made):
            return value
        copy = copy_map(value)
        copy.update(made)
        return copy

    return _guarded(convert)


def _object_of(node: Object, default_of: Default) -> Convert:
    members: dict[str, tuple[Convert | None, bool, Node | None]] = {}
    for key, kind, _ in node.entries:
        if isinstance(key, str):
            optional = isinstance(kind, Call) and kind.name == "optional"
            default = kind.args[1] if optional and isinstance(kind, Call) and len(kind.args) > 1 else None
            members[key] = (_compile(kind, default_of), optional, default)

    def convert(value: Value) -> Value:
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
            copy[name] = make(made) if make else made
            if span.line:
                copy.spans[name] = span
        return copy

    return _guarded(convert)
