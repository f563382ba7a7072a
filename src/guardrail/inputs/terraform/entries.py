"""The part of a map's expression that a reference is about."""

from __future__ import annotations

from guardrail.formats.hcl import Attribute
from guardrail.formats.hcl_collection_nodes import Object
from guardrail.formats.hcl_nodes import INDEX, Literal, Node, Ref, Scope, Step
from guardrail.model import NOWHERE, Span

_NOTHING = Literal(None)


def part_of(attribute: Attribute | None, steps: list[Step], scope: Scope) -> tuple[Node, Span, int]:
    """The expression that the steps lead to in one that is written out as a map, where that stands, and how many of the
    steps it took: 0 where none can be followed."""
    if attribute is None:
        return _NOTHING, NOWHERE, 0
    node, span, taken = attribute.node, attribute.span, 0
    for kind, what in steps:
        key: object = what
        if kind == INDEX:
            if isinstance(what, Literal):
                key = what.value
            elif isinstance(what, Ref) and what.root == "each":
                key = what.eval(scope)
        found = node.entry(key) if isinstance(node, Object) and isinstance(key, str) else None
        if found is None:
            break
        node, span = found
        taken += 1
    return node, span, taken
