"""Patches on the pods of Argo's templates: what they set counts, and what can't be known of them stands in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Noun, Unknown
from guardrail.tree import Tree

HEAD = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: tests}
spec:
"""
TEMPLATE = """\
  templates:
    - name: run
      container:
        image: example.com/tests:1
        resources: {limits: {cpu: 1}}
"""


def container(text: str, name: str = "run/main") -> Noun:
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": (HEAD + text).encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    nouns = {noun.key: noun for noun in inventory.by_concept["container"]}
    assert list(nouns) == [name]
    return nouns[name]


def fields(text: str) -> Any:
    return container(text).fields


def test_a_patch_of_the_template_on_its_lines() -> None:
    noun = container(
        TEMPLATE
        + """\
      podSpecPatch: |
        containers:
          - name: main
            securityContext:
              privileged: true
            resources:
              limits: {memory: 1Gi}
"""
    )
    assert noun.fields["privileged"] is True
    assert (noun.fields.place("privileged").line, noun.fields.place("privileged").column) == (14, 15)
    assert noun.fields["limits"] == {"cpu": 1, "memory": 2**30}
    assert "run_as_non_root" not in noun.fields


def test_json_on_one_line() -> None:
    patch = """      podSpecPatch: '{"containers":[{"name":"main","resources":{"limits":{"memory":"2Gi"}}}]}'\n"""
    found = fields(TEMPLATE + patch)
    assert found["limits"]["memory"] == 2**31
    assert found["limits"].place("memory").line == 10


def test_the_template_has_the_last_word() -> None:
    whole = "  podSpecPatch: 'securityContext: {runAsNonRoot: true, runAsUser: 1000}'\n"
    own = "      podSpecPatch: 'securityContext: {runAsUser: 2000}'\n"
    found = fields(whole + TEMPLATE + own)
    assert (found["run_as_non_root"], found["run_as_user"]) == (True, 2000)


def test_the_template_itself_stays_as_it_is() -> None:
    """Templates share what stands at the top: one's patch is no other's."""
    text = """\
  securityContext: {runAsNonRoot: true}
  templates:
    - name: patched
      podSpecPatch: 'securityContext: {runAsNonRoot: false}'
      container: {image: "a:1"}
    - name: plain
      container: {image: "a:1"}
"""
    found = read(["a.yaml"], Tree("/nowhere", {"a.yaml": (HEAD + text).encode()}), ReadOptions())
    inventory = Inventory(found.resources)
    build(inventory, {})
    told = {noun.key: noun.fields["run_as_non_root"] for noun in inventory.by_concept["container"]}
    assert told == {"patched/main": False, "plain/main": True}


def test_argo_s_own_containers_are_not_the_template_s() -> None:
    patch = """\
      podSpecPatch: |
        initContainers: [{name: init, resources: {limits: {memory: 64Mi}}}]
        containers: [{name: wait, resources: {limits: {memory: 64Mi}}}]
"""
    assert "memory" not in fields(TEMPLATE + patch)["limits"]


@pytest.mark.parametrize(
    "patch",
    [
        """'{"containers":[{"name":"main","resources":{"limits":{"memory":"{{inputs.parameters.memory}}"}}}]}'""",
        "'containers: [{resources: {}}]'",  # whose, nobody can tell
        "'containers: {main: {}}'",
        "'[]'",
        "'containers: ['",
        "'$patch: delete'",
        "5",
    ],
)
def test_what_can_not_be_known(patch: str) -> None:
    found = fields(TEMPLATE + f"      podSpecPatch: {patch}\n")
    assert isinstance(found["privileged"], Unknown)
    assert "podSpecPatch" in found["privileged"].reason


@pytest.mark.parametrize("patch", ["''", "'{}'", "null", "'containers: []'"])
def test_a_patch_that_sets_nothing(patch: str) -> None:
    assert "privileged" not in fields(TEMPLATE + f"      podSpecPatch: {patch}\n")
