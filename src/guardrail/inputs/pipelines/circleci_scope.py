"""What `<< ... >>` stands for in a configuration of CircleCI: parameters, pipeline values, the matrix.

Follows "Reusable configuration reference" and "Pipeline values and parameters". CircleCI puts the value into the text
before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.vocabulary import Filled, text_of
from guardrail.model import HOLE, NOWHERE, Map, Origin, OriginsOf, PartText, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

EXPRESSION = lazy_regex(r"(?<!\\)<<\s*((?:parameters|pipeline|matrix|orb)\.[\w.-]+)\s*>>")
_UNTRUSTED = lazy_regex(
    r"pipeline\.(?:git\.(?:branch|tag|commit\.(?:subject|body|author_name|author_email))"
    r"|trigger_parameters\.(?:webhook\.body|[\w-]+\.(?:commit_\w+|branch|ref|tag|user_\w+|event_\w+|web_url)|webhook.*)"
    r"|event\.[\w-]+\.(?:.*\.)?(?:title|body|message|label|ref|name|email|description|login))\Z"
)
MAX_DEPTH = 20
MAX_TEXT = 100_000
MAX_VALUES = 20_000  # that one value may come to


class Given(NamedTuple):
    """What a name stands for. A list or mapping is as written, and `scope` is what its expressions see; scalars have
    theirs taken out. `free`: why a run may find another value; `sources`: what of it an outsider controls."""

    value: Value
    span: Span = NOWHERE
    note: str = ""
    scope: Scope | None = None
    free: Unknown | None = None
    sources: tuple[str, ...] = ()
    origin: OriginsOf | None = None

    def origins(self) -> tuple[Origin, ...]:
        first = (Origin(self.note, self.span, self.value),) if self.note and self.span.line else ()
        return first + (self.origin() if self.origin else ())


class Scope:
    """What expressions see. `pipeline` are the pipeline's parameters; `literal`: a version 2.0 configuration, which
    has no expressions."""

    __slots__ = ("literal", "matrix", "parameters", "pipeline")

    def __init__(
        self, parameters: dict[str, Given], pipeline: dict[str, Given], matrix: dict[str, Given] | None = None,
        literal: bool = False,
    ) -> None:  # fmt: skip
        self.parameters, self.pipeline, self.matrix, self.literal = parameters, pipeline, matrix or {}, literal

    def with_parameters(self, parameters: dict[str, Given]) -> Scope:
        return Scope(parameters, self.pipeline, None, self.literal)

    def find(self, name: str) -> Given:
        first, _, rest = name.partition(".")
        if first == "parameters":
            found = self.parameters.get(rest)
            return found or Given(Unknown(f"{name} is declared nowhere", (name,)))
        if first == "matrix":
            found = self.matrix.get(rest)
            return found or Given(Unknown(f"{name} is declared nowhere", (name,)))
        if rest.startswith("parameters."):
            found = self.pipeline.get(rest.partition(".")[2])
            return found or Given(Unknown(f"{name} is chosen by whoever starts the pipeline", (name,)))
        sources = (name,) if _UNTRUSTED.match(name) else ()
        return Given(Unknown(f"{name} is known only when the pipeline runs", (name,)), sources=sources)

    def has_expression(self, text: str) -> bool:
        return not self.literal and "<<" in text and EXPRESSION.search(text) is not None

    def resolve(self, value: Value, span: Span = NOWHERE, note: str = "", strict: bool = False) -> Given:
        """A value with its expressions taken out of the texts; a list or mapping that one expression stands for comes
        with the scope that it was written in. `strict`: what a run may find otherwise is unknown."""
        if isinstance(value, (Map, Seq)):
            return Given(value, span, note, self)
        if not isinstance(value, str) or not self.has_expression(value):
            return Given(value, span, note)
        matches = list(EXPRESSION.finditer(value))
        if len(matches) == 1 and matches[0].group() == value.strip():
            found = self.find(matches[0].group(1))
            inner = found.free if strict and found.free is not None else found.value
            return found._replace(value=inner, span=span, note=note, origin=found.origins)
        parts: list[str] = []
        used: list[Given] = []
        unknown = free = None
        at = size = 0
        for match in matches:
            size += len(parts[-1]) if parts else 0
            if size > MAX_TEXT:
                unknown = Unknown(f"it comes to more than {MAX_TEXT:,} characters")
                break
            parts.append(value[at : match.start()])
            at = match.end()
            found = self.find(match.group(1))
            used.append(found)
            free = free or found.free
            inner = found.free if strict and found.free is not None else found.value
            text = inner.template if isinstance(inner, PartText) else text_of(inner)
            if isinstance(inner, Unknown):
                unknown = Unknown(unknown.reason if unknown else inner.reason,
                                  (unknown.refs if unknown else ()) + inner.refs)  # fmt: skip
            elif text is None:
                unknown = unknown or Unknown("it is no single value")
            parts.append(HOLE if text is None else text)
        parts.append(value[at:])
        whole = "".join(parts)[:MAX_TEXT]
        made: Value = whole
        if unknown is not None:
            made = PartText(unknown.reason, unknown.refs, whole) if HOLE in whole else unknown
        sources = tuple(dict.fromkeys(source for one in used for source in one.sources))

        def told() -> tuple[Origin, ...]:
            return tuple(origin for one in used[:10] for origin in one.origins())[:10]

        return Given(made, span, note, None, free, sources, told)

    def fill(self, value: Value) -> Filled:
        """A scalar as image references want it: with a template that has a HOLE for each unknown part."""
        given = self.resolve(value)
        made = given.value
        unknown = made if isinstance(made, Unknown) else None
        template = made.template if isinstance(made, PartText) else made if isinstance(made, str) else HOLE
        why = Unknown(unknown.reason, unknown.refs) if unknown is not None else None
        return Filled(made, template, why, given.origin)

    def sources_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where in a text something is pasted that an outsider controls, and what that is."""
        if self.literal or "<<" not in text:
            return
        for match in EXPRESSION.finditer(text):
            name = match.group(1)
            for source in self.find(name).sources:
                yield match.start(), match.end(), source if source == name else f"{name}, which holds {source}"

    def whole(self, value: Value, span: Span, depth: int = 0, left: list[int] | None = None) -> Value:
        """A value with all expressions taken out, however deep. `left`: how many values it may still come to."""
        left = [MAX_VALUES] if left is None else left
        left[0] -= 1
        if left[0] < 0:
            return Unknown(f"it comes to more than {MAX_VALUES:,} values")
        if isinstance(value, str):
            given = self.resolve(value, span)
            if given.scope is not None and given.scope is not self and depth < MAX_DEPTH:
                return given.scope.whole(given.value, span, depth + 1, left)
            return given.value
        if isinstance(value, Map):
            found = Map(value.span, value.header)
            for key in value:
                place = value.spans[key]
                item = value[key]
                if isinstance(item, str):
                    given = self.resolve(item, place)
                    made = given.value
                    if given.scope is not None and depth < MAX_DEPTH:
                        made = given.scope.whole(made, place, depth + 1, left)
                    found.put(key, made, place, given.origin)
                else:
                    found.put(key, self.whole(item, place, depth, left), place)
                    if value.origins and key in value.origins and key not in (found.origins or {}):
                        found.origins = {**(found.origins or {}), key: value.origins[key]}
            return found
        if isinstance(value, Seq):
            listed = Seq(value.span, value.header)
            for item, place in zip(value, value.spans, strict=False):
                listed.add(self.whole(item, place, depth, left), place)
            return listed
        return value


