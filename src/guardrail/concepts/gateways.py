"""Gateways of Kubernetes' Gateway API (its documentation, v1.4) and of Istio (networking.istio.io/v1) -> an `endpoint`
noun for each listener.

A listener for plain HTTP is right where all that it does is to send clients on to HTTPS. In Istio it says so itself.
In the Gateway API its routes do, which may stand in other repositories: a gateway that has a listener for TLS beside it
is believed then, one that offers no TLS at all is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Block, Spelling, carry, opened
from guardrail.concepts.selectors import namespace_of, same, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown, Value

_INTERNAL = ("-rilb", "internal", "vpc-lattice")
_PLAIN = ("HTTP", "HTTP2", "GRPC", "GRPC-WEB")
_ENCRYPTED = ("HTTPS", "TLS")
_TLS = {"TLSV1_0": 1.0, "TLSV1_1": 1.1, "TLSV1_2": 1.2, "TLSV1_3": 1.3}


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    _, attributes, spelling = spelled(resource)
    if resource.mode != "managed" or not isinstance(attributes, Map) or attributes.get("kind") != "Gateway":
        return
    version, spec = attributes.get("apiVersion"), spelling.block(attributes, "spec")
    metadata = spelling.block(attributes, "metadata")
    if not isinstance(version, str) or not isinstance(spec, Map):
        return
    name = metadata.get("name") if isinstance(metadata, Map) else None
    own = name if isinstance(name, str) and name else resource.local
    if version.startswith("gateway.networking.k8s.io/"):
        yield from _listeners(own, metadata, spec, spelling, inventory)
    elif version.startswith("networking.istio.io/"):
        yield from _servers(own, spec, spelling)


def _start(name: str, entry: Map, protocol: Value, holder: Map, public: bool | None) -> Map:
    fields = Map(entry.span, entry.header)
    fields.put("name", name, entry.header)
    fields.put("class", "listener", entry.header)
    if public is not None:
        fields.put("public", public, entry.header)
    if protocol is not None:
        carry(fields, "protocol", protocol.upper() if isinstance(protocol, str) else protocol, holder, "protocol")
    return fields


# The Gateway API


def _listeners(
    gateway: str, metadata: Block, spec: Map, spelling: Spelling, inventory: Inventory
) -> Iterator[Noun]:
    listeners = [item for item in _items(spec, "listeners", spelling) if isinstance(item, Map)]
    secure = any(isinstance(item.get("protocol"), Unknown) or item.get("protocol") in _ENCRYPTED for item in listeners)
    for item in listeners:
        protocol = item.get("protocol")
        label = item.get("name") if isinstance(item.get("name"), str) else item.get("port")
        fields = _start(f"listener {label} of {gateway}", item, protocol, item, _public(spec))
        if protocol in _ENCRYPTED:
            carry(fields, "encrypted", True, item, "protocol")
        elif protocol == "HTTP":
            redirects = _redirects(gateway, namespace_of(metadata), item, inventory)
            if redirects is None and not secure:
                redirects = False
            if redirects is not None:
                carry(fields, "encrypted", redirects, item, "protocol")
        elif isinstance(protocol, Unknown):
            carry(fields, "encrypted", protocol, item, "protocol")
        yield Noun("endpoint", f"listener {label} of {gateway}", fields)


def _public(spec: Map) -> bool | None:
    """False where the class says that it is for inside only: Google's internal load balancers, VPC Lattice."""
    klass = spec.get("gatewayClassName")
    return False if isinstance(klass, str) and any(word in klass for word in _INTERNAL) else None


def _redirects(gateway: str, namespace: Value, listener: Map, inventory: Inventory) -> Value:
    """Whether all that its routes do is to redirect to HTTPS; None where no route of it is in the scan."""
    found: Value = None
    for route in _routes(inventory):
        attached = _attached(route, gateway, namespace, listener)
        if attached is False:
            continue
        redirects = _only_redirects(route)
        if redirects is False and attached is True:
            return False
        if redirects is True and attached is True:
            found = True if found is None else found
        else:
            found = Unknown("whether its routes redirect to HTTPS cannot be known")
    return found


