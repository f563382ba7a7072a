"""ResourceQuotas and LimitRanges -> `allowance` nouns: what they allow against what the workloads of the set ask for.

Sums are of what surely runs at once in that namespace: jobs, daemons and what an autoscaler adds are left out, so that
what goes beyond a quota surely does.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from guardrail.concepts.autoscalers import minimum_of
from guardrail.concepts.blocks import Block, Spelling, amount
from guardrail.concepts.kubernetes_names import is_written
from guardrail.concepts.scanned_pods import Scanned, pods_scanned
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value

_QUOTAS = frozenset(("ResourceQuota", "kubernetes_resource_quota", "kubernetes_resource_quota_v1"))
_RANGES = frozenset(("LimitRange", "kubernetes_limit_range", "kubernetes_limit_range_v1"))
_SIZES: dict[str, tuple[str, str]] = {
    "cpu": ("requests", "cpu"), "memory": ("requests", "memory"),
    "ephemeral-storage": ("requests", "ephemeral_storage"), "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"), "requests.ephemeral-storage": ("requests", "ephemeral_storage"),
    "limits.cpu": ("limits", "cpu"), "limits.memory": ("limits", "memory"),
    "limits.ephemeral-storage": ("limits", "ephemeral_storage"),
}  # fmt: skip
_MUST_SAY = frozenset(("cpu", "memory"))  # without which a quota for them refuses a pod
_COUNTED = frozenset(("deployment", "statefulset", "replicaset", "pod"))
_PODS = frozenset(("pods", "count/pods"))


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind, attributes, spelling = spelled(resource)
    if resource.mode != "managed" or not isinstance(attributes, Map):
        return
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    if not isinstance(spec, Map) or isinstance(namespace_of(metadata), Unknown):
        return
    if kind in _QUOTAS:
        yield from _quota(resource, spec, metadata, spelling, inventory)
    elif kind in _RANGES:
        yield from _range(resource, spec, metadata, spelling, inventory)


def _quota(resource: Resource, spec: Map, metadata: Block, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    hard = spec.get("hard")
    if not isinstance(hard, Map) or spec.get("scopes") or spec.get(spelling["scopeSelector"]):
        return  # one with scopes counts some of the pods only
    here = _workloads(resource, metadata, inventory)
    for key, value in hard.items():
        if key not in _SIZES and key not in _PODS:
            continue
        fields = _fields(resource, metadata, "quota", key, amount(value), hard.place(key))
        total: Fraction | Unknown | None = None
        who, silent = Seq(hard.place(key)), Seq(hard.place(key))
        for scanned in here:
            asked = _asked(scanned, key, inventory)
            if asked is None:
                if key in _SIZES and _SIZES[key][1] in _MUST_SAY:
                    silent.add(_label(scanned), hard.place(key))
                continue
            who.add(_label(scanned), hard.place(key))
            if isinstance(asked, Unknown) or isinstance(total, Unknown):
                total = total if isinstance(total, Unknown) else asked
            else:
                total = asked if total is None else total + asked
        fields.spans["asked"] = hard.place(key)
        if total is not None:
            fields.put("asked", _plain(total), hard.place(key))
        for name, found in (("who", who), ("silent", silent)):
            if found:
                fields.put(name, found, hard.place(key))
        yield Noun("allowance", resource.local, fields, f"quota/{key}")


def _workloads(resource: Resource, metadata: Block, inventory: Inventory) -> list[Scanned]:
    """Those in the namespace; where none is written, those beside it that write none either. Of workloads that are the
    same but for where they are kept, one."""
    found: dict[tuple[str, str], Scanned] = {}
    written = is_written(metadata)
    for scanned in pods_scanned(inventory).in_namespace(str(namespace_of(metadata))):
        fields = scanned.fields
        if fields.get("class") not in _COUNTED or isinstance(fields.get("namespace"), Unknown):
            continue
        if not written and scanned.resource.scope != resource.scope:
            continue
        found.setdefault((scanned.resource.kind, str(fields.get("name"))), scanned)
    return list(found.values())


def _label(scanned: Scanned) -> str:
    name = scanned.fields.get("name")
    return name if isinstance(name, str) else scanned.resource.local


def _asked(scanned: Scanned, key: str, inventory: Inventory) -> Fraction | Unknown | None:
    fields = scanned.fields
    count: Value = fields.get("replicas") if fields.get("class") != "pod" else 1
    if fields.get("autoscaled") not in (None, False):
        count = minimum_of(scanned.resource, inventory)
        count = count if count is not None else Unknown(f"how far {_label(scanned)} is scaled is not known")
    if key in _PODS:
        return count if isinstance(count, Unknown) else _exact(count)
    group, field = _SIZES[key]
    sizes = fields.get(group)
    one = sizes.get(field) if isinstance(sizes, Map) else None
    if one is None:
        return None
    if isinstance(one, Unknown) or isinstance(count, Unknown):
        return one if isinstance(one, Unknown) else count
    size, times = _exact(one), _exact(count)
    return None if size is None or times is None else size * times


def _exact(value: Value) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _plain(value: Fraction | Unknown) -> Value:
    if isinstance(value, Unknown):
        return value
    return value.numerator if value.denominator == 1 else float(value)


def _fields(resource: Resource, metadata: Block, klass: str, key: str, allowed: Value, place: Span) -> Map:
    fields = Map(place)
    fields.put("name", resource.local, place)
    fields.put("namespace", namespace_of(metadata), place)
    fields.put("class", klass, place)
    fields.put("resource", key, place)
    fields.put("allowed", allowed, place)
    return fields


def _range(resource: Resource, spec: Map, metadata: Block, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    items = spelling.blocks(spec, "limit" if spelling.singular else "limits")
    here = _workloads(resource, metadata, inventory)
    for index, item in enumerate(items if isinstance(items, Seq) else ()):
        if not isinstance(item, Map) or item.get("type") not in ("Container", "Pod"):
            continue
        for klass, name in (("largest", "max"), ("smallest", "min"), ("ratio", "maxLimitRequestRatio")):
            bounds = item.get(spelling[name])
            for key, value in bounds.items() if isinstance(bounds, Map) else ():
                field = str(key).replace("-", "_")
                allowed = amount(value)
                if field not in ("cpu", "memory", "ephemeral_storage") or isinstance(allowed, Unknown):
                    continue
                place = bounds.place(key) if isinstance(bounds, Map) else item.header
                fields = _fields(resource, metadata, klass, str(key), allowed, place)
                beyond = Seq(place)
                worst: Value = None
                for label, sizes in _sized(here, item["type"]):
                    asked = _of_range(klass, field, sizes)
                    if asked is None or not _goes_beyond(klass, asked, allowed):
                        continue
                    beyond.add(label, place)
                    if worst is None or _goes_beyond(klass, asked, worst):
                        worst = asked
                fields.spans["asked"] = place
                if beyond:
                    fields.put("asked", worst, place)
                    fields.put("who", beyond, place)
                yield Noun("allowance", resource.local, fields, f"{item['type']}/{index}/{klass}/{key}")


def _sized(here: list[Scanned], kind: str) -> Iterator[tuple[str, Map]]:
    for scanned in here:
        if kind == "Pod":
            yield _label(scanned), scanned.fields
            continue
        for noun in scanned.resource.nouns.get("container", ()):
            if noun.fields.get("class") != "ephemeral":
                yield f"{_label(scanned)}/{noun.name}", noun.fields


def _of_range(klass: str, field: str, fields: Map) -> Value:
    requests, limits = fields.get("requests"), fields.get("limits")
    asked = requests.get(field) if isinstance(requests, Map) else None
    bound = limits.get(field) if isinstance(limits, Map) else None
    if any(isinstance(value, bool) or not isinstance(value, (int, float, type(None))) for value in (asked, bound)):
        return None
    if klass == "largest":
        return bound if bound is not None else asked
    if klass == "smallest":
        return asked if asked is not None else bound
    return bound / asked if asked and bound is not None else None


def _goes_beyond(klass: str, asked: Value, allowed: Value) -> bool:
    return bool(asked < allowed if klass == "smallest" else asked > allowed)
