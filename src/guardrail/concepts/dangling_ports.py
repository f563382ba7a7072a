"""Ports that are asked for by name where nobody has one of that name, and the Services of StatefulSets.

Part of `dangling`. Of a port a name is told only where all that could have it is in sight: pods with every container's
ports, Services with all of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from guardrail.concepts.blocks import Spelling
from guardrail.concepts.kubernetes_names import names_of
from guardrail.concepts.scanned_pods import Scanned, pods_scanned
from guardrail.concepts.selectors import Selector, is_open, namespace_of, spelled
from guardrail.model import Inventory, Map, Resource, Seq, Span, Unknown, Value

_KUBERNETES = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")
# Kinds whose pods have the containers that are written, and no others: what operators make has more.
WRITTEN_WHOLE = frozenset((
    *_KUBERNETES, "DeploymentConfig", "Rollout", "CloneSet",
    *(f"kubernetes_{kind}{version}" for version in ("", "_v1") for kind in (
        "pod", "deployment", "stateful_set", "daemonset", "daemon_set", "replication_controller", "job", "cron_job",
    )),
))  # fmt: skip


class Missing(NamedTuple):
    """`found`: False, or an Unknown where one that is not known may be it."""

    target: str
    found: Value
    place: Span


def of_service(spec: Map, spelling: Spelling, selector: Selector, inventory: Inventory) -> Iterator[Missing]:
    """The names of `targetPort` that no container has, of the pods that the Service selects."""
    pods = pods_scanned(inventory)
    wanted = _names(spelling.blocks(spec, "ports"), spelling["targetPort"])
    if not wanted or next(pods.selected(selector), None) is None:
        return
    has = _port_names(pods.perhaps_selected(selector))
    if has is not None:
        yield from (Missing(name, False, place) for name, place in wanted.items() if name not in has)


def of_monitor(spec: Map, services: Iterable[Resource]) -> Iterator[Missing]:
    """The names of `port` that none of the Services has which a ServiceMonitor selects."""
    endpoints = spec.get("endpoints")
    wanted = _names(endpoints if isinstance(endpoints, Seq) else None, "port")
    has: set[str] = set()
    for service in services if wanted else ():
        _, attributes, spelling = spelled(service)
        names = _given_names(spelling.blocks(spelling.block(attributes, "spec"), "ports"))
        if names is None:
            return
        has |= names
    yield from (Missing(name, False, place) for name, place in wanted.items() if name not in has)


def of_stateful_set(
    resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory
) -> Iterator[tuple[str, Missing]]:
    """What the Service is not that gives the pods their names: there, or headless, without which there are no such
    names (kubernetes.io, StatefulSet, "Stable Network ID"). Of several pods: one alone has nobody to be found by."""
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    if not isinstance(spec, Map):
        return
    key = spelling["serviceName"]
    name, replicas = spec.get(key), spec.get("replicas")
    if not isinstance(name, str) or not name or not str(replicas).isdecimal() or int(str(replicas)) < 2:
        return
    names = names_of("Service", inventory)
    found = names.lookup(metadata, name, resource)
    if found is False or isinstance(found, Unknown):
        yield "Service", Missing(name, found, spec.place(key))
        return
    namespace = namespace_of(metadata)
    services = names.all_at(namespace, name) if found and isinstance(namespace, str) else ()
    if services and all(map(_has_address, services)):
        yield "headless Service", Missing(name, False, spec.place(key))


def _has_address(service: Resource) -> bool:
    """Whether it surely is not headless."""
    _, attributes, spelling = spelled(service)
    spec = spelling.block(attributes, "spec")
    address = spec.get(spelling["clusterIP"]) if isinstance(spec, Map) else "None"
    return not is_open(address) and address != "None"


def _names(listed: Seq | Unknown | None, key: str) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for item in listed if isinstance(listed, Seq) else ():
        name = item.get(key) if isinstance(item, Map) else None
        if isinstance(name, str) and name and not name.isdigit() and not is_open(name):
            found.setdefault(name, item.place(key))
    return found


def _port_names(workloads: Iterable[Scanned]) -> set[str] | None:
    """Of all their containers; None where one of them may have a port that is not known, or gets a container that is
    not written."""
    found: set[str] = set()
    for scanned in workloads:
        containers = scanned.resource.nouns.get("container", ())
        kind, _, _ = spelled(scanned.resource)
        if kind not in WRITTEN_WHOLE or not containers or _is_injected(scanned.fields.get("words")):
            return None
        for container in containers:
            names = _given_names(container.fields.get("ports"))
            if names is None:
                return None
            found |= names
    return found


def _given_names(ports: Value) -> set[str] | None:
    """Of ports of a container or a Service; None where one is not known."""
    if isinstance(ports, Unknown):
        return None
    listed = ports if isinstance(ports, Seq) else ()
    names = [port.get("name") if isinstance(port, Map) else port for port in listed]
    return None if any(map(is_open, names)) else set(map(str, names))


def _is_injected(words: Value) -> bool:
    """Whether labels or annotations ask somebody to put a container beside those that are written."""
    if not isinstance(words, Map):
        return isinstance(words, Unknown)
    return any("inject" in key or key.startswith("dapr.io/") for key in words)
