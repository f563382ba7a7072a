"""Firewalls of clouds beside the three largest -> `network_rule` nouns.

By the documentation of each provider's resource in the Terraform registry. Whatever has no description of its own is
described by its label, or by the name of what it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from guardrail.concepts.network_fields import (
    PORTED,
    aws_ports,
    blocks_in,
    no_ports,
    one,
    port_number,
    put_protocol,
    put_range,
    put_side,
    rule_noun,
    start_fields,
    take,
    unknown_rule,
)
from guardrail.concepts.network_ranges import ALL_PORTS, Denials, Side, other_side, port_range, protocol_of
from guardrail.model import Inventory, Map, Noun, PartText, Reference, Resource, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.values import HOLE

Make = Callable[[str, Map, str], Iterable[Noun]]
_IN_AND_OUT = (("ingress", "inbound_rule"), ("egress", "outbound_rule"))
_ACTIONS = {"accept": "allow", "allow": "allow", "permit": "allow", "drop": "deny", "deny": "deny", "reject": "deny"}


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode == "managed":
        yield from _MAKERS[resource.kind](resource)


def _direction(block: Map, key: str = "direction") -> Value:
    written = block.get(key)
    if not isinstance(written, str):
        return written
    written = written.lower()
    return {"in": "ingress", "inbound": "ingress", "out": "egress", "outbound": "egress"}.get(written, written)


def _each(resource: Resource, sides: Sequence[tuple[str, str]], make: Make) -> Iterator[Noun]:
    """What `make` makes of the rules that stand in blocks of a resource; `sides`: direction, and the blocks' name."""
    for direction, key in sides:
        for label, block in blocks_in(resource.attributes, key):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction, block, "firewall", resource.attributes.place(key))
            else:
                yield from make(name, block, direction)


def _by_ports(name: str, fields: Map, holder: Map, key: str, protocol: Value) -> Iterator[Noun]:
    for made in _ports(fields, holder, key, protocol):
        yield rule_noun(name, made)


def _ports(fields: Map, holder: Map, key: str, protocol: Value) -> Iterator[Map]:
    """The fields once for each range below a key: `22`, "20-25", "22/22", "80,443"; nothing, "all" and -1 are all."""
    place, value = holder.place(key), holder.get(key)
    if isinstance(protocol, str) and protocol not in PORTED:
        no_ports(fields, place)
        yield fields
        return
    if isinstance(value, Sensitive):
        value = value.reveal()
    if value in (None, 0) or protocol == "all" or str(value).lower() in ("", "all", "any", "-1/-1"):
        put_range(fields, ALL_PORTS, place)
        yield fields
        return
    parts = value.replace("/", "-").split(",") if isinstance(value, str) else [value]
    for part in parts:
        found = port_range(part)
        if found is None:
            odd = Unknown(f"{value!r} is no range of ports")
            found = (odd, odd)
        made = _copy(fields) if len(parts) > 1 else fields
        put_range(made, found, place)
        yield made


def _copy(fields: Map) -> Map:
    made = Map(fields.span, fields.header)
    made.update(fields)
    made.spans = dict(fields.spans)
    made.origins = dict(fields.origins) if fields.origins else None
    return made


def _span_of_ports(fields: Map, holder: Map, low: str, high: str, protocol: Value) -> None:
    """Two numbers; none at all, or 0, which some providers take for none, are all ports."""
    if isinstance(protocol, str) and protocol not in PORTED:
        no_ports(fields, holder.place(low))
    elif protocol == "all" or (not holder.get(low) and not holder.get(high)):
        put_range(fields, ALL_PORTS, holder.place(low))
    else:
        first = port_number(holder.get(low), low)
        last = port_number(holder.get(high), high) if holder.get(high) else first
        put_range(fields, (first, last), holder.place(low))


