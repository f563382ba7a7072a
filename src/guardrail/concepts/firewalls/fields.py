"""What the firewalls of several clouds have in common: directions, ports, actions, sides, and an order of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from guardrail.concepts.network_denials import apply_all, by_direction
from guardrail.concepts.network_fields import (
    PORTED,
    blocks_in,
    no_ports,
    port_number,
    put_range,
    rule_noun,
    take,
    unknown_rule,
)
from guardrail.concepts.network_ranges import ALL_PORTS, Side, other_side, port_range
from guardrail.model import Map, Noun, Resource, Sensitive, Seq, Unknown, Value

Make = Callable[[str, Map, str], Iterable[Noun]]
IN_AND_OUT = (("ingress", "inbound_rule"), ("egress", "outbound_rule"))
_ACTIONS = {"accept": "allow", "allow": "allow", "permit": "allow", "drop": "deny", "deny": "deny", "reject": "deny"}


def direction_of(block: Map, key: str = "direction") -> Value:
    written = block.get(key)
    if not isinstance(written, str):
        return written
    written = written.lower()
    return {"in": "ingress", "inbound": "ingress", "out": "egress", "outbound": "egress"}.get(written, written)


def each_block(resource: Resource, sides: Sequence[tuple[str, str]], make: Make) -> Iterator[Noun]:
    """What `make` makes of the rules that stand in blocks of a resource; `sides`: direction, and the blocks' name."""
    for direction, key in sides:
        for label, block in blocks_in(resource.attributes, key):
            name = f"{resource.local} {label}"
            if isinstance(block, Unknown):
                yield unknown_rule(name, direction, block, "firewall", resource.attributes.place(key))
            else:
                yield from make(name, block, direction)


def by_ports(name: str, fields: Map, holder: Map, key: str, protocol: Value) -> Iterator[Noun]:
    for made in ports_in(fields, holder, key, protocol):
        yield rule_noun(name, made)


def ports_in(fields: Map, holder: Map, key: str, protocol: Value) -> Iterator[Map]:
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


def span_of_ports(fields: Map, holder: Map, low: str, high: str, protocol: Value) -> None:
    """Two numbers; none at all, or 0, which some providers take for none, are all ports."""
    if isinstance(protocol, str) and protocol not in PORTED:
        no_ports(fields, holder.place(low))
    elif protocol == "all" or (not holder.get(low) and not holder.get(high)):
        put_range(fields, ALL_PORTS, holder.place(low))
    else:
        first = port_number(holder.get(low), low)
        last = port_number(holder.get(high), high) if holder.get(high) else first
        put_range(fields, (first, last), holder.place(low))


def put_action(fields: Map, block: Map, key: str) -> None:
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


def side_or_everyone(block: Map, wide: tuple[str, ...], narrow: tuple[str, ...] = ()) -> Side:
    written = any(block.get(key) not in (None, "") for key in (*wide, *narrow))
    return other_side(block, wide, narrow) if written else _everyone(block)


def group_side(block: Map, key: str) -> Side:
    """Another group, or a service of the cloud: never the internet."""
    sources = Seq(block.place(key))
    sources.add(block.get(key), block.place(key))
    return Side(sources, False, None, block.place(key), None)


def in_order(
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
    yield from settled(made)


def settled(made: list[tuple[str, Map, int]]) -> Iterator[Noun]:
    denials = by_direction((fields, order) for _, fields, order in made)
    for name, fields, order in made:
        apply_all((denials,), fields, order)
        yield rule_noun(name, fields)
