"""What a plan says of a resource's values -> its attributes, as the reader of Terraform's own files gives them.

An attribute that is unknown and stands in the configuration is unknown. One that doesn't stand there is the
provider's to decide; it is absent, as it is in the files, where rules know what the platform does then. What a
`dynamic` block with an unknown for_each would have made can't be told from that: the configuration in a plan has no
trace of it. The source beside the plan has; see `overlay`.
"""

from __future__ import annotations

from typing import Any

from guardrail.formats.secret_forms import is_telling
from guardrail.inputs.terraform.json_syntax import block_names
from guardrail.inputs.terraform.plan.addresses import (
    Configuration,
    Context,
    calls_of,
    heads,
    is_expression,
    key_of,
)
from guardrail.inputs.terraform.plan.document import Change, mapping
from guardrail.inputs.terraform.plan.sensitive import literals_in
from guardrail.model import Edge, Map, Reference, Sensitive, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

_WORD = lazy_regex(r"(?:[A-Za-z]{0,12}|\*)\Z")


class Computed(Unknown):
    """Unknown, and not said in the plan's configuration: the provider's to decide, as far as the plan tells."""

    __slots__ = ()


class Builder:
    """Attributes and edges of one resource."""

    def __init__(
        self, change: Change, configuration: Configuration, withheld: frozenset[str], told: dict[str, Any] | None
    ) -> None:
        """`told` is the resource's configuration, None where there is none."""
        self.change, self.configuration, self.withheld = change, configuration, withheld
        self.told = told
        each = mapping(told).get("for_each_expression")
        self.context = Context(calls_of(change.module), key_of(change.address), each)
        section = "data" if change.mode == "data" else "resources"
        self.nested: dict[str, Any] = {"timeouts": {}, **mapping(block_names()[section].get(change.kind))}

    def attributes(self) -> Map:
        change = self.change
        written = None if self.told is None else [mapping(self.told.get("expressions"))]
        unknown = change.unknown
        if unknown is True:  # all of it
            unknown = dict.fromkeys(written[0], True) if written is not None else {}
        sensitive = change.sensitive
        if sensitive is True:
            sensitive = dict.fromkeys(change.after, True)
        made = self._block(change.after, unknown, sensitive, written, self.nested, change.address)
        if not change.has_unknown and written is not None:
            for name in written[0]:
                if name not in made:
                    made[name] = self._unknown(f"{change.address}.{name}", [written[0][name]])
        self._provisioners(made)
        return made

    # ---- blocks and attributes ----

    def _block(
        self, after: Map, unknown: Any, sensitive: Any, written: list[dict[str, Any]] | None,
        nested: dict[str, Any], path: str,
    ) -> Map:  # fmt: skip
        """`written`: the bodies in the configuration that may have made the block; None where it isn't known which."""
        made = Map(after.span, after.header)
        open_, hidden = mapping(unknown), mapping(sensitive)
        for name in [*after, *(name for name in open_ if name not in after)]:
            value, un = after.get(name), open_.get(name)
            expressions = [body[name] for body in written if name in body] if written is not None else None
            inner = nested.get(name)
            mark = sensitive is True or hidden.get(name)
            if un is True:
                value = self._unknown(f"{path}.{name}", expressions)
            elif inner is not None and (isinstance(value, (Map, Seq)) or un):
                value = self._blocks(value, un, mark, expressions, inner, f"{path}.{name}")
            elif un or isinstance(value, (Map, Seq)):
                value = self._partly(value, un, f"{path}.{name}", expressions)
            if mark is True and (sensitive is True or _has_blocks(value)):
                value = _veiled_set(value, frozenset(literals_in(expressions)))
            elif mark:
                value = veiled(value, mark, _is_literal(expressions))
            value = self._withhold(value)
            if value is None:
                continue
            made[name] = value
            if name in after.spans:
                made.spans[name] = after.spans[name]
        return made

    def _blocks(
        self, value: Value, unknown: Any, sensitive: Any, expressions: list[Any] | None, nested: Any, path: str
    ) -> Value:
        """Nested blocks: a list of them, whatever the provider's schema makes of it; None for none."""
        if isinstance(value, Map) or not isinstance(value, Seq):
            items = [value if isinstance(value, Map) else Map()]
            places: Seq | None = None
            unknown, sensitive = [unknown], [sensitive]
        else:
            items, places = list(value), value
        bodies: list[dict[str, Any]] = []
        for expression in expressions or ():
            bodies += [body for body in (expression if isinstance(expression, list) else [expression])
                       if isinstance(body, dict)]  # fmt: skip
        made = Seq(value.span, value.header) if isinstance(value, (Map, Seq)) else Seq()
        unknowns = unknown if isinstance(unknown, list) else []
        hidden = sensitive if isinstance(sensitive, list) else []
        for index in range(max(len(items), len(unknowns))):
            item: Value = items[index] if index < len(items) else None
            un = unknowns[index] if index < len(unknowns) else None
            if un is True or not isinstance(item, Map):
                item = self._unknown(path, expressions) if un is True else self._partly(item, un, path, expressions)
            else:
                sense = hidden[index] if index < len(hidden) else sensitive if sensitive is True else None
                item = self._block(item, un, sense, bodies or None, mapping(nested), path)
            span = places.place(index) if places is not None and index < len(places) else made.header
            made.add(item, span)
        return made if made else None

    def _partly(self, value: Value, unknown: Any, path: str, expressions: list[Any] | None) -> Value:
        """An attribute's value with what is unknown of it."""
        if unknown is True:
            return self._unknown(path, expressions) if value is None else value
        if isinstance(value, Map) or (isinstance(unknown, dict) and unknown and value is None):
            source = value if isinstance(value, Map) else Map()
            open_ = mapping(unknown)
            copy = Map(source.span, source.header)
            copy.spans = source.spans
            for name in [*source, *(name for name in open_ if name not in source)]:
                copy[name] = self._partly(source.get(name), open_.get(name), path, expressions)
            return copy
        if isinstance(value, Seq) or (isinstance(unknown, list) and unknown and value is None):
            items = value if isinstance(value, Seq) else Seq()
            unknowns = unknown if isinstance(unknown, list) else []
            made = Seq(items.span, items.header)
            for index in range(max(len(items), len(unknowns))):
                item = items[index] if index < len(items) else None
                un = unknowns[index] if index < len(unknowns) else None
                span = items.place(index) if index < len(items) else made.header
                made.add(self._partly(item, un, path, expressions), span)
            return made
        return value

    def _unknown(self, path: str, expressions: list[Any] | None) -> Unknown:
        reason = f"{path} is known only after apply"
        if expressions is None:
            return Unknown(reason)
        if all(self.configuration.is_null(expression, self.context.calls) for expression in expressions):
            return Computed(reason)
        targets: dict[Any, None] = {}
        references: dict[str, None] = {}
        for expression in _expressions_in(expressions):
            targets.update(dict.fromkeys(self.configuration.targets(expression, self.context)))
            references.update(dict.fromkeys(heads(expression)))
        if len(targets) == 1 and len(references) == 1:
            target = next(iter(targets))
            return Reference(target.address, target.attribute)
        return Unknown(reason, tuple(references))

    def _withhold(self, value: Value) -> Value:
        if not self.withheld:
            return value
        if isinstance(value, str):
            return Sensitive(value) if value in self.withheld else value
        if isinstance(value, Map):
            for name in value:
                value[name] = self._withhold(value[name])
        elif isinstance(value, Seq):
            for index, item in enumerate(value):
                value[index] = self._withhold(item)
        return value

    def _provisioners(self, made: Map) -> None:
        """As far as they are literal."""
        listed = mapping(self.told).get("provisioners")
        found = Seq(made.span, made.header)
        for item in listed if isinstance(listed, list) else ():
            kind = mapping(item).get("type")
            if isinstance(kind, str):
                block = Map(made.span, made.header)
                block["type"] = kind
                for name, expression in mapping(mapping(item).get("expressions")).items():
                    block[name] = self._constant(expression, f"{self.change.address}.provisioner.{name}")
                found.add(block, made.header)
        if found:
            made["provisioner"] = found

    def _constant(self, expression: Any, path: str) -> Value:
        value = mapping(expression).get("constant_value")
        if isinstance(value, (str, int, float, bool)):
            return value
        return Unknown(f"{path} is not in the plan", tuple(heads(expression)))

    # ---- edges ----

    def edges(self) -> list[Edge]:
        told = mapping(self.told)
        found: dict[Edge, None] = {}
        outside = Context(self.context.calls)
        for argument in ("count", "for_each"):
            self._edges(argument, told.get(f"{argument}_expression"), outside, found)
        self._body_edges(mapping(told.get("expressions")), "", found)
        self._edges("depends_on", {"references": told.get("depends_on")}, outside, found)
        for address in self.change.depends_on:  # a state's
            found[Edge("depends_on", address, "")] = None
        return list(found)

    def _body_edges(self, body: dict[str, Any], path: str, found: dict[Edge, None], depth: int = 0) -> None:
        for name, value in body.items():
            inner = f"{path}.{name}" if path else name
            if is_expression(value):
                self._edges(inner, value, self.context, found)
            elif depth < 20:
                for block in value if isinstance(value, list) else [value]:
                    self._body_edges(mapping(block), inner, found, depth + 1)

    def _edges(self, path: str, expression: Any, context: Context, found: dict[Edge, None]) -> None:
        for target in self.configuration.targets(expression, context):
            found[Edge(path, target.address, target.attribute)] = None


