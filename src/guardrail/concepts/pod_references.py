"""What a pod names: service account, ConfigMaps and Secrets with their keys, claims, a priority class.

Of those that are missing from the scanned set, where it keeps such things (see `kubernetes_names`), `dangling` nouns.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.dangling import noun
from guardrail.concepts.kubernetes_names import names_of
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Sensitive, Seq, Span, Unknown, Value

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
# ConfigMaps that each namespace has.
_GIVEN = frozenset(("kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"))
_CLASSES = {"ConfigMap": "pod-config", "Secret": "pod-secret", "PersistentVolumeClaim": "pod-claim"}


def missing(
    resource: Resource, spec: Block, metadata: Block, spelling: Spelling, inventory: Inventory
) -> Iterator[Noun]:
    if not isinstance(spec, Map):
        return
    whole = not inventory.lacking
    if whole:
        yield from _account(resource, spec, metadata, spelling, inventory)
    priority = spec.get(spelling["priorityClassName"])
    if whole and isinstance(priority, str) and priority and not priority.startswith("system-"):
        found = names_of("PriorityClass", inventory).lookup(metadata, priority, resource)
        if found is False or isinstance(found, Unknown):
            place = spec.place(spelling["priorityClassName"])
            yield noun(resource, "pod-priority", "PriorityClass", priority, found, place)
    seen: set[tuple[str, str]] = set()
    for kind, name, keys, place in _mentions(spec, spelling):
        if not isinstance(name, str) or name in _GIVEN:
            continue
        names = names_of(kind, inventory)
        found = names.lookup(metadata, name, resource)
        namespace = namespace_of(metadata)
        if found is False or isinstance(found, Unknown):
            if whole and (kind, name) not in seen:
                seen.add((kind, name))
                yield noun(resource, _CLASSES[kind], kind, name, found, place, namespace)
        elif found and isinstance(namespace, str):
            given = names.all_at(namespace, name)
            for key, at in keys if given else ():
                if isinstance(key, str) and (name, key) not in seen and not any(_may_have(each, key) for each in given):
                    seen.add((name, key))
                    yield noun(resource, "pod-key", kind, f"{name}/{key}", False, at, namespace)


def _account(
    resource: Resource, spec: Map, metadata: Block, spelling: Spelling, inventory: Inventory
) -> Iterator[Noun]:
    for key in ("serviceAccountName", "serviceAccount"):
        name = spec.get(spelling[key])
        if isinstance(name, str) and name and name != "default":
            found = names_of("ServiceAccount", inventory).lookup(metadata, name, resource)
            if found is False or isinstance(found, Unknown):
                place, namespace = spec.place(spelling[key]), namespace_of(metadata)
                yield noun(resource, "pod-account", "ServiceAccount", name, found, place, namespace)
        if name is not None:
            return


Keys = list[tuple[Value, Span]]


def _mentions(spec: Map, spelling: Spelling) -> Iterator[tuple[str, Value, Keys, Span]]:
    """Kind, name, the keys that must be there, place; of what is not optional."""
    for listed in _CONTAINERS:
        containers = spelling.blocks(spec, listed)
        for container in containers if isinstance(containers, Seq) else ():
            if isinstance(container, Map):
                yield from _of_container(container, spelling)
    volumes = spelling.blocks(spec, "volumes")
    for volume in volumes if isinstance(volumes, Seq) else ():
        if not isinstance(volume, Map):
            continue
        yield from _of_source(volume, spelling, "secretName")
        projected = spelling.blocks(spelling.block(volume, "projected"), "sources")
        for source in projected if isinstance(projected, Seq) else ():
            if isinstance(source, Map):
                yield from _of_source(source, spelling, "name")
        claim = spelling.block(volume, "persistentVolumeClaim")
        if isinstance(claim, Map):
            key = spelling["claimName"]
            yield "PersistentVolumeClaim", claim.get(key), [], claim.place(key)


def _of_container(container: Map, spelling: Spelling) -> Iterator[tuple[str, Value, Keys, Span]]:
    env = spelling.blocks(container, "env")
    for item in env if isinstance(env, Seq) else ():
        source = spelling.block(item, "valueFrom") if isinstance(item, Map) else None
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            ref = spelling.block(source, key)
            if isinstance(ref, Map) and ref.get("optional") is not True:
                keys = [(ref.get("key"), ref.place("key"))]
                yield kind, ref.get("name"), keys, ref.place("name")
    sources = spelling.blocks(container, "envFrom")
    for item in sources if isinstance(sources, Seq) else ():
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            ref = spelling.block(item, key) if isinstance(item, Map) else None
            if isinstance(ref, Map) and ref.get("optional") is not True:
                yield kind, ref.get("name"), [], ref.place("name")


def _of_source(source: Map, spelling: Spelling, secret_name: str) -> Iterator[tuple[str, Value, Keys, Span]]:
    for block, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", secret_name)):
        ref = spelling.block(source, block)
        if not isinstance(ref, Map) or ref.get("optional") is True:
            continue
        items = spelling.blocks(ref, "items")
        keys = [(item.get("key"), item.place("key")) for item in items if isinstance(item, Map)] if isinstance(
            items, Seq) else []  # fmt: skip
        yield kind, ref.get(spelling[name]), keys, ref.place(spelling[name])


def _may_have(given: Resource, key: str) -> bool:
    """Whether a ConfigMap or Secret has a key, or may come to have it."""
    _, attributes, spelling = spelled(given)
    if not isinstance(attributes, Map):
        return True
    some = False
    for name in ("data", "stringData", "binaryData"):
        held = attributes.get(spelling[name])
        if isinstance(held, Sensitive):
            held = held.reveal()
        if isinstance(held, Unknown):
            return True
        if isinstance(held, Map):
            some = some or bool(held)
            if held.get(key) is not None or key in held:
                return True
    kind = attributes.get("type")
    return not some or (isinstance(kind, str) and kind == "kubernetes.io/service-account-token")
