"""What a pod as a whole asks for and may use, as scheduler and kubelet reckon it.

Containers that run side by side add up; init containers run one after the other, each beside the sidecars that were
started before it, and the pod must have room for the largest of these moments
(https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers). What
`spec.resources` says counts before the sum; `spec.overhead` comes on top. All in exact fractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias

from guardrail.concepts.blocks import Block, Spelling, amount
from guardrail.model import Map, Noun, Sensitive, Span, Unknown, Value

RESOURCES = (("cpu", "cpu"), ("memory", "memory"), ("ephemeral_storage", "ephemeral-storage"))
_POD_LEVEL = frozenset(("cpu", "memory"))  # of which `spec.resources` may speak
_OF_QUALITY = RESOURCES[:2]
if TYPE_CHECKING:
    from fractions import Fraction

Amount: TypeAlias = "int | Fraction | Unknown | None"


class PodLevel:
    """What the pod's spec says of the whole: `resources` and `overhead`."""

    __slots__ = ("overhead", "resources", "spelling")

    def __init__(self, spec: Block, spelling: Spelling) -> None:
        self.spelling = spelling
        self.resources = spelling.block(spec, "resources")
        self.overhead = spelling.block(spec, "overhead")

    def of(self, name: str, key: str) -> tuple[Amount, Span | None]:
        """An amount of `requests` or `limits`, and its place."""
        if self.resources is None or key not in _POD_LEVEL:
            return None, None
        return _entry(self.spelling.block(self.resources, name), key)


def add_sums(fields: Map, containers: Sequence[Noun], level: PodLevel, here: Span, pods: Amount) -> None:
    """Puts `requests` and `limits` (of one pod), `total_requests` and `total_limits` (of `pods` of them; nothing where
    that is None) and `qos` into the fields of a workload. `here`: where a finding about the whole stands."""
    requests, limits = Map(here), Map(here)
    for field, key in RESOURCES:
        wanted, where = level.of("requests", key)
        bound, bound_at = level.of("limits", key)
        if wanted is None:
            wanted = _moments(containers, partial(_request, field, bound_at))
            wanted, where = (bound, bound_at) if wanted is None else (wanted, None)
        if bound is None:
            bound = _bound(containers, field)
        beyond, _ = _entry(level.overhead, key)
        _put(requests, field, _plus(wanted, beyond) if beyond is not None else wanted, where or here)
        _put(limits, field, None if bound is None else _plus(bound, beyond), bound_at or here)
    fields.put("requests", requests, here)
    fields.put("limits", limits, here)
    for name, source in (("total_requests", requests), ("total_limits", limits)):
        total = Map(here)
        for field, _ in RESOURCES:
            one = _fraction(source[field]) if field in source else None
            _put(total, field, None if one is None or pods is None else _times(one, pods), source.place(field))
        fields.put(name, total, here)
    fields.put("qos", _quality(containers, level), here)


def unknown_sums(fields: Map, why: Unknown, here: Span) -> None:
    """The same for pods of which it is not known what they are made of."""
    for name in ("requests", "limits", "total_requests", "total_limits"):
        nested = Map(here)
        for field, _ in RESOURCES:
            nested.put(field, why, here)
        fields.put(name, nested, here)
    fields.put("qos", why, here)


def reckoned(value: Value) -> Amount:
    """A number of a noun's field, exactly; None for what is no number."""
    if isinstance(value, Sensitive):
        return Unknown("it is sensitive")
    return _fraction(value)


def product(factors: Sequence[Amount]) -> Amount:
    total: Amount = 1
    for factor in factors:
        total = _times(total, factor) if factor is not None else total
    return total


def _fraction(value: Value) -> Amount:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Sensitive):
        return Unknown("it is sensitive")
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    return _exact(value) if isinstance(value, float) and math.isfinite(value) else None


@lru_cache(maxsize=1024)
def _exact(value: float) -> Fraction:
    from fractions import Fraction  # 3 ms, which pods without halves need not wait for

    return Fraction(repr(value))  # 0.1 is meant, not its binary neighbour


def _entry(source: Block, key: str) -> tuple[Amount, Span | None]:
    if isinstance(source, Unknown):
        return source, None
    if source is None or source.get(key) is None:
        return None, None
    return _fraction(amount(source[key])), source.place(key)


