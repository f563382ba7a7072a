"""Collection functions. Items and entries keep the places and origins that they had."""

from __future__ import annotations

from guardrail.formats.hcl_choices import candidates, one_of
from guardrail.formats.hcl_conversions import to_bool
from guardrail.formats.hcl_operators import equal
from guardrail.formats.hcl_types import convert, item_type, listed
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    ListSeq,
    PartialMap,
    SetSeq,
    Type,
    TypedMap,
    combined,
    derived,
    empty_like,
    is_something,
    revealed,
    sensitive,
    survey,
    type_name,
)
from guardrail.inputs.terraform.functions.graphemes import count
from guardrail.inputs.terraform.functions.table import OUTER, RAW, function, text, whole
from guardrail.model import NOWHERE, Map, Sensitive, Seq, Unknown, Value


def a_list(value: Value, name: str, sets: bool = True) -> Seq:
    if isinstance(value, Seq) and (sets or not isinstance(value, SetSeq)):
        return value
    raise EvalError(f"{name}() is given a {type_name(value)} where it takes a list")


def a_map(value: Value, name: str) -> Map:
    if isinstance(value, Map):
        return value
    raise EvalError(f"{name}() is given a {type_name(value)} where it takes a map")


def take(target: Seq, source: Seq, index: int) -> None:
    """Append one item with its place and origin."""
    span = source.spans[index] if index < len(source.spans) else NOWHERE
    target.add(source[index], span, source.origins.get(index) if source.origins else None)


def take_entry(target: Map, source: Map, key: str) -> None:
    target[key] = source[key]
    target.spans[key] = source.spans.get(key, NOWHERE)
    if source.origins and key in source.origins:
        if target.origins is None:
            target.origins = {}
        target.origins[key] = source.origins[key]
    elif target.origins:
        target.origins.pop(key, None)


def made_of(values: list[Value]) -> Seq:
    result = Seq()
    for value in values:
        result.add(value, NOWHERE)
    return result


# ---- outside only ----


@function(mode=OUTER)
def length(value: Value) -> Value:
    if isinstance(value, str):
        return count(value)
    if isinstance(value, SetSeq):
        unknown = [item for item in value if isinstance(item, Unknown)]
        if unknown and len(value) > 1:  # it may turn out to be one of the others
            return combined(unknown)
    if isinstance(value, (list, dict)):
        return len(value)
    raise EvalError(f"length() of a {type_name(value)}")


@function(mode=OUTER)
def keys(value: Value) -> Value:
    source = a_map(value, "keys")
    result = listed_at(source, "string") if isinstance(source, TypedMap) else Seq(source.span, source.header)
    for key in sorted(source):
        result.add(key, source.spans.get(key, NOWHERE))
    return result


@function(mode=OUTER)
def values(value: Value) -> Value:
    source = a_map(value, "values")
    result = listed_at(source, source.item) if isinstance(source, TypedMap) else Seq(source.span, source.header)
    for key in sorted(source):
        origin = source.origins.get(key) if source.origins else None
        result.add(source[key], source.spans.get(key, NOWHERE), origin)
    return result


def listed_at(source: Seq | Map, item: Type = "any") -> ListSeq:
    """An empty list that stands where another collection does."""
    return ListSeq(source.span, source.header, item)


@function(mode=OUTER)
def reverse(value: Value) -> Value:
    source = a_list(value, "reverse")
    result = listed_at(source, source.item) if isinstance(source, SetSeq) else empty_like(source)
    for index in reversed(range(len(source))):
        take(result, source, index)
    return result


@function("slice", mode=OUTER)
def slice_(value: Value, start: Value, end: Value) -> Value:
    source, low, high = a_list(value, "slice", sets=False), whole(start), whole(end)
    if not 0 <= low <= high <= len(source):
        raise EvalError("slice() reaches past the list")
    result = empty_like(source)
    for index in range(low, high):
        take(result, source, index)
    return result


@function(mode=OUTER)
def element(value: Value, index: Value) -> Value:
    source, at = a_list(value, "element", sets=False), whole(index)
    if not source:
        raise EvalError("element() of an empty list")
    if at < 0 and at % len(source) and not isinstance(source, ListSeq):
        raise EvalError("the index of element() into a tuple is negative")
    return source[at % len(source)]


