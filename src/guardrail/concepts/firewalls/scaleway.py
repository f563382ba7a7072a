"""Firewalls of Scaleway."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import IN_AND_OUT, by_ports, each_block, put_action, side_or_everyone
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _scaleway(resource)


def _scaleway(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, None)
        put_action(fields, block, "action")
        protocol = put_protocol(fields, block, "protocol")
        if block.get("protocol") is None:
            fields.put("protocol", "tcp", block.header)
            protocol = "tcp"
        put_side(fields, side_or_everyone(block, ("ip_range", "ip")))
        take(fields, resource.attributes, "description")
        yield from by_ports(name, fields, block, "port_range" if block.get("port_range") else "port", protocol)

    yield from each_block(resource, IN_AND_OUT, make)
