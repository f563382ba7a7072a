"""Firewall rules, in every spelling that a cloud has for them, and NetworkPolicies -> `network_rule` nouns.

One noun for each range of ports. A finding about who may come in stands at the one source that is too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts import google_firewall_policies
from guardrail.concepts.blocks import partly
from guardrail.concepts.network_denials import DIRECTIONS, Ordered, apply_all, denials_of, siblings
from guardrail.concepts.network_fields import (
    aws_ports,
    blocks_in,
    one,
    order_of,
    ports_together,
    put_protocol,
    put_range,
    put_side,
    rule_noun,
    start_fields,
    take,
    text_ports,
    unknown_rule,
)
from guardrail.concepts.network_ranges import (
    ALL_PORTS,
    Side,
    other_side,
    port_range,
    protocol_of,
    written_ranges,
)
from guardrail.concepts.security_groups import group_nouns, rule_nouns
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown, Value


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    maker = _MAKERS.get(resource.kind)
    if maker is not None and resource.mode == "managed":
        yield from maker(resource, inventory)


def _aws_acl(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    denials = denials_of(resource, inventory, _acl_rules)
    for direction in DIRECTIONS:
        for label, block in blocks_in(resource.attributes, direction):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction, block, "acl", resource.attributes.place(direction))
                continue
            fields = _acl_fields(block, direction, "action")
            denials[direction].apply(fields, order_of(block, "rule_no"))
            yield rule_noun(name, fields)


def _aws_acl_rule(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    fields = _acl_rule_fields(resource.attributes)
    named = inventory.referred_to_by(resource, "network_acl_id")
    groups = [denials_of(group, inventory, _acl_rules) for group in named]
    apply_all(groups, fields, order_of(resource.attributes, "rule_number"))
    yield rule_noun(resource.local, fields)


def _acl_rules(group: Resource, inventory: Inventory) -> Iterator[Ordered]:
    for direction in DIRECTIONS:
        for _, block in blocks_in(group.attributes, direction):
            if isinstance(block, Map):
                yield _acl_fields(block, direction, "action"), order_of(block, "rule_no")
    for block in siblings(group, inventory, ("aws_network_acl_rule",), "network_acl_id"):
        yield _acl_rule_fields(block), order_of(block, "rule_number")


def _acl_rule_fields(block: Map) -> Map:
    egress = block.get("egress")
    direction: Value = egress if isinstance(egress, Unknown) else "egress" if egress else "ingress"
    fields = _acl_fields(block, direction, "rule_action")
    if egress is not None:
        fields.spans["direction"] = block.place("egress")
    return fields


def _acl_fields(block: Map, direction: Value, action: str) -> Map:
    fields = start_fields(block, "acl", direction, None)
    take(fields, block, action, "action")
    protocol = put_protocol(fields, block, "protocol")
    aws_ports(fields, block, protocol)
    put_side(fields, other_side(block, ("cidr_block", "ipv6_cidr_block"), ()))
    return fields


def _azure_group(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    denials = denials_of(resource, inventory, _azure_rules)
    for label, block in blocks_in(resource.attributes, "security_rule"):
        if isinstance(block, Unknown):
            place = resource.attributes.place("security_rule")
            yield unknown_rule(f"{resource.local} {label}", None, block, "firewall", place)
            continue
        written = block.get("name")
        name = f"{resource.local} {written}" if isinstance(written, str) else f"{resource.local} {label}"
        for fields in _azure_fields(block):
            apply_all((denials,), fields, order_of(block, "priority"))
            yield rule_noun(name, fields)


def _azure_rule(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    named = inventory.referred_to_by(resource, "network_security_group_name")
    groups = [denials_of(group, inventory, _azure_rules) for group in named]
    for fields in _azure_fields(resource.attributes):
        apply_all(groups, fields, order_of(resource.attributes, "priority"))
        yield rule_noun(resource.local, fields)


def _azure_rules(group: Resource, inventory: Inventory) -> Iterator[Ordered]:
    within = [block for _, block in blocks_in(group.attributes, "security_rule") if isinstance(block, Map)]
    beside = siblings(group, inventory, ("azurerm_network_security_rule",), "network_security_group_name")
    for block in (*within, *beside):
        for fields in _azure_denials(block):
            yield fields, order_of(block, "priority")


_AZURE_WORDS = {"inbound": "ingress", "outbound": "egress", "allow": "allow", "deny": "deny"}


def _azure_fields(block: Map) -> Iterator[Map]:
    """The fields of a security rule, once for each of its port ranges."""
    for key, index in written_ranges(block, ("destination_port_range", "destination_port_ranges")):
        fields = start_fields(block, "firewall", None, None)
        for written, name in (("direction", "direction"), ("access", "action")):
            value = block.get(written)
            if isinstance(value, str):
                value = _AZURE_WORDS.get(value.lower(), value.lower())
            take(fields, block, written, name, value)
        protocol = put_protocol(fields, block, "protocol")
        text_ports(fields, block, key, index, protocol)
        side = "destination" if fields.get("direction") == "egress" else "source"
        put_side(fields, other_side(block, (f"{side}_address_prefix", f"{side}_address_prefixes"),
                                     (f"{side}_application_security_group_ids",)))  # fmt: skip
        take(fields, block, "description")
        yield fields


def _azure_denials(block: Map) -> list[Map]:
    """The same of a rule that denies whatever our own side's address and the other side's port are."""
    if str(block.get("access")).lower() != "deny":
        return []
    found = list(_azure_fields(block))
    own = "source" if found[0].get("direction") == "egress" else "destination"
    whole = all(block.get(key) in (None, "*") for key in (f"{own}_address_prefix", "source_port_range"))
    narrow = (f"{own}_address_prefixes", f"{own}_application_security_group_ids", "source_port_ranges")
    return found if whole and not any(block.get(key) for key in narrow) else []


def _google(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    attributes = resource.attributes
    if attributes.get("disabled") is True:
        return
    written = attributes.get("direction")
    direction: Value = written if isinstance(written, Unknown) else str(written or "INGRESS").lower()
    wide: tuple[str, ...]
    narrow: tuple[str, ...]
    if direction == "egress":
        wide, narrow = ("destination_ranges",), ()
    else:
        wide, narrow = ("source_ranges",), ("source_tags", "source_service_accounts")
    side = other_side(attributes, wide, narrow)
    if not any(attributes.get(key) for key in (*wide, *narrow)) and not isinstance(direction, Unknown):
        everyone = Seq(attributes.header)
        everyone.add("0.0.0.0/0", attributes.header)
        side = Side(everyone, True, "0.0.0.0/0", attributes.header, None)
    for action in ("allow", "deny"):
        for label, block in blocks_in(attributes, action):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction, block, "firewall", attributes.place(action))
                continue
            for key, index in written_ranges(block, ("ports",)):
                fields = start_fields(block, "firewall", direction, action)
                protocol = put_protocol(fields, block, "protocol")
                text_ports(fields, block, key, index, protocol)
                put_side(fields, side)
                take(fields, attributes, "description")
                yield rule_noun(name, fields)


def _policy(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """A NetworkPolicy, as a manifest or in Terraform's spelling."""
    spec = one(resource.attributes.get("spec"))
    if not isinstance(spec, Map):
        if isinstance(spec, Unknown):
            yield unknown_rule(resource.local, None, spec, "policy", resource.attributes.place("spec"))
        return
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for label, rule in blocks_in(spec, direction):
            name = f"{resource.local} {label}"
            if isinstance(rule, Unknown):
                yield unknown_rule(name, direction, rule, "policy", spec.place(direction))
                continue
            who = _peers(rule, side)
            found: list[Map] = []
            for port in _policy_ports(rule):
                fields = start_fields(rule, "policy", direction, "allow")
                _put_policy_port(fields, rule, port)
                named = port.get("port") if isinstance(port, Map) and isinstance(fields["from_port"], Unknown) else None
                fields.put("port_name", named if isinstance(named, str) else fields["ports"], fields.place("ports"))
                put_side(fields, who)
                found.append(fields)
            together = ports_together(found)
            for fields in found:
                fields.put("rule_ports", together, rule.place("ports"))
                yield rule_noun(name, fields)


