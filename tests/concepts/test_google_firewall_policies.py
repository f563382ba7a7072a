from __future__ import annotations

from typing import Any

import pytest

from guardrail.concepts import network_rules
from guardrail.concepts.google_firewall_policies import KINDS
from guardrail.concepts.table import CODE
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, plain
from guardrail.tree import Tree


def fields(text: str) -> list[dict[str, Any]]:
    tree = Tree("/nowhere", {"main.tf": text.encode()})
    reading = load(BY_NAME["terraform"])(["main.tf"], tree, ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    found = (noun for resource in reading.resources for noun in network_rules.nouns(resource, inventory))
    return [plain(noun.fields) for noun in found]


def rule(match: str, direction: str = "INGRESS", more: str = "", action: str = "allow", number: int = 1000) -> str:
    return f"""
        resource "google_compute_network_firewall_policy_rule" "r{number}" {{
          firewall_policy = google_compute_network_firewall_policy.main.name
          priority        = {number}
          action          = "{action}"
          direction       = "{direction}"
          {more}
          match {{
            {match}
            layer4_configs {{
              ip_protocol = "tcp"
              ports       = ["22", "8000-9000"]
            }}
          }}
        }}
    """


POLICY = 'resource "google_compute_network_firewall_policy" "main" {}\n'
EVERYONE = 'src_ip_ranges = ["0.0.0.0/0"]'


def test_every_kind_is_looked_at() -> None:
    assert set(KINDS) <= set(CODE)


def test_one_for_each_range_of_ports() -> None:
    first, second = fields(POLICY + rule(EVERYONE, more='description = "why"'))
    assert (first["direction"], first["action"], first["protocol"], first["ports"]) == ("ingress", "allow", "tcp", "22")
    assert (second["ports"], second["description"], second["open_to"]) == ("8000-9000", "why", "0.0.0.0/0")


@pytest.mark.parametrize(
    ("match", "direction", "anywhere"),
    [
        ('src_ip_ranges = ["10.0.0.0/8"]', "INGRESS", False),
        ('dest_ip_ranges = ["0.0.0.0/0"]', "EGRESS", True),
        (f'{EVERYONE}\ndest_ip_ranges = ["10.0.0.0/8"]', "INGRESS", True),
        ('src_region_codes = ["US"]', "INGRESS", False),
        ('src_secure_tags { name = "tagValues/1" }', "INGRESS", False),
        (f'{EVERYONE}\nsrc_network_context = "INTRA_VPC"', "INGRESS", False),
        ('src_network_scope = "INTERNET"', "INGRESS", True),
        ('src_network_type = "INTERNET"\nsrc_fqdns = ["example.com"]', "INGRESS", False),
    ],
)
def test_who_is_on_the_other_side(match: str, direction: str, anywhere: bool) -> None:
    assert {made["anywhere"] for made in fields(POLICY + rule(match, direction))} == {anywhere}


def test_a_kind_of_network_that_nobody_knows_bounds_perhaps() -> None:
    text = f'variable "from" {{}}\n{POLICY}' + rule(f"{EVERYONE}\nsrc_network_context = var.from")
    assert all(made["anywhere"] not in (True, False) for made in fields(text))
    text = f'variable "from" {{}}\n{POLICY}' + rule('src_ip_ranges = ["10.0.0.0/8"]\nsrc_network_scope = var.from')
    assert not any(made["anywhere"] for made in fields(text))


def test_what_is_switched_off_is_no_rule() -> None:
    assert not fields(POLICY + rule(EVERYONE, more="disabled = true"))


def test_what_inspects_or_hands_on_is_no_permission() -> None:
    assert {made["action"] for made in fields(POLICY + rule(EVERYONE, action="goto_next"))} == {"goto_next"}


@pytest.mark.parametrize(
    ("more", "match", "left"),
    [
        ("", EVERYONE, [False, False]),
        ('target_service_accounts = ["a@b.c"]', EVERYONE, [True, True]),
        ("", f'{EVERYONE}\ndest_ip_ranges = ["10.1.0.0/16"]', [True, True]),
        ("disabled = true", EVERYONE, [True, True]),
    ],
)
def test_what_an_earlier_rule_denies_is_denied(more: str, match: str, left: list[bool]) -> None:
    text = POLICY + rule(match, more=more, action="deny", number=10) + rule(EVERYONE)
    assert [made["anywhere"] for made in fields(text) if made["action"] == "allow"] == left


def test_rules_that_stand_in_their_policy() -> None:
    made = fields(
        """
        resource "google_compute_firewall_policy_with_rules" "main" {
          short_name = "main"
          parent     = "organizations/1"
          rule {
            rule_name = "no-ssh"
            priority  = 10
            action    = "deny"
            direction = "INGRESS"
            match {
              src_ip_ranges = ["0.0.0.0/0"]
              layer4_config {
                ip_protocol = "tcp"
                ports       = [22]
              }
            }
          }
          rule {
            priority  = 20
            action    = "allow"
            direction = "INGRESS"
            match {
              src_ip_ranges = ["0.0.0.0/0"]
              layer4_config {
                ip_protocol = "all"
              }
            }
          }
        }
        """
    )
    assert [(one["action"], one["ports"]) for one in made] == [("deny", "22"), ("allow", "0-65535")]
