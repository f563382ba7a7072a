"""The pods of the scanned set, to be found by a selector: every workload's pod template with its labels.

For when every resource has its nouns: pods of operators' kinds, and of those that a team binds, are among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.kubernetes_names import Beside
from guardrail.concepts.selectors import Selector, is_open, spelled
from guardrail.concepts.surroundings import is_of_chart, surroundings_of
from guardrail.model import Inventory, Map, Resource, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

# Labels that controllers give to their pods.
_GIVEN = (
    "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index", "job-name", "controller-uid", "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index", "rollouts-pod-template-hash",
    "deployment", "deploymentconfig", "deployment-config.name", "leaderworkerset.sigs.k8s.io/name",
)  # fmt: skip
# What a program calls itself once it runs: who of the replicas leads, what has been set up.
_ROLES = frozenset(("active", "follower", "leader", "main", "master", "primary", "replica", "secondary", "slave",
                    "standby"))  # fmt: skip
_STATES = lazy_regex(r"(?:^|[-_./])(?:active|initialized|leader|master|primary|role|sealed|standby)$", re.I)


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
        self._inventory = inventory
        for resource in inventory.resources:
            for noun in resource.nouns.get("workload", ()):
                if noun.fields.get("orchestrator") == "kubernetes":
                    self._add(Scanned(resource, noun.fields))

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
            if is_open(value):
                self._loose.setdefault(key, []).append(scanned)
                return
        for name, value in (labels or {}).items():
            if not isinstance(value, (Map, Seq)):
                self._by_pair.setdefault((key, name, str(value)), []).append(scanned)

    def beside(self, metadata: Block, asker: Resource) -> bool:
        """Whether the set keeps workloads next to the one that asks, so that those it selects should be among them."""
        return self._kept.holds(asker, metadata)

    def selected(self, selector: Selector) -> Iterator[Scanned]:
        """The workloads whose pods it surely selects."""
        for scanned in self._candidates(selector):
            if selector.selects(scanned.fields.get("namespace"), scanned.fields.get("labels")):
                yield scanned

    def any_selected(self, selector: Selector, asker: Resource) -> bool | None:
        """None where one may be, or where something else may make pods that are."""
        perhaps = False
        for scanned in self._candidates(selector):
            answer = selector.selects(scanned.fields.get("namespace"), scanned.fields.get("labels"))
            if answer:
                return True
            perhaps = perhaps or answer is None
        if perhaps or self._made_elsewhere(selector, asker):
            return None
        lasting, states = _without_states(selector)
        if lasting is not None and any(
            states.isdisjoint(scanned.fields.get("labels") or ()) for scanned in self.selected(lasting)
        ):
            return None
        return False

    def perhaps_selected(self, selector: Selector) -> Iterator[Scanned]:
        """The workloads whose pods it selects, or may."""
        for scanned in self._candidates(selector):
            if selector.selects(scanned.fields.get("namespace"), scanned.fields.get("labels")) is not False:
                yield scanned

    def namespaces(self) -> Iterator[str]:
        yield from self._all

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

    def _made_elsewhere(self, selector: Selector, asker: Resource) -> bool:
        around = surroundings_of(self._inventory)
        if around.may_label(selector):
            return True
        kept = around.index("pods", _pods_by_namespace)
        near = (*kept.get(str(selector.namespace), ()), *kept.get("", ()))
        if any(self._among(other, selector, asker) for other in near):
            return True
        if is_of_chart(asker):  # what is released together may be of several charts
            anywhere = Selector(selector.address, Unknown("a release's"), selector.labels, selector.expressions)
            if any(self._among(other, anywhere, asker) for other in around.index("pods of charts", _pods_of_charts)):
                return True
        return around.labelled(selector)

    def _among(self, other: Pods, selector: Selector, asker: Resource) -> bool:
        around = surroundings_of(self._inventory)
        return other is not self and any(
            around.together(asker, scanned.resource) for scanned in other.perhaps_selected(selector)
        )


def _pods_by_namespace(inventories: Sequence[Inventory]) -> dict[str, list[Pods]]:
    found: dict[str, list[Pods]] = {}
    for inventory in inventories:
        pods = pods_scanned(inventory)
        for namespace in pods.namespaces():
            found.setdefault(namespace, []).append(pods)
    return found


def _pods_of_charts(inventories: Sequence[Inventory]) -> list[Pods]:
    return [pods_scanned(each) for each in inventories if each.resources and is_of_chart(each.resources[0])]


def _without_states(selector: Selector) -> tuple[Selector | None, set[str]]:
    """A selector without what is only known of a pod that runs (`vault-active: "true"`, `role: master`), and the labels
    that say it. None where it asks for no such thing, or for nothing else."""
    labels = selector.labels
    if not isinstance(labels, Map):
        return None, set()
    lasting = Map(labels.span, labels.header)
    states: set[str] = set()
    for key, value in labels.items():
        if _STATES.search(key) or (isinstance(value, str) and value.lower() in _ROLES):
            states.add(key)
        else:
            lasting.copy_entry(labels, key)
    if not states or not (lasting or selector.expressions):
        return None, states
    return Selector(selector.address, selector.namespace, lasting, selector.expressions), states


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