@function(mode=OUTER)
def chunklist(value: Value, size: Value) -> Value:
    source, most = a_list(value, "chunklist"), whole(size)
    if most < 0:
        raise EvalError("the size of chunklist() is negative")
    result = listed_at(source)
    step = most or max(len(source), 1)
    for start in range(0, len(source), step):
        chunk = empty_like(source)
        for index in range(start, min(start + step, len(source))):
            take(chunk, source, index)
        result.add(chunk, source.span)
    return result


@function(mode=OUTER)
def one(value: Value) -> Value:
    source = a_list(value, "one")
    if len(source) > 1:
        raise EvalError("one() is given more than one item")
    return source[0] if source else None


@function(mode=OUTER)
def zipmap(names: Value, items: Value) -> Value:
    one_list, other = a_list(names, "zipmap"), a_list(items, "zipmap", sets=False)
    if len(one_list) != len(other):
        raise EvalError("zipmap() is given lists of different lengths")
    unknown = [name for name in one_list if isinstance(name, Unknown)]
    if unknown:
        return combined(unknown)
    result = Map(other.span, other.header)
    if isinstance(other, ListSeq):
        result = TypedMap(other.span, other.header, other.item)
    hidden = False
    for index, name in enumerate(one_list):
        span = other.spans[index] if index < len(other.spans) else NOWHERE
        origin = other.origins.get(index) if other.origins else None
        hidden = hidden or isinstance(name, Sensitive)
        result.put(text(revealed(name)), other[index], span, origin)
    return Sensitive(result) if hidden else result


@function()
def transpose(value: Value) -> Value:
    source = a_map(value, "transpose")
    found: dict[str, list[Value]] = {}
    for key in sorted(source):
        for item in a_list(source[key], "transpose"):
            found.setdefault(text(item), []).append(key)
    result = TypedMap(item=("list", "string"))
    for key in sorted(found):
        result.put(key, listed(found[key], "string"), NOWHERE)
    return result


# ---- those that see unknowns ----


def opened(args: tuple[Value, ...]) -> tuple[list[Value], bool]:
    hidden = any(isinstance(value, Sensitive) for value in args)
    values = [value.reveal() if isinstance(value, Sensitive) else value for value in args]
    return [value.force() if isinstance(value, Deferred) else value for value in values], hidden


def marked(value: Value, hidden: bool) -> Value:
    return sensitive(value) if hidden else value


@function(mode=RAW)
def merge(*maps: Value) -> Value:
    """Of an unknown map the keys are unknown: those before it may be overwritten, those after it stand."""
    sources, hidden = opened(maps)
    return marked(merged(sources), hidden)


def merged(sources: list[Value]) -> Value:
    """What `merge` makes of maps, nulls and unknowns, in that order of precedence: a map where all are of one type."""
    result = Map()
    for source in sources:
        if isinstance(source, TypedMap):
            if not isinstance(result, TypedMap):
                result = TypedMap(item=source.item)
            if result.item == source.item:
                continue
        elif source is None:
            continue
        result = Map()
        break
    rest: Unknown | None = None
    first = True
    for source in sources:
        if source is None:
            continue
        if isinstance(source, Unknown):
            rest = derived(source)
            for key in result:
                result[key] = rest
            continue
        a_map(source, "merge")
        if first:
            result.span, result.header = source.span, source.header
            first = False
        for key in source:
            take_entry(result, source, key)
        if isinstance(source, PartialMap):
            rest = source.rest
            for key in result:
                if key not in source:
                    result[key] = rest
    if rest is None:
        return result
    if not result:
        return rest
    partial = PartialMap(rest, result.span, result.header)
    partial.update(result)
    partial.spans, partial.origins = result.spans, result.origins
    return partial