def _action(fields: Map, block: Map, key: str) -> None:
    value = block.get(key)
    if value is None:
        fields.put("action", "allow", block.header)
    else:
        take(fields, block, key, "action", _ACTIONS.get(value.lower(), value) if isinstance(value, str) else value)


def _everyone(block: Map) -> Side:
    """Where no other side is named."""
    everyone = Seq(block.header)
    everyone.add("0.0.0.0/0", block.header)
    return Side(everyone, True, "0.0.0.0/0", block.header, None)


def _side(block: Map, wide: tuple[str, ...], narrow: tuple[str, ...] = ()) -> Side:
    written = any(block.get(key) not in (None, "") for key in (*wide, *narrow))
    return other_side(block, wide, narrow) if written else _everyone(block)


# Oracle Cloud


def _oci_list(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        yield from _oci_rule(block, name, direction, "destination" if direction == "egress" else "source", "")

    yield from _each(resource, (("ingress", "ingress_security_rules"), ("egress", "egress_security_rules")), make)


def _oci_group_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    direction = _direction(block)
    side = "destination" if direction == "egress" else "source"
    yield from _oci_rule(block, resource.local, direction, side, "destination_port_range")


def _oci_rule(block: Map, name: str, direction: Value, side: str, below: str) -> Iterator[Noun]:
    """`below`: the block within `tcp_options` that has the ports, "" where they stand there themselves."""
    fields = start_fields(block, "firewall", direction, "allow")
    protocol = put_protocol(fields, block, "protocol")
    options = one(block.get(f"{protocol}_options")) if protocol in ("tcp", "udp") else None
    holder = one(options.get(below)) if below and isinstance(options, Map) else options
    if isinstance(holder, Map):
        _span_of_ports(fields, holder, "min", "max", protocol)
    elif isinstance(holder, Unknown):
        put_range(fields, (holder, holder), block.place(f"{protocol}_options"))
    else:
        _span_of_ports(fields, block, f"{protocol}_options", "", protocol)
    kind = block.get(f"{side}_type")
    wide = kind in (None, "CIDR_BLOCK")
    put_side(fields, other_side(block, (side,), ()) if wide else _group_side(block, side))
    take(fields, block, "description")
    yield rule_noun(name, fields)


def _group_side(block: Map, key: str) -> Side:
    """Another group, or a service of the cloud: never the internet."""
    sources = Seq(block.place(key))
    sources.add(block.get(key), block.place(key))
    return Side(sources, False, None, block.place(key), None)


# OpenStack


def _openstack_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, "allow")
    take(fields, block, "direction")
    protocol = "all" if block.get("protocol") in (None, "", 0, "0") else put_protocol(fields, block, "protocol")
    if protocol == "all":
        fields.put("protocol", "all", block.place("protocol"))
    _span_of_ports(fields, block, "port_range_min", "port_range_max", protocol)
    put_side(fields, _side(block, ("remote_ip_prefix",), ("remote_group_id", "remote_address_group_id")))
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

    yield from _each(resource, (("ingress", "rule"),), make)


# DigitalOcean, Linode, Hetzner, Scaleway


def _digitalocean(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        side = "destination" if direction == "egress" else "source"
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        narrow = ("tags", "droplet_ids", "load_balancer_uids", "kubernetes_ids")
        put_side(fields, other_side(block, (f"{side}_addresses",), tuple(f"{side}_{end}" for end in narrow)))
        take(fields, resource.attributes, "name", "description")
        yield from _by_ports(name, fields, block, "port_range", protocol)

    yield from _each(resource, _IN_AND_OUT, make)


def _linode(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, None)
        _action(fields, block, "action")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, _side(block, ("ipv4", "ipv6")))
        take(fields, block, "label", "description")
        yield from _by_ports(name, fields, block, "ports", protocol)

    yield from _each(resource, (("ingress", "inbound"), ("egress", "outbound")), make)


