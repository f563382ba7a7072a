"""What other objects say about pods: services and disruption budgets that select them, autoscalers that
target their workloads, the accounts that they run under.

Indexed once an inventory, so that looking a workload up does not walk all the others. Matching is
three-valued: a label or namespace that is not known makes the answer an `Unknown`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from guardrail.concepts import cilium_selectors
from guardrail.concepts.blocks import Block, Spelling
from guardrail.concepts.selectors import WHOLE_CLUSTER, ByNamespace, Selector, Selectors, namespace_of, same, spelled
from guardrail.concepts.surroundings import surroundings_of
from guardrail.model import Inventory, Map, Reference, Resource, Seq, Unknown, Value, without_instance_key

_BUDGETS = {"PodDisruptionBudget", "kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1"}
_SERVICES = {"Service", "kubernetes_service", "kubernetes_service_v1"}
_ACCOUNTS = {"ServiceAccount", "kubernetes_service_account", "kubernetes_service_account_v1",
             "kubernetes_default_service_account", "kubernetes_default_service_account_v1"}  # fmt: skip
_AUTOSCALERS = {"HorizontalPodAutoscaler", "ScaledObject", "kubernetes_horizontal_pod_autoscaler",
                "kubernetes_horizontal_pod_autoscaler_v1", "kubernetes_horizontal_pod_autoscaler_v2",
                "kubernetes_horizontal_pod_autoscaler_v2beta2"}  # fmt: skip

_BINDINGS = {"RoleBinding", "ClusterRoleBinding", "kubernetes_role_binding", "kubernetes_role_binding_v1",
             "kubernetes_cluster_role_binding", "kubernetes_cluster_role_binding_v1"}  # fmt: skip

_RANGES = {"LimitRange", "kubernetes_limit_range", "kubernetes_limit_range_v1"}

_POLICIES = {"NetworkPolicy", "kubernetes_network_policy", "kubernetes_network_policy_v1"}
# Of a group of their own, with selectors of their own; some hold for the whole cluster.
_OTHER_POLICIES = {"GlobalNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy",
                   "NetworkPolicy.projectcalico.org", "NetworkPolicy.crd.projectcalico.org"}  # fmt: skip

_WRITTEN = {"policies": "NetworkPolicy", "budgets": "PodDisruptionBudget"}
_PERHAPS_UNREAD = Unknown("a manifest that is no part of the change may say")

_JOINED = (
    _BUDGETS | _SERVICES | _ACCOUNTS | _AUTOSCALERS | _BINDINGS | _RANGES | _POLICIES | _OTHER_POLICIES
    | cilium_selectors.KINDS | {"kubernetes_manifest"}
)  # fmt: skip


def pods_of(wanted: Value, replicas: Value) -> Value:
    """A number of pods, or a share of the replicas (`50%`), as a number."""
    if isinstance(wanted, (int, Unknown)) and not isinstance(wanted, bool):
        return wanted
    text = wanted if isinstance(wanted, str) and len(wanted) < 12 else ""
    if text.isascii() and text.isdecimal():
        return int(text)
    share = text.removesuffix("%")
    if share == text or not (share.isascii() and share.isdecimal()):
        return None
    if isinstance(replicas, int) and not isinstance(replicas, bool):
        return -(-replicas * int(share) // 100)
    return replicas if isinstance(replicas, Unknown) else None


class Joins:
    def __init__(self, inventory: Inventory) -> None:
        self.size = len(inventory.resources)
        self.inventory = inventory
        budgets: list[Selector] = []
        services: list[Selector] = []
        policies: list[Selector] = []
        self.accounts: dict[tuple[str, str], Resource] = {}
        self.targets: dict[tuple[str, str], ByNamespace] = {}  # (kind, name) -> namespaces of autoscalers
        self.scaled: dict[tuple[str, str, str], Resource] = {}  # kind, namespace, name: an autoscaler
        self.referred: set[str] = set()  # addresses that an autoscaler refers to
        # namespace -> requests or limits -> what containers get there that say nothing, and who says so
        self.defaults: dict[str, dict[str, tuple[Map, Resource]]] = {}
        self.granted_to: dict[tuple[str, str], Resource] = {}  # (namespace, service account): a binding
        self.granted_at: set[str] = set()  # addresses of service accounts
        self.granted_perhaps = ""  # address of a binding whose subjects are not all known
        self.perhaps: list[tuple[str, Value, str]] = []  # autoscalers of unknown targets: kind, namespace, address
        for wanted in sorted(_JOINED):
            for resource in inventory.by_kind.get(wanted, ()):
                if resource.mode != "managed":
                    continue
                kind, attributes, spelling = spelled(resource)
                if kind in _BUDGETS:
                    budgets.extend(self._budget(resource, attributes, spelling))
                elif kind in _SERVICES:
                    services.extend(self._service(resource, attributes, spelling))
                elif kind in _ACCOUNTS:
                    self._account(resource, attributes, spelling)
                elif kind in _AUTOSCALERS:
                    self._autoscaler(resource, attributes, spelling, kind)
                elif kind in _RANGES:
                    self._range(resource, attributes, spelling)
                elif kind in _BINDINGS:
                    self._binding(resource, attributes, spelling)
                elif kind in _POLICIES or kind in _OTHER_POLICIES:
                    policies.append(self._policy(resource, attributes, spelling, kind))
                elif kind in cilium_selectors.KINDS:
                    policies.extend(cilium_selectors.policies(resource, attributes, kind))
        self.budgets, self.services, self.policies = Selectors(budgets), Selectors(services), Selectors(policies)

    @staticmethod
    def _budget(resource: Resource, attributes: Block, spelling: Spelling) -> Iterator[Selector]:
        selector = spelling.path(attributes, ("spec", "selector"))
        if selector is not None:  # none selects no pod, an empty one all of them
            made = Selector(
                resource.address,
                namespace_of(spelling.block(attributes, "metadata")),
                spelling.block(selector, "matchLabels"),
                spelling.blocks(selector, "matchExpressions"),
            )
            spec = spelling.block(attributes, "spec")
            made.minimum = spec.get(spelling["minAvailable"]) if isinstance(spec, Map) else None
            yield made

    def budget_minimum(self, namespace: Value, labels: Block, replicas: Value) -> Value:
        """How many of the replicas must be up for the budgets that select them; a share is rounded up, as the
        disruption controller does. None where no budget says."""
        found: Value = None
        for selector in self.budgets.surely(namespace, labels):
            wanted = pods_of(selector.minimum, replicas)
            if isinstance(wanted, Unknown):
                return wanted
            if wanted is not None and (found is None or wanted > found):
                found = wanted
        return found

    @staticmethod
    def _service(resource: Resource, attributes: Block, spelling: Spelling) -> Iterator[Selector]:
        selector = spelling.path(attributes, ("spec", "selector"))
        if selector is not None and selector != {}:
            yield Selector(resource.address, namespace_of(spelling.block(attributes, "metadata")), selector, None)

    @staticmethod
    def _policy(resource: Resource, attributes: Block, spelling: Spelling, kind: str) -> Selector:
        """What a network policy applies to. An empty selector is all pods of its namespace; Calico's are expressions,
        which we do not read."""
        namespace = namespace_of(spelling.block(attributes, "metadata"))
        if kind in _OTHER_POLICIES:
            if not kind.startswith("NetworkPolicy."):
                namespace = WHOLE_CLUSTER
            return Selector(resource.address, namespace, Unknown("its selector is not read"), None)
        selector = spelling.path(attributes, ("spec", "podSelector"))
        return Selector(
            resource.address, namespace, spelling.block(selector, "matchLabels"),
            spelling.blocks(selector, "matchExpressions"),
        )  # fmt: skip

    def _account(self, resource: Resource, attributes: Block, spelling: Spelling) -> None:
        metadata = spelling.block(attributes, "metadata")
        namespace = namespace_of(metadata)
        name = metadata.get("name") if isinstance(metadata, Map) else None
        if name is None and resource.kind.startswith("kubernetes_default_"):
            name = "default"
        if isinstance(name, str) and isinstance(namespace, str):
            self.accounts.setdefault((namespace, name), resource)

    def _autoscaler(self, resource: Resource, attributes: Block, spelling: Spelling, kind: str) -> None:
        for edge in resource.edges:
            if "scale_target_ref" in edge.path or "scaleTargetRef" in edge.path:
                self.referred.add(edge.target)
        target = spelling.path(attributes, ("spec", "scaleTargetRef"))
        namespace = namespace_of(spelling.block(attributes, "metadata"))
        if target is None:
            return
        if isinstance(target, Unknown):
            self.perhaps.append(("", namespace, resource.address))
            return
        name, target_kind = target.get("name"), target.get("kind")
        if target_kind is None and kind == "ScaledObject":
            target_kind = "Deployment"
        if isinstance(name, Reference):
            self.referred.add(name.target)
        elif isinstance(name, Unknown) or isinstance(target_kind, Unknown):
            known = target_kind if isinstance(target_kind, str) else ""
            self.perhaps.append((known, namespace, resource.address))
        elif isinstance(name, str) and isinstance(target_kind, str):
            self.targets.setdefault((target_kind, name), ByNamespace()).put(namespace, namespace)
            if isinstance(namespace, str):
                self.scaled.setdefault((target_kind, namespace, name), resource)

    def autoscaled(self, resource: Resource, kind: str, namespace: Value, name: Value) -> Value:
        if self.referred and (
            resource.address in self.referred or without_instance_key(resource.address) in self.referred
        ):
            return True
        doubt = ""
        if isinstance(name, str):
            near = self.targets.get((kind, name))
            for other in near.near(namespace) if near else ():
                answer = same(other, namespace)
                if answer:
                    return True
                if answer is None:
                    doubt = "the namespaces of it and of an autoscaler are not both known"
        elif isinstance(name, Unknown) and any(target[0] == kind for target in self.targets):
            doubt = "its name is not known"
        for target_kind, other, address in self.perhaps:
            if target_kind in ("", kind) and same(other, namespace) is not False:
                doubt = doubt or f"what {address} targets is not known"
                break
        if doubt:
            return Unknown(doubt)
        key = (kind, str(namespace), str(name))
        return self._elsewhere("scaled", key, resource) is not None

    def selecting(self, which: str, namespace: Value, labels: Block, asker: Resource) -> Value:
        """Whether one of the `policies` or `budgets` selects the pods, of this set or one that may stand beside it."""
        selectors: Selectors = getattr(self, which)
        answer = selectors.selecting(namespace, labels)
        if answer is not False or not isinstance(namespace, str):
            return answer
        around = surroundings_of(self.inventory)
        kept = around.index(f"joins {which}", partial(_selectors_by_namespace, which))
        for selector, owner in kept.get(namespace, ()):
            if selector.selects(namespace, labels) and around.together(asker, owner):
                return True
        return _PERHAPS_UNREAD if around.mentioned(_WRITTEN[which]) else False

    def _elsewhere(self, which: str, key: tuple[str, ...], asker: Resource) -> Resource | None:
        """What has the key in a set that may stand beside this one."""
        around = surroundings_of(self.inventory)
        owners = around.index(f"joins {which}", partial(_by_key, which)).get(key, ())
        return next((owner for owner in owners if around.together(asker, owner)), None)

    def _range(self, resource: Resource, attributes: Block, spelling: Spelling) -> None:
        """The defaults of a LimitRange. A default limit is the default request, too, where that is not given."""
        namespace = namespace_of(spelling.block(attributes, "metadata"))
        spec = spelling.block(attributes, "spec")
        items = spec.get("limit" if spelling.singular else "limits") if isinstance(spec, Map) else None
        for item in items if isinstance(items, Seq) and isinstance(namespace, str) else ():
            if not isinstance(item, Map) or item.get("type") != "Container":
                continue
            found = self.defaults.setdefault(namespace, {})
            for name, key in (("limits", "default"), ("requests", "defaultRequest")):
                amounts = item.get(spelling[key])
                if isinstance(amounts, Map):
                    found.setdefault(name, (amounts, resource))

    def _binding(self, resource: Resource, attributes: Block, spelling: Spelling) -> None:
        subjects = spelling.blocks(attributes, "subjects")
        for subject in subjects if isinstance(subjects, Seq) else (subjects,):
            kind = subject.get("kind") if isinstance(subject, Map) else subject
            if isinstance(kind, Unknown):
                self.granted_perhaps = self.granted_perhaps or resource.address
            if not isinstance(subject, Map) or kind != "ServiceAccount":
                continue
            name, namespace = subject.get("name"), namespace_of(subject)
            if isinstance(name, Reference):
                self.granted_at.add(without_instance_key(name.target))
            elif isinstance(name, str) and isinstance(namespace, str):
                self.granted_to.setdefault((namespace, name), resource)
            else:
                self.granted_perhaps = self.granted_perhaps or resource.address

    def granted(self, namespace: Value, name: Value, asker: Resource) -> Value:
        """Is something granted to the service account of that name?"""
        if isinstance(name, str) and isinstance(namespace, str) and (namespace, name) in self.granted_to:
            return True
        if isinstance(name, Reference) and without_instance_key(name.target) in self.granted_at:
            return True
        if self.granted_perhaps:
            return Unknown(f"whom {self.granted_perhaps} binds is not known")
        if isinstance(name, Unknown) or isinstance(namespace, Unknown):
            return Unknown("its service account is not known") if self.granted_to or self.granted_at else False
        if self._elsewhere("granted_to", (str(namespace), str(name)), asker) is not None:
            return True
        unread = surroundings_of(self.inventory).mentioned("RoleBinding", str(name))
        return _PERHAPS_UNREAD if unread else False

    def account(self, namespace: Value, name: Value, asker: Resource) -> tuple[Resource, Map, Spelling] | None:
        """The service account of that name, if it is among what was scanned."""
        found: Resource | None = None
        if isinstance(name, Reference):
            found = next(iter(self.inventory.at(name.target)), None)
        elif isinstance(name, str) and isinstance(namespace, str):
            found = self.accounts.get((namespace, name)) or self._elsewhere("accounts", (namespace, name), asker)
        if found is None:
            return None
        kind, attributes, spelling = spelled(found)
        return (found, attributes, spelling) if kind in _ACCOUNTS and isinstance(attributes, Map) else None


def _by_key(which: str, inventories: Sequence[Inventory]) -> dict[tuple[str, ...], list[Resource]]:
    found: dict[tuple[str, ...], list[Resource]] = {}
    for inventory in inventories:
        held: dict[tuple[str, ...], Resource] = getattr(joins_of(inventory), which)
        for key, resource in held.items():
            found.setdefault(key, []).append(resource)
    return found


def _selectors_by_namespace(
    which: str, inventories: Sequence[Inventory]
) -> dict[str, list[tuple[Selector, Resource]]]:
    found: dict[str, list[tuple[Selector, Resource]]] = {}
    for inventory in inventories:
        selectors: Selectors = getattr(joins_of(inventory), which)
        for namespace, listed in selectors.all.items():
            for selector in listed:
                owner = inventory.by_address.get(selector.address)
                if owner is not None:
                    found.setdefault(namespace, []).append((selector, owner))
    return found


def joins_of(inventory: Inventory) -> Joins:
    """The index of an inventory, made when first asked for (and again where resources were added since)."""
    found = inventory.indexes.get("pods")
    if not isinstance(found, Joins) or found.size != len(inventory.resources):
        found = inventory.indexes["pods"] = Joins(inventory)
    return found
