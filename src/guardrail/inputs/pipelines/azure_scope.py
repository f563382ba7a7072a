"""What names stand for while a file of Azure Pipelines is put together: parameters, variables, loop variables; and
what `$(name)` stands for when it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.azure_expressions import loosened
from guardrail.inputs.pipelines.expressions import Path
from guardrail.inputs.pipelines.vocabulary import Filled, text_of
from guardrail.model import HOLE, NOWHERE, Map, Origin, OriginsOf, PartText, Seq, Span, Text, Unknown, Value
from guardrail.model.patterns import lazy_regex

MAX_HOPS = 8
MAX_INSTANCES = 200  # of a matrix
MAX_EXPANSIONS = 5000  # of variables in one text, over all instances of its job
_PREDEFINED = ("build.", "system.", "agent.", "pipeline.", "environment.", "resources.", "release.", "strategy.")
MACRO = lazy_regex(r"\$\(([A-Za-z_][\w. -]{0,200})\)")
_RUNTIME = lazy_regex(r"\s*\$\[\s*variables(?:\.([\w.]+)|\[\s*'([^']+)'\s*\])\s*\]\s*\Z")
_RUNTIME_NAMES = lazy_regex(r"\bvariables(?:\.([\w.]+)|\[\s*'([^']+)'\s*\])")

def _spelt_by_name(*names: str) -> dict[str, str]:
    return {name.lower(): name for name in names}


# What the author of a commit or pull request writes, or whoever starts a run tells of himself. Also of an outsider's
# pull request, or once that has been taken in.
UNTRUSTED = _spelt_by_name(
    "Build.SourceVersionMessage", "Build.SourceVersionAuthor", "Build.RequestedFor", "Build.RequestedForEmail",
    "System.PullRequest.SourceBranch", "System.PullRequest.SourceBranchName",
)  # fmt: skip
# What whoever may push calls a branch or tag. In builds of pull requests it is `refs/pull/<number>/merge`.
PUSHED = _spelt_by_name("Build.SourceBranch", "Build.SourceBranchName")
_SPELT = {
    **UNTRUSTED, **PUSHED,
    **_spelt_by_name(
        "Agent.OS", "Build.BuildId", "Build.DefinitionName", "Build.Reason", "Build.Repository.Name",
        "System.PullRequest.TargetBranch", "System.TeamProject",
    ),
}  # fmt: skip
_OTHERS = {**UNTRUSTED, **PUSHED}
_PUSHED_NAMES = frozenset(PUSHED.values())
_OF_THE_RUN = " of the run"


class Bound(NamedTuple):
    """What a name stands for. `free`: why a run may find another value there than this one, None where it can't.
    `typed`: a declared type makes it a boolean or number."""

    value: Value
    span: Span = NOWHERE
    note: str = ""
    free: Unknown | None = None
    typed: bool = False
    origin: OriginsOf | None = None

    def origins(self) -> tuple[Origin, ...]:
        first = (Origin(self.note, self.span, self.value),) if self.note and self.span.line else ()
        return first + (self.origin() if self.origin else ())


class Variables:
    """Variables of a pipeline, stage or job upon those of what it stands in. `entries` are by name in lower case;
    `names` are as written. `owner` says whose they are: pipeline, stage, job."""

    __slots__ = ("_left", "entries", "instances", "names", "outer", "owner")

    def __init__(self, outer: Variables | None = None, owner: str = "") -> None:
        self.outer, self.owner = outer, owner
        self.entries: dict[str, Bound] = {}
        self.names: dict[str, str] = {}
        self.instances: list[dict[str, Bound]] | None = outer.instances if outer else [{}]
        self._left = 0

    def find(self, name: str) -> Bound | None:
        level: Variables | None = self
        while level is not None:
            found = level.entries.get(name)
            if found is not None:
                return found
            level = level.outer
        return None

    def define(self, name: str, bound: Bound) -> None:
        self.entries[name.lower()] = bound
        self.names[name.lower()] = name

    def as_map(self, span: Span, header: Span) -> Map:
        """What is set here, and between here and the pipeline itself."""
        found = Map(span, header)
        level: Variables | None = self
        while level is not None and (level is self or level.owner != "pipeline"):
            for key, bound in level.entries.items():
                name = level.names[key]
                if name not in found:
                    found.put(name, bound.value, bound.span, bound.origin)
            level = level.outer
        return found

    def fill(self, value: Value) -> list[Filled]:
        """The distinct values that a text stands for at run time, over all instances of the job; at least one."""
        if isinstance(value, PartText):
            template, unknown = value.template, Unknown(value.reason, value.refs)
        elif isinstance(value, str):
            template, unknown = value, None
        else:
            unknown = value if isinstance(value, Unknown) else None
            return [Filled(value, HOLE if unknown is not None else "", unknown, None)]
        if template.lstrip().startswith("$["):
            # Only a value as a whole can be worked out at run time.
            named = _RUNTIME.match(template)
            if named is None:
                unknown = outside(template.strip())
                return [Filled(unknown, HOLE, unknown, None)]
            template = f"$({named.group(1) or named.group(2)})"
        if "$(" not in template:
            return [Filled(value, template, unknown, None)]
        self._left = MAX_EXPANSIONS
        found: dict[tuple[bool, str], Filled] = {}
        for instance in self.instances if self.instances is not None else [{}]:
            filled = self._fill(template, unknown, instance, 0)
            found.setdefault((filled.unknown is None, filled.template), filled)
        return list(found.values())

    def _fill(self, text: str, unknown: Unknown | None, instance: dict[str, Bound], depth: int) -> Filled:
        parts: list[str] = []
        origins: list[Origin] = []
        at = 0
        for match in MACRO.finditer(text):
            parts.append(text[at : match.start()])
            at = match.end()
            name = match.group(1)
            self._left -= 1
            bound = instance.get(name.lower()) or self.find(name.lower())
            value = bound.value if bound else None
            template = value.template if isinstance(value, PartText) else text_of(value)
            computed = template is not None and template.lstrip().startswith("$[")
            if bound is None or template is None or computed or depth >= MAX_HOPS or self._left < 0:
                why = value if isinstance(value, Unknown) else None
                if computed:
                    why = outside(template or "")
                elif self.instances is None and why is None:
                    why = Unknown("its matrix is worked out when the pipeline runs")
                unknown = unknown or why or outside(name)
                parts.append(HOLE)
                continue
            if isinstance(value, PartText):
                unknown = unknown or Unknown(value.reason, value.refs)
            filled = self._fill(template, unknown, instance, depth + 1)
            parts.append(filled.template)
            unknown = filled.unknown
            origins.append(Origin(f"value of $({name})", bound.span, value))
            origins += bound.origin() if bound.origin else ()
            origins += filled.origin() if filled.origin else ()
        parts.append(text[at:])
        template = "".join(parts)[:10_000]
        told = tuple(origins[:20])
        value = template if unknown is None else PartText(unknown.reason, unknown.refs, template)
        if unknown is not None and HOLE not in template:
            value = unknown
        elif unknown is not None and template == HOLE:
            value = Unknown(unknown.reason, unknown.refs)
        return Filled(value, template, unknown, (lambda: told) if told else None)

    def sources(self, name: str, seen: set[str] | None = None) -> Iterator[str]:
        """What others write of a variable: itself, or what it was set to. `seen`: variables that are not looked at
        again."""
        lowered = name.lower()
        bound = self.find(lowered)
        if bound is None:
            if lowered in _OTHERS:
                yield _OTHERS[lowered]
            return
        seen = set() if seen is None else seen
        if lowered in seen or len(seen) > MAX_HOPS * 10:
            return
        seen.add(lowered)
        for source in dict.fromkeys((*self.sources_in(bound.value, seen), *chosen_for_a_run(bound.free))):
            yield f"variable {name}, which holds {source}"

    def sources_in(self, value: Value, seen: set[str] | None = None) -> Iterator[str]:
        """What others write of a value that template expressions have been taken out of."""
        seen = set() if seen is None else seen
        if isinstance(value, Unknown):
            for ref in value.refs:
                if ref.lower() in _OTHERS:
                    yield _OTHERS[ref.lower()]
            yield from chosen_for_a_run(value)
        text = value.template if isinstance(value, PartText) else value
        if isinstance(text, str):
            for match in MACRO.finditer(text):
                yield from self.sources(match.group(1), seen)
            if text.lstrip().startswith("$["):
                for one, other in _RUNTIME_NAMES.findall(text):
                    yield from self.sources(one or other, seen)


def of_the_run(parameter: str) -> str:
    """The reference of a parameter that may be any text, where whoever starts a run chooses it."""
    return f"parameters.{parameter}{_OF_THE_RUN}"


def chosen_for_a_run(value: Value) -> Iterator[str]:
    if isinstance(value, Unknown):
        yield from (ref for ref in value.refs if ref.endswith(_OF_THE_RUN))


def is_chosen(source: str) -> bool:
    """Whether only those write it who may push to the repository or start a run, of what `sources` gives."""
    last = source.rpartition(", which holds ")[2]
    return last in _PUSHED_NAMES or last.endswith(_OF_THE_RUN)


def outside(name: str) -> Unknown:
    """Why a variable that the files don't set can't be known."""
    bare = name.strip("$()[] ")
    bare = _SPELT.get(bare.lower(), bare)
    if bare.lower().startswith(_PREDEFINED):
        return Unknown(f"{bare} is known only when the pipeline runs", (bare,))
    if name.startswith("$["):
        return Unknown(f"{name} is worked out when the pipeline runs")
    return Unknown(f"variable {bare} is set outside of the file", (bare,))


class Scope:
    """What template expressions see. `rest` is why parameters that aren't there can't be known; None where what
    isn't there is empty."""

    __slots__ = ("loop", "parameters", "rest", "variables")

    def __init__(
        self, parameters: dict[str, Bound], variables: Variables, loop: dict[str, Bound] | None = None,
        rest: Unknown | None = None,
    ) -> None:  # fmt: skip
        self.parameters, self.variables, self.loop, self.rest = parameters, variables, loop or {}, rest

    def with_loop(self, name: str, bound: Bound) -> Scope:
        return Scope(self.parameters, self.variables, {**self.loop, name.lower(): bound}, self.rest)

    def with_variables(self, variables: Variables) -> Scope:
        return Scope(self.parameters, variables, self.loop, self.rest)

    def look_up(self, path: Path, used: list[Bound], strict: bool) -> Value:
        """`used` takes in what was found, for the origins. `strict`: what a run may find otherwise is unknown."""
        first = path[0] or ""
        if None in path or "*" in path:
            return Unknown(f"{_spelt(path)} is worked out when the pipeline runs")
        if first == "parameters":
            if len(path) == 1:
                return self._all_parameters()
            bound = self.parameters.get(path[1] or "")
            if bound is None:
                return self.rest
            return _taken(bound, path[2:], used, strict)
        if first == "variables" and len(path) > 1:
            bound = self.variables.find(".".join(str(part) for part in path[1:]))
            if bound is None:
                return outside(".".join(str(part) for part in path[1:]))
            if isinstance(bound.value, str) and bound.value.lstrip().startswith("$["):
                return Unknown(f"{_spelt(path)} is worked out when the pipeline runs",
                               tuple(self.variables.sources_in(bound.value)))  # fmt: skip
            return _taken(bound, (), used, strict)
        if first in self.loop:
            return _taken(self.loop[first], path[1:], used, strict)
        return Unknown(f"{_spelt(path)} is known only when the pipeline runs", (_spelt(path),))

    def _all_parameters(self) -> Map:
        found = Map()
        for name, bound in self.parameters.items():
            found.put(name, bound.value, bound.span)
        return found


def _taken(bound: Bound, inner: Path, used: list[Bound], strict: bool) -> Value:
    value, span = bound.value, bound.span
    if strict and bound.free is not None:
        return bound.free
    for segment in inner:
        if isinstance(value, Map):
            key = next((key for key in value if key.lower() == segment), None)
            if key is None:
                return None
            value, span = value[key], value.spans.get(key, span)
        elif isinstance(value, Seq) and segment is not None and segment.isascii() and segment.isdecimal():
            index = int(segment) if len(segment) < 9 else len(value)
            if index >= len(value):
                return None
            value, span = value[index], value.spans[index]
        else:
            return value if isinstance(value, Unknown) else None
    if isinstance(value, Text) and not value.file:
        value = Text(str(value), value.first_line, value.indent, value.exact, span.file)
    used.append(bound if not inner else Bound(value, span, bound.note))
    return value if bound.typed and not inner else loosened(value)


def _spelt(path: Path) -> str:
    return ".".join("?" if part is None else part for part in path)
