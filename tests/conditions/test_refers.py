"""`refers`: what is an attribute of another resource is no word of the provider's."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.conditions import Scope, compile_condition
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory
from guardrail.tree import Tree

MAIN = """
variable "network" {}
variable "known" { default = "net-COMMON_GLOBAL" }

resource "nifcloud_private_lan" "lan" {
  cidr_block = "10.0.0.0/24"
}

resource "nifcloud_nas_instance" "a" {
  network_id = %s
}
"""


def ask(condition: dict[str, Any], written: str) -> bool | None:
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": (MAIN % written).encode()}), ReadOptions())
    resource = next(resource for resource in found.resources if resource.kind == "nifcloud_nas_instance")
    scope = Scope(resource.attributes, resource, Inventory(found.resources))
    return compile_condition({"network_id": condition})(scope).truth


@pytest.mark.parametrize(
    ("written", "refers", "does_not"),
    [
        ("nifcloud_private_lan.lan.id", True, False),
        ("nifcloud_private_lan.lan.cidr_block", False, True),  # its value is known
        ('"net-COMMON_GLOBAL"', False, True),
        ("var.known", False, True),
        ('"${nifcloud_private_lan.lan.id}-more"', False, True),
        ("var.network", None, None),
        ("null", False, False),
    ],
)
def test_what_refers(written: str, refers: bool | None, does_not: bool | None) -> None:
    assert ask({"refers": True}, written) is refers
    assert ask({"refers": False}, written) is does_not


@pytest.mark.parametrize(
    ("written", "one_of", "none_of"),
    [
        ("nifcloud_private_lan.lan.id", True, False),
        ("nifcloud_private_lan.lan.state", False, True),
        ('"net-COMMON_GLOBAL"', False, True),
        ('"${nifcloud_private_lan.lan.id}-more"', False, True),
        ("var.network", None, None),
        ("null", False, True),
    ],
)
def test_what_refers_to_an_attribute(written: str, one_of: bool | None, none_of: bool | None) -> None:
    assert ask({"refers": ["arn", "id"]}, written) is one_of
    assert ask({"not": {"refers": ["arn", "id"]}}, written) is none_of


def test_a_reference_is_not_taken_for_a_word() -> None:
    word = {"refers": False, "equals": "net-COMMON_GLOBAL"}
    assert ask({"equals": "net-COMMON_GLOBAL"}, "nifcloud_private_lan.lan.id") is None
    assert ask(word, "nifcloud_private_lan.lan.id") is False
    assert ask(word, '"net-COMMON_GLOBAL"') is True
    assert ask(word, "var.network") is None