def _hetzner(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, _: str) -> Iterator[Noun]:
        direction = _direction(block)
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, other_side(block, ("destination_ips" if direction == "egress" else "source_ips",), ()))
        take(fields, block, "description")
        yield from _by_ports(name, fields, block, "port", protocol)

    yield from _each(resource, (("ingress", "rule"),), make)


def _scaleway(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, None)
        _action(fields, block, "action")
        protocol = put_protocol(fields, block, "protocol")
        if block.get("protocol") is None:
            fields.put("protocol", "tcp", block.header)
            protocol = "tcp"
        put_side(fields, _side(block, ("ip_range", "ip")))
        take(fields, resource.attributes, "description")
        yield from _by_ports(name, fields, block, "port_range" if block.get("port_range") else "port", protocol)

    yield from _each(resource, _IN_AND_OUT, make)


# Alibaba, Yandex, Naver, Nifcloud, IBM


def _alibaba(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, None)
    take(fields, block, "type", "direction")
    _action(fields, block, "policy")
    protocol = put_protocol(fields, block, "ip_protocol")
    put_side(fields, other_side(block, ("cidr_ip", "ipv6_cidr_ip"), ("source_security_group_id", "prefix_list_id")))
    take(fields, block, "description")
    yield from _by_ports(resource.local, fields, block, "port_range", protocol)


def _yandex_group(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        yield _yandex(block, name, direction)

    yield from _each(resource, (("ingress", "ingress"), ("egress", "egress")), make)


def _yandex_rule(resource: Resource) -> Iterator[Noun]:
    yield _yandex(resource.attributes, resource.local, _direction(resource.attributes))


def _yandex(block: Map, name: str, direction: Value) -> Noun:
    fields = start_fields(block, "firewall", direction, "allow")
    protocol = put_protocol(fields, block, "protocol")
    if block.get("protocol") is None:
        fields.put("protocol", "all", block.header)
        protocol = "all"
    if block.get("port") not in (None, -1):
        list(_ports(fields, block, "port", protocol))
    elif block.get("from_port") == -1:
        put_range(fields, ALL_PORTS, block.place("from_port"))
    else:
        _span_of_ports(fields, block, "from_port", "to_port", protocol)
    narrow = ("security_group_id", "predefined_target")
    put_side(fields, other_side(block, ("v4_cidr_blocks", "v6_cidr_blocks"), narrow))
    take(fields, block, "description")
    return rule_noun(name, fields)


def _naver(resource: Resource) -> Iterator[Noun]:
    acl = resource.kind == "ncloud_network_acl_rule"

    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "acl" if acl else "firewall", direction, None if acl else "allow")
        if acl:
            _action(fields, block, "rule_action")
        protocol = put_protocol(fields, block, "protocol")
        narrow = ("source_access_control_group_no", "deny_allow_group_no")
        put_side(fields, other_side(block, ("ip_block",), narrow))
        take(fields, block, "description")
        yield from _by_ports(name, fields, block, "port_range", protocol)

    yield from _each(resource, (("ingress", "inbound"), ("egress", "outbound")), make)


def _nifcloud_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    direction = "ingress" if block.get("type") is None else _direction(block, "type")
    fields = start_fields(block, "firewall", None, "allow")
    take(fields, block, "type", "direction", direction)
    if block.get("type") is None:
        fields.put("direction", direction, block.header)
    protocol = put_protocol(fields, block, "protocol")
    if block.get("protocol") is None:
        protocol = "tcp"
        fields.put("protocol", protocol, block.header)
    _span_of_ports(fields, block, "from_port", "to_port", protocol)
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

    yield from _each(resource, (("ingress", "rule"),), make)


def _nifcloud_devops(resource: Resource) -> Iterator[Noun]:
    def make(name: str, block: Map, direction: str) -> Iterator[Noun]:
        fields = start_fields(block, "firewall", direction, "allow")
        protocol = put_protocol(fields, block, "protocol")
        put_side(fields, other_side(block, ("cidr_ip",), ()))
        take(fields, block, "description")
        yield from _by_ports(name, fields, block, "port", protocol)

    yield from _each(resource, (("ingress", "rule"),), make)