def _routes(inventory: Inventory) -> Iterator[Map]:
    for kind in ("HTTPRoute", "GRPCRoute", "kubernetes_manifest"):
        for other in inventory.by_kind.get(kind, ()):
            found, attributes, _ = spelled(other)
            if found in ("HTTPRoute", "GRPCRoute") and isinstance(attributes, Map):
                yield attributes


def _attached(route: Map, gateway: str, namespace: Value, listener: Map) -> bool | None:
    metadata = opened(route.get("metadata"))
    spec = opened(route.get("spec"))
    parents = spec.get("parentRefs") if isinstance(spec, Map) else spec
    if isinstance(parents, Unknown):
        return None
    answer: bool | None = False
    for parent in parents if isinstance(parents, Seq) else ():
        if not isinstance(parent, Map):
            answer = None
            continue
        terms = [same(parent.get("name"), gateway)]
        terms.append(same(parent.get("namespace") or namespace_of(metadata), namespace))
        terms += [
            same(parent.get(theirs), listener.get(ours))
            for theirs, ours in (("sectionName", "name"), ("port", "port"))
            if parent.get(theirs) is not None
        ]
        if all(terms):
            return True
        if False not in terms:
            answer = None
    return answer


def _only_redirects(route: Map) -> bool | None:
    spec = opened(route.get("spec"))
    rules = spec.get("rules") if isinstance(spec, Map) else spec
    if isinstance(rules, Unknown):
        return None
    answer: bool | None = True
    for rule in rules if isinstance(rules, Seq) else ():
        filters = rule.get("filters") if isinstance(rule, Map) else rule
        if isinstance(filters, Unknown):
            answer = None
        elif not any(_to_https(each) for each in filters or () if isinstance(filters, Seq)):
            return False
    return answer if isinstance(rules, Seq) and rules else False


def _to_https(each: Value) -> bool:
    redirect = each.get("requestRedirect") if isinstance(each, Map) else None
    return isinstance(redirect, Map) and redirect.get("scheme") == "https"


# Istio


def _servers(gateway: str, spec: Map, spelling: Spelling) -> Iterator[Noun]:
    selector = spec.get("selector")
    if isinstance(selector, Map) and any("egress" in str(value) for value in selector.values()):
        return  # what leaves the mesh was encrypted, or not, by whoever sends it
    for item in _items(spec, "servers", spelling):
        port, tls = (opened(item.get("port")), opened(item.get("tls"))) if isinstance(item, Map) else (None, None)
        if not isinstance(item, Map) or not isinstance(port, Map):
            continue
        protocol = port.get("protocol")
        label = port.get("name") if isinstance(port.get("name"), str) else port.get("number")
        fields = _start(f"listener {label} of {gateway}", item, protocol, port, None)
        written = protocol.upper() if isinstance(protocol, str) else protocol
        if written in _ENCRYPTED:
            carry(fields, "encrypted", True, port, "protocol")
            if isinstance(tls, Map):
                oldest = tls.get("minProtocolVersion")
                carry(fields, "tls_minimum", _TLS.get(str(oldest), 1.2), tls, "minProtocolVersion")
        elif written in _PLAIN:
            redirect = tls.get("httpsRedirect") if isinstance(tls, Map) else tls
            carry(fields, "encrypted", redirect if isinstance(redirect, Unknown) else bool(redirect), port, "protocol")
        elif isinstance(protocol, Unknown):
            carry(fields, "encrypted", protocol, port, "protocol")
        yield Noun("endpoint", f"listener {label} of {gateway}", fields)


def _items(spec: Map, key: str, spelling: Spelling) -> Iterator[Value]:
    found = spelling.blocks(spec, key)
    yield from found if isinstance(found, Seq) else ()
