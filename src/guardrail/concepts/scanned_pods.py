"""The pods of the scanned set, to be found by a selector: every workload's pod template with its labels.

For when every resource has its nouns: pods of operators' kinds, and of those that a team binds, are among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.kubernetes_names import Beside
from guardrail.concepts.selectors import Selector, namespace_of, spelled
from guardrail.model import Inventory, Map, Resource, Seq, Unknown, Value

# Labels that controllers give to their pods.
_GIVEN = frozenset((
    "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index", "job-name", "controller-uid", "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index", "rollouts-pod-template-hash",
    "deployment", "deploymentconfig", "deployment-config.name", "leaderworkerset.sigs.k8s.io/name",
))  # fmt: skip
# Groups of the API that are no part of Kubernetes itself and yet give their pods no labels but those that are written,
# or make none.
_EXACT = ("argoproj.io", "apps.openshift.io", "apps.kruise.io", "keda.sh", "serving.knative.dev")
_PODLESS = ("monitoring.coreos.com", "cert-manager.io", "gateway.networking.k8s.io", "kyverno.io",
            "external-secrets.io", "bitnami.com", "traefik.io", "traefik.containo.us", "istio.io", "cilium.io",
            "projectcalico.org", "fluxcd.io", "openshift.io", "kustomize.config.k8s.io", "gatekeeper.sh")  # fmt: skip


class Scanned(NamedTuple):
    """A workload: what bears it and its fields."""

    resource: Resource
    fields: Map


class Pods:
    def __init__(self, inventory: Inventory) -> None:
        self._kept = Beside()
        self._by_pair: dict[tuple[str, str, str], list[Scanned]] = {}
        self._all: dict[str, list[Scanned]] = {}
        self._loose: dict[str, list[Scanned]] = {}  # with labels or a namespace that are not known; "": of the latter
        self._by_name: dict[tuple[str, str], list[Scanned]] = {}
        self._operated: set[tuple[str, str]] = set()
        self._domains: set[str] = set()
        for resource in inventory.resources:
            for noun in resource.nouns.get("workload", ()):
                if noun.fields.get("orchestrator") == "kubernetes":
                    self._add(Scanned(resource, noun.fields))
            if resource.platform == "kubernetes":
                self._operator(resource)

    def _add(self, scanned: Scanned) -> None:
        namespace, labels = scanned.fields.get("namespace"), scanned.fields.get("labels")
        key = namespace if isinstance(namespace, str) else ""
        _, attributes, spelling = spelled(scanned.resource)
        self._kept.add(scanned.resource, spelling.block(attributes, "metadata"))
        self._all.setdefault(key, []).append(scanned)
        name = scanned.fields.get("name")
        if isinstance(name, str):
            self._by_name.setdefault((key, name), []).append(scanned)
        if not key or isinstance(labels, Unknown):
            self._loose.setdefault(key, []).append(scanned)
            return
        for value in (labels or {}).values():
            if isinstance(value, Unknown):
                self._loose.setdefault(key, []).append(scanned)
                return
        for name, value in (labels or {}).items():
            if not isinstance(value, (Map, Seq)):
                self._by_pair.setdefault((key, name, str(value)), []).append(scanned)

    def _operator(self, resource: Resource) -> None:
        """A custom resource, of which something may make pods that bear its name or its group's labels."""
        version = resource.attributes.get("apiVersion")
        group = version.rpartition("/")[0] if isinstance(version, str) else ""
        if "." not in group or group.endswith((".k8s.io", *_EXACT)):
            return
        if group.endswith(_PODLESS) and "workload" not in resource.nouns:
            return
        metadata = resource.attributes.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Map) else None
        namespace = namespace_of(metadata if isinstance(metadata, Map) else None)
        if isinstance(name, str) and isinstance(namespace, str):
            self._operated.add((namespace, name))
        self._domains.add(".".join(group.split(".")[-2:]))

    def beside(self, metadata: Block, asker: Resource) -> bool:
        """Whether the set keeps workloads next to the one that asks, so that those it selects should be among them."""
        return self._kept.holds(asker, metadata)

    def selected(self, selector: Selector) -> Iterator[Scanned]:
        """The workloads whose pods it surely selects."""
        for scanned in self._candidates(selector):
            if selector.selects(scanned.fields.get("namespace"), scanned.fields.get("labels")):
                yield scanned

    def any_selected(self, selector: Selector) -> bool | None:
        """None where one may be, or where something else may make pods that are."""
        perhaps = False
        for scanned in self._candidates(selector):
            answer = selector.selects(scanned.fields.get("namespace"), scanned.fields.get("labels"))
            if answer:
                return True
            perhaps = perhaps or answer is None
        if perhaps or self._made_elsewhere(selector):
            return None
        return False

    def named(self, namespace: str, name: str) -> list[Scanned]:
        return self._by_name.get((namespace, name), [])

    def in_namespace(self, namespace: str) -> Iterator[Scanned]:
        """Those in it, and those that may be."""
        yield from self._all.get(namespace, ())
        yield from self._all.get("", ())

    def _candidates(self, selector: Selector) -> Iterator[Scanned]:
        pairs, namespace = selector.pairs(), selector.namespace
        if not isinstance(namespace, str):
            for found in self._all.values():
                yield from found
            return
        yield from self._loose.get("", ())
        if not pairs:
            yield from self._all.get(namespace, ())
            return
        lists = [self._by_pair.get((namespace, key, value), []) for key, value in pairs]
        yield from min(lists, key=len)
        yield from self._loose.get(namespace, ())

    def _made_elsewhere(self, selector: Selector) -> bool:
        labels = selector.labels
        for key, value in labels.items() if isinstance(labels, Map) else ():
            prefix, slash, _ = key.partition("/")
            if slash and ".".join(prefix.split(".")[-2:]) in self._domains:
                return True
            if isinstance(value, str) and (selector.namespace, value) in self._operated:
                return True
        return False


