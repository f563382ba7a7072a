"""Lists of which some items are known: joined with one that is not, or with what a condition adds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Map, OneOf, PartList, Perhaps, Seq, Unknown
from guardrail.tree import Tree

GIVEN = """
variable "on" {}
variable "more" {}
resource "aws_x" "y" {
  a = %s
}
"""
A, B = '{ n = "a" }', '{ n = "b" }'


def value_of(expression: str) -> Any:
    text = GIVEN % expression
    made = read(["main.tf"], Tree("/nonexistent", {"main.tf": text.encode()}), ReadOptions())
    assert made.problems == []
    return next(r for r in made.resources if r.kind == "aws_x").attributes["a"]


def shape(value: Any) -> Any:
    """`?` before what may be there, or for what nobody knows."""
    if isinstance(value, Perhaps):
        return "?" + "".join(map(shape, value.blocks))
    if isinstance(value, OneOf):
        return "one of " + json.dumps(value.choices)
    if isinstance(value, Map):
        return value["n"]
    return "?" if isinstance(value, Unknown) else value


@pytest.mark.parametrize(
    ("expression", "items"),
    [
        (f"concat([{A}], var.more)", ["a", "?"]),
        (f"concat(var.more, [{A}])", ["?", "a"]),
        (f"concat([{A}], var.on ? [{B}] : [])", ["a", "?b"]),
        (f"concat(concat([{A}], var.more), [{B}])", ["a", "?", "b"]),
        ('concat(["a"], var.on ? ["b"] : [])', ["a", 'one of [["b"], []]']),
        (f"var.on ? [{A}] : []", ["?a"]),
        (f"var.on ? [{A}, {B}] : [{A}]", ["a", "?b"]),
        (f"var.on ? [{A}] : [{B}]", ["?ab"]),
        (f"var.on ? concat([{A}], var.more) : [{B}]", ["?a?b"]),
        (f"flatten([{A}, var.on ? [{B}] : []])", ["a", "?b"]),
        (f"flatten([[{A}], var.more])", ["a", "?"]),
        (f"flatten([{A}, var.on ? [[{B}]] : []])", ["a", "?b"]),
        (f"tolist(distinct(concat([{A}], var.more)))", ["a", "?"]),
    ],
)
def test_what_is_known_of_them(expression: str, items: list[str]) -> None:
    value = value_of(expression)
    assert isinstance(value, PartList)
    assert [shape(item) for item in value.items] == items


@pytest.mark.parametrize(
    "expression",
    ["concat(var.more, var.more)", "flatten([var.more])", f"length(concat([{A}], var.more))",
     f"concat([{A}], var.more)[0]", f"sensitive(concat([{A}], var.more))", f"concat(sensitive([{A}]), var.more)",
     f"[for x in concat([{A}], var.more) : x]", f"var.on ? [{A}] : var.more"],
)  # fmt: skip
def test_what_is_unknown_all_the_same(expression: str) -> None:
    assert type(value_of(expression)) is Unknown


def test_lists_that_are_known_are_no_such_lists() -> None:
    assert type(value_of(f"concat([{A}], [{B}])")) is Seq
    assert type(value_of(f"var.on ? [{A}] : [{A}]")) is Seq
    assert value_of(f"concat([{A}], var.more)") != value_of(f"concat([{B}], var.more)")


@pytest.fixture
def verdicts(tmp_path: Path, guardrail: Callable[..., Any]) -> Callable[..., list[tuple[str, str, int]]]:
    def scan(text: str, *rules: str) -> list[tuple[str, str, int]]:
        (tmp_path / "main.tf").write_text('variable "on" {}\nvariable "more" {}\n' + text)
        asked = [word for rule in rules for word in ("--rule", rule)]
        found = json.loads(guardrail("scan", tmp_path, "-f", "json", "--no-cache", *asked).out)
        assert not found["problems"]
        return [(finding["rule"], finding["verdict"], finding["line"]) for finding in found["findings"]]

    return scan


@pytest.mark.parametrize(
    "rules",
    ["for_each = concat([{ port = 22 }], var.on ? [{ port = 3389 }] : [])",
     "for_each = var.on ? [{ port = 22 }, { port = 3389 }] : [{ port = 22 }]"],
)  # fmt: skip
def test_blocks_of_a_dynamic_one(rules: str, verdicts: Any) -> None:
    text = f"""resource "aws_security_group" "x" {{
  dynamic "ingress" {{
    {rules}
    content {{
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }}
  }}
}}
"""
    found = verdicts(text, "network-ssh-closed", "network-rdp-closed")
    assert found == [("network-rdp-closed", "fail", 10), ("network-ssh-closed", "fail", 10)]


def test_how_many_more_blocks_there_are_is_left_open(verdicts: Any) -> None:
    text = """resource "aws_security_group" "x" {
  dynamic "ingress" {
    for_each = concat([22], var.more)
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
"""
    found = verdicts(text, "network-ssh-closed", "network-all-ports-closed")
    assert found == [("network-all-ports-closed", "undetermined", 7), ("network-ssh-closed", "fail", 10)]


def test_a_list_in_which_one_known_item_is_enough(verdicts: Any) -> None:
    text = """resource "aws_security_group" "x" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = concat(["0.0.0.0/0"], var.more)
  }
}
resource "aws_iam_policy" "x" {
  policy = jsonencode({ Statement = { Effect = "Allow", Resource = "*", Action = concat(["iam:*"], var.more) } })
}
resource "google_compute_firewall" "x" {
  network       = "default"
  source_ranges = concat(["10.0.0.0/8"], var.more)
}
"""
    found = verdicts(text, "network-ssh-closed", "grant-no-iam-wildcard")
    assert ("network-ssh-closed", "fail", 8) in found
    assert ("grant-no-iam-wildcard", "fail", 12) in found


def test_a_documents_list_of_documents(verdicts: Any) -> None:
    text = """data "aws_iam_policy_document" "a" {
  statement {
    actions   = ["iam:*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "x" {
  source_policy_documents = concat([data.aws_iam_policy_document.a.json], var.more)
}
resource "aws_iam_policy" "x" {
  policy = data.aws_iam_policy_document.x.json
}
"""
    found = verdicts(text, "grant-no-iam-wildcard")
    assert found == [("grant-no-iam-wildcard", "fail", 5), ("grant-no-iam-wildcard", "undetermined", 10)]


def test_checks_of_each_item_see_those_that_may_be_there(verdicts: Any) -> None:
    role = """resource "kubernetes_role" "x" {
  dynamic "rule" {
    for_each = var.on ? [1] : []
    content {
      resources      = ["configmaps"]
      resource_names = ["NAME"]
      verbs          = ["get", "update"]
    }
  }
}
"""
    found = verdicts(role.replace("NAME", "aws-auth"), "rbac-no-aws-auth-writes")
    assert found == [("rbac-no-aws-auth-writes", "fail", 8)]
    assert verdicts(role.replace("NAME", "settings"), "rbac-no-aws-auth-writes") == []
