"""The parts that every network rule is made of: who, which protocol, which ports, and where each is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrail.concepts.network_ranges import ALL_PORTS, UNORDERED, Side, port_range, protocol_of
from guardrail.model import Map, Noun, PartList, Perhaps, Sensitive, Seq, Span, Unknown, Value

PORTED = frozenset({"tcp", "udp", "sctp", "all"})
MAX_PORTS_SHOWN = 8


def blocks_in(holder: Map, key: str) -> Iterator[tuple[str, Map | Unknown]]:
    """The blocks (or mappings in a list) below a key, each with a name for messages. Those that may be there count, as
    resources do, unless they forbid something."""
    found = holder.get(key)
    if isinstance(found, Sensitive):
        found = Unknown("it is sensitive as a whole")
    if isinstance(found, PartList):
        found = found.items
    items = found if isinstance(found, Seq) else [found]
    blocks = [block for item in items for block in _each(item) if isinstance(block, (Map, Unknown))]
    for index, block in enumerate(blocks):
        yield (key if len(blocks) == 1 else f"{key}[{index}]"), block


def _each(item: Value) -> Sequence[Value]:
    if not isinstance(item, Perhaps):
        return [item]
    return [item if any(_denies(block, key) for key in ("access", "action")) else block for block in item.blocks]


def _denies(block: Value, key: str) -> bool:
    """Or may do so."""
    return isinstance(block, Map) and str(block.get(key) or "allow").lower() != "allow"


def one(value: Value) -> Value:
    return value[0] if isinstance(value, Seq) and value else value


def start_fields(block: Map, kind: str, direction: Value, action: Value) -> Map:
    fields = Map(block.span, block.header)
    fields.put("class", kind, block.header)
    if direction is not None:
        fields.put("direction", direction, block.header)
    if action is not None:
        fields.put("action", action, block.header)
    return fields


def take(fields: Map, block: Map, key: str, name: str = "", value: Value = None) -> None:
    """One entry as it is, or with its value turned into ours; absent, its place is noted."""
    if block.get(key) is None:
        fields.spans[name or key] = block.place(key)
        return
    fields.copy_entry(block, key, name or key)
    if value is not None:
        fields[name or key] = value


def put_protocol(fields: Map, block: Map, key: str) -> Value:
    protocol = protocol_of(block.get(key))
    take(fields, block, key, "protocol", protocol)
    return protocol


def aws_ports(fields: Map, block: Map, protocol: Value) -> None:
    """`from_port` and `to_port`; with protocol -1 they are not looked at, with ICMP they are types."""
    if protocol == "all":
        put_range(fields, ALL_PORTS, fields.place("protocol"))
        return
    place = block.place("from_port")
    if isinstance(protocol, str) and protocol not in PORTED:
        no_ports(fields, place)
        return
    low, high = port_number(block.get("from_port"), "from_port"), port_number(block.get("to_port"), "to_port")
    if low == -1:
        low, high = ALL_PORTS
    put_range(fields, (low, high), place)
    for key in ("from_port", "to_port"):
        if block.get(key) is not None:
            fields.spans[key] = block.place(key)
            if block.origins and key in block.origins:
                fields.origins = {**(fields.origins or {}), key: block.origins[key]}


def port_number(value: Value, name: str) -> Value:
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, str) and len(value) < 7 and value.isascii() and value.removeprefix("-").isdecimal():
        return int(value)
    if isinstance(value, (int, Unknown)) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return Unknown(f"{name} is not set" if value is None else f"{name} is not a number")


def text_ports(fields: Map, block: Map, key: str, index: int | None, protocol: Value) -> None:
    """Ports written as text: 22, "20-25", "*"; none means all."""
    place = block.place(key)
    if isinstance(protocol, str) and protocol not in PORTED:
        no_ports(fields, place)
        return
    value = block.get(key)
    if isinstance(value, Seq) and index is not None:
        place, value = value.place(index), value[index]
        if place.file != block.span.file or not block.span.covers(place.line):
            place = block.place(key)
    found = ALL_PORTS if value is None else port_range(value)
    if found is None:
        odd = Unknown(f"{value!r} is no range of ports")
        found = (odd, odd)
    put_range(fields, found, place)


def no_ports(fields: Map, place: Span) -> None:
    for name in ("from_port", "to_port", "ports"):
        fields.spans[name] = place


def put_range(fields: Map, found: tuple[Value, Value], place: Span) -> None:
    low, high = found
    fields.put("from_port", low, place)
    fields.put("to_port", high, place)
    unknown = next((value for value in found if isinstance(value, Unknown)), None)
    text: Value = unknown if unknown is not None else f"{low}-{high}" if low != high else str(low)
    fields.put("ports", text, place)


def ports_together(several: list[Map]) -> str:
    """Of the nouns of one rule, for a message that stands for all of them."""
    words: list[str] = []
    for fields in several:
        name = fields["port_name"]
        if name == "0-65535":
            return "all ports"
        word = "one that is not known" if isinstance(name, Unknown) else str(name)
        if word not in words:
            words.append(word)
    shown = words if len(words) <= MAX_PORTS_SHOWN else [*words[: MAX_PORTS_SHOWN - 1], "..."]
    is_one = len(words) == 1 and not ("-" in words[0] and words[0][0].isdecimal())
    return ("port " if is_one else "ports ") + ", ".join(shown)


def put_side(fields: Map, side: Side) -> None:
    fields.put("sources", side.sources, side.place, side.origins)
    fields.put("anywhere", side.anywhere, side.place, side.origins)
    if side.open_to is None:
        fields.spans["open_to"] = side.place
    else:
        fields.put("open_to", side.open_to, side.place, side.origins)


def order_of(block: Value, *keys: str) -> int:
    """A rule's place among others; one that is not known overrules nothing and is overruled by nothing."""
    for key in keys:
        value = block.get(key) if isinstance(block, Map) else None
        if isinstance(value, (int, str)) and not isinstance(value, bool) and str(value).isdecimal():
            return int(value)
    return UNORDERED


def unknown_rule(name: str, direction: Value, value: Unknown, kind: str, place: Span) -> Noun:
    """A rule of which nothing is known but that there may be one."""
    fields = Map(place)
    for key in ("direction", "action", "protocol", "from_port", "to_port", "ports", "sources", "anywhere", "open_to",
                "description"):  # fmt: skip
        fields.put(key, value, place)
    fields.put("class", kind, place)
    if isinstance(direction, str):
        fields.put("direction", direction, place)
    return Noun("network_rule", name, fields)


def rule_noun(name: str, fields: Map) -> Noun:
    """Its key says what it permits, so that it stays the same where rules are moved about."""
    parts = [fields.get(key) for key in ("direction", "action", "protocol", "ports")]
    key = " ".join(part if isinstance(part, str) else "?" for part in parts)
    return Noun("network_rule", name, fields, key)
