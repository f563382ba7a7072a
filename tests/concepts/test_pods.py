from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import calls
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts import pods
from guardrail.concepts.table import CODE, PODS
from guardrail.formats import yaml
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Noun, Reference, Resource, Seq, Span, Unknown, is_known
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[1] / "fixtures" / "kubernetes"


def judged(resources: list[Resource]) -> Inventory:
    inventory = Inventory(resources)
    for resource in resources:
        for noun in pods.nouns(resource, inventory):
            resource.add_noun(noun)
    inventory.index_nouns()
    return inventory


def manifests(text: str) -> Inventory:
    found = read(["a.yaml"], Tree(str(FIXTURES / "nowhere"), {"a.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    return judged(found.resources)


def shop() -> Inventory:
    return judged(read(["shop.yaml"], Tree(str(FIXTURES)), ReadOptions()).resources)


def container(inventory: Inventory, name: str) -> Noun:
    (noun,) = [noun for noun in inventory.by_concept["container"] if noun.name == name]
    return noun


def workload(inventory: Inventory, name: str) -> Noun:
    (noun,) = [noun for noun in inventory.by_concept["workload"] if noun.name == name]
    return noun


def terraform(kind: str, text: str, address: str = "") -> Resource:
    """Attributes as a plan has them: every block a list."""
    attributes = yaml.load(text.encode(), "main.tf").documents[0].value
    return Resource("terraform", "kubernetes", kind, address or f"{kind}.x", attributes)


def pod(spec: str, kind: str = "Pod") -> Inventory:
    return manifests(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: p}}\nspec:\n{spec}")


def lines_of(place: Span) -> str:
    return (FIXTURES / place.file).read_text().split("\n")[place.line - 1].strip()


def test_classes() -> None:
    inventory = shop()
    assert {noun.name: noun.fields["class"] for noun in inventory.by_concept["container"]} == {
        "api": "app", "shell": "app", "migrate": "init", "proxy": "sidecar", "report": "app", "agent": "app",
        "seed": "app",
    }  # fmt: skip
    assert {noun.name: noun.fields["class"] for noun in inventory.by_concept["workload"]} == {
        "api": "deployment", "report": "cronjob", "agent": "daemonset", "seed-*": "job",
    }  # fmt: skip


def test_resources_are_numbers() -> None:
    api = container(shop(), "api").fields
    assert api["requests"] == {"cpu": 0.25, "memory": 256 * 2**20}
    assert api["limits"] == {"memory": 2**30}
    assert lines_of(api["limits"].place("memory")) == "memory: 1Gi"
    assert lines_of(api["limits"].place("cpu")) == "limits:"
    assert lines_of(api["requests"].place("ephemeral_storage")) == "requests:"
    shell = container(shop(), "shell").fields
    assert shell["limits"] == {}
    assert lines_of(shell["limits"].place("memory")) == "- name: shell"
    assert container(shop(), "report").fields["limits"] == {"cpu": 1, "memory": 512 * 10**6}


def test_security_is_effective() -> None:
    inventory = shop()
    api, shell = container(inventory, "api").fields, container(inventory, "shell").fields
    assert (api["run_as_user"], shell["run_as_user"]) == (20002, 10001)
    assert lines_of(api.place("run_as_user")) == "runAsUser: 20002"
    assert lines_of(shell.place("run_as_user")) == "runAsUser: 10001"
    assert api["run_as_non_root"] is True
    assert shell["seccomp_profile"] == "RuntimeDefault"
    assert lines_of(shell.place("seccomp_profile")) == "type: RuntimeDefault"
    assert "privileged" not in api
    assert lines_of(api.place("privileged")) == "securityContext:"
    assert lines_of(shell.place("allow_privilege_escalation")) == "- name: shell"
    assert lines_of(shell.place("run_as_group")) == "- name: shell"
    assert api["capabilities"] == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
    assert lines_of(api["capabilities"].place("add")) == "add: [CAP_NET_BIND_SERVICE]"
    assert container(inventory, "agent").fields["privileged"] is True


def test_a_container_s_own_setting_counts_before_its_pods() -> None:
    inventory = pod("  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n"
                    "  containers:\n  - name: a\n    securityContext:\n      runAsNonRoot: false\n"
                    "      seccompProfile: {type: Unconfined}\n")  # fmt: skip
    fields = container(inventory, "a").fields
    assert fields["run_as_non_root"] is False
    assert fields["seccomp_profile"] == "Unconfined"


def test_a_port_that_several_probes_ask_for_is_told_once() -> None:
    inventory = pod("  containers:\n  - name: a\n    ports: [{containerPort: 80}]\n"
                    "    livenessProbe: {httpGet: {port: 81}}\n    readinessProbe: {httpGet: {port: 81}}\n"
                    "    startupProbe: {httpGet: {port: web}}\n")  # fmt: skip
    fields = container(inventory, "a").fields
    assert (fields["probes_undeclared_ports"], fields["probes_unknown_ports"]) == ([81], ["web"])


def test_command_env_ports_and_probes() -> None:
    inventory = shop()
    assert container(inventory, "migrate").fields["command"] == ["/bin/migrate", "up", "--all"]
    api = container(inventory, "api").fields
    assert api["env"] == [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "DATABASE_PASSWORD", "from": "secret"},
        {"name": "CFG_*", "from": "config"},
    ]
    assert api["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert set(api["probes"]) == {"liveness"}
    assert lines_of(api["probes"].place("liveness")) == "livenessProbe:"
    assert lines_of(api["probes"].place("readiness")) == "- name: api"
    assert api["image_pull_policy"] == "IfNotPresent"


def test_mounts_know_paths_of_the_host() -> None:
    inventory = shop()
    assert container(inventory, "agent").fields["mounts"] == [
        {"path": "/logs", "read_only": True, "host_path": "/var/log"}
    ]
    paths = workload(inventory, "agent").fields["host_paths"]
    assert paths == ["/var/log"]
    assert lines_of(paths.place(0)) == "path: /var/log"


def test_what_runs_and_what_serves() -> None:
    runs = {noun.name: (noun.fields["long_running"], noun.fields["serves"]) for noun in shop().by_concept["container"]}
    assert runs == {
        "api": (True, True), "shell": (True, False), "proxy": (True, True), "migrate": (False, False),
        "report": (False, False), "agent": (True, False), "seed": (False, False),
    }  # fmt: skip


def test_a_service_may_stand_in_for_a_port() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\nspec: {containers: [{name: c}]}\n"
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%s}\nspec: {selector: {a: b}}\n"
    assert container(manifests(text), "c").fields["serves"] is False
    assert container(manifests(text + service % ""), "c").fields["serves"] is True
    assert container(manifests(text + service % ", namespace: other"), "c").fields["serves"] is False


def test_workload() -> None:
    fields = workload(shop(), "api").fields
    expected = {
        "name": "api", "namespace": "shop", "class": "deployment", "long_running": True, "replicas": 3,
        "autoscaled": True, "disruption_budget": True, "budget_minimum": 1, "strategy": "RollingUpdate", "spread": True,
        "host_network": False, "service_account": "api", "automount_token": False, "orchestrator": "kubernetes",
        "granted": False, "restart_policy": "Always", "default_account": False,
        "selects_its_pods": True, "qos": "Burstable",
        "requests": {"cpu": 0.25, "memory": 256 * 2**20}, "limits": {},
        "total_requests": {"cpu": 0.75, "memory": 768 * 2**20}, "total_limits": {},
    }  # fmt: skip
    assert {key: fields[key] for key in expected} == expected
    assert fields["labels"] == {"app": "api", "tier": "web"}
    (origin,) = fields.origin_of("automount_token")
    assert lines_of(origin.span) == "automountServiceAccountToken: false"
    agent = workload(shop(), "agent").fields
    assert agent["host_pid"] is True
    assert agent["automount_token"] is True
    assert agent["disruption_budget"] is False
    assert "replicas" not in agent


def test_how_jobs_end() -> None:
    report = workload(manifests("""
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  jobTemplate:
    spec:
      activeDeadlineSeconds: 600
      ttlSecondsAfterFinished: 60
      template:
        spec:
          restartPolicy: OnFailure
          activeDeadlineSeconds: 300
          containers: [{name: c}]
"""), "report").fields
    assert (report["deadline"], report["kept_for"], report["restart_policy"]) == (600, 60, "OnFailure")
    job = terraform("kubernetes_job_v1", """
    metadata: [{name: seed}]
    spec: [{ttl_seconds_after_finished: 30, template: [{spec: [{active_deadline_seconds: 5, container: [{name: c}]}]}]}]
    """)
    fields = workload(judged([job]), "seed").fields
    assert (fields["deadline"], fields["kept_for"]) == (5, 30)
    assert "restart_policy" not in fields  # what the provider takes then is not ours to say


LIMIT_RANGE = """
apiVersion: v1
kind: LimitRange
metadata: {name: sizes, namespace: shop}
spec:
  limits:
    - type: Pod
      default: {cpu: 9}
    - type: Container
      default: {memory: 512Mi}
      defaultRequest: {memory: 256Mi, cpu: 100m}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: %s}
spec:
  containers:
    - name: a
    - name: b
      resources: {limits: {memory: 1Gi}}
"""


def test_defaults_of_the_namespace() -> None:
    inventory = manifests(LIMIT_RANGE % "shop")
    a, b = container(inventory, "a").fields, container(inventory, "b").fields
    assert a["limits"] == {"memory": 512 * 2**20}
    assert a["requests"] == {"memory": 256 * 2**20, "cpu": 0.1}
    assert (a["limits"].place("memory").line, b["limits"]) == (18, {"memory": 2**30})
    assert b["requests"] == {"cpu": 0.1}  # of memory, it is the limit
    (origin,) = a["limits"].origin_of("memory")
    assert (origin.note, origin.span.line) == ("default of LimitRange/shop/sizes", 10)
    assert container(manifests(LIMIT_RANGE % "other"), "a").fields["limits"] == {}


def test_defaults_of_the_namespace_in_terraform() -> None:
    sizes = terraform("kubernetes_limit_range_v1", """
    metadata: [{name: sizes}]
    spec: [{limit: [{type: Container, default: {cpu: 1}}]}]
    """)
    pod = terraform("kubernetes_pod_v1", "metadata: [{name: p}]\nspec: [{container: [{name: c}]}]")
    assert container(judged([pod, sizes]), "c").fields["limits"] == {"cpu": 1}


@pytest.mark.parametrize(("selector", "fits"), [
    ("{matchLabels: {app: d}}", True), ("{matchLabels: {app: e}}", False),
    ("{matchExpressions: [{key: app, operator: Exists}]}", True),
])  # fmt: skip
def test_a_workload_s_own_selector(selector: str, fits: bool) -> None:
    inventory = manifests(f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: d}}