def _expressions_in(values: list[Any], depth: int = 0) -> list[Any]:
    """The expressions of attributes, those in blocks too."""
    found: list[Any] = []
    for value in values:
        if is_expression(value) or depth > 20:
            found.append(value)
        elif isinstance(value, (dict, list)):
            found += _expressions_in(list(value.values()) if isinstance(value, dict) else value, depth + 1)
    return found


def _is_literal(expressions: list[Any] | None) -> bool:
    return bool(expressions) and all("constant_value" in mapping(expression) for expression in expressions or ())


def veiled(value: Value, sensitive: Any, literal: bool) -> Value:
    """What is sensitive of a value, hidden."""
    if value is None or isinstance(value, (Unknown, Sensitive)):
        return value
    if sensitive is True:
        return Sensitive(value, literal)
    if isinstance(value, Map) and isinstance(sensitive, dict):
        for name in value:
            value[name] = veiled(value[name], sensitive.get(name), literal)
    elif isinstance(value, Seq) and isinstance(sensitive, list):
        for index in range(min(len(value), len(sensitive))):
            value[index] = veiled(value[index], sensitive[index], literal)
    return value


def _has_blocks(value: Value) -> bool:
    return isinstance(value, Seq) and any(isinstance(item, Map) for item in value)


def _veiled_set(value: Value, literals: frozenset[str], name: str = "") -> Value:
    """Terraform marks all of a set where a part of one of its blocks is sensitive. What the configuration has as a
    literal is none, nor are words such as those that say what a rule is about: Inbound, tcp, true."""
    if isinstance(value, Map):
        for key in value:
            value[key] = _veiled_set(value[key], literals, key)
        return value
    if isinstance(value, Seq):
        for index, item in enumerate(value):
            value[index] = _veiled_set(item, literals, name)
        return value
    if value is None or isinstance(value, (bool, Unknown, Sensitive)):
        return value
    told = isinstance(value, str) and _WORD.match(value) and name != "value" and not is_telling(name)
    return value if told or (isinstance(value, str) and value in literals) else Sensitive(value)


def settled(value: Value) -> Value:
    """Without what only the provider decides; nested blocks that are nothing but that stay."""
    if isinstance(value, Map):
        for name in [name for name, item in value.items() if isinstance(item, Computed)]:
            del value[name]
            value.spans.pop(name, None)
        for item in value.values():
            settled(item)
    elif isinstance(value, Seq):
        for index, item in enumerate(value):
            if isinstance(item, Computed):
                value[index] = Unknown(item.reason)
            else:
                settled(item)
    elif isinstance(value, Sensitive):
        settled(value.reveal())
    return value
