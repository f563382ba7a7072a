"""Which Python module makes nouns of which kinds, where a mapping can't say it.

Modules are named, not imported: only those whose kinds turn up in a scan are loaded. Each has a function
`nouns(resource, inventory)` that yields the nouns of one resource.
"""

from __future__ import annotations

PODS = "guardrail.concepts.pods"
ECS = "guardrail.concepts.ecs"
NETWORK_RULES = "guardrail.concepts.network_rules"
GRANTS = "guardrail.concepts.grants"
RBAC = "guardrail.concepts.rbac"
SCRIPTS = "guardrail.concepts.scripts"
DEPENDENCIES = "guardrail.concepts.dependencies"

_POD_KINDS = (
    "Pod", "PodTemplate", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job",
    "CronJob", "kubernetes_pod", "kubernetes_pod_v1", "kubernetes_deployment", "kubernetes_deployment_v1",
    "kubernetes_stateful_set", "kubernetes_stateful_set_v1", "kubernetes_daemonset", "kubernetes_daemonset_v1", "kubernetes_daemon_set", "kubernetes_daemon_set_v1",
    "kubernetes_job", "kubernetes_job_v1", "kubernetes_cron_job", "kubernetes_cron_job_v1",
    "kubernetes_replication_controller", "kubernetes_replication_controller_v1", "kubernetes_manifest",
)  # fmt: skip

_CLOUD_CONTAINER_KINDS = (
    "aws_ecs_task_definition", "aws_ecs_service", "google_cloud_run_service", "google_cloud_run_v2_service",
    "google_cloud_run_v2_job",
    "azurerm_container_group", "azurerm_container_app", "azurerm_container_app_job",
)  # fmt: skip

_NETWORK_KINDS = (
    "aws_security_group", "aws_default_security_group", "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_network_acl",
    "aws_default_network_acl", "aws_network_acl_rule", "azurerm_network_security_group",
    "azurerm_network_security_rule", "google_compute_firewall", "NetworkPolicy", "kubernetes_network_policy",
    "kubernetes_network_policy_v1", "aws_eks_node_group", "azurerm_mssql_firewall_rule", "azurerm_sql_firewall_rule",
    "azurerm_postgresql_firewall_rule", "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_mysql_firewall_rule", "azurerm_mysql_flexible_server_firewall_rule", "azurerm_mariadb_firewall_rule",
    "azurerm_redis_firewall_rule",
)  # fmt: skip

_GRANT_KINDS = (
    "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_role",
    "data.aws_iam_policy_document", "aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy",
    "aws_kms_key", "aws_kms_key_policy", "aws_ecr_repository_policy", "aws_secretsmanager_secret_policy",
    "aws_sqs_queue", "aws_sns_topic", "aws_s3_bucket", "aws_lambda_permission", "aws_ssoadmin_permission_set_inline_policy",
    "aws_iam_role_policy_attachment", "aws_iam_policy_attachment", "aws_iam_user_policy_attachment",
    "aws_iam_group_policy_attachment", "azurerm_role_assignment", "azurerm_role_definition",
    "google_project_iam_member", "google_project_iam_binding", "google_organization_iam_member",
    "google_organization_iam_binding", "google_folder_iam_member", "google_folder_iam_binding",
    "google_storage_bucket_iam_member", "google_storage_bucket_iam_binding", "google_project_iam_custom_role",
    "google_cloud_run_service_iam_member", "google_cloud_run_v2_service_iam_member",
    "google_cloudfunctions_function_iam_member", "google_pubsub_topic_iam_member",
    "google_bigquery_dataset_iam_member", "google_kms_crypto_key_iam_member",
)  # fmt: skip

_RBAC_KINDS = (
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "kubernetes_role", "kubernetes_role_v1",
    "kubernetes_cluster_role", "kubernetes_cluster_role_v1", "kubernetes_role_binding", "kubernetes_role_binding_v1",
    "kubernetes_cluster_role_binding", "kubernetes_cluster_role_binding_v1",
)  # fmt: skip

_SCRIPT_KINDS = (
    "aws_instance", "aws_launch_template", "aws_launch_configuration", "azurerm_linux_virtual_machine",
    "azurerm_virtual_machine", "google_compute_instance", "null_resource", "terraform_data",
)  # fmt: skip

CODE: dict[str, list[str]] = {}
for _module, _kinds in (
    (PODS, _POD_KINDS), (ECS, _CLOUD_CONTAINER_KINDS), (NETWORK_RULES, _NETWORK_KINDS), (GRANTS, _GRANT_KINDS),
    (RBAC, _RBAC_KINDS), (SCRIPTS, _SCRIPT_KINDS), (DEPENDENCIES, ("module", "terraform")),
):  # fmt: skip
    for _kind in _kinds:
        CODE.setdefault(_kind, []).append(_module)

AFTERWARDS = {"container": DEPENDENCIES}
"""Modules that make nouns of other nouns: every container's image is a dependency."""
