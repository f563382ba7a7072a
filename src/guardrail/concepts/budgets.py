"""PodDisruptionBudgets -> `disruption_budget` nouns, reckoned with the replicas that they hold for.

Shares round as the disruption controller rounds them: up, both of what must be up and of what may be down
(https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages).
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.autoscalers import minimum_of, nearest
from guardrail.concepts.blocks import take, word
from guardrail.concepts.pod_joins import pods_of
from guardrail.concepts.scanned_pods import Scanned, pods_scanned
from guardrail.concepts.selectors import Selector, namespace_of, spelled
from guardrail.model import Inventory, Map, Noun, Resource, Unknown, Value

_KINDS = frozenset(("PodDisruptionBudget", "kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1"))


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    kind, attributes, spelling = spelled(resource)
    if kind not in _KINDS or resource.mode != "managed" or not isinstance(attributes, Map):
        return
    here = resource.header
    spec, metadata = spelling.block(attributes, "spec"), spelling.block(attributes, "metadata")
    fields = Map(resource.span, here)
    take(fields, "name", metadata, "name", here, word)
    take(fields, "namespace", metadata, "namespace", here, word)
    take(fields, "minimum", spec, spelling["minAvailable"], here)
    take(fields, "maximum", spec, spelling["maxUnavailable"], here)
    take(fields, "unhealthy_policy", spec, spelling["unhealthyPodEvictionPolicy"], here, word)
    selector = spelling.block(spec, "selector")
    found: list[Scanned] = []
    if isinstance(selector, Map):
        wanted = Selector(
            resource.address, namespace_of(metadata), spelling.block(selector, "matchLabels"),
            spelling.blocks(selector, "matchExpressions"),
        )  # fmt: skip
        found = nearest(list(pods_scanned(inventory).selected(wanted)), resource)
    replicas = _replicas(found, inventory)
    if found:
        name = found[0].fields.get("name")
        fields.put("workload", name if isinstance(name, (str, Unknown)) else found[0].resource.local, here)
    if replicas is not None:
        fields.put("replicas", replicas, here)
    place = fields.spans["maximum" if "maximum" in fields else "minimum"]
    spare = _spare(fields.get("minimum"), fields.get("maximum"), replicas)
    fields.spans["spare"] = place
    if spare is not None:
        fields.put("spare", spare, place)
    name = fields.get("name")
    yield Noun("disruption_budget", name if isinstance(name, str) and name else resource.local, fields)


def _replicas(found: list[Scanned], inventory: Inventory) -> Value:
    """Of workloads that are the same but for where they are kept (one folder an environment) the largest counts."""
    most: dict[tuple[str, str], int] = {}
    for scanned in found:
        fields = scanned.fields
        count = fields.get("replicas")
        if fields.get("autoscaled") is not False:
            count = minimum_of(scanned.resource, inventory)
        if isinstance(count, Unknown):
            return count
        if not isinstance(count, int) or isinstance(count, bool):
            return None
        key = (scanned.resource.kind, str(fields.get("name")))
        most[key] = max(most.get(key, 0), count)
    return sum(most.values()) if most else None


def _spare(minimum: Value, maximum: Value, replicas: Value) -> Value:
    if maximum is not None:
        if maximum in (0, "0", "0%"):
            return 0
        return pods_of(maximum, replicas)
    if minimum is None:
        return None
    if minimum == "100%":
        return 0
    if minimum in (0, "0", "0%"):
        return None
    wanted = pods_of(minimum, replicas)
    if isinstance(wanted, Unknown) or isinstance(replicas, Unknown) or wanted is None or replicas is None:
        return wanted if isinstance(wanted, Unknown) else replicas if isinstance(replicas, Unknown) else None
    return max(0, replicas - wanted) if replicas > 0 else None
