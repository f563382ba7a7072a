"""Which Python module makes nouns of which kinds, where a mapping can't say it.

Modules are named, not imported: only those whose kinds turn up in a scan are loaded. Each has a function
`nouns(resource, inventory)` that yields the nouns of one resource.
"""

from __future__ import annotations

from guardrail.inputs.kubernetes.kinds import BUILT_IN

PODS = "guardrail.concepts.pods"
OWN_PODS = "pods"  # stands for a concept where guardrail.yaml says where kinds of one's own have their pods
ECS = "guardrail.concepts.ecs"
BATCH = "guardrail.concepts.batch"
NETWORK_RULES = "guardrail.concepts.network_rules"
FIREWALLS = "guardrail.concepts.firewalls"
GRANTS = "guardrail.concepts.grants"
RBAC = "guardrail.concepts.rbac"
SCRIPTS = "guardrail.concepts.scripts"
STORES = "guardrail.concepts.stores"
CONTAINER_SCRIPTS = "guardrail.concepts.container_scripts"
COMPONENTS = "guardrail.concepts.components"
KUBEADM = "guardrail.concepts.kubeadm"
DEPENDENCIES = "guardrail.concepts.dependencies"
CLOUD_DEPENDENCIES = "guardrail.concepts.cloud_dependencies"
ENTITIES = "guardrail.concepts.entities"
DANGLING = "guardrail.concepts.dangling"
BUDGETS = "guardrail.concepts.budgets"
AUTOSCALERS = "guardrail.concepts.autoscalers"
ALLOWANCES = "guardrail.concepts.allowances"
INGRESSES = "guardrail.concepts.ingresses"
SERVICES = "guardrail.concepts.services"
ARTIFACTS = "guardrail.concepts.artifacts"
CLOUD_LOGINS = "guardrail.concepts.cloud_logins"
ROUTINES = "guardrail.concepts.routines"
TEKTON = "guardrail.concepts.cluster_pipelines.tekton"
ARGO = "guardrail.concepts.cluster_pipelines.argo"
SCHEMA_FAULTS = "guardrail.concepts.schema_faults"
TRAILS = "guardrail.concepts.trails"
GATEWAYS = "guardrail.concepts.gateways"
APPLICATION_GATEWAYS = "guardrail.concepts.application_gateways"
CLASHES = "guardrail.concepts.clashes"
SCHEDULES = "guardrail.concepts.schedules"
FUNCTIONS = "guardrail.concepts.functions"
MACHINES = "guardrail.concepts.machines"

_OPERATORS = """
    DeploymentConfig Rollout Service Configuration Revision ContainerSource ScaledJob CloneSet BroadcastJob
    AdvancedCronJob UnitedDeployment SidecarSet JobSet TrainingRuntime ClusterTrainingRuntime LeaderWorkerSet
    Notebook TFJob PyTorchJob MPIJob XGBoostJob PaddleJob MXJob JAXJob RayCluster RayJob RayService
    SeldonDeployment GameServer GameServerSet Fleet Sandbox AutoscalingRunnerSet EphemeralRunnerSet
    ClusterServiceVersion Elasticsearch Kibana ApmServer EnterpriseSearch ElasticMapsServer Logstash Beat Agent
    Grafana CassandraDatacenter FlinkDeployment Workflow WorkflowTemplate ClusterWorkflowTemplate CronWorkflow
    Task ClusterTask TaskRun Pipeline PipelineRun StepAction TriggerTemplate Sensor Prometheus PrometheusAgent
    Alertmanager ThanosRuler OpenTelemetryCollector InferenceService ServingRuntime ClusterServingRuntime Function
    SparkApplication ScheduledSparkApplication
"""  # whose objects bear pods; see `pod_kinds`

_POD_KINDS = (
    "Pod", "PodTemplate", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job",
    "CronJob", *_OPERATORS.split(),
    "kubernetes_pod", "kubernetes_pod_v1", "kubernetes_deployment", "kubernetes_deployment_v1",
    "kubernetes_stateful_set", "kubernetes_stateful_set_v1", "kubernetes_daemonset", "kubernetes_daemonset_v1",
    "kubernetes_daemon_set", "kubernetes_daemon_set_v1", "kubernetes_job", "kubernetes_job_v1",
    "kubernetes_cron_job", "kubernetes_cron_job_v1", "kubernetes_replication_controller",
    "kubernetes_replication_controller_v1", "kubernetes_manifest",
)  # fmt: skip

