"""Which words a rule may use: concepts and their fields, kinds and their attributes.

Read only where rules are compiled or checked, never in a scan whose bundle is up to date.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from guardrail.policy.catalogue import load_clouds

PLATFORM_KINDS = {
    "catalog": frozenset(
        f"backstage.{kind}"
        for kind in ("Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template")
    ),
    "pipeline": frozenset({"pipeline", "job", "step", "action", "template", "update", "hook"}),
    "terraform": frozenset({"module", "provider", "terraform", "variable", "output"}),
}
KUBERNETES_KINDS = frozenset((
    "Pod", "PodTemplate", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job",
    "CronJob", "Service", "Endpoints", "EndpointSlice", "Ingress", "IngressClass", "Gateway", "HTTPRoute",
    "GatewayClass", "NetworkPolicy", "ConfigMap", "Secret", "ServiceAccount", "Role", "ClusterRole", "RoleBinding",
    "ClusterRoleBinding", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "StorageClass",
    "VolumeAttachment", "CSIDriver", "CSINode", "ResourceQuota", "LimitRange", "HorizontalPodAutoscaler",
    "VerticalPodAutoscaler", "PodDisruptionBudget", "PriorityClass", "RuntimeClass", "Lease",
    "CustomResourceDefinition", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "CertificateSigningRequest", "FlowSchema",
    "PriorityLevelConfiguration", "PodSecurityPolicy", "SecurityContextConstraints", "ServiceMonitor", "PodMonitor",
    "Rollout", "DeploymentConfig", "ScaledObject", "ScaledJob", "Application", "ApplicationSet", "HelmRelease",
    "Kustomization", "Route", "VirtualService", "DestinationRule", "PeerAuthentication", "AuthorizationPolicy",
    "TLSOption", "AppProject", "Certificate", "Mesh", "BuildConfig", "APIServer", "Schedule", "CronWorkflow",
    "K8sAllowedRepos", "GitRepository", "HelmRepository", "OCIRepository", "Bucket", "ImageRepository",
    "PipelineRun", "ArgoCD", "SecretStore", "ClusterSecretStore", "Issuer", "ClusterIssuer", "ServersTransport",
    "Policy", "Profile",
))  # fmt: skip


class Vocabulary:
    """The words known. `concepts`: concept -> its fields' dotted names."""

    def __init__(self, concepts: dict[str, Any]) -> None:
        self.concepts = {name: set(concept["fields"]) for name, concept in concepts.items()}

    def kind_known(self, kind: str) -> bool:
        name = kind.removeprefix("data.")
        return (
            name.partition(".")[0] in KUBERNETES_KINDS  # `Role.iam.aws.upbound.io`: another group's
            or any(name in kinds for kinds in PLATFORM_KINDS.values())
            or name in terraform_kinds()["data" if kind.startswith("data.") else "resources"]
            or kind in OLDER_KINDS
            or kind in cloud_kinds()
        )

    def suggest_subject(self, word: str) -> str:
        terraform = [*terraform_kinds()["resources"], *cloud_kinds()]
        words = [*self.concepts, *KUBERNETES_KINDS, *PLATFORM_KINDS["pipeline"], *terraform]
        return suggestion(word, words)

    def unknown_field(self, subject: str, steps: list[str]) -> tuple[str, list[str]] | None:
        """(the first word of a path that the subject does not have, what it has there); None if all are
        known, or if nobody knows."""
        if subject in self.concepts:
            return self._unknown_in_concept(subject, steps)
        tree = attribute_tree(subject)
        if tree is None:
            return None
        for step in steps:
            if not tree:
                return None
            if step not in tree:
                return step, sorted(tree)
            tree = tree[step]
        return None

    def _unknown_in_concept(self, concept: str, steps: list[str]) -> tuple[str, list[str]] | None:
        fields = self.concepts[concept]
        for end in range(1, len(steps) + 1):
            if ".".join(steps[:end]) in fields:
                return None
        joined = ".".join(steps)
        if any(field.startswith(joined + ".") for field in fields):
            return None
        return joined, sorted(fields)


def suggestion(word: str, words: Any) -> str:
    """`; did you mean "x"?`, or nothing."""
    close = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


