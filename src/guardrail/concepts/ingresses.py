"""Ingresses -> `ingress` nouns, joined with the others of the scanned set by their hosts."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Block, Spelling, opened, take, word
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown, Value

_KINDS = ("Ingress", "kubernetes_ingress", "kubernetes_ingress_v1")
_OLD_CLASS = "kubernetes.io/ingress.class"
_NGINX = "nginx.ingress.kubernetes.io/"


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind, attributes, spelling = spelled(resource)
    if kind not in _KINDS or resource.mode != "managed" or not isinstance(attributes, Map):
        return
    here = resource.header
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    fields = Map(resource.span, here)
    take(fields, "name", metadata, "name", here, word)
    fields.put("namespace", namespace_of(metadata), here)
    hosts = _hosts(spec, spelling)
    fields.spans["hosts"] = spec.header if isinstance(spec, Map) else here
    if hosts is not None:
        fields.put("hosts", hosts, hosts.header if isinstance(hosts, Seq) else here)
    paths = _paths(spec, spelling)
    if paths is not None:
        fields.put("paths", paths, paths.header if isinstance(paths, Seq) else here)
    tls = _tls_hosts(spec, spelling)
    if tls is not None:
        fields.put("tls_hosts", tls, tls.header if isinstance(tls, Seq) else here)
        if isinstance(tls, Seq) and isinstance(hosts, Seq):
            _uncovered(fields, hosts, tls)
    if not take(fields, "ingress_class", spec, spelling["ingressClassName"], here, word):
        place = fields.spans["ingress_class"]
        if not take(fields, "ingress_class", spelling.block(metadata, "annotations"), _OLD_CLASS, place, word):
            fields.spans["ingress_class"] = place
    _default_backend(fields, spec, spelling)
    annotations = spelling.block(metadata, "annotations")
    if annotations is not None:
        fields.put("annotations", annotations, annotations.header if isinstance(annotations, Map) else here)
    if isinstance(annotations, Map):
        fields.put("nginx_values", _nginx_values(annotations), annotations.header)
    if isinstance(hosts, Seq):
        shared = Seq(hosts.span, hosts.header)
        others = _owners(inventory)
        own = _identity(resource)
        for index, host in enumerate(hosts):
            if isinstance(host, str) and host and any(other != own for other in others.get(host, ())):
                shared.add(host, hosts.place(index))
        if shared:
            shared.header = shared.place(0)
            fields.put("shared_hosts", shared, shared.header)
    name = fields.get("name")
    yield Noun("ingress", name if isinstance(name, str) and name else resource.local, fields)


def _nginx_values(annotations: Map) -> Seq:
    found = Seq(annotations.span, annotations.header)
    for key, value in annotations.items():
        if key.startswith(_NGINX) and not key.endswith(("-snippet", "-snippets")):
            found.add(value, annotations.place(key))
    return found


def _rules(spec: Block, spelling: Spelling) -> Seq | Unknown | None:
    return spelling.blocks(spec, "rule" if spelling.singular else "rules")


def _hosts(spec: Block, spelling: Spelling) -> Seq | Unknown | None:
    rules = _rules(spec, spelling)
    if not isinstance(rules, Seq):
        return rules
    hosts = Seq(rules.span, rules.header)
    for index, rule in enumerate(rules):
        if isinstance(rule, Map):
            host = rule.get("host")
            hosts.add("" if host is None else host, rule.place("host"))
        elif isinstance(rule, Unknown):
            hosts.add(rule, rules.place(index))
    return hosts


def _paths(spec: Block, spelling: Spelling) -> Seq | Unknown | None:
    rules = _rules(spec, spelling)
    if not isinstance(rules, Seq):
        return rules
    found = Seq(rules.span, rules.header)
    for index, rule in enumerate(rules):
        http = spelling.block(rule, "http") if isinstance(rule, (Map, Unknown)) else None
        listed = spelling.blocks(http, "path" if spelling.singular else "paths")
        if isinstance(listed, Unknown):
            found.add(listed, rules.place(index))
        for item in listed if isinstance(listed, Seq) else ():
            if isinstance(item, Map) and item.get("path") is not None:
                found.add(item["path"], item.place("path"))
            elif isinstance(item, Unknown):
                found.add(item, rules.place(index))
    return found


def _tls_hosts(spec: Block, spelling: Spelling) -> Seq | Unknown | None:
    tls = spelling.blocks(spec, "tls")
    if not isinstance(tls, Seq) or not tls:
        return tls if isinstance(tls, Unknown) else None
    hosts = Seq(tls.span, tls.header)
    for item in tls:
        listed = item.get("hosts") if isinstance(item, Map) else item
        if isinstance(listed, Unknown):
            return listed
        if listed is None or listed == []:
            return None  # the controller's certificate, or one by a host that only the secret knows
        for index, host in enumerate(listed if isinstance(listed, Seq) else ()):
            hosts.add(host, listed.place(index))
    return hosts


def _uncovered(fields: Map, hosts: Seq, tls: Seq) -> None:
    if any(isinstance(host, Unknown) for host in tls):
        return
    covered = {str(host) for host in tls}
    left = Seq(hosts.span, hosts.header)
    for index, host in enumerate(hosts):
        if isinstance(host, str) and host and host not in covered and f"*.{host.partition('.')[2]}" not in covered:
            left.add(host, hosts.place(index))
    if left:
        left.header = left.place(0)
        fields.put("uncovered", left, left.header)


def _default_backend(fields: Map, spec: Block, spelling: Spelling) -> None:
    here = fields.header
    if isinstance(spec, Unknown):
        fields.put("default_backend", spec, here)
        return
    for key in ("defaultBackend", "backend"):
        if isinstance(spec, Map) and opened(spelling.block(spec, key)) is not None:
            fields.put("default_backend", True, spec.place(spelling[key]))
            return
    fields.put("default_backend", False, here)


def _identity(resource: Resource) -> tuple[str, str]:
    _, attributes, spelling = spelled(resource)
    metadata = spelling.block(attributes, "metadata")
    name: Value = metadata.get("name") if isinstance(metadata, Map) else None
    return str(namespace_of(metadata)), name if isinstance(name, str) else resource.local


def _owners(inventory: Inventory) -> dict[str, set[tuple[str, str]]]:
    """Host -> the ingresses that have it; copies of one (an environment each) are one."""
    key = f"kubernetes ingress hosts {len(inventory.resources)}"
    found: dict[str, set[tuple[str, str]]] | None = inventory.indexes.get(key)  # type: ignore[assignment]
    if found is None:
        found = {}
        inventory.indexes[key] = found
        for kind in (*_KINDS, "kubernetes_manifest"):
            for resource in inventory.by_kind.get(kind, ()):
                actual, attributes, spelling = spelled(resource)
                if actual not in _KINDS or resource.mode != "managed":
                    continue
                hosts = _hosts(spelling.block(attributes, "spec"), spelling)
                for host in hosts if isinstance(hosts, Seq) else ():
                    if isinstance(host, str):
                        found.setdefault(host, set()).add(_identity(resource))
    return found