spec:
  selector: {selector}
  template:
    metadata: {{labels: {{app: d}}}}
    spec: {{containers: [{{name: a}}]}}
""")
    assert workload(inventory, "d").fields["selects_its_pods"] is fits


def test_what_confines_a_container() -> None:
    inventory = manifests("""
apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    container.apparmor.security.beta.kubernetes.io/b: unconfined
spec:
  securityContext:
    appArmorProfile: {type: RuntimeDefault}
    windowsOptions: {hostProcess: true}
    seLinuxOptions: {type: container_t}
    sysctls:
      - {name: kernel.msgmax, value: "65536"}
  containers:
    - name: a
      securityContext:
        windowsOptions: {hostProcess: false}
        seLinuxOptions: {user: system_u}
    - name: b
""")
    a, b = container(inventory, "a").fields, container(inventory, "b").fields
    assert (a["apparmor_profile"], a["host_process"], a["selinux"]) == ("RuntimeDefault", False, {"user": "system_u"})
    assert (b["apparmor_profile"], b["host_process"], b["selinux"]) == ("RuntimeDefault", True, {"type": "container_t"})
    sysctls = workload(inventory, "p").fields["sysctls"]
    assert sysctls == ["kernel.msgmax"]
    assert sysctls.place(0).line == 14


def test_apparmor_of_older_clusters() -> None:
    inventory = manifests("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    metadata:
      annotations:
        container.apparmor.security.beta.kubernetes.io/a: unconfined
        container.apparmor.security.beta.kubernetes.io/b: runtime/default
    spec: {containers: [{name: a}, {name: b}]}
""")
    fields = container(inventory, "a").fields
    assert (fields["apparmor_profile"], fields.place("apparmor_profile").line) == ("Unconfined", 9)
    assert "apparmor_profile" not in container(inventory, "b").fields