def declared(holder: Map | None) -> Iterator[tuple[str, str, Map]]:
    """Name, type and declaration of each parameter."""
    listed = holder.get("parameters") if holder is not None else None
    if isinstance(listed, Map):
        for name, body in listed.items():
            if isinstance(body, Map):
                yield name, text_of(body.get("type")) or "string", body


def bind(holder: Map, given: Map | None, caller: Scope, what: str, open: str = "") -> Scope:
    """The scope of a job, command or executor: what a caller gives for its parameters, else their defaults. `open`
    completes the sentence "parameters.x is given by ..." where no caller is known."""
    parameters: dict[str, Given] = {}
    for name, kind, body in declared(holder):
        if given is not None and name in given and given[name] is not None:
            found = caller.resolve(given[name], given.spans[name], f"parameters.{name}, as {what} is given it")
            parameters[name] = found._replace(value=typed(found.value, kind))
        elif body.get("default") is not None or "default" in body:
            default = body["default"]
            value = "" if default is None and kind == "string" else default
            inner = caller.with_parameters({}) if isinstance(value, (Map, Seq)) else None
            free = Unknown(f"parameters.{name} may be given by {open}") if open else None
            place = body.spans["default"]
            parameters[name] = Given(typed(value, kind), place, f"default of parameters.{name}", inner, free)
        else:
            why = f"parameters.{name} is given by {open}" if open else f"parameters.{name} is given no value"
            parameters[name] = Given(Unknown(why, (f"parameters.{name}",)), body.header)
    return caller.with_parameters(parameters)


