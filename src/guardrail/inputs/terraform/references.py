"""What a reference to something that is not yet evaluated means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl_values import Deferred, EvalError, PartialMap, Undeclared, derived
from guardrail.model import HOLE, NOWHERE, Map, PartText, Reference, Unknown, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Instance, Module


_SET, _MADE = ("input", "triggers_replace"), ("id", "output")  # of terraform_data: by who writes it, by Terraform


class ResourceRef(Reference, Deferred):
    """A resource, or an instance of it. An attribute that its configuration sets has that value; any other
    is the provider's to say, and a Reference. Either way the edge is noted."""

    __slots__ = ("address", "instance", "module", "open")

    def __init__(self, address: str, module: Module, instance: Instance | None, open_: bool = False) -> None:
        super().__init__(address, "")
        self.address, self.module, self.instance, self.open = address, module, instance, open_

    @property
    def is_there(self) -> bool:
        return self.instance is not None and not self.open and not self.instance.doubtful

    def attr(self, name: str) -> Value:
        self.module.run.edges[(self.address, name)] = None
        if self.instance is not None:
            attributes = self.module.attributes_of(self.instance)
            if not self.instance.done and self.address not in self.module.run.provisioned:
                raise EvalError(f"{self.address} refers to itself")
            if attributes is not None:
                value = attributes.get(name)
                if value is None:
                    value = self.instance.results.get(name)
                if value is not None:
                    return value
                if self.is_built_in and not isinstance(attributes, PartialMap):
                    if name in _SET or (name == "output" and attributes.get("input") is None):
                        return None
                    if name == "id":  # a string for sure
                        written = f"{self.address}.id"
                        return PartText(f"{written} is known only after apply", (written,), HOLE)
                if self.is_built_in and name not in _MADE:
                    raise Undeclared(f'{self.address} has no attribute "{name}"')
        return Reference(self.address, name)

    @property
    def is_built_in(self) -> bool:
        """Whether it is a `terraform_data`, all of whose attributes are known by name."""
        return self.instance is not None and self.instance.block.labels[0] == "terraform_data"

    def index(self, key: Value) -> Value:
        """An instance, where it is not known how many there are; else `x["attribute"]`."""
        if not self.open and isinstance(key, str):
            return self.attr(key)
        self.module.run.edges.setdefault((self.address, ""), None)
        self.module.run.doubtful = True
        return self

    def item(self) -> ResourceRef:
        """What `[*]` has of it, where it is not known how many there are."""
        return ResourceRef(self.address, self.module, self.instance)

    def force(self) -> Value:
        if not self.is_built_in or self.open:
            return self
        whole = Map()
        for name in (*_SET, *_MADE):
            whole.put(name, self.attr(name), NOWHERE)
        return whole


class ModuleRef(Deferred):
    """A module call, or an instance of it; `module` is None where the module can't be read, and `reason`
    says why."""

    __slots__ = ("call", "module", "open")

    def __init__(self, call: str, module: Module | None, reason: str, open_: bool = False) -> None:
        super().__init__(reason, (call,))
        self.call, self.module, self.open = call, module, open_

    @property
    def is_there(self) -> bool:
        return not self.open

    def attr(self, name: str) -> Value:
        if self.module is None:
            return Unknown(self.reason, (f"{self.call}.{name}",))
        return self.module.output(name)

    def item(self) -> ModuleRef:
        """What `[*]` has of it, where it is not known how many there are."""
        return ModuleRef(self.call, self.module, self.reason)

    def index(self, key: Value) -> Value:
        if self.open:
            if self.module is not None:
                self.module.run.doubtful = True
            return self
        return self.force() if self.module is None else self.module_output(key)

    def module_output(self, key: Value) -> Value:
        if isinstance(key, Unknown):
            return derived(key)
        if not isinstance(key, str):
            raise EvalError(f"{self.call} has neither count nor for_each")
        return self.attr(key)

    def force(self) -> Value:
        """All outputs."""
        if self.module is None:
            return Unknown(self.reason, self.refs)
        if self.open:
            return Unknown(f"how many instances {self.call} has is not known", self.refs)
        result = Map()
        for name, block in self.module.folder.outputs.items():
            result.put(name, self.module.output(name), block.span)
        return result