@pytest.mark.parametrize(("wanted", "replicas", "expected"), [
    ("2", 3, 2), ("50%", 3, 2), ("100%", 3, 3), ('"1"', 3, 1), ("50%", 0, 0), ("a lot", 3, None),
])  # fmt: skip
def test_what_a_budget_wants_up(wanted: str, replicas: int, expected: int | None) -> None:
    inventory = manifests(f"""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: d}}
spec:
  minAvailable: {wanted}
  selector: {{matchLabels: {{app: d}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: d}}
spec:
  replicas: {replicas}
  template:
    metadata: {{labels: {{app: d}}}}
    spec: {{containers: [{{name: a}}]}}
""")
    assert workload(inventory, "d").fields.get("budget_minimum") == expected


ROLE_BINDING = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
subjects: [{kind: ServiceAccount, name: api, namespace: %s}, {kind: User, name: web}]
"""


@pytest.mark.parametrize(("account", "namespace", "granted"), [
    ("api", "shop", True), ("api", "other", False), ("web", "shop", False),
])  # fmt: skip
def test_grants_of_the_service_account(account: str, namespace: str, granted: bool) -> None:
    text = f"""
apiVersion: v1
kind: Pod
metadata: {{name: p, namespace: shop}}
spec: {{serviceAccountName: {account}, containers: [{{name: c}}]}}"""
    assert workload(manifests(text + ROLE_BINDING % namespace), "p").fields["granted"] is granted


def test_grants_in_terraform() -> None:
    pod = terraform("kubernetes_pod_v1", "metadata: [{name: p}]\nspec: [{container: [{name: c}]}]")
    pod.attributes["spec"][0]["service_account_name"] = Reference("kubernetes_service_account_v1.a", "metadata[0].name")
    binding = terraform("kubernetes_role_binding_v1", "subject: [{kind: ServiceAccount}]")
    binding.attributes["subject"][0]["name"] = Reference("kubernetes_service_account_v1.a", "metadata[0].name")
    assert workload(judged([pod, binding]), "p").fields["granted"] is True
    pod.nouns.clear()
    binding.attributes["subject"] = Unknown("var.subjects has no value")
    assert isinstance(workload(judged([pod, binding]), "p").fields["granted"], Unknown)


@pytest.mark.parametrize(
    ("kind", "replicas"),
    [("Deployment", 1), ("StatefulSet", 1), ("ReplicaSet", 1), ("ReplicationController", 1), ("DaemonSet", None),
     ("Job", None)],
)  # fmt: skip
def test_replicas_default_where_the_platform_has_one(kind: str, replicas: int | None) -> None:
    inventory = pod("  template: {spec: {containers: []}}\n", kind)
    assert workload(inventory, "p").fields.get("replicas") == replicas


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{matchLabels: {app: web}}", True),
        ("{matchLabels: {app: web, tier: x}}", False),
        ("{}", True),
        ("null", False),
        ("{matchExpressions: [{key: app, operator: In, values: [api, web]}]}", True),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [api, web]}]}", False),
        ("{matchExpressions: [{key: gone, operator: NotIn, values: [api]}]}", True),
        ("{matchExpressions: [{key: app, operator: Exists}]}", True),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", False),
        ("{matchExpressions: [{key: version, operator: In, values: ['3']}]}", True),
    ],
)
def test_selectors(selector: str, expected: bool) -> None:
    inventory = manifests(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {metadata: {labels: "
        "{app: web, version: '3'}}, spec: {containers: []}}}\n---\n"
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {selector: " + selector + "}\n"
    )
    assert workload(inventory, "d").fields["disruption_budget"] is expected


def test_keda_scales_deployments_unless_it_says_otherwise() -> None:
    inventory = manifests(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {}\n---\n"
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: d2}\nspec: {}\n---\n"
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: o}\nspec: {scaleTargetRef: {name: d}}"
        "\n---\n"
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: p}\nspec: {scaleTargetRef: {name: d2}}\n"
    )
    assert workload(inventory, "d").fields["autoscaled"] is True
    assert workload(inventory, "d2").fields["autoscaled"] is False


def test_values_that_are_no_quantity_are_unknown() -> None:
    inventory = pod(
        '  containers: [{name: a, image: "${IMAGE}", resources: {limits: {memory: abc, cpu: "${C}"}},'
        ' securityContext: {privileged: "${P}"}}]\n'
    )
    fields = container(inventory, "a").fields
    assert fields["limits"]["memory"] == Unknown("'abc' is not a quantity")
    assert isinstance(fields["limits"]["cpu"], Unknown)
    assert isinstance(fields["image"], Unknown)
    assert isinstance(fields["privileged"], Unknown)


def test_limits_of_a_pod_bind_its_containers() -> None:
    fields = container(pod("  resources: {limits: {memory: 1Gi, cpu: 2}, requests: {cpu: 1}}\n"
                           "  containers: [{name: a, resources: {limits: {cpu: 1}}}]\n"), "a").fields  # fmt: skip
    assert fields["limits"] == {"cpu": 1, "memory": 2**30}
    assert fields["requests"] == {}


def test_a_pod_that_ends_does_not_serve() -> None:
    inventory = pod("  restartPolicy: Never\n  containers: [{name: a, ports: [{containerPort: 80}]}]\n")
    assert container(inventory, "a").fields["serves"] is False


@pytest.mark.parametrize(
    ("metadata", "runs"),
    [("name: a", True), ("generateName: a-", True), ("labels: {a: b}", False)],
)
def test_a_pod_without_a_name_is_a_template_for_a_task(metadata: str, runs: bool) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\nspec:\n  containers: [{{name: a, image: b}}]\n"
    assert container(manifests(text), "a").fields["long_running"] is runs


def test_containers_of_one_name_have_keys_of_their_own() -> None:
    inventory = pod("  containers: [{name: a}, {name: a}, {}]\n")
    assert [noun.key for noun in inventory.by_concept["container"]] == ["a", "a#2", "app[2]"]


TERRAFORM_DEPLOYMENT = """
metadata: [{name: api, namespace: shop, labels: {app: api}}]
spec:
- replicas: "2"
  strategy: [{type: Recreate}]
  template:
  - metadata: [{labels: {app: api}}]
    spec:
    - service_account_name: api
      host_network: true
      security_context: [{run_as_non_root: true, run_as_user: "1000"}]
      topology_spread_constraint: [{max_skew: 1}]
      volume: [{name: logs, host_path: [{path: /var/log}]}]
      init_container: [{name: proxy, restart_policy: Always}]
      container:
      - name: api
        image: nginx
        command: [a]
        args: [b]
        env: [{name: A, value: b}, {name: C, value_from: [{secret_key_ref: [{name: s, key: k}]}]}]
        env_from: [{secret_ref: [{name: s}]}]
        port: [{container_port: 80}]
        resources: [{limits: {cpu: 500m, memory: 1Gi}, requests: null}]
        security_context: [{read_only_root_filesystem: "true", capabilities: [{drop: [ALL]}]}]
        liveness_probe: [{http_get: [{path: /}]}]
        volume_mount: [{name: logs, mount_path: /logs}]
