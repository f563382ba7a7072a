"""Firewalls of DigitalOcean."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import IN_AND_OUT, by_ports, each_block
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _digitalocean(resource)


def _digitalocean(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        side = "destination" if direction == "egress" else "source"
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        narrow = ("tags", "droplet_ids", "load_balancer_uids", "kubernetes_ids")
        put_side(fields, other_side(block, (f"{side}_addresses",), tuple(f"{side}_{end}" for end in narrow)))
        take(fields, resource.attributes, "name", "description")
        yield from by_ports(name, fields, block, "port_range", protocol)

    yield from each_block(resource, IN_AND_OUT, make)
