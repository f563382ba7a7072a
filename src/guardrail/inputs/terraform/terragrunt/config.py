"""One file of Terragrunt's configuration, as it is evaluated for one unit."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.formats.hcl import Attribute, Block
from guardrail.formats.hcl_nodes import ATTR, Call, Literal, Node, Ref, Scope
from guardrail.formats.hcl_values import Deferred, EvalError, PartialMap, Type, copy_map, copy_seq, derived
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.grouping import folder_of
from guardrail.inputs.terraform.invoke import Templates, call_function
from guardrail.inputs.terraform.run import Run
from guardrail.inputs.terraform.terragrunt.paths import in_tree
from guardrail.model import NOWHERE, Map, Origin, Reference, Seq, Unknown, Value

_INPUTS = "inputs of the file"  # among its locals, whose names are single words
MAX_READ = 20  # files that read each other, one through the other

_UNKNOWN_ROOTS = {
    "dependency": "outputs of {} are known only after apply",
    "values": "{} comes from a stack",
    "unit": "{} comes from a stack",
    "stack": "{} comes from a stack",
}


class Include(NamedTuple):
    """An `include` block. `config` is None where the file is not to be had, and `reason` says why."""

    block: Block
    config: Config | None
    reason: Unknown | None
    strategy: str


class Config:
    """A file. `unit` is the file that it is evaluated for, which for an included one is the one that includes it, and
    for what a stack generates the place where that comes to stand; paths and look-ups go by that. `values` are those
    that a stack gives it."""

    def __init__(
        self, path: str, unit: str, sources: Sources, depth: int = 0, included: bool = False, values: Value = None
    ) -> None:
        self.path, self.unit, self.sources, self.depth, self.included = path, unit, sources, depth, included
        self.values = values
        self.added: Value = None  # inputs that a stack lays over its own
        self.run: Run = sources.run
        self.base = folder_of(unit)
        # Where the files stand that a stack copies to the unit's folder.
        self.copied_from = folder_of(path) if not included and unit != path else self.base
        document = sources.document(path)
        self.body = document.body if document is not None else None
        self.readable = document is not None
        self.scope = Scope(self)
        self.templates = _Files(self)
        self._locals: dict[str, Attribute] = {}
        for block in self.body.of_type("locals") if self.body is not None else ():
            self._locals.update(block.body.attributes)
        self._memo: dict[str, Value] = {}
        self._busy: set[str] = set()
        self._includes: dict[str, Include] | None = None

    # ---- the world of its expressions ----

    def resolve(self, ref: Ref, scope: Scope) -> tuple[Value, int]:
        root, steps = ref.root, ref.steps
        name = str(steps[0][1]) if steps and steps[0][0] == ATTR else ""
        if root == "values" and self.values is not None:
            return self.values, 0
        if root in _UNKNOWN_ROOTS:
            what = f"{root}.{name}"
            path = [str(step) for kind, step in steps[:3] if kind == ATTR]
            if root == "dependency" and len(path) == 3 and path[1] == "outputs":  # of another state
                return Reference(what, ".".join(path[1:]), _UNKNOWN_ROOTS[root].format(what)), 3
            return Unknown(_UNKNOWN_ROOTS[root].format(what), (ref.text(),)), len(steps)
        if root == "local" and name:
            return self.local(name), 1
        if root == "include":
            return self._exposed(name)
        if root == "feature" and name:
            return self._feature(name), 1
        raise EvalError(f'"{root[:60]}" refers to nothing')

    def call(self, call: Call, scope: Scope) -> Value:
        from guardrail.inputs.terraform.terragrunt.functions import TABLE

        own = TABLE.get(call.name)
        if own is None:
            return call_function(self, call, scope)
        self.run.spend(1)
        args = [arg.eval(scope) for arg in call.args]
        unknown = next((arg for arg in args if isinstance(arg, Unknown)), None)
        if unknown is not None:
            return derived(unknown)
        if not own.low <= len(args) <= own.high:
            raise EvalError(f"{call.name}() is given {len(args)} arguments")
        return own.call(self, *args)

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

    # ---- named values ----

    def local(self, name: str) -> Value:
        attribute = self._locals.get(name)
        if attribute is None:
            raise EvalError(f"local.{name} is not declared")
        if name not in self._memo:
            if name in self._busy:
                raise EvalError(f"local.{name} refers to itself")
            self._busy.add(name)
            try:
                self._memo[name] = self.value(attribute, f"local.{name}")
            finally:
                self._busy.discard(name)
        return self._memo[name]

    def locals(self) -> Map:
        found = Map()
        for name, attribute in self._locals.items():
            found.put(name, self.local(name), attribute.span)
        return found

    def value(self, attribute: Attribute, what: str, scope: Scope | None = None) -> Value:
        return self.run.value_of(attribute.node, scope or self.scope, attribute.span, what)

    def _feature(self, name: str) -> Value:
        found = Map()
        for config in self.layers():
            for block in config.body.of_type("feature") if config.body is not None else ():
                default = block.body.attributes.get("default")
                if block.labels == (name,) and default is not None and "value" not in found:
                    found.put("value", config.value(default, f"feature.{name}"), default.span)
        return found

    def locate(self, path: str) -> str | None:
        """The name in the tree of a path as the unit's expressions have it."""
        name = in_tree(path, self.base, self.run.tree)
        if name is not None and self.copied_from != self.base and f"{name}/".startswith(f"{self.base}/"):
            name = (self.copied_from + name[len(self.base) :]).lstrip("/")
        return name

    # ---- what it includes ----

    def includes(self) -> dict[str, Include]:
        """By name, which is "" where the block has none. An included file includes nothing itself."""
        if self._includes is None:
            self._includes = {}
            for block in self.body.of_type("include") if self.body is not None and not self.included else ():
                self._includes[block.labels[0] if block.labels else ""] = self._include(block)
        return self._includes

    def merged(self) -> list[Include]:
        """Those that it is laid over, the one first that counts most, which is the last one written."""
        return [include for include in reversed(self.includes().values()) if include.strategy != "no_merge"]

    def layers(self) -> list[Config]:
        """The files that a unit is made of, the one first that counts most."""
        return [self, *(include.config for include in self.merged() if include.config is not None)]

    def _include(self, block: Block) -> Include:
        attributes = block.body.attributes
        path = attributes.get("path")
        strategy = attributes["merge_strategy"].node if "merge_strategy" in attributes else None
        how = str(strategy.value) if isinstance(strategy, Literal) else "shallow"
        if path is None:
            return Include(block, None, Unknown("an include has no path"), how)
        value = self.value(path, "path of include")
        if not isinstance(value, str):
            return Include(block, None, value if isinstance(value, Unknown) else Unknown("an include has no path"), how)
        name = self.locate(value)
        if name is None or not self.run.tree.is_file(name):
            return Include(block, None, Unknown("an included file is not among the scanned files"), how)
        if name == self.path:
            return Include(block, None, Unknown("a file includes itself"), how)
        included = Config(name, self.unit, self.sources, self.depth + 1, included=True, values=self.values)
        return Include(block, included, None, how)

    def _exposed(self, name: str) -> tuple[Value, int]:
        """What `include.root.locals.x` goes on from; a nameless include has its members in `include` itself."""
        known = self.includes()
        found, taken = (known[name], 1) if name in known else (known.get(""), 0)
        if found is None:
            raise EvalError(f"include.{name} is not declared")
        if found.config is None:
            return found.reason or Unknown("an included file is not read"), taken
        return found.config.as_value(), taken

    # ---- the whole ----

    def as_value(self) -> Value:
        """What `read_terragrunt_config` and an exposed include give of it."""
        return Whole(self) if self.readable else Unknown(f"{self.path} cannot be read")

    def own_inputs(self) -> Value:
        attribute = self.body.attributes.get("inputs") if self.body is not None else None
        return self.value(attribute, "inputs") if attribute is not None else None

    def inputs(self) -> Value:
        """Its inputs laid over those of what it includes: a Map, an Unknown or None."""
        if _INPUTS not in self._memo:
            if _INPUTS in self._busy:
                raise EvalError("inputs refers to itself")
            self._busy.add(_INPUTS)
            try:
                self._memo[_INPUTS] = self._inputs()
            finally:
                self._busy.discard(_INPUTS)
        return self._memo[_INPUTS]

    def _inputs(self) -> Value:
        made = laid_over(self.added, self.own_inputs(), True)
        for include in self.merged():
            if include.config is None:
                made = laid_over(made, include.reason, False)
            else:
                made = laid_over(made, include.config.own_inputs(), include.strategy == "deep")
        return made

    def source(self) -> Attribute | None:
        """`terraform { source = ... }`, without those of what it includes."""
        for block in self.body.of_type("terraform") if self.body is not None else ():
            if "source" in block.body.attributes:
                return block.body.attributes["source"]
        return None


