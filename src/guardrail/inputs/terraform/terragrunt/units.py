"""Units: from a `terragrunt.hcl` to the module that it calls and the inputs that it gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_nodes import Node
from guardrail.formats.hcl_operation_nodes import Conditional
from guardrail.formats.hcl_template_nodes import Template
from guardrail.formats.hcl_values import EvalError, PartialMap, derived
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.folder import Folder, Sources
from guardrail.inputs.terraform.grouping import is_stack, is_unit
from guardrail.inputs.terraform.terragrunt.config import Config
from guardrail.inputs.terraform.terragrunt.paths import BASE, path_in, without_marks
from guardrail.inputs.terraform.variables import Given, Typed, given_values
from guardrail.model import Map, Origin, Seq, Span, Text, Unknown, Value

_PLANS = frozenset(("plan", "apply", "all", "all_except_output"))  # actions without which nothing is made


class Unit(NamedTuple):
    """`folder` is that of the module, None where it is not read; `place` is where its source is written; `trace`: how
    it came about."""

    config: Config
    folder: str | None
    place: Span
    trace: tuple[Origin, ...]


def included_by(path: str, sources: Sources) -> list[str]:
    """The files that a unit includes."""
    return [include.config.path for include in Config(path, path, sources).includes().values() if include.config]


def units(files: Sequence[str], sources: Sources) -> list[Unit]:
    """The units among files, and those that their stacks make; with those whose modules are not here. A file that
    others include is none, nor is one that a stack makes units of."""
    made: list[tuple[Config, tuple[Origin, ...]]] = []
    out: set[str] = set()
    stacks = [path for path in sorted(files) if is_stack(path)]
    if stacks:
        from guardrail.inputs.terraform.terragrunt.stacks import units_of_stacks

        found = units_of_stacks(stacks, sources)
        made += [(one.config, one.trace) for one in found]
        out.update(one.config.path for one in found)
    paths = [path for path in sorted(files) if is_unit(path)]
    out.update(other for path in paths for other in included_by(path, sources))
    made = [*((Config(path, path, sources), ()) for path in paths if path not in out), *made]
    return [unit_of(config, trace) for config, trace in made]


def unit_of(config: Config, trace: tuple[Origin, ...] = ()) -> Unit:
    """Never raises for what the file holds: that is a problem of the run."""

    def unit(folder: str | None, place: Span) -> Unit:
        return Unit(config, folder, place, (*trace, Origin(f"unit {config.unit}", place, None)))

    try:
        if _skipped(config):
            return unit(None, head(config))
        for one in config.layers():
            attribute = one.source()
            if attribute is not None:
                return unit(_folder(one, attribute, config), attribute.span)
        return unit(_same_folder(config), head(config))
    except EvalError as error:
        config.run.tell(error.kind, error.message, head(config), error.line)
    except RecursionError:
        config.run.tell("too-deep", "its expressions refer to others over too many steps", head(config))
    return unit(None, head(config))


def head(config: Config) -> Span:
    items: list[Block | Attribute] = []
    if config.body is not None:
        items = [*config.body.blocks, *config.body.attributes.values()]
    return min((item.span for item in items), default=Span(config.path, 1, 1, 1, 1))


def _skipped(config: Config) -> bool:
    """`skip = true`, or an `exclude` block that keeps it from being planned or applied."""
    for one in config.layers():
        attribute = one.body.attributes.get("skip") if one.body is not None else None
        if attribute is not None and one.value(attribute, "skip") is True:
            return True
    for one in config.layers():
        for block in one.body.of_type("exclude") if one.body is not None else ():
            condition, actions = block.body.attributes.get("if"), block.body.attributes.get("actions")
            if condition is None or one.value(condition, "if of exclude") is not True:
                return False  # what is written in the unit counts more than what it includes
            named = one.value(actions, "actions of exclude") if actions is not None else None
            return not isinstance(named, Seq) or not _PLANS.isdisjoint(item for item in named if isinstance(item, str))
    return False


def _same_folder(config: Config) -> str | None:
    """A unit without a source calls the module that stands beside it."""
    return config.copied_from if config.sources.code_files(config.copied_from) else None


def _folder(sourced: Config, attribute: Attribute, config: Config) -> str | None:
    """The folder in the tree that a source leads to. `a//b` is b, of which Terragrunt copies all of a."""
    run = config.run
    source = sourced.value(attribute, "source")
    if isinstance(source, Unknown):
        near = _near(sourced, attribute, config)
        if near is not None:
            run.note("remote-module", f"the module of {config.unit} is taken to be the one in the tree, {near}, "
                     f"though it may come from elsewhere ({source.reason})", attribute.span)  # fmt: skip
            return near
    if isinstance(source, Unknown) or not isinstance(source, str):
        why = source.reason if isinstance(source, Unknown) else "it is no string"
        run.note("remote-module", f"the module of {config.unit} is not read: its source is unknown ({why})",
                 attribute.span)  # fmt: skip
        return None
    path = path_in(source)
    if not is_local(path, config):
        run.note("remote-module", f"the module of {config.unit} comes from {source} and is not read", attribute.span)
        return None
    folder = _with_code(path, config)
    if folder is None:
        shown = source.removeprefix(BASE + "/")
        run.tell("missing-module", f"the source {shown} of {config.unit} leads to no Terraform files", attribute.span)
    return folder


def _with_code(path: str, config: Config) -> str | None:
    """The folder in the tree at a path, if it has code."""
    folder = config.locate(path)
    there = folder is not None and config.run.tree.contains(folder) and config.sources.code_files(folder)
    return folder if there else None


def _near(sourced: Config, attribute: Attribute, config: Config) -> str | None:
    """Where a condition that is not known chooses between a module in the tree and others: the one in the tree."""
    found: set[str] = set()
    stack = [attribute.node]
    while stack:
        node = stack.pop()
        if isinstance(node, Template) and len(node.parts) == 1 and isinstance(node.parts[0], Node):
            node = node.parts[0]
        if isinstance(node, Conditional):
            stack += (node.yes, node.no)
            continue
        source = config.run.value_of(node, sourced.scope, attribute.span, "source")
        if isinstance(source, str) and is_local(path_in(source), config):
            folder = _with_code(path_in(source), config)
            found.update([folder] if folder is not None else [])
    return found.pop() if len(found) == 1 else None


def is_local(path: str, config: Config) -> bool:
    """A path without `./` is one where there is such a folder, else an address."""
    if path.startswith((BASE, "./", "../")) or path in (".", ".."):
        return True
    folder = config.locate(path)
    return "://" not in path and "::" not in path and folder is not None and config.run.tree.is_folder(folder)


def root_of(unit: Unit, sources: Sources, options: ReadOptions) -> tuple[Folder, dict[str, Given], list[str]]:
    """The unit's module with what is generated into it, the values of its variables, and the files that they are from.
    Inputs and TF_VAR_ variables come by the environment, which everything else overrides."""
    from guardrail.inputs.terraform.terragrunt.arguments import extra_arguments
    from guardrail.inputs.terraform.terragrunt.generated import generated_files

    assert unit.folder is not None
    documents = generated_files(unit.config, unit.folder)
    folder = sources.folder_with(unit.folder, documents) if documents else sources.folder(unit.folder)
    extra = extra_arguments(unit.config)
    more = options._replace(
        var_files=(*extra.var_files, *options.var_files),
        configured=(*extra.variables, *options.configured),
    )
    given, used = given_values(unit.folder, sources, more)
    found = {**inputs_of(unit, folder), **extra.environment}
    if extra.unread is not None:  # what it gives, nobody knows; what comes later counts all the same
        later = {name for name, *_ in (*more.configured, *more.variables)}
        for name in folder.variables:
            if name not in later:
                found[name] = Given(extra.unread, f"a file of values of {unit.config.unit}", unit.place)
                given.pop(name, None)
    return folder, {**found, **given}, used


def inputs_of(unit: Unit, folder: Folder) -> dict[str, Given]:
    """Values for the variables of the unit's module."""
    config = unit.config
    try:
        value: Value = without_marks(config.inputs())
    except EvalError as error:
        config.run.tell(error.kind, f"inputs: {error.message}", head(config), error.line)
        value = Unknown(f"the inputs of {config.unit} cannot be evaluated")
    found: dict[str, Given] = {}
    rest = value if isinstance(value, Unknown) else value.rest if isinstance(value, PartialMap) else None
    if rest is not None:
        for name in folder.variables:
            found[name] = Given(derived(rest), f"inputs of {config.unit}", unit.place)
    if isinstance(value, Map):
        for name in value:
            span = value.spans.get(name) or unit.place
            item = value[name]
            if type(item) in (str, Text) and item.lstrip().startswith(("[", "{")):
                item = Typed(item)  # by way of the environment, where a list is written as text
            found[name] = Given(item, f"input {name} of {config.unit}", span)
    return found
