"""Functions that make lists and sets of others."""

from __future__ import annotations

from guardrail.formats.hcl_operators import as_set, equal
from guardrail.formats.hcl_values import Deferred, EvalError, SetSeq, combined, derived, type_name
from guardrail.inputs.terraform.functions.collections import a_list, like, made_of, marked, opened, take
from guardrail.inputs.terraform.functions.table import RAW, function, number, text
from guardrail.model import NOWHERE, Map, Seq, Unknown, Value

MAX_PRODUCT = 100_000


@function(mode=RAW)
def flatten(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown):
        return derived(source)
    result = like(a_list(source, "flatten"))
    unknown: list[Unknown] = []
    _flatten(source, result, unknown, 0)
    return combined(unknown) if unknown else marked(result, hidden)


def _flatten(source: Seq, result: Seq, unknown: list[Unknown], depth: int) -> None:
    if depth > 100 or len(result) > MAX_PRODUCT:
        raise EvalError("flatten() is given too much", kind="expansion")
    for position, item in enumerate(source):
        if isinstance(item, Deferred):
            item = item.force()
        if isinstance(item, Seq):
            _flatten(item, result, unknown, depth + 1)
        elif type(item) is Unknown:  # may be a list; a reference to an attribute is taken for one item
            unknown.append(item)
        else:
            take(result, source, position)


@function(mode=RAW)
def compact(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown):
        return derived(source)
    result = like(a_list(source, "compact"))
    for position, item in enumerate(source):
        if isinstance(item, Unknown):
            return derived(item)
        if item is not None and item != "":
            take(result, source, position)
    return marked(result, hidden)



@function(mode=RAW)
def distinct(value: Value) -> Value:
    (source,), hidden = opened((value,))
    if isinstance(source, Unknown):
        return derived(source)
    result = like(a_list(source, "distinct"))
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


@function()
def sort(value: Value) -> Value:
    source = a_list(value, "sort")
    order = sorted(range(len(source)), key=lambda position: text(source[position], "an item for sort()"))
    result = like(source)
    for position in order:
        take(result, source, position)
        result[-1] = text(result[-1])
    return result


@function("range")
def range_(*args: Value) -> Value:
    numbers = [number(value) for value in args]
    if not 1 <= len(numbers) <= 3:
        raise EvalError("range() takes 1 to 3 arguments")
    start, end = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) == 3 else 1 if start <= end else -1
    if step == 0 or (step > 0 and start > end) or (step < 0 and start < end):
        raise EvalError("the step of range() leads away from its end")
    found: list[Value] = []
    while (start < end) if step > 0 else (start > end):
        if len(found) >= 1024:
            raise EvalError("range() gives more than 1024 numbers")
        found.append(start)
        start += step
    return made_of(found)


@function(mode=RAW)
def setproduct(*sets: Value) -> Value:
    sources, hidden = opened(sets)
    for source in sources:
        if isinstance(source, Unknown):
            return derived(source)
    rows: list[list[Value]] = [[]]
    for source in sources:
        items = a_list(source, "setproduct")
        if len(rows) * max(len(items), 1) > MAX_PRODUCT:
            raise EvalError(f"setproduct() gives more than {MAX_PRODUCT:,} items", kind="expansion")
        rows = [[*row, item] for row in rows for item in items]
    made = made_of([made_of(row) for row in rows])
    result: Seq = made
    if sources and all(isinstance(source, SetSeq) for source in sources):
        result = SetSeq()
        result.extend(made)
        result.spans = made.spans
    return marked(result, hidden)


@function()
def setunion(*sets: Value) -> Value:
    result = Seq()
    for value in sets:
        source = a_list(value, "setunion")
        for position in range(len(source)):
            take(result, source, position)
    return as_set(result)


@function()
def setintersection(first: Value, *others: Value) -> Value:
    source = a_list(first, "setintersection")
    result = Seq()
    for position, item in enumerate(source):
        if all(any(equal(item, one) is True for one in a_list(other, "setintersection")) for other in others):
            take(result, source, position)
    return as_set(result)


@function()
def setsubtract(first: Value, second: Value) -> Value:
    source, without = a_list(first, "setsubtract"), a_list(second, "setsubtract")
    result = Seq()
    for position, item in enumerate(source):
        if not any(equal(item, other) is True for other in without):
            take(result, source, position)
    return as_set(result)


@function()
def setsymmetricdifference(first: Value, second: Value) -> Value:
    one_side, other = setsubtract(first, second), setsubtract(second, first)
    return setunion(one_side, other)


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
