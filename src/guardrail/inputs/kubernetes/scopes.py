"""Which kinds live in no namespace. Data: `kubectl api-resources --namespaced=false` of Kubernetes 1.34, and the custom
kinds that are most in use, by their API groups, for operators call different things by one name. A kind that is
nowhere here is taken as namespaced, unless a CustomResourceDefinition of the scanned set says otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.model import Map, Resource

_BUILT_IN = """
    APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle
    ComponentStatus CustomResourceDefinition DeviceClass DeviceTaintRule FlowSchema IPAddress IngressClass
    MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume
    PodSecurityPolicy PriorityClass PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectAccessReview
    SelfSubjectReview SelfSubjectRulesReview ServiceCIDR StorageClass StorageVersion StorageVersionMigration
    SubjectAccessReview TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
    ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass
"""
# Custom kinds whose name nobody else uses for something in a namespace.
_WIDELY_USED = """
    AKSNodeClass AdminNetworkPolicy BaselineAdminNetworkPolicy CiliumBGPPeeringPolicy CiliumCIDRGroup
    CiliumClusterwideEnvoyConfig CiliumClusterwideNetworkPolicy CiliumEgressGatewayPolicy CiliumIdentity
    CiliumL2AnnouncementPolicy CiliumLoadBalancerIPPool CiliumNode ClusterAnalysisTemplate ClusterCleanupPolicy
    ClusterCloudEventSource ClusterDomainClaim ClusterExternalSecret ClusterFilter ClusterFluentBitConfig
    ClusterGenerator ClusterImageCatalog ClusterInput ClusterInterceptor ClusterIssuer ClusterNetworkPolicy
    ClusterOperator ClusterParser ClusterPolicy ClusterPolicyReport ClusterPushSecret ClusterQueue ClusterResourceQuota
    ClusterSecretStore ClusterServingRuntime ClusterStorageContainer ClusterTask ClusterTrainingRuntime
    ClusterTriggerAuthentication ClusterTriggerBinding ClusterVersion ClusterWorkflowTemplate
    CompositeResourceDefinition Composition ConstraintTemplate EC2NodeClass FelixConfiguration GCENodeClass GatewayClass
    GlobalContextEntry GlobalNetworkPolicy GlobalNetworkSet ImageContentSourcePolicy NodeClaim NodeFeatureRule NodePool
    ResourceFlavor SecurityContextConstraints TektonConfig TektonPipeline TektonTrigger VolumeGroupSnapshotClass
    VolumeGroupSnapshotContent VolumeSnapshotClass VolumeSnapshotContent WorkloadPriorityClass
"""
CLUSTER_SCOPED = frozenset((_BUILT_IN + _WIDELY_USED).split())
# API group -> its kinds outside namespaces; `*`: all of the group.
_BY_GROUP = {
    group: frozenset(kinds.split())
    for group, kinds in (
        ("admin.gatekeeper.sh", "*"),
        ("apiextensions.crossplane.io", "*"),
        ("capsule.clastix.io", "Tenant CapsuleConfiguration"),
        ("config.openshift.io", "*"),
        ("constraints.gatekeeper.sh", "*"),
        ("crd.projectcalico.org", "BGPConfiguration BGPPeer BGPFilter ClusterInformation HostEndpoint IPPool "
                                  "IPReservation KubeControllersConfiguration"),
        ("image.openshift.io", "Image ImageSignature"),
        ("kubeflow.org", "Profile"),
        ("kueue.x-k8s.io", "AdmissionCheck Cohort Topology"),
        ("logging.banzaicloud.io", "Logging"),
        ("fluentbit.fluent.io", "ClusterOutput"),
        ("machineconfiguration.openshift.io", "*"),
        ("mutations.gatekeeper.sh", "*"),
        ("expansion.gatekeeper.sh", "*"),
        ("externaldata.gatekeeper.sh", "*"),
        ("oauth.openshift.io", "*"),
        ("olm.operatorframework.io", "*"),
        ("operator.tigera.io", "*"),
        ("pkg.crossplane.io", "*"),
        ("policies.kyverno.io", "DeletingPolicy GeneratingPolicy ImageValidatingPolicy MutatingPolicy "
                                "ValidatingPolicy"),
        ("project.openshift.io", "*"),
        ("projectcalico.org", "BGPConfiguration BGPPeer BGPFilter ClusterInformation HostEndpoint IPPool IPReservation "
                              "KubeControllersConfiguration Tier"),
        ("nvidia.com", "ClusterPolicy NVIDIADriver"),
        ("trust.cert-manager.io", "Bundle"),
        ("user.openshift.io", "*"),
    )
}  # fmt: skip
_EVERY = frozenset("*")


def is_cluster_scoped(kind: str, group: str = "") -> bool:
    kind = _without_group(kind, group)
    found = _BY_GROUP.get(group)
    return kind in CLUSTER_SCOPED or (found is not None and (kind in found or found == _EVERY))


def address(kind: str, namespace: str, name: str, group: str = "") -> str:
    """`Kind/namespace/name`, or `Kind/name` for kinds outside namespaces."""
    kind = _without_group(kind, group)
    if is_cluster_scoped(kind, group):
        return f"{kind}/{name}"
    return f"{kind}/{namespace or 'default'}/{name}"


def _without_group(kind: str, group: str) -> str:
    """A kind as the object has it; see `kinds`."""
    return kind.removesuffix(f".{group}")


def settle(resources: Iterable[Resource]) -> None:
    """Gives those the right address whose definitions, in the scanned set, say where they live."""
    resources = list(resources)
    defined: dict[tuple[str, str], bool] = {}
    for resource in resources:
        if resource.kind == "CustomResourceDefinition":
            spec = resource.attributes.get("spec")
            names = spec.get("names") if isinstance(spec, Map) else None
            if isinstance(spec, Map) and isinstance(names, Map) and isinstance(spec.get("scope"), str):
                defined[str(spec.get("group")), str(names.get("kind"))] = spec["scope"] == "Cluster"
    if not defined:
        return
    for resource in resources:
        group = group_of(resource.attributes)
        cluster = defined.get((group, _without_group(resource.kind, group)))
        if cluster is None or cluster == is_cluster_scoped(resource.kind, group):
            continue
        parts = resource.address.split("/", 2)
        metadata = resource.attributes.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, Map) else None
        made = f"{parts[0]}/{parts[-1]}" if cluster else f"{parts[0]}/{namespace or 'default'}/{parts[-1]}"
        if resource.local == resource.address:
            resource.local = made
        resource.address = made
