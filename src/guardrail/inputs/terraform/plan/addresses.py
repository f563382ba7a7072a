"""References as a plan's configuration lists them, and the addresses of what they mean.

A plan lists for each expression what it refers to, each reference followed by its own beginnings: `aws_x.y[0].id`,
`aws_x.y[0]`, `aws_x.y`. Keys that are worked out (`aws_x.y[each.key]`) are left out, and so is what a local stands
for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from guardrail.inputs.terraform.plan.document import mapping, strings
from guardrail.model.patterns import lazy_regex

MAX_STEPS = 20  # variables and outputs that a reference is followed through
MAX_TARGETS = 100

_STEP = lazy_regex(r'\.?([^.\[\]"\s]+)|\[("(?:[^"\\]|\\.)*"|\d+)\]')
_EXPRESSION = frozenset(("references", "constant_value"))


class Target(NamedTuple):
    address: str
    attribute: str


class Context(NamedTuple):
    """Where an expression stands: the module's calls, outermost first, as (name, key as text or ""); the key of the
    instance that it is for, and the expression of its for_each."""

    calls: tuple[tuple[str, str], ...]
    key: str = ""
    each: Any = None


def steps_of(reference: str) -> list[tuple[str, bool]]:
    """(text, whether it is a key); keys with their brackets."""
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(reference):
        match = _STEP.match(reference, at)
        if match is None:
            break
        found.append((match.group(1), False) if match.group(1) else (f"[{match.group(2)}]", True))
        at = match.end()
    return found


def calls_of(module: str) -> tuple[tuple[str, str], ...]:
    """The calls that a module's address is made of."""
    calls: list[tuple[str, str]] = []
    steps = steps_of(module)
    index = 0
    while index + 1 < len(steps) and steps[index][0] == "module":
        keyed = index + 2 < len(steps) and steps[index + 2][1]
        calls.append((steps[index + 1][0], steps[index + 2][0] if keyed else ""))
        index += 3 if keyed else 2
    return tuple(calls)


def prefix_of(calls: Iterable[tuple[str, str]]) -> str:
    return "".join(f"module.{name}{key}." for name, key in calls)


def key_of(address: str) -> str:
    """The instance key of an address, with its brackets."""
    steps = steps_of(address)
    return steps[-1][0] if steps and steps[-1][1] else ""


def block_of(address: str) -> str:
    """An address without any keys: that of the block in the configuration."""
    return ".".join(text for text, is_key in steps_of(address) if not is_key)


def is_expression(value: Any) -> bool:
    """Whether an entry of `expressions` is an attribute's; a nested block's otherwise."""
    return isinstance(value, dict) and (not value or not _EXPRESSION.isdisjoint(value))


def heads(expression: Any) -> list[str]:
    """What an expression refers to, without the beginnings."""
    found: list[str] = []
    last = ""
    for reference in strings(mapping(expression).get("references")):
        if not (last.startswith(reference) and last[len(reference) : len(reference) + 1] in (".", "[")):
            found.append(reference)
        last = reference
    return found


