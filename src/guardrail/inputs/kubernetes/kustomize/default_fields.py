"""kustomize's own fields: what its transformers change by default, and which fields name which objects. Data of
kustomize 5.

https://github.com/kubernetes-sigs/kustomize/tree/master/api/internal/konfig/builtinpluginconsts
"""

from __future__ import annotations

from guardrail.inputs.kubernetes.kustomize.field_specs import FieldSpec, Specs, split_path
from guardrail.inputs.kubernetes.kustomize.objects import Gvk


def _specs(lines: str) -> tuple[FieldSpec, ...]:
    """One a line: `[+]path [kind[.version][.group]]`; `+` is for `create`."""
    found: list[FieldSpec] = []
    for line in lines.split("\n"):
        parts = line.split()
        if parts:
            found.append(FieldSpec(split_path(parts[0].lstrip("+")), _gvk(parts[1:]), parts[0].startswith("+")))
    return tuple(found)


def _gvk(words: list[str]) -> Gvk:
    kind, version, group = [*words, "", "", ""][:3]
    return Gvk("" if group == "-" else group, "" if version == "-" else version, kind)


_METADATA_LABELS = """
    +metadata/labels
    +spec/template/metadata/labels ReplicationController v1
    +spec/template/metadata/labels Deployment
    +spec/template/metadata/labels ReplicaSet
    +spec/template/metadata/labels DaemonSet
    +spec/template/metadata/labels StatefulSet - apps
    +spec/volumeClaimTemplates[]/metadata/labels StatefulSet - apps
    +spec/template/metadata/labels Job - batch
    +spec/jobTemplate/metadata/labels CronJob - batch
    +spec/jobTemplate/spec/template/metadata/labels CronJob - batch
"""
_SPREAD = """
    spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/{s}
    spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/{s}
    spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/{s}
    spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/{s}
    spec/template/spec/topologySpreadConstraints/{s}
""".replace("{s}", "labelSelector/matchLabels")
_SPREADING = "".join(
    f"{line} {kind} - apps\n" for kind in ("Deployment", "StatefulSet") for line in _SPREAD.split("\n") if line.strip()
)
_COMMON_LABELS = f"""
    +spec/selector Service v1
    +spec/selector ReplicationController v1
    +spec/selector/matchLabels Deployment
    {_SPREADING}
    +spec/selector/matchLabels ReplicaSet
    +spec/selector/matchLabels DaemonSet
    +spec/selector/matchLabels StatefulSet - apps
    spec/selector/matchLabels Job - batch
    spec/jobTemplate/spec/selector/matchLabels CronJob - batch
    spec/selector/matchLabels PodDisruptionBudget - policy
    spec/podSelector/matchLabels NetworkPolicy - networking.k8s.io
    spec/ingress/from/podSelector/matchLabels NetworkPolicy - networking.k8s.io
    spec/egress/to/podSelector/matchLabels NetworkPolicy - networking.k8s.io
    {_METADATA_LABELS}
"""
_COMMON_ANNOTATIONS = """
    +metadata/annotations
    +spec/template/metadata/annotations ReplicationController v1
    +spec/template/metadata/annotations Deployment
    +spec/template/metadata/annotations ReplicaSet
    +spec/template/metadata/annotations DaemonSet
    +spec/template/metadata/annotations StatefulSet
    +spec/template/metadata/annotations Job - batch
    +spec/jobTemplate/metadata/annotations CronJob - batch
    +spec/jobTemplate/spec/template/metadata/annotations CronJob - batch
"""
_NAMESPACE = """
    +metadata/name Namespace
    +spec/service/namespace APIService - apiregistration.k8s.io
    spec/conversion/webhook/clientConfig/service/namespace CustomResourceDefinition - apiextensions.k8s.io
"""
_IMAGES = """
    spec/containers[]/image
    spec/initContainers[]/image
    spec/template/spec/containers[]/image
    spec/template/spec/initContainers[]/image
"""
_REPLICAS = """
    +spec/replicas Deployment
    +spec/replicas ReplicationController
    +spec/replicas ReplicaSet
    +spec/replicas StatefulSet
"""
_TEMPLATES = dict.fromkeys(
    ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController"), "spec/template/spec"
)
_TEMPLATES |= {"Pod": "spec", "PodTemplate": "template/spec", "CronJob": "spec/jobTemplate/spec/template/spec"}
_WITH_PODS = ("Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet")
_WITH_SETTINGS = ("Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob")


def _in_pods(kinds: tuple[str, ...], paths: str) -> str:
    versions = {"Pod": "Pod v1" if kinds is _WITH_SETTINGS else "Pod"}
    return "".join(
        f"{_TEMPLATES[kind]}/{path} {versions.get(kind, kind)}\n" for kind in kinds for path in paths.split()
    )


