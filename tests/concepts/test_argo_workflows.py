"""Argo's workflows in the words of all CI systems."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Noun, PartText, Seq, Unknown
from guardrail.tree import Tree


def judged(text: str) -> Inventory:
    found = read(["ci.yaml"], Tree("/nowhere", {"ci.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return inventory


def named(inventory: Inventory, concept: str) -> dict[str, Noun]:
    found = inventory.by_concept.get(concept, [])
    keyed = {noun.key: noun for noun in found}
    assert len(keyed) == len(found)
    return keyed


def pasted(inventory: Inventory) -> set[tuple[str, str, str]]:
    """(script, expression, source)."""
    return {
        (script.name, item["expression"], item["source"])
        for script in inventory.by_concept.get("script", [])
        for item in script.fields["untrusted"]
    }


WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: lint, namespace: ci}
spec:
  entrypoint: main
  activeDeadlineSeconds: 600
  synchronization: {mutexes: [{name: lint}]}
  arguments:
    parameters:
      - name: text
      - {name: image, value: "registry.example.com/ci/lint:1"}
      - {name: revision, value: v1.4}
  templates:
    - name: main
      dag:
        tasks:
          - {name: a, template: run, arguments: {parameters: [{name: text, value: "PR {{workflow.parameters.text}}"}]}}
          - name: b
            when: "{{workflow.parameters.image}} == x"
            template: show
            arguments: {parameters: [{name: other, value: "{{workflow.parameters.text}}"}]}
          - {name: c, templateRef: {name: shared, template: say}, arguments: {parameters: [{name: text, value: x}]}}
    - name: run
      inputs:
        parameters: [{name: text}]
        artifacts:
          - {name: code, path: /src, git: {repo: "https://github.com/acme/shop.git",
             revision: "{{workflow.parameters.revision}}"}}
          - {name: own, path: /own, git: {repo: "git@github.com:acme/own.git"}}
          - {name: tool, path: /bin/tool, http: {url: "https://example.com/latest/tool"}}
          - {name: fixed, path: /bin/x, http: {url: "https://example.com/v1.2.3/tool"}}
      activeDeadlineSeconds: "{{inputs.parameters.text}}"
      script:
        image: "{{workflow.parameters.image}}"
        command: [bash]
        env:
          - {name: TEXT, value: "{{inputs.parameters.text}}"}
          - {name: TOKEN, valueFrom: {secretKeyRef: {name: token, key: t}}}
        source: |
          echo "{{inputs.parameters.text}}"
          echo "$TEXT"
          eval "$TEXT"
          echo "{{=sprig.upper(inputs.parameters['text'])}}"
    - name: show
      activeDeadlineSeconds: 60
      inputs: {parameters: [{name: text}, {name: other}]}
      container:
        image: "registry.example.com/ci/show:{{inputs.parameters.text}}"
        command: [sh, -c]
        args: ["show {{inputs.parameters.text}}"]
"""

SHARED = """\
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared, namespace: ci}
spec:
  templates:
    - name: say
      inputs: {parameters: [{name: text}]}
      script:
        image: registry.example.com/ci/say:1
        command: [python3]
        source: print("{{workflow.parameters.text}}", "{{inputs.parameters.text}}")
"""

SENSOR = """\
---
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {name: on-pull, namespace: ci}
spec:
  dependencies: [{name: pull, eventSourceName: github, eventName: shop}]
  triggers:
    - template:
        name: lint
        argoWorkflow:
          operation: submit
          source:
            resource:
              apiVersion: argoproj.io/v1alpha1
              kind: Workflow
              metadata: {generateName: lint-, namespace: ci}
              spec:
                workflowTemplateRef: {name: lint}
                arguments: {parameters: [{name: sha}, {name: text}]}
          parameters:
            - {src: {dependencyName: pull, dataKey: body.pull_request.id}, dest: spec.arguments.parameters.0.value}
            - {src: {dependencyName: pull, dataKey: body.pull_request.title}, dest: spec.arguments.parameters.1.value}
"""

SOURCE = """\
---
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {name: github, namespace: ci}
spec:
  github: {shop: {events: [EVENT]}}
"""


def test_templates_with_pods_are_jobs() -> None:
    inventory = judged(WORKFLOW)
    (pipeline,) = inventory.by_concept["pipeline"]
    assert (pipeline.fields["name"], pipeline.fields["system"]) == ("lint", "argo-workflows")
    assert "triggers" not in pipeline.fields
    assert "concurrency" in pipeline.fields
    found = {key: noun.fields for key, noun in named(inventory, "job").items()}
    assert list(found) == ["run", "show"]
    assert isinstance(found["run"]["timeout"], Unknown)
    assert (found["show"]["timeout"], found["show"].place("timeout").line) == (60, 45)
    assert (found["run"]["secrets"], found["show"]["secrets"]) == (["token"], [])
    assert (found["run"].get("condition"), found["show"]["condition"]) == (None, "{{workflow.parameters.image}} == x")
    assert all("concurrency" in fields for fields in found.values())


def test_scripts() -> None:
    found = named(judged(WORKFLOW), "script")
    assert {key: (noun.fields["class"], noun.fields["shell"]) for key, noun in found.items()} == {
        "run/run": ("step", "bash"),
        "show/show": ("step", "sh"),
    }
    assert pasted(judged(WORKFLOW)) == set()


def test_parameters_stand_for_what_they_fall_back_on() -> None:
    inventory = judged(WORKFLOW)
    images = [noun.fields["image"] for noun in inventory.by_concept["container"]]
    assert images[0] == "registry.example.com/ci/lint:1"
    assert isinstance(images[1], PartText)
    found = {noun.name: (noun.fields["ecosystem"], noun.fields["pin"]) for noun in inventory.by_concept["dependency"]
             if noun.fields["ecosystem"] != "image"}  # fmt: skip
    assert found == {
        "the artifact code": ("git", "tag"),
        "the artifact own": ("git", "none"),
        "the artifact tool": ("artifact", "none"),
        "the artifact fixed": ("artifact", "tag"),
    }