def selector_of(address: str, namespace: Value, selector: Block, spelling: Spelling) -> Selector | None:
    """A label selector without what controllers add to labels; None where nothing else is left of it, or where it is
    empty and so selects everything."""
    labels = spelling.block(selector, "matchLabels")
    expressions = spelling.blocks(selector, "matchExpressions")
    return narrowed(Selector(address, namespace, labels, expressions))


def narrowed(selector: Selector) -> Selector | None:
    labels, expressions = selector.labels, selector.expressions
    if isinstance(labels, Map) and any(key in _GIVEN for key in labels):
        kept = Map(labels.span, labels.header)
        for key in labels:
            if key not in _GIVEN:
                kept.copy_entry(labels, key)
        labels = kept
    for item in expressions if isinstance(expressions, Seq) else ():
        if isinstance(item, Map) and item.get("key") in _GIVEN:
            return None
    if not labels and not expressions:
        return None
    return Selector(selector.address, selector.namespace, labels, expressions)


def words_of(selector: Selector) -> str:
    """`app=web, tier in (a, b)`, for a message."""
    words = []
    labels, expressions = selector.labels, selector.expressions
    for key, value in labels.items() if isinstance(labels, Map) else ():
        words.append(f"{key}={value if isinstance(value, (str, int)) else '?'}")
    for item in expressions if isinstance(expressions, Seq) else ():
        if isinstance(item, Map):
            values = item.get("values")
            listed = f" ({', '.join(map(str, values))})" if isinstance(values, Seq) and values else ""
            words.append(f"{item.get('key')} {item.get('operator')}{listed}")
    return ", ".join(words) or "?"


def pods_scanned(inventory: Inventory) -> Pods:
    key = f"kubernetes pods {len(inventory.resources)}"
    found = inventory.indexes.get(key)
    if not isinstance(found, Pods):
        found = inventory.indexes[key] = Pods(inventory)
    return found
