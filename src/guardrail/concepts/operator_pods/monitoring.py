"""The operators of Prometheus and OpenTelemetry: the object is half a pod spec, half its main container.

What the operators set themselves is in their sources: prometheus-operator gives its containers probes and a narrow
security context (pkg/prometheus/server/statefulset.go).
"""

from __future__ import annotations

from collections.abc import Iterator

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
from guardrail.model import Inventory, Map, Seq

_MAIN = {"Prometheus": "prometheus", "PrometheusAgent": "prometheus", "Alertmanager": "alertmanager",
         "ThanosRuler": "thanos-ruler"}  # fmt: skip


def bearers(kind: str, group: str, attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    spec = mapping(attributes, "spec")
    if spec is None:
        return
    if group == "monitoring.coreos.com" and kind in _MAIN:
        name = mapping(attributes, "metadata")
        yield _prometheus(spec, _MAIN[kind], str(name.get("name")) if name is not None else "")
    elif group == "opentelemetry.io" and kind == "OpenTelemetryCollector":
        yield from _collector(spec)


def _prometheus(spec: Map, name: str, instance: str) -> Bearer:
    main = taken(spec, ("image", "resources", "imagePullPolicy", "volumeMounts"))
    own = next((c for c in items(spec, "containers") if c.get("name") == name), None)
    if own is not None:
        made = Map(own.span, own.header)
        taken(own, CONTAINER_KEYS, made)
        main = taken(main, CONTAINER_KEYS, made)
    put(main, "name", name)
    _operator_s_own(main)
    containers = [main, *(c for c in items(spec, "containers") if c.get("name") != name)]
    pod = _pod(spec, containers)
    klass = "daemonset" if spec.get("mode") == "DaemonSet" else "statefulset"
    counts = ((spec, "replicas"), (spec, "shards")) if klass == "statefulset" else ()
    return bearer(pod, klass, _metadata(spec, name, instance), counts=counts, replicated=bool(counts))


def _metadata(spec: Map, name: str, instance: str) -> Map:
    """Of the pods: the object's own and the operator's labels."""
    written = mapping(spec, "podMetadata")
    metadata = taken(written, tuple(written)) if written is not None else Map(spec.header)
    given = mapping(metadata, "labels")
    labels = taken(given, tuple(given)) if given is not None else Map(metadata.header)
    for key, value in (("name", name), ("instance", instance), ("managed-by", "prometheus-operator")):
        if f"app.kubernetes.io/{key}" not in labels:
            put(labels, f"app.kubernetes.io/{key}", value)
    metadata.put("labels", labels, labels.header)
    return metadata


def _operator_s_own(main: Map) -> None:
    """What the operator writes into its container, unless the object says otherwise."""
    security = Map(main.header)
    written = mapping(main, "securityContext")
    if written is not None:
        security.span, security.header = written.span, written.header
        taken(written, tuple(written), security)
    for key, value in (("allowPrivilegeEscalation", False), ("readOnlyRootFilesystem", True)):
        if key not in security:
            put(security, key, value)
    if "capabilities" not in security:
        drop = Seq(security.header)
        drop.add("ALL", security.header)
        capabilities = Map(security.header)
        put(capabilities, "drop", drop)
        put(security, "capabilities", capabilities)
    main.put("securityContext", security, security.header)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe not in main:
            check = Map(main.header)
            action = Map(main.header)
            put(action, "path", "/-/healthy" if probe == "livenessProbe" else "/-/ready")
            put(check, "httpGet", action)
            put(main, probe, check)


def _collector(spec: Map) -> Iterator[Bearer]:
    mode = spec.get("mode", "deployment")
    if mode not in ("deployment", "daemonset", "statefulset"):
        return  # a sidecar stands in other pods
    main = taken(spec, tuple(key for key in CONTAINER_KEYS if key != "name"))
    put(main, "name", "otc-container")
    containers = [main, *items(spec, "additionalContainers")]
    renamed = {key: key for key in POD_KEYS if key not in ("securityContext", "resources")}
    pod = taken(spec, {**renamed, "podSecurityContext": "securityContext"})
    _lists(pod, spec, containers)
    counts = ((spec, "replicas"),) if mode != "daemonset" else ()
    yield bearer(pod, mode, doubt=MERGED, counts=counts, replicated=bool(counts))


def _pod(spec: Map, containers: list[Map]) -> Map:
    pod = taken(spec, tuple(key for key in POD_KEYS if key != "resources"))
    _lists(pod, spec, containers)
    return pod


def _lists(pod: Map, spec: Map, containers: list[Map]) -> None:
    pod.put("containers", listed(containers, spec), spec.header)
    before = list(items(spec, "initContainers"))
    if before:
        pod.put("initContainers", listed(before, spec), spec.place("initContainers"))
