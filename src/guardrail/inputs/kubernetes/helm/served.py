"""What charts are told of the cluster: its version, and what it serves.

Without a cluster Helm names the groups that its own client knows, which lack the aggregation layer, and no kinds at
all: charts that ask for `policy/v1/PodDisruptionBudget` would be rendered for a cluster of years ago. Those here are
the stable kinds of that release that a file can hold
(https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/)."""

from __future__ import annotations

KUBE_VERSION = "1.34.0"

_KINDS = {
    "v1": "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate"
    " ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy"
    " ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
}


def api_versions() -> list[str]:
    """Groups with their versions, and each kind: `apps/v1`, `apps/v1/Deployment`."""
    return [name for version, kinds in _KINDS.items() for name in (version, *(f"{version}/{k}" for k in kinds.split()))]


def version_of(kind: str) -> str | None:
    """The latest version of a kind, with its group."""
    return next((version for version, kinds in reversed(_KINDS.items()) if kind in kinds.split()), None)
