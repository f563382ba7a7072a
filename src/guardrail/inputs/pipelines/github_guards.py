"""Conditions that keep outsiders out of a job or step.

Follows GitHub's "Evaluate expressions" for comparisons (what an event does not have is null, which equals null, false
and 0) and "Workflow syntax" for `needs`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from guardrail.inputs.pipelines.expressions import Node, Path, nodes_of
from guardrail.inputs.pipelines.github_file import condition_node, condition_text
from guardrail.model import Map, Seq, Value

_PULLS = frozenset(("pull_request", "pull_request_target"))
_OF_PULL: Path = ("github", "event", "pull_request")
_OF_RUN: Path = ("github", "event", "workflow_run")
_MERGED: Path = (*_OF_PULL, "merged")
# Where the code of an event comes from, and where it goes to.
_HEADS: tuple[Path, ...] = ((*_OF_PULL, "head", "repo"), (*_OF_RUN, "head_repository"))
_HEADS_OWNER: Path = (*_OF_PULL, "head", "user")
_OWN: tuple[Path, ...] = (("github", "event", "repository"), (*_OF_PULL, "base", "repo"), (*_OF_RUN, "repository"))
_OWN_BY_NAME: dict[Path, Path] = {
    ("github", "repository"): ("full_name",), ("github", "repository_id"): ("id",),
    ("github", "repository_owner"): ("owner", "login"), ("github", "repository_owner_id"): ("owner", "id"),
}  # fmt: skip
_TELLS_WHOSE: frozenset[Path] = frozenset(
    (("full_name",), ("id",), ("node_id",), ("html_url",), ("url",), ("clone_url",), ("ssh_url",), ("git_url",),
     ("owner", "login"), ("owner", "id"), ("owner", "node_id"))
)  # fmt: skip
_INSIDERS = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))
_AUTHORS: tuple[Path, ...] = ((*_OF_PULL, "user", "login"), ("github", "event", "comment", "user", "login"))
# What only people who may write to the repository set off; a run that a workflow_run follows tells by which event.
_OF_INSIDERS = frozenset(
    ("push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "create", "delete", "deployment",
     "merge_group", "workflow_call")
)  # fmt: skip
_RUN_ANYWAY = frozenset(("always", "failure", "cancelled"))


def ruled_out(condition: Value, privileged: Collection[str], code: bool = False) -> bool:
    """True if a condition lets none of these events through where an outsider caused it: the pull request must come
    from the repository itself, its author belong to the project, or the event be another one. Where it is `code` that
    matters, it may also be merged: its code was accepted then; its title and branch nobody has to have looked at."""
    node = condition_node(condition)
    return node is not None and _excludes(node, privileged, code)


def shut_out(root: Map, job: Map, privileged: Collection[str], code: bool = False) -> bool:
    """The same of a job and of those that it needs: where one of them is skipped, it is skipped, too, unless its own
    condition asks how they ended."""
    jobs = root.get("jobs")
    seen: set[int] = set()
    waiting = [job]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if ruled_out(one.get("if"), privileged, code):
            return True
        if isinstance(jobs, Map) and not _runs_anyway(one.get("if")):
            waiting += [needed for name in _needs(one) if isinstance(needed := jobs.get(name), Map)]
    return False


def _needs(job: Map) -> Iterator[str]:
    needs = job.get("needs")
    for name in needs if isinstance(needs, Seq) else [needs]:
        if isinstance(name, str):
            yield name


def _runs_anyway(condition: Value) -> bool:
    if not condition_text(condition):
        return False
    node = condition_node(condition)
    return node is None or any(item[0] == "call" and item[1] in _RUN_ANYWAY for item in nodes_of(node))


def _excludes(node: Node, privileged: Collection[str], code: bool) -> bool:
    kind = node[0]
    if kind == "or":
        return all(_excludes(item, privileged, code) for item in node[1])
    if kind == "and":
        return any(_excludes(item, privileged, code) for item in node[1])
    if kind == "context":
        return code and bool(node[1] == _MERGED)
    if kind == "not":
        return node[1][0] == "context" and _is_no_fork(node[1][1], privileged)
    if kind == "call":
        return _names_insiders(node)
    if kind != "compare":
        return False
    operator, left, right = node[1], node[2], node[3]
    if left[0] == "literal":
        left, right = right, left
    if left[0] != "context":
        return False
    if right[0] == "context":
        return operator == "==" and any(
            _is_home(*pair, privileged) for pair in ((left[1], right[1]), (right[1], left[1]))
        )
    if right[0] == "literal" and left[1] == _MERGED:
        return code and (operator, right[1]) in (("==", True), ("!=", False))
    return right[0] == "literal" and _excludes_by(operator, left[1], right[1], privileged)


def _excludes_by(operator: str, path: Path, value: object, privileged: Collection[str]) -> bool:
    """`path == value`, or `!=`."""
    if operator not in ("==", "!="):
        return False
    if path[-1] == "fork":
        return value is (operator == "!=") and _is_no_fork(path, privileged)
    if not isinstance(value, str):
        return False
    if path == ("github", "event_name"):
        named = value.lower()
        return named not in privileged if operator == "==" else set(privileged) == {named}
    if operator != "==":
        return False
    if path[:2] == ("github", "event") and path[-1] == "author_association":
        return value.upper() in _INSIDERS
    if path == (*_OF_RUN, "event"):
        return value.lower() in _OF_INSIDERS
    return path in _AUTHORS or _of_head(path) in _TELLS_WHOSE


def _is_home(head: Path, own: Path, privileged: Collection[str]) -> bool:
    """Whether the two are the same only where the code comes from the repository itself."""
    told = ("owner", "login") if head in _AUTHORS else _of_head(head)
    if told not in _TELLS_WHOSE or told != (_OWN_BY_NAME.get(own) or _below(own, _OWN)):
        return False
    return _is_there(own, privileged)  # two that are missing are the same, too


def _of_head(path: Path) -> Path:
    """What a path tells of the repository that the code comes from; () if nothing."""
    owner = _below(path, (_HEADS_OWNER,))
    return ("owner", *owner) if owner else _below(path, _HEADS)


def _is_no_fork(path: Path, privileged: Collection[str]) -> bool:
    """`fork` is false only where there is a head repository: with other events it is null, and null is false."""
    return _below(path, _HEADS) == ("fork",) and _is_there(path, privileged)


def is_own(path: Path) -> bool:
    """Whether it tells of the repository that the workflow is of."""
    return path in _OWN_BY_NAME or bool(_below(path, _OWN))


def _is_there(path: Path, privileged: Collection[str]) -> bool:
    """Whether each of these events has the object that a path leads into."""
    if path[:3] == _OF_PULL:
        return _PULLS.issuperset(privileged)
    return path[:3] != _OF_RUN or set(privileged) == {"workflow_run"}


def _below(path: Path, wholes: Collection[Path]) -> Path:
    """The rest of a path that leads into one of these; () where it does not."""
    return next((path[len(whole) :] for whole in wholes if path[: len(whole)] == whole), ())


def _names_insiders(node: Node) -> bool:
    """`contains(fromJSON('["OWNER", "MEMBER"]'), github.event.comment.author_association)`."""
    if node[1] != "contains" or len(node[2]) != 2:
        return False
    where, what = node[2]
    if what[0] != "context" or what[1][:2] != ("github", "event") or what[1][-1] != "author_association":
        return False
    if where[0] != "call" or where[1] != "fromjson" or len(where[2]) != 1 or where[2][0][0] != "literal":
        return False
    try:
        listed = json.loads(str(where[2][0][1]))
    except (ValueError, RecursionError):
        return False
    return isinstance(listed, list) and all(isinstance(item, str) and item.upper() in _INSIDERS for item in listed)