def _peers(rule: Map, key: str) -> Side:
    """An absent or empty list of peers means everybody; selectors never reach beyond the cluster."""
    peers = rule.get(key)
    place = rule.place(key)
    if isinstance(peers, Unknown):
        return Side(peers, peers, None, place, None)
    if not isinstance(peers, Seq) or not peers:
        return Side(Seq(place), True, "anyone", place, None)
    parts = Map(peers.span, peers.header)
    cidrs, others = Seq(peers.span, peers.header), Seq(peers.span, peers.header)
    for index, peer in enumerate(peers):
        if isinstance(peer, Unknown):
            cidrs.add(peer, peers.place(index))
            continue
        block = one(peer.get("ipBlock", peer.get("ip_block"))) if isinstance(peer, Map) else None
        if isinstance(block, Map) and block.get("cidr") is not None:
            cidrs.add(partly(block["cidr"]), block.place("cidr"))
        elif isinstance(block, Unknown):
            cidrs.add(block, peers.place(index))
        else:
            others.add("pods", peers.place(index))
    parts.put("cidr", cidrs, place)
    parts.put("pods", others, place)
    return other_side(parts, ("cidr",), ("pods",))


def _policy_ports(rule: Map) -> list[Map | Unknown | None]:
    ports = rule.get("ports")
    if isinstance(ports, Unknown):
        return [ports]
    found: list[Map | Unknown | None] = [port for port in ports or () if isinstance(port, (Map, Unknown))]
    return found or [None]


