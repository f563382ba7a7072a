"""The values that a chart is rendered with, put together as Helm does, each with the place that has the last word.

See https://helm.sh/docs/chart_template_guide/values_files/ and, for subcharts and `global`,
https://helm.sh/docs/chart_template_guide/subcharts_and_globals/.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.helm.flows import EACH, Path
from guardrail.model import Map, Sensitive, Seq, Span, Value

MAX_FOUND = 200
MAX_COMPARED = 20_000  # values in one comparison


class Found(NamedTuple):
    """A value, where its entry stands, and what it is called (`image.tag`)."""

    value: Value
    span: Span
    header: Span
    name: str


def load_values(data: bytes, file: str) -> Map:
    """A values file; empty where it holds no mapping. What is wrong with it Helm says."""
    for document in yaml.load(data, file, "kubernetes").documents:
        if isinstance(document.value, Map):
            return document.value
    return Map()


def merged(base: Map, over: Map, depth: int = 0) -> Map:
    """`over` wins; a null in it takes the key away."""
    result = Map(over.span if over else base.span, over.header if over else base.header)
    for key, value in base.items():
        if key not in over:
            _put(result, base, key, value)
    for key, value in over.items():
        below = base.get(key)
        if value is None:
            continue
        if isinstance(value, Map) and isinstance(below, Map) and depth < yaml.MAX_DEPTH:
            _put(result, over, key, merged(below, value, depth + 1))
        else:
            _put(result, over, key, value)
    return result


def of_subchart(defaults: Map, parent: Map, name: str) -> Map:
    """What a subchart sees: its own defaults, what its parent's values say under its name, and `global`."""
    below = parent.get(name)
    own = merged(defaults, below) if isinstance(below, Map) else defaults
    everywhere = parent.get("global")
    if not isinstance(everywhere, Map):
        return own
    beside = own.get("global")
    shared = merged(beside, everywhere) if isinstance(beside, Map) else everywhere
    result = merged(own, Map())
    result.put("global", shared, parent.spans.get("global", parent.header))
    return result


def _put(result: Map, source: Map, key: str, value: Value) -> None:
    result.put(key, value, source.spans.get(key, source.header))


Outline = str | int | frozenset[str]
"""What values that are the same have in common: a scalar's text, a list's length, a mapping's keys."""


def outline_of(value: Value) -> Outline | None:
    """None for what may be the same as something that looks otherwise."""
    if isinstance(value, Map):
        return frozenset(value)
    if isinstance(value, Seq):
        return len(value)
    if isinstance(value, str) or value is None or (isinstance(value, (int, float)) and abs(value) < 1e15):
        return as_text(value).strip()
    return None  # 1e+15 is as long a number as 1000000000000000


def _outlines_in(root: Value) -> Iterator[Outline | None]:
    stack: list[Value] = [root]
    while stack:
        value = stack.pop()
        yield outline_of(value)
        if isinstance(value, Map):
            stack += value.values()
        elif isinstance(value, Seq):
            stack += value


class SeenValues:
    """What a chart sees of the values. What stands at a path is looked up once: a template asks for the same ones at
    every line, and with the path of the line behind them."""

    def __init__(self, values: Map) -> None:
        self._known: dict[Path, list[Found]] = {(): [Found(values, values.span, values.header, "")]}
        self._outlines: set[Outline | None] | None = None
        self._parts: dict[Path, list[tuple[str, Found]]] = {}
        self._by_outline: dict[Path, dict[Outline | None, list[Found]]] = {}

    def may_have(self, outline: Outline) -> bool:
        """Whether something that may be the same as what has this outline stands anywhere."""
        if self._outlines is None:
            self._outlines = set(_outlines_in(self._known[()][0].value))
        return outline in self._outlines or None in self._outlines

    def find_like(self, path: Path, outline: Outline | None) -> list[Found]:
        """Of what `find` gives that which may be the same as what has this outline."""
        found = self.find(path)
        if outline is None or len(found) < 4:
            return found
        known = self._by_outline.get(path)
        if known is None:
            known = self._by_outline[path] = {}
            for at in found:
                known.setdefault(outline_of(at.value), []).append(at)
        alike = known.get(outline, [])
        return [at for at in found if at in alike or outline_of(at.value) is None] if None in known else alike

    def parts(self, path: Path) -> list[tuple[str, Found]]:
        """The texts that what stands at a path may bring into another: its own, or those right below it."""
        known = self._parts.get(path)
        if known is None:
            known = self._parts[path] = []
            for at in self.find(path):
                for part in _step(at, EACH) if isinstance(at.value, Map) else (at,):
                    text = "" if isinstance(part.value, (Map, Seq, bool)) else as_text(part.value)
                    if text and part.span.file:
                        known.append((text, part))
        return known

    def find(self, path: Path) -> list[Found]:
        """What stands at a path; with EACH in it, all that do, in the order in which `range` goes through them."""
        whole = self._known.get(path)
        if whole is not None:
            return whole
        start = len(path) - 1
        while (known := self._known.get(path[:start])) is None:
            start -= 1
        for end in range(start + 1, len(path) + 1):
            if not known:  # nor is there anything further down, however long the path
                break
            below: list[Found] = []
            for at in known:
                below += _step(at, path[end - 1])
                if len(below) > MAX_FOUND:
                    break
            known = self._known[path[:end]] = below
        self._known[path] = known
        return known


