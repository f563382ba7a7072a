"""What else may stand in the cluster that a set of objects goes to.

A set is what one kustomization builds, what one chart renders to, or all loose manifests. It is rarely alone: roles
stand in the folder of the platform, accounts in the one of the cluster, and much comes from charts and operators that
are nowhere in the repository. What a set lacks is missing only if none of these may have it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from guardrail.concepts.blocks import KUBERNETES
from guardrail.concepts.selectors import Selector, namespace_of
from guardrail.model import Inventory, Map, Resource, Value
from guardrail.tree import Tree, Unreadable

Index = TypeVar("Index")

# Groups of the API whose objects neither become other objects nor have any made in their name, or only such as are
# looked up where they are asked for (see `kubernetes_names`).
_PLAIN = (
    ".k8s.io", "argoproj.io", "apps.openshift.io", "apps.kruise.io", "keda.sh", "serving.knative.dev",
    "monitoring.coreos.com", "cert-manager.io", "kyverno.io", "external-secrets.io", "bitnami.com", "traefik.io",
    "traefik.containo.us", "istio.io", "cilium.io", "projectcalico.org", "fluxcd.io", "openshift.io",
    "gatekeeper.sh", "cloud.google.com", "networking.gke.io", "k8s.aws", "k8s.nginx.org",
    "konghq.com", "projectcontour.io", "linkerd.io", "getambassador.io", "velero.io", "karpenter.sh", "helm.cattle.io",
    "secrets-store.csi.x-k8s.io", "gateway.networking.x-k8s.io", "secrets.hashicorp.com", "onepassword.com",
    "isindir.github.com", "secrets.infisical.com", "secrets.doppler.com", "k8s.bitwarden.com",
)  # fmt: skip
_MAKING = frozenset(("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"))  # of these groups, they alone
# What controllers label the pods with that they make of a Gateway, whose group is one of the plain ones.
_OF_GATEWAYS = frozenset((
    "gateway.networking.k8s.io/gateway-name", "gateway.networking.k8s.io/gateway-class-name", "istio.io/gateway-name",
    "gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace",
    "gateway.envoyproxy.io/owning-gatewayclass",
))  # fmt: skip
# Kinds that bring an operator, or a chart, from somewhere else: nobody can tell what of theirs is in the namespace.
_BRINGS = {("operators.coreos.com", "Subscription"), ("helm.cattle.io", "HelmChart")}
_SHARED = frozenset(("Namespace", "CustomResourceDefinition"))  # which sets for one cluster may all have


class Unread:
    """Manifests that are not read, since the scan is about a few changed files: all that is asked of them is whether
    they have a word. `files` tells their names."""

    def __init__(self, tree: Tree, files: Callable[[], Iterable[str]]) -> None:
        self._tree, self._files = tree, files
        self._texts: list[bytes] | None = None  # None: not looked at yet
        self._too_much = False
        self._known: dict[tuple[str, ...], bool] = {}

    def mention(self, *words: str) -> bool:
        """Whether one of them has all the words, so that it may be what is looked for. True where there is too much to
        look through."""
        if self._texts is None:
            self._texts = list(self._read())
        found = self._known.get(words)
        if found is None:
            wanted = [word.encode() for word in words]
            found = self._too_much or any(all(word in text for word in wanted) for text in self._texts)
            self._known[words] = found
        return found

    def _read(self) -> Iterator[bytes]:
        left = _MOST_UNREAD
        for name in self._files():
            try:
                text = self._tree.read(name)
            except Unreadable:
                continue
            self._tree.forget([name])
            left -= len(text)
            if left < 0:
                self._too_much = True
                return
            if b"kind" in text:
                yield text


_MOST_UNREAD = 30_000_000
"""Bytes, which are kept while the scan lasts. Of a repository with more, nothing is said to be missing."""


class Surroundings:
    """Of all sets that were read together. `unseen`: namespaces and names of releases of charts that are not here."""

    def __init__(
        self,
        inventories: Sequence[Inventory],
        unseen: Collection[tuple[str, str]] = (),
        unread: Unread | None = None,
    ) -> None:
        self._inventories = inventories
        self._unread = unread
        self._unseen = set(unseen)
        self._indexes: dict[str, object] = {}
        self._units: dict[tuple[str, str], frozenset[str]] = {}
        self._apart: dict[tuple[tuple[str, str], tuple[str, str]], bool] = {}
        self._namespaces: set[str] | None = None  # in which something may be that is not seen
        self._operated: dict[str, set[str]] = {}  # by namespace: names of operators' objects
        self._domains: set[str] = set()

    # ---- what is not here ----------------------------------------------------------------------------------

    def may_make(self, namespace: str, name: str) -> bool:
        """Whether a release or an operator may make an object of that name; "" for what is in no namespace."""
        self._look()
        if not namespace:
            return any(_bears(name, release) for _, release in self._unseen)
        return self.unseen_in(namespace) or any(_bears(name, owner) for owner in self._operated.get(namespace, ()))

    def mentioned(self, *words: str) -> bool:
        """Whether a manifest that this scan does not read has all these words. To be asked last: all are looked
        through."""
        return self._unread is not None and self._unread.mention(*words)

    def labelled(self, selector: Selector) -> bool:
        """The same of what a selector asks for."""
        return self.mentioned(*(value if isinstance(value, str) else key for key, value in _terms(selector)))

    def may_label(self, selector: Selector) -> bool:
        """Whether a release or an operator may make pods that bear the labels."""
        if self.unseen_in(selector.namespace):
            return True
        owners = self._operated.get(str(selector.namespace), set())
        for key, value in _terms(selector):
            prefix, slash, _ = key.partition("/")
            if key in _OF_GATEWAYS or (slash and _domain(prefix) in self._domains):
                return True
            if isinstance(value, str) and (value in owners or any(value.startswith(f"{owner}-") for owner in owners)):
                return True
        return False

    def unseen_in(self, namespace: Value) -> bool:
        """Whether a release may have put anything into the namespace, or the platform itself."""
        self._look()
        if not isinstance(namespace, str):
            return False
        return namespace in (self._namespaces or ()) or namespace == "kube-system" or namespace.startswith("openshift-")

    def unseen(self) -> bool:
        """Whether there are any releases of charts that are not here."""
        self._look()
        return bool(self._namespaces)

    def _look(self) -> None:
        if self._namespaces is not None:
            return
        self._namespaces = {namespace for namespace, _ in self._unseen}
        for inventory in self._inventories:
            for resource in inventory.resources:
                if resource.kind == "helm_release" and resource.mode == "managed":
                    self._release(resource.attributes)
                elif resource.platform == "kubernetes":
                    self._object(resource)

    def _release(self, attributes: Map) -> None:
        name, namespace = attributes.get("name"), attributes.get("namespace", "default")
        if isinstance(name, str) and isinstance(namespace, str):
            self._add(namespace, name)

    def _add(self, namespace: str, release: str) -> None:
        self._unseen.add((namespace, release))
        if self._namespaces is not None:
            self._namespaces.add(namespace)

    def _object(self, resource: Resource) -> None:
        attributes = resource.attributes
        version = attributes.get("apiVersion")
        group = version.rpartition("/")[0] if isinstance(version, str) else ""
        if resource.kind == "CustomResourceDefinition":
            # Whose operator is installed labels what it makes with the group's own domain.
            defined = KUBERNETES.path(attributes, ("spec",))
            named = defined.get("group") if isinstance(defined, Map) else None
            if isinstance(named, str) and not f".{named}".endswith((".k8s.io", ".kubernetes.io", ".x-k8s.io")):
                self._domains.add(_domain(named))
            return
        if "." not in group:
            return
        metadata, spec = attributes.get("metadata"), attributes.get("spec")
        namespace = namespace_of(metadata if isinstance(metadata, Map) else None)
        name = metadata.get("name") if isinstance(metadata, Map) else None
        if not isinstance(namespace, str) or not isinstance(name, str):
            return
        if (group, resource.kind) in _BRINGS:
            target = spec.get("targetNamespace") if isinstance(spec, Map) else None
            namespace = target if isinstance(target, str) and target else namespace
            self._add(namespace, name)
        elif not f".{group}".endswith(_PLAIN) or resource.kind in _MAKING:
            self._operated.setdefault(namespace, set()).add(name)
            self._domains.add(_domain(group))

    # ---- what other sets have ------------------------------------------------------------------------------

    def index(self, key: str, make: Callable[[Sequence[Inventory]], Index]) -> Index:
        """Something worked out of all sets, once."""
        found = self._indexes.get(key)
        if found is None:
            found = self._indexes[key] = make(self._inventories)
        return found  # type: ignore[return-value]

    def has(self, address: str, asker: Resource) -> bool:
        """Whether another set that may stand beside the asker's has the object."""
        return any(self.together(asker, found) for found in self.index("addresses", _by_address).get(address, ()))

    def of_kind(self, kind: str) -> Iterator[Resource]:
        for inventory in self._inventories:
            for resource in inventory.by_kind.get(kind, ()):
                if resource.platform == "kubernetes":
                    yield resource

    def together(self, one: Resource, other: Resource) -> bool:
        """Whether two objects of different sets may stand in one cluster. Sets that have an object in common are
        variants of each other (overlays of one base, a chart with other values), of which a cluster gets one. Of loose
        manifests, those of one folder count as a set."""
        if one.root == other.root or _chart(one.root) == _chart(other.root) != "":
            return False
        units = _unit(one), _unit(other)
        found = self._apart.get(units)
        if found is None:
            found = self._apart[units] = self._addresses(one).isdisjoint(self._addresses(other))
        return found

    def _addresses(self, resource: Resource) -> frozenset[str]:
        if not self._units:
            units: dict[tuple[str, str], set[str]] = {}
            for inventory in self._inventories:
                for found in inventory.resources:
                    if found.kind not in _SHARED:
                        units.setdefault(_unit(found), set()).add(found.address)
            self._units = {unit: frozenset(addresses) for unit, addresses in units.items()}
        return self._units.get(_unit(resource), frozenset())


