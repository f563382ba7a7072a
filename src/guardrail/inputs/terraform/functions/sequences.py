"""Functions that make lists and sets of others."""

from __future__ import annotations

from contextlib import suppress

from guardrail.formats.hcl_operators import arithmetic, as_set, equal
from guardrail.formats.hcl_types import Mismatch, as_list, item_type, listed, to_set, unify
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    ListSeq,
    PartialMap,
    SetSeq,
    Type,
    combined,
    derived,
    empty_like,
    is_something,
    revealed,
    survey,
    type_name,
)
from guardrail.inputs.terraform.functions.collections import a_list, made_of, marked, opened, take
from guardrail.inputs.terraform.functions.table import RAW, function, number, text
from guardrail.model import NOWHERE, Map, PartList, Perhaps, Sensitive, Seq, Unknown, Value, inside

MAX_PRODUCT = 100_000


@function(mode=RAW)
def concat(first: Value, *others: Value) -> Value:
    """A list where all are, else a tuple."""
    sources, hidden = opened((first, *others))
    for source in sources:
        if isinstance(source, PartialMap):
            return derived(source.rest)
        if not isinstance(source, Unknown):
            a_list(source, "concat", sets=False)
    result = Seq()
    for source in sources:
        items = inside(source)
        if isinstance(items, Seq):
            if not result.span.line:
                result.span, result.header = items.span, items.header
            for index in range(len(items)):
                take(result, items, index)
        else:
            result.add(source, NOWHERE)
    unknown = next((source for source in sources if isinstance(source, Unknown)), None)
    if unknown is not None:
        is_known_in_part = any(isinstance(inside(source), Seq) and inside(source) for source in sources)
        return marked(PartList(derived(unknown), result), hidden) if is_known_in_part else derived(unknown)
    if all(isinstance(source, ListSeq) for source in sources):
        with suppress(EvalError):
            return marked(as_list(result), hidden)
    return marked(result, hidden)


@function(mode=RAW)
def flatten(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown) and not isinstance(source, PartList):
        return derived(source)
    origin = a_list(inside(source), "flatten")
    result = Seq(origin.span, origin.header)
    unknown: list[Unknown] = [source] if isinstance(source, PartList) else []
    hidden = _flatten(origin, result, unknown, 0) or hidden
    if not unknown:
        return marked(result, hidden)
    why = combined(unknown)
    is_known_in_part = any(type(item) is not Unknown for item in result)
    return marked(PartList(why, result), hidden) if is_known_in_part else why


def _flatten(source: Seq, result: Seq, unknown: list[Unknown], depth: int) -> bool:
    """Whether one of the lists is sensitive, so that all of the result is. What is unknown of how many items there
    are is among them, too."""
    hidden = False
    if depth > 100 or len(result) > MAX_PRODUCT:
        raise EvalError("flatten() is given too much", kind="expansion")
    for position, item in enumerate(source):
        if isinstance(item, Deferred):
            item = item.force()
        if isinstance(item, Sensitive) and isinstance(item.reveal(), Seq):
            hidden, item = True, item.reveal()
        if isinstance(item, (Seq, PartList)):
            if isinstance(item, PartList):
                unknown.append(item)
            hidden = _flatten(inside(item), result, unknown, depth + 1) or hidden
        elif isinstance(item, Perhaps):
            perhaps = Seq(item.blocks.span, item.blocks.header)
            hidden = _flatten(item.blocks, perhaps, unknown, depth + 1) or hidden
            result.add(Perhaps(item, perhaps), source.place(position))
        else:
            if type(item) is Unknown:  # may be a list; a reference to an attribute is taken for one item
                unknown.append(item)
            take(result, source, position)
    return hidden