def _ibm(resource: Resource) -> Iterator[Noun]:
    yield rule_noun(resource.local, _ibm_fields(resource.attributes, "firewall"))


def _ibm_acl_rule(resource: Resource) -> Iterator[Noun]:
    yield rule_noun(resource.local, _ibm_fields(resource.attributes, "acl"))


def _ibm_acl(resource: Resource) -> Iterator[Noun]:
    yield from _in_order(resource, (("", "rules"),), "acl", lambda block, _: [_ibm_fields(block, "acl")])


def _ibm_fields(block: Map, kind: str) -> Map:
    """The protocol and its ports stand in the rule itself or, as they once did, in a block called like it."""
    direction = _direction(block)
    if block.get("protocol") is None:
        key = next((name for name in ("tcp", "udp", "icmp") if block.get(name) is not None), "")
        protocol: Value = key or "all"
        place, holder = block.place(key or "protocol"), one(block.get(key)) if key else block
    else:
        protocol = "all" if block.get("protocol") == "icmp_tcp_udp" else protocol_of(block.get("protocol"))
        place, holder = block.place("protocol"), block
    fields = start_fields(block, kind, direction, "allow" if kind == "firewall" else None)
    if kind == "acl":
        _action(fields, block, "action")
    fields.put("protocol", protocol, place)
    if isinstance(holder, Unknown):
        put_range(fields, (holder, holder), place)
    else:
        _ibm_ports(fields, holder if isinstance(holder, Map) else block, protocol)
    key = "remote" if kind == "firewall" else "destination" if direction == "egress" else "source"
    group = isinstance(block.get(key), Reference) and ".ibm_is_security_group." in f".{block[key].target}"
    put_side(fields, _group_side(block, key) if group else _side(block, (key,)))
    take(fields, block, "name", "description")
    return fields


def _ibm_ports(fields: Map, holder: Map, protocol: Value) -> None:
    """Where one end of the range is not written, it is the last that there is."""
    low, high = holder.get("port_min"), holder.get("port_max")
    if protocol in ("tcp", "udp") and (low or high):
        first = port_number(low, "port_min") if low else 1
        last = port_number(high, "port_max") if high else ALL_PORTS[1]
        put_range(fields, (first, last), holder.place("port_min" if low else "port_max"))
    else:
        _span_of_ports(fields, holder, "port_min", "port_max", protocol)


# Tencent


def _tencent_rule(resource: Resource) -> Iterator[Noun]:
    block = resource.attributes
    fields = start_fields(block, "firewall", None, None)
    take(fields, block, "type", "direction")
    _action(fields, block, "policy")
    put_side(fields, other_side(block, ("cidr_ip",), ("source_sgid", "address_template")))
    take(fields, block, "description")
    for made in _tencent_ports(fields, block, "ip_protocol", "port_range", ("protocol_template",)):
        yield rule_noun(resource.local, made)


def _tencent_set(resource: Resource) -> Iterator[Noun]:
    def make(block: Map, direction: str) -> Iterator[Map]:
        fields = start_fields(block, "firewall", direction, None)
        _action(fields, block, "action")
        narrow = ("source_security_id", "address_template_id", "address_template_group")
        put_side(fields, other_side(block, ("cidr_block", "ipv6_cidr_block"), narrow))
        take(fields, block, "description")
        yield from _tencent_ports(fields, block, "protocol", "port", ("service_template_id", "service_template_group"))

    yield from _in_order(resource, (("ingress", "ingress"), ("egress", "egress")), "firewall", make)