def _by_address(inventories: Sequence[Inventory]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for inventory in inventories:
        for address, resource in inventory.by_address.items():
            found.setdefault(address, []).append(resource)
    return found


def _unit(resource: Resource) -> tuple[str, str]:
    return (resource.root, "") if resource.root else ("", resource.scope)


def is_of_chart(resource: Resource) -> bool:
    """Whether a chart brings it, into a namespace that whoever releases it chooses."""
    return bool(_chart(resource.root))


def _chart(root: str) -> str:
    folder, rendered, _ = root.partition("Chart.yaml with ")
    return f"{folder}Chart.yaml" if rendered else ""


def _domain(group: str) -> str:
    return ".".join(group.split(".")[-2:])


def _bears(name: str, owner: str) -> bool:
    """Whether a name is made of an owner's: `db-app`, `credential-db`, `user.db.credentials`."""
    return f"-{owner}-" in f"-{name.replace('.', '-')}-" if owner in name else False


def _terms(selector: Selector) -> Iterator[tuple[str, Value]]:
    labels, expressions = selector.labels, selector.expressions
    if isinstance(labels, Map):
        yield from labels.items()
    for item in expressions if isinstance(expressions, list) else ():
        key = item.get("key") if isinstance(item, Map) else None
        if isinstance(key, str):
            yield key, None


def surroundings_of(inventory: Inventory) -> Surroundings:
    """Those that the inventory was given, else its own resources."""
    found = inventory.indexes.get("surroundings")
    if not isinstance(found, Surroundings):
        found = inventory.indexes["surroundings"] = Surroundings([inventory])
    return found


def surround(
    inventories: Sequence[Inventory], unseen: Collection[tuple[str, str]], unread: Unread | None = None
) -> None:
    """Lets the sets that were read together know of each other."""
    around = Surroundings(inventories, unseen, unread)
    for inventory in inventories:
        inventory.indexes["surroundings"] = around