"""
KUBERNETES_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, labels: {app: api}}
spec:
  replicas: 2
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      hostNetwork: true
      securityContext: {runAsNonRoot: true, runAsUser: 1000}
      topologySpreadConstraints: [{maxSkew: 1}]
      volumes: [{name: logs, hostPath: {path: /var/log}}]
      initContainers: [{name: proxy, restartPolicy: Always}]
      containers:
      - name: api
        image: nginx
        command: [a]
        args: [b]
        env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
        envFrom: [{secretRef: {name: s}}]
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: 500m, memory: 1Gi}}
        securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        livenessProbe: {httpGet: {path: /}}
        volumeMounts: [{name: logs, mountPath: /logs}]
"""


def described(inventory: Inventory) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for concept in ("workload", "container"):
        for noun in inventory.by_concept[concept]:
            fields = {key: value for key, value in noun.fields.items() if key != "probes"}
            fields["probes"] = sorted(noun.fields.get("probes", ()))
            found.append((concept, noun.key, fields))
    return found


@pytest.mark.parametrize("kind", ["kubernetes_deployment", "kubernetes_deployment_v1"])
def test_terraform_and_manifests_say_the_same(kind: str) -> None:
    written = manifests(KUBERNETES_DEPLOYMENT)
    assert described(judged([terraform(kind, TERRAFORM_DEPLOYMENT)])) == described(written)
    manifest = terraform("kubernetes_manifest", "manifest:\n" + KUBERNETES_DEPLOYMENT.replace("\n", "\n  "))
    assert described(judged([manifest])) == described(written)


