"""AWS's security groups, in all three spellings of their rules, and the prefix lists that these name: networks that may
hold everybody between them.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.network_fields import (
    aws_ports,
    blocks_in,
    put_protocol,
    put_side,
    rule_noun,
    start_fields,
    take,
    unknown_rule,
)
from guardrail.concepts.network_ranges import Side, other_side
from guardrail.model import Inventory, Map, Noun, Origin, OriginsOf, Reference, Resource, Seq, Span, Unknown, Value

_LISTS = "prefix_list_ids"
_SEPARATE_KINDS = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
_LIST, _ENTRY = "aws_ec2_managed_prefix_list", "aws_ec2_managed_prefix_list_entry"


def group_nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """Of the rules within a group."""
    for direction in ("ingress", "egress"):
        for label, block in blocks_in(resource.attributes, direction):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction, block, "firewall", resource.attributes.place(direction))
                continue
            fields = start_fields(block, "firewall", direction, "allow")
            protocol = put_protocol(fields, block, "protocol")
            aws_ports(fields, block, protocol)
            side = other_side(block, ("cidr_blocks", "ipv6_cidr_blocks"), ("security_groups", _LISTS, "self"))
            put_side(fields, _with_lists(side, block, _LISTS, inventory))
            take(fields, block, "description")
            yield rule_noun(name, fields)


def rule_nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """Of a rule that is a resource of its own."""
    block = resource.attributes
    separate = resource.kind in _SEPARATE_KINDS
    narrow: tuple[str, ...]
    fields = start_fields(block, "firewall", None, "allow")
    if separate:
        fields.put("direction", "ingress" if "ingress" in resource.kind else "egress", block.header)
        protocol = put_protocol(fields, block, "ip_protocol")
        wide, narrow = ("cidr_ipv4", "cidr_ipv6"), ("referenced_security_group_id", "prefix_list_id")
    else:
        take(fields, block, "type", "direction")
        protocol = put_protocol(fields, block, "protocol")
        wide = ("cidr_blocks", "ipv6_cidr_blocks")
        narrow = ("source_security_group_id", _LISTS, "self")
    aws_ports(fields, block, protocol)
    side = other_side(block, wide, narrow)
    put_side(fields, _with_lists(side, block, "prefix_list_id" if separate else _LISTS, inventory))
    take(fields, block, "description")
    yield rule_noun(resource.local, fields)


def _with_lists(side: Side, block: Map, key: str, inventory: Inventory) -> Side:
    """The other side of a rule, who is in the prefix lists that `key` names among it. What is not declared here stays
    as it is: AWS's own lists hold its services."""
    if side.anywhere is True or _LIST not in inventory.by_kind:
        return side
    named = block.get(key)
    for item in named if isinstance(named, Seq) else [named]:
        if not isinstance(item, Reference):
            continue
        for found in inventory.at(item.target):
            if found.kind == _LIST and found.mode == "managed":
                networks = _networks(found, inventory)
                inside = other_side(networks, ("cidr",), ())
                if inside.anywhere is False or (side.anywhere is not False and inside.anywhere is not True):
                    continue
                side = Side(
                    side.sources, inside.anywhere, inside.open_to, block.place(key), _origins(found, inside)
                )
                if side.anywhere is True:
                    return side
    return side


def _origins(found: Resource, inside: Side) -> OriginsOf:
    entry = Origin(f"an entry of {found.address}", inside.place, inside.open_to)
    return lambda: (entry, *(inside.origins or tuple)())


def _networks(found: Resource, inventory: Inventory) -> Map:
    """All that is in a list, as `cidr` of one block."""
    entries = Seq(found.span, found.header)
    for value, place in (*_inside(found), *_beside(found, inventory)):
        entries.add(value, place)
    block = Map(found.span, found.header)
    block.put("cidr", entries, found.header)
    return block


def _inside(found: Resource) -> Iterator[tuple[Value, Span]]:
    for _, entry in blocks_in(found.attributes, "entry"):
        if isinstance(entry, Unknown):
            yield entry, found.attributes.place("entry")
        else:
            yield entry.get("cidr"), entry.place("cidr")


def _beside(found: Resource, inventory: Inventory) -> Iterator[tuple[Value, Span]]:
    for source, path in inventory.referring_to(found):
        if source.kind == _ENTRY and source.mode == "managed" and path == "prefix_list_id":
            yield source.attributes.get("cidr"), source.attributes.place("cidr")
