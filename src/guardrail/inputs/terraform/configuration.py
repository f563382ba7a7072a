"""What configures rather than declares: module calls, providers, variables, outputs, locals, terraform blocks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from guardrail.formats.hcl import Block, Body
from guardrail.formats.hcl_nodes import Scope
from guardrail.formats.hcl_values import Deferred, EvalError, copy_map, copy_seq
from guardrail.inputs.terraform.blocks import Evaluation
from guardrail.inputs.terraform.expansion import expand, key_text
from guardrail.inputs.terraform.literals import locals_of
from guardrail.inputs.terraform.variables import Words
from guardrail.model import Map, Origin, Resource, Seq, Unknown, Value
from guardrail.model.resource import Edge

_EVALUATED = frozenset(("backend", "cloud", "encryption"))
_KEYS: dict[str, Value] = dict.fromkeys(("key_provider", "method"), Unknown("what OpenTofu encrypts the state with"))

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Module


def configuration_resources(module: Module, trace: tuple[Origin, ...]) -> list[Resource]:
    folder = module.folder
    found: list[Resource] = []
    words = Scope(Words(module.run))
    for block in folder.settings:
        found.append(_settings(module, trace, block, words))
    for block in folder.providers:
        found += _providers(module, trace, block)
    for name, block in folder.modules.items():
        found.append(_call(module, trace, name, block))
    for name, block in folder.variables.items():
        found.append(_variable(module, trace, name, block))
    for name, block in folder.outputs.items():
        found.append(_output(module, trace, name, block))
    if (literals := locals_of(module, trace)) is not None:
        found.append(literals)
    return found


def _settings(module: Module, trace: tuple[Origin, ...], block: Block, words: Scope) -> Resource:
    """A `terraform` block. Its arguments and providers are words; OpenTofu evaluates where the state is kept, and
    how it is encrypted."""
    plain, evaluated = Body(), Body()
    plain.attributes = block.body.attributes
    for inner in block.body.blocks:
        (evaluated if inner.type in _EVALUATED else plain).blocks.append(inner)
    made = _made(module, trace, "terraform", _with(block, plain), "terraform", words)
    if evaluated.blocks:
        evaluation = Evaluation(module.run, made.address)
        evaluation.body(_with(block, evaluated), module.scope.child(_KEYS), into=made.attributes)
        made.edges += evaluation.edges
    return made


def _with(block: Block, body: Body) -> Block:
    body.broken = block.body.broken
    return Block(block.type, block.labels, body, block.span, block.header)


def _providers(module: Module, trace: tuple[Origin, ...], block: Block) -> list[Resource]:
    """A provider's configuration, or (OpenTofu) one for each key."""
    name = f"provider.{block.labels[0]}"
    scopes: list[tuple[Value, Scope]] = [(None, module.scope)]
    if "for_each" in block.body.attributes:
        with suppress(EvalError):
            scopes = expand(block, module.scope, module.run, name, module.doubtful).scopes
    found: list[Resource] = []
    for key, scope in scopes:
        made = _made(module, trace, "provider", block, name, scope)
        if "alias" in block.body.attributes:
            made.address = made.address + f".{made.attributes.get('alias')}"
            made.local = made.local + f".{made.attributes.get('alias')}"
        made.address += key_text(key)
        made.provider = block.labels[0]
        found.append(made)
    return found


def _made(
    module: Module,
    trace: tuple[Origin, ...],
    kind: str,
    block: Block,
    address: str,
    scope: Scope,
    doubtful: bool = False,
) -> Resource:
    attributes, edges = _evaluated(module, block, address, scope, doubtful)
    resource = _resource(module, trace, kind, block, address, attributes)
    resource.edges = edges
    return resource


def _evaluated(module: Module, block: Block, address: str, scope: Scope, doubtful: bool) -> tuple[Map, list[Edge]]:
    """`doubtful`: perhaps there is no such instance, though there is the module that it stands in."""
    run = module.run
    evaluation = Evaluation(run, module.address + address)
    outer, run.perhaps = run.perhaps, module.doubtful or doubtful
    try:
        return evaluation.body(block, scope), evaluation.edges
    finally:
        run.perhaps = outer


