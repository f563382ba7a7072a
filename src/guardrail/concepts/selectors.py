"""Selectors by which objects of Kubernetes name pods, and how to look many of them up at once.

Matching is three-valued: a label or namespace that is not known makes the answer None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from guardrail.concepts.blocks import KUBERNETES, TERRAFORM, Block, Spelling, opened, partly
from guardrail.inputs.kubernetes.kinds import kind_of
from guardrail.model import Inventory, Map, PartText, Reference, Resource, Seq, Unknown, Value


def spelled(resource: Resource) -> tuple[str, Block, Spelling]:
    """Kind, attributes and spelling; of a `kubernetes_manifest` those of the object that it holds."""
    if resource.kind == "kubernetes_manifest":
        manifest = opened(resource.attributes.get("manifest"))
        return kind_of(manifest) if isinstance(manifest, Map) else "", manifest, KUBERNETES
    if resource.platform == "terraform":
        return resource.kind, resource.attributes, TERRAFORM
    return resource.kind, resource.attributes, KUBERNETES


def held_objects(inventory: Inventory) -> dict[str, list[tuple[Resource, Map]]]:
    """By kind, the objects of Kubernetes that a `kubernetes_manifest` holds, written as in manifests."""
    listed = inventory.by_kind.get("kubernetes_manifest")
    if not listed:
        return {}
    key = f"held objects {len(listed)}"
    known: dict[str, list[tuple[Resource, Map]]] | None = inventory.indexes.get(key)  # type: ignore[assignment]
    if known is not None:
        return known
    found: dict[str, list[tuple[Resource, Map]]] = {}
    inventory.indexes[key] = found
    for resource in listed:
        kind, held, _ = spelled(resource)
        if kind and isinstance(held, Map):
            found.setdefault(kind, []).append((resource, held))
    return found


def namespace_of(metadata: Block) -> Value:
    if isinstance(metadata, Unknown):
        return metadata
    namespace = metadata.get("namespace") if metadata is not None else None
    return "default" if namespace is None or namespace == "" else namespace


def same(one: Value, other: Value) -> bool | None:
    """Are two names the same? None where that can't be told."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return True if isinstance(one, Reference) and one == other else None
    return bool(one == other)


def is_open(value: Value) -> bool:
    """Whether a label is known once something fills it in: `${APP}`, `{{ app }}`."""
    return isinstance(value, Unknown) or (isinstance(value, str) and ("${" in value or "{{" in value))


WHOLE_CLUSTER = Unknown("it holds for the whole cluster")  # a selector's namespace


class Selector:
    """What selects pods: all terms must hold; without terms, every pod of the namespace."""

    __slots__ = ("address", "expressions", "labels", "minimum", "namespace")

    def __init__(self, address: str, namespace: Value, labels: Block, expressions: Seq | Unknown | None) -> None:
        self.address, self.namespace, self.labels, self.expressions = address, namespace, labels, expressions
        self.minimum: Value = None  # of a disruption budget: minAvailable

    def pairs(self) -> list[tuple[str, str]]:
        if not isinstance(self.labels, Map):
            return []
        return [(key, value) for key, value in self.labels.items() if isinstance(value, str) and not is_open(value)]

    def selects(self, namespace: Value, labels: Block) -> bool | None:
        result = True if self.namespace is WHOLE_CLUSTER else same(self.namespace, namespace)
        if result is False:
            return False
        terms: list[bool | None] = [result]
        if isinstance(self.labels, Unknown) or isinstance(self.expressions, Unknown):
            terms.append(None)
        if isinstance(self.labels, Map):
            for key, value in self.labels.items():
                term = _equals(labels, key, value)
                if term is False:
                    return False
                terms.append(term)
        if isinstance(self.expressions, Seq):
            for expression in self.expressions:
                term = _holds(labels, expression)
                if term is False:
                    return False
                terms.append(term)
        return None if None in terms else True


