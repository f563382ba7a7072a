"""Ranges of ports and addresses: what the spellings of network rules come down to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.concepts.lists import of_choices, texts_of
from guardrail.model import Map, OneOf, OriginsOf, PartList, PartText, Reference, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.inventory import without_instance_key
from guardrail.model.patterns import lazy_regex

LAST_PORT = 65535
UNORDERED = 1 << 30  # of a rule whose place among others is not known
ALL_PORTS: tuple[Value, Value] = (0, LAST_PORT)

_NAMES = {"-1": "all", "*": "all", "any": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "132": "sctp"}
_EVERYONE = frozenset({"*", "any", "internet", "0.0.0.0", "2000::/3"})
_RANGE = lazy_regex(r"\s*([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?\s*\Z")
_NARROW = lazy_regex(r"/(?:[89]|[1-9][0-9]{1,2})\Z")  # no two of them are the whole internet
# What address or range such a thing has is known once it is made; that it is not the whole internet is known before.
_OWN_RANGES = lazy_regex(
    r"(?:data\.)?(?:aws_(?:default_)?(?:vpc|subnet)|azurerm_(?:virtual_network|subnet)|google_compute_subnetwork|"
    r"aws_vpc_ipam_pool_cidr|"
    r"(?:alicloud|digitalocean|hcloud|ibm|linode|ncloud|nifcloud|oci|openstack|scaleway|tencentcloud|yandex)_(?:\w+_)?"
    r"(?:vpc|vcn|networks?|subnets?|vswitch|private_lan|address_prefix|eip|floating_ip|reserved_ip|public_ip|address|"
    r"instance|server|droplet|loadbalancer|lb)(?:_v\d)?)\."
)
_RANGE_ATTRIBUTE = lazy_regex(r"\.\w*(?:cidr|address|prefix|range)\w*(?:\[[^\]]*\])*\Z")
# Outputs of modules that are not read, called what such ranges are called everywhere.
_NETWORKS_OUTPUT = lazy_regex(
    r"module\.[^.]+\.(?:vpc|(?:\w+_)?subnets?)_(?:\w+_)?(?:cidrs?|cidr_blocks?)(?:\[[^\]]*\])*\Z"
)


class Side(NamedTuple):
    """Who stands at the other end of a rule. `place` is where a finding about it stands."""

    sources: Value
    anywhere: Value
    open_to: str | None
    place: Span
    origins: OriginsOf | None


def protocol_of(value: Value) -> Value:
    """A protocol's name in lower case, numbers turned into names where they have one of ours."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    text = str(value).lower()
    return _NAMES.get(text, text)


def port_range(value: Value) -> tuple[Value, Value] | None:
    """First and last port of `22`, `"20-25"` or `"*"`; None for what is none of these."""
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, Unknown):
        return value, value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value, value
    if not isinstance(value, str):
        return None
    if value.strip() in ("*", "any", "Any"):
        return ALL_PORTS
    match = _RANGE.match(value)
    if match is None:
        return None
    low = int(match.group(1))
    return low, int(match.group(2) or low)


def written_ranges(block: Map, keys: tuple[str, ...]) -> Iterator[tuple[str, int | None]]:
    """Where a block's port ranges are written: key, and index within it; the first key alone where there is
    none."""
    found = False
    for key in keys:
        value = block.get(key)
        if isinstance(value, Seq):
            for index in range(len(value)):
                found = True
                yield key, index
        elif value is not None:
            found = True
            yield key, None
    if not found:
        yield keys[0], None


