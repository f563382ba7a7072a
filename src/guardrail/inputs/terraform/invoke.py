"""Function calls: those that see expressions (`try`, `can`), and what functions may ask of their module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from guardrail.formats.hcl import parse_template
from guardrail.formats.hcl_nodes import Call, Node, Ref, Scope
from guardrail.formats.hcl_values import Deferred, EvalError, PartialMap, Type, Undeclared, derived, sensitive
from guardrail.model import Encoded, Map, OneOf, Origin, Sensitive, Seq, Unknown, Value
from guardrail.tree import Unreadable

if TYPE_CHECKING:
    from guardrail.inputs.terraform.run import Run

MAX_RENDERING = 5
MAX_NAMES = 10_000  # that fileset() looks at


class Home(Protocol):
    """What a function is called in: a module, or a file of Terragrunt's."""

    @property
    def run(self) -> Run: ...

    @property
    def templates(self) -> Templates: ...

    @property
    def base(self) -> str:
        """The folder that paths are relative to."""

    def aside(self, node: Node, scope: Scope) -> Value: ...


def call_function(module: Home, call: Call, scope: Scope) -> Value:
    name = call.name
    run = module.run
    run.spend(1)
    if name == "try":
        return _try(run, call, scope)
    if name == "can":
        return _can(run, call, scope)
    if name.startswith("provider::"):
        for arg in call.args:
            arg.eval(scope)
        return Unknown(f"{name}() is a function of a provider")
    if name == "ephemeralasnull" and call.args and _is_ephemeral(call.args[0], scope):
        return None
    from guardrail.inputs.terraform.functions import apply

    if name == "templatestring" and call.args and not isinstance(call.args[0], Ref):
        raise EvalError("the template that templatestring() is given is no reference")
    args = [arg.eval(scope) for arg in call.args]
    hidden = False
    if call.expand:
        last = args.pop()
        if isinstance(last, Sensitive):
            hidden, last = True, last.reveal()
        if isinstance(last, Deferred):
            last = last.force()
        if isinstance(last, Unknown):
            return derived(last)
        if not isinstance(last, Seq):
            raise EvalError(f"what is expanded into the arguments of {name}() is no list")
        args += last
    result = apply(name.removeprefix("core::"), args, module.templates)
    if isinstance(result, (list, dict)):
        run.spend(len(result) >> 2)
    return sensitive(result) if hidden else result


