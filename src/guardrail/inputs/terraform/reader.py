"""Terraform files -> resources."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_nodes import Literal
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform.assertions import check_instance, check_module
from guardrail.inputs.terraform.blocks import references_as_text
from guardrail.inputs.terraform.configuration import configuration_resources, note_arguments
from guardrail.inputs.terraform.folder import VALUES, Sources
from guardrail.inputs.terraform.grouping import is_stack, is_unit
from guardrail.inputs.terraform.literals import values_of
from guardrail.inputs.terraform.manifests import opened
from guardrail.inputs.terraform.module import Instance, Module
from guardrail.inputs.terraform.providers import effective_tags, provider_of
from guardrail.inputs.terraform.run import MAX_RESOURCES, Run
from guardrail.inputs.terraform.variables import given_values
from guardrail.model import Edge, Origin, Resource, Unknown
from guardrail.tree import Tree

if TYPE_CHECKING:
    from guardrail.inputs.terraform.terragrunt.units import Unit

# A chain of a hundred locals, each in terms of the one before, takes half a dozen frames for each.
RECURSION = 5_000


@contextmanager
def _room_to_recurse() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """See `guardrail.inputs.reader.Read`."""
    run = Run(tree)
    sources = Sources(files, run)
    reading = Reading()
    used: set[str] = set()
    with _room_to_recurse():
        folders = [path for path in sorted(sources.given) if sources.code_files(path)]
        called = {target for path in folders for target in _called_from(path, sources)}
        evaluated: set[str] = set()
        for unit in _units(files, sources):
            assert unit.folder is not None
            called.add(unit.folder)
            used.update(_read_root(unit.folder, sources, options, reading, evaluated, unit))
        roots = [path for path in folders if path not in called]
        for path in roots:
            if path in evaluated:  # called by a name that had to be worked out
                continue
            used.update(_read_root(path, sources, options, reading, evaluated))
        for path in folders:  # those that call each other in a circle, or are called zero times
            if path not in evaluated:
                used.update(_read_root(path, sources, options, reading, evaluated))
    run.muted = True
    reading.held.append(run.let_go)
    reading.problems = sorted(run.problems, key=lambda problem: problem.sort_key())
    reading.notes = sorted(run.notes, key=lambda note: note.sort_key())
    spoilt = {problem.file for problem in reading.problems}
    for path in files:
        reading.files[path] = _status(path, sources, used, spoilt)
        if path.endswith(VALUES):
            document = sources.document(path)  # of one that nothing takes its values from no problem is told
            if document is not None:
                reading.resources.append(values_of(document, path, run))
                if path not in used and not document.problems:
                    reading.files[path] = document.status
    return reading


def _called_from(path: str, sources: Sources) -> Iterator[str]:
    for block in sources.folder(path).modules.values():
        attribute = block.body.attributes.get("source")
        source = attribute.node.value if attribute is not None and isinstance(attribute.node, Literal) else None
        if isinstance(source, str) and source.startswith("."):
            target = sources.run.tree.join(path, source)
            if target is not None and target != path:
                yield target


def _status(path: str, sources: Sources, used: set[str], spoilt: set[str]) -> str:
    if path not in sources.documents:
        return "analysed" if path in used else "skipped"
    document = sources.documents[path]
    if document is None:
        return "failed"
    return "partial" if document.status == "analysed" and path in spoilt else document.status


def _units(files: Sequence[str], sources: Sources) -> list[Unit]:
    """Terragrunt's units whose modules are here."""
    if not any(is_unit(path) or is_stack(path) for path in files):
        return []
    from guardrail.inputs.terraform.terragrunt.units import units

    return [unit for unit in units(files, sources) if unit.folder is not None]


