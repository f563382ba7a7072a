"""Firewalls of Hetzner Cloud."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import by_ports, direction_of, each_block
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _hetzner(resource)


def _hetzner(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, _: str) -> Iterator[Noun]:
        direction = direction_of(block)
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, other_side(block, ("destination_ips" if direction == "egress" else "source_ips",), ()))
        take(fields, block, "description")
        yield from by_ports(name, fields, block, "port", protocol)

    yield from each_block(resource, (("ingress", "rule"),), make)