class Configuration:
    """The modules of a plan's configuration, and which instances there are. `variables` are the root module's."""

    def __init__(
        self, configuration: dict[str, Any], addresses: Iterable[str], variables: Mapping[str, Any] | None = None
    ) -> None:
        self.root = mapping(configuration.get("root_module"))
        self.variables = variables or {}
        self.addresses = set(addresses)
        self._modules: dict[tuple[str, ...], dict[str, Any]] = {}
        self._resources: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
        self._keys: dict[str, set[str]] = {}  # of the instances of module calls
        for address in sorted(self.addresses):
            prefix = ""
            for name, key in calls_of(address):
                self._keys.setdefault(f"{prefix}module.{name}", set()).add(key)
                prefix += f"module.{name}{key}."

    def module(self, calls: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        names = tuple(name for name, _ in calls)
        known = self._modules.get(names)
        if known is None:
            known = self.root
            for name in names:
                known = mapping(mapping(mapping(known.get("module_calls")).get(name)).get("module"))
            self._modules[names] = known
        return known

    def resource(self, calls: tuple[tuple[str, str], ...], address: str) -> dict[str, Any] | None:
        """A resource's configuration, by the address of its block in its module."""
        names = tuple(name for name, _ in calls)
        known = self._resources.get(names)
        if known is None:
            listed = self.module(calls).get("resources")
            known = self._resources[names] = {}
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, dict) and isinstance(item.get("address"), str):
                    known[item["address"]] = item
        return known.get(address)

    def is_null(self, expression: Any, calls: tuple[tuple[str, str], ...]) -> bool:
        """Whether an expression in a module is nothing but a variable that is null, or null itself."""
        told = mapping(expression)
        if "constant_value" in told:
            return told["constant_value"] is None
        references = strings(told.get("references"))
        if len(references) != 1 or not references[0].startswith("var."):
            return False
        name = references[0][len("var.") :]
        declared = mapping(mapping(self.module(calls).get("variables")).get(name))
        if not calls:
            return self.variables.get(name, declared.get("default", "")) is None
        call = mapping(mapping(self.module(calls[:-1]).get("module_calls")).get(calls[-1][0]))
        given = mapping(call.get("expressions"))
        return self.is_null(given[name], calls[:-1]) if name in given else declared.get("default", "") is None

    def targets(self, expression: Any, context: Context) -> list[Target]:
        found: dict[Target, None] = {}
        self._follow(expression, context, found, 0)
        return list(found)[:MAX_TARGETS]

    def _follow(self, expression: Any, context: Context, found: dict[Target, None], depth: int) -> None:
        if depth > MAX_STEPS or len(found) > MAX_TARGETS:
            return
        references = heads(expression)
        own = any(reference.startswith(("each.", "count.")) for reference in references)
        for reference in references:
            steps = steps_of(reference)
            root = steps[0][0] if steps else ""
            if root == "var" and len(steps) > 1:
                self._variable(steps[1][0], context, found, depth)
            elif root == "module" and len(steps) > 1:
                self._output(steps, context, found, depth, own)
            elif root == "each":
                if len(steps) > 1 and steps[1][0] == "value" and context.each is not None:
                    self._each(steps, context, found, depth)
            elif root not in ("local", "path", "terraform", "tofu", "count", "self", "ephemeral"):
                target = self._resource(steps, context, own)
                if target is not None:
                    found[target] = None

    def _variable(self, name: str, context: Context, found: dict[Target, None], depth: int) -> None:
        if not context.calls:
            return
        outer = context.calls[:-1]
        call = mapping(mapping(self.module(outer).get("module_calls")).get(context.calls[-1][0]))
        argument = mapping(call.get("expressions")).get(name)
        self._follow(argument, Context(outer, context.calls[-1][1], call.get("for_each_expression")), found, depth + 1)

    def _output(
        self, steps: list[tuple[str, bool]], context: Context, found: dict[Target, None], depth: int, own: bool
    ) -> None:
        name = steps[1][0]
        rest = steps[2:]
        keys = sorted(self._keys.get(f"{prefix_of(context.calls)}module.{name}", {""}))
        if rest and rest[0][1]:
            keys, rest = [rest[0][0]], rest[1:]
        elif own and context.key in keys:
            keys = [context.key]
        for key in keys:
            inner = (*context.calls, (name, key))
            outputs = mapping(self.module(inner).get("outputs"))
            for output in [rest[0][0]] if rest else list(outputs):
                self._follow(mapping(outputs.get(output)).get("expression"), Context(inner), found, depth + 1)

    def _each(
        self, steps: list[tuple[str, bool]], context: Context, found: dict[Target, None], depth: int
    ) -> None:
        """`each.value.id` where for_each goes over a resource."""
        over: dict[Target, None] = {}
        self._follow(context.each, Context(context.calls), over, depth + 1)
        attribute = steps[2][0] if len(steps) > 2 else ""
        for target in over:
            one = target.address + context.key
            if not target.attribute and one in self.addresses:
                found[Target(one, attribute)] = None
            else:
                found[target] = None

    def _resource(self, steps: list[tuple[str, bool]], context: Context, own: bool) -> Target | None:
        if steps and steps[0][0] == "resource":  # the long spelling
            steps = steps[1:]
        size = 3 if steps and steps[0][0] == "data" else 2
        if len(steps) < size or any(is_key for _, is_key in steps[:size]):
            return None
        address = prefix_of(context.calls) + ".".join(text for text, _ in steps[:size])
        rest = steps[size:]
        if rest and rest[0][1]:
            address, rest = address + rest[0][0], rest[1:]
        elif own and context.key and address + context.key in self.addresses:
            address += context.key  # x[each.key], of which the plan tells x and each.key
        return Target(address, rest[0][0] if rest else "")
