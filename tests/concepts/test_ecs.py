from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts import ecs
from guardrail.formats import yaml
from guardrail.model import (
    Edge,
    Inventory,
    Map,
    Noun,
    PartList,
    Perhaps,
    Reference,
    Resource,
    Seq,
    Span,
    Text,
    Unknown,
    plain,
)

DEFINITIONS = [
    {
        "name": "api",
        "image": "registry.example.com/api:1.0",
        "cpu": 256,
        "memory": 512,
        "memoryReservation": 256,
        "essential": True,
        "entryPoint": ["/bin/api"],
        "command": ["serve"],
        "privileged": False,
        "readonlyRootFilesystem": True,
        "user": "1000:2000",
        "dockerSecurityOptions": ["no-new-privileges"],
        "linuxParameters": {"capabilities": {"drop": ["ALL"], "add": ["CAP_SYS_PTRACE"]}},
        "environment": [{"name": "LOG_LEVEL", "value": "info"}],
        "secrets": [
            {"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:a"},
            {"name": "B", "valueFrom": "/shop/b"},
        ],
        "portMappings": [{"containerPort": 80, "hostPort": 8080}],
        "mountPoints": [{"sourceVolume": "logs", "containerPath": "/logs", "readOnly": True}],
        "healthCheck": {"command": ["CMD", "true"]},
        "dependsOn": [{"containerName": "migrate", "condition": "SUCCESS"}],
    },
    {"name": "migrate", "image": "migrate", "essential": False},
]
TASK = """
family: shop
network_mode: host
pid_mode: task
cpu: "1024"
memory: 2 GB
volume: [{name: logs, host_path: /var/log}]
"""


def resource(kind: str, text: str, address: str = "") -> Resource:
    attributes = yaml.load(text.encode(), "main.tf").documents[0].value
    return Resource("terraform", kind.split("_")[0], kind, address or f"{kind}.x", attributes)


def task(definitions: Any, text: str = TASK) -> Resource:
    made = resource("aws_ecs_task_definition", text)
    made.attributes.put("container_definitions", definitions, Span("main.tf", 20, 3, 20, 30))
    return made


def judged(*resources: Resource) -> Inventory:
    inventory = Inventory(resources)
    for made in resources:
        for noun in ecs.nouns(made, inventory):
            made.add_noun(noun)
    inventory.index_nouns()
    return inventory


def nouns(inventory: Inventory, concept: str = "container") -> dict[str, Noun]:
    return {noun.name: noun for noun in inventory.by_concept.get(concept, ())}


def test_containers_of_a_task() -> None:
    found = nouns(judged(task(json.dumps(DEFINITIONS))))
    assert plain(found["api"].fields) == {
        "name": "api",
        "image": "registry.example.com/api:1.0",
        "class": "app",
        "orchestrator": "ecs",
        "command": ["/bin/api", "serve"],
        "requests": {"cpu": 0.25, "memory": 256 * 2**20},
        "limits": {"cpu": 1, "memory": 512 * 2**20},
        "privileged": False,
        "read_only_root_filesystem": True,
        "run_as_user": 1000,
        "run_as_group": 2000,
        "allow_privilege_escalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]},
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "A", "from": "secret"},
            {"name": "B", "from": "parameter"},
        ],
        "ports": [{"port": 80, "host_port": 8080, "protocol": "TCP"}],
        "mounts": [{"path": "/logs", "read_only": True, "host_path": "/var/log"}],
        "probes": {"liveness": {"command": ["CMD", "true"]}},
        "long_running": True,
        "serves": True,
    }
    migrate = found["migrate"].fields
    assert (migrate["class"], migrate["long_running"], migrate["serves"]) == ("init", False, False)
    assert migrate["limits"] == {"cpu": 1, "memory": 2 * 2**30}  # the task's
    assert migrate["limits"].place("memory").line == 6
    assert found["api"].fields["limits"].place("memory").line == 20


def test_without_any_size() -> None:
    fields = nouns(judged(task('[{"name": "a", "cpu": 0}]', "family: f\n")))["a"].fields
    assert fields["limits"] == {}
    assert fields["requests"] == {}
    assert fields["limits"].place("memory").line == 20
    assert "privileged" not in fields


def test_a_heredoc_keeps_its_lines() -> None:
    text = Text('[\n  {\n    "name": "a",\n    "privileged": true\n  }\n]\n', 21, 0)
    fields = nouns(judged(task(text)))["a"].fields
    assert fields.place("privileged") == Span("main.tf", 24, 5, 24, 23)
    assert fields.place("image").line == 23


def test_a_list_that_is_partly_unknown() -> None:
    listed = Seq(Span("main.tf", 21, 1, 25, 2))
    known = Map(Span("main.tf", 22, 1, 24, 2))
    known.put("name", "a", Span("main.tf", 22, 3, 22, 10))
    known.put("image", Reference("aws_ecr_repository.a", "repository_url"), Span("main.tf", 23, 3, 23, 30))
    listed.add(known, known.span)
    listed.add(Unknown("var.sidecar has no value"), Span("main.tf", 25, 1, 25, 9))
    found = nouns(judged(task(listed)))
    assert isinstance(found["a"].fields["image"], Reference)
    assert found["app[1]"].fields["image"] == Unknown("var.sidecar has no value")


