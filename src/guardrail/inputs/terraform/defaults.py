"""Whether an expression that can't be evaluated rests on the default of a root module's variable.

A root that is not given a value for a variable may well be given one where it runs, or be a module that others call
from elsewhere: an expression that no plan gets past with the default (`"${var.stage}.example"`, null by default)
shows that it is. Its value is unknown then; nothing is wrong with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from guardrail.formats.hcl_nodes import ATTR, Call, Node, Ref, Scope
from guardrail.formats.hcl_values import EvalError, Type
from guardrail.model import Origin, Unknown, Value

if TYPE_CHECKING:
    from guardrail.formats.hcl import Block
    from guardrail.inputs.terraform.module import Module

MAX_STEPS = 5_000  # nodes looked at for one expression
MAX_SUSPECTS = 20  # of which each is tried by itself

Todo = list[tuple[Node, Scope]]


def default_in(node: Node, scope: Scope) -> str:
    """The first variable without whose default the expression could be evaluated, "" where there is none."""
    suspects, _ = _reach([(node, scope)])
    if not suspects or not _helps(node, scope, suspects):
        return ""
    several = list(suspects)[:MAX_SUSPECTS] if len(suspects) > 1 else []
    return next((name for name in several if _helps(node, scope, {name: None})), next(iter(suspects)))


def _reach(todo: Todo) -> tuple[dict[str, None], bool]:
    """The variables by whose defaults expressions have their value, and whether these are all."""
    from guardrail.inputs.terraform.module import Module

    found: dict[str, None] = {}
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
                name = _behind(scope.world, ref, todo)
                if name:
                    found[name] = None
    return found, not todo


def default_behind(module: Module, name: str) -> str:
    """The same of the value that a module's caller gives for a variable."""
    argument = module.argument(name)
    return default_in(argument.node, module.call_.scope) if argument is not None and module.call_ is not None else ""


def _helps(node: Node, scope: Scope, names: dict[str, None]) -> bool:
    """Whether what Terraform rejects is gone where these variables are unknown."""
    from guardrail.inputs.terraform.module import Module

    module = scope.world
    if not isinstance(module, Module):
        return True
    run = module.run
    edges, doubtful, run.edges = run.edges, run.doubtful, {}
    try:
        value = node.eval(_Supposing(module, names).scope(scope))
    except EvalError as error:
        return error.kind != "evaluation"
    except RecursionError:
        return True
    else:
        return isinstance(value, Unknown) or not _is_same(value, node, scope)
    finally:
        run.edges, run.doubtful = edges, doubtful


def _is_same(value: Value, node: Node, scope: Scope) -> bool:
    """Whether an expression has the value all the same: then it is rejected for what that is."""
    try:
        return bool(value == node.eval(scope))
    except EvalError:
        return False


class _Supposing:
    """A module some of whose variables are unknown, and with them whatever their defaults reach but locals, which are
    evaluated anew."""

    def __init__(self, module: Module, names: dict[str, None]) -> None:
        self.module, self.names = module, names
        self._locals: dict[str, Value] = {}
        self._reached: dict[int, bool] = {}

    def scope(self, scope: Scope) -> Scope:
        """The same one here. What `each` and the like stand for is unknown where it is taken from what is."""
        names = {
            name: Unknown(name) if name in scope.sources and self._reaches([scope.sources[name]]) else value
            for name, value in scope.names.items()
        }
        return Scope(self, names, scope.sources, scope.loop)

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        reached = self._reached.get(id(ref))
        if reached is None:
            todo: Todo = []
            name = _behind(self.module, ref, todo)
            reached = self._reached[id(ref)] = name in self.names or self._reaches(todo)
        if not reached:
            return self.module.resolve(ref, scope)
        return self._local(str(ref.steps[0][1])) if ref.root == "local" else Unknown(ref.text()), 1

    def _reaches(self, todo: Todo) -> bool:
        found, complete = _reach(todo)
        return not complete or not self.names.keys().isdisjoint(found)

    def _local(self, name: str) -> Value:
        if name not in self._locals:
            self._locals[name] = Unknown(name)  # also where it refers to itself, or is rejected, which it is told for
            with suppress(EvalError):
                self._locals[name] = self.module.folder.locals[name].node.eval(Scope(self))
        return self._locals[name]

    def call(self, call: Call, scope: Scope) -> Value:
        return self.module.call(call, scope)

    def spend(self, amount: int) -> None:
        self.module.spend(amount)

    def aside(self, node: Node, scope: Scope) -> Value:
        return node.eval(scope)

    def presume(self) -> None:
        self.module.presume()

    def told_type(self, node: Node, scope: Scope) -> Type:
        return "any"

    def origins(self, node: Node, scope: Scope) -> tuple[Origin, ...]:
        return ()


def _behind(module: Module, ref: Ref, todo: Todo) -> str:
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


def _behind_call(module: Module, name: str, names: list[str], todo: Todo) -> None:
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
    todo: Todo,
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
