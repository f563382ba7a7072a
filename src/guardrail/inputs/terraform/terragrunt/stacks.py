"""Stacks: a `terragrunt.stack.hcl` says which units, and which other stacks, are made of which files with which values.

Terragrunt copies them to `.terragrunt-stack/PATH` beside the stack's file and runs them there. Here they are evaluated
as if they stood there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_nodes import Scope
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.expansion import expand
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.grouping import STACK, UNIT
from guardrail.inputs.terraform.terragrunt.config import Config
from guardrail.inputs.terraform.terragrunt.paths import BASE, path_in
from guardrail.model import Map, Origin, Unknown, Value

MADE = ".terragrunt-stack"
MAX_BLOCKS = 5_000  # units and stacks of all the stacks that are read together


class Made(NamedTuple):
    """A unit that a stack makes. `trace`: the blocks that it is made by."""

    config: Config
    trace: tuple[Origin, ...]


def units_of_stacks(paths: Sequence[str], sources: Sources) -> list[Made]:
    """The units of all stacks; those of a stack that another one makes, with the values of that."""
    stacks = _Stacks()
    found = {path: list(stacks.units(Config(path, path, sources), (), (path,))) for path in paths}
    return [made for path in paths if path not in stacks.used for made in found[path]]


class _Stacks:
    """`used`: the files of stacks that are made by others. `made`: how many blocks were gone through."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.made = 0

    def units(self, stack: Config, trace: tuple[Origin, ...], chain: tuple[str, ...]) -> Iterator[Made]:
        """`chain`: the files of the stacks that this one stands in, and its own."""
        run = stack.run
        for block in stack.body.blocks if stack.body is not None else ():
            if block.type not in ("unit", "stack"):
                continue
            what = f"{block.type} {' '.join(block.labels)}"
            try:
                for scope in _instances(stack, block, what):
                    self.made += 1
                    if self.made > MAX_BLOCKS:
                        message = f"stacks are made of more than {MAX_BLOCKS:,} units; the rest are not judged"
                        raise EvalError(message, kind="expansion")
                    config = _made(stack, block, scope, what)
                    if config is None:
                        break
                    here = (*trace, Origin(f"{what} of {stack.unit}", block.header, None))
                    if block.type == "unit":
                        yield Made(config, here)
                    elif config.path in chain:
                        raise EvalError(f"{what} is made of itself")
                    else:
                        self.used.add(config.path)
                        yield from self.units(config, here, (*chain, config.path))
            except EvalError as error:
                run.tell(error.kind, error.message, block.header, error.line)
                if error.kind == "expansion":
                    return


def _instances(stack: Config, block: Block, what: str) -> list[Scope]:
    """A scope for each that a block makes: `expansion` gives it `for_each` or `count`, `enabled` may switch it off."""
    expansion = next(iter(block.body.of_type("expansion")), None)
    scopes = [stack.scope]
    if expansion is not None:
        scopes = [scope for _, scope in expand(expansion, stack.scope, stack.run, what, False).scopes]
    return [scope for scope in scopes if _asked(stack, block, "enabled", scope) is not False]


def _made(stack: Config, block: Block, scope: Scope, what: str) -> Config | None:
    """What a block makes; None (and a note or a problem) where its files are not here."""
    from guardrail.inputs.terraform.terragrunt.units import is_local

    run = stack.run
    file = UNIT if block.type == "unit" else STACK
    source = _asked(stack, block, "source", scope)
    if not isinstance(source, str):
        why = f" ({source.reason})" if isinstance(source, Unknown) else ""
        run.note("remote-module", f"{what} is not read: its source is unknown{why}", block.header)
        return None
    path = path_in(source)
    if not is_local(path, stack):
        run.note("remote-module", f"{what} comes from {source} and is not read", block.header)
        return None
    folder = stack.locate(path)
    name = f"{folder}/{file}" if folder else file
    if folder is None or not run.tree.is_file(name):
        shown = source.removeprefix(BASE + "/")
        run.tell("missing-module", f"the source {shown} of {what} has no {file}", block.header)
        return None
    place = _asked(stack, block, "path", scope)
    where = place if isinstance(place, str) and place else "/".join(block.labels)
    between = "" if _asked(stack, block, "no_dot_terragrunt_stack", scope) is True else f"{MADE}/"
    at = run.tree.join(stack.base, f"{between}{where}/{file}")
    if at is None:
        raise EvalError(f"the path of {what} leads out of the scanned tree")
    values = _asked(stack, block, "values", scope)
    made = Config(name, at, stack.sources, stack.depth + 1, values=Map() if values is None else values)
    for inner in block.body.of_type("autoinclude"):
        if "inputs" in inner.body.attributes:
            made.added = stack.value(inner.body.attributes["inputs"], f"inputs of {what}", scope)
    return made


def _asked(stack: Config, block: Block, name: str, scope: Scope) -> Value:
    attribute = block.body.attributes.get(name)
    if attribute is None:
        return None
    return stack.value(attribute, f"{name} of {block.type} {' '.join(block.labels)}", scope)
