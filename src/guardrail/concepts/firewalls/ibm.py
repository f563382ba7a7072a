"""Firewalls of IBM Cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import (
    direction_of,
    group_side,
    in_order,
    put_action,
    side_or_everyone,
    span_of_ports,
)
from guardrail.concepts.network_fields import one, port_number, put_range, put_side, rule_noun, start_fields, take
from guardrail.concepts.network_ranges import ALL_PORTS, protocol_of
from guardrail.model import Inventory, Map, Noun, Reference, Resource, Unknown, Value


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _group_rule(resource: Resource) -> Iterator[Noun]:
    yield rule_noun(resource.local, _fields(resource.attributes, "firewall"))


def _acl_rule(resource: Resource) -> Iterator[Noun]:
    yield rule_noun(resource.local, _fields(resource.attributes, "acl"))


def _acl(resource: Resource) -> Iterator[Noun]:
    yield from in_order(resource, (("", "rules"),), "acl", lambda block, _: [_fields(block, "acl")])


def _fields(block: Map, kind: str) -> Map:
    """The protocol and its ports stand in the rule itself or, as they once did, in a block called like it."""
    direction = direction_of(block)
    if block.get("protocol") is None:
        key = next((name for name in ("tcp", "udp", "icmp") if block.get(name) is not None), "")
        protocol: Value = key or "all"
        place, holder = block.place(key or "protocol"), one(block.get(key)) if key else block
    else:
        protocol = "all" if block.get("protocol") == "icmp_tcp_udp" else protocol_of(block.get("protocol"))
        place, holder = block.place("protocol"), block
    fields = start_fields(block, kind, direction, "allow" if kind == "firewall" else None)
    if kind == "acl":
        put_action(fields, block, "action")
    fields.put("protocol", protocol, place)
    if isinstance(holder, Unknown):
        put_range(fields, (holder, holder), place)
    else:
        _ports(fields, holder if isinstance(holder, Map) else block, protocol)
    key = "remote" if kind == "firewall" else "destination" if direction == "egress" else "source"
    group = isinstance(block.get(key), Reference) and ".ibm_is_security_group." in f".{block[key].target}"
    put_side(fields, group_side(block, key) if group else side_or_everyone(block, (key,)))
    take(fields, block, "name", "description")
    return fields


def _ports(fields: Map, holder: Map, protocol: Value) -> None:
    """Where one end of the range is not written, it is the last that there is."""
    low, high = holder.get("port_min"), holder.get("port_max")
    if protocol in ("tcp", "udp") and (low or high):
        first = port_number(low, "port_min") if low else 1
        last = port_number(high, "port_max") if high else ALL_PORTS[1]
        put_range(fields, (first, last), holder.place("port_min" if low else "port_max"))
    else:
        span_of_ports(fields, holder, "port_min", "port_max", protocol)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "ibm_is_network_acl": _acl,
    "ibm_is_network_acl_rule": _acl_rule,
    "ibm_is_security_group_rule": _group_rule,
}
