"""Firewalls of Naver Cloud."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import by_ports, each_block, put_action
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _naver(resource)


def _naver(resource: Resource) -> Iterator[Noun]:
    acl = resource.kind == "ncloud_network_acl_rule"

    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "acl" if acl else "firewall", direction, None if acl else "allow")
        if acl:
            put_action(fields, block, "rule_action")
        protocol = put_protocol(fields, block, "protocol")
        narrow = ("source_access_control_group_no", "deny_allow_group_no")
        put_side(fields, other_side(block, ("ip_block",), narrow))
        take(fields, block, "description")
        yield from by_ports(name, fields, block, "port_range", protocol)

    yield from each_block(resource, (("ingress", "inbound"), ("egress", "outbound")), make)
