"""Whether an expression that can't be evaluated rests on the default of a root module's variable.

A root that is not given a value for a variable may well be given one where it runs, or be a module that others call
from elsewhere: an expression that no plan gets past with the default (`"${var.stage}.example"`, null by default)
shows that it is. Its value is unknown then; nothing is wrong with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from guardrail.formats.hcl_nodes import ATTR, Node, Ref, Scope

if TYPE_CHECKING:
    from guardrail.formats.hcl import Block
    from guardrail.inputs.terraform.module import Module

MAX_STEPS = 5_000  # nodes looked at for one expression


def default_in(node: Node, scope: Scope) -> str:
    """The first variable by whose default the expression has its value, "" where there is none."""
    from guardrail.inputs.terraform.module import Module

    todo: list[tuple[Node, Scope]] = [(node, scope)]
    seen: set[tuple[int, int]] = set()
    for _ in range(MAX_STEPS):
        if not todo:
            break
        node, scope = todo.pop()
        mark = (id(node), id(scope.world))
        if node.pure or mark in seen:
            continue
        seen.add(mark)
        for ref in _references(node):
            source = scope.sources.get(ref.root)
            if source is not None:
                todo.append(source)
            elif isinstance(scope.world, Module) and ref.root not in scope.names:
                found = _behind(scope.world, ref, todo)
                if found:
                    return found
    return ""


def default_behind(module: Module, name: str) -> str:
    """The same of the value that a module's caller gives for a variable."""
    argument = module.argument(name)
    return default_in(argument.node, module.call_.scope) if argument is not None and module.call_ is not None else ""


def _behind(module: Module, ref: Ref, todo: list[tuple[Node, Scope]]) -> str:
    """Queue what a reference's value is made of; gives the variable where it is a root's default."""
    names = [str(what) for kind, what in ref.steps if kind == ATTR]
    root, folder = ref.root, module.folder
    if not names:
        return ""
    name = names[0]
    if root in ("terraform", "tofu"):
        return f"{root}.{name}" if name == "workspace" else ""
    if root == "var":
        argument = module.argument(name)
        if argument is not None and module.call_ is not None:
            todo.append((argument.node, module.call_.scope))
        elif module.call_ is None and name not in module.given:
            block = folder.variables.get(name)
            return f"var.{name}" if block is not None and "default" in block.body.attributes else ""
    elif root == "local":
        if name in folder.locals:
            todo.append((folder.locals[name].node, module.scope))
    elif root == "module":
        _behind_call(module, name, names[1:], todo)
    elif len(names) > 1 or root not in ("data", "resource"):
        if root in ("data", "resource"):
            address = f"data.{name}.{names[1]}" if root == "data" else f"{name}.{names[1]}"
            names = names[2:]
        else:
            address, names = f"{root}.{name}", names[1:]
        if address in folder.resources:
            _behind_block(folder.resources[address], names, module, todo)
    return ""


def _behind_call(module: Module, name: str, names: list[str], todo: list[tuple[Node, Scope]]) -> None:
    block = module.folder.modules.get(name)
    if block is None:
        return
    _behind_block(block, [], module, todo, ("count", "for_each"))
    known = module.calls.known(name)
    child = next((ref.module for ref in known if ref.module is not None), None)
    if child is not None:
        for output in names[:1] or list(child.folder.outputs):
            found = child.folder.outputs.get(output)
            value = found.body.attributes.get("value") if found is not None else None
            if value is not None:
                todo.append((value.node, child.scope))


def _behind_block(
    block: Block,
    names: list[str],
    module: Module,
    todo: list[tuple[Node, Scope]],
    always: tuple[str, ...] = ("count", "for_each"),
) -> None:
    attributes = block.body.attributes
    for name in (*always, *names[:1]):
        if name in attributes:
            todo.append((attributes[name].node, module.scope))


def _references(node: Node) -> Iterator[Ref]:
    """Every reference in an expression, those in conditions and in branches not taken too."""
    todo: list[object] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, Node):
            if isinstance(part, Ref):
                yield part
            for kind in type(part).__mro__:
                todo += [getattr(part, slot, None) for slot in getattr(kind, "__slots__", ()) if slot not in _VALUES]
        elif type(part) in (list, tuple):
            todo += part  # type: ignore[arg-type]


_VALUES = frozenset(("cached", "value_of", "span", "spans", "header"))