def pipeline_parameters(root: Map) -> dict[str, Given]:
    """A run may be started with others than the defaults; a text may then be anything."""
    found: dict[str, Given] = {}
    for name, kind, body in declared(root):
        free = Unknown(f"pipeline.parameters.{name} may be chosen by whoever starts the pipeline")
        default = body.get("default")
        value = typed("" if default is None and kind == "string" else default, kind)
        if "default" not in body:
            value = Unknown(f"pipeline.parameters.{name} is chosen by whoever starts the pipeline")
        sources = (f"pipeline.parameters.{name}",) if kind == "string" else ()
        place = body.spans.get("default", body.header)
        found[name] = Given(value, place, f"default of pipeline.parameters.{name}", None, free, sources)
    return found


def typed(value: Value, kind: str) -> Value:
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in ("string", "enum", "env_var_name") and isinstance(value, (bool, int, float)):
        return text_of(value)
    return value


# Logic --------------------------------------------------------------------------------------------------------


def holds(statement: Value, scope: Scope, strict: bool = False, depth: int = 0) -> bool | Unknown:
    """Whether a logic statement is true."""
    if depth > MAX_DEPTH:
        return Unknown("its condition is nested too deep")
    if isinstance(statement, Map) and len(statement) == 1:
        (kind, inner), *_ = statement.items()
        if kind == "not":
            value = holds(inner, scope, strict, depth + 1)
            return value if isinstance(value, Unknown) else not value
        if kind in ("and", "or") and isinstance(inner, Seq):
            found = [holds(item, scope, strict, depth + 1) for item in inner]
            if any(item is (kind == "or") for item in found):
                return kind == "or"
            return next((item for item in found if isinstance(item, Unknown)), kind == "and")
        if kind == "equal" and isinstance(inner, Seq):
            values = [scope.resolve(item, strict=strict).value for item in inner]
            unknown = next((item for item in values if isinstance(item, Unknown)), None)
            if unknown is not None:
                known = [item for item in values if not isinstance(item, Unknown)]
                return False if any(not _same(item, known[0]) for item in known) else unknown
            return all(_same(item, values[0]) for item in values)
        return Unknown(f"its condition ({kind}) is worked out when the pipeline runs")
    value = scope.resolve(statement, strict=strict).value
    if isinstance(value, Unknown):
        return value
    # A text may be one of the newer expressions: `pipeline.git.branch == "main"`.
    if isinstance(statement, str) and value == statement and ("pipeline." in statement or "==" in statement):
        return Unknown(f"{statement} is worked out when the pipeline runs")
    if isinstance(value, (Map, Seq)):
        return bool(value)
    return not (value is None or value is False or value == 0 or value == "")


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other or text_of(one) == text_of(other)
    return bool(one == other) or (text_of(one) is not None and text_of(one) == text_of(other))
