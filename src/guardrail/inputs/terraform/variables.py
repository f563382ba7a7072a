"""Values of a root module's variables: the environment, tfvars files, `--var-file`, `--var`, in Terraform's order."""

from __future__ import annotations

import os
from typing import NamedTuple

from guardrail.formats.hcl import Document, parse_expression
from guardrail.formats.hcl_nodes import Call, Node, Ref, Scope
from guardrail.formats.hcl_values import EvalError, Type
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.functions.decoding import placed
from guardrail.inputs.terraform.run import Run
from guardrail.model import NOWHERE, Origin, Span, Value

ENVIRONMENT = "TF_VAR_"


class Given(NamedTuple):
    """A value for a variable, and what an origin says of it."""

    value: Value
    note: str
    span: Span


class Words:
    """A world in which names stand for themselves: `ignore_changes = [tags]`, `providers = {aws = aws.west}`."""

    __slots__ = ("run",)

    def __init__(self, run: Run) -> None:
        self.run = run

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        return ref.text(), len(ref.steps)

    def call(self, call: Call, scope: Scope) -> Value:
        raise EvalError("functions may not be called here")

    def spend(self, amount: int) -> None:
        self.run.spend(amount)

    def aside(self, node: Node, scope: Scope) -> Value:
        return node.eval(scope)

    def presume(self) -> None:
        self.run.doubtful = True

    def told_type(self, node: Node, scope: Scope) -> Type:
        return "any"

    def origins(self, node: Node, scope: Scope) -> tuple[Origin, ...]:
        return ()


class Literals(Words):
    """A world without names: a tfvars file."""

    __slots__ = ()

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        raise EvalError("variables may not be used here")


def values_file_names(names: list[str]) -> list[str]:
    """The files of a folder that Terraform takes by itself, in its order."""
    base = {name.rpartition("/")[2]: name for name in names}
    first = [base[name] for name in ("terraform.tfvars", "terraform.tfvars.json") if name in base]
    return first + sorted(name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json")))


def given_values(folder: str, sources: Sources, options: ReadOptions) -> tuple[dict[str, Given], list[str]]:
    """Values by variable, later ones over earlier ones, and the files that they are from."""
    run = sources.run
    found: dict[str, Given] = {}
    if options.environment:
        for name in sources.folder(folder).variables:
            text = os.environ.get(ENVIRONMENT + name)
            if text is not None:
                found[name] = Given(Typed(text), f"{ENVIRONMENT}{name} of the environment", NOWHERE)
    used = values_file_names(sources.names(folder)) + list(options.var_files)
    for path in used:
        document = sources.document(path)
        if document is not None:
            found.update(values_in(document, path, run))
    for name, text, span in options.configured:
        found[name] = Given(Typed(text), f"variable {name} of {span.file}", span)
    for name, text in options.variables:
        found[name] = Given(Typed(text), f"--var {name}", NOWHERE)
    for name, note, value in options.planned:
        found[name] = Given(placed(value), note, NOWHERE)
    return found, used


class Typed(str):
    """Text from the command line or the environment: what it means depends on the variable's type."""

    __slots__ = ()


def command_line_value(text: Typed, wants_text: bool, run: Run) -> Value:
    """Text for a variable of a primitive type (or of no declared one), an expression for every other."""
    if wants_text:
        return str(text)
    try:
        node = parse_expression(str(text), "", 1)
        return node.eval(Scope(Literals(run)))
    except (ValueError, EvalError):
        return str(text)


def values_in(document: Document, path: str, run: Run) -> dict[str, Given]:
    """What a file gives to variables."""
    scope = Scope(Literals(run))
    found: dict[str, Given] = {}
    for name, attribute in document.body.attributes.items():
        value = run.value_of(attribute.node, scope, attribute.span, name)
        found[name] = Given(value, f'"{name}" in {path}', attribute.span)
    for block in document.body.blocks:
        run.tell("syntax", f"a {block.type[:40]} block stands among the values of variables", block.header)
    return found