def _tencent_lighthouse(resource: Resource) -> Iterator[Noun]:
    def make(block: Map, direction: str) -> Iterator[Map]:
        fields = start_fields(block, "firewall", direction, None)
        _action(fields, block, "action")
        put_side(fields, _side(block, ("cidr_block",)))
        take(fields, block, "firewall_rule_description", "description")
        yield from _tencent_ports(fields, block, "protocol", "port", ())

    for label, block in blocks_in(resource.attributes, "firewall_rules"):
        name = f"{resource.local} {label}"
        if isinstance(block, Unknown):
            yield unknown_rule(name, "ingress", block, "firewall", resource.attributes.place("firewall_rules"))
            continue
        for fields in make(block, "ingress"):
            yield rule_noun(name, fields)


def _tencent_ports(
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
    yield from _ports(fields, block, port_key, protocol)


def _tencent_texts(resource: Resource) -> Iterator[Noun]:
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
                made += [(name, fields, index) for fields in _tencent_text(parts, direction, kind, place)]
    yield from _settled(made)


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


def _tencent_text(parts: list[Value], direction: str, kind: str, place: Span) -> Iterator[Map]:
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
    _action(fields, block, "action")
    put_side(fields, other_side(block, ("cidr",), ("group",)))
    if kind == "acl":
        take(fields, block, "description")
    else:  # there is no room for one
        fields.put("description", f"{direction} rule", place)
    yield from _tencent_ports(fields, block, "protocol", "port", ("template",))


def _in_order(
    resource: Resource, sides: Sequence[tuple[str, str]], kind: str, make: Callable[[Map, str], Iterable[Map]]
) -> Iterator[Noun]:
    """Rules of which the first that fits decides."""
    made: list[tuple[str, Map, int]] = []
    for direction, key in sides:
        for index, (label, block) in enumerate(blocks_in(resource.attributes, key)):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction or None, block, kind, resource.attributes.place(key))
            else:
                made += [(name, fields, index) for fields in make(block, direction)]
    yield from _settled(made)


def _settled(made: list[tuple[str, Map, int]]) -> Iterator[Noun]:
    for direction in ("ingress", "egress"):
        denials = Denials()
        for _, fields, order in made:
            if fields.get("direction") == direction:
                denials.note(fields, order)
        for _, fields, order in made:
            if fields.get("direction") == direction:
                denials.apply(fields, order)
    for name, fields, _ in made:
        yield rule_noun(name, fields)


_MAKERS: dict[str, Callable[[Resource], Iterable[Noun]]] = {
    "alicloud_security_group_rule": _alibaba,
    "digitalocean_firewall": _digitalocean,
    "hcloud_firewall": _hetzner,
    "ibm_is_network_acl": _ibm_acl,
    "ibm_is_network_acl_rule": _ibm_acl_rule,
    "ibm_is_security_group_rule": _ibm,
    "linode_firewall": _linode,
    "ncloud_access_control_group_rule": _naver,
    "ncloud_network_acl_rule": _naver,
    "nifcloud_db_security_group": _nifcloud_group,
    "nifcloud_devops_firewall_group": _nifcloud_devops,
    "nifcloud_nas_security_group": _nifcloud_group,
    "nifcloud_security_group_rule": _nifcloud_rule,
    "oci_core_default_security_list": _oci_list,
    "oci_core_network_security_group_security_rule": _oci_group_rule,
    "oci_core_security_list": _oci_list,
    "openstack_compute_secgroup_v2": _openstack_group,
    "openstack_networking_secgroup_rule_v2": _openstack_rule,
    "scaleway_instance_security_group": _scaleway,
    "tencentcloud_lighthouse_firewall_rule": _tencent_lighthouse,
    "tencentcloud_security_group_lite_rule": _tencent_texts,
    "tencentcloud_security_group_rule": _tencent_rule,
    "tencentcloud_security_group_rule_set": _tencent_set,
    "tencentcloud_vpc_acl": _tencent_texts,
    "yandex_vpc_default_security_group": _yandex_group,
    "yandex_vpc_security_group": _yandex_group,
    "yandex_vpc_security_group_rule": _yandex_rule,
}
