"""What is sensitive and unknown in part: nothing of the known part is left to show."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import EncodedUnknown, PartText, Unknown
from guardrail.tree import Tree

TREE = """
variable "who" {}
locals {
  all = sensitive({ word = "hunter2", who = var.who })
}
data "template_file" "a" {
  template = "$${word} $${who}"
  vars     = local.all
}
resource "aws_ssm_parameter" "taken" {
  value = %s
}
"""


@pytest.mark.parametrize(
    "expression",
    [
        'sensitive("hunter2 ${var.who}")',
        'templatefile("a.tpl", local.all)',
        "data.template_file.a.rendered",
        'format("%s-%s", local.all.word, var.who)',
        'replace(sensitive("hunter2 ${var.who}"), "a", "b")',
        "jsonencode(local.all)",
        "yamlencode(local.all)",
        'jsonencode(sensitive([{ word = "hunter2", who = var.who }]))',
        'sensitive({ a = "hunter2 ${var.who}" }).a',
    ],
)
def test_nothing_is_left(expression: str) -> None:
    files = {"main.tf": (TREE % expression).encode(), "a.tpl": b"${word} ${who}"}
    found = read(["main.tf"], Tree("/nowhere", files), ReadOptions())
    assert not found.problems
    value: Any = next(r for r in found.resources if r.kind == "aws_ssm_parameter").attributes["value"]
    assert isinstance(value, Unknown)
    assert not isinstance(value, (PartText, EncodedUnknown))
