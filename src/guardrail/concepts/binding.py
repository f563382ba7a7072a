"""Bindings that are data: which fields of a concept stand where in which kinds.

    bindings:
      - kinds: [aws_db_instance, aws_rds_cluster]
        each: ingress                      # one noun for each item there; without it one for the resource
        when: {...}                        # only where this condition holds (or cannot be known)
        fields:
          size: allocated_storage          # a path
          class: {value: database}         # a constant
          encrypted: {path: storage_encrypted, default: false}
          versioned: {path: versioning.status, map: {Enabled: true, "*": false}, default: false}
          memory: {path: memory_size, default: 128, times: 1048576}
          backup: {test: {backup_retention_period: {above: 0}}}      # whether a condition holds
          key: {first: [kms_key_id, kms_key_arn]}                    # the first that is set
          family: {path: instance_type, extract: '^([a-z0-9]+)'}     # what the group matches
          tls: {path: policy, map: {old: 1.0, "*": {unknown: nobody knows what it allows}}, default: {unknown: why}}

A field without a `default:` of its own has the provider's, where that is known (`guardrail.conditions.defaults`), but
for the fields of a `first`. A field that is absent keeps the place that lacks it, so that a finding can stand there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from guardrail.conditions import MISSING, Leaf, Scope, compile_condition, parse_path
from guardrail.conditions.defaults import default_at, inside
from guardrail.conditions.operators import number, same
from guardrail.model import FieldOneOf, Inventory, Map, Noun, OneOf, PartText, Resource, Sensitive, Unknown

FIELD_KEYS = frozenset({"path", "value", "default", "map", "times", "test", "first", "case", "extract"})
BINDING_KEYS = frozenset({"kinds", "each", "when", "fields", "name"})

Field = Callable[[Scope], Leaf]


class Binding(NamedTuple):
    concept: str
    each: Any  # Path | None
    when: Any  # Condition | None
    fields: tuple[tuple[tuple[str, ...], Field], ...]

    def nouns(self, resource: Resource, inventory: Inventory) -> list[Noun]:
        scope = Scope(resource.attributes, resource, inventory)
        if self.each is None:
            made = self._noun(scope, resource.header, resource.local, "")
            return [made] if made else []
        found: list[Noun] = []
        for index, leaf in enumerate(self.each.leaves(scope)):
            label = self.each.text.removesuffix("[*]")
            name = f"{resource.local} {label}" if index == 0 else f"{resource.local} {label}[{index}]"
            value = leaf.value
            if isinstance(value, Unknown):
                fields = Map(leaf.span)
                for path, _ in self.fields:
                    _put(fields, path, Leaf("", value, leaf.span, leaf.holder, leaf.key))
                found.append(Noun(self.concept, name, fields, f"{label}[{index}]"))
                continue
            if not isinstance(value, Map):
                continue
            made = self._noun(inside(scope, leaf.path, value), value.header, name, f"{label}[{index}]")
            if made:
                found.append(made)
        return found

    def _noun(self, scope: Scope, header: Any, name: str, key: str) -> Noun | None:
        doubt: Leaf | None = None
        if self.when is not None:
            outcome = self.when(scope)
            if outcome.truth is False:
                return None
            if outcome.truth is None:
                unknown = Leaf("", Unknown("a part of it is unknown"), header)
                doubt = _whole(next((leaf for leaf in outcome.leaves if leaf.unknown), unknown))
        fields = Map(scope.root.span, header)
        for path, field in self.fields:
            leaf = field(scope)
            if doubt is not None and (leaf.value is MISSING or isinstance(leaf.value, bool)):
                leaf = doubt  # it may be no such thing: then nothing is wrong with what it has and lacks
            _put(fields, path, leaf)
        return Noun(self.concept, name, fields, key or self.concept)


def compile_binding(concept: str, data: Mapping[str, Any]) -> Binding:
    """Raises ValueError for what is no binding."""
    if unknown := sorted(set(data) - BINDING_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r} in a binding")
    each = data.get("each")
    fields = tuple((tuple(name.split(".")), compile_field(spec)) for name, spec in data["fields"].items())
    when = compile_condition(data["when"]) if "when" in data else None
    return Binding(concept, parse_path(each + "[*]") if each else None, when, fields)


def compile_field(spec: Any, provided: bool = True) -> Field:
    """`provided`: what is not written has the provider's default."""
    if isinstance(spec, str):
        return _provided(_at(spec))
    if not isinstance(spec, dict):
        raise ValueError(f"a field is a path or a mapping, not {spec!r}")
    if unknown := sorted(set(spec) - FIELD_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r} in a field")
    if "test" in spec:
        return _tested(spec["test"])
    if "value" in spec:
        constant = spec["value"]
        return lambda scope: Leaf("", constant, scope.root.header)
    if "first" in spec:
        field = _first([_at(item) if isinstance(item, str) else compile_field(item, False) for item in spec["first"]])
    else:
        field = _provided(_at(spec["path"])) if provided and "default" not in spec else _at(spec["path"])
    if "extract" in spec:
        field = _extracted(field, spec["extract"])
    if "map" in spec:
        field = _mapped(field, dict(spec["map"]))
    if "times" in spec:
        field = _times(field, spec["times"])
    if "case" in spec:
        field = _cased(field, spec["case"])
    if "default" in spec:
        field = _defaulted(field, spec["default"])
    return field


