"""Two rules do not say the same of one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from guardrail.policy.findings import without_doubles
from guardrail.scanning import Request, scan

WORKFLOW = """\
name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    container: {image: IMAGE}
    steps: [{run: make}]
"""
BOTH = ("--rule", "image-tag-fixed", "--rule", "image-pinned-by-digest")


@pytest.fixture
def found(tmp_path: Path, guardrail: Callable[..., Any]) -> Callable[..., list[dict[str, Any]]]:
    (tmp_path / ".git").mkdir()

    def scan(image: str, *options: str, config: str = "") -> list[dict[str, Any]]:
        target = tmp_path / ".github" / "workflows" / "ci.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(WORKFLOW.replace("IMAGE", image))
        if config:
            (tmp_path / "guardrail.yaml").write_text(config)
        findings: list[dict[str, Any]] = json.loads(guardrail("scan", tmp_path, "-f", "json", *options).out)["findings"]
        return findings

    return scan


def test_the_weaker_yields_and_the_other_stands_for_both(found: Callable[..., Any]) -> None:
    (finding,) = found("debian", *BOTH)
    assert finding["rule"] == "image-tag-fixed"
    assert {"CKV_K8S_14", "CKV_K8S_43"} <= set(finding["replaces"]["checkov"])


def test_it_speaks_where_the_other_has_nothing_to_say(found: Callable[..., Any]) -> None:
    assert [f["rule"] for f in found("debian:13.1", *BOTH)] == ["image-pinned-by-digest"]
    assert [f["rule"] for f in found("debian", "--rule", "image-pinned-by-digest")] == ["image-pinned-by-digest"]


def test_nothing_yields_to_what_weighs_less(found: Callable[..., Any]) -> None:
    softened = "rules: {image-tag-fixed: {severity: info}}\n"
    assert {f["rule"] for f in found("debian", *BOTH, config=softened)} == {"image-tag-fixed", "image-pinned-by-digest"}


def test_what_is_ignored_still_stands_for_both(found: Callable[..., Any]) -> None:
    ignored = "debian}  # guardrail:ignore image-tag-fixed reason=\"moves on purpose\"\n    env: {A: b"
    (finding,) = found(ignored, *BOTH)
    assert finding["suppression"]["by"] == "inline"


def test_what_yields_to_a_finding_that_yields_itself_is_not_lost(
    tmp_path: Path, guardrail: Callable[..., Any]
) -> None:
    """To the rule about single ports the one about addresses yields, and it to the one about all ports."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "main.tf").write_text(
        'resource "digitalocean_firewall" "f" {\n  name = "f"\n  inbound_rule {\n    protocol = "tcp"\n'
        '    port_range = "1-65535"\n    source_addresses = ["0.0.0.0/0"]\n  }\n}\n'
    )
    rules = ("droplet-firewall-bounded", "network-ssh-closed", "network-all-ports-closed")
    options = [word for rule in rules for word in ("--rule", rule)]
    (finding,) = json.loads(guardrail("scan", tmp_path, "-f", "json", *options).out)["findings"]
    assert finding["rule"] == "network-all-ports-closed"
    assert {"CKV_DIO_4", "CKV_AWS_24", "CKV_AWS_277"} <= set(finding["replaces"]["checkov"])


MODULE = """
variable "versioned" {}
variable "expires" {}
resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration {
    status = var.versioned ? "Enabled" : "Suspended"
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  count  = var.expires ? 1 : 0
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "old"
    status = "Enabled"
    expiration {
      days = 9
    }
  }
}
"""


@pytest.mark.parametrize(
    ("calls", "rules"),
    [  # (versioned, with rules for what is old), of each call
        ([(False, False), (True, False)], {"bucket-lifecycle": 2}),
        ([(True, False), (True, True)], {"bucket-lifecycle": 1, "bucket-versions-expire": 1}),
    ],
)
def test_it_yields_to_what_speaks_of_more_instances(
    tmp_path: Path, guardrail: Callable[..., Any], calls: list[tuple[bool, bool]], rules: dict[str, int]
) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "main.tf").write_text(MODULE)
    call = 'module "m%d" {\n  source = "./bucket"\n  versioned = %s\n  expires = %s\n}\n'
    told = (call % (number, *(str(each).lower() for each in given)) for number, given in enumerate(calls))
    (tmp_path / "main.tf").write_text("".join(told))
    options = ("--rule", "bucket-lifecycle", "--rule", "bucket-versions-expire")
    findings = json.loads(guardrail("scan", tmp_path, "-f", "json", *options).out)["findings"]
    assert {finding["rule"]: len(finding["instances"]) for finding in findings} == rules


def test_instances_yield_by_themselves(tmp_path: Path, guardrail: Callable[..., Any]) -> None:
    (tmp_path / "main.tf").write_text("""
resource "kubernetes_pod_v1" "p" {
  for_each = { a = "debian", b = "debian:13.1" }
  metadata {
    name = each.key
  }
  spec {
    container {
      name  = "c"
      image = each.value
    }
  }
}
""")
    findings = json.loads(guardrail("scan", tmp_path, "-f", "json", *BOTH).out)["findings"]
    assert [(finding["rule"], finding["message"]) for finding in findings] == [
        ("image-tag-fixed", "the image debian of container c has no fixed tag (tag: not set)"),
        ("image-pinned-by-digest", "the image debian of container c is not pinned by digest (tag: 13.1)"),
    ]


@pytest.mark.parametrize(
    ("stronger", "left"),
    [
        ([("a",)], ["strong", "weak"]),
        ([("a",), ("b",)], ["strong", "strong"]),
        ([("c", "b", "a")], ["strong"]),
        ([("a",), ("c",)], ["strong", "strong", "weak"]),
    ],
)
def test_nothing_yields_to_what_speaks_of_fewer_instances(
    tmp_path: Path, stronger: list[tuple[str, ...]], left: list[str]
) -> None:
    (tmp_path / "p.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n")
    (made,) = scan(Request((str(tmp_path),), only=("workload-not-bare",))).findings
    weak = made._replace(rule="weak", instances=("a", "b"), resource="a")
    rules: Any = [SimpleNamespace(id="weak", yields_to=("strong",))]
    findings = [made._replace(rule="strong", instances=instances) for instances in stronger]
    assert [finding.rule for finding in without_doubles([*findings, weak], rules)] == left


def test_nor_does_one_rule_say_it_twice(tmp_path: Path, guardrail: Callable[..., Any]) -> None:
    """Of an annotation that is the container's profile, and the workload's, too."""
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\n"
        "metadata: {name: web, annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}}\n"
        "spec: {containers: [{name: a}]}\n"
    )
    findings = json.loads(guardrail("scan", tmp_path, "-f", "json", "--rule", "container-apparmor").out)["findings"]
    assert [finding["message"] for finding in findings] == ["a opts out of the runtime's AppArmor profile"]