class Whole(Deferred):
    """A file as a value. Only what is asked for is evaluated."""

    __slots__ = ("config",)

    def __init__(self, config: Config) -> None:
        super().__init__(f"only locals, inputs and source of {config.path} are read")
        self.config = config

    def attr(self, name: str) -> Value:
        if name == "locals":
            return self.config.locals()
        if name == "inputs":
            return self.config.inputs() or Map()
        source = self.config.source() if name == "terraform" else None
        if source is not None:
            terraform = Map()
            terraform.put("source", self.config.value(source, "source"), source.span)
            return terraform
        return derived(self)

    def index(self, key: Value) -> Value:
        return self.attr(key) if isinstance(key, str) else derived(self)

    def force(self) -> Value:
        found = PartialMap(derived(self))
        for name in ("locals", "inputs"):
            found.put(name, self.attr(name), NOWHERE)
        return found


class _Files(Templates):
    """Files that Terraform's functions read: their paths are relative to the file that the call stands in, also where
    a unit includes that, or absolute."""

    __slots__ = ("config",)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config

    def _name(self, path: str) -> str | Unknown:
        config = self.config
        if config.included:
            name = in_tree(path, folder_of(config.path), config.run.tree)
        else:
            name = config.locate(path)
        return Unknown("the file lies outside the scanned tree") if name is None or path.startswith("~") else name