def test_containers_that_may_be_there_count() -> None:
    here = Span("main.tf", 21, 1, 25, 2)
    sure, perhaps = Seq(here), Seq(here)
    for items, name in ((sure, "app"), (perhaps, "agent")):
        definition = Map(here)
        definition.put("name", name, here)
        definition.put("privileged", True, here)
        items.add(definition, here)
    why = Unknown("var.agent has no value")
    sure.add(Perhaps(why, perhaps), here)
    found = nouns(judged(task(PartList(why, sure))))
    assert {name: noun.fields["privileged"] for name, noun in found.items()} == {"app": True, "agent": True}


@pytest.mark.parametrize("definitions", [Unknown("var.definitions has no value"), "not json", 5, '"a"'])
def test_definitions_that_cannot_be_read_are_an_unknown_container(definitions: Any) -> None:
    fields = nouns(judged(task(definitions)))["app[0]"].fields
    assert isinstance(fields["limits"]["memory"], Unknown)
    assert isinstance(fields["image"], Unknown)


def test_task_as_a_workload() -> None:
    fields = nouns(judged(task("[]")), "workload")["shop"].fields
    assert fields["host_network"] is True
    assert fields["host_pid"] is False
    assert fields["host_paths"] == ["/var/log"]
    assert fields["class"] == "pod"


def test_scheduled_tasks_do_not_run_for_long() -> None:
    definition = task(json.dumps(DEFINITIONS))
    schedule = resource("aws_cloudwatch_event_target", "rule: x")
    schedule.edges.append(Edge("ecs_target[0].task_definition_arn", definition.address, "arn"))
    assert nouns(judged(definition, schedule))["api"].fields["long_running"] is False
    definition = task(json.dumps(DEFINITIONS))
    service = resource("aws_ecs_service", "name: x")
    service.edges.append(Edge("task_definition", definition.address, "arn"))
    assert nouns(judged(definition, schedule, service))["api"].fields["long_running"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\ndesired_count: 3", {"replicas": 3, "spread": False}),
        ("name: a", {"replicas": 0, "autoscaled": False}),
        ("name: a\nscheduling_strategy: DAEMON", {"replicas": None}),
        ("name: a\nlaunch_type: FARGATE", {"spread": True}),
        ("name: a\nordered_placement_strategy: [{type: spread, field: 'attribute:ecs.availability-zone'}]",
         {"spread": True}),
        ("name: a\nplacement_constraints: [{type: distinctInstance}]", {"spread": True}),
        ("name: a\nordered_placement_strategy: [{type: binpack}]", {"spread": False}),
        ("name: a\ndeployment_controller: [{type: CODE_DEPLOY}]", {"strategy": "CODE_DEPLOY"}),
    ],
)  # fmt: skip
def test_service(text: str, expected: dict[str, Any]) -> None:
    fields = nouns(judged(resource("aws_ecs_service", text)), "workload")["a"].fields
    assert fields["class"] == "service"
    assert {key: fields.get(key) for key in expected} == expected


def test_an_autoscaled_service() -> None:
    service = resource("aws_ecs_service", "name: api", "aws_ecs_service.api")
    target = resource("aws_appautoscaling_target", "service_namespace: ecs\nresource_id: service/main/api")
    assert nouns(judged(service, target), "workload")["api"].fields["autoscaled"] is True
    service = resource("aws_ecs_service", "name: api", "aws_ecs_service.api")
    target.attributes["resource_id"] = "service/main/web"
    assert nouns(judged(service, target), "workload")["api"].fields["autoscaled"] is False
    service = resource("aws_ecs_service", "name: api", "aws_ecs_service.api")
    target.attributes["resource_id"] = Unknown("var.cluster has no value", ("var.cluster",))
    assert isinstance(nouns(judged(service, target), "workload")["api"].fields["autoscaled"], Unknown)
    service = resource("aws_ecs_service", "name: api", "aws_ecs_service.api")
    target.attributes["resource_id"] = Unknown("var.cluster has no value", ("var.cluster", "aws_ecs_service.api.name"))
    assert nouns(judged(service, target), "workload")["api"].fields["autoscaled"] is True


