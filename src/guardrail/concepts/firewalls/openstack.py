"""Firewalls of OpenStack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import each_block, side_or_everyone, span_of_ports
from guardrail.concepts.network_fields import aws_ports, put_protocol, put_side, rule_noun, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _openstack_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, "allow")
    take(fields, block, "direction")
    protocol = "all" if block.get("protocol") in (None, "", 0, "0") else put_protocol(fields, block, "protocol")
    if protocol == "all":
        fields.put("protocol", "all", block.place("protocol"))
    span_of_ports(fields, block, "port_range_min", "port_range_max", protocol)
    put_side(fields, side_or_everyone(block, ("remote_ip_prefix",), ("remote_group_id", "remote_address_group_id")))
    take(fields, block, "description")
    yield rule_noun(resource.local, fields)


def _openstack_group(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "ip_protocol")
        aws_ports(fields, block, protocol)
        put_side(fields, other_side(block, ("cidr",), ("from_group_id", "self")))
        take(fields, resource.attributes, "description")
        yield rule_noun(name, fields)

    yield from each_block(resource, (("ingress", "rule"),), make)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "openstack_compute_secgroup_v2": _openstack_group,
    "openstack_networking_secgroup_rule_v2": _openstack_rule,
}
