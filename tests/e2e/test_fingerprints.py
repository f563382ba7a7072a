"""A finding's identity: it survives moved lines and reordered files, and nothing else has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import Run

Guardrail = Callable[..., Run]

BUCKETS = """\
resource "aws_sqs_queue" "a" {
  sqs_managed_sse_enabled = false
}

resource "aws_sqs_queue" "b" {
  count                   = 3
  sqs_managed_sse_enabled = false
}
"""
PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
spec:
  containers:
    - {name: one, image: a, securityContext: {privileged: true}}
    - {name: two, image: a, securityContext: {privileged: true}}
"""


def findings(guardrail: Guardrail, folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(guardrail("scan", folder, "-f", "json").out)["findings"]
    assert found
    return found


def test_unique(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(BUCKETS)
    (tmp_path / "a.yaml").write_text(PODS)
    (tmp_path / "b.yaml").write_text(PODS)  # the same object twice, as overlays have it
    prints = [finding["fingerprint"] for finding in findings(guardrail, tmp_path)]
    assert len(prints) == len(set(prints))


def test_moved_lines_and_files(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(BUCKETS)
    (tmp_path / "pods.yaml").write_text(PODS)
    before = {finding["fingerprint"] for finding in findings(guardrail, tmp_path)}
    first, second = BUCKETS.split("\n\n")
    (tmp_path / "main.tf").write_text("# a comment\n\n" + second)
    (tmp_path / "queues.tf").write_text("\n\n\n" + first + "\n")
    (tmp_path / "pods.yaml").rename(tmp_path / "a-pods.yaml")
    (tmp_path / "a-pods.yaml").write_text("# moved\n---\n" + PODS)
    after = {finding["fingerprint"] for finding in findings(guardrail, tmp_path)}
    assert before == after


def test_instances_of_one_block_are_one_finding(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(BUCKETS)
    found = [f for f in findings(guardrail, tmp_path) if f["rule"] == "store-encrypted"]
    assert [(f["line"], f["instances"]) for f in found] == [
        (2, ["aws_sqs_queue.a"]),
        (7, ["aws_sqs_queue.b[0]", "aws_sqs_queue.b[1]", "aws_sqs_queue.b[2]"]),
    ]
