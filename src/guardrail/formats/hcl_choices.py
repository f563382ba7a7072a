"""What comes of several values where it is not known which of them: branches of a conditional, entries of a map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrail.formats.hcl_operators import equal
from guardrail.formats.hcl_values import Deferred, OpenMap, PartialMap, SetSeq, copy_map, derived
from guardrail.model import Map, OneOf, PartList, PartText, Perhaps, Sensitive, Seq, Unknown, Value, inside

MAX_CHOICES = 12
MAX_CANDIDATES = 20  # entries of a map that an unknown key may lead to
MAX_DEPTH = 6  # of maps in maps whose entries are put together
MAX_ENTRIES = 2_000  # of one such value


def one_of(why: Unknown, values: Iterable[Value]) -> Value:
    """One of these. Values that agree are no question; keys that all have are there; what one of several lists has may
    be there; of what is short the choices are kept. `why`: what decides."""
    return _Choosing(why).of(list(values), 0)


def candidates(holder: Value, key: Unknown) -> list[Value] | None:
    """The entries that an unknown key may lead to; None where they aren't all known."""
    if isinstance(holder, OpenMap) or not isinstance(holder, (Map, Seq)):
        return None
    if isinstance(holder, Seq):
        found = list(holder)
    elif isinstance(key, OneOf):
        found = [holder[name] for name in key.choices if isinstance(name, str) and name in holder]
    elif isinstance(key, PartText):
        found = [value for name, value in holder.items() if key.can_be(name)]
    else:
        found = list(holder.values())
    if len(found) > MAX_CANDIDATES or any(isinstance(value, Deferred) for value in found):
        return None
    return found


class _Choosing:
    __slots__ = ("entries", "why")

    def __init__(self, why: Unknown) -> None:
        self.why, self.entries = why, 0

    def of(self, values: list[Value], depth: int) -> Value:
        values = list(_apart(values))
        first = values[0] if values else None
        if not values:
            return derived(self.why)
        if all(type(value) is type(first) and isinstance(value, Map) for value in values):
            return self._map(values, depth) if len(values) > 1 else first
        if all(isinstance(value, (Seq, PartList)) and not isinstance(value, SetSeq) for value in values):
            if any(isinstance(item, (Unknown, Sensitive, Map, Seq)) for value in values for item in inside(value)):
                known = not any(isinstance(value, PartList) for value in values)
                return first if known and _agree(values) else self._list(values)
        elif any(isinstance(value, (Unknown, Sensitive, Map)) for value in values):
            return derived(self.why)
        elif any(isinstance(item, (Unknown, Sensitive, Map, Seq))
                 for value in values if isinstance(value, Seq) for item in value):  # fmt: skip
            return first if _agree(values) else derived(self.why)
        different: list[Value] = []
        for value in values:
            if not any(_same(value, known) for known in different):
                different.append(value)
        if len(different) == 1:
            return first
        if len(different) > MAX_CHOICES:
            return derived(self.why)
        return OneOf(self.why.reason, self.why.refs, tuple(different))

    def _list(self, values: list[Value]) -> Value:
        """A list whose items may be those of each of these. One that is in all of them is surely there."""
        first, *others = (inside(value) for value in values)
        self.entries += len(first) * (len(others) + 1) + sum(len(other) for other in others)
        if self.entries > MAX_ENTRIES:
            return derived(self.why)
        items, perhaps = Seq(first.span, first.header), Seq(first.span, first.header)
        for source in (first, *others):
            for index, item in enumerate(source):
                origin = source.origins.get(index) if source.origins else None
                if isinstance(item, Perhaps):
                    for position, block in enumerate(item.blocks):
                        perhaps.add(block, item.blocks.place(position))
                elif isinstance(item, Unknown) or not all(_has(other, item) for other in (first, *others)):
                    perhaps.add(item, source.place(index), origin)
                elif source is first:
                    items.add(item, source.place(index), origin)
        if perhaps:
            items.add(Perhaps(self.why, perhaps), perhaps.place(0))
        return PartList(self.why, items)

    def _map(self, values: list[Map], depth: int) -> Value:
        first, *others = values
        shared = [key for key in first if all(key in other for other in others)]
        self.entries += len(shared) * len(values)
        if any(isinstance(value, OpenMap) for value in values) or depth >= MAX_DEPTH or self.entries > MAX_ENTRIES:
            return derived(self.why)
        if not shared:
            return first if not any(values) else derived(self.why)
        result: Map = copy_map(first)
        for key in list(first):
            if key not in shared:
                del result[key]
                result.spans.pop(key, None)
                if result.origins:
                    result.origins.pop(key, None)
        for key in shared:
            result[key] = self.of([value[key] for value in values], depth + 1)
        if all(len(value) == len(shared) for value in values):
            return result
        partial = PartialMap(derived(self.why), first.span, first.header)
        partial.update(result)
        partial.spans, partial.origins = result.spans, result.origins
        return partial


def _apart(values: list[Value]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, OneOf):
            yield from value.choices
        else:
            yield value


def _same(one: Value, other: Value) -> bool:
    return equal(one, other) is True or (isinstance(one, Seq) and isinstance(other, Seq) and list(one) == list(other))


def _has(values: Seq, item: Value) -> bool:
    return any(equal(value, item) is True for value in values)


def _agree(values: list[Value]) -> bool:
    return all(equal(values[0], value) is True for value in values[1:])
