"""Nodes that are written out in brackets: `[...]` and `{...}`."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.hcl_conversions import to_text
from guardrail.formats.hcl_nodes import Node, Ref, Scope, Trace, leaves_of
from guardrail.formats.hcl_values import Deferred, EvalError, PartialMap, derived, relocated
from guardrail.model import Entries, Map, PartText, Sensitive, Seq, Span, Unknown, Value


class Tuple(Node):
    __slots__ = ("cached", "header", "items", "pure", "span", "spans")

    def __init__(self, items: list[Node], spans: list[Span], span: Span) -> None:
        self.items, self.spans, self.span, self.header = items, spans, span, span
        self.pure = all(item.pure for item in items)
        self.cached: Seq | None = None

    def eval(self, scope: Scope) -> Value:
        if self.cached is not None:
            return self.cached
        result = Seq(self.span, self.header)
        result.extend([item.eval(scope) for item in self.items])
        result.spans = list(self.spans)
        if self.pure:
            self.cached = result
            return result
        for index, item in enumerate(self.items):
            if not item.pure:
                if result.origins is None:
                    result.origins = {}
                result.origins[index] = Trace(item, scope)
            value = result[index]
            if isinstance(value, Deferred):
                result[index] = value = value.force()
            if isinstance(value, (Map, Seq)) and not value.header.line:
                result[index] = relocated(value, self.spans[index])
        return result

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return leaves_of(self.items, scope)


class Object(Node):
    """`{...}`; a key is a string where it is a plain name or a literal."""

    __slots__ = ("cached", "entries", "header", "line", "pure", "span")

    def __init__(self, entries: list[tuple[str | Node, Node, Span]], span: Span, header: Span, line: int) -> None:
        self.entries, self.span, self.header, self.line = entries, span, header, line
        self.pure = all(value.pure and type(key) is str for key, value, _ in entries)
        self.cached: Map | None = None

    def eval(self, scope: Scope) -> Value:
        if self.cached is not None:
            return self.cached
        result = Map(self.span, self.header)
        spans = result.spans
        rest: list[tuple[Unknown, Value]] = []
        hidden = False
        for key, node, span in self.entries:
            name = key if type(key) is str else key.eval(scope)  # type: ignore[union-attr]
            value = node.eval(scope)
            if type(name) is not str:
                if isinstance(name, Sensitive):
                    hidden, name = True, name.reveal()
                if isinstance(name, Unknown):
                    rest.append((name if isinstance(name, PartText) else derived(name), value))
                    continue
                name = to_text(name)
                if name is None:
                    raise EvalError("a key is null", span.line or self.line)
                name = str(name)
            if not node.pure:
                if isinstance(value, Deferred):
                    value = value.force()
                if isinstance(value, (Map, Seq)) and not isinstance(node, (Object, Tuple)):
                    value = relocated(value, span)
                if result.origins is None:
                    result.origins = {}
                result.origins[name] = Trace(node, scope)
            result[name] = value
            spans[name] = span
        if rest:
            others = Entries(tuple(rest))
            if not result:
                return others
            partial = PartialMap(others, self.span, self.header)
            partial.update(result)
            partial.spans, partial.origins = spans, result.origins
            return partial
        if self.pure:
            self.cached = result
        return Sensitive(result) if hidden else result

    def entry(self, key: str) -> tuple[Node, Span] | None:
        """What is written for a key; None where it isn't, or a key that has to be worked out may be the same."""
        found: tuple[Node, Span] | None = None
        for name, node, span in self.entries:
            if not isinstance(name, str):
                return None
            if name == key:
                found = node, span
        return found

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        for key, value, _ in self.entries:
            if not isinstance(key, str):
                yield from key.leaves(scope)
            if not value.pure:
                yield from value.leaves(scope)
