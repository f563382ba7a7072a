"""What HorizontalPodAutoscalers and the workloads that they scale say of each other: fields that join them, added to
the `autoscaler` nouns of the first, and `minimum_of` for whoever asks how many replicas there are at least.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.scanned_pods import Scanned, pods_scanned
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Reference, Resource, Seq, Span, Value, without_instance_key

KINDS = (
    "HorizontalPodAutoscaler", "kubernetes_horizontal_pod_autoscaler", "kubernetes_horizontal_pod_autoscaler_v1",
    "kubernetes_horizontal_pod_autoscaler_v2", "kubernetes_horizontal_pod_autoscaler_v2beta2", "ScaledObject",
)  # fmt: skip
_SHARES = frozenset(("Utilization", "AverageUtilization"))


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """None of its own: adds `unrequested` to the resource's autoscaler."""
    for autoscaler in resource.nouns.get("autoscaler", ()):
        _join(autoscaler, resource, inventory)
    return iter(())


def _join(autoscaler: Noun, resource: Resource, inventory: Inventory) -> None:
    _, attributes, spelling = spelled(resource)
    scaled = _targets(resource, inventory)
    if not scaled:
        return
    spec = spelling.block(attributes, "spec")
    lacking = Seq(resource.header)
    for name, container, place in _by_share(spec, spelling):
        for noun in scaled[0].resource.nouns.get("container", ()):
            if noun.fields.get("class") not in ("app", "sidecar") or (container and noun.name != container):
                continue
            requests, limits = noun.fields.get("requests"), noun.fields.get("limits")
            sized = [sizes for sizes in (requests, limits) if isinstance(sizes, Map) and sizes.get(name) is not None]
            if not sized:
                lacking.add(f"{name} of {noun.name}", place)
    if lacking:
        lacking.header = lacking.place(0)
    autoscaler.fields.put("unrequested", lacking, lacking.header)


def _by_share(spec: Block, spelling: Spelling) -> Iterator[tuple[str, str, Span]]:
    """Resources (of a container, or of all) by whose share of the request it scales; by default cpu's."""
    if not isinstance(spec, Map):
        return
    metrics = spelling.blocks(spec, "metric" if spelling.singular else "metrics")
    older = spec.get(spelling["targetCPUUtilizationPercentage"]) if not spelling.singular else spec.get(
        "target_cpu_utilization_percentage")  # fmt: skip
    if metrics is None or older is not None:
        place = spec.place("targetCPUUtilizationPercentage") if older is not None else spec.header
        yield "cpu", "", place
        return
    for metric in metrics if isinstance(metrics, Seq) else ():
        if not isinstance(metric, Map):
            continue
        for block in ("resource", "containerResource"):
            source = spelling.block(metric, block)
            if not isinstance(source, Map):
                continue
            target = spelling.block(source, "target")
            share = target.get("type") if isinstance(target, Map) else source.get("targetAverageUtilization")
            name, container = source.get("name"), source.get("container")
            if name in ("cpu", "memory") and (share in _SHARES or isinstance(share, int)):
                yield str(name), container if isinstance(container, str) else "", source.place("name")


def _targets(resource: Resource, inventory: Inventory) -> list[Scanned]:
    """The workloads that an autoscaler surely scales."""
    _, attributes, spelling = spelled(resource)
    target = spelling.path(attributes, ("spec", "scaleTargetRef"))
    namespace = namespace_of(spelling.block(attributes, "metadata"))
    if not isinstance(target, Map):
        return []
    name, kind = target.get("name"), target.get("kind")
    if isinstance(name, Reference):
        found = [other for other in inventory.resources if without_instance_key(other.address) == name.target]
        return [Scanned(other, noun.fields) for other in found for noun in other.nouns.get("workload", ())]
    if not isinstance(name, str) or not isinstance(namespace, str):
        return []
    named = [
        scanned
        for scanned in pods_scanned(inventory).named(namespace, name)
        if scanned.resource.platform != "kubernetes" or scanned.resource.kind == (kind or "Deployment")
    ]
    return nearest(named, resource)


def nearest(found: list[Scanned], asker: Resource) -> list[Scanned]:
    """Of workloads that are kept in several files and folders, one an environment, those beside the one that asks."""
    for beside in (
        [scanned for scanned in found if scanned.resource.header.file == asker.header.file],
        [scanned for scanned in found if scanned.resource.scope == asker.scope],
    ):
        if beside:
            return beside
    return found


def minimum_of(workload: Resource, inventory: Inventory) -> Value:
    """The fewest replicas that the autoscaler of a workload keeps; None where none surely scales it."""
    key = f"kubernetes autoscalers {len(inventory.resources)}"
    index: dict[int, Value] | None = inventory.indexes.get(key)  # type: ignore[assignment]
    if index is None:
        index = {}
        inventory.indexes[key] = index
        for kind in KINDS:
            for resource in inventory.by_kind.get(kind, ()):
                for autoscaler in resource.nouns.get("autoscaler", ()):
                    for scanned in _targets(resource, inventory):
                        index[id(scanned.resource)] = autoscaler.fields.get("minimum")
    return index.get(id(workload))

