"""`for` expressions."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.hcl_conversions import to_text
from guardrail.formats.hcl_nodes import Node, Ref, Scope, Trace, leaves_of, origin_in, place_in
from guardrail.formats.hcl_operators import truth
from guardrail.formats.hcl_values import Deferred, Each, EvalError, PartialMap, SetSeq, derived, sensitive, type_name
from guardrail.model import Map, OriginsOf, PartText, Sensitive, Seq, Span, Unknown, Value


class For(Node):
    """`[for k, v in c : x if p]`, and with `name` set `{for k, v in c : name => x... if p}`."""

    __slots__ = ("collection", "condition", "grouping", "key", "line", "name", "result", "span", "value")

    def __init__(
        self,
        key: str,
        value: str,
        collection: Node,
        name: Node | None,
        result: Node,
        condition: Node | None,
        grouping: bool,
        span: Span,
        line: int,
    ) -> None:
        self.key, self.value, self.collection, self.name, self.result = key, value, collection, name, result
        self.condition, self.grouping, self.span, self.line = condition, grouping, span, line

    def eval(self, scope: Scope) -> Value:
        source = held = self.collection.eval(scope)
        if isinstance(source, Deferred):
            source = source.force()
        try:
            items = iterate(source, self.line)
            if isinstance(items, Unknown):
                made = self._one_of(held, items, scope) if isinstance(held, Deferred) else None
                return Each(held, made) if made is not None else items
            scope.world.spend(len(items))
            result = self._run(source, items, scope)
        except EvalError as error:
            error.line = error.line or self.line
            raise
        return sensitive(result) if isinstance(source, Sensitive) else result

    def _one_of(self, source: Deferred, unknown: Unknown, scope: Scope) -> Unknown | None:
        """What is made of each item, where it is not known how many there are; None where some may be left out."""
        if self.condition is not None or self.grouping:
            return None
        names = {self.value: source.item(), **({self.key: unknown} if self.key else {})}
        try:
            made = self.result.eval(scope.child(names, self.collection, loop=True))
        except EvalError:  # perhaps there is none
            return None
        return made if isinstance(made, Unknown) else None

    def _run(self, source: Value, items: list[tuple[Value, Value]], scope: Scope) -> Value:
        holder = source.reveal() if isinstance(source, Sensitive) else source
        inner = scope.child({self.value: None, **({self.key: None} if self.key else {})}, self.collection, loop=True)
        names = inner.names
        rest: Unknown | None = derived(holder.rest) if isinstance(holder, PartialMap) else None
        hidden = False
        found: list[tuple[Value, Value, Span, OriginsOf | None]] = []
        for position, (key, value) in enumerate(items):
            if self.key:
                names[self.key] = key
            names[self.value] = value
            if self.condition is not None:
                keep = self.condition.eval(inner)
                hidden = hidden or isinstance(keep, Sensitive)
                keep = truth(keep, "the condition of for")
                if isinstance(keep, Unknown):
                    rest = derived(keep)
                    continue
                if not keep:
                    continue
            name: Value = None
            if self.name is not None:
                name = self.name.eval(inner)
                if isinstance(name, Sensitive):
                    hidden, name = True, name.reveal()
                if isinstance(name, Unknown):
                    rest = derived(name)
                    continue
                name = to_text(name)
                if name is None:
                    raise EvalError("a key of for is null")
                name = str(name)
            made = self.result.eval(inner)
            if isinstance(made, Deferred):
                made = made.force()
            if made is value and isinstance(holder, (Map, Seq)):
                at = key if isinstance(holder, Map) else position
                span, origin = place_in(holder, at, value), origin_in(holder, at)
            else:
                span = made.span if isinstance(made, (Map, Seq)) and made.span.line else self.span
                origin = None if self.result.pure else Trace(self.result, inner)
            found.append((name, made, span, origin))
        if self.name is None:
            if rest is not None:
                return rest
            sequence = Seq(self.span)
            for _, made, span, origin in found:
                sequence.add(made, span, origin)
            return Sensitive(sequence) if hidden else sequence
        if rest is not None and not found:
            return rest
        mapping = Map(self.span) if rest is None else PartialMap(rest, self.span)
        for name, made, span, origin in found:
            if self.grouping:
                if name not in mapping:
                    mapping.put(name, Seq(self.span), span)
                mapping[name].add(made, span, origin)
            elif name in mapping:
                raise EvalError(f'two items of for have the key "{name}"')
            else:
                mapping.put(name, made, span, origin)
        return Sensitive(mapping) if hidden else mapping

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        yield from self.collection.leaves(scope)
        inner = scope.child({self.value: None, self.key: None}, loop=True)
        yield from leaves_of([node for node in (self.name, self.result) if node is not None], inner)


def iterate(value: Value, line: int) -> list[tuple[Value, Value]] | Unknown:
    """Keys and values of a collection, in Terraform's order."""
    if isinstance(value, Sensitive):
        return iterate(value.reveal(), line)
    if isinstance(value, Deferred):
        value = value.force()
    if isinstance(value, Unknown) and not isinstance(value, PartText):
        return derived(value)
    if isinstance(value, Map):
        return sorted(value.items(), key=_first)
    if isinstance(value, SetSeq):
        return [(item, item) for item in value]
    if isinstance(value, Seq):
        return list(enumerate(value))
    raise EvalError(f"a {type_name(value)} cannot be iterated over", line)


def _first(item: tuple[str, Value]) -> str:
    return item[0]
