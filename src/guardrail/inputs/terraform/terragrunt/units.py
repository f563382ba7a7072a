"""Units: from a `terragrunt.hcl` to the module that it calls and the inputs that it gives it."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_values import EvalError, PartialMap, derived
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.terragrunt.config import Config
from guardrail.inputs.terraform.terragrunt.paths import BASE, in_tree, without_marks
from guardrail.inputs.terraform.variables import Given
from guardrail.model import Map, Span, Unknown, Value


class Unit(NamedTuple):
    """`folder` is that of the module, None where it is not read; `place` is where its source is written."""

    config: Config
    folder: str | None
    place: Span


def included_by(path: str, sources: Sources) -> list[str]:
    """The files that a unit includes."""
    return [include.config.path for include in Config(path, path, sources).includes().values() if include.config]


def _layers(config: Config) -> list[Config]:
    """The files that a unit is made of, the one first that counts most."""
    return [config, *(include.config for include in config.merged() if include.config is not None)]


def unit_of(path: str, sources: Sources) -> Unit:
    """Never raises for what the file holds: that is a problem of the run."""
    config = Config(path, path, sources)
    try:
        if _skipped(config):
            return Unit(config, None, _head(config))
        for one in _layers(config):
            attribute = one.source()
            if attribute is not None:
                return Unit(config, _folder(one, attribute, config), attribute.span)
        return Unit(config, _same_folder(config), _head(config))
    except EvalError as error:
        config.run.tell(error.kind, error.message, _head(config), error.line)
    except RecursionError:
        config.run.tell("too-deep", "its expressions refer to others over too many steps", _head(config))
    return Unit(config, None, _head(config))


def _head(config: Config) -> Span:
    items: list[Block | Attribute] = []
    if config.body is not None:
        items = [*config.body.blocks, *config.body.attributes.values()]
    return min((item.span for item in items), default=Span(config.path, 1, 1, 1, 1))


def _skipped(config: Config) -> bool:
    for one in _layers(config):
        attribute = one.body.attributes.get("skip") if one.body is not None else None
        if attribute is not None:
            return one.value(attribute, "skip") is True
    return False


def _same_folder(config: Config) -> str | None:
    """A unit without a source calls the module that stands beside it."""
    return config.base if config.sources.code_files(config.base) else None


def _folder(sourced: Config, attribute: Attribute, config: Config) -> str | None:
    """The folder in the tree that a source leads to. `a//b` is b, of which Terragrunt copies all of a."""
    run = config.run
    source = sourced.value(attribute, "source")
    if isinstance(source, Unknown) or not isinstance(source, str):
        why = source.reason if isinstance(source, Unknown) else "it is no string"
        run.note("remote-module", f"the module of {config.path} is not read: its source is unknown ({why})",
                 attribute.span)  # fmt: skip
        return None
    path = source.partition("?")[0].replace("//", "/")
    if not path.startswith((BASE, "./", "../")) and path not in (".", "..") and not _is_there(path, config):
        run.note("remote-module", f"the module of {config.path} comes from {source} and is not read", attribute.span)
        return None
    folder = in_tree(path, config.base, run.tree)
    if folder is None or not run.tree.contains(folder) or not config.sources.code_files(folder):
        shown = source.removeprefix(BASE + "/")
        run.tell("missing-module", f"the source {shown} of {config.path} leads to no Terraform files", attribute.span)
        return None
    return folder


def _is_there(path: str, config: Config) -> bool:
    """A path without `./` is one where there is such a folder, else an address."""
    folder = in_tree(path, config.base, config.run.tree)
    return "://" not in path and "::" not in path and folder is not None and config.run.tree.is_folder(folder)


def inputs_of(unit: Unit, sources: Sources) -> dict[str, Given]:
    """Values for the variables of the unit's module."""
    config = unit.config
    try:
        value: Value = without_marks(config.inputs())
    except EvalError as error:
        config.run.tell(error.kind, f"inputs: {error.message}", _head(config), error.line)
        value = Unknown(f"the inputs of {config.path} cannot be evaluated")
    found: dict[str, Given] = {}
    rest = value if isinstance(value, Unknown) else value.rest if isinstance(value, PartialMap) else None
    if rest is not None and unit.folder is not None:
        for name in sources.folder(unit.folder).variables:
            found[name] = Given(derived(rest), f"inputs of {config.path}", unit.place)
    if isinstance(value, Map):
        for name in value:
            span = value.spans.get(name) or unit.place
            found[name] = Given(value[name], f"input {name} of {config.path}", span)
    return found


def note_generated(unit: Unit) -> None:
    """Say what is left out."""
    run = unit.config.run
    for config in _layers(unit.config):
        for block in config.body.of_type("generate") if config.body is not None else ():
            label = f" {block.labels[0]}" if block.labels else ""
            run.note("generated", f"what the generate block{label} writes is not read", block.header)
