"""By which keys the items of a list are the same item, for strategic merge patches.

The built-in data are those of Kubernetes 1.21's OpenAPI, which kustomize 5 merges by: a list that is not here is
replaced as a whole, also one for which later versions of Kubernetes have keys. A kustomization's `openapi.path`
replaces all of it, as in kustomize.
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.inputs.kubernetes.kustomize.objects import word
from guardrail.model import Map, Seq, Value


class Field(NamedTuple):
    """`type` is that of the value, or of a list's items. `keys`: None for what is no list or one that is replaced, ()
    for a list of scalars that is a set."""

    type: str = ""
    keys: tuple[str, ...] | None = None


class Schema:
    def __init__(self, kinds: dict[tuple[str, str], str], types: dict[str, dict[str, Field]]) -> None:
        self.kinds, self.types = kinds, types

    def type_of(self, value: Map) -> str:
        return self.kinds.get((word(value.get("apiVersion")), word(value.get("kind"))), "")

    def field(self, type_name: str, key: str) -> Field:
        return self.types.get(type_name, _NO_FIELDS).get(key, _UNKNOWN)


_MAX_KEYS = 4  # by which a list's items are told apart; more would take long, and none has more than two
_UNKNOWN = Field()
_NO_FIELDS: dict[str, Field] = {}
_META = {"metadata": Field("ObjectMeta")}
_CONDITIONS = {"conditions": Field("", ("type",))}
_TEMPLATED = {"template": Field("PodTemplate")}
_CONTAINER = {
    "env": Field("", ("name",)),
    "volumeDevices": Field("", ("devicePath",)),
    "volumeMounts": Field("", ("mountPath",)),
}
_WEBHOOKS = {**_META, "webhooks": Field("", ("name",))}
_TYPES: dict[str, dict[str, Field]] = {
    "Object": _META,
    "ObjectMeta": {"ownerReferences": Field("", ("uid",)), "finalizers": Field("", ())},
    "PodTemplate": {**_META, "spec": Field("PodSpec")},
    "PodTemplateObject": {**_META, "template": Field("PodTemplate")},
    "Pod": {**_META, "spec": Field("PodSpec"), "status": Field("Conditions")},
    "PodSpec": {
        "containers": Field("Container", ("name",)),
        "initContainers": Field("Container", ("name",)),
        "ephemeralContainers": Field("EphemeralContainer", ("name",)),
        "volumes": Field("", ("name",)),
        "imagePullSecrets": Field("", ("name",)),
        "hostAliases": Field("", ("ip",)),
        "topologySpreadConstraints": Field("", ("topologyKey", "whenUnsatisfiable")),
    },
    "Container": {**_CONTAINER, "ports": Field("", ("containerPort", "protocol"))},
    "EphemeralContainer": _CONTAINER,
    "Workload": {**_META, "spec": Field("WorkloadSpec"), "status": Field("Conditions")},
    "WorkloadSpec": _TEMPLATED,
    "CronJob": {**_META, "spec": Field("CronJobSpec")},
    "CronJobSpec": {"jobTemplate": Field("JobTemplate")},
    "JobTemplate": {**_META, "spec": Field("WorkloadSpec")},
    "Service": {**_META, "spec": Field("ServiceSpec"), "status": Field("Conditions")},
    "ServiceSpec": {"ports": Field("", ("port", "protocol"))},
    "ServiceAccount": {**_META, "secrets": Field("", ("name",))},
    "Webhooks": _WEBHOOKS,
    "WithConditions": {**_META, "status": Field("Conditions")},
    "Conditions": _CONDITIONS,
    "CSINode": {**_META, "spec": Field("CSINodeSpec")},
    "CSINodeSpec": {"drivers": Field("", ("name",))},
}
_KINDS = {
    "Workload": "apps/v1: DaemonSet Deployment ReplicaSet StatefulSet; batch/v1: Job; v1: ReplicationController",
    "CronJob": "batch/v1 batch/v1beta1: CronJob",
    "Pod": "v1: Pod",
    "PodTemplateObject": "v1: PodTemplate",
    "Service": "v1: Service",
    "ServiceAccount": "v1: ServiceAccount",
    "Webhooks": "admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1beta1: MutatingWebhookConfiguration"
    " ValidatingWebhookConfiguration",
    "CSINode": "storage.k8s.io/v1 storage.k8s.io/v1beta1: CSINode",
    "WithConditions": "v1: Namespace PersistentVolumeClaim; policy/v1 policy/v1beta1: PodDisruptionBudget;"
    " apiregistration.k8s.io/v1 apiregistration.k8s.io/v1beta1: APIService",
    "Object": """
        v1: ConfigMap Endpoints Event LimitRange Node PersistentVolume ResourceQuota Secret;
        apiextensions.k8s.io/v1 apiextensions.k8s.io/v1beta1: CustomResourceDefinition;
        apps/v1: ControllerRevision; autoscaling/v1 autoscaling/v2beta1 autoscaling/v2beta2: HorizontalPodAutoscaler;
        certificates.k8s.io/v1 certificates.k8s.io/v1beta1: CertificateSigningRequest;
        coordination.k8s.io/v1 coordination.k8s.io/v1beta1: Lease;
        discovery.k8s.io/v1 discovery.k8s.io/v1beta1: EndpointSlice; extensions/v1beta1: Ingress;
        flowcontrol.apiserver.k8s.io/v1beta1: FlowSchema PriorityLevelConfiguration;
        networking.k8s.io/v1: Ingress IngressClass NetworkPolicy; networking.k8s.io/v1beta1: Ingress IngressClass;
        node.k8s.io/v1 node.k8s.io/v1beta1: RuntimeClass; policy/v1beta1: PodSecurityPolicy;
        rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1: Role RoleBinding ClusterRole ClusterRoleBinding;
        scheduling.k8s.io/v1 scheduling.k8s.io/v1beta1: PriorityClass;
        storage.k8s.io/v1: CSIDriver StorageClass VolumeAttachment;
        storage.k8s.io/v1beta1: CSIDriver CSIStorageCapacity StorageClass VolumeAttachment
    """,
}
BUILT_IN = Schema(
    {
        (version, kind): name
        for name, lines in _KINDS.items()
        for line in lines.split(";")
        for versions, _, kinds in [line.partition(": ")]
        for version in versions.split()
        for kind in kinds.split()
    },
    _TYPES,
)


def from_openapi(document: Map) -> Schema:
    """A schema file that a kustomization names: `definitions` by name, as API servers give them."""
    kinds: dict[tuple[str, str], str] = {}
    types: dict[str, dict[str, Field]] = {}
    definitions = document.get("definitions")
    if not isinstance(definitions, Map):
        return Schema({}, {})
    stack: list[tuple[str, Value]] = [(f"#/definitions/{name}", value) for name, value in definitions.items()]
    for name, value in stack:
        called = value.get("x-kubernetes-group-version-kind") if isinstance(value, Map) else None
        for gvk in called if isinstance(called, Seq) else ():
            if isinstance(gvk, Map):
                group, version = word(gvk.get("group")), word(gvk.get("version"))
                kinds[f"{group}/{version}" if group else version, word(gvk.get("kind"))] = name
    while stack:
        name, value = stack.pop()
        properties = value.get("properties") if isinstance(value, Map) else None
        if name in types or not isinstance(properties, Map):
            continue
        fields = types[name] = {}
        for key, item in properties.items():
            if not isinstance(item, Map):
                continue
            items = item.get("items")
            inner = items if isinstance(items, Map) else item
            reference = word(inner.get("$ref"))
            if not reference:
                reference = f"{name}/{key}"
                stack.append((reference, inner))
            fields[key] = Field(reference, _keys(item))
    return Schema(kinds, types)


def _keys(item: Map) -> tuple[str, ...] | None:
    if "merge" not in word(item.get("x-kubernetes-patch-strategy")).split(","):
        return None
    listed = item.get("x-kubernetes-list-map-keys")
    if isinstance(listed, Seq):
        return tuple(word(key) for key in listed[:_MAX_KEYS])
    key = word(item.get("x-kubernetes-patch-merge-key"))
    return (key,) if key else ()
