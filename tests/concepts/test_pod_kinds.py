"""Custom resources that bear pods, written as their projects' documentation writes them."""

from __future__ import annotations

import pytest

from guardrail.concepts import pod_kinds, pods
from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Noun, Unknown
from guardrail.tree import Tree


def judged(text: str) -> Inventory:
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return inventory


def containers(inventory: Inventory) -> dict[str, Noun]:
    return {noun.key: noun for noun in inventory.by_concept.get("container", ())}


def workloads(inventory: Inventory) -> dict[str, Map]:
    return {noun.key: noun.fields for noun in inventory.by_concept.get("workload", ())}


def nested(path: str, inside: str) -> str:
    """A manifest's spec with a pod's spec at the end of the path."""
    for name, over, count in reversed(pod_kinds._steps(path)):
        number = f"{count}: 2, " if count else ""
        if number and inside.startswith("{"):
            inside = "{" + number + inside[1:]
        inside = f"[{inside[:1]}name: one, {inside[1:]}]" if over else inside
        inside = f"{{{name}: {inside}}}"
    return inside


EVERY = [
    (kind, place)
    for kind, places in pod_kinds._PLACES.items()
    for place in places
]  # fmt: skip


@pytest.mark.parametrize(("kind", "place"), EVERY)
def test_every_line_of_the_table_leads_to_a_pod(kind: str, place: pod_kinds._Place) -> None:
    steps = (f"{name}{'[]' * over}{f'({count})' if count else ''}" for name, over, count in place.steps)
    path = ".".join(steps)
    group = sorted(place.groups)[-1] if place.groups else "apps"
    body = nested(path, "{containers: [{name: app, image: 'a:1', securityContext: {privileged: true}}]}")
    inventory = judged(f"{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: x}}, {body[1:]}\n")
    (found,) = inventory.by_concept["container"]
    assert found.fields["privileged"] is True
    (above,) = inventory.by_concept["workload"]
    assert above.fields["class"] == place.klass
    counts = [count for _, _, count in place.steps if count]
    if counts and place.klass in ("deployment", "statefulset", "replicaset"):
        assert above.fields["replicas"] == 2


def test_a_kind_of_the_same_name_in_another_group_bears_nothing() -> None:
    inventory = judged("""
apiVersion: cluster.x-k8s.io/v1beta1
kind: Agent
metadata: {name: a}
spec: {deployment: {podTemplate: {spec: {containers: [{name: a}]}}}}
---
apiVersion: ci.example.com/v1
kind: Task
metadata: {name: a}
spec: {steps: [{name: a, image: b}]}
""")
    assert not inventory.by_concept.get("container")


def test_the_groups_of_a_ray_cluster() -> None:
    inventory = judged("""
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: ray}
spec:
  headGroupSpec:
    template:
      spec:
        containers: [{name: ray-head, image: "rayproject/ray:2.9.0", resources: {requests: {cpu: 2}}}]
  workerGroupSpecs:
    - groupName: small
      replicas: 3
      template:
        spec:
          containers: [{name: ray-worker, image: "rayproject/ray:2.9.0", resources: {requests: {cpu: 500m}}}]
    - groupName: large
      replicas: 1
      template:
        spec:
          containers: [{name: ray-worker, image: "rayproject/ray:2.9.0", resources: {requests: {cpu: 4}}}]
""")
    assert set(containers(inventory)) == {"headGroupSpec/ray-head", "small/ray-worker", "large/ray-worker"}
    found = workloads(inventory)
    assert found["small/deployment"]["total_requests"]["cpu"] == 1.5
    assert "replicas" not in found["headGroupSpec/deployment"]
    assert [noun.name for noun in inventory.by_concept["workload"]] == ["ray headGroupSpec", "ray small", "ray large"]


def test_training_jobs_have_a_pod_for_each_role() -> None:
    inventory = judged("""
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: mnist}
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      template: {spec: {containers: [{name: pytorch, image: "mnist:1"}]}}
    Worker:
      replicas: 4
      template: {spec: {containers: [{name: pytorch, image: "mnist:1", resources: {limits: {memory: 1Gi}}}]}}
""")
    assert set(workloads(inventory)) == {"Master/task", "Worker/task"}
    assert workloads(inventory)["Worker/task"]["total_limits"]["memory"] == 4 * 2**30
    assert all(noun.fields["long_running"] is False for noun in containers(inventory).values())