_VARIABLES = "containers/args containers/command containers/env/value containers/volumeMounts/mountPath"
_VARIABLES += " " + _VARIABLES.replace("containers/", "initContainers/") + " volumes/nfs/server"
_VAR_REFERENCES = _in_pods(
    ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"), _VARIABLES
)
_VAR_REFERENCES += """
    spec/template/metadata/annotations Deployment
    spec/rules/host Ingress
    spec/tls/hosts Ingress
    spec/tls/secretName Ingress
    spec/ports/port Service
    spec/ports/targetPort Service
    spec/volumeClaimTemplates/spec/nfs/server StatefulSet
    spec/nfs/server PersistentVolume
    metadata/labels
    metadata/annotations
"""
_SETTINGS = """
    volumes/{v} containers/env/valueFrom/{t}KeyRef/name initContainers/env/valueFrom/{t}KeyRef/name
    containers/envFrom/{t}Ref/name initContainers/envFrom/{t}Ref/name volumes/projected/sources/{t}/name
"""
_SCALED = "spec/scaleTargetRef/name HorizontalPodAutoscaler"
_NAMED = "rules/resourceNames Role\nrules/resourceNames ClusterRole\n"
_HOOK = "webhooks/clientConfig/service {} - admissionregistration.k8s.io\n"
_REFERENCES: dict[str, str] = {
    "Deployment": _SCALED,
    "ReplicationController": _SCALED,
    "ReplicaSet": _SCALED,
    "StatefulSet": _SCALED,
    "ConfigMap v1": _in_pods(_WITH_SETTINGS, _SETTINGS.replace("{v}", "configMap/name").replace("{t}", "configMap"))
    + "spec/configSource/configMap Node\n" + _NAMED
    + "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap Ingress\n",
    "Secret v1": _in_pods(_WITH_SETTINGS, _SETTINGS.replace("{v}", "secret/secretName").replace("{t}", "secret"))
    + _in_pods(_WITH_SETTINGS, "imagePullSecrets/name")
    + _NAMED
    + """
        spec/tls/secretName Ingress
        metadata/annotations/ingress.kubernetes.io\\/auth-secret Ingress
        metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret Ingress
        metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret Ingress
        imagePullSecrets/name ServiceAccount
        parameters/secretName StorageClass
        parameters/adminSecretName StorageClass
        parameters/userSecretName StorageClass
        parameters/secretRef StorageClass
        spec/template/spec/containers/env/valueFrom/secretKeyRef/name Service v1 serving.knative.dev
        spec/azureFile/secretName PersistentVolume
    """,
    "Service v1": """
        spec/serviceName StatefulSet - apps
        spec/rules/http/paths/backend/serviceName Ingress
        spec/backend/serviceName Ingress
        spec/rules/http/paths/backend/service/name Ingress
        spec/defaultBackend/service/name Ingress
        spec/service/name APIService - apiregistration.k8s.io
    """
    + _HOOK.format("ValidatingWebhookConfiguration")
    + _HOOK.format("MutatingWebhookConfiguration"),
    "Role - rbac.authorization.k8s.io": "roleRef/name RoleBinding - rbac.authorization.k8s.io",
    "ClusterRole - rbac.authorization.k8s.io": "roleRef/name RoleBinding - rbac.authorization.k8s.io\n"
    "roleRef/name ClusterRoleBinding - rbac.authorization.k8s.io",
    "ServiceAccount v1": "subjects RoleBinding - rbac.authorization.k8s.io\n"
    "subjects ClusterRoleBinding - rbac.authorization.k8s.io\n" + _in_pods(_WITH_PODS, "serviceAccountName"),
    "PersistentVolumeClaim v1": _in_pods(_WITH_PODS, "volumes/persistentVolumeClaim/claimName"),
    "PersistentVolume v1": "spec/volumeName PersistentVolumeClaim\nrules/resourceNames ClusterRole",
    "StorageClass v1 storage.k8s.io": "spec/storageClassName PersistentVolume\n"
    "spec/storageClassName PersistentVolumeClaim\nspec/volumeClaimTemplates/spec/storageClassName StatefulSet",
    "PriorityClass v1 scheduling.k8s.io": _in_pods(_WITH_PODS, "priorityClassName"),
    "ValidatingAdmissionPolicy - admissionregistration.k8s.io":
        "spec/policyName ValidatingAdmissionPolicyBinding - admissionregistration.k8s.io",
}  # fmt: skip
_made: list[Specs] = []


def defaults() -> Specs:
    """kustomize's own; made when first asked for."""
    if not _made:
        name = _specs("metadata/name")
        lists = {
            "namePrefix": name,
            "nameSuffix": name,
            "namespace": _specs(_NAMESPACE),
            "commonLabels": _specs(_COMMON_LABELS),
            "templateLabels": _specs(_METADATA_LABELS),
            "commonAnnotations": _specs(_COMMON_ANNOTATIONS),
            "varReference": _specs(_VAR_REFERENCES),
            "images": _specs(_IMAGES),
            "replicas": _specs(_REPLICAS),
        }
        _made.append(Specs(lists, {_gvk(gvk.split()): _specs(lines) for gvk, lines in _REFERENCES.items()}))
    return _made[0]
