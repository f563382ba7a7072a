"""`known`: rules that would rather say nothing of what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.conditions import Scope, compile_condition
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory
from guardrail.tree import Tree

MAIN = """
variable "image" {}
variable "secret" {
  default   = "x"
  sensitive = true
}
resource "aws_kms_key" "a" {}
resource "aws_sqs_queue" "a" {
  name = %s
}
"""


def ask(condition: dict[str, Any], written: str) -> bool | None:
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": (MAIN % written).encode()}), ReadOptions())
    resource = next(resource for resource in found.resources if resource.kind == "aws_sqs_queue")
    scope = Scope(resource.attributes, resource, Inventory(found.resources))
    return compile_condition({"name": condition})(scope).truth


@pytest.mark.parametrize(
    ("written", "is_known"),
    [
        ('"text"', True),
        ('""', True),
        ("false", True),
        ("var.secret", True),
        ('"registry/${var.image}"', True),
        ("var.image", False),
        ('"${var.image}${var.image}"', False),
        ("aws_kms_key.a.arn", False),
    ],
)
def test_what_is_known(written: str, is_known: bool) -> None:
    assert ask({"known": True}, written) is is_known
    assert ask({"known": False}, written) is not is_known


def test_what_is_not_there_is_neither() -> None:
    assert ask({"known": True}, "null") is False
    assert ask({"known": False}, "null") is False


def test_beside_what_it_keeps_from_being_asked() -> None:
    assert ask({"equals": "x"}, "var.image") is None
    assert ask({"known": True, "equals": "x"}, "var.image") is False
    assert ask({"known": True, "starts_with": "registry/"}, '"registry/${var.image}"') is True
