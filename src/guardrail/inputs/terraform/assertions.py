"""What a configuration asserts of itself: `validation` of variables, `precondition` and `postcondition` of resources
and outputs, `check`. Terraform rejects a plan for which one of the former does not hold, and warns of a check; what
cannot be known is left to it. Where a root module's defaults alone are to blame, whoever runs it has to give other
values: a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_nodes import Scope
from guardrail.formats.hcl_operators import truth
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.blocks import Itself
from guardrail.inputs.terraform.defaults import default_in
from guardrail.model import Span, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Instance, Module

MAX_MESSAGE = 300  # characters of an error_message that are told


def check_module(module: Module, called: bool) -> None:
    """Its variables, outputs and checks; but for the variables only where it is sure to be `called`."""
    folder = module.folder
    for name, block in folder.variables.items():
        _check_variable(module, name, block)
    if called:
        for name, block in folder.outputs.items():
            for condition in block.body.of_type("precondition"):
                _assert(module, condition, module.scope, None, f"{module.address}output.{name}: its precondition fails")
        for block in folder.checks:
            name = f"{module.address}check.{block.labels[0] if block.labels else ''}"
            for condition in block.body.of_type("assert"):
                _assert(module, condition, module.scope, None, f"{name} fails", warns=True)


def _check_variable(module: Module, name: str, block: Block) -> None:
    """Its value, which must be one of its type, and its validations. What is wrong stands where the value is given."""
    try:
        module.variable(name)
    except EvalError as error:
        module.run.tell(error.kind, f"var.{name}: {error.message}", block.header, error.line)
        return
    if not block.body.blocks:
        return
    argument, given = module.argument(name), module.given.get(name)
    place = argument.span if argument is not None else given.span if given is not None else block.header
    if not place.line:
        place = block.header
    for validation in block.body.of_type("validation"):
        _assert(module, validation, module.scope, place, f"the value of {module.address}var.{name} is not valid")


def check_instance(module: Module, instance: Instance) -> None:
    blocks = instance.block.body.blocks
    for lifecycle in blocks:
        if lifecycle.type != "lifecycle":
            continue
        for condition in lifecycle.body.of_type("precondition"):
            _assert(module, condition, instance.scope, None, f"{instance.address}: its precondition fails")
        for condition in lifecycle.body.of_type("postcondition"):
            attributes = module.attributes_of(instance)
            assert attributes is not None
            scope = instance.scope.child({"self": Itself(instance.address, attributes)})
            _assert(module, condition, scope, None, f"{instance.address}: its postcondition fails")


def _assert(
    module: Module, block: Block, scope: Scope, place: Span | None, what: str, warns: bool = False
) -> None:
    condition = block.body.attributes.get("condition")
    if condition is None:
        if not block.body.broken:
            module.run.tell("evaluation", f"a {block.type} block has no condition", block.header)
        return
    run = module.run
    if condition.node.pure:
        run.tell("evaluation", f"the condition of a {block.type} block refers to nothing", condition.span)
        return
    outer, run.edges = run.edges, {}
    try:
        value = run.value_of(condition.node, scope, condition.span, "condition")
        held = truth(value, "the condition")
        if held is False:
            told = what + _message(block.body.attributes.get("error_message"), scope)
            where = place or condition.span
            variable = "" if warns else default_in(condition.node, scope)
            if warns:
                run.note("check", told, where)
            elif variable:
                run.note("default-insufficient", f"{told} (with the default of {variable})", where)
            else:
                run.tell("evaluation", told, where)
    except EvalError as error:
        run.rejected(error, condition.node, scope, condition.span, "condition")
    finally:
        run.edges = outer


def _message(attribute: Attribute | None, scope: Scope) -> str:
    """What its author has to say, as far as that can be shown."""
    if attribute is None:
        return ""
    try:
        value: Value = attribute.node.eval(scope)
    except EvalError:
        return ""
    if not isinstance(value, str):
        return ""
    text = " ".join(value.split())
    return f": {text[:MAX_MESSAGE]}" if text else ""
