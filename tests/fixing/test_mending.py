"""What is mended is what another scan agrees to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import REPOSITORY

from guardrail.fixing.assignments import assignment_of
from guardrail.fixing.mending import Mended, mend
from guardrail.planning import Request
from guardrail.scanning import scan

RULES = REPOSITORY / "rules"
EKS = 'resource "aws_eks_cluster" "m" {\n  vpc_config {\n    subnet_ids = ["s"]\n  }\n}\n'


def written(tree: Path, files: dict[str, str], *rules: str) -> Mended:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")
    (tree / ".git").mkdir(exist_ok=True)
    return mend(Request(paths=(str(tree),), only=rules))


def test_nothing_is_written(tmp_path: Path) -> None:
    key = 'resource "aws_kms_key" "k" {\n  description = "k"\n}\n'
    mended = written(tmp_path, {"main.tf": key}, "key-rotation")
    assert mended.after == {"main.tf": key.replace('"k"\n', '"k"\n\n  enable_key_rotation = true\n').encode()}
    assert (tmp_path / "main.tf").read_text() == key


def test_of_several_at_one_place_each_is_made(tmp_path: Path) -> None:
    database = 'resource "aws_db_instance" "d" {\n  engine = "postgres"\n  multi_az = false\n}\n'
    rules = ("database-iam-authentication", "snapshot-tags-copied", "store-multi-zone")
    mended = written(tmp_path, {"main.tf": database}, *rules)
    assert {finding.rule for finding in mended.findings} == set(rules)
    text = mended.after["main.tf"].decode()
    for line in ("multi_az = true", "copy_tags_to_snapshot = true", "iam_database_authentication_enabled = true"):
        assert text.count(line) == 1


def test_a_value_from_elsewhere_is_left_alone(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "public" {\n  default = true\n}\n'
        'resource "aws_db_instance" "d" {\n  publicly_accessible = var.public\n}\n'
    }
    mended = written(tmp_path, files, "database-not-public")
    assert (len(mended.result.failures), mended.after) == (1, {})


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("endpoint-encrypted", 'resource "aws_lb_listener" "w" {\n  port     = 80\n  protocol = "HTTP"\n}\n'),
        ("cluster-no-public-endpoint", EKS),
        ("cluster-endpoint-private", EKS),
        ("firewall-egress-denied-by-default", 'resource "linode_firewall" "f" {\n  outbound_policy = "ACCEPT"\n}\n'),
        ("vault-access-by-roles", 'resource "azurerm_key_vault" "v" {\n  name = "v"\n  access_policy {}\n}\n'),
        (
            "bucket-acls-disabled",
            'resource "aws_s3_bucket_ownership_controls" "c" {\n  bucket = "b"\n  rule {\n'
            '    object_ownership = "ObjectWriter"\n  }\n}\n'
            'resource "aws_s3_bucket_acl" "a" {\n  bucket = "b"\n  acl    = "private"\n}\n',
        ),
        ("table-capacity-scales", 'resource "aws_dynamodb_table" "t" {\n  billing_mode = "PROVISIONED"\n}\n'),
    ],
)  # fmt: skip
def test_half_of_a_remedy_is_not_done(tmp_path: Path, rule: str, text: str) -> None:
    mended = written(tmp_path, {"main.tf": text}, rule)
    assert (len(mended.result.failures), mended.after) == (1, {})


def test_a_module_is_mended_for_all_its_callers(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "a" {\n  source = "./m"\n}\nmodule "b" {\n  source = "./m"\n}\n',
        "m/main.tf": 'resource "aws_kms_key" "k" {\n  enable_key_rotation = false\n}\n',
    }
    mended = written(tmp_path, files, "key-rotation")
    assert list(mended.after) == ["m/main.tf"]
    assert [len(finding.instances) for finding in mended.findings] == [2]


def test_manifests_and_workflows_are_mended(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a:1\n"
    workflow = (
        "on: push\npermissions: {contents: read}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
    )
    rules = (
        "container-privilege-escalation", "container-seccomp", "workload-token-automount",
        "checkout-credentials-not-kept",
    )  # fmt: skip
    mended = written(tmp_path, {"pod.yaml": pod, ".github/workflows/a.yml": workflow}, *rules)
    assert {finding.rule for finding in mended.findings} == set(rules)
    assert yaml.safe_load(mended.after["pod.yaml"])["spec"] == {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "a",
                "image": "a:1",
                "securityContext": {"allowPrivilegeEscalation": False, "seccompProfile": {"type": "RuntimeDefault"}},
            }
        ],
    }
    assert mended.after[".github/workflows/a.yml"].decode() == (
        workflow + "        with:\n          persist-credentials: false\n"
    )


def test_a_checkout_whose_token_may_be_needed_keeps_it(tmp_path: Path) -> None:
    workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n"
    pushes = workflow + "      - run: git push\n"
    files = {".github/workflows/a.yml": workflow, ".github/workflows/b.yml": pushes}
    mended = written(tmp_path, files, "checkout-credentials-not-kept")
    assert (len(mended.result.failures), mended.after) == (2, {})


def test_what_does_not_help_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that leaves the finding where it is, beside one that takes another away."""
    from guardrail.fixing import mending, terraform
    from guardrail.fixing.assignments import Assignment

    def edited(source: bytes, span: Any, wanted: Assignment) -> bytes | None:
        if wanted.name == "enable_key_rotation":
            wanted = wanted._replace(path=("is_enabled",))
        return terraform.edited(source, span, wanted)

    monkeypatch.setattr(mending, "_editor", lambda file: edited)
    files = {
        "main.tf": 'resource "aws_kms_key" "k" {\n  description = "k"\n}\n'
        'resource "aws_db_instance" "d" {\n  publicly_accessible = true\n}\n'
    }
    mended = written(tmp_path, files, "key-rotation", "database-not-public")
    assert [finding.rule for finding in mended.findings] == ["database-not-public"]
    assert b"is_enabled" not in mended.after["main.tf"]


