"""Firewall rules that deny, and what is left of those that come after them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.concepts.network_ranges import UNORDERED
from guardrail.model import Inventory, Map, Resource, Value

DIRECTIONS = ("ingress", "egress")

Ordered = tuple[Map, int]
"""The fields of a rule, and its place among the others."""


class Denials:
    """What rules that come earlier take away from everybody."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, str, int, int, str], None] = {}

    def note(self, fields: Map, order: int) -> None:
        if fields.get("action") != "deny" or fields.get("anywhere") is not True:
            return
        low, high, protocol = fields.get("from_port"), fields.get("to_port"), fields.get("protocol")
        if isinstance(low, int) and isinstance(high, int) and isinstance(protocol, str):
            self.known[order, protocol, low, high, _family(fields)] = None

    def apply(self, fields: Map, order: int) -> None:
        """Takes them from an allowing rule's `ports`."""
        if order == UNORDERED:
            return
        low, high = fields.get("from_port"), fields.get("to_port")
        if fields.get("action") != "allow" or not isinstance(low, int) or not isinstance(high, int):
            return
        left = [(low, high)]
        for earlier, protocol, first, last, family in sorted(self.known):
            if earlier < order and protocol in ("all", fields.get("protocol")) and family in ("any", _family(fields)):
                left = [
                    part
                    for start, end in left
                    for part in ((start, min(end, first - 1)), (max(start, last + 1), end))
                    if part[0] <= part[1]
                ]
        if left != [(low, high)]:
            fields["ports"] = ",".join(f"{a}-{b}" if a != b else str(a) for a, b in left)
            if not left:
                fields["anywhere"] = False


def by_direction(rules: Iterable[Ordered]) -> dict[Value, Denials]:
    found: dict[Value, Denials] = {direction: Denials() for direction in DIRECTIONS}
    for fields, order in rules:
        direction = fields.get("direction")
        if direction in DIRECTIONS:
            found[direction].note(fields, order)
    return found


def denials_of(
    group: Resource, inventory: Inventory, rules: Callable[[Resource, Inventory], Iterable[Ordered]]
) -> dict[Value, Denials]:
    """What the `rules` of a group deny, by direction. They are looked at once, for each of the group's rules asks."""
    known: dict[int, dict[Value, Denials]] = inventory.indexes.setdefault("network denials", {})  # type: ignore[assignment]
    found = known.get(id(group))
    if found is None:
        found = known[id(group)] = by_direction(rules(group, inventory))
    return found


def apply_all(groups: Iterable[dict[Value, Denials]], fields: Map, order: int) -> None:
    """To a rule what the groups that it may be in deny."""
    direction = fields.get("direction")
    if direction in DIRECTIONS:
        together = Denials()
        for group in groups:
            together.known.update(group[direction].known)
        together.apply(fields, order)


def siblings(group: Resource, inventory: Inventory, kinds: Iterable[str], via: str) -> Iterator[Map]:
    """The attributes of rules of these kinds that name the group."""
    for other, path in inventory.referring_to(group):
        if other.kind in kinds and path == via:
            yield other.attributes


def _family(fields: Map) -> str:
    """4 or 6, or any for names that stand for both."""
    source = str(fields.get("open_to") or "")
    return "6" if ":" in source else "4" if "/" in source or "." in source else "any"