def test_terraform_joins() -> None:
    labels = "[{name: api, namespace: shop}]"
    inventory = judged([
        terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT, "kubernetes_deployment_v1.api"),
        terraform("kubernetes_pod_disruption_budget_v1",
                  f"metadata: {labels}\nspec: [{{selector: [{{match_labels: {{app: api}}}}]}}]"),
        terraform("kubernetes_horizontal_pod_autoscaler_v2",
                  f"metadata: {labels}\nspec: [{{scale_target_ref: [{{kind: Deployment, name: api}}]}}]"),
        terraform("kubernetes_service_account_v1", f"metadata: {labels}\nautomount_service_account_token: false"),
    ])  # fmt: skip
    fields = workload(inventory, "api").fields
    assert fields["disruption_budget"] is True
    assert fields["autoscaled"] is True
    assert fields["automount_token"] is False


def test_an_autoscaler_may_refer_to_its_target() -> None:
    scaler = terraform("kubernetes_horizontal_pod_autoscaler_v2",
                       "metadata: [{name: x}]\nspec: [{scale_target_ref: [{kind: Deployment}]}]")  # fmt: skip
    scaler.attributes["spec"][0]["scale_target_ref"][0]["name"] = Reference("kubernetes_deployment_v1.api", "metadata")
    first = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT, "kubernetes_deployment_v1.api[0]")
    second = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT, "kubernetes_deployment_v1.web")
    judged([first, second, scaler])
    assert first.nouns["workload"][0].fields["autoscaled"] is True
    assert second.nouns["workload"][0].fields["autoscaled"] is False


