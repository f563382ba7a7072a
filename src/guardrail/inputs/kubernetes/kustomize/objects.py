"""Objects on their way through a build: what they hold, what they were called before, and copies of located values.

A build changes its objects in place, so each starts as a copy of what was loaded; nothing is shared between builds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.model import Map, Origin, OriginsOf, Resource, Seq, Span, Unknown, Value

MAX_DEPTH = 200
MAX_VALUES = 10_000_000
"""Values in the objects that all builds of a scan make, those that are dropped again included: some 1.5 GB."""
MAX_STEPS = 20_000_000
"""Fields and objects looked at: some twenty seconds."""
NO_NAMESPACE = "_non_namespaceable_"

# Kinds outside namespaces as kustomize knows them (kyaml's data of Kubernetes 1.21); it takes any other for namespaced.
_CLUSTER_SCOPED = {
    "": "v1: ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "v1 v1beta1: MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "v1 v1beta1: CustomResourceDefinition",
    "apiregistration.k8s.io": "v1 v1beta1: APIService",
    "certificates.k8s.io": "v1 v1beta1: CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io": "v1beta1: FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io": "v1 v1beta1: IngressClass",
    "node.k8s.io": "v1 v1beta1: RuntimeClass",
    "policy": "v1beta1: PodSecurityPolicy",
    "rbac.authorization.k8s.io": "v1 v1beta1: ClusterRole ClusterRoleBinding",
    "scheduling.k8s.io": "v1 v1beta1: PriorityClass",
    "storage.k8s.io": "v1 v1beta1: CSIDriver CSINode StorageClass VolumeAttachment",
}
CLUSTER_SCOPED = frozenset(
    (group, version, kind)
    for group, line in _CLUSTER_SCOPED.items()
    for versions, _, kinds in [line.partition(": ")]
    for version in versions.split()
    for kind in kinds.split()
)


class Refused(Exception):
    """A build that grows past what anybody means."""


class Failed(Exception):
    """One step of a build that can't be done; `span` is where the one who wrote it looks."""

    def __init__(self, message: str, span: Span, kind: str = "kustomize") -> None:
        super().__init__(message)
        self.message, self.span, self.kind = message, span, kind


class Absent(Failed):
    """The step is for an object that is not among those that were gathered."""


class Budget:
    """What may still be spent."""

    def __init__(self) -> None:
        self.values, self.steps = MAX_VALUES, MAX_STEPS

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise Refused("the kustomizations here come to more than guardrail is ready to build")

    def make(self, values: int) -> None:
        self.values -= values
        if self.values < 0:
            raise Refused("the kustomizations here come to more than guardrail is ready to build")


class Id(NamedTuple):
    """What tells objects of a build apart. `namespace` is the effective one: "default" where none is written."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str

    def __str__(self) -> str:
        where = "" if self.namespace == NO_NAMESPACE else f"{self.namespace}/"
        return f"{self.kind}/{where}{self.name}"


class Gvk(NamedTuple):
    """Group, version and kind, each "" where any will do."""

    group: str = ""
    version: str = ""
    kind: str = ""

    def selects(self, group: str, version: str, kind: str) -> bool:
        return (
            (not self.kind or self.kind == kind)
            and (not self.group or self.group == group)
            and (not self.version or self.version == version)
        )


class Built:
    """An object. `prior` are the (kind, name, namespace) that it had before each change of them, oldest first;
    `prefixes` and `suffixes` what its name was given; `hashed` whether its name gets a suffix for its content;
    `behavior` a generated one's: create, merge or replace. `local`, `scope` and `span` are those of what it was
    made from, `path` is that file. `lacking`: why a generated one's data may hold more."""

    __slots__ = (
        "behavior", "hashed", "lacking", "local", "path", "prefixes", "prior", "scope", "span", "suffixes", "value",
    )  # fmt: skip

    def __init__(self, value: Map, path: str, scope: str, local: str, span: Span) -> None:
        self.value, self.path, self.scope, self.local, self.span = value, path, scope, local, span
        self.prior: list[tuple[str, str, str]] = []
        self.prefixes: tuple[str, ...] = ()
        self.suffixes: tuple[str, ...] = ()
        self.hashed = False
        self.behavior = ""
        self.lacking: Unknown | None = None

    @property
    def metadata(self) -> Map:
        found = self.value.get("metadata")
        return found if isinstance(found, Map) else Map(self.value.span, self.value.header)

    @property
    def group_version(self) -> tuple[str, str]:
        return group_version(self.value.get("apiVersion"))

    @property
    def kind(self) -> str:
        return word(self.value.get("kind"))

    @property
    def name(self) -> str:
        metadata = self.value.get("metadata")
        return word(metadata.get("name")) if isinstance(metadata, Map) else ""

    @property
    def namespace(self) -> str:
        metadata = self.value.get("metadata")
        return word(metadata.get("namespace")) if isinstance(metadata, Map) else ""

    @property
    def id(self) -> Id:
        group, version = self.group_version
        kind = self.kind
        return Id(group, version, kind, self.name, effective(group, version, kind, self.namespace))

    @property
    def prior_ids(self) -> Iterator[Id]:
        group, version = self.group_version
        for kind, name, namespace in self.prior:
            yield Id(group, version, kind, name, namespace)

    @property
    def ids(self) -> list[Id]:
        """What it was and is called, oldest first."""
        return [*self.prior_ids, self.id]

    @property
    def first_id(self) -> Id:
        return next(self.prior_ids, None) or self.id

    def remember(self) -> None:
        """Keeps what it is called now, before that changes."""
        now = self.id
        self.prior.append((now.kind, now.name, now.namespace))


