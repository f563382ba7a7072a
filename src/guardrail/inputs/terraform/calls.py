"""Module calls: from a `module` block to the modules that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_nodes import Scope
from guardrail.formats.hcl_values import EvalError, Undeclared
from guardrail.inputs.terraform.brought import brought_by
from guardrail.inputs.terraform.expansion import Expansion, expand, key_text
from guardrail.inputs.terraform.references import ModuleRef
from guardrail.inputs.terraform.run import MAX_MODULES
from guardrail.inputs.terraform.vendored import same_source
from guardrail.model import Unknown, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Module

MAX_DEPTH = 20
META = frozenset(("source", "version", "providers", "count", "for_each", "depends_on"))


class ModuleCall:
    """One instance of a `module` block, as the called module sees it. `scope` is the one that its arguments
    stand in. `doubtful`: perhaps there is none, for the count is unknown."""

    __slots__ = ("block", "caller", "doubtful", "scope")

    def __init__(self, caller: Module, block: Block, scope: Scope, doubtful: bool) -> None:
        self.caller, self.block, self.scope, self.doubtful = caller, block, scope, doubtful


class Calls:
    """The calls that a module makes."""

    __slots__ = ("_busy", "_expansions", "_targets", "_values", "module")

    def __init__(self, module: Module) -> None:
        self.module = module
        self._busy: set[str] = set()
        self._expansions: dict[str, tuple[Expansion, list[ModuleRef]]] = {}
        self._targets: dict[str, tuple[str | None, str]] = {}
        self._values: dict[str, Value] = {}

    def value(self, name: str) -> Value:
        """What `module.name` means."""
        if name not in self.module.folder.modules:
            raise Undeclared(f"module.{name} is not declared")
        if name not in self._values:
            expansion, refs = self.expanded(name)
            self._values[name] = _as_value(expansion, refs)
        return self._values[name]

    def known(self, name: str) -> list[ModuleRef]:
        """The instances of a call as far as they are worked out already."""
        return self._expansions[name][1] if name in self._expansions else []

    def expanded(self, name: str) -> tuple[Expansion, list[ModuleRef]]:
        known = self._expansions.get(name)
        if known is None:
            if name in self._busy:
                raise EvalError(f"how many instances module.{name} has depends on itself")
            self._busy.add(name)
            try:
                known = self._expand(name)
            finally:
                self._busy.discard(name)
            self._expansions[name] = known
        return known

    def _expand(self, name: str) -> tuple[Expansion, list[ModuleRef]]:
        from guardrail.inputs.terraform.module import Module

        caller = self.module
        block = caller.folder.modules[name]
        run = caller.run
        if run.modules >= MAX_MODULES:
            run.tell("expansion", f"more than {MAX_MODULES:,} module calls to evaluate; this one is not judged",
                     block.header)  # fmt: skip
            none = ModuleRef(f"module.{name}", None, f"module.{name} is one of too many", True)
            return Expansion("open", [(None, caller.scope)], {}), [none]
        expansion = expand(block, caller.scope, run, f"module.{name}", caller.doubtful)
        path, reason = self.target(name)
        refs: list[ModuleRef] = []
        for key, scope in expansion.scopes:
            call = f"{caller.address}module.{name}{key_text(key)}"
            doubtful = expansion.doubt(key) is not None
            child = None
            if path is not None:
                run.modules += 1
                folder = caller.sources.folder(path)
                child = Module(folder, caller.sources, call + ".", ModuleCall(caller, block, scope, doubtful))
            refs.append(ModuleRef(call, child, reason, expansion.kind == "open"))
        if path is not None:
            declared = caller.sources.folder(path).variables
            for argument, attribute in block.body.attributes.items():
                if argument not in declared and argument not in META:
                    run.tell("evaluation", f"module.{name} has no variable {argument}", attribute.span)
            given = block.body.attributes
            for variable, declaration in declared.items():
                if variable not in given and not (block.body.broken or "default" in declaration.body.attributes
                                                  or declaration.body.broken):  # fmt: skip
                    run.tell("evaluation", f"module.{name} is not given its variable {variable}", block.header)
        return expansion, refs

    def target(self, name: str) -> tuple[str | None, str]:
        """The folder that a call's source leads to, or None and why its module is not read."""
        known = self._targets.get(name)
        if known is None:
            known = self._targets[name] = self._find(name)
        return known

    def _find(self, name: str) -> tuple[str | None, str]:
        module, run = self.module, self.module.run
        block = module.folder.modules[name]
        attribute = block.body.attributes.get("source")
        if attribute is None:
            if not block.body.broken:
                run.tell("evaluation", f"module.{name} has no source", block.header)
            return None, f"module.{name} has no source"
        source = run.value_of(attribute.node, module.scope, attribute.span, f"source of module.{name}")
        if not isinstance(source, str):
            reason = source.reason if isinstance(source, Unknown) else "it is no string"
            run.note("remote-module", f"module.{name} is not read: its source is unknown ({reason})", attribute.span)
            return None, f"module.{name} has an unknown source"
        if not source.startswith(("./", "../")) and source not in (".", ".."):
            folder, besides = self._copy(name, source)
            if folder is None:
                run.note("remote-module", f"module.{name} comes from {source} and is not read{besides}", attribute.span)
                return None, f"module.{name} comes from {source} and is not read"
            return self._checked(name, folder, block)
        folder = run.tree.join(module.folder.path, source)
        if folder is None or not run.tree.contains(folder):
            run.tell("missing-module", f"the source of module.{name}, {source}, leads out of the scanned tree",
                     attribute.span)  # fmt: skip
            return None, f"module.{name} lies outside the scanned tree"
        if not module.sources.code_files(folder):
            how = brought_by(folder, run.tree)
            if how:
                what = f"module.{name} comes from {source}, {how}, and is not read"
                run.note("remote-module", what, attribute.span)
                return None, f"module.{name} comes from {how} and is not read"
            run.tell("missing-module", f"the source of module.{name}, {source}, has no Terraform files", attribute.span)
            return None, f"module.{name} is missing"
        return self._checked(name, folder, block)

    def _copy(self, name: str, source: str) -> tuple[str | None, str]:
        """Where `terraform init` has put a remote module, or None and what there is to say of that."""
        module = self.module
        copy = module.sources.copies(module.root.folder.path).get(module.key + name)
        if copy is None:
            return None, ""
        if not same_source(source, copy.source):
            return None, f" (the copy that terraform init has made is of {copy.source})"
        folder = copy.folder
        if folder is None or not module.run.tree.contains(folder) or not module.sources.code_files(folder):
            return None, ""
        return folder, ""

    def _checked(self, name: str, folder: str, block: Block) -> tuple[str | None, str]:
        module, run = self.module, self.module.run
        if module.depth >= MAX_DEPTH:
            run.tell("too-deep", f"module.{name} is called over more than {MAX_DEPTH} modules", block.header)
            return None, f"module.{name} is called too deep"
        above: Module | None = module
        while above is not None:
            if above.folder.path == folder:
                run.tell("module-cycle", f"module.{name} leads back to {folder or 'the folder itself'}", block.header)
                return None, f"module.{name} calls itself"
            above = above.call_.caller if above.call_ else None
        return folder, f"module.{name} as a whole"


def _as_value(expansion: Expansion, refs: list[ModuleRef]) -> Value:
    return refs[0] if expansion.kind == "open" else expansion.gathered(refs, refs[-1] if refs else None)
