"""Which kinds live in no namespace. Data; a kind that is not here is taken as namespaced."""

from __future__ import annotations

_BUILT_IN = """
    APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle
    ComponentStatus CustomResourceDefinition DeviceClass FlowSchema IPAddress IngressClass MutatingAdmissionPolicy
    MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PodSecurityPolicy
    PriorityClass PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectAccessReview SelfSubjectReview
    SelfSubjectRulesReview ServiceCIDR StorageClass StorageVersion StorageVersionMigration SubjectAccessReview
    TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
    VolumeAttachment VolumeAttributesClass VolumeSnapshotClass VolumeSnapshotContent
"""
_WIDELY_USED = """
    AdminNetworkPolicy BaselineAdminNetworkPolicy CiliumClusterwideNetworkPolicy ClusterCleanupPolicy
    ClusterExternalSecret ClusterImageCatalog ClusterIssuer ClusterPolicy ClusterSecretStore ClusterTask
    ClusterTriggerAuthentication ClusterWorkflowTemplate ConstraintTemplate EC2NodeClass GatewayClass
    GlobalNetworkPolicy NodePool Project SecurityContextConstraints
"""
CLUSTER_SCOPED = frozenset((_BUILT_IN + _WIDELY_USED).split())


def address(kind: str, namespace: str, name: str) -> str:
    """`Kind/namespace/name`, or `Kind/name` for kinds outside namespaces."""
    if kind in CLUSTER_SCOPED:
        return f"{kind}/{name}"
    return f"{kind}/{namespace or 'default'}/{name}"
