"""Spark's driver and executors, as spark-on-k8s-operator and Spark itself size them
(https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from guardrail.concepts.operator_pods.building import (
    CONTAINER_KEYS,
    POD_KEYS,
    bearer,
    items,
    listed,
    mapping,
    put,
    taken,
)
from guardrail.concepts.pod_kinds import MERGED, Bearer
from guardrail.model import Inventory, Map, Unknown, Value
from guardrail.model.patterns import lazy_regex
from guardrail.model.quantity import quantity

_MEMORY = lazy_regex(r"(\d+)\s*([bkmgtp]?)b?\Z", re.I)  # as the JVM writes it: `m` is a mebibyte
_POWERS = {"": 2, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_LEAST_OVERHEAD = 384 << 20
_RENAMED = {"podSecurityContext": "securityContext", "serviceAccount": "serviceAccountName"}


def bearers(kind: str, group: str, attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    path = ("spec", "template") if kind == "ScheduledSparkApplication" else ("spec",)
    spec = mapping(attributes, *path)
    if group != "sparkoperator.k8s.io" or spec is None:
        return
    for role in ("driver", "executor"):
        part = mapping(spec, role)
        if part is not None:
            yield _bearer(part, spec, role)


def _bearer(part: Map, spec: Map, role: str) -> Bearer:
    template = mapping(part, "template")
    under = mapping(template, "spec")
    first = next(items(under, "containers"), None)
    main = taken(part, CONTAINER_KEYS)
    for key in ("image", "imagePullPolicy"):
        taken(spec, (key,), main)
    if first is not None:
        taken(first, CONTAINER_KEYS, main)
    main.put("name", f"spark-kubernetes-{role}", main.header)
    main.put("resources", _resources(part, spec), part.header)
    renamed = {key: key for key in POD_KEYS if key not in ("securityContext", "resources", "serviceAccount")}
    pod = taken(part, {**renamed, **_RENAMED})
    if under is not None:
        taken(under, POD_KEYS, pod)
    volumes = list(items(spec, "volumes"))
    if volumes and "volumes" not in pod:
        pod.put("volumes", listed(volumes, spec), spec.place("volumes"))
    pod.put("containers", listed([main, *items(part, "sidecars")], part), part.header)
    before = list(items(part, "initContainers"))
    if before:
        pod.put("initContainers", listed(before, part), part.place("initContainers"))
    counts = ((part, "instances"),) if role == "executor" else ()
    return bearer(pod, "task", None, role, MERGED, counts)


def _resources(part: Map, spec: Map) -> Map:
    """Cores are the request (`coreLimit` the limit); memory and its overhead are both."""
    resources = Map(part.header)
    requests, limits = Map(part.header), Map(part.header)
    taken(part, {"coreRequest": "cpu"}, requests)
    taken(part, {"cores": "cpu"}, requests)
    if "cpu" not in requests:
        put(requests, "cpu", 1)
    taken(part, {"coreLimit": "cpu"}, limits)
    memory = _memory(part, spec)
    for amounts in (requests, limits):
        amounts.put("memory", memory, part.place("memory"))
    put(resources, "requests", requests)
    put(resources, "limits", limits)
    return resources


def _memory(part: Map, spec: Map) -> Value:
    own = _bytes(part.get("memory", "1g"))
    if own is None:
        return Unknown("its memory is not written as the JVM would take it")
    if part.get("memoryOverhead") is not None:
        overhead = _bytes(part["memoryOverhead"])
        if overhead is None:
            return Unknown("its memoryOverhead is not written as the JVM would take it")
        return own + overhead
    written = spec.get("memoryOverheadFactor")
    factor = quantity(written) if written is not None else None
    if factor is None:
        factor = 0.4 if spec.get("type") in ("Python", "R") else 0.1
    return own + max(int(Fraction(repr(factor)) * own), _LEAST_OVERHEAD)


def _bytes(text: Value) -> int | None:
    match = _MEMORY.match(text.strip()) if isinstance(text, str) and len(text) < 20 else None
    return int(match[1]) << (10 * _POWERS[match[2].lower()]) if match else None