@function(mode=RAW)
def compact(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if survey(source)[1]:
        hidden, source = True, revealed(source)
    if isinstance(source, Unknown):
        return derived(source)
    result = empty_like(a_list(source, "compact"))
    for position, item in enumerate(source):
        surely = is_something(item)
        if isinstance(item, Unknown) and not surely:
            return derived(item)
        if surely or (item is not None and item != ""):
            take(result, source, position)
    return marked(result, hidden)


@function(mode=RAW)
def distinct(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if survey(source)[1]:
        hidden, source = True, revealed(source)
    if isinstance(source, Unknown):
        return derived(source)
    result = empty_like(a_list(source, "distinct"))
    seen: set[tuple[str, Value]] = set()
    for position, item in enumerate(source):
        if isinstance(item, Unknown):
            return derived(item)
        if isinstance(item, (str, int, float, bool)):
            mark = (type_name(item), item)
            if mark in seen:
                continue
            seen.add(mark)
        elif any(equal(item, other) is True for other in result):
            continue
        take(result, source, position)
    return marked(result, hidden)


@function(mode=RAW)
def sort(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown):
        return derived(source)
    unknown, secret = survey(source)
    result = empty_like(a_list(source, "sort"))
    if unknown:  # how many there are is known
        for item in unknown[:1] * len(source):
            result.add(derived(item), source.span)
        return marked(result, hidden or secret)
    opened_up = revealed(source)
    for position in sorted(range(len(source)), key=lambda at: text(opened_up[at], "an item for sort()")):
        take(result, opened_up, position)
    return marked(result, hidden or secret)


@function("range")
def range_(*args: Value) -> Value:
    numbers = [number(value) for value in args]
    if not 1 <= len(numbers) <= 3:
        raise EvalError("range() takes 1 to 3 arguments")
    start, end = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) == 3 else 1 if start <= end else -1
    if start != end and (step == 0 or (step > 0 and start > end) or (step < 0 and start < end)):
        raise EvalError("the step of range() leads away from its end")
    found: list[Value] = []
    while arithmetic("<", start, end) if step > 0 else arithmetic(">", start, end):
        if len(found) >= 1024:
            raise EvalError("range() gives more than 1024 numbers")
        found.append(start)
        start = arithmetic("+", start, step)
    return listed(found, "number")


@function(mode=RAW)
def setproduct(first: Value, second: Value, *others: Value) -> Value:
    """A set where one of them is a set, else a list."""
    sources, hidden = opened((first, second, *others))
    for source in sources:
        if isinstance(source, Unknown):
            return derived(source)
    ordered = not any(isinstance(source, SetSeq) for source in sources)
    rows: list[list[Value]] = [[]]
    for source in sources:
        items = a_list(source, "setproduct")
        items = as_list(items) if ordered else to_set(items)
        if isinstance(items, Unknown):
            return derived(items)
        if len(rows) * max(len(items), 1) > MAX_PRODUCT:
            raise EvalError(f"setproduct() gives more than {MAX_PRODUCT:,} items", kind="expansion")
        rows = [[*row, item] for row in rows for item in items]
    made = listed([made_of(row) for row in rows], "any")
    return marked(made if ordered else _unchecked_set(made), hidden)


def _unchecked_set(items: Seq) -> SetSeq:
    """A set of items that are known to differ and to stand in order."""
    result = SetSeq()
    result.extend(items)
    result.spans = items.spans
    return result


def _sets(values: tuple[Value, ...], name: str) -> list[SetSeq]:
    """Sets of one type."""
    sources = [a_list(value, name) for value in values]
    types: list[Type] = []
    for source in sources:
        if isinstance(source, (ListSeq, SetSeq)) and source.item != "any":
            types.append(source.item)
        else:
            types.append(item_type(source, "set"))
    try:
        kind = unify(types)
    except Mismatch:
        raise EvalError(f"the sets given to {name}() have no type in common") from None
    return [to_set(source, kind) for source in sources]


def _set_like(source: SetSeq, items: ListSeq) -> Value:
    """Also without items it is a set of a type, and equal only to those of the same."""
    made = as_set(items)
    made.item = source.item
    return made


@function(mode=RAW)
def setunion(*sets: Value) -> Value:
    sources, hidden = opened(sets)
    if not sources:
        raise EvalError("setunion() takes 1 or more arguments and is given 0")
    for source in sources:
        if isinstance(source, Unknown):
            return derived(source)
    parts = _sets(tuple(sources), "setunion")
    result = ListSeq()
    for part in parts:
        for position in range(len(part)):
            take(result, part, position)
    return marked(_set_like(parts[0], result), hidden)


@function()
def setintersection(first: Value, *others: Value) -> Value:
    source, *rest = _sets((first, *others), "setintersection")
    result = ListSeq()
    for position, item in enumerate(source):
        if all(any(equal(item, one) is True for one in other) for other in rest):
            take(result, source, position)
    return _set_like(source, result)


@function()
def setsubtract(first: Value, second: Value) -> Value:
    source, without = _sets((first, second), "setsubtract")
    result = ListSeq()
    for position, item in enumerate(source):
        if not any(equal(item, other) is True for other in without):
            take(result, source, position)
    return _set_like(source, result)


@function("list")
def list_(*args: Value) -> Value:
    return made_of(list(args))


@function("map")
def map_(*args: Value) -> Value:
    if len(args) % 2:
        raise EvalError("map() takes keys and values in turn")
    result = Map()
    for position in range(0, len(args), 2):
        result.put(text(args[position]), args[position + 1], NOWHERE)
    return result