def _put(target: Map, field: str, value: Amount, place: Span) -> None:
    if value is None:
        target.spans[field] = place
    elif isinstance(value, Unknown):
        target.put(field, value, place)
    else:
        target.put(field, value.numerator if value.denominator == 1 else float(value), place)


def _plus(one: Amount, other: Amount) -> Amount:
    if one is None or isinstance(other, Unknown):
        return other
    if other is None or isinstance(one, Unknown):
        return one
    return one + other


def _times(one: Amount, other: Amount) -> Amount:
    if isinstance(one, Unknown) or one is None:
        return one
    return other if isinstance(other, Unknown) or other is None else one * other


def _greater(one: Amount, other: Amount) -> Amount:
    if one is None or isinstance(other, Unknown):
        return other
    if other is None or isinstance(one, Unknown):
        return one
    return max(one, other)


def _moments(containers: Sequence[Noun], of: Callable[[Noun], Amount]) -> Amount:
    """The most that is in use at one time; None if no container says anything."""
    beside: Amount = None  # of the sidecars started so far
    most: Amount = None
    running: Amount = None
    for noun in containers:
        klass, own = noun.fields.get("class"), of(noun)
        if klass == "sidecar":
            beside = _plus(beside, own)
            most = _greater(most, beside)
        elif klass == "init":
            most = _greater(most, _plus(beside, own))
        elif klass == "app":
            running = _plus(running, own)
    return _greater(most, _plus(running, beside))


def _request(field: str, of_pod: Span | None, noun: Noun) -> Amount:
    """What a container requests: what it says, else its own limit (one that it has from its pod is none)."""
    requests, limits = noun.fields.get("requests"), noun.fields.get("limits")
    if isinstance(requests, Map) and requests.get(field) is not None:
        return _fraction(requests[field])
    if isinstance(limits, Map) and limits.get(field) is not None and (of_pod is None or limits.place(field) != of_pod):
        return _fraction(limits[field])
    return None


def _bound(containers: Sequence[Noun], field: str) -> Amount:
    """The sum of limits; None where one container has none, for then the pod has none either."""
    doubt: Unknown | None = None
    for noun in containers:
        if noun.fields.get("class") == "ephemeral":
            continue
        own = _limit(field, noun)
        if isinstance(own, Unknown):
            doubt = doubt or own
        elif not own:  # 0 is no limit
            return None
    return doubt or _moments(containers, partial(_limit, field))


def _limit(field: str, noun: Noun) -> Amount:
    limits = noun.fields.get("limits")
    return _fraction(limits.get(field)) if isinstance(limits, Map) else None


def _quality(containers: Sequence[Noun], level: PodLevel) -> Value:
    """The quality-of-service class, as `ComputePodQOS` of Kubernetes has it: of cpu and memory, zeros left out."""
    sets: list[tuple[dict[str, Amount], dict[str, Amount]]] = []
    if level.resources is not None:
        if isinstance(level.resources, Unknown):
            return level.resources
        wanted: dict[str, Amount] = {}
        bounds: dict[str, Amount] = {}
        for field, key in _OF_QUALITY:
            bound, _ = level.of("limits", key)
            request, _ = level.of("requests", key)
            if request is None:
                request = _moments(containers, partial(_request, field, level.of("limits", key)[1]))
            wanted[field], bounds[field] = bound if request is None else request, bound
        sets.append((wanted, bounds))
    else:
        for noun in containers:
            if noun.fields.get("class") == "ephemeral":
                continue
            wanted = {field: _request(field, None, noun) for field, _ in _OF_QUALITY}
            sets.append((wanted, {field: _limit(field, noun) for field, _ in _OF_QUALITY}))
    return _class_of(sets)


def _class_of(sets: list[tuple[dict[str, Amount], dict[str, Amount]]]) -> Value:
    """Burstable is sure as soon as one set has something, and one lacks a limit or asks for less than its limit."""
    doubt: Unknown | None = None
    something, uneven = False, not sets
    for wanted, bounds in sets:
        for field, _ in _OF_QUALITY:
            request, bound = wanted[field], bounds[field]
            for value in (request, bound):
                if isinstance(value, Unknown):
                    doubt = doubt or value
                elif value:
                    something = True
            if isinstance(request, Unknown) or isinstance(bound, Unknown):
                uneven = uneven or not bound
            elif not bound or request != bound:
                uneven = True
    if something and uneven:
        return "Burstable"
    if doubt is not None:
        return Unknown(doubt.reason, doubt.refs)
    return "Guaranteed" if something else "BestEffort"
