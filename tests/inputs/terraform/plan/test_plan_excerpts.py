"""A plan is one line, with everybody's secrets on it: no report quotes it, and none tells what it was made with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Run

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.plan import read
from guardrail.tree import Tree

FORMS = ("text", "json", "sarif", "html", "junit", "markdown", "gitlab", "csv")

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {"resources": []}},
    "resource_changes": [
        {
            "address": address, "mode": "managed", "type": kind, "name": "x",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {}},
        }
        for address, kind, after in (
            ("aws_sqs_queue.x", "aws_sqs_queue", {"name": "jobs", "sqs_managed_sse_enabled": False}),
            ("aws_db_instance.x", "aws_db_instance", {"identifier": "db", "password": "correct-horse-7"}),
        )
    ],
    "configuration": {},
}  # fmt: skip


def test_nothing_of_a_plan_is_quoted(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    for form in ("text", "json", "sarif", "html"):
        done = guardrail("scan", tmp_path, "-f", form)
        assert done.code == 1
        assert "aws_sqs_queue.x" in done.out
        assert "correct-horse" not in done.out


CALLER = 'variable "dbs" {}\n\nmodule "m" {\n  source = "./mod"\n  dbs    = var.dbs\n}\n'
CALLED = """\
variable "dbs" {}

resource "aws_db_instance" "this" {
  for_each            = var.dbs
  identifier          = each.key
  publicly_accessible = each.value.public
  password            = each.value.login
  tags                = { note = each.value.note }
}
"""


def database_plan(after: dict[str, Any], sensitive: dict[str, Any], **more: Any) -> dict[str, Any]:
    change = {
        "actions": ["create"], "before": None, "after_unknown": {}, "after_sensitive": sensitive,
        "after": {"identifier": "a", "publicly_accessible": True, **after},
    }  # fmt: skip
    made = {
        "address": 'module.m.aws_db_instance.this["a"]', "module_address": "module.m", "mode": "managed",
        "type": "aws_db_instance", "name": "this", "index": "a", "change": change,
        "provider_name": "registry.terraform.io/hashicorp/aws",
    }  # fmt: skip
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [made], **more}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_variable_was_given_with_the_value_is_not_told(
    form: str, tmp_path: Path, guardrail: Callable[..., Run]
) -> None:
    """`public` is what decides; `login` and `note` come the same way."""
    given = {"public": True, "login": "aZ71", "note": "only-Terraform-knows"}
    document = database_plan({"password": "aZ71"}, {"password": True}, variables={"dbs": {"value": {"a": given}}})
    (tmp_path / "mod").mkdir()
    (tmp_path / "main.tf").write_text(CALLER)
    (tmp_path / "mod" / "main.tf").write_text(CALLED)
    (tmp_path / "plan.json").write_text(json.dumps(document))
    done = guardrail("scan", tmp_path / "plan.json", "--base", tmp_path, "-f", form, "--rule", "database-not-public")
    assert done.code == 1
    assert "mod/main.tf" in done.out
    assert "aZ71" not in done.out
    assert "only-Terraform" not in done.out
    if form in ("text", "json"):
        assert "variable dbs of the plan plan.json" in done.out


@pytest.mark.parametrize(
    "more",
    [
        {"after": {"password": "hush-a-bye"}, "sensitive": {"password": True}},
        {"variables": {"dbs": {"value": {"a": {"password": "hush-a-bye"}}}}},
        {"output_changes": {"o": {"actions": ["create"], "after": ["hush-a-bye"], "after_sensitive": True}}},
        {"planned_values": {"outputs": {"o": {"sensitive": True, "value": "hush-a-bye"}}}},
        {"prior_state": {"values": {"outputs": {"o": {"sensitive": True, "value": "hush-a-bye"}}}}},
        {"prior_state": {"values": {"root_module": {"resources": [
            {"address": "a_b.c", "mode": "managed", "type": "a_b", "values": {"k": [{"l": "hush-a-bye"}, {"l": "m"}]},
             "sensitive_values": {"k": [{"l": True}, {}]}},
        ]}}}},
        {"configuration": {"root_module": {"variables": {"v": {"sensitive": True}}}},
         "variables": {"v": {"value": {"a": ["hush-a-bye"]}}}},
    ],
)  # fmt: skip
def test_what_a_plan_marks_anywhere_is_secret_everywhere(more: dict[str, Any]) -> None:
    more = dict(more)
    document = database_plan(more.pop("after", {}), more.pop("sensitive", {}), **more)
    tree = Tree("/nonexistent", {"plan.json": json.dumps(document).encode()})
    assert {text for text in read(["plan.json"], tree, ReadOptions()).secrets if text != "m"} == {"hush-a-bye"}


def test_what_was_handed_in_is_written_nowhere(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    connection = "Server=db;Uid=u;Pwd=Horse-Battery-88e"
    variables = {"DB_PASSWORD": "Horse-Battery-77d", "CONN": connection, "API_PASSWORD": "Horse-Battery-99f"}
    after = {"function_name": "f", "environment": [{"variables": variables}]}
    resource = {"address": "aws_lambda_function.f", "mode": "managed", "type": "aws_lambda_function", "name": "f"}
    document = {
        "format_version": "1.2", "terraform_version": "1.11.4",
        "variables": {"o": {"value": {"login": "Horse-Battery-77d"}}, "d": {"value": connection}},
        "resource_changes": [{**resource, "change": {"actions": ["create"], "after": after, "after_unknown": {}}}],
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(document))
    done = guardrail("scan", tmp_path, "-f", "json", "--rule", "no-plain-secrets")
    assert [finding["message"] for finding in json.loads(done.out)["findings"]] == [
        "a credential stands in plain sight: aws_lambda_function.f API_PASSWORD (password)"
    ]
    assert "Horse-Battery" not in guardrail("inspect", tmp_path, "--format", "json").out