def built_from(resource: Resource, path: str, budget: Budget) -> Built:
    value = copied(resource.attributes, budget)
    return Built(value, path, resource.scope, resource.local, resource.span)


def word(value: Value) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def group_version(api: Value) -> tuple[str, str]:
    group, slash, version = word(api).partition("/")
    return (group, version) if slash else ("", group)


def effective(group: str, version: str, kind: str, namespace: str) -> str:
    if (group, version, kind) in CLUSTER_SCOPED:
        return NO_NAMESPACE
    return namespace or "default"


def shell(value: Map | Seq) -> Map | Seq:
    """An empty one in the same place."""
    return type(value)(value.span, value.header)


def copied(root: Value, budget: Budget) -> Value:
    """The value, sharing no Map or Seq with the original. Raises Refused."""
    if not isinstance(root, (Map, Seq)):
        return root
    made = shell(root)
    stack: list[tuple[Map | Seq, Map | Seq, int]] = [(root, made, 1)]
    while stack:
        source, target, depth = stack.pop()
        budget.make(len(source) + 1)
        if depth > MAX_DEPTH:
            raise Refused(f"nested more than {MAX_DEPTH} deep")
        if isinstance(source, Map) and isinstance(target, Map):
            for key, item in source.items():
                if isinstance(item, (Map, Seq)):
                    inner = shell(item)
                    stack.append((item, inner, depth + 1))
                    target[key] = inner
                else:
                    target[key] = item
            target.spans = dict(source.spans)
            target.origins = dict(source.origins) if source.origins else None
        elif isinstance(source, Seq) and isinstance(target, Seq):
            for item in source:
                if isinstance(item, (Map, Seq)):
                    inner = shell(item)
                    stack.append((item, inner, depth + 1))
                    target.append(inner)
                else:
                    target.append(item)
            target.spans = list(source.spans)
            target.origins = dict(source.origins) if source.origins else None
    return made


class Entry(NamedTuple):
    """A value with its place and origin, taken out of what holds it."""

    value: Value
    span: Span
    origin: OriginsOf | None

    def put(self, holder: Map, key: str) -> None:
        holder.put(key, self.value, self.span, self.origin)
        if self.origin is None and holder.origins:
            holder.origins.pop(key, None)


def entry_of(holder: Map | Seq, key: str | int) -> Entry:
    origin = holder.origins.get(key) if holder.origins else None  # type: ignore[arg-type]
    if isinstance(holder, Map):
        return Entry(holder[str(key)], holder.spans.get(str(key)) or holder.header, origin)
    index = int(key)
    return Entry(holder[index], holder.spans[index] if index < len(holder.spans) else holder.header, origin)


def entries_of(items: Seq) -> list[Entry]:
    return [entry_of(items, index) for index in range(len(items))]


def fill(items: Seq, entries: list[Entry]) -> None:
    """Makes these the items of a sequence."""
    items.clear()
    items.spans = []
    items.origins = None
    for entry in entries:
        items.add(entry.value, entry.span, entry.origin)


def drop(holder: Map, key: str) -> None:
    holder.pop(key, None)
    holder.spans.pop(key, None)
    if holder.origins:
        holder.origins.pop(key, None)


def put(holder: Map | Seq, key: str | int, value: Value, span: Span | None = None, *origins: Origin) -> None:
    """Sets an entry; without a span it stays where it is written. `origins`, nearest first, come before those that it
    had."""
    if isinstance(holder, Map):
        place = span or holder.spans.get(str(key)) or holder.header
        holder[str(key)] = value
        holder.spans[str(key)] = place
    else:
        index = int(key)
        holder[index] = value
        if span is not None and index < len(holder.spans):
            holder.spans[index] = span
    if origins:
        before = holder.origins.get(key) if holder.origins else None  # type: ignore[arg-type]
        if holder.origins is None:
            holder.origins = {}
        holder.origins[key] = lambda: (*origins, *(before() if before else ()))  # type: ignore[index]


def map_of(holder: Map, key: str) -> Map:
    """The mapping below a key; an empty one that stands where its holder does where there is none."""
    found = holder.get(key)
    return found if isinstance(found, Map) else Map(holder.span, holder.header)


def map_in(holder: Map, key: str) -> Map:
    """The mapping below a key, made where there is none. What is made stands where its holder does."""
    found = holder.get(key)
    if isinstance(found, Map):
        return found
    made = Map(holder.span, holder.header)
    holder.put(key, made, holder.header)
    return made


def strings(value: Value) -> list[tuple[str, str, Span]]:
    """Key, text and place of each entry of a mapping of strings."""
    if not isinstance(value, Map):
        return []
    return [(key, text_of(item), value.spans.get(key) or value.header) for key, item in value.items()
            if not isinstance(item, (Map, Seq))]  # fmt: skip


def text_of(value: Value) -> str:
    """A scalar as JSON text, without quotes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
