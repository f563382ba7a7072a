"""A module under evaluation: a folder with the values that one call gives to its variables.

Everything is evaluated when it is first asked for and kept: a local, an output, a resource's body. While it
is under evaluation, asking for it again is a cycle, which Terraform rejects.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import ATTR, FULL_SPLAT, INDEX, Call, Literal, Node, Ref, Scope, Step
from guardrail.formats.hcl_values import EvalError, Type, Undeclared, UndeclaredResource, relocated, sensitive
from guardrail.inputs.terraform.blocks import Evaluation
from guardrail.inputs.terraform.calls import Calls, ModuleCall
from guardrail.inputs.terraform.entries import part_of
from guardrail.inputs.terraform.expansion import Expansion, expand, key_text
from guardrail.inputs.terraform.folder import Folder, Sources
from guardrail.inputs.terraform.invoke import Templates, call_function
from guardrail.inputs.terraform.policy_document import policy_document
from guardrail.inputs.terraform.references import ResourceRef
from guardrail.inputs.terraform.results import Results, results_of
from guardrail.inputs.terraform.run import Edges, Run
from guardrail.inputs.terraform.type_constraints import Convert, converter
from guardrail.inputs.terraform.variables import Given, Literals, Typed, command_line_value
from guardrail.model import Map, Origin, Reference, Seq, Span, Unknown, Value
from guardrail.model.resource import Edge

Memo = dict[str, tuple[Value, Edges]]


class Instance:
    """One instance of a resource block. `attributes` is None until it is evaluated. `doubtful`: perhaps there is none,
    for the count is unknown."""

    __slots__ = ("address", "attributes", "block", "done", "doubtful", "edges", "results", "scope")

    def __init__(self, address: str, block: Block, scope: Scope, doubtful: bool) -> None:
        self.address, self.block, self.scope, self.doubtful = address, block, scope, doubtful
        self.attributes: Map | None = None
        self.results: Results = {}
        self.done = False
        self.edges: list[Edge] = []


class Module:
    """`address` is the prefix of addresses in it: "" or `module.m["a"].`. `call` is None for a root."""

    def __init__(
        self,
        folder: Folder,
        sources: Sources,
        address: str = "",
        call: ModuleCall | None = None,
        given: dict[str, Given] | None = None,
    ) -> None:
        self.folder, self.sources, self.address, self.call_ = folder, sources, address, call
        self.run: Run = sources.run
        self.run.held.append(self.__dict__)
        self.given = given or {}
        self.root: Module = call.caller.root if call else self
        self.doubtful: bool = call is not None and (call.doubtful or call.caller.doubtful)
        self.depth: int = call.caller.depth + 1 if call else 0
        self.key: str = f"{call.caller.key}{call.block.labels[0]}." if call else ""  # of calls, without instance keys
        self.scope = Scope(self)
        self._literals = Scope(Literals(self.run))  # in which defaults are
        self.calls = Calls(self)
        self.templates = Templates(self)
        self._memo: Memo = {}
        self._busy: set[str] = set()
        self._instances: dict[str, tuple[Expansion, list[Instance]]] = {}
        self._values: dict[str, Value] = {}
        self._converters: dict[str, Convert | None] = {}
        self.provider_tags: dict[int, Value] = {}

    @property
    def base(self) -> str:
        """The folder that paths are relative to: Terraform runs in that of the root module."""
        return self.root.folder.path

    # ---- the world of its expressions ----

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        root, steps = ref.root, ref.steps
        if steps and steps[0][0] == ATTR:  # nearly always
            if root == "var":
                return self.variable(str(steps[0][1])), 1
            if root == "local":
                return (self.local(str(steps[0][1])), 1) if len(steps) == 1 else self._part_of_local(steps, scope)
        if root == "each" or root == "count":
            raise EvalError(f"{root} is used where there is no {'for_each' if root == 'each' else 'count'}")
        names = [str(what) for kind, what in steps[:2] if kind == ATTR]
        if not names or steps[0][0] != ATTR:
            if root in ("var", "local", "module", "data", "path", "terraform"):
                raise EvalError(f"{root} is used without a name")
            raise Undeclared(f'"{root[:60]}" refers to nothing')
        name = names[0]
        if root == "module":
            value = self.calls.value(name)
            if len(steps) > 1 and steps[1][0] == ATTR:
                _check_key(f"module.{name}", self.calls.expanded(name)[0], steps[1:])
            return value, 1
        if root == "path":
            return self.path(name), 1
        if root in ("terraform", "tofu"):
            if name == "workspace":
                return self.sources.workspace(self.root.folder), 1
            if name != "applying":
                raise EvalError(f"there is no {root}.{name}")
            return Unknown(f"{root}.{name} is known only in a run", (f"{root}.{name}",)), 1
        if root == "self":
            raise EvalError("self is used where there is none: it stands in provisioners and postconditions")
        if root in ("data", "ephemeral", "resource"):
            if len(names) < 2:
                raise EvalError(f"{root}.{name} is used without a name")
            if root == "resource":  # the long spelling of a managed resource
                return self._resource(f"{name}.{names[1]}", steps[2:]), 2
            return self._resource(f"{root}.{name}.{names[1]}", steps[2:]), 2
        return self._resource(f"{root}.{name}", steps[1:]), 1

    def call(self, call: Call, scope: Scope) -> Value:
        return call_function(self, call, scope)

    def spend(self, amount: int) -> None:
        self.run.spend(amount)

    def aside(self, node: Node, scope: Scope) -> Value:
        outer, self.run.edges = self.run.edges, {}
        try:
            return node.eval(scope)
        finally:
            self.run.edges = outer

    def presume(self) -> None:
        self.run.doubtful = True

    def told_type(self, node: Node, scope: Scope) -> Type:
        from guardrail.inputs.terraform.told_types import told_type

        return told_type(node, scope)

    def origins(self, node: Node, scope: Scope) -> tuple[Origin, ...]:
        from guardrail.inputs.terraform.origins import origins

        return origins(node, scope)

    def path(self, name: str) -> Value:
        if name == "module":
            base = self.root.folder.path
            return posixpath.relpath(self.folder.path or ".", base or ".")
        if name == "root":
            return "."
        if name == "cwd":
            return Unknown("path.cwd depends on where Terraform runs", ("path.cwd",))
        raise EvalError(f"there is no path.{name}")

    # ---- named values ----

    def _once(self, name: str, work: Callable[[], Value]) -> Value:
        """The value, with the edges met on the way noted again for each who asks."""
        run = self.run
        known = self._memo.get(name)
        if known is None:
            if name in self._busy:
                raise EvalError(f"{name} refers to itself")
            self._busy.add(name)
            outer, run.edges = run.edges, {}
            perhaps, run.perhaps = run.perhaps, self.doubtful
            try:
                known = (work(), run.edges)
            finally:
                self._busy.discard(name)
                run.edges, run.perhaps = outer, perhaps
            self._memo[name] = known
        if known[1]:
            run.edges.update(known[1])
        return known[0]

    def local(self, name: str) -> Value:
        attribute = self.folder.locals.get(name)
        if attribute is None:
            raise Undeclared(f"local.{name} is not declared")
        node = attribute.node
        if type(node) is Literal:
            return node.value
        what = f"local.{name}"
        return self._once(what, lambda: self.run.value_of(node, self.scope, attribute.span, what))

    def _part_of_local(self, steps: list[Step], scope: Scope) -> tuple[Value, int]:
        """What the steps lead to in a map that is written out, as far as they do, and how many they are: an entry of it
        has nothing to do with the resources that others name."""
        name = str(steps[0][1])
        attribute = self.folder.locals.get(name)
        node, span, taken = part_of(attribute, steps[1:], scope)
        if not taken or node.pure or f"local.{name}" in self._busy:
            return self.local(name), 1
        what = f"local.{name}"
        value = self._once(f"{what} {id(node)}", lambda: self.run.value_of(node, self.scope, span, what))
        if isinstance(value, (Map, Seq)) and type(node) not in (Object, Tuple):
            value = relocated(value, span)
        return value, 1 + taken

    def output(self, name: str) -> Value:
        block = self.folder.outputs.get(name)
        if block is None:
            raise EvalError(f'the module has no output "{name}"')
        return self._once(f"output.{name}", lambda: self._output(block))

    def _output(self, block: Block) -> Value:
        attribute = block.body.attributes.get("value")
        if attribute is None:
            if not block.body.broken:
                self.run.tell("evaluation", f"output.{block.labels[0]} has no value", block.header)
            return Unknown(f"output.{block.labels[0]} has no value")
        value = self.run.value_of(attribute.node, self.scope, attribute.span, f"output.{block.labels[0]}")
        return sensitive(value) if is_true(block, "sensitive") else value

    def variable(self, name: str) -> Value:
        known = self._memo.get(f"var.{name}")
        if known is not None:
            if known[1]:
                self.run.edges.update(known[1])
            return known[0]
        block = self.folder.variables.get(name)
        if block is None:
            raise Undeclared(f"var.{name} is not declared")
        return self._once(f"var.{name}", lambda: self._variable(name, block))

    def _variable(self, name: str, block: Block) -> Value:
        default = block.body.attributes.get("default")
        nullable = not _is_false(block, "nullable")
        what = f"var.{name}"
        found = self.argument(name)
        if found is not None:
            node, scope, span = found.node, self.call_.scope if self.call_ else self.scope, found.span
            value = self.run.value_of(node, scope, span, name)
        elif name in self.given:
            given = self.given[name]
            value, span = given.value, given.span
            if isinstance(value, Typed):
                value = command_line_value(value, self._wants_text(block), self.run)
        elif default is not None:
            value, span = self.run.value_of(default.node, self._literals, default.span, what), default.span
        else:
            self._converter(name, block)  # which may be wrong
            return Unknown(f"{self.address}var.{name} has no value", (f"{self.address}var.{name}",))
        if value is None and not nullable:
            if default is None:
                self.run.tell("evaluation", f"{self.address}{what} is required and may not be null", span)
                return Unknown(f"{self.address}{what} is null, which it may not be")
            value, span = self.run.value_of(default.node, self._literals, default.span, what), default.span
        value = self._converted(name, block, value, span if span.line else block.header)
        if is_true(block, "sensitive") and value is not None:
            return sensitive(value, literal=span.line > 0 and (found is None or found.node.pure))
        return value

    def argument(self, name: str) -> Attribute | None:
        """What the module's caller gives for a variable."""
        return self.call_.block.body.attributes.get(name) if self.call_ is not None else None

    def _wants_text(self, block: Block) -> bool:
        declared = block.body.attributes.get("type")
        return declared is None or declared.source.strip().strip('"') in ("string", "number", "bool")

    def _converted(self, name: str, block: Block, value: Value, span: Span) -> Value:
        convert = self._converter(name, block)
        if convert is None:
            return value
        try:
            return convert(value)
        except EvalError as error:
            message = f"the value of var.{name} does not fit its type: {error.message}"
            from guardrail.inputs.terraform.defaults import default_behind

            variable = default_behind(self, name)
            if variable:
                told = f"{message} (with the default of {variable}); it is taken for unknown"
                self.run.note("default-insufficient", told, span)
            else:
                self.run.tell("evaluation", message, span)
            return Unknown(message)

    def _converter(self, name: str, block: Block) -> Convert | None:
        if name not in self._converters:
            declared = block.body.attributes.get("type")
            self._converters[name] = None
            try:
                self._converters[name] = converter(declared, self._plain_default)
            except EvalError as error:
                place = declared.span if declared is not None else block.header
                self.run.tell("evaluation", f"type of var.{name}: {error.message}", place, error.line)
        return self._converters[name]

    def _plain_default(self, node: Node) -> Value:
        return node.eval(self._literals)

    # ---- resources ----

    def instances(self, address: str) -> tuple[Expansion, list[Instance]]:
        """The instances of a resource block, by its address in the module."""
        known = self._instances.get(address)
        if known is None:
            block = self.folder.resources[address]
            busy = f"instances of {address}"
            if busy in self._busy:
                raise EvalError(f"how many instances {address} has depends on itself")
            self._busy.add(busy)
            try:
                known = self._expanded(block, address)
            finally:
                self._busy.discard(busy)
            self._instances[address] = known
        return known

    def _expanded(self, block: Block, address: str) -> tuple[Expansion, list[Instance]]:
        expansion = expand(block, self.scope, self.run, address, self.doubtful)
        prefix = self.address + address
        made = [
            Instance(prefix + key_text(key), block, scope, expansion.doubt(key) is not None)
            for key, scope in expansion.scopes
        ]
        for instance in made:
            instance.edges += [Edge(expansion.argument, target, attribute) for target, attribute in expansion.edges]
        return expansion, made

    def twin(self, address: str, block: Block) -> tuple[Expansion, list[Instance]]:
        """Instances of a block whose address is taken."""
        return self._expanded(block, address)

    def _resource(self, address: str, steps: list[Step]) -> Value:
        """`steps`: what follows the address in a reference."""
        if address not in self.folder.resources:
            if self.run.lenient:
                return Reference(self.address + address, "", f"{address} is not declared")
            raise UndeclaredResource(f"{address} is not declared")
        value = self._values.get(address)
        if value is None:
            expansion, instances = self.instances(address)
            value = self._reference_value(address, expansion, instances)
            self._values[address] = value
        if steps:
            _check_key(address, self.instances(address)[0], steps)
        if _is_whole(steps):
            self.run.edges.setdefault((self.address + address, ""), None)
        return value

    def _reference_value(self, address: str, expansion: Expansion, instances: list[Instance]) -> Value:
        refs = [ResourceRef(instance.address, self, instance) for instance in instances]
        if expansion.kind == "open":
            some = ResourceRef(self.address + address, self, instances[0] if instances else None, True)
            if expansion.rest is not None:  # what has as many is there for the same reason
                some.reason = expansion.rest.reason
            return some
        return expansion.gathered(refs, ResourceRef(self.address + address, self, None))

    def attributes_of(self, instance: Instance) -> Map | None:
        """An instance's attributes, as far as they are evaluated: all of them, unless it is asked for from
        within its own evaluation."""
        if instance.attributes is None:
            block = instance.block
            evaluation = Evaluation(self.run, instance.address, (block.type, block.labels[0]))
            instance.attributes = evaluation.new(block.body, block.span, block.header)
            outer, self.run.edges = self.run.edges, {}
            perhaps, self.run.perhaps = self.run.perhaps, self.doubtful or instance.doubtful
            try:
                evaluation.body(block, instance.scope, into=instance.attributes)
                if block.type == "data":
                    if block.labels[0] == "aws_iam_policy_document":
                        self._add_document(instance.attributes)
                    instance.results = results_of(block.labels[0], instance.attributes, self.templates)
            finally:
                self.run.edges, self.run.perhaps = outer, perhaps
            instance.edges += evaluation.edges
            instance.done = True
        return instance.attributes

    def _add_document(self, attributes: Map) -> None:
        document = policy_document(attributes)
        for name in ("json", "minified_json"):
            if name not in attributes:
                attributes[name] = document
                attributes.spans[name] = attributes.header


def _check_key(address: str, expansion: Expansion, steps: list[Step]) -> None:
    """A reference has an instance's key where, and only where, there are several. Raises EvalError."""
    kind = steps[0][0] if steps else FULL_SPLAT
    if kind == INDEX and expansion.kind == "one":
        raise Undeclared(f"{address} has neither count nor for_each, so it has no instance with a key")
    if kind == ATTR and expansion.kind in ("list", "map"):
        argument = "count" if expansion.kind == "list" else "for_each"
        raise Undeclared(f"{address} has {argument}, so an attribute of it is asked for with an instance's key")


def _is_whole(steps: list[Step]) -> bool:
    """Whether a traversal stops at a resource, so that no attribute of it is asked for by name."""
    return all(kind == INDEX for kind, _ in steps)


def is_true(block: Block | None, name: str) -> bool:
    attribute = block.body.attributes.get(name) if block is not None else None
    return attribute is not None and isinstance(attribute.node, Literal) and attribute.node.value is True


def _is_false(block: Block, name: str) -> bool:
    attribute = block.body.attributes.get(name)
    return attribute is not None and isinstance(attribute.node, Literal) and attribute.node.value is False
