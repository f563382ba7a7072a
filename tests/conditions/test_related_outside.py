"""`related`: who is joined to something that is not in the scan is nobody's in it."""

from __future__ import annotations

import pytest

from guardrail.conditions import Scope, compile_condition
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory
from guardrail.tree import Tree

MAIN = """
variable "listener" {}
module "other" {
  source = "example/other/aws"
}
data "aws_lb_listener" "other" {
  arn = "x"
}
resource "aws_lb_listener" "ours" {
  load_balancer_arn = %s
}
resource "aws_lb_listener_rule" "rule" {
  listener_arn = %s
}
"""
RULE = {"related": {"to": "aws_lb_listener_rule", "via": "listener_arn"}}


@pytest.mark.parametrize(
    ("balancer", "listener", "joined"),
    [
        ('"x"', "aws_lb_listener.ours.arn", True),
        ('"x"', "var.listener", None),
        ('"x"', "module.other.listener_arn", False),
        ('"x"', "data.aws_lb_listener.other.arn", False),
        ('"x"', "lower(data.aws_lb_listener.other.arn)", False),
        ('"x"', 'var.listener == "" ? module.other.listener_arn : var.listener', None),
        ("module.other.load_balancer_arn", "module.other.listener_arn", False),
        ("module.other.listener_arn", "module.other.listener_arn", None),  # both may be called after it
    ],
)
def test_who_is_joined(balancer: str, listener: str, joined: bool | None) -> None:
    files = {"main.tf": (MAIN % (balancer, listener)).encode()}
    found = read(["main.tf"], Tree("/nowhere", files), ReadOptions())
    resource = next(resource for resource in found.resources if resource.address == "aws_lb_listener.ours")
    scope = Scope(resource.attributes, resource, Inventory(found.resources))
    assert compile_condition(RULE)(scope).truth is joined
