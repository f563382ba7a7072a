"""Bindings that are data, and what becomes of texts that are known in part."""

from __future__ import annotations

from guardrail.concepts.binding import compile_binding
from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory, PartText, Unknown
from guardrail.tree import Tree


def inventory(text: str) -> Inventory:
    return Inventory(read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions()).resources)


BINDING = {
    "kinds": ["a_b"],
    "when": {"purpose": {"not": "PROXY"}},
    "fields": {"name": "name", "logs": {"test": {"log": {"set": True}}}, "key": "key"},
}


def test_of_what_may_be_no_such_thing_nothing_is_wrong() -> None:
    found = inventory(
        'variable "p" {}\nresource "a_b" "maybe" {\n  purpose = var.p\n  name = "x"\n}\n'
        'resource "a_b" "surely" {\n  purpose = "PRIVATE"\n}\nresource "a_b" "not" {\n  purpose = "PROXY"\n}\n'
    )
    binding = compile_binding("thing", BINDING)
    nouns = {r.local: n for r in found.by_kind["a_b"] for n in binding.nouns(r, found)}
    assert sorted(nouns) == ["a_b.maybe", "a_b.surely"]
    assert nouns["a_b.surely"].fields["logs"] is False
    maybe = nouns["a_b.maybe"].fields
    assert maybe["name"] == "x"
    assert [type(maybe[field]) for field in ("logs", "key")] == [Unknown, Unknown]
    assert maybe.place("logs").line == 3


def test_a_provider_default_is_not_what_is_set_first() -> None:
    found = inventory('resource "azurerm_redis_cache" "x" {\n  enable_non_ssl_port = true\n}\n')
    plain = {"true": False, "*": True}
    first = [{"path": "non_ssl_port_enabled", "map": plain}, {"path": "enable_non_ssl_port", "map": plain}]
    binding = compile_binding("thing", {"kinds": [], "fields": {"tls": {"first": first, "default": True}}})
    (noun,) = binding.nouns(found.by_kind["azurerm_redis_cache"][0], found)
    assert noun.fields["tls"] is False  # though non_ssl_port_enabled is false by default


def test_what_is_concluded_from_a_text_known_in_part_is_unknown() -> None:
    found = inventory(
        'variable "p" {}\nresource "a_b" "x" {\n  name = "n-${var.p}"\n  policy = "old-${var.p}"\n}\n'
    )
    binding = compile_binding("thing", {"kinds": ["a_b"], "fields": {
        "name": "name", "old": {"path": "policy", "map": {"old-1": True, "*": False}},
        "size": {"path": "policy", "times": 2}, "family": {"path": "policy", "extract": "^(o)"},
    }})  # fmt: skip
    (noun,) = binding.nouns(found.by_kind["a_b"][0], found)
    assert isinstance(noun.fields["name"], PartText)
    assert {type(noun.fields[field]) for field in ("old", "size", "family")} == {Unknown}


def test_a_module_concludes_nothing_from_it_either() -> None:
    found = inventory(
        'variable "cidr" {}\nresource "aws_security_group_rule" "x" {\n  type = "ingress"\n  from_port = 22\n'
        '  to_port = 22\n  protocol = "tcp"\n  description = "from ${var.cidr}"\n'
        '  cidr_blocks = ["${var.cidr}/32"]\n}\n'
    )
    assert build(found, {}) == []
    (noun,) = found.by_concept["network_rule"]
    assert isinstance(noun.fields["description"], PartText)
    assert not isinstance(noun.fields["anywhere"], PartText)