@function(mode=RAW)
def lookup(mapping: Value, key: Value, *default: Value) -> Value:
    (source, name), hidden = opened((mapping, key))
    if len(default) > 1:
        raise EvalError("lookup() takes 2 or 3 arguments")
    if isinstance(source, Unknown):
        return derived(source)
    found = a_map(source, "lookup")
    other = default[0] if default else None
    if isinstance(found, TypedMap) and found.item != "any":
        other = convert(other, found.item)
    if isinstance(name, Unknown):
        perhaps = candidates(found, name)
        return marked(one_of(name, [*perhaps, *((other,) if default else ())]), hidden) if perhaps else derived(name)
    at = text(name)
    if at in found:
        return marked(found[at], hidden)
    if isinstance(found, PartialMap):
        return derived(found.rest)
    if not default:
        raise EvalError(f'lookup() finds no entry "{at}" and has no default')
    return other


@function(mode=RAW)
def coalesce(first: Value, *others: Value) -> Value:
    values, hidden = opened((first, *others))
    kind = item_type(values, "call of coalesce()")
    for value in values:
        if is_something(value):
            return value
        if isinstance(value, Unknown):
            return derived(value)
        if value is not None and value != "":
            return marked(convert(value, kind), hidden)
    raise EvalError("coalesce() is given nothing but nulls and empty strings")


@function(mode=RAW)
def coalescelist(first: Value, *others: Value) -> Value:
    values, hidden = opened((first, *others))
    for value in values:
        if value is not None and not isinstance(value, Unknown):
            a_list(value, "coalescelist", sets=False)
    for value in values:
        if isinstance(value, Unknown):
            return derived(value)
        if value is not None and len(a_list(value, "coalescelist", sets=False)):
            return marked(value, hidden or survey(value)[1])
    raise EvalError("coalescelist() is given nothing but empty lists")


@function(mode=RAW)
def contains(items: Value, wanted: Value) -> Value:
    (source, value), hidden = opened((items, wanted))
    if isinstance(source, Unknown):
        return derived(source)
    unknown: list[Unknown] = []
    found = a_list(source, "contains")
    hidden = hidden or any(isinstance(item, Sensitive) for item in found)
    for item in found:
        same = equal(item, value)
        if same is True:
            return marked(True, hidden)
        if isinstance(same, Unknown):
            unknown.append(same)
    return combined(unknown) if unknown else marked(False, hidden)


@function(mode=RAW)
def index(items: Value, wanted: Value) -> Value:
    (source, value), hidden = opened((items, wanted))
    if isinstance(source, Unknown):
        return derived(source)
    for position, item in enumerate(a_list(source, "index", sets=False)):
        hidden = hidden or isinstance(item, Sensitive)
        same = equal(item, value)
        if isinstance(same, Unknown):
            return same
        if same:
            return marked(position, hidden)
    raise EvalError("index() does not find the value")


@function(mode=RAW)
def matchkeys(items: Value, names: Value, search: Value) -> Value:
    unknown, hidden = survey(made_of([names, search]))
    if unknown or isinstance(items, Unknown):
        return combined([*unknown, *([items] if isinstance(items, Unknown) else [])])
    source, tags, wanted = (a_list(revealed(v), "matchkeys") for v in (items, names, search))
    hidden = hidden or survey(items)[1]
    if len(source) != len(tags):
        raise EvalError("matchkeys() is given lists of different lengths")
    kind = item_type([*tags, *wanted], "call of matchkeys()")
    accepted = [convert(item, kind) for item in wanted]
    result = listed_at(source, source.item if isinstance(source, ListSeq) else "any")
    for position, tag in enumerate(tags):
        if any(equal(convert(tag, kind), item) is True for item in accepted):
            take(result, source, position)
    return marked(result, hidden)


@function(mode=RAW)
def alltrue(value: Value) -> Value:
    return _quantified(value, "alltrue", False)


@function(mode=RAW)
def anytrue(value: Value) -> Value:
    return _quantified(value, "anytrue", True)


def _quantified(value: Value, name: str, decides: bool) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown):
        return derived(source)
    unknown: list[Unknown] = []
    items = a_list(source, name)
    hidden = hidden or any(isinstance(item, Sensitive) for item in items)
    for item in items:
        if isinstance(item, Sensitive):
            item = item.reveal()
        if isinstance(item, Unknown):
            unknown.append(item)
        elif (to_bool(item) is True) is decides:
            return marked(decides, hidden)
    return combined(unknown) if unknown else marked(not decides, hidden)