def test_what_breaks_a_file_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from guardrail.fixing import mending

    monkeypatch.setattr(mending, "_editor", lambda file: lambda source, span, wanted: b'resource "x" {\n')
    key = 'resource "aws_kms_key" "k" {\n  description = "k"\n}\n'
    assert written(tmp_path, {"main.tf": key}, "key-rotation").after == {}


def test_the_remedies_of_rules_mend_their_examples(tmp_path: Path) -> None:
    """Of every rule whose remedy is an assignment: what is said to be mended is found no more. Most of it is mended;
    the rest stands in blocks that are missing, or comes from elsewhere."""
    count = Counter[str]()
    for path in sorted(RULES.glob("*/*.yaml")):
        rule = yaml.safe_load(path.read_text(encoding="utf-8"))
        remedy = rule.get("remedy")
        said = remedy.values() if isinstance(remedy, dict) else [remedy]
        if not any(assignment_of(" ".join(each.split())) for each in said):
            continue
        for number, example in enumerate(rule["examples"]):
            text = example.get("fail")
            if not isinstance(text, str) or 'resource "' not in text:
                continue
            tree = tmp_path / f"{rule['id']}-{number}"
            mended = written(tree, {"main.tf": text}, rule["id"])
            wanted = [one for one in mended.result.failures if assignment_of(one.remedy)]
            count["wanted"] += len(wanted)
            count["mended"] += len(mended.findings)
            if mended.after:
                (tree / "main.tf").write_bytes(mended.after["main.tf"])
                left = scan(Request(paths=(str(tree),), only=(rule["id"],)))
                gone = {one.fingerprint for one in mended.findings}
                assert not gone & {one.fingerprint for one in left.failures}, rule["id"]
                assert left.problems == mended.result.problems, rule["id"]
    assert count["mended"] >= 495
    assert count["mended"] >= 0.7 * count["wanted"]