def test_what_elastic_s_operator_sets_is_not_known() -> None:
    inventory = judged("""
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: search}
spec:
  version: 8.12.0
  nodeSets:
    - name: hot
      count: 3
      podTemplate:
        spec:
          containers:
            - name: elasticsearch
              resources: {requests: {memory: 4Gi}, limits: {memory: 4Gi}}
    - name: cold
      count: 1
""")
    (found,) = inventory.by_concept["container"]
    assert found.fields["limits"]["memory"] == 4 * 2**30
    assert isinstance(found.fields["run_as_non_root"], Unknown)
    assert isinstance(found.fields["limits"]["cpu"], Unknown)
    assert "image" not in found.fields
    assert workloads(inventory)["hot/statefulset"]["replicas"] == 3


SELECTED = """
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: search, namespace: logs}
spec:
  version: 9.1.0
  nodeSets: [{name: hot, count: 3, podTemplate: {metadata: {labels: {tier: hot}}, spec: {containers: []}}}]
"""


def test_an_operator_makes_budgets_and_labels_of_its_own() -> None:
    (alone,) = workloads(judged(SELECTED)).values()
    assert isinstance(alone["disruption_budget"], Unknown)
    assert alone["isolated"] is False
    (chosen,) = workloads(judged(SELECTED + """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: search, namespace: logs}
spec: {podSelector: {matchLabels: {elasticsearch.k8s.elastic.co/cluster-name: search}}, policyTypes: [Ingress]}
""")).values()  # fmt: skip
    assert isinstance(chosen["isolated"], Unknown)
    assert "NetworkPolicy/logs/search" in chosen["isolated"].reason


def test_tekton_steps_and_sidecars() -> None:
    inventory = judged("""
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  stepTemplate:
    securityContext: {runAsNonRoot: true}
    computeResources: {limits: {memory: 1Gi}}
  steps:
    - name: compile
      image: golang:1.22
      script: |
        #!/usr/bin/env bash
        go build ./...
    - image: $(params.BUILDER)
      computeResources: {limits: {memory: 2Gi}}
    - name: elsewhere
      ref: {name: step-action}
  sidecars:
    - {name: docker, image: "docker:dind", securityContext: {privileged: true}}
""")
    found = containers(inventory)
    assert {key: noun.fields["class"] for key, noun in found.items()} == {
        "compile": "app", "step[1]": "app", "docker": "sidecar",
    }  # fmt: skip
    assert found["compile"].fields["run_as_non_root"] is True
    assert found["compile"].fields["limits"]["memory"] == 2**30
    assert found["step[1]"].fields["limits"]["memory"] == 2 * 2**30
    assert isinstance(found["step[1]"].fields["image"], Unknown)
    assert found["docker"].fields["privileged"] is True
    assert isinstance(found["docker"].fields["run_as_non_root"], Unknown)  # a TaskRun may say
    (script,) = inventory.by_concept["script"]
    assert "go build" in script.fields["text"]
    assert script.fields.place("text").line == 12


def test_tasks_within_a_pipeline_run() -> None:
    inventory = judged("""
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: ci-}
spec:
  taskRunTemplate:
    serviceAccountName: builder
    podTemplate: {securityContext: {runAsNonRoot: true}}
  pipelineSpec:
    tasks:
      - name: test
        taskSpec: {steps: [{name: run, image: "node:20"}]}
      - name: shared
        taskRef: {name: other}
    finally:
      - name: tell
        taskSpec: {steps: [{name: run, image: "curl:8"}]}
""")
    assert set(containers(inventory)) == {"test/run", "tell/run"}
    assert containers(inventory)["test/run"].fields["run_as_non_root"] is True
    assert workloads(inventory)["test/task"]["service_account"] == "builder"


