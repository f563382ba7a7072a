"""Objects of the scanned set by kind, namespace and name: whether what another object names is there.

A set is rarely all that a cluster has. What is not found counts as missing only where the set keeps things of that
kind next to the one that asks: in the same file, in the namespace that both name, or, where neither names one, in the
same folder. Else nobody can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from guardrail.concepts.blocks import Block, Spelling, word
from guardrail.concepts.selectors import namespace_of, spelled
from guardrail.concepts.surroundings import is_of_chart, surroundings_of
from guardrail.model import Inventory, Map, Reference, Resource, Seq, Unknown, Value


def _kinds(kind: str, terraform: str, *more: str) -> tuple[str, ...]:
    return (kind, f"kubernetes_{terraform}", f"kubernetes_{terraform}_v1", *more)


KINDS: dict[str, tuple[str, ...]] = {
    "Service": _kinds("Service", "service"),
    "ServiceAccount": _kinds("ServiceAccount", "service_account", "kubernetes_default_service_account",
                             "kubernetes_default_service_account_v1"),
    "ConfigMap": _kinds("ConfigMap", "config_map"),
    "Secret": _kinds("Secret", "secret"),
    "PersistentVolumeClaim": _kinds("PersistentVolumeClaim", "persistent_volume_claim"),
    "Role": _kinds("Role", "role"),
    "ClusterRole": _kinds("ClusterRole", "cluster_role"),
    "PriorityClass": _kinds("PriorityClass", "priority_class"),
}  # fmt: skip
# Objects of which something else makes one of the kind: kind -> (what it makes, where its name stands; its own if
# nothing stands there).
_MAKERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ExternalSecret": ("Secret", ("spec", "target", "name")),
    "SealedSecret": ("Secret", ("spec", "template", "metadata", "name")),
    "Certificate": ("Secret", ("spec", "secretName")),
    "VaultStaticSecret": ("Secret", ("spec", "destination", "name")),
    "VaultDynamicSecret": ("Secret", ("spec", "destination", "name")),
    "OnePasswordItem": ("Secret", ()),
    "SopsSecret": ("Secret", ()),
    "InfisicalSecret": ("Secret", ("spec", "managedSecretReference", "secretName")),
    "DopplerSecret": ("Secret", ("spec", "managedSecret", "name")),
    "BitwardenSecret": ("Secret", ("spec", "secretName")),
    "KafkaUser": ("Secret", ()),
}
CLUSTER_WIDE = frozenset(("ClusterRole", "PriorityClass"))
_SECRETS_OF_STORES = "SecretProviderClass"
# Objects outside namespaces of which one is made in any of them: trust-manager's, and External Secrets'.
_MAKERS_EVERYWHERE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Bundle": (("ConfigMap", "Secret"), ()),
    "ClusterExternalSecret": (("Secret",), ("spec", "externalSecretSpec", "target", "name")),
    "ClusterSecret": (("Secret",), ()),
}
# Annotations that have an object copied into other namespaces, or pushed there.
_COPIED = (
    "reflector.v1.k8s.emberstack.com/reflection-auto-enabled", "replicator.v1.mittwald.de/replicate-to",
    "replicator.v1.mittwald.de/replicate-to-matching", "kubed.appscode.com/sync",
)  # fmt: skip
# Annotations that name a Secret to make: OpenShift's certificates for a Service; cert-manager's take those of `tls`.
_SERVING = ("service.beta.openshift.io/serving-cert-secret-name", "service.alpha.openshift.io/serving-cert-secret-name")
_ISSUED = ("cert-manager.io/", "kubernetes.io/tls-acme")
_CROSSPLANE = ("writeConnectionSecretToRef", "publishConnectionDetailsTo")


class Beside:
    """Where things of a kind are kept."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()  # of those that name no namespace
        self.namespaces: set[str] = set()  # that are named

    def add(self, resource: Resource, metadata: Block, wide: bool = False) -> None:
        self.files.add(resource.header.file)
        if wide or not is_written(metadata):
            self.folders.add(resource.scope)
        else:
            self.namespaces.add(str(namespace_of(metadata)))

    def holds(self, asker: Resource, metadata: Block, wide: bool = False) -> bool:
        if asker.header.file in self.files:
            return True
        if wide or not is_written(metadata):
            return asker.scope in self.folders
        return namespace_of(metadata) in self.namespaces


