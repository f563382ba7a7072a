"""What an object's kind is called. Operators give the names of Kubernetes' own kinds to things of theirs, and nothing
that holds for an Ingress holds for OpenShift's `Ingress.config.openshift.io`: such a kind is called by its API group,
too."""

from __future__ import annotations

from guardrail.model import Map
from guardrail.model.patterns import lazy_regex

_BUILT_IN = """
    APIService Binding CSIDriver CSINode CSIStorageCapacity CertificateSigningRequest ClusterRole
    ClusterRoleBinding ClusterTrustBundle ComponentStatus ConfigMap ControllerRevision CronJob
    CustomResourceDefinition DaemonSet Deployment DeviceClass DeviceTaintRule EndpointSlice Endpoints Event
    Eviction FlowSchema HorizontalPodAutoscaler IPAddress Ingress IngressClass Job Lease LeaseCandidate
    LimitRange LocalSubjectAccessReview MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
    MutatingWebhookConfiguration Namespace NetworkPolicy Node PersistentVolume PersistentVolumeClaim Pod
    PodCertificateRequest PodDisruptionBudget PodGroup PodTemplate PriorityClass PriorityLevelConfiguration
    ReplicaSet ReplicationController ResourceClaim ResourceClaimTemplate ResourceQuota ResourceSlice Role
    RoleBinding RuntimeClass Scale Secret SelfSubjectAccessReview SelfSubjectReview SelfSubjectRulesReview
    Service ServiceAccount ServiceCIDR StatefulSet Status StorageClass StorageVersionMigration
    SubjectAccessReview TokenRequest TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
    ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass Workload
"""  # those of concepts/kubernetes_schema.gz
BUILT_IN = frozenset(_BUILT_IN.split())
# Groups whose kinds are what their names say: OpenShift's old grants, and those that bear pods under a known name.
_ALIKE = ("authorization.openshift.io", "apps.kruise.io", "batch.volcano.sh", "serving.knative.dev")
_DOMAIN = lazy_regex(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\Z")


def kind_of(value: Map) -> str:
    """The kind of an object, with its API group where that is none of Kubernetes' and the name is. A group that is
    not known, or still to be filled in, is taken for Kubernetes'. "" for what has no kind."""
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in BUILT_IN:
        return kind if isinstance(kind, str) else ""
    group = group_of(value)
    if group.endswith(".k8s.io") or group in _ALIKE or not _DOMAIN.match(group):
        return kind
    return f"{kind}.{group}"


def group_of(value: Map) -> str:
    """The API group of an object, "" for the core's."""
    version = value.get("apiVersion")
    return version.rpartition("/")[0] if isinstance(version, str) else ""