def _equals(labels: Block, key: str, value: Value) -> bool | None:
    if isinstance(labels, Unknown):
        return None
    found = labels.get(key) if labels is not None else None
    if found is None:
        return False
    if isinstance(found, Unknown) or isinstance(value, Unknown):
        return same(found, value)
    if found == value or str(found) == str(value):
        return True
    if is_open(found):
        return None if is_open(value) or _may_be(found, str(value)) else False
    return None if is_open(value) and _may_be(value, str(found)) else False


def _may_be(written: str, text: str) -> bool:
    known = partly(written)
    return known.can_be(text) if isinstance(known, PartText) else True


def _holds(labels: Block, expression: Value) -> bool | None:
    if not isinstance(expression, Map) or isinstance(labels, Unknown):
        return None
    key, operator, values = expression.get("key"), expression.get("operator"), expression.get("values")
    if not isinstance(key, str):
        return None
    found = labels.get(key) if labels is not None else None
    if operator == "Exists":
        return found is not None
    if operator == "DoesNotExist":
        return found is None
    if operator not in ("In", "NotIn") or not isinstance(values, Seq):
        return None
    if found is None:
        return bool(operator == "NotIn")
    matches = [same(found, value) for value in values]
    among = True if True in matches else None if None in matches else False
    return among if operator == "In" or among is None else not among


class ByNamespace(dict[str, list[Any]]):
    """Things by the namespace that they are in; those whose namespace is not known under ""."""

    def put(self, namespace: Value, thing: Any) -> None:
        self.setdefault(namespace if isinstance(namespace, str) else "", []).append(thing)

    def near(self, namespace: Value) -> Iterator[Any]:
        """What may be in that namespace."""
        if isinstance(namespace, str):
            yield from self.get(namespace, ())
            yield from self.get("", ())
        else:
            for found in self.values():
                yield from found


class Selectors:
    """Selectors, found by one label that each of them asks for: the one that fewest others ask for."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        everything = list(selectors)
        asked: dict[tuple[str, str], int] = {}
        for selector in everything:
            for pair in selector.pairs():
                asked[pair] = asked.get(pair, 0) + 1
        self.by_pair: dict[tuple[str, str], ByNamespace] = {}
        self.by_key: dict[str, ByNamespace] = {}
        self.others = ByNamespace()
        self.all = ByNamespace()
        for selector in everything:
            pairs = selector.pairs()
            self.all.put(selector.namespace, selector)
            if pairs:
                rarest = min(pairs, key=lambda pair: (asked[pair], pair))
                self.by_pair.setdefault(rarest, ByNamespace()).put(selector.namespace, selector)
                self.by_key.setdefault(rarest[0], ByNamespace()).put(selector.namespace, selector)
            else:
                self.others.put(selector.namespace, selector)

    def surely(self, namespace: Value, labels: Block) -> Iterator[Selector]:
        """Those that select the pods without a doubt."""
        for selector in self._candidates(namespace, labels):
            if selector.selects(namespace, labels):
                yield selector

    def selecting(self, namespace: Value, labels: Block) -> Value:
        """True or False, or an Unknown that names the selector that might."""
        perhaps: Selector | None = None
        for selector in self._candidates(namespace, labels):
            answer = selector.selects(namespace, labels)
            if answer:
                return True
            if answer is None and perhaps is None:
                perhaps = selector
                if isinstance(labels, Unknown):
                    break
        if perhaps is None:
            return False
        return Unknown(f"whether {perhaps.address} selects its pods depends on values that are not known")

    def _candidates(self, namespace: Value, labels: Block) -> Iterator[Selector]:
        yield from self.others.near(namespace)
        if isinstance(labels, Unknown):
            yield from self.all.near(namespace)
        elif labels is not None:
            for key, value in labels.items():
                found: ByNamespace | None = None
                if is_open(value):
                    found = self.by_key.get(key)
                elif not isinstance(value, (Map, Seq)):
                    found = self.by_pair.get((key, str(value)))
                if found is not None:
                    yield from found.near(namespace)
