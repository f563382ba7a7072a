"""Names that two objects of a cluster claim, where only one can have it -> `clash` nouns.

A host of OpenShift's routes belongs to the namespace of the oldest; there, others may have it with another path.
Of two services with the same name External DNS publishes the addresses of both, unless they say by an identifier that
they are records of their own. Of two TLSOptions called `default` Traefik takes none
(https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/tls/tlsoption/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.kubernetes_names import KINDS
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span

ROUTES = ("Route",)
TLS_OPTIONS = ("TLSOption",)
_DNS_NAMES = "external-dns.alpha.kubernetes.io/hostname"
_OWN_RECORD = "external-dns.alpha.kubernetes.io/set-identifier"


class Claim(NamedTuple):
    klass: str
    value: str
    place: Span


class Claimant(NamedTuple):
    kind: str
    namespace: str
    name: str
    scope: str
    path: str = ""

    def is_copy_of(self, other: Claimant) -> bool:
        """The same object, or the one of its name for another environment."""
        same_name = (self.kind, self.name) == (other.kind, other.name)
        return same_name and (self.namespace == other.namespace or self.scope != other.scope)


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    found = _claims(resource)
    if found is None:
        return
    own, claims = found
    for claim in claims:
        others = [
            other for other in _claimants(inventory).get((claim.klass, claim.value), ())
            if not own.is_copy_of(other) and not _beside_each_other(claim.klass, own, other)
        ]  # fmt: skip
        if others:
            yield _noun(resource, own, claim, others)


def _noun(resource: Resource, own: Claimant, claim: Claim, others: list[Claimant]) -> Noun:
    fields = Map(resource.span, resource.header)
    for field, value in (("name", own.name), ("class", claim.klass), ("value", claim.value)):
        fields.put(field, value, claim.place)
    listed = Seq(claim.place)
    for words in sorted({f"{other.kind}/{other.namespace}/{other.name}" for other in others}):
        listed.add(words, claim.place)
    fields.put("others", listed, claim.place)
    return Noun("clash", own.name, fields, f"{claim.klass}/{claim.value}")


def _beside_each_other(klass: str, one: Claimant, other: Claimant) -> bool:
    """Routes of one namespace share a host by their paths."""
    return klass == "route-host" and one.namespace == other.namespace and one.path != other.path


def _claims(resource: Resource) -> tuple[Claimant, list[Claim]] | None:
    kind, attributes, spelling = spelled(resource)
    if resource.mode != "managed" or not isinstance(attributes, Map):
        return None
    metadata, spec = spelling.block(attributes, "metadata"), spelling.block(attributes, "spec")
    namespace = namespace_of(metadata)
    name = metadata.get("name") if isinstance(metadata, Map) else None
    version = attributes.get("apiVersion")
    if not isinstance(namespace, str) or not isinstance(name, str):
        return None
    claims: list[Claim] = []
    path = ""
    if kind in ROUTES and version in ("route.openshift.io/v1", "v1") and isinstance(spec, Map):
        host, written = spec.get("host"), spec.get("path")
        path = written if isinstance(written, str) else ""
        if isinstance(host, str) and host:
            claims.append(Claim("route-host", host, spec.place("host")))
    elif kind in TLS_OPTIONS and name == "default" and isinstance(metadata, Map):
        claims.append(Claim("tls-options", name, metadata.place("name")))
    elif kind in KINDS["Service"]:
        claims += _dns_names(metadata, spelling)
    return (Claimant(kind, namespace, name, resource.scope, path), claims) if claims else None


def _dns_names(metadata: Block, spelling: Spelling) -> Iterator[Claim]:
    annotations = spelling.block(metadata, "annotations")
    if not isinstance(annotations, Map) or annotations.get(_OWN_RECORD) is not None:
        return
    written = annotations.get(_DNS_NAMES)
    if isinstance(written, str):
        for name in dict.fromkeys(part.strip().rstrip(".") for part in written.split(",")):
            if name:
                yield Claim("dns-name", name, annotations.place(_DNS_NAMES))


def _claimants(inventory: Inventory) -> dict[tuple[str, str], list[Claimant]]:
    key = f"kubernetes claims {len(inventory.resources)}"
    found: dict[tuple[str, str], list[Claimant]] | None = inventory.indexes.get(key)  # type: ignore[assignment]
    if found is None:
        found = {}
        inventory.indexes[key] = found
        for kind in (*ROUTES, *TLS_OPTIONS, *KINDS["Service"], "kubernetes_manifest"):
            for resource in inventory.by_kind.get(kind, ()):
                owner, claims = _claims(resource) or (None, [])
                if owner is not None:
                    for claim in claims:
                        found.setdefault((claim.klass, claim.value), []).append(owner)
    return found
