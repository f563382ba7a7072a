"""Frameworks: their controls, the rules that are mapped to them, and how files stand to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guardrail.errors import RuleError
from guardrail.formats.yaml import load
from guardrail.policy.bundle import load_bundle
from guardrail.policy.frameworks import check_mapping, load_frameworks
from guardrail.shipped import folder

FILES = {
    "main.tf": """
resource "aws_efs_file_system" "plain" {
  encrypted = false
}

resource "aws_ebs_volume" "v" {
  availability_zone = "eu-west-1a"
  size              = 8
  encrypted         = true
}

variable "encrypted" {}

resource "aws_db_instance" "d" {
  storage_encrypted   = var.encrypted
  publicly_accessible = false
}
""",
    "pod.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def states(run: Any) -> dict[str, str]:
    return {control["id"]: control["state"] for control in json.loads(run.out)["controls"]}


def test_every_control_has_an_id_and_words() -> None:
    for name, framework in load_frameworks().items():
        assert framework.name == name
        assert framework.controls, name
        for control, title in framework.controls.items():
            assert control == control.strip()
            assert 3 <= len(title) <= 90, (name, control)
        assert set(framework.kinds) <= {"", *framework.controls}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{cis-aws-3: ['1.1']}", "1:2: no framework is called 'cis-aws-3'; did you mean \"cis-aws-3.0\"?"),
        ("{cis-aws-3.0: ['9.9']}", "cis-aws-3.0 has no control '9.9'"),
        ("{nist-800-53-r5: [AC-66]}", "nist-800-53-r5 has no control 'AC-66'; did you mean \"AC-6\"?"),
        ("{cis-aws-3.0: ['1.1(2)']}", "cis-aws-3.0 has no control '1.1(2)'"),
    ],
)
def test_what_does_not_exist_does_not_load(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_mapping(load(text.encode(), "r.yaml").documents[0].value, "r.yaml")
    assert message in str(caught.value)


def test_controls_of_nist_have_enhancements() -> None:
    check_mapping(load(b"{nist-800-53-r5: [AC-6(10), IA-5(1)]}", "r.yaml").documents[0].value, "r.yaml")


def test_every_framework_has_rules() -> None:
    rules = load_bundle(folder("rules")).rules.values()
    mapped = {name for rule in rules for name in rule.data.get("frameworks") or ()}
    assert mapped == set(load_frameworks())


def test_control_by_control(tree: Path, guardrail: Any) -> None:
    run = guardrail("frameworks", "cis-aws-3.0", tree, "-f", "json")
    assert run.code == 0
    found = states(run)
    assert found["2.4.1"] == "fail"  # EFS, and neither EBS nor RDS, though it is one rule
    assert found["2.2.1"] == "pass"
    assert found["2.3.1"] == "undetermined"
    assert found["2.3.3"] == "pass"
    assert found["5.6"] == "nothing"
    assert found["1.3"] == "not-covered"
    rules = {c["id"]: c["rules"] for c in json.loads(run.out)["controls"]}["2.4.1"]
    assert [(rule["rule"], rule["failures"]) for rule in rules] == [("store-encrypted", 1)]
    assert set(states(guardrail("frameworks", "cis-azure", tree, "-f", "json")).values()) == {"nothing", "not-covered"}


def test_what_is_ignored_or_turned_off_is_not_passed(tree: Path, guardrail: Any) -> None:
    (tree / "main.tf").write_text(
        FILES["main.tf"].replace("= false\n", '= false # guardrail:ignore store-encrypted reason="scratch"\n', 1)
    )
    assert states(guardrail("frameworks", "cis-aws", tree, "-f", "json"))["2.4.1"] == "suppressed"
    (tree / "guardrail.yaml").write_text("rules: {store-encrypted: off}\n")
    assert states(guardrail("frameworks", "cis-aws", tree, "-f", "json"))["2.4.1"] == "off"


def test_in_words(tree: Path, guardrail: Any) -> None:
    out = guardrail("frameworks", "cis-aws", tree).out
    assert "2.4.1  EFS file systems are encrypted\n         FAIL  store-encrypted (1 failing)\n" in out
    assert "1.3    Security questions are registered\n         not covered\n" in out
    assert "nist-800-53-r5" in guardrail("frameworks").out
    assert "store-encrypted" in guardrail("frameworks", "iso-27001").out
    assert "did you mean \"cis-aws-3.0\"?" in guardrail("frameworks", "cis-asw-3.0").err


def test_the_cache_keeps_what_passed(tree: Path, guardrail: Any) -> None:
    (tree / "main.tf").write_text(FILES["main.tf"] + "# " + "x" * 150_000 + "\n")
    first = guardrail("frameworks", "cis-aws", tree, "-f", "json").out
    assert guardrail("frameworks", "cis-aws", tree, "-f", "json").out == first


def test_an_incomplete_scan_says_so(tree: Path, guardrail: Any) -> None:
    (tree / "broken.tf").write_text('resource "aws_s3_bucket" {{{\n')
    run = guardrail("frameworks", "cis-aws", tree)
    assert run.code == 3
    assert "The scan is incomplete" in run.err
