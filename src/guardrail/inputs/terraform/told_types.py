"""The type that a reference has by a variable's type constraint, whatever its value: a null is of it, too.

`var.cidrs == null ? [var.netmask] : var.cidrs` is a list of strings, for that is what `cidrs` is declared as.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import ATTR, INDEX, Call, Literal, Node, Ref, Scope, Step
from guardrail.formats.hcl_values import Type
from guardrail.inputs.terraform.module import Module
from guardrail.inputs.terraform.type_constraints import COLLECTIONS, SCALARS, constraint_of

MAX_STEPS = 20  # from one reference to the next


def told_type(node: Node, scope: Scope) -> Type:
    """"any" where none is told."""
    constraint = _constraint(node, scope, MAX_STEPS)
    return _type(constraint) if constraint is not None else "any"


def _constraint(node: Node, scope: Scope, left: int) -> Node | None:
    """The part of a variable's constraint that is a reference's."""
    module = scope.world
    if not isinstance(node, Ref) or not isinstance(module, Module) or not left:
        return None
    if not node.steps or node.steps[0][0] != ATTR:
        return None
    name, steps = str(node.steps[0][1]), node.steps[1:]
    if node.root in scope.names:
        source = scope.sources.get("each")
        if node.root != "each" or name != "value" or source is None:
            return None
        return _within(_item(_constraint(*source, left - 1)), steps)
    if node.root == "local":
        local = module.folder.locals.get(name)
        return _within(_constraint(local.node, module.scope, left - 1), steps) if local is not None else None
    block = module.folder.variables.get(name) if node.root == "var" else None
    return _within(constraint_of(block.body.attributes.get("type")), steps) if block is not None else None


def _within(node: Node | None, steps: Sequence[Step]) -> Node | None:
    for kind, what in steps:
        key = what.value if isinstance(what, Literal) else what
        node = _required(node)
        if not isinstance(node, Call) or kind not in (ATTR, INDEX):
            return None
        inner = node.args[0] if node.args else None
        if node.name == "object" and isinstance(inner, Object):
            node = next((value for name, value, _ in inner.entries if name == key), None)
        elif kind == INDEX or node.name == "map":
            node = _item(node)
        else:
            return None
    return _required(node)


def _item(node: Node | None) -> Node | None:
    node = _required(node)
    if isinstance(node, Call) and node.name in COLLECTIONS and len(node.args) == 1:
        return node.args[0]
    return None


def _required(node: Node | None) -> Node | None:
    return node.args[0] if isinstance(node, Call) and node.name == "optional" and node.args else node


def _type(node: Node) -> Type:
    node = _required(node) or node
    if isinstance(node, Ref) and not node.steps and node.root in SCALARS:
        return node.root
    if isinstance(node, Call) and len(node.args) == 1:
        inner = node.args[0]
        if node.name in COLLECTIONS:
            return (node.name, _type(inner))
        if node.name == "object" and isinstance(inner, Object):
            return ("object", {name: _type(value) for name, value, _ in inner.entries if isinstance(name, str)})
        if node.name == "tuple" and isinstance(inner, Tuple):
            return ("tuple", [_type(item) for item in inner.items])
    return "any"
