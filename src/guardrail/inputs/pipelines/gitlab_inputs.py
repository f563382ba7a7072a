"""GitLab's inputs: what a file says of itself in `spec:inputs`, put in where it writes `$[[ inputs.x ]]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Origin, OriginsOf, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_PASTED = 300_000  # entries copied for one pipeline while inputs are put in
MAX_DEPTH = 60
_PASTE = lazy_regex(r"\$\[\[\s*inputs\.([\w-]{1,200})\s*((?:\|[^\]|]{1,200}){0,3})\]\]")
_MARK = "$[["


class Paste(NamedTuple):
    """That `template[start:end]`, as the file writes it, stands for input `name`. `control` is that of the script
    concept's expansions; `functions` are those it passes through."""

    name: str
    start: int
    end: int
    control: str
    functions: str


class Pasted(str):
    """A text with its inputs put in; `template` is what stands in the file."""

    __slots__ = ("pastes", "template")

    template: str
    pastes: tuple[Paste, ...]

    def __new__(cls, value: str, template: str, pastes: tuple[Paste, ...]) -> Pasted:
        self = super().__new__(cls, value)
        self.template, self.pastes = template, pastes
        return self

    def __getnewargs__(self) -> tuple[str, str, tuple[Paste, ...]]:  # type: ignore[override]
        return (str(self), self.template, self.pastes)


class Input(NamedTuple):
    """One input: its value where there is one, where that stands, and who chooses it."""

    value: Value
    known: bool
    span: Span
    note: str
    control: str


def inputs_of(declared: Value, given: Value, included: bool) -> dict[str, Input]:
    """`declared` is a header's `spec:inputs`, `given` the `inputs:` of the include that takes the file in. `included`:
    nothing but that include gives any, so that defaults stand where it gives none."""
    found: dict[str, Input] = {}
    for name in declared if isinstance(declared, Map) else ():
        about = declared[name]
        span = declared.spans[name]
        known, value = False, None
        control = "fixed" if included else "chosen"
        if isinstance(about, Map):
            if about.get("type") in ("number", "boolean") or isinstance(about.get("options"), Seq):
                control = "fixed"
            if "default" in about:
                known, value, span = True, about["default"], about.spans["default"]
        found[name] = Input(value, known, span, f"default of input {name}", control)
    for name in given if isinstance(given, Map) else ():
        value, span = given[name], given.spans[name]
        text = text_of(value)
        # What the including file writes out nobody else chooses; a variable in it may be anything.
        control = "fixed" if text is None or "$" not in text else "chosen"
        found[name] = Input(value, True, span, f"input {name}", control)
    return found


class Pasting:
    """Puts inputs into a file's content. `left` counts down what may still be copied."""

    __slots__ = ("inputs", "left")

    def __init__(self, inputs: dict[str, Input], left: int) -> None:
        self.inputs, self.left = inputs, left

    def value(self, value: Value, depth: int = 0) -> Value:
        """The value with its inputs put in; itself where it has none."""
        if isinstance(value, str):
            return self._text(value)[0] if _MARK in value else value
        if isinstance(value, Map) and depth < MAX_DEPTH:
            return self._map(value, depth)
        if isinstance(value, Seq) and depth < MAX_DEPTH:
            return self._seq(value, depth)
        return value

    def _map(self, value: Map, depth: int) -> Map:
        copy = Map(value.span, value.header)
        copy.origins = dict(value.origins) if value.origins else None
        changed = False
        for key, item in value.items():
            self.left -= 1
            if self.left < 0:
                return value
            name = str(self._text(key)[0]) if isinstance(key, str) and _MARK in key else key
            origin: OriginsOf | None = None
            if isinstance(item, str):
                new, origin = self._text(item) if _MARK in item else (item, None)
            else:
                new = self.value(item, depth + 1)
            changed = changed or new is not item or name is not key
            copy[name], copy.spans[name] = new, value.spans[key]
            if origin is not None:
                copy.origins = copy.origins or {}
                copy.origins[name] = origin
        return copy if changed else value

    def _seq(self, value: Seq, depth: int) -> Seq:
        copy = Seq(value.span, value.header)
        changed = False
        for item, span in zip(value, value.spans, strict=False):
            self.left -= 1
            if self.left < 0:
                return value
            origin: OriginsOf | None = None
            if isinstance(item, str):
                new, origin = self._text(item) if _MARK in item else (item, None)
            else:
                new = self.value(item, depth + 1)
            changed = changed or new is not item
            copy.add(new, span, origin)
        return copy if changed else value

    def _text(self, text: str) -> tuple[Value, OriginsOf | None]:
        matches = list(_PASTE.finditer(text))
        pastes = tuple(
            Paste(match.group(1), match.start(), match.end(), self._control(match), match.group(2).strip(" |"))
            for match in matches
        )
        if len(matches) == 1 and matches[0].group() == text.strip() and not matches[0].group(2):
            found = self.inputs.get(matches[0].group(1))
            if found is not None and found.known:
                told = (Origin(found.note, found.span, found.value),)
                whole = found.value if not isinstance(found.value, str) else Pasted(found.value, text, pastes)
                return whole, lambda: told
        origins: list[Origin] = []
        result = _PASTE.sub(lambda match: self._filled(match, origins), text)
        if not pastes:
            return text, None
        steps = tuple(origins)
        return Pasted(result, text, pastes), (lambda: steps) if steps else None

    def _filled(self, match: re.Match[str], origins: list[Origin]) -> str:
        found = self.inputs.get(match.group(1))
        text = text_of(found.value) if found is not None and found.known else None
        if found is None or text is None or "truncate" in match.group(2):
            return match.group()
        origins.append(Origin(found.note, found.span, found.value))
        return text

    def _control(self, match: re.Match[str]) -> str:
        found = self.inputs.get(match.group(1))
        return "fixed" if "posix_escape" in match.group(2) or found is None else found.control


def pastes_in(text: str) -> Iterator[tuple[str, Paste]]:
    """What inputs a text was put together from, with what the file writes."""
    if isinstance(text, Pasted):
        for paste in text.pastes:
            yield text.template, paste
