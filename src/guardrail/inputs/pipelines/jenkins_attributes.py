"""The blocks of Jenkins' pipelines as a document: `stage('A') { agent any }` -> {name: A, agent: any}."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.groovy_nodes import Assign, Call, Closure, Define, Node
from guardrail.inputs.pipelines.jenkins_file import target_name
from guardrail.inputs.pipelines.jenkins_scope import Scope, calls_in, entries_of, environment_of, shortened, value_of
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Seq, Value

# Blocks whose statements are steps, in an order that counts.
_STEPS = frozenset(
    ("steps", "script", "always", "success", "failure", "unstable", "changed", "fixed", "regression", "aborted",
     "unsuccessful", "cleanup", "notBuilt", "parameters", "axes", "excludes")
)  # fmt: skip
_STAGES = frozenset(("stages", "parallel"))
MAX_DEPTH = 40


def block_attributes(closure: Closure, scope: Scope, depth: int = 0) -> Map:
    """Directives by their names; one that stands there several times is a list."""
    file = scope.file
    made = Map(file.of(closure))
    scope = scope.inner(environment_of(closure))
    for statement in closure.statements:
        span = file.of(statement)
        if isinstance(statement, Assign):
            name = target_name(statement)
            if name and statement.value is not None:
                made.put(name, value_of(statement.value, scope), span)
        elif isinstance(statement, Call) and statement.receiver is None:
            name, value = statement.name, _directive(statement, scope, depth + 1)
            if isinstance(value, (Map, Seq)):
                value.header = file.head(statement)
            if name not in made:
                made.put(name, value, span)
                continue
            several = made[name]
            if not (isinstance(several, Seq) and several.span.file == ""):
                several = Seq()
                several.add(made[name], made.spans[name])
                made[name] = several
            several.add(value, span)
    return made


def _directive(call: Call, scope: Scope, depth: int) -> Value:
    body = call.body
    if body is None or depth > MAX_DEPTH:
        return _arguments(call, scope)
    if call.name in _STAGES and any(calls_in(body, "stage")):
        stages = Seq(scope.file.of(body))
        for stage in calls_in(body, "stage"):
            stages.add(stage_attributes(stage, scope, depth), scope.file.of(stage))
        return stages
    if call.name in _STEPS:
        return _steps(body, scope, depth)
    if not call.named and len(call.args) == 1:
        return block_attributes(body, scope, depth)
    made = _arguments(call, scope)
    if not isinstance(made, Map):
        value, made = made, Map(scope.file.of(call))
        made.put("name", value, scope.file.head(call))
    for key, value in (inner := block_attributes(body, scope, depth)).items():
        made.put(key, value, inner.spans[key])
    return made


def stage_attributes(call: Call, scope: Scope, depth: int = 0) -> Map:
    file = scope.file
    known = scope.names.documents.get(id(call))
    if known is not None:
        return known
    made = scope.names.documents[id(call)] = Map(file.of(call), file.head(call))
    named = next((arg for arg in call.args if not isinstance(arg, Closure)), None) or call.get("name")
    if named is not None:
        made.put("name", value_of(named, scope), file.of(named))
    if call.body is not None:
        inner = block_attributes(call.body, scope, depth)
        for key, value in inner.items():
            made.put(key, value, inner.spans[key])
    return made


def _arguments(call: Call, scope: Scope) -> Value:
    plain = [arg for arg in call.args if not isinstance(arg, Closure)]
    if call.named:
        made = entries_of(call.named, scope, call)
        if plain:
            made.put("args", _listed(plain, scope, call), scope.file.of(call))
        return made
    if len(plain) == 1:
        return _value(plain[0], scope)
    return _listed(plain, scope, call) if plain else True


def _listed(nodes: list[Node], scope: Scope, call: Call) -> Seq:
    items = Seq(scope.file.of(call))
    for node in nodes:
        items.add(_value(node, scope), scope.file.of(node))
    return items


def _value(node: Node, scope: Scope) -> Value:
    """Of code (`sh "..."`), what is interpolated stays as it is written."""
    phrase = scope.file.phrase(node)
    if phrase is not None and phrase.holes:
        return phrase.code
    value = value_of(node, scope)
    if isinstance(node, Call) and node.body is None and text_of(value) is None:
        return shortened(scope.file.written(node), 200)
    return value


def _steps(closure: Closure, scope: Scope, depth: int) -> Seq:
    """Each step as a mapping of its name to what it is told."""
    file = scope.file
    made = Seq(file.of(closure))
    for call in _first_calls(closure):
        item = Map(file.of(call), file.head(call))
        value = _arguments(call, scope)
        if call.body is not None and depth <= MAX_DEPTH:
            inner = _steps(call.body, scope, depth + 1)
            if isinstance(value, Map):
                value.put("steps", inner, file.of(call.body))
            elif value is True:
                value = inner
            else:
                both = Map(file.of(call), file.head(call))
                both.put("args", value, file.head(call))
                both.put("steps", inner, file.of(call.body))
                value = both
        item.put(call.name, value, file.of(call))
        made.add(item, file.of(call))
    return made


def _first_calls(closure: Closure) -> Iterator[Call]:
    """The outermost calls of a block, also those in its conditions and loops."""
    stack: list[Node] = list(reversed(closure.statements))
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            if node.receiver is None:
                yield node
        elif not isinstance(node, Define):
            stack.extend(reversed(list(node.children())))
