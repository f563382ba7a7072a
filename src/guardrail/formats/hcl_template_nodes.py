"""Nodes of templates: strings with `${}` and `%{}` in them."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.hcl_conversions import nfc, to_text
from guardrail.formats.hcl_loops import iterate
from guardrail.formats.hcl_nodes import MAX_TEXT, Node, Ref, Scope, leaves_of
from guardrail.formats.hcl_operators import truth
from guardrail.formats.hcl_values import EvalError, combined, derived, revealed, sensitive, type_name
from guardrail.model import HOLE, PartText, Sensitive, Text, Unknown, Value


class Template(Node):
    """A string with `${}` and `%{}` in it. `first_line` is that of its text, 0 where its lines cannot be
    told from those of the file."""

    __slots__ = ("file", "first_line", "indent", "line", "parts")

    gives_text = True

    def __init__(
        self, parts: list[str | Node], line: int, first_line: int = 0, indent: int = 0, file: str = ""
    ) -> None:
        self.parts, self.line, self.first_line, self.indent, self.file = parts, line, first_line, indent, file

    def eval(self, scope: Scope) -> Value:
        out: list[str] = []
        unknown: list[Unknown] = []
        hidden = False
        aligned = self.first_line > 0
        for part in self.parts:
            value = part if type(part) is str else part.eval(scope)  # type: ignore[union-attr]
            if isinstance(value, Sensitive):
                hidden = True
                value = revealed(value)
            if isinstance(value, str):
                out.append(value)
                if aligned and type(part) is not str and "\n" in value:
                    aligned = False
            elif isinstance(value, Unknown):
                unknown.append(value)
                out.append(value.template if isinstance(value, PartText) else HOLE)
            elif value is None:
                raise EvalError("null stands in a string template", self.line)
            else:
                try:
                    out.append(to_text(value))
                except EvalError as error:
                    raise EvalError(f"a {type_name(value)} stands in a string template", self.line) from error
        if unknown:
            return self._with_holes(unknown, out, hidden, aligned)
        text = nfc("".join(out))
        if len(text) > MAX_TEXT:
            raise EvalError(f"the string has more than {MAX_TEXT:,} characters", self.line, "expansion")
        if len(text) > 1024:
            scope.world.spend(len(text) >> 10)
        if aligned:
            text = self._placed(text)
        return Sensitive(text) if hidden else text

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return leaves_of([part for part in self.parts if isinstance(part, Node)], scope)

    def _placed(self, text: str) -> Text:
        return Text(text, self.first_line, self.indent, file=self.file)

    def _with_holes(self, unknown: list[Unknown], out: list[str], hidden: bool, aligned: bool) -> Unknown:
        """What is known of a string of which a part is not."""
        result = combined(unknown)
        template = "".join(out)
        if hidden or template == HOLE or len(template) > MAX_TEXT:
            return result
        holes: list[Unknown] = []
        for value in unknown:
            holes += (value.holes or ()) if isinstance(value, PartText) else (value,)
        known = tuple(holes) if len(holes) == template.count(HOLE) else ()
        return PartText(result.reason, result.refs, self._placed(template) if aligned else template, known)


class TemplateIf(Node):
    """`%{ if c }a%{ else }b%{ endif }`"""

    __slots__ = ("condition", "line", "no", "yes")

    def __init__(self, condition: Node, yes: Template, no: Template | None, line: int) -> None:
        self.condition, self.yes, self.no, self.line = condition, yes, no, line

    def eval(self, scope: Scope) -> Value:
        value = self.condition.eval(scope)
        chosen = truth(value, "the condition of %{ if }")
        if isinstance(chosen, Unknown):
            return derived(chosen)
        branch = self.yes if chosen else self.no
        result = branch.eval(scope) if branch else ""
        return sensitive(result) if isinstance(value, Sensitive) else result

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return leaves_of([self.condition, self.yes, *([self.no] if self.no else [])], scope)


class TemplateFor(Node):
    """`%{ for k, v in c }a%{ endfor }`"""

    __slots__ = ("body", "collection", "key", "line", "value")

    def __init__(self, key: str, value: str, collection: Node, body: Template, line: int) -> None:
        self.key, self.value, self.collection, self.body, self.line = key, value, collection, body, line

    def eval(self, scope: Scope) -> Value:
        source = self.collection.eval(scope)
        items = iterate(source, self.line)
        if isinstance(items, Unknown):
            return items
        scope.world.spend(len(items))
        inner = scope.child({self.value: None, **({self.key: None} if self.key else {})}, self.collection, loop=True)
        out: list[str] = []
        unknown: list[Unknown] = []
        hidden = isinstance(source, Sensitive)
        for key, value in items:
            if self.key:
                inner.names[self.key] = key
            inner.names[self.value] = value
            text = self.body.eval(inner)
            if isinstance(text, Sensitive):
                hidden, text = True, text.reveal()
            if isinstance(text, Unknown):
                unknown.append(text)
            else:
                out.append(text)
        if unknown:
            return combined(unknown)
        result = "".join(out)
        return Sensitive(result) if hidden else result

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        yield from self.collection.leaves(scope)
        yield from self.body.leaves(scope.child({self.value: None, self.key: None}, loop=True))