_CLOUD_CONTAINER_KINDS = (
    "aws_ecs_task_definition", "aws_ecs_service", "google_cloud_run_service", "google_cloud_run_v2_service",
    "google_cloud_run_v2_worker_pool", "google_cloud_run_v2_job",
    "azurerm_container_group", "azurerm_container_app", "azurerm_container_app_job",
)  # fmt: skip

_NETWORK_KINDS = (
    "aws_security_group", "aws_default_security_group", "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule", "aws_network_acl",
    "aws_default_network_acl", "aws_network_acl_rule", "azurerm_network_security_group",
    "azurerm_network_security_rule", "google_compute_firewall",
    "google_compute_firewall_policy_rule", "google_compute_firewall_policy_with_rules",
    "google_compute_network_firewall_policy_rule", "google_compute_network_firewall_policy_with_rules",
    "google_compute_region_network_firewall_policy_rule", "google_compute_region_network_firewall_policy_with_rules",
    "NetworkPolicy", "kubernetes_network_policy",
    "kubernetes_network_policy_v1", "aws_eks_node_group", "aws_lightsail_instance_public_ports",
    "azurerm_mssql_firewall_rule", "azurerm_sql_firewall_rule",
    "azurerm_postgresql_firewall_rule", "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_mysql_firewall_rule", "azurerm_mysql_flexible_server_firewall_rule", "azurerm_mariadb_firewall_rule",
    "azurerm_redis_firewall_rule",
)  # fmt: skip

_OTHER_FIREWALL_KINDS = (
    "alicloud_network_acl", "alicloud_network_acl_entries", "alicloud_security_group_rule",
    "alicloud_simple_application_server_firewall_rule", "digitalocean_firewall", "hcloud_firewall",
    "ibm_is_network_acl",
    "ibm_is_network_acl_rule", "ibm_is_security_group_rule", "linode_firewall", "ncloud_access_control_group_rule",
    "ncloud_network_acl_rule", "nifcloud_db_security_group", "nifcloud_devops_firewall_group",
    "nifcloud_nas_security_group", "nifcloud_security_group_rule", "oci_core_default_security_list",
    "oci_core_network_security_group_security_rule", "oci_core_security_list", "openstack_compute_secgroup_v2",
    "openstack_fw_rule_v1", "openstack_fw_rule_v2", "openstack_networking_secgroup_rule_v2",
    "scaleway_instance_security_group",
    "tencentcloud_lighthouse_firewall_rule", "tencentcloud_security_group_lite_rule",
    "tencentcloud_security_group_rule", "tencentcloud_security_group_rule_set", "tencentcloud_vpc_acl",
    "yandex_vpc_default_security_group", "yandex_vpc_security_group", "yandex_vpc_security_group_rule",
)  # fmt: skip

AWS_POLICY_KINDS = (
    "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_role",
    "data.aws_iam_policy_document", "aws_ssoadmin_permission_set_inline_policy",
    "aws_iam_role_policy_attachment", "aws_iam_policy_attachment", "aws_iam_user_policy_attachment",
    "aws_iam_group_policy_attachment", "aws_ssoadmin_managed_policy_attachment", "aws_lambda_permission",
    "aws_lambda_layer_version_permission",
    # resource policies
    "aws_acmpca_policy", "aws_backup_vault_policy", "aws_bedrockagentcore_resource_policy",
    "aws_cloudsearch_domain_service_access_policy", "aws_cloudwatch_event_bus_policy",
    "aws_cloudwatch_log_destination_policy", "aws_cloudwatch_log_resource_policy",
    "aws_codeartifact_domain_permissions_policy", "aws_codeartifact_repository_permissions_policy",
    "aws_codebuild_resource_policy", "aws_dsql_cluster_policy", "aws_dynamodb_resource_policy",
    "aws_ecr_registry_policy", "aws_ecr_repository_policy", "aws_ecrpublic_repository_policy",
    "aws_efs_file_system_policy", "aws_elasticsearch_domain", "aws_elasticsearch_domain_policy", "aws_glacier_vault",
    "aws_glue_resource_policy", "aws_kinesis_resource_policy", "aws_kms_external_key", "aws_kms_key",
    "aws_kms_key_policy", "aws_kms_replica_external_key", "aws_kms_replica_key", "aws_lambda_resource_policy",
    "aws_media_store_container_policy", "aws_msk_cluster_policy", "aws_networkfirewall_resource_policy",
    "aws_oam_sink_policy", "aws_opensearch_domain", "aws_opensearch_domain_policy", "aws_osis_resource_policy",
    "aws_prometheus_resource_policy", "aws_redshift_resource_policy", "aws_redshiftserverless_resource_policy",
    "aws_s3_access_point", "aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3control_access_point_policy",
    "aws_s3control_bucket_policy", "aws_s3control_object_lambda_access_point_policy",
    "aws_s3tables_table_bucket_policy", "aws_s3tables_table_policy", "aws_s3vectors_vector_bucket_policy",
    "aws_sagemaker_model_package_group_policy", "aws_schemas_registry_policy", "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_policy", "aws_ses_identity_policy", "aws_sesv2_email_identity_policy", "aws_sns_topic",
    "aws_sns_topic_policy", "aws_sqs_queue", "aws_sqs_queue_policy", "aws_vpclattice_auth_policy",
    "aws_vpclattice_resource_policy", "aws_xray_resource_policy",
)  # fmt: skip