def test_unknown_labels_leave_the_join_open() -> None:
    deployment = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT)
    deployment.attributes["spec"][0]["template"][0]["metadata"][0]["labels"]["app"] = Unknown("var.app has no value")
    budget = terraform(
        "kubernetes_pod_disruption_budget_v1",
        "metadata: [{name: b, namespace: shop}]\nspec: [{selector: [{match_labels: {app: api}}]}]",
    )
    inventory = judged([deployment, budget])
    assert isinstance(workload(inventory, "api").fields["disruption_budget"], Unknown)


def test_unknown_blocks_are_unknown_containers() -> None:
    why = Unknown("var.containers has no value")
    deployment = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT)
    spec = deployment.attributes["spec"][0]["template"][0]["spec"][0]
    listed = Seq(spec.span)
    listed.add(why, spec.span)
    spec["container"] = listed
    inventory = judged([deployment])
    noun = container(inventory, "app[0]")
    assert noun.fields["image"] == why
    assert noun.fields["limits"]["memory"] == why
    assert noun.fields["privileged"] == why
    deployment = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT)
    deployment.attributes["spec"] = why
    inventory = judged([deployment])
    assert container(inventory, "app[0]").fields["image"] == why
    assert workload(inventory, "api").fields["replicas"] == why
    assert workload(inventory, "api").fields["host_network"] == why


def test_data_sources_and_other_kinds_have_no_nouns() -> None:
    data = terraform("kubernetes_pod_v1", TERRAFORM_DEPLOYMENT)
    data.mode = "data"
    assert not judged([data]).by_concept
    assert not pod("  containers: [{name: b}]\n", "Service").by_concept


def test_the_table_of_modules_knows_all_kinds() -> None:
    tabled = {kind for kind, modules in CODE.items() if PODS in modules}
    assert tabled == set(pods.KINDS)


def test_ten_thousand_manifests() -> None:
    one = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d%d}