@cache
def terraform_kinds() -> dict[str, Any]:
    """Attribute trees of Terraform's resources and data sources, from the providers' schemas (see the note
    of origin in the file)."""
    path = os.path.join(os.path.dirname(__file__), "terraform_paths.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        data: dict[str, Any] = json.load(stream)
    return data


@cache
def cloud_kinds() -> dict[str, dict[str, Any] | None]:
    """Attribute trees of what the files of the clouds name, of providers that terraform_paths.json.gz knows nothing
    of; None where the file lists no attributes."""
    found: dict[str, dict[str, Any] | None] = {}
    for cloud in load_clouds():
        for kind, paths in cloud["kinds"].items():
            found[kind] = _tree(paths) if paths else None
    return found


def _tree(paths: Iterable[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {name: {} for name in META_ARGUMENTS}
    for path in paths:
        below = tree
        for step in path.split("."):
            below = below.setdefault(step, {})
    return tree


# Attributes that provider versions still in wide use have, and the one in terraform_paths.json.gz has not.
OLDER_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "aws_guardduty_organization_configuration": ("auto_enable",),
    "aws_route": ("instance_id",),
    "aws_route_table": ("route.instance_id",),
    "aws_default_route_table": ("route.instance_id",),
    "azurerm_postgresql_flexible_server": ("public_network_access_enabled",),
    "azurerm_kubernetes_cluster": (
        "api_server_authorized_ip_ranges", "addon_profile", "role_based_access_control", "automatic_channel_upgrade",
        "default_node_pool.enable_node_public_ip", "default_node_pool.enable_host_encryption",
        "default_node_pool.enable_auto_scaling",
    ),
    "azurerm_kubernetes_cluster_node_pool": (
        "enable_node_public_ip", "enable_host_encryption", "enable_auto_scaling",
    ),
    "azurerm_api_management": tuple(
        f"security.enable_{side}_{version}"
        for side in ("backend", "frontend") for version in ("ssl30", "tls10", "tls11")
    ),
    "azurerm_cosmosdb_account": ("local_authentication_disabled",),
    "azurerm_key_vault": ("soft_delete_enabled", "enable_rbac_authorization"),
    "azurerm_network_interface": ("enable_ip_forwarding",),
    "azurerm_network_watcher_flow_log": ("network_security_group_id",),
    "azurerm_eventhub_namespace": ("zone_redundant",),
    "azurerm_container_registry": (
        "retention_policy", "trust_policy", "trust_policy_enabled", "quarantine_policy_enabled",
    ),
    "azurerm_container_group": ("network_profile_id",),
    "azurerm_storage_account": ("enable_https_traffic_only", "allow_blob_public_access", "queue_properties"),
    "azurerm_mssql_server": ("extended_auditing_policy",),
    "azurerm_mysql_flexible_server": ("public_network_access_enabled",),
    "azurerm_kusto_cluster": ("enable_disk_encryption", "enable_double_encryption"),
    "azurerm_mssql_server_security_alert_policy": ("email_account_admins",),
    "azurerm_windows_virtual_machine": ("enable_automatic_updates",),
    "azurerm_windows_virtual_machine_scale_set": ("enable_automatic_updates",),
    "azurerm_linux_web_app": ("logs.detailed_error_messages_enabled", "logs.failed_request_tracing_enabled"),
    "azurerm_windows_web_app": ("logs.detailed_error_messages_enabled", "logs.failed_request_tracing_enabled"),
    "azurerm_redis_cache": ("enable_non_ssl_port",),
    "aws_elasticache_replication_group": ("automatic_failover", "number_cache_clusters"),
    "google_container_cluster": (
        "enable_binary_authorization", "node_config.workload_metadata_config.node_metadata",
    ),
    "google_container_node_pool": ("node_config.workload_metadata_config.node_metadata",),
}
# Kinds that the newest provider versions no longer have; what attributes they have is not known here.
OLDER_KINDS = frozenset((
    "azurerm_app_service", "azurerm_app_service_slot", "azurerm_app_service_environment", "azurerm_function_app",
    "azurerm_function_app_slot", "azurerm_sql_server", "azurerm_sql_database", "azurerm_sql_firewall_rule",
    "azurerm_mysql_server", "azurerm_mysql_firewall_rule", "azurerm_mysql_server_key", "azurerm_postgresql_server",
    "azurerm_postgresql_firewall_rule", "azurerm_postgresql_configuration", "azurerm_postgresql_server_key",
    "azurerm_mariadb_server", "azurerm_mariadb_firewall_rule", "azurerm_frontdoor",
    "azurerm_frontdoor_firewall_policy", "azurerm_monitor_log_profile", "azurerm_data_lake_store",
    "azurerm_spring_cloud_service", "azurerm_spring_cloud_app", "azurerm_spring_cloud_api_portal",
    "azurerm_sql_active_directory_administrator", "aws_db_security_group", "aws_elasticache_security_group",
    "aws_redshift_security_group", "google_notebooks_instance", "google_notebooks_runtime",
    "google_tpu_v2_vm", "google_vertex_ai_metadata_store",  # the last two: google-beta has them
))  # fmt: skip

META_ARGUMENTS = ("lifecycle", "provisioner", "connection", "depends_on")


def attribute_tree(kind: str) -> dict[str, Any] | None:
    if kind in cloud_kinds():
        return cloud_kinds()[kind]
    section = "data" if kind.startswith("data.") else "resources"
    tree = terraform_kinds()[section].get(kind.removeprefix("data."))
    if tree is None:
        return None
    found: dict[str, Any] = {**tree, **{name: {} for name in META_ARGUMENTS}}
    for older in OLDER_ATTRIBUTES.get(kind, ()):
        *blocks, name = older.split(".")
        holder = found
        for block in blocks:
            holder[block] = holder = {**holder.get(block, {})}
        holder[name] = {}
    return found