# What of Google's has `_iam_member`, `_iam_binding` and `_iam_policy` beside it.
_GOOGLE_IAM = (
    "project", "folder", "organization", "billing_account", "service_account", "storage_bucket",
    "storage_managed_folder", "artifact_registry_repository", "bigquery_dataset", "bigquery_table",
    "bigquery_connection", "bigtable_instance", "bigtable_table", "cloud_run_service", "cloud_run_v2_service",
    "cloud_run_v2_job", "cloud_tasks_queue", "cloudfunctions_function", "cloudfunctions2_function", "compute_disk",
    "compute_image", "compute_instance", "compute_snapshot", "compute_subnetwork", "data_catalog_taxonomy",
    "data_fusion_instance", "dataproc_cluster", "dataproc_job", "dns_managed_zone", "endpoints_service",
    "healthcare_dataset", "healthcare_dicom_store", "healthcare_fhir_store", "healthcare_hl7_v2_store",
    "iap_app_engine_service", "iap_tunnel", "iap_tunnel_instance", "iap_web", "iap_web_backend_service",
    "kms_crypto_key", "kms_key_ring", "notebooks_instance", "pubsub_schema", "pubsub_subscription", "pubsub_topic",
    "secret_manager_regional_secret", "secret_manager_secret", "sourcerepo_repository", "spanner_database",
    "spanner_instance", "workbench_instance",
)  # fmt: skip

_GRANT_KINDS = (
    *AWS_POLICY_KINDS,
    "azurerm_role_assignment",
    "azurerm_role_definition",
    "data.google_iam_policy",
    "google_project_iam_custom_role",
    "google_organization_iam_custom_role",
    *(f"google_{base}_iam_{suffix}" for base in _GOOGLE_IAM for suffix in ("member", "binding", "policy")),
)

_RBAC_KINDS = (
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "kubernetes_role", "kubernetes_role_v1",
    "kubernetes_cluster_role", "kubernetes_cluster_role_v1", "kubernetes_role_binding", "kubernetes_role_binding_v1",
    "kubernetes_cluster_role_binding", "kubernetes_cluster_role_binding_v1", "kubernetes_manifest",
)  # fmt: skip

_OTHER_DEPENDENCY_KINDS = (
    "aws_apprunner_service", "aws_codebuild_project", "aws_lambda_function", "aws_sagemaker_model",
    "azurerm_linux_web_app", "docker_container", "docker_image", "google_app_engine_flexible_app_version",
    "helm_release", "HelmRelease", "Application",
)  # fmt: skip

_ENTITY_KINDS = tuple(
    f"backstage.{kind}"
    for kind in ("Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template")
)

# Pipelines that a cluster runs. Those of them that have pods are among the operators' kinds too.
_TEKTON_KINDS = (
    "Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "StepAction", "TriggerTemplate", "EventListener",
    "Trigger",
)  # fmt: skip
_ARGO_KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "Sensor")

