"""Where a value came from: the way back through variables, locals, outputs and arguments."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from guardrail.formats.hcl_nodes import ATTR, INDEX, Literal, Node, Ref, Scope
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.references import ModuleRef
from guardrail.model import Map, Origin, Sensitive, Seq, Span, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Module

MAX_ORIGINS = 8


def origins(node: Node, scope: Scope) -> tuple[Origin, ...]:
    """The steps of the way, nearest first."""
    return tuple(_Search().run(node, scope))


class _Search:
    def __init__(self) -> None:
        self.found: list[Origin] = []
        self.seen: set[tuple[int, int]] = set()

    def run(self, node: Node, scope: Scope) -> list[Origin]:
        with suppress(EvalError, RecursionError):  # the way ends where it can't be followed
            self.follow(node, scope)
        return self.found

    def follow(self, node: Node, scope: Scope) -> None:
        mark = (id(node), id(scope.world))
        if node.pure or mark in self.seen:
            return
        self.seen.add(mark)
        for ref, at in node.leaves(scope):
            if len(self.found) >= MAX_ORIGINS:
                return
            if ref.root in at.names:
                source = at.sources.get(ref.root)
                if source is not None:
                    self.follow(*source)
            else:
                self.reference(ref, at)

    def reference(self, ref: Ref, scope: Scope) -> None:
        from guardrail.inputs.terraform.module import Module

        module = scope.world
        names = [str(what) for kind, what in ref.steps if kind == ATTR]
        if not isinstance(module, Module) or not names:
            return
        if ref.root == "var":
            self.variable(module, names[0], ref)
        elif ref.root == "local":
            attribute = module.folder.locals.get(names[0])
            if attribute is not None:
                self.add(f"local.{names[0]}", attribute.span, module.local(names[0]), ref, 1)
                self.follow(attribute.node, module.scope)
        elif ref.root == "module" and len(names) > 1:
            self.output(module, names[0], names[1])
        elif ref.root not in ("path", "terraform", "each", "count", "self"):
            self.resource(module, ref, names)

    def add(self, note: str, span: Span, value: Value, ref: Ref | None = None, start: int = 0) -> None:
        if ref is not None:
            inner, value = _narrowed(value, ref, start)
            if inner is not None and inner.file == span.file and _within(inner, span):
                span = inner
        if len(self.found) < MAX_ORIGINS:
            self.found.append(Origin(note, span, value))

    def variable(self, module: Module, name: str, ref: Ref) -> None:
        block = module.folder.variables.get(name)
        if block is None:
            return
        value = module.variable(name)
        argument = module.argument(name)
        default = block.body.attributes.get("default")
        if argument is not None and module.call_ is not None:
            call = module.call_
            self.add(f"argument {name} of module.{call.block.labels[0]}", argument.span, value, ref, 1)
            self.follow(argument.node, call.scope)
        elif name in module.given:
            given = module.given[name]
            self.add(given.note, given.span, value, ref, 1)
        elif default is not None:
            self.add(f"default of var.{name}", default.span, value, ref, 1)
        else:
            self.add(f"var.{name} is declared without a value", block.header, value)

    def output(self, module: Module, call: str, name: str) -> None:
        if call not in module.folder.modules:
            return
        for target in module.calls.expanded(call)[1]:
            if isinstance(target, ModuleRef) and target.module is not None:
                child = target.module
                block = child.folder.outputs.get(name)
                value = block.body.attributes.get("value") if block else None
                if value is not None:
                    self.add(f"output {name} of module.{call}", value.span, child.output(name))
                    self.follow(value.node, child.scope)
            return

    def resource(self, module: Module, ref: Ref, names: list[str]) -> None:
        if ref.root == "resource" and len(names) > 1:  # the long spelling
            ref, names = Ref(names[0], ref.steps[1:], ref.line), names[1:]
        data = ref.root in ("data", "ephemeral")
        if len(names) < (3 if data else 2):
            return
        address = f"{ref.root}.{names[0]}.{names[1]}" if data else f"{ref.root}.{names[0]}"
        name = names[2] if data else names[1]
        block = module.folder.resources.get(address)
        attribute = block.body.attributes.get(name) if block else None
        if attribute is None:
            return
        instances = module.instances(address)[1]
        attributes = module.attributes_of(instances[0]) if instances else None
        if attributes is not None:
            self.add(f"{address}.{name}", attribute.span, attributes.get(name))
            self.follow(attribute.node, instances[0].scope)


def _narrowed(value: Value, ref: Ref, start: int) -> tuple[Span | None, Value]:
    """The entry of a collection that the rest of a traversal leads to, where it is plain names and indices."""
    if isinstance(value, Sensitive):
        span, inner = _narrowed(value.reveal(), ref, start)
        return span, inner if isinstance(inner, Sensitive) else Sensitive(inner, value.literal)
    span = None
    for kind, what in ref.steps[start:]:
        key = what.value if kind == INDEX and isinstance(what, Literal) else what if kind == ATTR else None
        if isinstance(value, Map) and isinstance(key, str):
            there = key in value and key in value.spans
        else:
            there = isinstance(value, Seq) and isinstance(key, int) and key < len(value.spans)
        if not there:
            break
        span, value = value.spans[key], value[key]
    return span, value


def _within(inner: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