@pytest.mark.parametrize(("event", "outsiders"), [("pull_request", True), ("push", False)])
def test_words_go_from_the_event_to_the_templates(event: str, outsiders: bool) -> None:
    inventory = judged(WORKFLOW + SHARED + SENSOR + SOURCE.replace("EVENT", event))
    title = "body.pull_request.title"
    assert pasted(inventory) == {
        ("run", "{{inputs.parameters.text}}", title),
        ("run", "$TEXT", title),
        ("run", "{{=sprig.upper(inputs.parameters['text'])}}", title),
        ("say", "{{workflow.parameters.text}}", title),
    }
    run = next(noun for noun in inventory.by_concept["script"] if noun.name == "run").fields
    assert [hop.note for hop in run["untrusted"][0].origin_of("source")] == [
        "text of template run",
        "parameter text of Workflow lint",
    ]
    for noun in inventory.by_concept["pipeline"]:
        if noun.name == "lint":
            assert noun.fields["triggers"] == [event]
            assert noun.fields["untrusted"] is outsiders
    (call,) = [noun for noun in inventory.by_concept["job"] if noun.fields["class"] == "call"]
    assert call.key == "lint/call"
    local = [noun.fields for noun in inventory.by_concept["dependency"] if noun.fields["ecosystem"] == "workflow"]
    assert {(fields["name"], fields["local"]) for fields in local} == {("lint", True), ("shared", True)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("body.pull_request.title", "body.pull_request.number"),
        ("parameters.1.value", "parameters.0.value"),
        ("workflowTemplateRef: {name: lint}", "workflowTemplateRef: {name: other}"),
        ("workflowTemplateRef: {name: lint}", "workflowTemplateRef: {name: lint, clusterScope: true}"),
        ("dataKey: body.pull_request.title", "value: x"),
    ],
)
def test_what_is_fed_elsewhere_reaches_nothing(before: str, after: str) -> None:
    assert pasted(judged(WORKFLOW + SHARED + SENSOR.replace(before, after))) == set()


def test_a_template_of_an_event() -> None:
    template = "dataTemplate: 'x {{ .Input.body.comment.body | quote }}'"
    text = SENSOR.replace("dataKey: body.pull_request.title", template)
    assert {source for _, _, source in pasted(judged(WORKFLOW + text))} == {"body.comment.body"}


def test_what_a_sensor_submits_has_pods() -> None:
    code = "{image: 'a:1', command: [sh, -c], args: ['x {{workflow.parameters.text}}']}"
    templates = f"entrypoint: x\n                templates: [{{name: x, container: {code}}}]"
    text = SENSOR.replace("workflowTemplateRef: {name: lint}", templates)
    inventory = judged(text)
    assert [noun.key for noun in inventory.by_concept["container"]] == ["lint/x/main"]
    assert pasted(inventory) == {("x", "{{workflow.parameters.text}}", "body.pull_request.title")}


def test_schedules() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly, namespace: ci}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  workflowSpec:
    entrypoint: deploy
    templates:
      - name: deploy
        container: {image: "a:1", command: [deploy]}
"""
    (job,) = judged(text).by_concept["job"]
    assert (job.fields["triggers"], job.fields["untrusted"]) == (["schedule"], False)
    assert job.fields["concurrency"] == "Forbid"
    assert job.fields["deploys"] is True
    assert "timeout" not in job.fields
    (job,) = judged(text.replace("Forbid", "Allow")).by_concept["job"]
    assert "concurrency" not in job.fields


def test_a_kind_of_another_group() -> None:
    assert not judged(WORKFLOW.replace("argoproj.io", "example.com")).by_concept.get("job")


def test_templates_that_call_each_other_come_to_an_end() -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: a}\nspec:\n  templates:\n"
    one = """\
    - name: NAME
      inputs: {parameters: [{name: x}]}
      steps: [[{name: n, template: OTHER, arguments: {parameters: [{name: x, value: "{{inputs.parameters.x}}"}]}}]]
"""
    for number in range(200):
        text += one.replace("NAME", f"t{number}").replace("OTHER", f"t{(number + 1) % 200}" if number % 7 else "end")
    text += """\
    - name: end
      inputs: {parameters: [{name: x}]}
      script: {image: "a:1", source: "x {{inputs.parameters.x}}"}
"""
    assert pasted(judged(text)) == set()


VALUES = st.sampled_from(
    [None, True, 0, "x", "{{inputs.parameters.text}}", "{{", "{{=", "spec.arguments.parameters.9.value"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.integers(0, 100), VALUES, st.booleans())
def test_whatever_stands_there_is_taken(number: int, which: int, value: object, listed: bool) -> None:
    text = WORKFLOW + SHARED + SENSOR + SOURCE.replace("EVENT", "push")
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": text.encode()}), ReadOptions())
    every: list[Map | Seq] = []
    stack: list[object] = [resource.attributes for resource in found.resources]
    while stack:
        item = stack.pop()
        if isinstance(item, (Map, Seq)) and item:
            every.append(item)
            stack += list(item.values()) if isinstance(item, Map) else list(item)
    holder = every[number % len(every)]
    made: object = value
    if listed:
        made = Seq(holder.span, holder.header)
        made.add(value, holder.header)
    if isinstance(holder, Map):
        key = list(holder)[which % len(holder)]
        if key not in ("apiVersion", "kind"):
            holder[key] = made
    else:
        holder[which % len(holder)] = made
    assert build(Inventory(found.resources), {}) == []