spec: {template: {metadata: {labels: {app: d%d, part-of: shop}}, spec: {containers: [{name: c}]}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: d%d}
spec: {selector: {matchLabels: {part-of: shop, app: d%d}}}
---
"""

    def asked(count: int) -> int:
        text = "".join(one % (n, n, n, n) for n in range(count))
        found = read(["a.yaml"], Tree(str(FIXTURES / "nowhere"), {"a.yaml": text.encode()}), ReadOptions())
        made: list[Inventory] = []
        asked = calls(lambda: made.append(judged(found.resources)))
        assert all(noun.fields["disruption_budget"] is True for noun in made[0].by_concept["workload"])
        return asked

    asked(10)  # imports
    assert asked(400) < 5 * asked(100)


anything = st.sampled_from(
    ["null", "true", "5", "-1.5", "''", "text", "[]", "{}", "[null]", "[5]", "[[]]", "[{}]", "{a: b}", "{name: 5}",
     "[{name: []}]", "[{name: {}}]", "${X}", "1e999", ".nan", "{name: x, path: [], type: {}}"]
)  # fmt: skip


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths_in(item, (*path, key))
    return found


def replaced(root: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        root = root[key]
    root[path[-1]] = value


SHOP = (FIXTURES / "shop.yaml").read_bytes()
SHOP_PATHS = [
    (number, path)
    for number, document in enumerate(yaml.load(SHOP, "shop.yaml", "kubernetes").documents)
    for path in paths_in(document.value)
    if path != ("kind",)
]
TERRAFORM_PATHS = paths_in(yaml.load(TERRAFORM_DEPLOYMENT.encode(), "main.tf").documents[0].value)


@given(st.sampled_from(SHOP_PATHS), anything)
def test_no_value_in_a_manifest_makes_it_raise(where: tuple[int, tuple[Any, ...]], text: str) -> None:
    import json

    from guardrail.model import plain

    number, path = where
    documents = [plain(document.value) for document in yaml.load(SHOP, "a", "kubernetes").documents]
    replaced(documents[number], path, plain(yaml.load(text.encode(), "a", "kubernetes").documents[0].value))
    data = "\n---\n".join(json.dumps(document) for document in documents).encode()
    found = read(["a.yaml"], Tree(str(FIXTURES / "nowhere"), {"a.yaml": data}), ReadOptions())
    check(judged(found.resources))


@given(st.sampled_from(TERRAFORM_PATHS), st.one_of(anything, st.just(Unknown("it is not known")),
                                                   st.just(Reference("a.b", "c"))))  # fmt: skip
def test_no_value_in_terraform_makes_it_raise(path: tuple[Any, ...], value: Any) -> None:
    resource = terraform("kubernetes_deployment_v1", TERRAFORM_DEPLOYMENT)
    if isinstance(value, str):
        value = yaml.load(value.encode(), "main.tf").documents[0].value
    replaced(resource.attributes, path, value)
    check(judged([resource]))


def check(inventory: Inventory) -> None:
    """Every field has a place, a type that its concept knows, and nothing is empty for being unknown."""
    for concept in ("container", "workload"):
        for noun in inventory.by_concept.get(concept, ()):
            assert noun.name
            assert noun.key
            for key, value in noun.fields.items():
                assert noun.fields.place(key).line, key
                if key in ("long_running", "serves", "autoscaled", "disruption_budget", "spread", "privileged"):
                    assert isinstance(value, (bool, Unknown)), key
                if key in ("limits", "requests") and isinstance(value, Map):
                    for number in value.values():
                        assert isinstance(number, (int, float)) or not is_known(number)


CUSTOM = """
apiVersion: {version}
kind: {kind}
metadata: {{name: web}}
spec:
  {above}template:
    spec:
      containers: [{{name: web, image: "web:1", securityContext: {{privileged: true}}}}]
"""


@pytest.mark.parametrize(
    ("version", "kind", "above", "klass", "runs"),
    [
        ("argoproj.io/v1alpha1", "Rollout", "", "deployment", True),
        ("apps.openshift.io/v1", "DeploymentConfig", "", "deployment", True),
        ("apps.kruise.io/v1alpha1", "CloneSet", "", "deployment", True),
        ("serving.knative.dev/v1", "Service", "", "deployment", True),
        ("keda.sh/v1alpha1", "ScaledJob", "jobTargetRef:\n   ", "cronjob", False),
    ],
)
def test_custom_resources_that_hold_pods(version: str, kind: str, above: str, klass: str, runs: bool) -> None:
    text = CUSTOM.format(version=version, kind=kind, above=above)
    if above:
        text = text.replace("\n    spec:", "\n     spec:").replace("\n      containers", "\n      containers")
    inventory = manifests(text)
    (found,) = inventory.by_concept["container"]
    assert found.fields["privileged"] is True
    (above_it,) = inventory.by_concept["workload"]
    assert (above_it.fields["class"], above_it.fields["long_running"]) == (klass, runs)


def test_what_has_no_pods_of_its_own() -> None:
    inventory = manifests("""
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {workloadRef: {kind: Deployment, name: web}}
""")
    assert not inventory.by_concept.get("container")
    assert not inventory.by_concept.get("workload")
