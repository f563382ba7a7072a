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
