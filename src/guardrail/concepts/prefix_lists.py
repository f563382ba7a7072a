"""AWS's prefix lists: networks that rules name together, and that may hold everybody between them."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.network_fields import blocks_in
from guardrail.concepts.network_ranges import Side, other_side
from guardrail.model import Inventory, Map, Origin, OriginsOf, Reference, Resource, Seq, Span, Unknown, Value

_LIST, _ENTRY = "aws_ec2_managed_prefix_list", "aws_ec2_managed_prefix_list_entry"


def with_lists(side: Side, block: Map, key: str, inventory: Inventory) -> Side:
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