def _read_root(
    path: str, sources: Sources, options: ReadOptions, reading: Reading, evaluated: set[str], unit: Unit | None = None
) -> list[str]:
    """Evaluate a root module with all that it calls. Gives the files that its variables have values from."""
    sources.run.begin_root()
    trace: tuple[Origin, ...] = ()
    root = path
    if unit is None:
        folder = sources.folder(path)
        given, used = given_values(path, sources, options)
    else:
        from guardrail.inputs.terraform.terragrunt.units import root_of

        folder, given, used = root_of(unit, sources, options)
        trace, root = unit.trace, unit.config.base
    reading.declared.update(name for name, _ in options.variables if name in folder.variables)
    first = len(reading.resources)
    _emit(Module(folder, sources, given=given), trace, None, reading, evaluated)
    for resource in reading.resources[first:]:
        resource.root = root
    return used


def _emit(
    module: Module, trace: tuple[Origin, ...], uncertain: Unknown | None, reading: Reading, evaluated: set[str]
) -> None:
    """`uncertain`: why it cannot be known whether the module is called at all."""
    folder, run = module.folder, module.run
    evaluated.add(folder.path)
    found = reading.resources
    for address, block in [*folder.resources.items(), *folder.twins]:
        if run.resources >= MAX_RESOURCES:
            continue
        try:
            first = folder.resources[address] is block
            expansion, instances = module.instances(address) if first else module.twin(address, block)
        except EvalError as error:
            run.tell(error.kind, f"{address}: {error.message}", block.header)
            continue
        for (key, _), instance in zip(expansion.scopes, instances, strict=True):
            run.resources += 1
            if run.resources > MAX_RESOURCES:
                run.tell("expansion", f"more than {MAX_RESOURCES:,} resources; the rest are not judged", block.header)
                break
            resource = _resource(module, address, block, instance, trace)
            resource.uncertain = uncertain or expansion.doubt(key)
            found.append(opened(resource))
            if resource.uncertain is None:
                check_instance(module, instance)
    for name, attribute in folder.locals.items():  # those too that nobody asked for: they may be wrong
        try:
            module.local(name)
        except EvalError as error:
            run.tell(error.kind, f"local.{name}: {error.message}", attribute.span)
    if folder.path not in run.configured:  # what is written about the module itself is the same for every call
        made = configuration_resources(module, trace)
        run.configured[folder.path] = {one.local.removeprefix("module."): one for one in made if one.kind == "module"}
        found += made
    else:  # but for what it hands on to others
        for name, call in run.configured[folder.path].items():
            note_arguments(module, name, call)
    check_module(module, uncertain is None)
    for name, block in folder.modules.items():
        try:
            expansion, refs = module.calls.expanded(name)
        except EvalError as error:
            run.tell(error.kind, f"module.{name}: {error.message}", block.header)
            continue
        for (key, _), ref in zip(expansion.scopes, refs, strict=True):
            if ref.module is not None:
                perhaps = uncertain or expansion.doubt(key)
                _emit(ref.module, (*trace, Origin(ref.call, block.header, None)), perhaps, reading, evaluated)


def _resource(
    module: Module, address: str, block: Block, instance: Instance, trace: tuple[Origin, ...]
) -> Resource:
    attributes = module.attributes_of(instance)
    assert attributes is not None
    kind = block.labels[0]
    managed = block.type == "resource"
    resource = Resource(
        "terraform",
        provider_of(kind),
        kind,
        instance.address,
        attributes,
        span=block.span,
        header=block.header,
        mode="managed" if managed else block.type,
        trace=trace,
        scope=module.folder.path,
        local=address,
        tags=effective_tags(module, block, attributes, instance.scope) if managed else None,
    )
    resource.edges = [*instance.edges, *_ordered(module, block)]
    return resource


def _ordered(module: Module, block: Block) -> list[Edge]:
    """`depends_on`, as far as it names resources."""
    attribute = block.body.attributes.get("depends_on")
    if attribute is None:
        return []
    return [
        Edge("depends_on", module.address + target, "")
        for target in references_as_text(attribute.node)
        if target in module.folder.resources
    ]