class Names:
    """What the set has of one kind."""

    def __init__(self, kind: str, inventory: Inventory) -> None:
        self.kind, self.wide = kind, kind in CLUSTER_WIDE
        # Several of one name are variants of it, in other files, of which one is applied.
        self.found: dict[tuple[str, str], list[Resource]] = {}
        self.made: dict[tuple[str, str], Resource] = {}
        self.everywhere: set[str] = set()  # names that there are in every namespace
        self.beside = Beside()
        self._inventory = inventory
        self.doubt = ""  # address of one whose name is not known
        for wanted in (*KINDS[kind], "kubernetes_manifest"):
            for resource in inventory.by_kind.get(wanted, ()):
                actual, attributes, spelling = spelled(resource)
                if resource.mode == "managed" and actual in KINDS[kind]:
                    self._add(resource, attributes, spelling, resource.kind.startswith("kubernetes_default_"))
        for maker, (makes, path) in _MAKERS.items():
            for resource in inventory.by_kind.get(maker, ()) if makes == kind else ():
                self._made(resource, path)
        for maker, (kinds, path) in _MAKERS_EVERYWHERE.items():
            for resource in inventory.by_kind.get(maker, ()) if kind in kinds else ():
                self.everywhere.add(_name_at(resource, path) or _name_at(resource, ()))
        if kind == "Secret":
            for resource in inventory.by_kind.get(_SECRETS_OF_STORES, ()):
                self._of_store(resource)
            for resource in inventory.resources:
                if resource.platform == "kubernetes":
                    self._of_fields(resource)

    def _add(self, resource: Resource, attributes: Block, spelling: Spelling, default: bool) -> None:
        metadata = spelling.block(attributes, "metadata")
        name = metadata.get("name") if isinstance(metadata, Map) else metadata
        namespace = "" if self.wide else namespace_of(metadata)
        self.beside.add(resource, metadata, self.wide)
        if name is None and default:
            name = "default"
        if isinstance(name, str) and isinstance(namespace, str):
            self.found.setdefault((namespace, name), []).append(resource)
            annotations = spelling.block(metadata, "annotations")
            if isinstance(annotations, Map) and any(annotations.get(key) is not None for key in _COPIED):
                self.everywhere.add(name)
        elif isinstance(name, Unknown) or isinstance(namespace, Unknown):
            self.doubt = self.doubt or resource.address

    def _made(self, resource: Resource, path: tuple[str, ...]) -> None:
        metadata = resource.attributes.get("metadata")
        value: Value = resource.attributes
        for step in path:
            value = value.get(step) if isinstance(value, Map) else value
        if path == () or value is None:
            value = metadata.get("name") if isinstance(metadata, Map) else None
        namespace = namespace_of(metadata if isinstance(metadata, (Map, Unknown)) else None)
        if isinstance(value, str) and isinstance(namespace, str):
            self.made.setdefault((namespace, value), resource)
        else:
            self.doubt = self.doubt or resource.address

    def _of_store(self, resource: Resource) -> None:
        metadata, spec = resource.attributes.get("metadata"), resource.attributes.get("spec")
        namespace = namespace_of(metadata if isinstance(metadata, (Map, Unknown)) else None)
        listed = spec.get("secretObjects") if isinstance(spec, Map) else None
        for item in listed if isinstance(listed, Seq) else ():
            name = item.get("secretName") if isinstance(item, Map) else None
            if isinstance(name, str) and isinstance(namespace, str):
                self.made.setdefault((namespace, name), resource)

    def _of_fields(self, resource: Resource) -> None:
        """Secrets that are made since an object of another kind says so."""
        metadata, spec = resource.attributes.get("metadata"), resource.attributes.get("spec")
        namespace = namespace_of(metadata if isinstance(metadata, (Map, Unknown)) else None)
        annotations = metadata.get("annotations") if isinstance(metadata, Map) else None
        made: list[Value] = []
        if isinstance(annotations, Map):
            made += [annotations.get(key) for key in _SERVING]
            if resource.kind == "Ingress" and any(key.startswith(_ISSUED) for key in annotations):
                listed = spec.get("tls") if isinstance(spec, Map) else None
                made += [tls.get("secretName") for tls in listed or () if isinstance(tls, Map)]
        for key in _CROSSPLANE:
            target = spec.get(key) if isinstance(spec, Map) else None
            if isinstance(target, Map):
                namespace = target.get("namespace", namespace)
                made.append(target.get("name"))
        for name in made:
            if isinstance(name, str) and isinstance(namespace, str):
                self.made.setdefault((namespace, name), resource)

    def lookup(self, metadata: Block, name: Value, asker: Resource, namespace: Value = None) -> Value:
        """True where the set has it; False where it should have and doesn't; None where nobody can tell. An Unknown
        where one of the set may be it. `namespace`: where to look, else the one of `metadata`."""
        if isinstance(name, Reference):
            return True
        if not isinstance(name, str) or not name or isinstance(word(name), Unknown):
            return None
        where = "" if self.wide else namespace_of(metadata) if namespace is None else namespace
        if not isinstance(where, str):
            return None
        if (where, name) in self.found or (where, name) in self.made or name in self.everywhere:
            return True
        if not self.keeps(metadata, asker, namespace) or self._elsewhere(where, name, asker):
            return None
        return Unknown(f"the name of {self.doubt} is not known") if self.doubt else False

    def _elsewhere(self, namespace: str, name: str, asker: Resource) -> bool:
        """Whether another set that may stand beside this one has it, or something that is not here may make it."""
        around = surroundings_of(self._inventory)
        if around.may_make(namespace, name):
            return True
        owners, everywhere = around.index(f"names {self.kind}", self._of_all)
        if name in everywhere:
            return True
        found = [*owners.get((namespace, name), ())]
        if namespace and is_of_chart(asker):  # what is released together may be of several charts
            found += owners.get(("*", name), ())
        return any(around.together(asker, owner) for owner in found) or around.mentioned(name)

    def of_others(self, namespace: str, name: str, asker: Resource) -> list[Resource]:
        """Those that sets which may stand beside this one have under the name."""
        around = surroundings_of(self._inventory)
        owners, _ = around.index(f"names {self.kind}", self._of_all)
        where = "" if self.wide else namespace
        return [owner for owner in owners.get((where, name), ()) if around.together(asker, owner)]

    def _of_all(self, inventories: Sequence[Inventory]) -> tuple[dict[tuple[str, str], list[Resource]], set[str]]:
        owners: dict[tuple[str, str], list[Resource]] = {}
        everywhere: set[str] = set()
        for inventory in inventories:
            names = names_of(self.kind, inventory)
            everywhere |= names.everywhere
            for known in ({key: found[0] for key, found in names.found.items()}, names.made):
                for key, resource in known.items():
                    owners.setdefault(key, []).append(resource)
                    if is_of_chart(resource):
                        owners.setdefault(("*", key[1]), []).append(resource)
        return owners, everywhere

    def keeps(self, metadata: Block, asker: Resource, namespace: Value = None) -> bool:
        """Whether the set has things of this kind next to the one that asks."""
        if isinstance(namespace, str):
            return namespace in self.beside.namespaces
        return self.beside.holds(asker, metadata, self.wide)

    def at(self, namespace: str, name: str) -> Resource | None:
        return next(iter(self.all_at(namespace, name)), None)

    def all_at(self, namespace: str, name: str) -> Sequence[Resource]:
        return self.found.get(("" if self.wide else namespace, name), ())

    def all_in(self, namespaces: Collection[Value] | None) -> Iterator[Resource]:
        """Those of known names; `namespaces`: of which, None for all."""
        for (namespace, _), found in self.found.items():
            if namespaces is None or namespace in namespaces:
                yield from found


def _name_at(resource: Resource, path: tuple[str, ...]) -> str:
    value: Value = resource.attributes
    for step in path or ("metadata", "name"):
        value = value.get(step) if isinstance(value, Map) else None
    return value if isinstance(value, str) else ""


def is_written(metadata: Block) -> bool:
    """Whether it names its namespace. Those that don't land where somebody applies them."""
    return isinstance(metadata, Map) and isinstance(metadata.get("namespace"), str) and bool(metadata["namespace"])


def names_of(kind: str, inventory: Inventory) -> Names:
    """The index of an inventory, made when first asked for (and again where resources were added since)."""
    key = f"kubernetes names {kind} {len(inventory.resources)}"
    found = inventory.indexes.get(key)
    if not isinstance(found, Names):
        found = inventory.indexes[key] = Names(kind, inventory)
    return found