def _is_ephemeral(node: Node, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression has to do with what a plan does not keep: ephemeral variables, resources and outputs."""
    from guardrail.inputs.terraform.module import Module, is_true

    for ref, at in node.leaves(scope):
        module = at.world
        if ref.root in at.names or not isinstance(module, Module) or depth > MAX_RENDERING:
            continue
        folder, name = module.folder, ref.text().split(".")
        if ref.root == "ephemeral":
            return True
        if ref.root == "var" and len(name) > 1 and is_true(folder.variables.get(name[1]), "ephemeral"):
            return True
        local = folder.locals.get(name[1]) if ref.root == "local" and len(name) > 1 else None
        if local is not None and _is_ephemeral(local.node, module.scope, depth + 1):
            return True
        if ref.root == "module" and len(name) > 2:
            known = next((call.module for call in module.calls.known(name[1]) if call.module is not None), None)
            if known is not None and is_true(known.folder.outputs.get(name[2]), "ephemeral"):
                return True
    return False


def _try(run: Run, call: Call, scope: Scope) -> Value:
    last = "no expression is given"
    outer = run.doubtful
    for arg in call.args:
        run.doubtful = False
        try:
            value = arg.eval(scope)
        except EvalError as error:
            if error.kind != "evaluation" or isinstance(error, Undeclared):
                raise
            last = error.message
            continue
        doubtful, run.doubtful = run.doubtful, outer
        settled = isinstance(value, (Unknown, Encoded)) and not isinstance(value, OneOf)
        if doubtful and arg is not call.args[-1] and not settled:
            return Unknown(f"what {call.name}() gives depends on what is there", _refs(arg, scope))
        return value
    run.doubtful = outer
    raise EvalError(f"every expression of try() fails: {last}")


def _refs(node: Node, scope: Scope) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ref.text() for ref, _ in node.leaves(scope)))


def _can(run: Run, call: Call, scope: Scope) -> Value:
    if len(call.args) != 1:
        raise EvalError("can() takes 1 argument")
    outer, run.doubtful = run.doubtful, False
    try:
        value = call.args[0].eval(scope)
    except EvalError as error:
        if error.kind != "evaluation" or isinstance(error, Undeclared):
            raise
        return False
    finally:
        doubtful, run.doubtful = run.doubtful, outer
    if doubtful:
        return Unknown("what can() gives depends on what is there", _refs(call.args[0], scope))
    return derived(value) if isinstance(value, Unknown) else True


class Templates:
    """What functions may ask of the module that they are called in."""

    __slots__ = ("module",)

    def __init__(self, module: Home) -> None:
        self.module = module

    def _name(self, path: str) -> str | Unknown:
        """A path as Terraform takes it, as a name in the tree."""
        name = self.module.run.tree.join(self.module.base, path)
        if name is None or path.startswith("~"):
            return Unknown(f'"{path}" lies outside the scanned tree')
        return name

    def locate(self, path: str) -> str:
        name = self._name(path)
        return "" if isinstance(name, Unknown) else name

    def exists(self, path: str) -> bool | Unknown:
        name = self._name(path)
        return name if isinstance(name, Unknown) else self.module.run.tree.is_file(name)

    def read(self, path: str) -> bytes | Unknown:
        """A file that isn't there is unknown and no problem: many are made by what runs before Terraform."""
        name = self._name(path)
        if isinstance(name, Unknown):
            return name
        if not self.module.run.tree.is_file(name):
            return Unknown(f'"{name}" is not among the scanned files')
        try:
            return self.module.run.tree.read(name)
        except Unreadable as error:
            return Unknown(f'"{name}" {error.problem.message}')

    def names_below(self, folder: str) -> list[str] | Unknown:
        name = self._name(folder)
        if isinstance(name, Unknown):
            return name
        tree = self.module.run.tree
        if not tree.is_folder(name):
            return []  # as Terraform has it: modules look for optional files so
        found: list[str] = []
        for at, _, names in tree.walk(name):
            below = at[len(name) :].lstrip("/") if name else at
            prefix = f"{below}/" if below else ""
            found += [prefix + file for file in names]
            if len(found) > MAX_NAMES:
                return Unknown(f'"{name}" has more than {MAX_NAMES:,} files')
        return found

    def render(self, text: str, file: str, variables: Map) -> Value:
        run = self.module.run
        if run.rendering >= MAX_RENDERING:
            raise EvalError("templates render templates too deep", kind="too-deep")
        node = run.templates.get((file, text))
        if node is None:
            try:
                node = parse_template(text, file, 1)
            except ValueError as error:
                raise EvalError(f"the template{' ' + file if file else ''} is not valid: {error}") from None
            run.templates[file, text] = node
        run.rendering += 1
        try:
            return node.eval(Scope(TemplateWorld(self.module, variables), variables))
        except EvalError as error:
            where = f"line {error.line}" if error.line else ""
            where = f" ({', '.join(part for part in (file, where) if part)})" if file else ""
            raise EvalError(f"{error.message}{where}", kind=error.kind) from None
        finally:
            run.rendering -= 1


class TemplateWorld:
    """The world of a template file: the variables that it is given, and nothing else of the module."""

    __slots__ = ("module", "variables")

    def __init__(self, module: Home, variables: Map) -> None:
        self.module, self.variables = module, variables

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        if isinstance(self.variables, PartialMap):
            return self.variables.rest, len(ref.steps)
        raise EvalError(f'the template is given no variable "{ref.root[:60]}"')

    def call(self, call: Call, scope: Scope) -> Value:
        return call_function(self.module, call, scope)

    def spend(self, amount: int) -> None:
        self.module.run.spend(amount)

    def aside(self, node: Node, scope: Scope) -> Value:
        return self.module.aside(node, scope)

    def presume(self) -> None:
        self.module.run.doubtful = True

    def told_type(self, node: Node, scope: Scope) -> Type:
        return "any"

    def origins(self, node: Node, scope: Scope) -> tuple[Origin, ...]:
        return ()
