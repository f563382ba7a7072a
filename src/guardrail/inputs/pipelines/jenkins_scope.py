"""What the names in a file of Jenkins' stand for: environment, parameters, variables, axes of a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats.groovy_nodes import (
    Assign,
    Call,
    Closure,
    Define,
    ListOf,
    MapOf,
    Member,
    Name,
    Node,
    Operation,
    Quote,
    walk,
)
from guardrail.formats.secret_texts import veiled
from guardrail.inputs.pipelines.jenkins_file import JenkinsFile, literal, target_name
from guardrail.inputs.pipelines.vocabulary import Filled, text_of
from guardrail.model import HOLE, Map, Origin, OriginsOf, PartText, Seq, Span, Unknown, Value

MAX_FILLS = 50
MAX_EXPANSIONS = 2000  # of names in one text
MAX_ORIGINS = 20
MAX_HOPS = 6
# Steps that declare a parameter, and whether whoever starts a build may write what they like into it.
PARAMETERS = {
    **dict.fromkeys(("string", "text", "extendedChoice", "activeChoice", "reactiveChoice", "gitParameter"), True),
    **dict.fromkeys(("choice", "booleanParam", "password", "file", "run", "credentials", "stashedFile", "base64File",
                     "validatingString"), False),
}  # fmt: skip
# Parameters of a build, not what `withCredentials` calls `string`.
_DECLARED_IN = frozenset(("parameters", "input"))


class Names:
    """Of a file as a whole. `assigned` counts the assignments of each name, wherever they are, save those of
    `environment` blocks; `variables` has all that is ever given to a name, `parameters` the step that declares each."""

    def __init__(self, file: JenkinsFile) -> None:
        self.file = file
        self.assigned: dict[str, int] = {}
        self.variables: dict[str, list[Node]] = {}
        self.top: dict[str, Assign] = {}
        self.parameters: dict[str, Call] = {}
        self.documents: dict[int, Map] = {}  # of stages, by their calls: one document that all share
        self.passed: set[str] = set()  # what a method or closure is handed, which is anything
        self._declared: set[int] = set()
        for statement in file.script.statements:
            if isinstance(statement, Assign) and statement.declares and len(statement.targets) == 1:
                self.top.setdefault(target_name(statement), statement)
            self._look(statement)

    def _look(self, statement: Node) -> None:
        for node in walk(statement):
            if isinstance(node, Assign):
                for target in node.targets if len(node.targets) > 1 else ():
                    if isinstance(target, Name):
                        self.assigned[target.id] = self.assigned.get(target.id, 0) + 2
                name = target_name(node)
                if name and id(node) not in self._declared:
                    self.assigned[name] = self.assigned.get(name, 0) + 1
                if name and node.value is not None:
                    self.variables.setdefault(name, []).append(node.value)
            elif isinstance(node, Call) and node.name == "environment" and node.body is not None:
                self._declared.update(id(entry) for entry in node.body.statements)
            elif isinstance(node, Call) and node.name == "withEnv":
                self._with_env(node)
            elif isinstance(node, (Define, Closure)):
                self.passed.update(node.params)
            elif isinstance(node, Call) and node.name in _DECLARED_IN:
                for inner in walk(node):
                    if isinstance(inner, Call) and inner.name in PARAMETERS:
                        named = self.file.plain(inner.get("name")) or (
                            self.file.plain(inner.args[0]) if inner.args else None
                        )
                        if named:
                            self.parameters.setdefault(named, inner)

    def _with_env(self, call: Call) -> None:
        for item in call.args[0].items if call.args and isinstance(call.args[0], ListOf) else ():
            if isinstance(item, Quote):
                name, mark, _ = item.quoted.text.partition("=")
                if mark and name.isidentifier():
                    self.assigned[name] = self.assigned.get(name, 0) + 2
                    self.variables.setdefault(name, []).append(item)

    def axes_of(self, matrix: Closure) -> dict[str, list[Quote]]:
        """The values of each axis of a matrix."""
        found: dict[str, list[Quote]] = {}
        for call in calls_in(matrix, "axes"):
            for axis in calls_in(call.body, "axis"):
                names = [arg for one in calls_in(axis.body, "name") for arg in one.args]
                values = [arg for one in calls_in(axis.body, "values") for arg in one.args]
                name = self.file.plain(names[0]) if names else None
                if name:
                    found[name] = [value for value in values if isinstance(value, Quote)]
        return found


class Declared(NamedTuple):
    """An entry of an `environment` block."""

    entry: Assign
    value: Node


class Scope:
    """What a stage sees: `levels` are the environments around it, the nearest first."""

    def __init__(self, names: Names, levels: tuple[dict[str, Declared], ...], axes: dict[str, list[Quote]]) -> None:
        self.names, self.file, self.levels, self.axes = names, names.file, levels, axes
        self._left = MAX_EXPANSIONS

    def inner(self, level: dict[str, Declared], axes: dict[str, list[Quote]] | None = None) -> Scope:
        return Scope(self.names, (level, *self.levels) if level else self.levels, {**self.axes, **(axes or {})})

    def declared(self, name: str) -> Declared | None:
        return next((level[name] for level in self.levels if name in level), None)

    def fill(self, node: Node, depth: int = 0) -> list[Filled]:
        """The distinct texts that an expression may stand for (one for each value of an axis); at least one."""
        if depth == 0:
            self._left = MAX_EXPANSIONS
        if isinstance(node, Quote):
            return self._quote(node, depth)
        if isinstance(node, Operation) and node.op == "()" and len(node.operands) == 1:
            return self.fill(node.operands[0], depth)
        value = literal(node)
        text = text_of(value)
        if text is not None:
            return [Filled(text, text, None, None)]
        return self._named(node, depth)

    def _quote(self, node: Quote, depth: int) -> list[Filled]:
        quoted = node.quoted
        if not quoted.holes:
            code = self.file.assembled(self.file.pieces(node, 0, len(quoted.text)))
            return [Filled(code, quoted.text, None, None)]
        # (template, why something of it is unknown, where it came from)
        made: list[tuple[str, Unknown | None, tuple[Origin, ...]]] = [("", None, ())]
        at = 0
        for hole, expression in zip(quoted.holes, node.holes, strict=True):
            before = quoted.text[at : hole.start]
            at = hole.end
            fills = self._named(expression, depth)
            self._left -= len(fills)
            made = [
                (template + before + filled.template, unknown or filled.unknown,
                 (told + (filled.origin() if filled.origin else ()))[:MAX_ORIGINS])
                for template, unknown, told in made for filled in fills
            ][:MAX_FILLS]  # fmt: skip
        found: dict[str, Filled] = {}
        for template, unknown, told in made:
            whole = (template + quoted.text[at:])[:10_000]
            value: Value = whole if unknown is None else PartText(unknown.reason, unknown.refs, whole)
            found.setdefault(whole, Filled(value, whole, unknown, _told(told)))
        return list(found.values())

    def _named(self, node: Node, depth: int) -> list[Filled]:
        unknown = Unknown(f"`{shortened(self.file.written(node))}` is worked out when the pipeline runs")
        if isinstance(node, Quote):
            if depth < MAX_HOPS and self._left > 0:
                return self.fill(node, depth + 1)
            return [Filled(unknown, HOLE, unknown, None)]
        name, holder = named(node)
        if holder == "params":
            unknown = Unknown(f"params.{name} is given when the build starts", (f"params.{name}",))
        elif name and depth < MAX_HOPS and self._left > 0:
            if self.axes.get(name):
                span = self.file.of
                return [
                    Filled(fill.value, fill.template, fill.unknown, _came(f"value of {name}", span(value), fill))
                    for value in self.axes[name][:MAX_FILLS] for fill in self.fill(value, depth + 1)
                ][:MAX_FILLS]  # fmt: skip
            found = self._value(name, holder)
            if found is not None:
                entry, value = found
                return [
                    Filled(fill.value, fill.template, fill.unknown,
                           _came(f"value of {name}", self.file.of(entry), fill))
                    for fill in self.fill(value, depth + 1)
                ]  # fmt: skip
            if name in self.names.parameters:
                unknown = Unknown(f"{name} is given when the build starts", (name,))
            elif holder == "env" or name.isupper():
                unknown = Unknown(f"{name} is set by Jenkins, or outside of the file", (name,))
        return [Filled(unknown, HOLE, unknown, None)]

    def _value(self, name: str, holder: str) -> tuple[Node, Node] | None:
        """What a name is sure to stand for: it is set in one place, and nowhere else."""
        times = self.names.assigned.get(name, 0)
        declared = self.declared(name)
        if declared is not None:
            return (declared.entry, declared.value) if times == 0 else None
        top = self.names.top.get(name)
        if top is not None and times == 1 and top.value is not None and not holder and name not in self.names.passed:
            return top, top.value
        return None


def _told(origins: tuple[Origin, ...]) -> OriginsOf | None:
    return (lambda: origins) if origins else None


def _came(note: str, span: Span, fill: Filled) -> OriginsOf:
    told = (Origin(note, span, fill.value), *(fill.origin() if fill.origin else ()))[:MAX_ORIGINS]
    return lambda: told


def named(node: Node) -> tuple[str, str]:
    """(X, holder) of `X`, `env.X`, `params.X`, `env['X']`; two empty strings for anything else."""
    if isinstance(node, Name):
        return node.id, ""
    if isinstance(node, Member) and isinstance(node.object, Name) and node.object.id in ("env", "params"):
        return node.name, node.object.id
    if isinstance(node, Operation) and node.op == "[]" and len(node.operands) == 2:
        holder, key = node.operands
        if isinstance(holder, Name) and holder.id in ("env", "params") and isinstance(key, Quote) and not key.holes:
            return key.quoted.text, holder.id
    return "", ""


def calls_in(closure: Closure | None, *names: str) -> Iterator[Call]:
    """The calls of these names that stand in a block directly."""
    for statement in closure.statements if closure is not None else ():
        if isinstance(statement, Call) and statement.receiver is None and statement.name in names:
            yield statement


def environment_of(closure: Closure | None) -> dict[str, Declared]:
    """The entries of the `environment` block that a pipeline's or stage's block has."""
    found: dict[str, Declared] = {}
    for call in calls_in(closure, "environment"):
        for statement in call.body.statements if call.body is not None else ():
            name = target_name(statement) if isinstance(statement, Assign) else ""
            if isinstance(statement, Assign) and name and statement.value is not None:
                found[name] = Declared(statement, statement.value)
    return found


def shortened(text: str, limit: int = 60) -> str:
    line = " ".join(veiled(text, throwaway=True).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


# Attributes -------------------------------------------------------------------------------------------------


def value_of(node: Node, scope: Scope) -> Value:
    """An expression as a value: strings with what is known filled in."""
    file = scope.file
    if isinstance(node, ListOf):
        items = Seq(file.of(node))
        for item in node.items:
            items.add(value_of(item, scope), file.of(item))
        return items
    if isinstance(node, MapOf):
        return entries_of(node.entries, scope, node)
    if isinstance(node, Quote) or named(node)[0]:
        filled = scope.fill(node)
        if isinstance(node, Quote) and node.quoted.holes and filled[0].unknown is not None:
            return PartText(filled[0].unknown.reason, filled[0].unknown.refs, file.template(node))
        return filled[0].value if len(filled) == 1 else Unknown("it differs between the instances of the matrix")
    if isinstance(node, Call) and node.name == "credentials" and node.receiver is None:
        text = file.plain(node.args[0]) if node.args else None
        return Unknown(f"the credentials {text or ''} are kept by Jenkins".replace("  ", " "))
    value = literal(node)
    if value is not None or file.written(node) == "null":
        return value
    return Unknown(f"`{shortened(file.written(node))}` is worked out when the pipeline runs")


def entries_of(entries: list[tuple[str, Node, int]], scope: Scope, node: Node) -> Map:
    made = Map(scope.file.of(node))
    for key, value, start in entries:
        if key:
            made.put(key, value_of(value, scope), scope.file.span(start, value.end))
    return made
