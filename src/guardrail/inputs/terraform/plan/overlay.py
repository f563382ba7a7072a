"""The values of a plan, laid over those of the source: what is so comes from the plan; where it stands, and how it came
about, from the source.

A plan orders the items of sets by their hash, so blocks and items are matched by what they hold, and stand in the order
of the source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from guardrail.formats.hcl_values import relocated
from guardrail.inputs.terraform.plan.values import Computed
from guardrail.model import (
    Encoded,
    EncodedUnknown,
    Map,
    Reference,
    Sensitive,
    Seq,
    Span,
    Unknown,
    Value,
    is_known,
    plain,
)

MAX_PAIRS = 100_000  # pairs of blocks that are held against each other; more are matched by position
KEPT = frozenset(("lifecycle", "provisioner", "connection"))
"""What a plan's values don't have, since it says nothing to the provider."""


class Overlay:
    """`moved` gives an address of the source in the plan's spelling."""

    def __init__(self, source_prefix: str = "", plan_prefix: str = "") -> None:
        self.old, self.new = source_prefix, plan_prefix

    def attributes(self, plan: Map, source: Map) -> Map:
        made = self._map(plan, source)
        for name in KEPT:
            if name in source:
                made.copy_entry(source, name)
                made.spans[name] = source.spans.get(name, source.header)
        return made

    def moved(self, address: str) -> str:
        if self.old != self.new and address.startswith(self.old):
            return self.new + address[len(self.old) :]
        return address

    # ---- maps ----

    def _map(self, plan: Map, source: Map) -> Map:
        made = Map(source.span, source.header)
        for name in source:
            span = source.spans.get(name, source.header)
            told = source[name]
            if name in plan:
                value = self.value(plan[name], told, span)
                if not isinstance(value, Computed):
                    made.put(name, value, span, source.origins.get(name) if source.origins else None)
                    continue
            if told is None:
                made[name] = None
            made.spans[name] = span  # where it is set to what comes to nothing
        for name in plan:
            if name not in source and not isinstance(plan[name], Computed):
                made[name] = _at(plan[name], source.header)
        return made

    # ---- values ----

    def value(self, plan: Value, source: Value, span: Span) -> Value:
        if isinstance(plan, Unknown):
            return self._unknown(plan, source)
        if isinstance(plan, Sensitive):
            return self._sensitive(plan, source, span)
        if isinstance(source, Sensitive):
            return Sensitive(self.value(plan, source.reveal(), span), source.literal)
        if isinstance(source, (Encoded, EncodedUnknown)):
            return self._encoded(plan, source, span)
        if isinstance(plan, str) and isinstance(source, str):
            return source if plan == source or _same_document(plan, source) else plan
        if isinstance(plan, Map):
            if isinstance(source, Map):
                return self._map(plan, source)
            if isinstance(source, Seq) and len(source) == 1 and isinstance(source[0], Map):
                plan = _sequence(plan)
        if isinstance(plan, Seq) and isinstance(source, Seq):
            return self._sequence(plan, source, span)
        if isinstance(source, Seq) and len(source) == 1 and not isinstance(plan, (Map, Seq)):
            return self.value(plan, source[0], span)  # as AWS writes lists of one in its policies
        return _at(plan, span)

    def _unknown(self, plan: Unknown, source: Value) -> Value:
        """What the source says of it may be more: the part of a text or document that is known, the reference."""
        if isinstance(source, Reference) and type(source) is Reference:
            return Reference(self.moved(source.target), source.attribute)
        if isinstance(source, Unknown) or (source is not None and not is_known(source)):
            return source
        return Unknown(plan.reason, plan.refs) if isinstance(plan, Computed) and source is not None else plan

    def _sensitive(self, plan: Sensitive, source: Value, span: Span) -> Value:
        if isinstance(source, Sensitive):
            return Sensitive(self.value(plan.reveal(), source.reveal(), span), source.literal)
        if plan.literal and isinstance(source, str) and source == plan.reveal():
            return source  # written in plain sight, for whoever reads the source to judge
        return Sensitive(self.value(plan.reveal(), source, span), plan.literal)

    def _encoded(self, plan: Value, source: Encoded | EncodedUnknown, span: Span) -> Value:
        """A document made from values: its parts stand where they do in the source."""
        if not isinstance(plan, str):
            return _at(plan, span)
        parsed = _document(plan)
        if parsed is None:
            return source if isinstance(source, str) and source == plan else plan
        if isinstance(source, Encoded) and parsed in (plain(source.decoded), _document(str(source))):
            return source
        return Encoded(plan, self.value(_placed(parsed), source.decoded, span))

    # ---- sequences ----

    def _sequence(self, plan: Seq, source: Seq, span: Span) -> Seq:
        made = Seq(source.span if source.span.line else span, source.header if source.header.line else span)
        pairs = list(zip(plan, _pairs(plan, source), strict=True))
        pairs.sort(key=lambda pair: len(source) if pair[1] is None else pair[1])
        for item, index in pairs:
            if index is None:
                made.add(_at(item, made.header), made.header)
                continue
            place = source.spans[index] if index < len(source.spans) and source.spans[index].line else made.header
            value = self.value(item, source[index], place)
            origin = source.origins.get(index) if source.origins else None
            made.add(Unknown(value.reason, value.refs) if isinstance(value, Computed) else value, place, origin)
        return made