CODE: dict[str, list[str]] = {}
for _module, _kinds in (
    (PODS, _POD_KINDS), (ECS, _CLOUD_CONTAINER_KINDS), (BATCH, ("aws_batch_job_definition",)),
    (NETWORK_RULES, _NETWORK_KINDS), (GRANTS, _GRANT_KINDS),
    (ENTITIES, _ENTITY_KINDS), (GATEWAYS, ("Gateway", "kubernetes_manifest")),
    (APPLICATION_GATEWAYS, ("azurerm_application_gateway",)),
    (KUBEADM, ("ClusterConfiguration", "KubeletConfiguration", "KubeadmConfig", "KubeadmConfigTemplate",
               "KubeadmControlPlane", "KubeadmControlPlaneTemplate")),
    (TEKTON, _TEKTON_KINDS), (ARGO, _ARGO_KINDS),
    (ARTIFACTS, ("job", "step")), (CLOUD_LOGINS, ("pipeline", "job", "step", "action")),
    (SCHEMA_FAULTS, (*sorted(BUILT_IN), "kubernetes_manifest")),
    (RBAC, _RBAC_KINDS), (CLOUD_DEPENDENCIES, _OTHER_DEPENDENCY_KINDS), (DEPENDENCIES, ("module", "terraform")),
):  # fmt: skip
    for _kind in _kinds:
        CODE.setdefault(_kind, []).append(_module)

for _kind in _OTHER_FIREWALL_KINDS:  # a module for each provider
    CODE.setdefault(_kind, []).append(f"{FIREWALLS}.{_kind.partition('_')[0]}")

# By attributes that any kind of Terraform's may have.
BY_ATTRIBUTE: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset(
            ("user_data", "user_data_base64", "custom_data", "metadata_startup_script", "metadata", "os_profile",
             "provisioner", "part")
        ),
        SCRIPTS,
    ),
)  # fmt: skip

_INGRESS_KINDS = ("Ingress", "kubernetes_ingress", "kubernetes_ingress_v1")
_BUDGET_KINDS = ("PodDisruptionBudget", "kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1")
_AUTOSCALER_KINDS = (
    "HorizontalPodAutoscaler", "kubernetes_horizontal_pod_autoscaler", "kubernetes_horizontal_pod_autoscaler_v1",
    "kubernetes_horizontal_pod_autoscaler_v2", "kubernetes_horizontal_pod_autoscaler_v2beta2",
)  # fmt: skip
_ALLOWANCE_KINDS = (
    "ResourceQuota", "kubernetes_resource_quota", "kubernetes_resource_quota_v1", "LimitRange",
    "kubernetes_limit_range", "kubernetes_limit_range_v1",
)  # fmt: skip

JOINED: dict[str, list[str]] = {}
"""By kind: modules that work on the nouns of other resources, so that all must have theirs first."""
for _module, _kinds in (
    (DANGLING, (*_INGRESS_KINDS, *_BUDGET_KINDS, *_AUTOSCALER_KINDS, "Service", "kubernetes_service",
                "kubernetes_service_v1", "NetworkPolicy", "kubernetes_network_policy", "kubernetes_network_policy_v1",
                "ServiceMonitor", "StatefulSet", "kubernetes_stateful_set", "kubernetes_stateful_set_v1",
                "RoleBinding", "ClusterRoleBinding", "kubernetes_role_binding",
                "kubernetes_role_binding_v1", "kubernetes_cluster_role_binding", "kubernetes_cluster_role_binding_v1",
                "kubernetes_manifest")),
    (BUDGETS, (*_BUDGET_KINDS, "kubernetes_manifest")),
    (AUTOSCALERS, (*_AUTOSCALER_KINDS, "kubernetes_manifest")),
    (ALLOWANCES, (*_ALLOWANCE_KINDS, "kubernetes_manifest")),
    (INGRESSES, (*_INGRESS_KINDS, "kubernetes_manifest")),
    (CLASHES, ("Service", "kubernetes_service", "kubernetes_service_v1", "Route", "TLSOption", "kubernetes_manifest")),
    (ROUTINES, ("pipeline",)),
    (SCHEDULES, ("CronJob", "CronWorkflow", "Schedule", "kubernetes_cron_job", "kubernetes_cron_job_v1",
                 "kubernetes_manifest", "pipeline")),
    (TRAILS, ("aws_cloudtrail",)),
    (SERVICES, ("Service", "kubernetes_service", "kubernetes_service_v1", "kubernetes_manifest")),
):  # fmt: skip
    for _kind in _kinds:
        JOINED.setdefault(_kind, []).append(_module)

AFTERWARDS: tuple[tuple[str, str], ...] = (
    ("container", DEPENDENCIES),
    ("container", CONTAINER_SCRIPTS),
    ("container", COMPONENTS),
    ("store", STORES),
    ("function", FUNCTIONS),
    ("machine", MACHINES),
)
"""Modules that make nouns of other nouns (every container's image is a dependency), or add to them."""
