"""Firewalls of Nifcloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import by_ports, direction_of, each_block, span_of_ports
from guardrail.concepts.network_fields import put_protocol, put_range, put_side, rule_noun, start_fields, take
from guardrail.concepts.network_ranges import ALL_PORTS, other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _nifcloud_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    direction = "ingress" if block.get("type") is None else direction_of(block, "type")
    fields = start_fields(block, "firewall", None, "allow")
    take(fields, block, "type", "direction", direction)
    if block.get("type") is None:
        fields.put("direction", direction, block.header)
    protocol = put_protocol(fields, block, "protocol")
    if block.get("protocol") is None:
        protocol = "tcp"
        fields.put("protocol", protocol, block.header)
    span_of_ports(fields, block, "from_port", "to_port", protocol)
    put_side(fields, other_side(block, ("cidr_ip",), ("source_security_group_name",)))
    take(fields, block, "description")
    yield rule_noun(resource.local, fields)


def _nifcloud_group(resource: Resource) -> Iterator[Noun]:
    """The group of a database or a NAS, whose rules name nothing but who may come in."""

    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, "allow")
        fields.put("protocol", "all", block.header)
        put_range(fields, ALL_PORTS, block.header)
        put_side(fields, other_side(block, ("cidr_ip",), ("security_group_name",)))
        take(fields, resource.attributes, "description")
        yield rule_noun(name, fields)

    yield from each_block(resource, (("ingress", "rule"),), make)


def _nifcloud_devops(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, other_side(block, ("cidr_ip",), ()))
        take(fields, block, "description")
        yield from by_ports(name, fields, block, "port", protocol)

    yield from each_block(resource, (("ingress", "rule"),), make)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "nifcloud_db_security_group": _nifcloud_group,
    "nifcloud_devops_firewall_group": _nifcloud_devops,
    "nifcloud_nas_security_group": _nifcloud_group,
    "nifcloud_security_group_rule": _nifcloud_rule,
}
