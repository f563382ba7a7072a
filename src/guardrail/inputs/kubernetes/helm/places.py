"""From Helm's output to the files: every value of a rendered document gets the place that a person would edit.

That is the line of the values file that feeds it, if the value came out as it stands there; else the template's line
(in the `define` that it comes from, if that is in the tree). What a mapping lacks stands at its header, which is in the
values file only if the whole mapping is.
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.flows import EACH, Path, Values
from guardrail.inputs.kubernetes.helm.generated import REASON, made_by
from guardrail.inputs.kubernetes.helm.marks import Marker
from guardrail.inputs.kubernetes.helm.output import Output
from guardrail.inputs.kubernetes.helm.syntax import Action, Template
from guardrail.inputs.kubernetes.helm.values import Found, Outline, SeenValues, as_text, leads_on, outline_of, same
from guardrail.model import Map, Origin, Sensitive, Seq, Span, Text, Unknown, Value

MAX_SUFFIX = 8
MAX_PARTS = 4  # values named that are part of a text
_BEFORE_A_PART = ":@="


class Fed(NamedTuple):
    """The values that an entry comes from: the one that it is (`whole`) or that its end is, and all that are part of
    it. `anew`: what puts it out makes something else each time."""

    found: Found | None
    parts: tuple[Found, ...]
    whole: bool
    anew: bool = False


FlowsOf = dict[tuple[int, ...], tuple[Values, ...]]
class Asked(NamedTuple):
    """What the values were asked for, and what there was; what they had nowhere at all."""

    found: dict[Path, list[Found]]
    absent: set[Outline]


class Placer:
    """Places one document. `values` is what its chart sees of the values, `fallback` the place for what has none.
    Fills `asked`."""

    def __init__(
        self, output: Output, values: SeenValues, fallback: Span, flows: FlowsOf, asked: Asked
    ) -> None:
        self.output, self.values, self.fallback, self.asked = output, values, fallback, asked
        self._flows = flows
        self._picked: dict[tuple[object, ...], int] = {}
        self.encoded = False

    def document(self, root: Map, kind: Value) -> None:
        """Gives everything in a document its place in the tree, in place."""
        self.encoded = kind == "Secret"
        self._container(root, self.place(root.header), None)
        seen = {id(root)}
        stack: list[tuple[Map | Seq, Path]] = [(root, ())]
        while stack:
            holder, path = stack.pop()
            inner: list[tuple[Map | Seq, Path]] = []
            keys: list[str] | list[int] = list(holder) if isinstance(holder, Map) else list(range(len(holder)))
            for key in keys:
                value: Value = holder[key]  # type: ignore[index]
                again = isinstance(value, (Map, Seq)) and id(value) in seen
                self._entry(holder, key, value, (*path, key), again)
                if isinstance(value, (Map, Seq)) and not again:
                    seen.add(id(value))
                    if key == "schema" and kind == "CustomResourceDefinition":
                        _all_at(value, holder.spans[key])  # type: ignore[call-overload]
                        continue
                    inner.append((value, (*path, key)))
            stack += reversed(inner)

    def place(self, rendered: Span) -> Span:
        return self.output.place(rendered) or self.fallback

    def _entry(self, holder: Map | Seq, key: str | int, value: Value, path: Path, again: bool) -> None:
        spans: dict[str, Span] | list[Span] = holder.spans
        rendered = spans[key]  # type: ignore[index]
        placed = self.place(rendered)
        fed = self._fed(rendered, key, value, path, again)
        spans[key] = fed.found.span if fed.found is not None else placed  # type: ignore[index]
        if isinstance(value, (Map, Seq)) and not again:
            self._container(value, self.place(value.header), fed.found)
        elif isinstance(value, Text):
            holder[key] = self._text(value, fed)  # type: ignore[index]
        elif fed.anew and not isinstance(value, (Unknown, Sensitive)) and key != "name":
            holder[key] = Sensitive(Unknown(REASON)) if self.encoded else Unknown(REASON)  # type: ignore[index]
        steps = _steps(fed, placed)
        if steps:
            if holder.origins is None:
                holder.origins = {}
            holder.origins[key] = _Telling(steps)  # type: ignore[index,assignment]

    def _container(self, value: Map | Seq, header: Span, found: Found | None) -> None:
        span = self.place(value.span)
        if header.end_line > header.line:  # up to the end of its line
            header = Span(header.file, header.line, header.column, header.line, header.column)
        value.header, value.span = header, span
        if found is not None and isinstance(found.value, (Map, Seq)):
            value.header, value.span = found.header, found.value.span if found.value.span.file else found.span

    def _text(self, value: Text, fed: Fed) -> Value:
        """A text over several lines: where its lines stand, if they stand one below the other somewhere."""
        if fed.whole and fed.found is not None and isinstance(fed.found.value, Text) and fed.found.value == value:
            return Text(str(value), fed.found.value.first_line, fed.found.value.indent, fed.found.value.exact,
                        fed.found.span.file)  # fmt: skip
        lines = value.rstrip("\n").split("\n")
        column = value.indent + 1
        first: Span | None = None
        exact = value.exact
        for index, line in enumerate(lines):
            if not line.strip():
                continue
            frames = self.output.frames(value.first_line + index, column + len(line) - len(line.lstrip()))
            if not frames:
                exact = False
                break
            at = frames[-1].span
            if first is None:
                first = Span(at.file, at.line - index, column, at.line, column)
            elif (at.file, at.line) != (first.file, first.line + index) or frames[-1].exact:
                exact = False
                break
        if first is None or first.line < 1:
            return Text(str(value), self.fallback.line, 0, False, self.fallback.file)
        return Text(str(value), first.line, value.indent, exact, first.file)

    # ---- values --------------------------------------------------------------------------------------

    def _fed(self, rendered: Span, key: str | int, value: Value, path: Path, again: bool) -> Fed:
        nothing = Fed(None, (), False)
        if isinstance(value, (Map, Seq)):
            if again or not value.span.line:
                return nothing
            first = last = (value.span.line, value.span.column)
        else:
            first = (rendered.line, rendered.column + (len(key) + 1 if isinstance(key, str) else 0))
            last = (rendered.end_line, max(rendered.end_column - 1, 1))
            if last < first:
                return nothing
        stretch = self.output.states(first, last)
        if stretch is None:
            return nothing
        marker, states = stretch
        chains = list(dict.fromkeys(state.actions for state in states if state.actions))
        for chain in chains:
            for length in range(len(chain), 0, -1):
                flows = self._flows_of(marker, chain[:length])
                found = self._equal(flows, value, path, chain[:length])
                if found is not None:
                    return Fed(found, (), True)
        if isinstance(value, str) and not isinstance(value, Text):
            flows = tuple(flow for chain in chains for flow in self._flows_of(marker, chain))
            fed = self._parts(flows, value)
            return fed._replace(anew=fed.found is None and self._makes(marker, chains))
        return nothing

    def _makes(self, marker: Marker, chains: list[tuple[int, ...]]) -> bool:
        actions = (marker.marks[number].action for chain in chains for number in chain)
        return any(made_by(action.body) for action in actions if action is not None)

    def _equal(self, flows: tuple[Values, ...], value: Value, path: Path, chain: tuple[int, ...]) -> Found | None:
        outline = None if self.encoded else outline_of(value)
        if outline is not None and not self.values.may_have(outline):
            self.asked.absent.add(outline)
            return None
        for flow in flows:
            tops = self._find(flow.path)
            if not tops:  # nor is there anything further down
                continue
            deep = any(isinstance(top.value, (Map, Seq)) for top in tops)
            for length in range(min(len(path), MAX_SUFFIX) if deep else 0, -1, -1):
                suffix = path[len(path) - length :]
                if suffix and not leads_on(tops, suffix[0]):
                    continue
                alike = [
                    found
                    for found in self._find((*flow.path, *suffix), outline)
                    if found.span.file and found.name and same(value, found.value, self.encoded)
                ]
                if not alike:
                    continue
                if EACH not in flow.path or len(alike) == 1:
                    return alike[0]
                # The first time that this comes out it is the first that is like it, and so on.
                turn = (chain, flow.path, suffix, as_text(value) if not isinstance(value, (Map, Seq)) else path)
                count = self._picked.get(turn, 0)
                self._picked[turn] = count + 1
                return alike[min(count, len(alike) - 1)]
        return None

    def _find(self, path: Path, outline: Outline | None = None) -> list[Found]:
        """Of what stands at a path, what may be the same as what has this outline."""
        self.asked.found[path] = self.values.find(path)
        return self.values.find_like(path, outline)

    def _parts(self, flows: tuple[Values, ...], value: str) -> Fed:
        """The values that a text is put together from. One that ends it, as a tag does an image, is what it stands
        for."""
        found: dict[Span, Found] = {}
        for flow in flows:
            self._find(flow.path)
            for text, part in self.values.parts(flow.path):
                if text in value:
                    found[part.span] = part
        ends = [part for part in found.values() if _ends(value, as_text(part.value))]
        last = max(ends, key=lambda part: len(as_text(part.value)), default=None)
        parts = [part for part in found.values() if part is not last]
        parts.sort(key=lambda part: -len(as_text(part.value)))
        return Fed(last, tuple(parts[:MAX_PARTS]), False)

    def _flows_of(self, marker: Marker, chain: tuple[int, ...]) -> tuple[Values, ...]:
        key = (id(marker), *chain)
        known = self._flows.get(key)
        if known is None:
            sources = self.output.sources
            steps: list[tuple[Template, Action]] = []
            for number in chain:
                mark = marker.marks[number]
                if mark.action is not None:
                    steps.append((sources.templates[mark.template], mark.action))
            found = sources.looker.flows(steps) if steps else ()
            known = self._flows[key] = tuple(dict.fromkeys(flow for flow in found if isinstance(flow, Values)))
        return known


def _all_at(root: Map | Seq, span: Span) -> None:
    """Everything in something large in which nobody looks for findings: at its own place."""
    stack = [root]
    while stack:
        holder = stack.pop()
        holder.span = holder.header = span
        if isinstance(holder, Map):
            holder.spans = dict.fromkeys(holder, span)
        else:
            holder.spans = [span] * len(holder)
        items = holder.values() if isinstance(holder, Map) else holder
        stack += [item for item in items if isinstance(item, (Map, Seq)) and item.span is not span]


def _ends(value: str, part: str) -> bool:
    before = value[: -len(part)] if value.endswith(part) else ""
    return bool(before) and before[-1] in _BEFORE_A_PART


def _steps(fed: Fed, placed: Span) -> tuple[Origin, ...]:
    steps: list[Origin] = []
    if fed.found is not None:
        # Without the value: where that is written is no other place than the one that it has been given.
        steps.append(Origin("rendered here", placed, None))
    steps += [Origin(f"value {part.name}", part.span, part.value) for part in fed.parts]
    return tuple(steps)


class _Telling(NamedTuple):
    """No lambda: that could not be sent from one process to another."""

    steps: tuple[Origin, ...]

    def __call__(self) -> tuple[Origin, ...]:
        return self.steps
