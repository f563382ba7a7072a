"""What isn't written, and an operator or a run may add, may be what cures a fault; nobody suspects it of making one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LOGS = """\
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: logs, namespace: logging}
spec:
  nodeSets:
    - name: all
      count: 3
      podTemplate:
        spec:
          containers:
            - name: elasticsearch
              resources: {limits: {memory: 4Gi}}
"""
BUILD = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build, namespace: ci}
spec:
  steps: [{name: build, image: "docker.io/library/golang:1.25", script: go build ./...}]
"""
PATCHED = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: build, namespace: ci}
spec:
  entrypoint: build
  podSpecPatch: "{{workflow.parameters.patch}}"
  templates: [{name: build, container: {image: "docker.io/library/golang:1.25"}}]
"""
CONTENT_AS_IT_STANDS = ("workload-restart-policy", "container-limit-not-below-request", "container-limit-request-ratio",
                        "container-probes-differ", "container-seccomp-unconfined", "container-root-user")  # fmt: skip
LACKS = ("container-cpu-request", "container-seccomp", "workload-service-account")


@pytest.fixture
def verdicts(tmp_path: Path, guardrail: Callable[..., Any]) -> Callable[..., dict[str, str]]:
    (tmp_path / ".git").mkdir()

    def scan(text: str, *rules: str) -> dict[str, str]:
        (tmp_path / "a.yaml").write_text(text)
        asked = [word for rule in rules for word in ("--rule", rule)]
        found = json.loads(guardrail("scan", tmp_path, "-f", "json", "--no-cache", *asked).out)
        assert not found["problems"]
        return {finding["rule"]: finding["verdict"] for finding in found["findings"]}

    return scan


@pytest.mark.parametrize("text", [LOGS, BUILD])
def test_a_rule_that_what_is_written_satisfies_passes(verdicts: Callable[..., dict[str, str]], text: str) -> None:
    assert verdicts(text, *CONTENT_AS_IT_STANDS) == {}


def test_what_is_lacking_may_be_added(verdicts: Callable[..., dict[str, str]]) -> None:
    assert verdicts(LOGS, *LACKS) == dict.fromkeys(LACKS, "undetermined")


def test_what_is_written_is_judged(verdicts: Callable[..., dict[str, str]]) -> None:
    text = LOGS.replace("limits: {", "requests: {memory: 8Gi}, limits: {")
    assert verdicts(text, *CONTENT_AS_IT_STANDS) == {"container-limit-not-below-request": "fail"}


def test_a_patch_that_is_not_known_may_say_anything(verdicts: Callable[..., dict[str, str]]) -> None:
    assert verdicts(PATCHED, "container-privileged", "container-root-user") == {
        "container-privileged": "undetermined", "container-root-user": "undetermined",
    }  # fmt: skip


def test_explaining_comes_to_the_same(tmp_path: Path, guardrail: Callable[..., Any]) -> None:
    (tmp_path / "a.yaml").write_text(LOGS)
    address = "Elasticsearch/logging/logs"
    for rule, verdict in (("container-root-user", "pass"), ("container-cpu-request", "undetermined")):
        run = guardrail("rules", "explain", rule, "--resource", address, tmp_path)
        assert f": {verdict}\n" in run.out, run.out + run.err
