"""Firewalls of Yandex Cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import direction_of, each_block, ports_in, span_of_ports
from guardrail.concepts.network_fields import put_protocol, put_range, put_side, rule_noun, start_fields, take
from guardrail.concepts.network_ranges import ALL_PORTS, other_side
from guardrail.model import Inventory, Map, Noun, Resource, Value


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _yandex_group(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        yield _yandex(block, name, direction)

    yield from each_block(resource, (("ingress", "ingress"), ("egress", "egress")), make)


def _yandex_rule(resource: Resource) -> Iterator[Noun]:
    yield _yandex(resource.attributes, resource.local, direction_of(resource.attributes))


def _yandex(block: Map, name: str, direction: Value) -> Noun:
    fields = start_fields(block, "firewall", direction, "allow")
    protocol = put_protocol(fields, block, "protocol")
    if block.get("protocol") is None:
        fields.put("protocol", "all", block.header)
        protocol = "all"
    if block.get("port") not in (None, -1):
        list(ports_in(fields, block, "port", protocol))
    elif block.get("from_port") == -1:
        put_range(fields, ALL_PORTS, block.place("from_port"))
    else:
        span_of_ports(fields, block, "from_port", "to_port", protocol)
    narrow = ("security_group_id", "predefined_target")
    put_side(fields, other_side(block, ("v4_cidr_blocks", "v6_cidr_blocks"), narrow))
    take(fields, block, "description")
    return rule_noun(name, fields)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "yandex_vpc_default_security_group": _yandex_group,
    "yandex_vpc_security_group": _yandex_group,
    "yandex_vpc_security_group_rule": _yandex_rule,
}