def test_cloud_run() -> None:
    second = resource("google_cloud_run_v2_service", """
name: api
template:
- service_account: a@b
  containers:
  - image: gcr.io/p/api:1
    ports: [{container_port: 8080}]
    env: [{name: A, value_source: [{secret_key_ref: [{secret: s}]}]}]
    resources: [{limits: {cpu: "2", memory: 1Gi}}]
    startup_probe: [{http_get: [{path: /}]}]
""")
    inventory = judged(second)
    (noun,) = inventory.by_concept["container"]
    assert noun.fields["limits"] == {"cpu": 2, "memory": 2**30}
    assert noun.fields["env"] == [{"name": "A", "from": "secret"}]
    assert noun.fields["serves"] is True
    assert set(noun.fields["probes"]) == {"startup"}
    assert nouns(inventory, "workload")["api"].fields["service_account"] == "a@b"
    first = resource("google_cloud_run_service", """
name: api
template: [{spec: [{containers: [{image: api, resources: [{limits: {memory: 512Mi}}]}]}]}]
""")
    (noun,) = judged(first).by_concept["container"]
    assert noun.fields["limits"] == {"memory": 512 * 2**20, "cpu": 1}  # the platform's default
    assert noun.fields["orchestrator"] == "cloud-run"
    assert noun.fields["serves"] is True
    pool = resource("google_cloud_run_v2_worker_pool", "name: p\ntemplate: [{containers: [{image: a}]}]")
    (noun,) = judged(pool).by_concept["container"]
    assert (noun.fields["long_running"], noun.fields["serves"]) == (True, False)  # nothing calls it
    job = resource("google_cloud_run_v2_job", "name: j\ntemplate: [{template: [{containers: [{image: a}]}]}]")
    (noun,) = judged(job).by_concept["container"]
    assert noun.fields["long_running"] is False


def test_azure_container_group() -> None:
    group = resource("azurerm_container_group", """
name: g
container:
- name: web
  image: nginx
  cpu: 0.5
  memory: 1.5
  memory_limit: 2
  ports: [{port: 80, protocol: TCP}]
  environment_variables: {A: b}
  secure_environment_variables: {C: d}
  volume: [{name: v, mount_path: /v, read_only: true}]
  security: [{privilege_enabled: true}]
  liveness_probe: [{exec: [a]}]
init_container: [{name: setup, image: busybox}]
""")
    found = nouns(judged(group))
    web = found["web"].fields
    assert web["requests"] == {"cpu": 0.5, "memory": 3 * 2**29}
    assert web["limits"] == {"cpu": 0.5, "memory": 2**31}
    assert web["privileged"] is True
    assert web["env"] == [{"name": "A", "value": "b"}, {"name": "C", "from": "secret"}]
    assert web["mounts"] == [{"path": "/v", "read_only": True}]
    assert web["serves"] is True
    assert (found["setup"].fields["class"], found["setup"].fields["long_running"]) == ("init", False)


def test_azure_container_app() -> None:
    app = resource("azurerm_container_app", """
name: a
ingress: [{target_port: 80}]
template:
- min_replicas: 2
  container:
  - {name: web, image: nginx, cpu: 0.25, memory: 0.5Gi, env: [{name: A, value: b}, {name: C, secret_name: s}],
     volume_mounts: [{name: v, path: /v}], readiness_probe: [{port: 80}]}
""")
    inventory = judged(app)
    web = nouns(inventory)["web"].fields
    assert web["requests"] == web["limits"] == {"cpu": 0.25, "memory": 2**29}
    assert web["env"] == [{"name": "A", "value": "b"}, {"name": "C", "from": "secret"}]
    assert web["mounts"] == [{"path": "/v"}]
    assert set(web["probes"]) == {"readiness"}
    assert web["serves"] is True
    assert nouns(inventory, "workload")["a"].fields["replicas"] == 2


anything = st.sampled_from(
    [None, True, 5, -1.5, "", "text", "${x}", [], {}, [None], [5], [[]], [{}], {"a": "b"}, [{"name": []}],
     Unknown("it is not known"), Reference("a.b", "c")]
)  # fmt: skip


@given(st.integers(0, 1), st.sampled_from(sorted(DEFINITIONS[0])), anything)
def test_no_value_in_a_definition_makes_it_raise(index: int, key: str, value: Any) -> None:
    listed = located(DEFINITIONS)
    listed[index][key] = located(value)
    for noun in judged(task(listed)).by_concept["container"]:
        for name, field in noun.fields.items():
            assert noun.fields.place(name).line, name
            assert name not in ("privileged", "long_running", "serves") or isinstance(field, (bool, Unknown))


@given(st.sampled_from(ecs.KINDS),
       st.dictionaries(st.sampled_from(["container", "template", "containers", "container_definitions", "volume", "cpu",
                                        "name", "ingress", "spec"]),
                       st.recursive(anything, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
                           st.sampled_from(["spec", "containers", "container", "template", "env", "ports", "memory"]),
                           inner, max_size=3), max_leaves=8)))  # fmt: skip
def test_no_attributes_make_it_raise(kind: str, attributes: Any) -> None:
    made = Resource("terraform", "x", kind, f"{kind}.x", located(attributes))
    for noun in ecs.nouns(made, Inventory([made])):
        assert noun.key
        assert all(noun.fields.place(name).line for name in noun.fields)


def located(value: Any) -> Any:
    place = Span("main.tf", 30, 1, 30, 9)
    if isinstance(value, dict):
        mapping = Map(place)
        for key, item in value.items():
            mapping.put(key, located(item), place)
        return mapping
    if isinstance(value, list):
        sequence = Seq(place)
        for item in value:
            sequence.add(located(item), place)
        return sequence
    return value
