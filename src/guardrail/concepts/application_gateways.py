"""Application gateways of Azure's -> an `endpoint` noun for each listener.

Whether a listener does nothing but redirect stands in three other blocks of the gateway, joined by their names: the
rules that route what comes to it, their redirects, and the listener that those lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guardrail.concepts.network_fields import blocks_in
from guardrail.concepts.selectors import same
from guardrail.model import Inventory, Map, Noun, PartText, Resource, Unknown, Value

_UNCLEAR = "whether it only redirects to HTTPS cannot be known"


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    gateway = resource.attributes
    if resource.mode != "managed":
        return
    secure = _Told(gateway, "http_listener", "name", _takes_https)
    onward = _Told(gateway, "redirect_configuration", "name", lambda block: _leads_to_https(block, secure))
    rules = _Told(gateway, "request_routing_rule", "http_listener_name", lambda block: _redirects(block, onward))
    for label, block in blocks_in(gateway, "http_listener"):
        written = block.get("name") if isinstance(block, Map) else None
        name = f"listener {written if isinstance(written, str) else label} of {resource.local}"
        fields = Map(block.span, block.header) if isinstance(block, Map) else Map(gateway.place("http_listener"))
        fields.put("name", name, fields.header)
        fields.put("class", "listener", fields.header)
        if isinstance(block, Map):
            if block.get("protocol") is not None:
                fields.copy_entry(block, "protocol")
                protocol = block["protocol"]
                fields["protocol"] = protocol.upper() if isinstance(protocol, str) else protocol
            redirects = _only_redirects(rules.of(written))
            fields.put("redirects", Unknown(_UNCLEAR) if redirects is None else redirects, block.header)
        else:
            fields.put("protocol", block, fields.span)
            fields.put("redirects", block, fields.span)
        yield Noun("endpoint", name, fields, f"/{label}")


class _Told:
    """What holds of blocks of one type, to be looked up by the name that joins them to others."""

    def __init__(self, gateway: Map, key: str, joint: str, test: Callable[[Map], bool | None]) -> None:
        self._by_name: dict[str, list[bool | None]] = {}
        self._others: list[tuple[Value, bool | None]] = []
        for _, block in blocks_in(gateway, key):
            name, truth = (block.get(joint), test(block)) if isinstance(block, Map) else (block, None)
            if isinstance(name, str):
                truths = self._by_name.setdefault(name, [])
                truths += [] if truth in truths else [truth]
            else:
                self._others.append((name, truth))

    def of(self, name: Value) -> list[tuple[bool | None, bool | None]]:
        """Of each block that may have the name: whether it has, and what holds of it."""
        if isinstance(name, str):
            found = [(name, truth) for truth in self._by_name.get(name, ())]
        else:
            found = [(each, truth) for each, truths in self._by_name.items() for truth in truths]
        pairs = ((_same(each, name), truth) for each, truth in (*found, *self._others))
        return [(its, truth) for its, truth in pairs if its is not False]


def _takes_https(listener: Map) -> bool | None:
    protocol = listener.get("protocol")
    return None if isinstance(protocol, Unknown) else protocol == "Https"


def _leads_to_https(redirect: Map, listeners: _Told) -> bool | None:
    address = redirect.get("target_url")
    if address is None or address == "":
        return _of_the_named(listeners.of(redirect.get("target_listener_name")))
    if isinstance(address, Unknown):
        begins = address.prefix.lower() if isinstance(address, PartText) else ""
        return True if begins.startswith("https://") else False if begins.startswith("http://") else None
    return isinstance(address, str) and address.lower().startswith("https://")


def _redirects(rule: Map, redirects: _Told) -> bool | None:
    name = rule.get("redirect_configuration_name")
    return _of_the_named(redirects.of(name)) if name is not None and name != "" else False


def _of_the_named(told: list[tuple[bool | None, bool | None]]) -> bool | None:
    """What holds of the block with a name, which is false where there is none."""
    for its, truth in told:
        if its:
            return truth
    return None if any(truth is not False for _, truth in told) else False


def _only_redirects(told: list[tuple[bool | None, bool | None]]) -> bool | None:
    """Whether a listener has rules, and each of them sends clients on to HTTPS."""
    if any(its and truth is False for its, truth in told):
        return False
    if any(its for its, _ in told):
        return True if all(truth for _, truth in told) else None
    return None if told else False


def _same(one: Value, other: Value) -> bool | None:
    """Names are often one text with several ends: `"${var.prefix}-http"`."""
    if isinstance(one, PartText) and isinstance(other, PartText) and one.holes and one.holes == other.holes:
        if one.template == other.template:
            return True
        apart = len(one.holes) == 1 and (one.prefix == other.prefix or one.suffix == other.suffix)
        return False if apart else None
    return same(one, other)
