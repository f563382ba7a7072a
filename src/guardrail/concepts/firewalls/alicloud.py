"""Firewalls of Alibaba Cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import by_ports, in_order, ports_in, put_action, side_or_everyone
from guardrail.concepts.network_fields import put_protocol, put_side, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _group_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, None)
    take(fields, block, "type", "direction")
    put_action(fields, block, "policy")
    protocol = put_protocol(fields, block, "ip_protocol")
    put_side(fields, other_side(block, ("cidr_ip", "ipv6_cidr_ip"), ("source_security_group_id", "prefix_list_id")))
    take(fields, block, "description")
    yield from by_ports(resource.local, fields, block, "port_range", protocol)


def _acl(resource: Resource) -> Iterator[Noun]:
    """The entries of an ACL; the first that fits decides."""

    def make(block: Map, direction: str) -> Iterator[Map]:
        fields = start_fields(block, "acl", direction, None)
        put_action(fields, block, "policy")
        side = "source_cidr_ip" if direction == "ingress" else "destination_cidr_ip"
        put_side(fields, other_side(block, (side,), ()))
        take(fields, block, "description")
        yield from ports_in(fields, block, "port", put_protocol(fields, block, "protocol"))

    within = resource.kind == "alicloud_network_acl"
    keys = ("ingress_acl_entries", "egress_acl_entries") if within else ("ingress", "egress")
    yield from in_order(resource, tuple(zip(("ingress", "egress"), keys, strict=True)), "acl", make)


def _simple_server(resource: Resource) -> Iterator[Noun]:
    """A port of a Simple Application Server; nobody can say for whom."""
    block = resource.attributes
    written = block.get("rule_protocol")
    for protocol in ("tcp", "udp") if str(written).lower() == "tcpandudp" else (None,):
        fields = start_fields(block, "firewall", "ingress", "allow")
        put_side(fields, side_or_everyone(block, ()))
        take(fields, block, "remark", "description")
        known = put_protocol(fields, block, "rule_protocol")
        if protocol is not None:
            fields["protocol"] = known = protocol
        yield from by_ports(resource.local, fields, block, "port", known)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "alicloud_network_acl": _acl,
    "alicloud_network_acl_entries": _acl,
    "alicloud_security_group_rule": _group_rule,
    "alicloud_simple_application_server_firewall_rule": _simple_server,
}