def test_what_a_task_leaves_to_its_runs() -> None:
    inventory = judged("""
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec: {steps: [{name: run, image: "node:20"}]}
""")
    step, pod = containers(inventory)["run"].fields, next(iter(workloads(inventory).values()))
    for field in ("run_as_non_root", "run_as_user", "run_as_group", "seccomp_profile"):
        assert isinstance(step[field], Unknown), field
    assert isinstance(pod["service_account"], Unknown)
    # What only a run can ask for, it is asked of.
    assert not any(step.get(field) for field in ("host_process", "selinux", "apparmor_profile"))
    assert not any(pod.get(field) for field in ("host_network", "sysctls"))


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{hostNetwork: true}", True),
        ("{hostNetwork: false}", False),
        ("{securityContext: {fsGroup: 65532}}", False),
        ("{securityContext: {runAsUser: 0}}", True),
        ("{securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}}", True),
        ("{securityContext: {windowsOptions: {hostProcess: true}}}", True),
        ("{nodeSelector: {a: b}}", False),
    ],
)
@pytest.mark.parametrize("kind", ["TaskRun", "PipelineRun"])
def test_runs_of_tasks_that_stand_elsewhere(kind: str, template: str, told: bool) -> None:
    where = "podTemplate: " if kind == "TaskRun" else "taskRunTemplate:\n    podTemplate: "
    named = "taskRef" if kind == "TaskRun" else "pipelineRef"
    inventory = judged(f"""
apiVersion: tekton.dev/v1
kind: {kind}
metadata: {{name: a}}
spec:
  {named}: {{name: build}}
  {where}{template}
""")
    assert len(workloads(inventory)) == told
    assert not containers(inventory)


def test_the_templates_of_a_workflow() -> None:
    inventory = judged("""
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  workflowSpec:
    serviceAccountName: runner
    securityContext: {runAsNonRoot: true}
    templateDefaults:
      container: {resources: {limits: {memory: 64Mi}}}
    templates:
      - name: main
        dag: {tasks: [{name: a, template: build}, {name: b, inline: {container: {image: "alpine:3"}}}]}
      - name: build
        inputs: {parameters: [{name: tag}]}
        container: {image: "app:{{inputs.parameters.tag}}", command: [make]}
        sidecars: [{name: db, image: "postgres:16"}]
        initContainers: [{name: wait, image: "busybox:1"}]
      - name: check
        securityContext: {runAsNonRoot: false}
        script:
          image: python:3.12
          command: [python]
          source: |
            print(1)
      - name: several
        containerSet: {containers: [{name: x, image: "x:1"}, {name: z, image: "z:1"}]}
      - name: patched
        podSpecPatch: '{"priorityClassName": "{{inputs.parameters.class}}"}'
        container: {image: "z:1"}
""")
    found = containers(inventory)
    assert {key: noun.fields["class"] for key, noun in found.items() if key.startswith("build/")} == {
        "build/main": "app", "build/db": "sidecar", "build/wait": "init",
    }  # fmt: skip
    assert isinstance(found["build/main"].fields["image"], Unknown)
    assert found["build/main"].fields["run_as_non_root"] is True
    assert found["build/main"].fields["limits"]["memory"] == 64 * 2**20
    assert found["check/main"].fields["run_as_non_root"] is False
    assert list(found["check/main"].fields["command"])[:2] == ["python", "-c"]
    assert {"several/x", "several/z"} <= set(found)
    assert isinstance(found["patched/main"].fields["privileged"], Unknown)
    assert "privileged" not in found["several/x"].fields
    assert any(key.startswith("templates[") for key in found)  # the one that stands in a task
    assert workloads(inventory)["build/task"]["service_account"] == "runner"
    assert workloads(inventory)["build/task"]["restart_policy"] == "Never"


def test_prometheus_is_its_own_container() -> None:
    inventory = judged("""
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s}
spec:
  replicas: 2
  image: quay.io/prometheus/prometheus:v2.50.0
  serviceAccountName: prometheus
  securityContext: {runAsNonRoot: true, runAsUser: 1000}
  resources: {requests: {memory: 400Mi}}
  containers:
    - {name: proxy, image: "oauth2-proxy:7"}
    - {name: prometheus, resources: {limits: {memory: 2Gi}}}
""")
    found = containers(inventory)
    assert set(found) == {"prometheus", "proxy"}
    main = found["prometheus"].fields
    assert main["image"] == "quay.io/prometheus/prometheus:v2.50.0"
    assert main["run_as_user"] == 1000
    assert main["read_only_root_filesystem"] is True
    assert main["capabilities"]["drop"] == ["ALL"]
    assert main["probes"]["liveness"]
    assert "read_only_root_filesystem" not in found["proxy"].fields
    assert workloads(inventory)["statefulset"]["replicas"] == 2


