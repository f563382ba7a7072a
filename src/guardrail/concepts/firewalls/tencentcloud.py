"""Firewalls of Tencent Cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.firewalls.fields import in_order, ports_in, put_action, settled, side_or_everyone
from guardrail.concepts.network_fields import (
    blocks_in,
    put_protocol,
    put_range,
    put_side,
    rule_noun,
    start_fields,
    take,
    unknown_rule,
)
from guardrail.concepts.network_ranges import other_side
from guardrail.model import Inventory, Map, Noun, PartText, Resource, Seq, Span, Unknown, Value
from guardrail.model.values import HOLE


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, None)
    take(fields, block, "type", "direction")
    put_action(fields, block, "policy")
    put_side(fields, other_side(block, ("cidr_ip",), ("source_sgid", "address_template")))
    take(fields, block, "description")
    for made in _ports(fields, block, "ip_protocol", "port_range", ("protocol_template",)):
        yield rule_noun(resource.local, made)


def _set(resource: Resource) -> Iterator[Noun]:
    def make(block: Map, direction: str) -> Iterator[Map]:
        fields = start_fields(block, "firewall", direction, None)
        put_action(fields, block, "action")
        narrow = ("source_security_id", "address_template_id", "address_template_group")
        put_side(fields, other_side(block, ("cidr_block", "ipv6_cidr_block"), narrow))
        take(fields, block, "description")
        yield from _ports(fields, block, "protocol", "port", ("service_template_id", "service_template_group"))

    yield from in_order(resource, (("ingress", "ingress"), ("egress", "egress")), "firewall", make)


def _lighthouse(resource: Resource) -> Iterator[Noun]:
    def make(block: Map, direction: str) -> Iterator[Map]:
        fields = start_fields(block, "firewall", direction, None)
        put_action(fields, block, "action")
        put_side(fields, side_or_everyone(block, ("cidr_block",)))
        take(fields, block, "firewall_rule_description", "description")
        yield from _ports(fields, block, "protocol", "port", ())

    for label, block in blocks_in(resource.attributes, "firewall_rules"):
        name = f"{resource.local} {label}"
        if isinstance(block, Unknown):
            yield unknown_rule(name, "ingress", block, "firewall", resource.attributes.place("firewall_rules"))
            continue
        for fields in make(block, "ingress"):
            yield rule_noun(name, fields)


def _ports(
    fields: Map, block: Map, protocol_key: str, port_key: str, templates: tuple[str, ...]
) -> Iterator[Map]:
    """`templates`: what says both the protocol and the ports, and stands elsewhere."""
    template = next((key for key in templates if block.get(key) not in (None, "")), None)
    if template is not None:
        odd = Unknown("a template says which ports these are")
        fields.put("protocol", odd, block.place(template))
        put_range(fields, (odd, odd), block.place(template))
        yield fields
        return
    protocol = put_protocol(fields, block, protocol_key)
    if protocol in (None, ""):
        protocol = "all"
        fields.put("protocol", protocol, block.place(protocol_key))
    yield from ports_in(fields, block, port_key, protocol)


def _texts(resource: Resource) -> Iterator[Noun]:
    """Each rule is a text: `ACCEPT#10.0.0.0/8#80,443#TCP`; in a network ACL a description may follow."""
    kind = "acl" if resource.kind == "tencentcloud_vpc_acl" else "firewall"
    made: list[tuple[str, Map, int]] = []
    for direction in ("ingress", "egress"):
        texts, place = resource.attributes.get(direction), resource.attributes.place(direction)
        if isinstance(texts, Unknown):
            yield unknown_rule(f"{resource.local} {direction}", direction, texts, kind, place)
        if not isinstance(texts, Seq):
            continue
        for index, text in enumerate(texts):
            name, place = f"{resource.local} {direction}[{index}]", texts.place(index)
            parts = _parts(text)
            if parts is None:
                odd = text if isinstance(text, Unknown) else Unknown("it is no rule as Tencent writes them")
                yield unknown_rule(name, direction, odd, kind, place)
            else:
                made += [(name, fields, index) for fields in _text(parts, direction, kind, place)]
    yield from settled(made)


def _parts(text: Value) -> list[Value] | None:
    """What stands between the signs."""
    if isinstance(text, str):
        parts: list[Value] = list(text.split("#", 4))
    elif isinstance(text, PartText):
        groups = all(".tencentcloud_security_group." in f".{ref}" for ref in text.refs)
        parts = [
            part if HOLE not in part else "sg-" if groups and part == HOLE else PartText(text.reason, text.refs, part)
            for part in text.template.split("#", 4)
        ]
    else:
        return None
    return parts if len(parts) >= 4 else None


def _text(parts: list[Value], direction: str, kind: str, place: Span) -> Iterator[Map]:
    action, side, ports, protocol = parts[:4]
    block = Map(place, place)
    template = isinstance(protocol, str) and protocol.startswith(("ppm-", "ppmg-"))
    group = isinstance(side, str) and side.startswith(("sg-", "ipm-", "ipmg-"))
    for key, value in (
        ("action", action), ("group" if group else "cidr", side), ("port", ports),
        ("template" if template else "protocol", protocol), ("description", parts[4] if len(parts) > 4 else None),
    ):  # fmt: skip
        if value not in (None, ""):
            block.put(key, value, place)
    fields = start_fields(block, kind, direction, None)
    put_action(fields, block, "action")
    put_side(fields, other_side(block, ("cidr",), ("group",)))
    if kind == "acl":
        take(fields, block, "description")
    else:  # there is no room for one
        fields.put("description", f"{direction} rule", place)
    yield from _ports(fields, block, "protocol", "port", ("template",))


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "tencentcloud_lighthouse_firewall_rule": _lighthouse,
    "tencentcloud_security_group_lite_rule": _texts,
    "tencentcloud_security_group_rule": _rule,
    "tencentcloud_security_group_rule_set": _set,
    "tencentcloud_vpc_acl": _texts,
}