def _at(value: Value, span: Span) -> Value:
    """A value that has no place of its own."""
    if isinstance(value, Sensitive):
        return Sensitive(_at(value.reveal(), span), value.literal)
    return relocated(value, span) if isinstance(value, (Map, Seq)) else value


def _sequence(value: Map) -> Seq:
    sequence = Seq(value.span, value.header)
    sequence.add(value, value.span)
    return sequence


def _pairs(plan: Seq, source: Seq) -> list[int | None]:
    """For each item of the plan the index of the source's that it was made from."""
    count = len(source)
    if len(plan) == count and all(_likeness(a, b) >= 0 for a, b in zip(plan, source, strict=True)):
        return list(range(count))
    if len(plan) * count > MAX_PAIRS:
        return [index if index < count else None for index in range(len(plan))]
    free = dict.fromkeys(range(count))
    found: list[int | None] = [None] * len(plan)
    for sure in (True, False):  # those that agree in all that is known choose first
        for at, item in enumerate(plan):
            if found[at] is not None or not free:
                continue
            best = max(free, key=lambda index: (_likeness(item, source[index]), -index))
            if _likeness(item, source[best]) > 0 or (not sure and isinstance(item, (Map, Seq, Unknown))):
                found[at] = best
                del free[best]
    if not free:  # one dynamic block makes many
        for at, item in enumerate(plan):
            if found[at] is None and count:
                best = max(range(count), key=lambda index: (_likeness(item, source[index]), -index))
                found[at] = best if _likeness(item, source[best]) >= 0 or isinstance(source[best], Unknown) else None
    return found


def _likeness(plan: Value, source: Value, depth: int = 0) -> int:
    """How much of two values is the same; negative where something is surely not."""
    if isinstance(plan, Sensitive):
        plan = plan.reveal()
    if isinstance(source, Sensitive):
        source = source.reveal()
    if isinstance(plan, Unknown) or isinstance(source, Unknown) or depth > 6:
        return 0
    if isinstance(plan, Map) and isinstance(source, Map):
        parts = [_likeness(plan.get(name), source[name], depth + 1) for name in source if name not in KEPT]
        return -1 if any(part < 0 for part in parts) else sum(parts)
    if isinstance(plan, Seq) and isinstance(source, Seq):
        if is_known(plan) and is_known(source):
            return 1 if _texts(plan) == _texts(source) else -1
        return 0
    if source is None or isinstance(plan, (Map, Seq)) or isinstance(source, (Map, Seq)):
        return 0
    if plan is None:
        return 0 if source in ("", False, 0) else -1
    return 1 if _text(plan) == _text(source) or (isinstance(plan, str) and _same_document(plan, source)) else -1


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(values: Iterable[Value]) -> list[str]:
    return sorted(repr(plain(item)) if isinstance(item, (Map, Seq)) else _text(item) for item in values)


def _document(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _same_document(plan: str, source: Value) -> bool:
    """Whether two texts are the same JSON: providers write documents their own way."""
    if not isinstance(source, str) or not plan.lstrip().startswith(("{", "[")):
        return False
    parsed = _document(plan)
    return parsed is not None and parsed == _document(str(source))


def _placed(parsed: Any, depth: int = 0) -> Value:
    """Plain JSON as Maps and Seqs without places."""
    if depth > 100:
        return Unknown("the document is nested too deep")
    if isinstance(parsed, dict):
        mapping = Map()
        for key, item in parsed.items():
            mapping[key] = _placed(item, depth + 1)
        return mapping
    if isinstance(parsed, list):
        sequence = Seq()
        for item in parsed:
            sequence.append(_placed(item, depth + 1))
        return sequence
    return parsed
