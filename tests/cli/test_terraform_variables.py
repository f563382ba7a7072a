"""Values of Terraform's variables from the command line and, where it is asked for, from the environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

Guardrail = Callable[..., Run]

BUCKET = 'variable "acl" { default = "private" }\n\nresource "aws_s3_bucket" "b" {\n  acl = var.acl\n}\n'


def acl(guardrail: Guardrail, folder: Path, *arguments: str) -> object:
    told = json.loads(guardrail("inspect", folder, "--format", "json", *arguments).out)
    return told["resources"][0]["attributes"]["acl"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "main.tf").write_text(BUCKET)
    monkeypatch.setenv("TF_VAR_acl", "public-read")
    return tmp_path


def test_the_environment_counts_only_where_it_is_asked_for(folder: Path, guardrail: Guardrail) -> None:
    assert acl(guardrail, folder) == "private"
    assert acl(guardrail, folder, "--tf-var-env") == "public-read"
    assert acl(guardrail, folder, "--tf-var-env", "--var", "acl=log-delivery-write") == "log-delivery-write"


def test_a_scan_says_where_the_value_came_from(folder: Path, guardrail: Guardrail) -> None:
    arguments = ("scan", folder, "-f", "json", "--rule", "store-not-public")
    assert json.loads(guardrail(*arguments).out)["findings"] == []
    (finding,) = json.loads(guardrail(*arguments, "--tf-var-env").out)["findings"]
    assert "TF_VAR_acl" in json.dumps(finding["evidence"])


@pytest.mark.parametrize(
    ("declared", "used", "given"),
    [
        ("{}", "var.it", "Horse-Battery-77a"),
        ("{ sensitive = true }", "var.it", "Horse-Battery-77a"),
        ("{ type = object({ login = string }) }", "var.it.login", '{"login": "Horse-Battery-77a"}'),
        ("{}", '"x-${var.it}"', "Horse-Battery-77a"),
    ],
)
@pytest.mark.parametrize("environment", [True, False])
def test_what_is_given_from_outside_is_written_nowhere_and_shown_nowhere(
    declared: str, used: str, given: str, environment: bool,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guardrail: Guardrail,
) -> None:  # fmt: skip
    text = f'variable "it" {declared}\nresource "aws_db_instance" "b" {{\n  password = {used}\n}}\n'
    (tmp_path / "main.tf").write_text(text)
    monkeypatch.setenv("TF_VAR_it", given)
    arguments = ["--tf-var-env"] if environment else ["--var", f"it={given}"]
    told = json.loads(guardrail("scan", tmp_path, "-f", "json", "--rule", "no-plain-secrets", *arguments).out)
    assert told["findings"] == []
    for command in ("scan", "inspect"):
        assert "Horse-Battery" not in guardrail(command, tmp_path, "--format", "json", *arguments).out


def test_what_a_file_of_values_gives_is_written_there(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "dbs" {}\nresource "aws_db_instance" "b" {\n  for_each = var.dbs\n'
        "  password = each.value.login\n}\n"
    )
    (tmp_path / "terraform.tfvars").write_text('dbs = {\n  a = { login = "Horse-Battery-77a" }\n}\n')
    told = json.loads(guardrail("scan", tmp_path, "-f", "json", "--rule", "no-plain-secrets").out)
    assert [(finding["file"], finding["line"]) for finding in told["findings"]] == [("terraform.tfvars", 2)]


def test_what_guardrail_yaml_gives_is_written_there(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "password" {}\nresource "aws_db_instance" "x" {\n  password = var.password\n}\n'
    )
    (tmp_path / "guardrail.yaml").write_text("terraform:\n  variables:\n    password: Horse-Battery-77\n")
    run = guardrail("scan", tmp_path, "-f", "json", "--rule", "no-plain-secrets")
    [finding] = json.loads(run.out)["findings"]
    assert (finding["file"], finding["line"]) == ("guardrail.yaml", 3)
    assert "Horse-Battery-77" not in run.out


def test_what_terragrunt_hands_over_is_written_in_its_file(tmp_path: Path, guardrail: Guardrail) -> None:
    for folder in (".git", "module", "live"):
        (tmp_path / folder).mkdir()
    (tmp_path / "module" / "main.tf").write_text(
        'variable "password" {}\nresource "aws_db_instance" "x" {\n  password = var.password\n}\n'
    )
    (tmp_path / "live" / "terragrunt.hcl").write_text(
        'terraform {\n  source = "../module"\n  extra_arguments "own" {\n    commands  = ["plan", "apply"]\n'
        '    arguments = ["-var", "password=Horse-Battery-77"]\n  }\n}\n'
    )
    run = guardrail("scan", tmp_path, "-f", "json", "--rule", "no-plain-secrets")
    [finding] = json.loads(run.out)["findings"]
    assert (finding["file"], finding["line"]) == ("live/terragrunt.hcl", 3)
    assert "Horse-Battery-77" not in run.out


def test_a_variable_that_nobody_declares_is_noted(folder: Path, guardrail: Guardrail) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "main.tf").write_text('variable "size" {}\n')
    given = ("--var", "acl=private", "--var", "size=1", "--var", "acll=public-read")
    for _ in range(2):  # what is kept of a scan knows it too
        notes = json.loads(guardrail("scan", folder, "-f", "json", *given).out)["notes"]
        assert [(note["kind"], note["message"]) for note in notes] == [
            ("undeclared-variable", "--var acll: no root module declares it")
        ]
