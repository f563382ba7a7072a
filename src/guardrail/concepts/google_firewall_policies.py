"""Rules of Google's firewall policies, of networks and of organizations, which stand in for `google_compute_firewall`
-> `network_rule` nouns."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.network_denials import Ordered, apply_all, by_direction, denials_of, siblings
from guardrail.concepts.network_fields import (
    blocks_in,
    one,
    order_of,
    put_protocol,
    put_side,
    rule_noun,
    start_fields,
    take,
    text_ports,
    unknown_rule,
)
from guardrail.concepts.network_ranges import Side, other_side, written_ranges
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown, Value

RULES = (
    "google_compute_firewall_policy_rule",
    "google_compute_network_firewall_policy_rule",
    "google_compute_region_network_firewall_policy_rule",
)
WITH_RULES = (
    "google_compute_firewall_policy_with_rules",
    "google_compute_network_firewall_policy_with_rules",
    "google_compute_region_network_firewall_policy_with_rules",
)
KINDS = (*RULES, *WITH_RULES)

_SIDES = {"ingress": "src", "egress": "dest"}
_NARROW = ("address_groups", "fqdns", "region_codes", "threat_intelligences", "secure_tags", "secure_tag", "networks")
_CONTEXTS = ("network_context", "network_scope", "network_type")  # the same by the names that it has had
_TARGETS = ("target_service_accounts", "target_secure_tags", "target_secure_tag", "target_resources",
            "target_forwarding_rules")  # fmt: skip


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.kind in WITH_RULES:
        yield from _policy(resource)
    else:
        yield from _rule(resource, inventory)


def _policy(resource: Resource) -> Iterator[Noun]:
    blocks = list(blocks_in(resource.attributes, "rule"))
    denials = by_direction(denied for _, block in blocks if isinstance(block, Map) for denied in _denied(block))
    for label, block in blocks:
        if isinstance(block, Unknown):
            place = resource.attributes.place("rule")
            yield unknown_rule(f"{resource.local} {label}", None, block, "firewall", place)
            continue
        written = block.get("rule_name")
        name = f"{resource.local} {written}" if isinstance(written, str) else f"{resource.local} {label}"
        for fields in _fields(block):
            apply_all((denials,), fields, order_of(block, "priority"))
            yield rule_noun(name, fields)


def _rule(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    groups = [denials_of(group, inventory, _rules) for group in inventory.referred_to_by(resource, "firewall_policy")]
    for fields in _fields(resource.attributes):
        apply_all(groups, fields, order_of(resource.attributes, "priority"))
        yield rule_noun(resource.local, fields)


def _rules(policy: Resource, inventory: Inventory) -> Iterator[Ordered]:
    for block in siblings(policy, inventory, RULES, "firewall_policy"):
        yield from _denied(block)


def _denied(block: Map) -> Iterator[Ordered]:
    """What a rule denies whichever machine is asked, and at whichever of its addresses."""
    if block.get("action") != "deny" or any(block.get(key) for key in _TARGETS):
        return
    for fields in _fields(block):
        match, own = one(block.get("match")), "src" if fields.get("direction") == "egress" else "dest"
        if not (isinstance(match, Map) and any(str(key).startswith(f"{own}_") and match.get(key) for key in match)):
            yield fields, order_of(block, "priority")


def _fields(block: Map) -> Iterator[Map]:
    """The fields of a rule, once for each range of ports of each protocol; none of one that is switched off."""
    if block.get("disabled") is True:
        return
    direction = block.get("direction")
    if isinstance(direction, str):
        direction = direction.lower()
    match = one(block.get("match"))
    if not isinstance(match, Map):
        return
    side = _side(match, direction)
    found = [key for key in ("layer4_configs", "layer4_config") if match.get(key) is not None]
    for _, layer in blocks_in(match, found[0] if found else "layer4_configs"):
        ports = written_ranges(layer, ("ports",)) if isinstance(layer, Map) else [("ports", None)]
        for key, index in ports:
            fields = start_fields(block, "firewall", None, None)
            take(fields, block, "direction", "direction", direction)
            take(fields, block, "action")
            if isinstance(layer, Map):
                text_ports(fields, layer, key, index, put_protocol(fields, layer, "ip_protocol"))
            else:
                for name in ("protocol", "from_port", "to_port", "ports"):
                    fields.put(name, layer, match.place(found[0]))
            put_side(fields, side)
            take(fields, block, "description")
            yield fields


def _side(match: Map, direction: Value) -> Side:
    """Ranges and groups add to each other; the kind of network that it comes from bounds the ranges."""
    prefix = _SIDES.get(direction if isinstance(direction, str) else "", "src")
    ranges = f"{prefix}_ip_ranges"
    narrow = tuple(f"{prefix}_{name}" for name in _NARROW)
    side = other_side(match, (ranges,), narrow)
    if isinstance(direction, Unknown):
        return side._replace(anywhere=direction)
    named = any(match.get(name) for name in (ranges, *narrow))
    for key in (f"{prefix}_{name}" for name in _CONTEXTS):
        context, place = match.get(key), match.place(key)
        if isinstance(context, Unknown):
            return side if named and side.anywhere is False else side._replace(anywhere=context)
        if context in ("INTRA_VPC", "NON_INTERNET", "VPC_NETWORKS"):
            return side._replace(anywhere=False, open_to=None)
        if context == "INTERNET" and not named:
            everyone = Seq(place)
            everyone.add(context, place)
            return Side(everyone, True, context, place, None)
    return side
