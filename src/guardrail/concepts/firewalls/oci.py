"""Firewalls of Oracle Cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import direction_of, each_block, group_side, span_of_ports
from guardrail.concepts.network_fields import one, put_protocol, put_range, put_side, rule_noun, start_fields, take
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, Resource, Unknown, Value


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _oci_list(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        yield from _oci_rule(block, name, direction, "destination" if direction == "egress" else "source", "")

    yield from each_block(resource, (("ingress", "ingress_security_rules"), ("egress", "egress_security_rules")), make)


def _oci_group_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    direction = direction_of(block)
    side = "destination" if direction == "egress" else "source"
    yield from _oci_rule(block, resource.local, direction, side, "destination_port_range")


def _oci_rule(block: Map, name: str, direction: Value, side: str, below: str) -> Iterator[Noun]:
    """`below`: the block within `tcp_options` that has the ports, "" where they stand there themselves."""
    fields = start_fields(block, "firewall", direction, "allow")
    protocol = put_protocol(fields, block, "protocol")
    options = one(block.get(f"{protocol}_options")) if protocol in ("tcp", "udp") else None
    holder = one(options.get(below)) if below and isinstance(options, Map) else options
    if isinstance(holder, Map):
        span_of_ports(fields, holder, "min", "max", protocol)
    elif isinstance(holder, Unknown):
        put_range(fields, (holder, holder), block.place(f"{protocol}_options"))
    else:
        span_of_ports(fields, block, f"{protocol}_options", "", protocol)
    kind = block.get(f"{side}_type")
    wide = kind in (None, "CIDR_BLOCK")
    put_side(fields, other_side(block, (side,), ()) if wide else group_side(block, side))
    take(fields, block, "description")
    yield rule_noun(name, fields)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "oci_core_default_security_list": _oci_list,
    "oci_core_network_security_group_security_rule": _oci_group_rule,
    "oci_core_security_list": _oci_list,
}
