"""Whether a listener of an application gateway only redirects, by the blocks that its name joins."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory, Unknown
from guardrail.tree import Tree

OPEN = 'variable "open" {}\n'


def listener(name: str, protocol: str = '"Http"') -> str:
    return f"http_listener {{\n name = {name}\n protocol = {protocol}\n}}\n"


def rule(name: str, *entries: str) -> str:
    lines = "\n".join(entries)
    return f"request_routing_rule {{\n http_listener_name = {name}\n {lines}\n}}\n"


def redirect(target: str) -> str:
    return f'redirect_configuration {{\n name = "r"\n {target}\n}}\n'


WEB, SECURE = listener('"web"'), listener('"secure"', '"Https"')
ONWARD = rule('"web"', 'redirect_configuration_name = "r"')
SERVES = rule('"web"', 'backend_address_pool_name = "pool"')
MANY_RULES = """dynamic "request_routing_rule" {
 for_each = var.open
 content {
  http_listener_name          = request_routing_rule.value.listener
  redirect_configuration_name = "r"
 }
}
"""
TO_SECURE = redirect('target_listener_name = "secure"')


def web(*blocks: str) -> object:
    text = f'{OPEN}resource "azurerm_application_gateway" "g" {{\n{"".join(blocks)}}}\n'
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    told = inventory.by_concept["endpoint"][0].fields["redirects"]
    return "unknown" if isinstance(told, Unknown) else told


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([WEB, SECURE], False),
        ([WEB, SECURE, ONWARD, TO_SECURE], True),
        ([WEB, SECURE, SERVES, TO_SECURE], False),
        ([WEB, SECURE, ONWARD, SERVES, TO_SECURE], False),
        ([WEB, SECURE, ONWARD, rule('"secure"', 'backend_address_pool_name = "pool"'), TO_SECURE], True),
        ([WEB, SECURE, ONWARD], False),
        ([WEB, listener('"secure"'), ONWARD, TO_SECURE], False),
        ([WEB, listener('"secure"', "var.open"), ONWARD, TO_SECURE], "unknown"),
        ([WEB, ONWARD, redirect('target_url = "https://example.com"')], True),
        ([WEB, ONWARD, redirect('target_url = "http://example.com"')], False),
        ([WEB, ONWARD, redirect('target_url = "https://${var.open}"')], True),
        ([WEB, ONWARD, redirect('target_url = "http://${var.open}"')], False),
        ([WEB, ONWARD, redirect("target_url = var.open")], "unknown"),
        ([WEB, SECURE, rule('"web"', "redirect_configuration_name = var.open"), TO_SECURE], "unknown"),
        ([WEB, SECURE, rule('"web"', "redirect_configuration_name = var.open"), redirect("")], False),
        ([WEB, SECURE, rule("var.open", 'redirect_configuration_name = "r"'), TO_SECURE], "unknown"),
        ([WEB, SECURE, ONWARD, rule("var.open", 'backend_address_pool_name = "pool"'), TO_SECURE], "unknown"),
        ([WEB, SECURE, MANY_RULES, TO_SECURE], "unknown"),
    ],
)
def test_a_listener_only_redirects(blocks: list[str], expected: object) -> None:
    assert web(*blocks) == expected


def test_names_that_begin_alike() -> None:
    """Whatever `var.open` is, one end of it is not the other."""
    named = [
        listener('"${var.open}-http"'),
        listener('"${var.open}-https"', '"Https"'),
        rule('"${var.open}-http"', 'redirect_configuration_name = "r"'),
        rule('"${var.open}-https"', 'backend_address_pool_name = "pool"'),
        redirect('target_listener_name = "${var.open}-https"'),
    ]
    assert web(*named) is True
