"""Conditions that keep builds of outsiders' pull requests out of a stage or job of Azure's pipelines."""

from __future__ import annotations

from guardrail.inputs.pipelines.azure_expressions import evaluate, shown, truth
from guardrail.inputs.pipelines.azure_scope import MACRO, MAX_HOPS, Scope
from guardrail.inputs.pipelines.expressions import ExpressionError, Node, Path, parse
from guardrail.model import PartText, Unknown, Value

# What Azure sets in the build of a pull request from a fork.
_OF_A_PULL = {
    "build.reason": "PullRequest",
    "build.sourcebranch": "refs/pull/1/merge",
    "build.sourcebranchname": "merge",
    "system.pullrequest.isfork": "True",
    "system.pullrequest.pullrequestid": "1",
}


class NotOfPulls(Unknown):
    """Why something may not be there, which surely isn't in builds of outsiders' pull requests."""

    __slots__ = ()


def first_reason(outer: Unknown | None, inner: Unknown | None) -> Unknown | None:
    """Why something within something else may not be there: the outer reason, unless only the inner one keeps pull
    requests out."""
    if outer is None or (isinstance(inner, NotOfPulls) and not isinstance(outer, NotOfPulls)):
        return inner if inner is not None else outer
    return outer


def in_pulls(node: Node, scope: Scope) -> bool | Unknown:
    """Whether a condition holds in the build of an outsider's pull request."""
    return truth(_value(node, scope, {}, 0))


def keeps_pulls_out(condition: Value, scope: Scope) -> bool:
    """Of what a stage or job names as its condition, worked out when the pipeline runs."""
    text = condition.template if isinstance(condition, PartText) else condition
    if not isinstance(text, str):
        return condition is False
    text = MACRO.sub(lambda match: _OF_A_PULL.get(match[1].lower(), match[0]), text)
    try:
        return in_pulls(parse(text), scope) is False
    except ExpressionError:
        return False


def _value(node: Node, scope: Scope, known: dict[str, Value], depth: int) -> Value:
    """`known`: variables that have been worked out on the way."""

    def look_up(path: Path) -> Value:
        name = ".".join(str(part) for part in path[1:])
        if path[0] != "variables" or not name:
            return scope.look_up(path, [], True)
        bound = scope.variables.find(name)
        if bound is None:
            return _OF_A_PULL[name] if name in _OF_A_PULL else scope.look_up(path, [], True)
        text = bound.value.strip() if isinstance(bound.value, str) else ""
        if not (text.startswith("$[") and text.endswith("]")) or depth >= MAX_HOPS:
            return scope.look_up(path, [], True)
        if name not in known:
            known[name] = Unknown(f"{name} is worked out from itself")
            known[name] = _run_time(text[2:-1], scope, known, depth)
        return known[name]

    return evaluate(node, look_up)


def _run_time(body: str, scope: Scope, known: dict[str, Value], depth: int) -> Value:
    try:
        value = _value(parse(body), scope, known, depth + 1)
    except ExpressionError:
        return Unknown("its expression can't be read")
    return value if isinstance(value, Unknown) else shown(value)  # variables are texts when the pipeline runs