def other_side(block: Map, wide: tuple[str, ...], narrow: tuple[str, ...]) -> Side:
    """`wide` are the keys that may hold the internet, `narrow` those that hold groups."""
    sources = Seq(block.span, block.header)
    places: list[tuple[Value, Span, OriginsOf | None]] = []
    for key in (*wide, *narrow):
        value = block.get(key)
        if value is None or value is False or value == "":
            continue
        origin = block.origins.get(key) if block.origins else None
        if isinstance(value, PartList):
            value = value.items
        if isinstance(value, Seq):
            items = [(item, _within(block, key, value.place(i)), origin or _item_origin(value, i))
                     for i, item in enumerate(value) if item is not None]  # fmt: skip
        else:
            items = [("self" if value is True else value, block.place(key), origin)]
        for item, place, source in items:
            sources.add(item, place, source)
            if key in wide:
                places.append((item, place, source))
    first = next((key for key in (*wide, *narrow) if block.get(key) is not None), wide[0])
    for item, place, source in places:
        if _everyone(item):
            return Side(sources, True, _shown(item), place, source)
    halves = _covering([_revealed(item) for item, _, _ in places])
    if halves:
        place = next(place for item, place, _ in places if _revealed(item) in halves)
        return Side(sources, True, " and ".join(halves), place, None)
    for item, place, source in places:
        unknown = _undecided(item, source)
        if unknown is not None:
            return Side(sources, unknown, None, place, source)
    return Side(sources, False, None, block.place(first), block.origins.get(first) if block.origins else None)


def _within(block: Map, key: str, place: Span) -> Span:
    """The item's own place if it stands in this block; a list that comes from elsewhere is judged where it is
    used."""
    if place.file == block.span.file and block.span.covers(place.line):
        return place
    return block.spans.get(key) or block.header


def _item_origin(items: Seq, index: int) -> OriginsOf | None:
    return items.origins.get(index) if items.origins else None


def _revealed(item: Value) -> Value:
    return item.reveal() if isinstance(item, Sensitive) else item


def _everyone(item: Value) -> bool:
    item = _revealed(item)
    if isinstance(item, OneOf):
        return of_choices(item, _everyone) is True
    return isinstance(item, str) and (item.lower() in _EVERYONE or (item.endswith("/0") and "/" in item))


def _shown(item: Value) -> str:
    """The spelling of the whole internet."""
    texts = texts_of(item.choices[0]) if isinstance(item, OneOf) else [item]
    return str(next(_revealed(text) for text in texts if _everyone(text)))


def _undecided(item: Value, source: OriginsOf | None) -> Unknown | None:
    """The unknown that keeps us from saying whether this is the internet."""
    if not isinstance(item, Unknown):
        return None
    if isinstance(item, OneOf) and of_choices(item, lambda text: _everyone(text) or _is_large(text)) is False:
        return None
    if isinstance(item, Reference) and _OWN_RANGES.match(_without_modules(item.target)):
        return None
    if item.refs and all(_NETWORKS_OUTPUT.match(written) for written in item.refs):
        return None
    # The range of a network that is declared here with a range that nobody knows: no cloud lets that be everything.
    if source is not None and any(_is_own_range(origin.note) for origin in source()):
        return None
    if isinstance(item, PartText) and _NARROW.search(item.suffix):  # "${var.address}/32", whatever the address
        return None
    return item


def _is_own_range(note: str) -> bool:
    written = _without_modules(note)
    return _OWN_RANGES.match(written) is not None and _RANGE_ATTRIBUTE.search(written) is not None


def _without_modules(address: str) -> str:
    address = without_instance_key(address)
    parts = address.split(".")
    while len(parts) > 2 and parts[0] == "module":
        parts = parts[2:]
    return ".".join(parts)


def _is_large(text: str) -> bool:
    return re.search(r"/[1-7]\Z", text) is not None


def _covering(items: list[Value]) -> list[str]:
    """Blocks that are the whole internet between them, such as 0.0.0.0/1 and 128.0.0.0/1."""
    large = [str(item) for item in items if isinstance(item, str) and _is_large(item)]
    if len(large) < 2:
        return []
    from ipaddress import IPv4Network, collapse_addresses

    networks = []
    for text in large:
        try:
            networks.append(IPv4Network(text, strict=False))
        except ValueError:
            continue
    return large if any(network.prefixlen == 0 for network in collapse_addresses(networks)) else []