def _at(text: str) -> Field:
    path = parse_path(text)

    def field(scope: Scope) -> Leaf:
        leaves = path.leaves(scope)
        if len(leaves) == 1:
            return leaves[0]
        unknown = [leaf for leaf in leaves if leaf.unknown]
        if unknown:
            return unknown[0]
        return leaves[0] if leaves else Leaf(text, MISSING, scope.root.header)

    return field


def _provided(field: Field) -> Field:
    """What the provider takes where nothing is written."""

    def provided(scope: Scope) -> Leaf:
        leaf = field(scope)
        return leaf._replace(value=default_at(leaf, scope)) if leaf.value is MISSING else leaf

    return provided


def _tested(data: Any) -> Field:
    condition = compile_condition(data)

    def field(scope: Scope) -> Leaf:
        outcome = condition(scope)
        leaves = outcome.leaves
        if outcome.truth is None:
            decisive = next((leaf for leaf in leaves if leaf.unknown), None)
        elif outcome.truth:  # rather what is written than what is so by default
            decisive = next((leaf for leaf in leaves if leaf.value is not MISSING), leaves[0] if leaves else None)
        else:
            decisive = leaves[0] if leaves else None
        if decisive is None:
            unknown = Unknown("a part of it is unknown")
            return Leaf("", unknown if outcome.truth is None else outcome.truth, scope.root.header)
        return _whole(decisive) if outcome.truth is None else decisive._replace(value=outcome.truth)

    return field


def _whole(leaf: Leaf) -> Leaf:
    """What is made of a text that is known in part is not known at all."""
    return leaf._replace(value=leaf.value.whole()) if isinstance(leaf.value, (OneOf, PartText)) else leaf


def _first(fields: list[Field]) -> Field:
    def field(scope: Scope) -> Leaf:
        leaves = [part(scope) for part in fields]
        return next((leaf for leaf in leaves if leaf.value is not MISSING), leaves[0])

    return field


def _mapped(field: Field, table: dict[Any, Any]) -> Field:
    """Values that the table does not list become what it has for "*", or stay as they are. An entry
    `{unknown: reason}` says that nobody knows what the value stands for."""
    table = {key: _known_or_not(value) for key, value in table.items()}

    def mapped(scope: Scope) -> Leaf:
        leaf = field(scope)
        if leaf.value is MISSING or isinstance(leaf.value, (Unknown, Sensitive)):
            return _whole(leaf)
        for key, value in table.items():
            if key != "*" and same(leaf.value, key):
                return leaf._replace(value=value)
        return leaf._replace(value=table["*"]) if "*" in table else leaf

    return mapped


def _extracted(field: Field, pattern: str) -> Field:
    """The first group of a regular expression in a text; a text that does not match has none."""
    search = re.compile(pattern).search

    def extracted(scope: Scope) -> Leaf:
        leaf = field(scope)
        if not isinstance(leaf.value, str):
            return _whole(leaf)
        match = search(leaf.value)
        return leaf._replace(value=match.group(1) if match else MISSING)

    return extracted


def _times(field: Field, factor: float) -> Field:
    def scaled(scope: Scope) -> Leaf:
        leaf = field(scope)
        if leaf.value is MISSING or isinstance(leaf.value, (Unknown, Sensitive)):
            return _whole(leaf)
        amount = number(leaf.value)
        if amount is None:
            written = f"{leaf.value[:60]!r}" if isinstance(leaf.value, str) else leaf.path
            return leaf._replace(value=Unknown(f"{written} is not a number"))
        return leaf._replace(value=amount * factor)

    return scaled


def _cased(field: Field, case: str) -> Field:
    def cased(scope: Scope) -> Leaf:
        leaf = field(scope)
        if isinstance(leaf.value, str):
            return leaf._replace(value=leaf.value.upper() if case == "upper" else leaf.value.lower())
        return _whole(leaf)

    return cased


def _known_or_not(value: Any) -> Any:
    """`{unknown: reason}` is a value that cannot be known."""
    return Unknown(value["unknown"]) if isinstance(value, dict) and set(value) == {"unknown"} else value


def _defaulted(field: Field, default: Any) -> Field:
    default = _known_or_not(default)

    def defaulted(scope: Scope) -> Leaf:
        leaf = field(scope)
        return leaf._replace(value=default) if leaf.value is MISSING else leaf

    return defaulted


def _put(fields: Map, path: tuple[str, ...], leaf: Leaf) -> None:
    holder = fields
    for step in path[:-1]:
        inner = holder.get(step)
        if not isinstance(inner, Map):
            inner = Map(leaf.span)
            holder.put(step, inner, leaf.span)
        holder = inner
    name = path[-1]
    holder.spans[name] = leaf.span
    if leaf.value is MISSING:
        return
    value = leaf.value
    if isinstance(value, OneOf):
        value = FieldOneOf(value.reason, value.refs, value.choices)
    holder[name] = value
    if leaf.holder is not None and leaf.holder.origins:
        origins = leaf.origins
        holder.put(name, value, leaf.span, origins)
