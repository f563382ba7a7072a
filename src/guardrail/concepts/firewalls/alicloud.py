"""Firewalls of Alibaba Cloud."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import by_ports, put_action
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _alibaba(resource)


def _alibaba(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, None)
    take(fields, block, "type", "direction")
    put_action(fields, block, "policy")
    protocol = put_protocol(fields, block, "ip_protocol")
    put_side(fields, other_side(block, ("cidr_ip", "ipv6_cidr_ip"), ("source_security_group_id", "prefix_list_id")))
    take(fields, block, "description")
    yield from by_ports(resource.local, fields, block, "port_range", protocol)
