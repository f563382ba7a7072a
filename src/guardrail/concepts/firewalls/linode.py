"""Firewalls of Akamai's cloud (Linode)."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.firewalls.fields import by_ports, each_block, put_action, side_or_everyone
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _linode(resource)


def _linode(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, None)
        put_action(fields, block, "action")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, side_or_everyone(block, ("ipv4", "ipv6")))
        take(fields, block, "label", "description")
        yield from by_ports(name, fields, block, "ports", protocol)

    yield from each_block(resource, (("ingress", "inbound"), ("egress", "outbound")), make)
