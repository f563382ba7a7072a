"""Conditions that keep outsiders out of a job or step."""

from __future__ import annotations

from collections.abc import Collection

from guardrail.inputs.pipelines.expressions import Node, Path
from guardrail.inputs.pipelines.github_file import condition_node
from guardrail.model import Value

_HEAD_REPOSITORY: Path = ("github", "event", "pull_request", "head", "repo", "full_name")
_HEAD_IS_FORK: Path = ("github", "event", "pull_request", "head", "repo", "fork")
_PULLS = frozenset(("pull_request", "pull_request_target"))
_INSIDERS = ("OWNER", "MEMBER", "COLLABORATOR")


def ruled_out(condition: Value, privileged: Collection[str]) -> bool:
    """True if a condition lets none of these events through where an outsider caused it: the pull request must come
    from the repository itself, its author belong to the project, or the event be another one."""
    node = condition_node(condition)
    if node is None:
        return False
    return any(_excludes(part, privileged) for part in (node[1] if node[0] == "and" else [node]))


def _excludes(node: Node, privileged: Collection[str]) -> bool:
    if node[0] == "or":
        return all(_excludes(item, privileged) for item in node[1])
    if node[0] == "and":
        return any(_excludes(item, privileged) for item in node[1])
    # With another event there is no head repository, so that "not a fork" is true.
    only_pulls = _PULLS.issuperset(privileged)
    if node[0] == "not":
        return only_pulls and bool(node[1] == ("context", _HEAD_IS_FORK))
    if node[0] != "compare":
        return False
    operator, left, right = node[1], node[2], node[3]
    if right[0] == "context" and left[0] == "literal":
        left, right = right, left
    if left[0] != "context":
        return False
    if right[0] not in ("context", "literal"):
        return False
    if operator == "==":
        if right[0] == "context":
            return {left[1], right[1]} == {_HEAD_REPOSITORY, ("github", "repository")}
        if left[1] == _HEAD_REPOSITORY:
            return isinstance(right[1], str)
        if left[1] == _HEAD_IS_FORK:
            return only_pulls and right[1] is False
        if left[1] == ("github", "event_name"):
            return isinstance(right[1], str) and right[1].lower() not in privileged
        if left[1][:2] == ("github", "event") and left[1][-1] == "author_association":
            return right[1] in _INSIDERS
    if operator == "!=":
        if left[1] == _HEAD_IS_FORK:
            return only_pulls and bool(right == ("literal", True))
        if left[1] == ("github", "event_name") and right[0] == "literal":
            return isinstance(right[1], str) and set(privileged) == {right[1].lower()}
    return False
