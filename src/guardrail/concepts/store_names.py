"""What stores are called, and those who speak of them call them: to tell whether both mean the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guardrail.formats.hcl_nodes import ATTR, Ref
from guardrail.model import PartText, Reference, Resource, Unknown, Value
from guardrail.model.patterns import lazy_regex

_CALL = lazy_regex(r'(?:module\.[\w-]+(?:\[(?:"[^"]*"|\d+)\])?\.)+')
_IN_EACH = frozenset(("count", "each", "self"))
Name = str | tuple[str, str, tuple[str, ...]]
"""A name, or what is known of one: a part of it, with the module call in which that means what it does, or only what
it is taken from."""


def name_of(resource: Resource, attribute: str) -> Name | None:
    value = resource.attributes.get(attribute)
    if isinstance(value, PartText):
        return _call(resource), value.template, value.refs
    if isinstance(value, Reference):
        return "", f"{value.target}.{value.attribute}", ()
    if isinstance(value, Unknown):
        taken_from = _traversal(resource, attribute)
        return (f"{resource.root} {_call(resource)}", taken_from, ()) if taken_from else None
    return value if isinstance(value, str) else None


def _call(resource: Resource) -> str:
    call = _CALL.match(resource.address)
    return call.group() if call else ""


def _traversal(resource: Resource, attribute: str) -> str:
    """`var.name`, `module.label.id`: where that is all that is written, it is the same wherever it is in the module."""
    origins: Any = resource.attributes.origins
    node = getattr(origins.get(attribute), "node", None) if origins else None
    if not isinstance(node, Ref) or node.root in _IN_EACH or any(kind != ATTR for kind, _ in node.steps):
        return ""
    return node.text()


def may_be_one(name: PartText, other: Value) -> bool:
    """Whether a name that is known in part may turn out to be the other."""
    if isinstance(other, str):
        return name.can_be(other)
    if not isinstance(other, PartText):
        return True
    return _agree(name.prefix, other.prefix, str.startswith) and _agree(name.suffix, other.suffix, str.endswith)


def _agree(one: str, other: str, has: Callable[[str, str], bool]) -> bool:
    return has(one, other) or has(other, one)
