"""Firewalls of OpenStack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import by_ports, each_block, put_action, side_or_everyone, span_of_ports
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


def _router_rule(resource: Resource) -> Iterator[Noun]:
    """Of the firewall of a router, which is in the way in both directions: who starts counts, so it lets in."""
    block = resource.attributes
    if block.get("enabled") is False:
        return
    fields = start_fields(block, "firewall", "ingress", None)
    if block.get("action") is None:
        fields.put("action", "deny", block.header)
    else:
        put_action(fields, block, "action")
    protocol = "all" if block.get("protocol") in (None, "", "any") else put_protocol(fields, block, "protocol")
    if protocol == "all":
        fields.put("protocol", "all", block.place("protocol"))
    put_side(fields, side_or_everyone(block, ("source_ip_address",), ("source_firewall_group_id",)))
    take(fields, block, "description")
    ports = Map(block.span, block.header)
    take(ports, block, "destination_port")
    written = ports.get("destination_port")
    if isinstance(written, str):
        ports["destination_port"] = written.replace(":", "-")
    yield from by_ports(resource.local, fields, ports, "destination_port", protocol)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "openstack_compute_secgroup_v2": _openstack_group,
    "openstack_fw_rule_v1": _router_rule,
    "openstack_fw_rule_v2": _router_rule,
    "openstack_networking_secgroup_rule_v2": _openstack_rule,
}
