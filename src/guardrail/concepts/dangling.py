"""Names and selectors that lead to nothing among what was scanned -> `dangling` nouns.

For when every resource has its nouns. Says nothing where the set keeps no things of the kind beside the one that asks
(see `kubernetes_names`), or a part of it is not there, and nothing of what controllers and operators make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrail.concepts import dangling_ports
from guardrail.concepts.blocks import Block, Spelling, opened
from guardrail.concepts.kubernetes_names import KINDS, names_of
from guardrail.concepts.scanned_pods import narrowed, pods_scanned, selector_of, words_of
from guardrail.concepts.selectors import Selector, namespace_of, spelled
from guardrail.concepts.surroundings import surroundings_of
from guardrail.model import Inventory, Map, Noun, Reference, Resource, Seq, Span, Unknown, Value

_POLICIES = frozenset(("NetworkPolicy", "kubernetes_network_policy", "kubernetes_network_policy_v1"))
_SETS = frozenset(("StatefulSet", "kubernetes_stateful_set", "kubernetes_stateful_set_v1"))
_BUDGETS = frozenset(("PodDisruptionBudget", "kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1"))
# Of Kubernetes, of OpenShift, and such as what is widely installed brings to be bound.
_BUILT_IN_ROLES = frozenset((
    "admin", "alert-routing-edit", "basic-user", "cluster-admin", "cluster-debugger", "cluster-monitoring-view",
    "cluster-reader", "cluster-status", "collect-application-logs", "collect-audit-logs",
    "collect-infrastructure-logs", "edit", "extension-apiserver-authentication-reader", "helm-chartrepos-viewer",
    "monitoring-edit", "monitoring-rules-edit", "monitoring-rules-view", "registry-admin", "registry-editor",
    "registry-viewer", "self-access-reviewer", "self-provisioner", "storage-admin", "sudoer",
    "tekton-triggers-eventlistener-clusterroles", "tekton-triggers-eventlistener-roles", "view",
))  # fmt: skip


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed" or inventory.lacking:
        return
    kind, attributes, spelling = spelled(resource)
    if not isinstance(attributes, Map):
        return
    if kind in KINDS["Service"]:
        yield from _service(resource, attributes, spelling, inventory)
    elif kind == "Ingress" or kind.startswith("kubernetes_ingress"):
        yield from _ingress(resource, attributes, spelling, inventory)
    elif kind in _POLICIES:
        yield from _policy(resource, attributes, spelling, inventory)
    elif kind in _BUDGETS:
        yield from _pods(resource, attributes, spelling, inventory, "selector", "budget-pods")
    elif kind == "HorizontalPodAutoscaler" or kind.startswith("kubernetes_horizontal_pod_autoscaler"):
        yield from _autoscaler(resource, attributes, spelling, inventory)
    elif kind == "ServiceMonitor":
        yield from _monitor(resource, attributes, spelling, inventory)
    elif kind in _SETS:
        where = namespace_of(spelling.block(attributes, "metadata"))
        for to, service in dangling_ports.of_stateful_set(resource, attributes, spelling, inventory):
            yield noun(resource, "set-service", to, service.target, service.found, service.place, where)
    elif "binding" in kind.lower():
        yield from _binding(resource, attributes, spelling, inventory)


def noun(
    resource: Resource, klass: str, to: str, target: str, found: Value, place: Span, namespace: Value = None
) -> Noun:
    fields = Map(resource.span, resource.header)
    fields.put("class", klass, place)
    fields.put("to", to, place)
    fields.put("target", target, place)
    fields.put("found", found, place)
    if namespace is not None:
        fields.put("namespace", namespace, place)
    return Noun("dangling", resource.local, fields, f"{klass}/{target}")


def _selecting(
    resource: Resource, selector: Selector | None, metadata: Block, place: Span, klass: str, inventory: Inventory
) -> Iterator[Noun]:
    if selector is None or isinstance(selector.namespace, Unknown):
        return
    scanned = pods_scanned(inventory)
    if scanned.beside(metadata, resource) and scanned.any_selected(selector, resource) is False:
        yield noun(resource, klass, "Pod", words_of(selector), False, place, selector.namespace)


def _service(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    if not isinstance(spec, Map) or spec.get("type") == "ExternalName":
        return
    labels = opened(spec.get("selector"))
    if not isinstance(labels, Map) or not labels:
        return
    selector = narrowed(Selector(resource.address, namespace_of(metadata), labels, None))
    yield from _selecting(resource, selector, metadata, spec.place("selector"), "service-pods", inventory)
    if selector is not None:
        for port in dangling_ports.of_service(spec, spelling, selector, inventory):
            yield noun(resource, "service-port", "Pod", port.target, port.found, port.place, selector.namespace)


def _pods(
    resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory, key: str, klass: str
) -> Iterator[Noun]:
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    block = spelling.block(spec, key)
    if isinstance(spec, Map) and isinstance(block, Map):
        selector = selector_of(resource.address, namespace_of(metadata), block, spelling)
        yield from _selecting(resource, selector, metadata, spec.place(spelling[key]), klass, inventory)


def _policy(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    yield from _pods(resource, attributes, spelling, inventory, "podSelector", "policy-pods")
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    for direction, side in (("ingress", "from"), ("egress", "to")):
        rules = spelling.blocks(spec, direction)
        for rule in rules if isinstance(rules, Seq) else ():
            peers = spelling.blocks(rule, side) if isinstance(rule, Map) else None
            for peer in peers if isinstance(peers, Seq) else ():
                if not isinstance(peer, Map) or any(
                    peer.get(spelling[key]) not in (None, []) for key in ("namespaceSelector", "ipBlock")
                ):
                    continue
                block = spelling.block(peer, "podSelector")
                if isinstance(block, Map):
                    selector = selector_of(resource.address, namespace_of(metadata), block, spelling)
                    place = peer.place(spelling["podSelector"])
                    yield from _selecting(resource, selector, metadata, place, "peer-pods", inventory)


def _autoscaler(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    metadata = spelling.block(attributes, "metadata")
    target = spelling.path(attributes, ("spec", "scaleTargetRef"))
    namespace = namespace_of(metadata)
    if not isinstance(target, Map) or not isinstance(namespace, str):
        return
    kind, name = target.get("kind"), target.get("name")
    if not isinstance(kind, str) or not isinstance(name, str) or not pods_scanned(inventory).beside(metadata, resource):
        return
    if f"{kind}/{namespace}/{name}" in inventory.by_address:
        return
    for scanned in pods_scanned(inventory).in_namespace(namespace):
        other = scanned.fields.get("name")
        if other == name and not (scanned.resource.platform == "kubernetes" and scanned.resource.kind in _APPS):
            return
        if isinstance(other, Unknown) or isinstance(scanned.fields.get("namespace"), Unknown):
            return
    around = surroundings_of(inventory)
    if around.may_make(namespace, name) or around.has(f"{kind}/{namespace}/{name}", resource) or around.mentioned(name):
        return
    yield noun(resource, "autoscaler-target", kind, name, False, target.place("name"), namespace)


# Whose kind counts: a StatefulSet is no Deployment, whatever its name.
_APPS = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DaemonSet"))


def _binding(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    ref, metadata = spelling.block(attributes, "roleRef"), spelling.block(attributes, "metadata")
    if not isinstance(ref, Map):
        return
    kind, name = ref.get("kind"), ref.get("name")
    if kind not in ("Role", "ClusterRole") or not isinstance(name, str) or isinstance(name, Reference):
        return
    if name in _BUILT_IN_ROLES or ":" in name:
        return
    found = names_of(kind, inventory).lookup(metadata, name, resource)
    if found is False or isinstance(found, Unknown):
        where = namespace_of(metadata) if kind == "Role" else None
        yield noun(resource, "binding-role", kind, name, found, ref.place("name"), where)


def _monitor(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    block = spelling.block(spec, "selector")
    if not isinstance(spec, Map) or not isinstance(block, Map) or not block:
        return
    names = names_of("Service", inventory)
    where = spelling.block(spec, "namespaceSelector")
    anywhere = isinstance(where, Map) and where.get("any") is True
    named = where.get("matchNames") if isinstance(where, Map) else None
    namespaces = [name for name in named if isinstance(name, str)] if isinstance(named, Seq) else []
    wanted = Selector("", "", spelling.block(block, "matchLabels"), spelling.blocks(block, "matchExpressions"))
    own = namespace_of(metadata)
    beside = names.beside
    if anywhere:
        kept = bool(beside.namespaces)
    else:
        kept = not beside.namespaces.isdisjoint(namespaces) if namespaces else names.keeps(metadata, resource)
    if not kept and resource.header.file not in beside.files:
        return
    searched = None if anywhere else namespaces or [own]
    services = [service for service in names.all_in(searched) if _may_bear(service, wanted)]
    near = any(service.scope == resource.scope for service in services)
    lacking = list(dangling_ports.of_monitor(spec, services)) if near else []
    if (services and not lacking) or _monitored_elsewhere(resource, wanted, searched, inventory):
        return
    for port in lacking:
        yield noun(resource, "monitor-port", "Service", port.target, port.found, port.place)
    if not services:
        yield noun(resource, "monitor-services", "Service", words_of(wanted), False, spec.place("selector"))


def _may_bear(service: Resource, wanted: Selector) -> bool:
    _, attributes, spelling = spelled(service)
    return wanted.selects("", spelling.block(spelling.block(attributes, "metadata"), "labels")) is not False


def _monitored_elsewhere(
    resource: Resource, wanted: Selector, namespaces: Sequence[Value] | None, inventory: Inventory
) -> bool:
    """Whether a service that is not in this set may bear the labels. `namespaces`: where it looks; None: in all."""
    around = surroundings_of(inventory)
    if around.unseen() if namespaces is None else any(map(around.unseen_in, namespaces)):
        return True
    if any(around.may_label(Selector("", name, wanted.labels, wanted.expressions)) for name in namespaces or ()):
        return True
    for service in around.of_kind("Service"):
        metadata = service.attributes.get("metadata")
        if not isinstance(metadata, Map) or not around.together(resource, service):
            continue
        if namespaces is None or namespace_of(metadata) in namespaces:
            labels = metadata.get("labels")
            if wanted.selects("", labels if isinstance(labels, (Map, Unknown)) else None) is not False:
                return True
    return around.labelled(wanted)


def _ingress(resource: Resource, attributes: Map, spelling: Spelling, inventory: Inventory) -> Iterator[Noun]:
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    namespace = namespace_of(metadata)
    names = names_of("Service", inventory)
    seen: set[str] = set()
    for backend in _backends(spec, spelling):
        holder = spelling.block(backend, "service")
        name_key, port_key = "name", "port"
        if holder is None:
            holder, name_key, port_key = backend, spelling["serviceName"], spelling["servicePort"]
        if not isinstance(holder, Map):
            continue
        name = holder.get(name_key)
        found = names.lookup(metadata, name, resource)
        if found is False or isinstance(found, Unknown):
            if str(name) not in seen:
                seen.add(str(name))
                yield noun(resource, "ingress-service", "Service", str(name), found, holder.place(name_key), namespace)
        elif found and isinstance(name, str) and isinstance(namespace, str):
            services = names.all_at(namespace, name)
            port, place = holder.get(port_key), holder.place(port_key)
            wanted = opened(port)
            if isinstance(port, Seq) and port:
                wanted = opened(port[0])
            if isinstance(wanted, Map):
                key = "number" if wanted.get("number") is not None else "name"
                port, place = wanted.get(key), wanted.place(key)
            lacks = services and all(_has_port(service, port) is False for service in services)
            if lacks and f"{name}:{port}" not in seen:
                seen.add(f"{name}:{port}")
                yield noun(resource, "ingress-port", "Service", f"{name}:{port}", False, place, namespace)


def _backends(spec: Block, spelling: Spelling) -> Iterator[Map]:
    for key in ("defaultBackend", "backend"):
        found = spelling.block(spec, key)
        if isinstance(found, Map):
            yield found
    rules = spelling.blocks(spec, "rule" if spelling.singular else "rules")
    for rule in rules if isinstance(rules, Seq) else ():
        paths = spelling.blocks(spelling.block(rule, "http"), "path" if spelling.singular else "paths") if isinstance(
            rule, Map) else None  # fmt: skip
        for path in paths if isinstance(paths, Seq) else ():
            found = spelling.block(path, "backend") if isinstance(path, Map) else None
            if isinstance(found, Map):
                yield found


def _has_port(service: Resource, wanted: Value) -> bool | None:
    """None where that can't be told."""
    if not isinstance(wanted, (str, int)) or isinstance(wanted, bool):
        return None
    _, attributes, spelling = spelled(service)
    spec = spelling.block(attributes, "spec")
    ports = spelling.blocks(spec, "ports")
    if not isinstance(spec, Map) or spec.get("type") == "ExternalName" or not isinstance(ports, Seq):
        return None
    for item in ports:
        if not isinstance(item, Map):
            return None
        for value in (item.get("port"), item.get("name")):
            if isinstance(value, Unknown):
                return None
            if value is not None and str(value) == str(wanted):
                return True
    return False