def leads_on(found: list[Found], step: object) -> bool:
    """Whether anything stands a step further down."""
    for at in found:
        if isinstance(at.value, Map):
            if step in at.value:
                return True
        elif isinstance(at.value, Seq):
            return True  # perhaps
    return False


def _step(at: Found, step: object) -> list[Found]:
    holder = at.value
    if isinstance(holder, Map):
        keys = sorted(holder) if step is EACH else [step] if isinstance(step, str) and step in holder else []
        return [_entry(at, holder, key) for key in keys if isinstance(key, str)]
    if isinstance(holder, Seq):
        if step is EACH:
            return [_item(at, holder, index) for index in range(len(holder))]
        index = step if isinstance(step, int) else int(step) if isinstance(step, str) and step.isdecimal() else -1
        return [_item(at, holder, index)] if 0 <= index < len(holder) else []
    return []


def _entry(at: Found, holder: Map, key: str) -> Found:
    span = holder.spans.get(key, holder.header)
    value = holder[key]
    header = value.header if isinstance(value, (Map, Seq)) and value.header.line else span
    return Found(value, span, header, f"{at.name}.{key}" if at.name else key)


def _item(at: Found, holder: Seq, index: int) -> Found:
    span = holder.spans[index] if index < len(holder.spans) else holder.header
    value = holder[index]
    header = value.header if isinstance(value, (Map, Seq)) and value.header.line else span
    return Found(value, span, header, f"{at.name}[{index}]")


def switched_off(condition: str, values: Map) -> bool:
    """Whether the first of a dependency's conditions that is there says no, as Helm takes them."""
    for path in filter(None, (part.strip() for part in condition.split(","))):
        found = SeenValues(values).find(tuple(path.split(".")))
        value: Value = found[0].value if found else None
        if isinstance(value, bool):
            return not value
    return False


def same(rendered: Value, value: Value, encoded: bool = False) -> bool:
    """Whether what was rendered is this value. Numbers and text that read alike are alike, since templates quote as
    they like; `encoded`: also if it is in base64."""
    budget = [MAX_COMPARED]
    if _same(rendered, value, budget):
        return True
    if encoded and isinstance(rendered, str) and not isinstance(value, (Map, Seq)):
        try:
            return base64.b64decode(rendered, validate=True).decode() == as_text(value)
        except (binascii.Error, ValueError):
            return False
    return False


def _same(rendered: Value, value: Value, budget: list[int]) -> bool:
    budget[0] -= 1
    if budget[0] < 0:
        return False
    if isinstance(rendered, Sensitive):
        rendered = rendered.reveal()
    if isinstance(rendered, Map):
        return (
            isinstance(value, Map)
            and len(rendered) == len(value)
            and all(key in value and _same(item, value[key], budget) for key, item in rendered.items())
        )
    if isinstance(rendered, Seq):
        return (
            isinstance(value, Seq)
            and len(rendered) == len(value)
            and all(_same(first, second, budget) for first, second in zip(rendered, value, strict=True))
        )
    if isinstance(value, (Map, Seq)):
        return False
    if isinstance(rendered, bool) or isinstance(value, bool) or rendered is None or value is None:
        return as_text(rendered) == as_text(value)
    if rendered == value:
        return True
    return as_text(rendered).strip() == as_text(value).strip()


def as_text(value: Value) -> str:
    """A scalar as a template prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
