"""What is written out in locals and in files of values, whether anything uses it or not: a credential there is one all
the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import Node, Scope
from guardrail.inputs.terraform.variables import Literals, values_in
from guardrail.model import Map, Origin, Resource, Span

if TYPE_CHECKING:
    from guardrail.formats.hcl import Document
    from guardrail.inputs.terraform.module import Module
    from guardrail.inputs.terraform.run import Run


def locals_of(module: Module, trace: tuple[Origin, ...]) -> Resource | None:
    """The literals among a module's locals; None where there are none."""
    held: Map | None = None
    scope = Scope(Literals(module.run))
    for name, attribute in module.folder.locals.items():
        node = _literal(attribute.node)
        if node is not None:
            held = held if held is not None else Map(attribute.span)
            held.put(name, module.run.value_of(node, scope, attribute.span, f"local.{name}"), attribute.span)
    if held is None:
        return None
    return _resource("locals", f"{module.address}locals", held, trace, module.folder.path, "locals")


def values_of(document: Document, path: str, run: Run) -> Resource:
    start = Span(path, 1, 1, 1, 1)
    held = Map(start)
    for name, given in values_in(document, path, run).items():
        held.put(name, given.value, given.span)
    folder, _, name = path.rpartition("/")
    return _resource("tfvars", path, held, (), folder, name)


def _resource(kind: str, address: str, held: Map, trace: tuple[Origin, ...], scope: str, local: str) -> Resource:
    return Resource(
        "terraform", "terraform", kind, address, held, mode="config", trace=trace, scope=scope, local=local
    )


def _literal(node: Node) -> Node | None:
    """The expression without what refers to something; None where nothing is left."""
    if node.pure:
        return node
    if isinstance(node, Object):
        entries = [
            (key, part, span)
            for key, value, span in node.entries
            if isinstance(key, str) and (part := _literal(value)) is not None
        ]
        return Object(entries, node.span, node.header, node.line) if entries else None  # type: ignore[arg-type]
    if isinstance(node, Tuple):
        items = [(part, span) for item, span in zip(node.items, node.spans, strict=True)
                 if (part := _literal(item)) is not None]  # fmt: skip
        return Tuple([item for item, _ in items], [span for _, span in items], node.span) if items else None
    return None
