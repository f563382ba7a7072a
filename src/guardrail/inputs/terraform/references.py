"""What a reference to something that is not yet evaluated means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.formats.hcl_values import Deferred, EvalError, derived
from guardrail.model import Map, Reference, Unknown, Value

if TYPE_CHECKING:
    from guardrail.inputs.terraform.module import Instance, Module


class ResourceRef(Reference, Deferred):
    """A resource, or an instance of it. An attribute that its configuration sets has that value; any other
    is the provider's to say, and a Reference. Either way the edge is noted."""

    __slots__ = ("address", "instance", "module", "open")

    def __init__(self, address: str, module: Module, instance: Instance | None, open_: bool = False) -> None:
        super().__init__(address, "")
        self.address, self.module, self.instance, self.open = address, module, instance, open_

    def attr(self, name: str) -> Value:
        self.module.run.edges[(self.address, name)] = None
        if self.instance is not None:
            attributes = self.module.attributes_of(self.instance)
            if attributes is not None:
                value = attributes.get(name)
                if value is not None:
                    return value
        return Reference(self.address, name)

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
        return self


class ModuleRef(Deferred):
    """A module call, or an instance of it; `module` is None where the module can't be read, and `reason`
    says why."""

    __slots__ = ("call", "module", "open")

    def __init__(self, call: str, module: Module | None, reason: str, open_: bool = False) -> None:
        super().__init__(reason, (call,))
        self.call, self.module, self.open = call, module, open_

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