def laid_over(over: Value, under: Value, deep: bool) -> Value:
    """Two configurations' inputs, the first one's counting where both have one; `deep`: maps merge and lists join."""
    if over is None or under is None:
        return over if under is None else under
    if isinstance(over, Unknown):
        return over
    if isinstance(under, Unknown):
        made: Map = PartialMap(derived(under), over.span, over.header) if isinstance(over, Map) else Map()
        if isinstance(over, Map):
            made.update(over)
            made.spans, made.origins = over.spans, over.origins
        return made
    if not isinstance(over, Map) or not isinstance(under, Map):
        return over
    made = copy_map(under)
    if isinstance(over, PartialMap) and not isinstance(made, PartialMap):
        partial = PartialMap(over.rest, made.span, made.header)  # what is under may be hidden by what is not known
        partial.spans = made.spans
        made = partial
    for key in over:
        both = deep and key in made
        below = made[key] if both else None
        made.copy_entry(over, key)
        made.spans[key] = over.spans.get(key, over.header)
        if both:
            made[key] = _joined(over[key], below)
    return made


def _joined(over: Value, under: Value) -> Value:
    if isinstance(over, Map) and isinstance(under, Map):
        return laid_over(over, under, True)
    if isinstance(over, Seq) and isinstance(under, Seq):
        joined = copy_seq(under)
        for index, item in enumerate(over):
            joined.add(item, over.spans[index] if index < len(over.spans) else NOWHERE)
        return joined
    return over