def _resource(
    module: Module, trace: tuple[Origin, ...], kind: str, block: Block, address: str, attributes: Map
) -> Resource:
    return Resource(
        "terraform", "terraform", kind, module.address + address, attributes, span=block.span, header=block.header,
        mode="config", trace=trace, scope=module.folder.path, local=address,
    )  # fmt: skip


def _call(module: Module, trace: tuple[Origin, ...], name: str, block: Block) -> Resource:
    """With the arguments of the call's first instance. Where it is called zero times, only what is literal:
    Terraform does not evaluate the others either."""
    scopes = _scopes(module, name)
    if scopes:
        made = _made(module, trace, "module", block, f"module.{name}", *scopes[0])
        note_arguments(module, name, made, 1)
        return made
    body = Body()
    for key, attribute in block.body.attributes.items():
        if attribute.node.pure:
            body.attributes[key] = attribute
    short = Block(block.type, block.labels, body, block.span, block.header)
    return _made(module, trace, "module", short, f"module.{name}", module.scope)


def _scopes(module: Module, name: str) -> list[tuple[Scope, bool]]:
    """Of each instance, and whether perhaps there is none."""
    with suppress(EvalError):  # told where the call is followed
        expansion = module.calls.expanded(name)[0]
        return [(scope, expansion.doubt(key) is not None) for key, scope in expansion.scopes]
    return []


def note_arguments(module: Module, name: str, call: Resource, first: int = 0) -> None:
    """Adds what another instance's arguments refer to, where the module that they are for is not read: what it does
    with them nobody knows, but they are of use to it."""
    block = module.folder.modules.get(name)
    if block is None or module.calls.target(name)[0] is not None:
        return
    for scope, doubtful in _scopes(module, name)[first:]:
        call.edges += _evaluated(module, block, f"module.{name}", scope, doubtful)[1]


def _variable(module: Module, trace: tuple[Origin, ...], name: str, block: Block) -> Resource:
    """The declaration, the same for every call: its type as written, its default."""
    known = module.folder.declarations.get(name)
    if known is None:
        evaluation = Evaluation(module.run, f"var.{name}")
        known = evaluation.body(block, Scope(Words(module.run)))
        module.folder.declarations[name] = known
    return _resource(module, trace, "variable", block, f"var.{name}", known)


def _output(module: Module, trace: tuple[Origin, ...], name: str, block: Block) -> Resource:
    """A root module's refers to what it hands on; in one that is called, that is for those who use it to say."""
    attributes = Map(block.span, block.header)
    words = Scope(Words(module.run))
    evaluation = Evaluation(module.run, f"{module.address}output.{name}")
    if "value" not in block.body.attributes:
        module.output(name)  # which is wrong
    for key, attribute in block.body.attributes.items():
        if key == "value":
            value = evaluation.collect(key, lambda: _plain(module.output(name)))
            attributes.put(key, value, attribute.span)
        elif key != "depends_on":
            attributes.put(key, module.run.value_of(attribute.node, words, attribute.span, key), attribute.span)
    made = _resource(module, trace, "output", block, f"output.{name}", attributes)
    if not module.address:
        made.edges = evaluation.edges
    return made


def _plain(value: Value) -> Value:
    """A value with the modules and instances in it as the objects that they are."""
    if isinstance(value, Deferred):
        value = value.force()
    if isinstance(value, Map) and any(isinstance(item, Deferred) for item in value.values()):
        mapping = copy_map(value)
        mapping.update({key: _plain(item) for key, item in value.items()})
        return mapping
    if isinstance(value, Seq) and any(isinstance(item, Deferred) for item in value):
        sequence = copy_seq(value)
        sequence[:] = [_plain(item) for item in value]
        return sequence
    return value