def test_memory_of_spark_is_counted_with_its_overhead() -> None:
    inventory = judged("""
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: pi}
spec:
  type: Scala
  image: spark:3.5.0
  driver: {cores: 1, coreLimit: 1200m, memory: 512m, serviceAccount: spark, securityContext: {privileged: true}}
  executor: {cores: 2, instances: 3, memory: 8g}
""")
    found = containers(inventory)
    driver = found["driver/spark-kubernetes-driver"].fields
    assert (driver["limits"]["cpu"], driver["limits"]["memory"]) == (1.2, (512 + 384) << 20)
    assert driver["privileged"] is True
    assert driver["image"] == "spark:3.5.0"
    executor = workloads(inventory)["executor/task"]
    assert executor["requests"]["memory"] == 8 * 2**30 + int(0.1 * 8 * 2**30)
    assert executor["total_requests"]["cpu"] == 6
    assert workloads(inventory)["driver/task"]["service_account"] == "spark"


def test_models_and_functions() -> None:
    inventory = judged("""
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: iris}
spec:
  predictor:
    serviceAccountName: models
    model: {modelFormat: {name: sklearn}, resources: {limits: {memory: 2Gi}}}
  transformer:
    containers: [{name: kserve-container, image: "t:1"}]
---
apiVersion: openfaas.com/v1
kind: Function
metadata: {name: f}
spec:
  name: nodeinfo
  image: ghcr.io/openfaas/nodeinfo:latest
  readOnlyRootFilesystem: true
  environment: {write_debug: "true"}
  limits: {memory: 128Mi}
""")
    found = containers(inventory)
    assert found["predictor/kserve-container"].fields["limits"]["memory"] == 2 * 2**30
    assert "privileged" not in found["transformer/kserve-container"].fields
    function = found["nodeinfo"].fields
    assert (function["limits"]["memory"], function["read_only_root_filesystem"]) == (128 * 2**20, True)
    assert function["env"] == [{"name": "write_debug", "value": "true"}]


ODD = ["null", "5", "text", "[]", "{}", "[null]", "[[]]", "[{}]", "{a: b}", "[{name: [], spec: 5}]",
       "{spec: {containers: 5}}"]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(pods.KINDS) & set(pod_kinds.KINDS)))
def test_nothing_in_a_manifest_makes_it_raise(kind: str) -> None:
    groups = {
        "apps", "tekton.dev", "argoproj.io", "monitoring.coreos.com", "serving.kserve.io", "sparkoperator.k8s.io",
        "opentelemetry.io", "openfaas.com", *(g for place in pod_kinds._PLACES.get(kind, ()) for g in place.groups),
    }  # fmt: skip
    keys = ("steps", "templates", "driver", "predictor", "containers", "tasks", "template", "workflowSpec", "taskSpec",
            "resources", "script", "environment", "podTemplate", "nodeSets", "workerGroupSpecs")  # fmt: skip
    text = ""
    for group in sorted(groups):
        for odd in ODD:
            text += f"---\n{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: x}}, spec: {odd}}}\n"
            text += "".join(
                f"---\n{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: x}}, spec: {{{key}: {odd}}}}}\n"
                for key in keys
            )
    judged(text)


@pytest.mark.parametrize(
    "head",
    [
        "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: x}\nspec: ",
        "apiVersion: tekton.dev/v1beta1\nkind: ClusterTask\nmetadata: {name: x}\nspec: ",
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\n"
        "metadata: {name: x, namespace: placeholder}\nspec: ",
    ],
)
def test_what_is_in_no_namespace_runs_where_it_is_used(head: str) -> None:
    inside = "[{name: a, image: 'a:1', envFrom: [{configMapRef: {name: gone}}]}]"
    pod = f"{{name: a, spec: {{template: {{spec: {{containers: {inside}}}}}}}}}"
    text = head + f"{{containers: {inside}, steps: {inside}, install: {{spec: {{deployments: [{pod}]}}}}}}\n"
    inventory = judged(
        f"{text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\n---\napiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\nmetadata: {name: all}\nspec: {podSelector: {}}\n"
    )
    (fields,) = workloads(inventory).values()
    assert "namespace" not in fields
    assert isinstance(fields["isolated"], Unknown)
    assert not inventory.by_concept.get("dangling")
