"""What the workflows that run a template of Argo's give its pods, wherever the template stands."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, Unsaid
from guardrail.tree import Tree

SHARED = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared, namespace: ci}
spec:
  SPEC
  templates:
    - name: main
      container: {image: "example.com/tool:{{workflow.parameters.v}}"}
"""
CALLING = """\
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: NAME-, namespace: ci}
spec:
  SPEC
  entrypoint: x
  templates:
    - name: x
      steps:
        - - {name: a, template: inner}
    - name: inner
      dag:
        tasks:
          - {name: a, templateRef: {name: shared, template: main}}
"""
MADE_OF = """\
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly, namespace: ci}
spec:
  schedule: "0 1 * * *"
  workflowSpec:
    SPEC
    workflowTemplateRef: {name: shared}
"""


def judged(text: str) -> Inventory:
    found = read(["ci.yaml"], Tree("/nowhere", {"ci.yaml": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return inventory


def shared(spec: str = "suspend: false") -> str:
    return SHARED.replace("SPEC", spec)


def calling(spec: str, name: str = "w") -> str:
    return CALLING.replace("SPEC", spec).replace("NAME", name)


def of(inventory: Inventory, concept: str) -> dict[str, Map]:
    return {noun.key: noun.fields for noun in inventory.by_concept[concept]}


def test_a_called_template_has_the_account_of_the_workflow_that_runs() -> None:
    found = judged(shared("serviceAccountName: own") + calling("serviceAccountName: runner"))
    assert of(found, "workload")["main/task"]["service_account"] == "runner"
    found = judged(shared("serviceAccountName: own") + calling("suspend: false"))
    assert "service_account" not in of(found, "workload")["main/task"]


def test_a_workflow_made_of_a_template_goes_before_it() -> None:
    own = """serviceAccountName: own
  securityContext: {runAsUser: 1, runAsGroup: 1}
  activeDeadlineSeconds: 5
  arguments: {parameters: [{name: v, value: '1'}]}"""
    text = shared(own)
    runner = "securityContext: {runAsUser: 2}\n    arguments: {parameters: [{name: v, value: '2'}]}"
    found = judged(text + MADE_OF.replace("SPEC", runner))
    container = of(found, "container")["main/main"]
    assert (container["run_as_user"], container["run_as_group"]) == (2, 1)
    assert container["image"] == "example.com/tool:2"
    assert of(found, "workload")["main/task"]["service_account"] == "own"
    assert of(found, "job")["main"]["timeout"] == 5
    assert of(found, "job")["call"]["timeout"] == 5


def test_what_a_template_leaves_to_runs_that_are_not_in_sight() -> None:
    found = judged(shared("securityContext: {runAsUser: 1000}"))
    workload, container = of(found, "workload")["main/task"], of(found, "container")["main/main"]
    assert isinstance(workload["service_account"], Unsaid)
    assert container["run_as_user"] == 1000
    assert "the run that starts it" in container["run_as_non_root"].reason
    assert isinstance(of(found, "job")["main"]["timeout"], Unsaid)
    assert workload.get("host_network") is None
    found = judged("---\n" + MADE_OF.replace("SPEC", "suspend: false"))
    assert isinstance(of(found, "job")["call"]["timeout"], Unsaid)


def test_runs_that_differ_are_told_apart() -> None:
    first, second = calling("serviceAccountName: a", "one"), calling("serviceAccountName: b", "two")
    found = judged(shared() + first + first.replace("one", "same") + second)
    accounts = {key: fields["service_account"] for key, fields in of(found, "workload").items()}
    assert accounts == {"main/task": "a", "main@two-/task": "b"}


def test_a_limit_holds_where_all_runs_have_one() -> None:
    limited, not_limited = calling("activeDeadlineSeconds: 60", "one"), calling("suspend: false", "two")
    assert of(judged(shared() + limited), "job")["main"]["timeout"] == 60
    assert "timeout" not in of(judged(shared() + limited + not_limited), "job")["main"]


def test_templates_that_call_each_other() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec:
  templates:
    - name: a
      steps: [[{name: b, template: b}]]
    - name: b
      container: {image: "example.com/tool:1"}
      steps: [[{name: a, templateRef: {name: shared, template: a}}]]
"""
    assert list(of(judged(text), "workload")) == ["b/task"]


@pytest.mark.parametrize("written", [
    "{{inputs.parameters.v-1}}", "{{= inputs.parameters.v2 }}", "{{=workflow.parameters['v-1']}}",
    '{{=sprig.trim(inputs.parameters["v-1"])}}', "{{=sprig.trim( workflow.parameters.v2 )}}",
])  # fmt: skip
def test_what_a_reference_stands_for(written: str) -> None:
    given = "parameters: [{name: v-1, default: '7'}, {name: v2, default: '7'}]"
    text = (shared(f"arguments: {{{given}}}").replace("{{workflow.parameters.v}}", written.replace('"', '\\"'))
            .replace("- name: main", f"- name: main\n      inputs: {{{given}}}"))  # fmt: skip
    assert of(judged(text), "container")["main/main"]["image"] == "example.com/tool:7"


@pytest.mark.parametrize("written", ["{{=inputs.parameters.a + 'x'}}", "{{workflow.parameters.gone}}"])
def test_what_stays_open_is_named(written: str) -> None:
    image = of(judged(shared().replace("{{workflow.parameters.v}}", written)), "container")["main/main"]["image"]
    assert image.reason == f"{written} is filled in later"