def _put_policy_port(fields: Map, rule: Map, port: Map | Unknown | None) -> None:
    place = rule.place("ports")
    if port is None or isinstance(port, Unknown):
        fields.put("protocol", "all" if port is None else port, place)
        put_range(fields, ALL_PORTS if port is None else (port, port), place)
        return
    place = port.header
    protocol = protocol_of(port.get("protocol") or "tcp")
    fields.put("protocol", protocol, port.place("protocol"))
    low = port.get("port")
    high = port.get("endPort", port.get("end_port"))
    if low is None:
        put_range(fields, ALL_PORTS, place)
        return
    start = port_range(low)
    if start is None:
        named = Unknown(f"port {low!r} is a name that each pod resolves")
        start = (named, named)
    put_range(fields, (start[0], start[1] if high is None else high), port.place("port"))


_DATABASE_PORTS = {
    "azurerm_mssql_firewall_rule": 1433, "azurerm_sql_firewall_rule": 1433, "azurerm_postgresql_firewall_rule": 5432,
    "azurerm_postgresql_flexible_server_firewall_rule": 5432, "azurerm_mysql_firewall_rule": 3306,
    "azurerm_mysql_flexible_server_firewall_rule": 3306, "azurerm_mariadb_firewall_rule": 3306,
    "azurerm_redis_firewall_rule": 6380,
}  # fmt: skip


def _database(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    block = resource.attributes
    redis = resource.kind == "azurerm_redis_firewall_rule"
    first, last = ("start_ip", "end_ip") if redis else ("start_ip_address", "end_ip_address")
    fields = start_fields(block, "database", "ingress", "allow")
    fields.put("protocol", "tcp", block.header)
    port = _DATABASE_PORTS[resource.kind]
    put_range(fields, (port, port), block.header)
    low, high = block.get(first), block.get(last)
    sources = Seq(block.span, block.place(first))
    unknown = next((value for value in (low, high) if isinstance(value, Unknown)), None)
    if unknown is not None:
        sources.add(unknown, block.place(first))
        put_side(fields, Side(sources, unknown, None, block.place(first), None))
    else:
        text = f"{low}-{high}"
        sources.add(text, block.place(first))
        everyone = low == "0.0.0.0" and high == "255.255.255.255"
        put_side(fields, Side(sources, everyone, text if everyone else None, block.place(last), None))
    yield rule_noun(resource.local, fields)


def _node_group(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """A key for SSH without groups that may use it: EKS opens port 22 to the internet."""
    for _, block in blocks_in(resource.attributes, "remote_access"):
        if not isinstance(block, Map) or not block.get("ec2_ssh_key"):
            continue
        fields = start_fields(block, "firewall", "ingress", "allow")
        fields.put("protocol", "tcp", block.header)
        put_range(fields, (22, 22), block.place("ec2_ssh_key"))
        groups = block.get("source_security_group_ids")
        sources = groups if isinstance(groups, Seq) else Seq(block.header)
        place = block.place("source_security_group_ids")
        if isinstance(groups, Unknown):
            put_side(fields, Side(groups, False, None, place, None))
        else:
            put_side(fields, Side(sources, not groups, None if groups else "0.0.0.0/0", place, None))
        fields.put("description", "SSH access of a managed node group", block.header)
        yield rule_noun(f"{resource.local} remote_access", fields)


def _lightsail(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """The ports of a machine; where no address is named, they are open to all."""
    for label, block in blocks_in(resource.attributes, "port_info"):
        name = f"{resource.local} {label}"
        if isinstance(block, Unknown):
            yield unknown_rule(name, "ingress", block, "firewall", resource.attributes.place("port_info"))
            continue
        fields = start_fields(block, "firewall", "ingress", "allow")
        aws_ports(fields, block, put_protocol(fields, block, "protocol"))
        wide, narrow = ("cidrs", "ipv6_cidrs"), ("cidr_list_aliases",)
        if any(block.get(key) for key in (*wide, *narrow)):
            put_side(fields, other_side(block, wide, narrow))
        else:
            everyone = Seq(block.header)
            everyone.add("0.0.0.0/0", block.header)
            put_side(fields, Side(everyone, True, "0.0.0.0/0", block.header, None))
        fields.put("description", "ports of a machine", block.header)  # there is no room for one
        yield rule_noun(name, fields)


_MAKERS: dict[str, Callable[[Resource, Inventory], Iterable[Noun]]] = {
    "aws_security_group": group_nouns,
    "aws_default_security_group": group_nouns,
    "aws_security_group_rule": rule_nouns,
    "aws_vpc_security_group_ingress_rule": rule_nouns,
    "aws_vpc_security_group_egress_rule": rule_nouns,
    "aws_network_acl": _aws_acl,
    "aws_default_network_acl": _aws_acl,
    "aws_network_acl_rule": _aws_acl_rule,
    "aws_eks_node_group": _node_group,
    "aws_lightsail_instance_public_ports": _lightsail,
    "azurerm_network_security_group": _azure_group,
    "azurerm_network_security_rule": _azure_rule,
    "google_compute_firewall": _google,
    **dict.fromkeys(google_firewall_policies.KINDS, google_firewall_policies.nouns),
    "NetworkPolicy": _policy,
    "kubernetes_network_policy": _policy,
    "kubernetes_network_policy_v1": _policy,
    **dict.fromkeys(_DATABASE_PORTS, _database),
}
