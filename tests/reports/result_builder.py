"""Results made by hand for the tests of the reports."""

from __future__ import annotations

from typing import Any

from guardrail.model import (
    Coverage,
    Evidence,
    Excerpt,
    Finding,
    Note,
    Problem,
    Result,
    RuleCard,
    Span,
    Suppression,
)

MAIN = (
    'resource "aws_s3_bucket" "logs" {',
    "  bucket = \"acme-logs\"",
    "  acl    = var.acl",
    "  force_destroy = true",
    "}",
)


def excerpt(lines: tuple[str, ...] = MAIN, first: int = 11) -> Excerpt:
    return Excerpt(first, lines)


def finding(**changes: Any) -> Finding:
    """A failure of `store-public-acl` at main.tf:13:12, with what the caller wants otherwise."""
    fields: dict[str, Any] = {
        "rule": "store-public-acl",
        "title": "Stores are not public",
        "severity": "critical",
        "category": "security",
        "verdict": "fail",
        "resource": "aws_s3_bucket.logs",
        "instances": ("aws_s3_bucket.logs",),
        "kind": "aws_s3_bucket",
        "platform": "terraform",
        "provider": "aws",
        "span": Span("main.tf", 13, 12, 13, 19),
        "message": 'bucket "logs" is readable by everyone',
        "remedy": "Set `acl` to `private`, and grant what is needed in a bucket policy.",
        "evidence": (Evidence("", "public-read", Span("variables.tf", 3, 3, 3, 26), "default of var.acl"),),
        "replaces": {"trivy": ["AVD-AWS-0092"], "checkov": ["CKV_AWS_20", "CKV_AWS_57"]},
        "frameworks": {"nist-800-53-r5": ["AC-3"], "cis-aws-3.0": ["2.1.4"]},
        "fingerprint": "a" * 64,
        "excerpt": excerpt(),
    }
    fields.update(changes)
    return Finding(**fields)


def card(of: Finding, **changes: Any) -> RuleCard:
    fields: dict[str, Any] = {
        "id": of.rule,
        "title": of.title,
        "severity": of.severity,
        "category": of.category,
        "why": "What everyone can read, someone reads. `public-read` lists the bucket too.",
        "remedy": of.remedy,
        "on": ("store",),
        "replaces": of.replaces,
        "frameworks": of.frameworks,
    }
    fields.update(changes)
    return RuleCard(**fields)


def result(*findings: Finding, **changes: Any) -> Result:
    """A result of these findings and the cards of their rules."""
    fields: dict[str, Any] = {
        "findings": list(findings),
        "coverage": Coverage(analysed=40, partial=1, skipped=3, failed=0, resources=120, rules=60, passes=900),
        "rules": {item.rule: card(item) for item in findings},
        "base": "/home/someone/checkout",
    }
    fields.update(changes)
    return Result(**fields)


def mixed() -> Result:
    """One of everything: all severities, platforms and verdicts, suppressions, a problem, a note."""
    pod = ("spec:", "  containers:", "\t- name: api", "    image: api:latest")
    return result(
        finding(),
        finding(
            rule="container-memory-limit",
            title="Containers set a memory limit",
            severity="medium",
            category="resource-limits",
            resource="Deployment/default/api",
            instances=("Deployment/default/api",),
            kind="Deployment",
            platform="kubernetes",
            provider="kubernetes",
            span=Span("k8s/deploy.yaml", 22, 4, 22, 13),
            message='container "api" sets no memory limit',
            remedy="Set `resources.limits.memory`.",
            evidence=(),
            replaces={"checkov": ["CKV_K8S_13"]},
            frameworks={},
            fingerprint="b" * 64,
            excerpt=Excerpt(20, pod),
        ),
        finding(
            rule="dependency-pinned",
            title="Third-party code is pinned by digest",
            severity="high",
            category="supply-chain",
            resource=".github/workflows/ci.yml#jobs.build.steps[0]",
            instances=(".github/workflows/ci.yml#jobs.build.steps[0]",),
            kind="step",
            platform="pipeline",
            provider="github-actions",
            span=Span(".github/workflows/ci.yml", 9, 15, 9, 34),
            message="actions/checkout@v4 can be moved to other code",
            evidence=(),
            fingerprint="c" * 64,
            excerpt=Excerpt(8, ("    steps:", "      - uses: actions/checkout@v4", "      - run: make")),
        ),
        finding(
            rule="store-encrypted",
            title="Stores are encrypted",
            severity="high",
            verdict="undetermined",
            resource="aws_ebs_volume.data[0]",
            instances=("aws_ebs_volume.data[0]", "aws_ebs_volume.data[1]", "aws_ebs_volume.data[2]"),
            span=Span("storage.tf", 4, 3, 4, 26),
            message="cannot tell whether the volume is encrypted: var.encrypted has no value",
            evidence=(
                Evidence("encrypted", {"$unknown": "var.encrypted has no value"}, Span("storage.tf", 4, 3, 4, 26), ""),
            ),
            fingerprint="d" * 64,
            excerpt=None,
        ),
        finding(
            rule="tags-required",
            title="Resources carry the tags of the house",
            severity="low",
            category="tagging",
            span=Span("main.tf", 11, 1, 11, 32),
            message="lacks the tag CostCentre",
            evidence=(),
            fingerprint="e" * 64,
            suppression=Suppression("inline", "moves to team B", Span("main.tf", 10, 1, 10, 40)),
        ),
        finding(
            rule="tags-required",
            title="Resources carry the tags of the house",
            severity="info",
            category="tagging",
            enforce="warn",
            span=Span("legacy/old.tf", 0, 0, 0, 0),
            message="the file tags nothing",
            evidence=(),
            fingerprint="f" * 64,
            excerpt=None,
            suppression=Suppression("waiver", "until the cut-over", None, "2031-01-31"),
        ),
        finding(
            rule="job-timeout",
            title="Jobs end in time",
            severity="info",
            category="cost",
            enforce="warn",
            resource=".github/workflows/ci.yml#jobs.build",
            instances=(".github/workflows/ci.yml#jobs.build",),
            kind="job",
            platform="pipeline",
            provider="github-actions",
            span=Span(".github/workflows/ci.yml", 6, 3, 6, 9),
            message="job build has no timeout",
            evidence=(),
            replaces={},
            frameworks={},
            fingerprint="0" * 64,
            excerpt=Excerpt(6, ("  build:",)),
        ),
        problems=[
            Problem("syntax", "expected a closing brace", "broken.tf", 7),
            Problem("empty-scan", "nothing to scan in examples/"),
        ],
        notes=[Note("remote-module", "module.vpc comes from a registry and is not read", "network.tf", 2)],
    )
