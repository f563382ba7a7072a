"""Who decides what an expression pastes into code, where it isn't an outsider's to write: whoever starts or calls the
workflow, something that ran before, or nobody."""

from __future__ import annotations

from guardrail.inputs.pipelines.expressions import Node, Path, find_expressions, pasted
from guardrail.inputs.pipelines.github_untrusted import Scope, spelt
from guardrail.model import Map, Seq, Value

CHOSEN, COMPUTED, FIXED = "chosen", "computed", "fixed"
_RANK = {FIXED: 0, COMPUTED: 1, CHOSEN: 2}
MAX_HOPS = 6

# Of `github`: commit ids, numbers, addresses, folders, and names that GitHub restricts to letters, digits and dashes.
_FIXED_GITHUB = frozenset(
    ("action", "action_path", "action_ref", "action_repository", "action_status", "actor", "actor_id", "api_url", "env",
     "event_name", "event_path", "graphql_url", "job", "output", "path", "ref_protected", "ref_type", "repository",
     "repository_id", "repository_owner", "repository_owner_id", "repositoryurl", "retention_days", "run_attempt",
     "run_id", "run_number", "secret_source", "server_url", "sha", "state", "step_summary", "token",
     "triggering_actor", "workflow_sha", "workspace")
)  # fmt: skip
_FIXED_EVENT = frozenset(
    ("action", "additions", "after", "author_association", "before", "changed_files", "commits_count", "conclusion",
     "created", "created_at", "deleted", "deletions", "draft", "fork", "forced", "full_name", "head_sha", "id",
     "locked", "login", "merge_commit_sha", "merged", "merged_at", "node_id", "number", "prerelease", "private",
     "run_attempt", "run_id", "run_number", "schedule", "sha", "size", "state", "status", "type", "updated_at")
)  # fmt: skip
_FREE = frozenset(("inputs", "client_payload"))  # of an event: what whoever sends it makes up
_FIXED_RUNNER = frozenset(("arch", "os", "temp", "tool_cache", "debug", "environment", "workspace"))
_BY_THE_CLOCK = frozenset(("schedule",))
_TYPES_FIXED = frozenset(("boolean", "number", "choice", "environment"))


def control_of(node: Node, scope: Scope, types: dict[str, str], matrix: Value) -> tuple[str, str]:
    """(control, the context that it is about); of several, what is the least fixed counts."""
    found = (FIXED, "")
    for paste in pasted(node):
        found = _worse(found, (_control(paste.path, scope, types, matrix, 0), spelt(paste.path)))
    return found


def _worse(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    return other if not one[1] or _RANK[other[0]] > _RANK[one[0]] else one


def _control(path: Path, scope: Scope, types: dict[str, str], matrix: Value, hops: int) -> str:
    first = path[0]
    name = path[1] if len(path) > 1 else None
    if first == "github":
        return FIXED if scope.events == _BY_THE_CLOCK else _github(path)
    if first == "inputs":
        return FIXED if name is not None and types.get(name) in _TYPES_FIXED else CHOSEN
    if first in ("steps", "needs", "jobs"):
        return COMPUTED if len(path) < 3 or path[2] == "outputs" else FIXED
    if first == "matrix":
        return _matrix(name, scope, types, matrix, hops)
    if first == "env" and name not in (None, "*"):
        return _variable(str(name), scope, types, matrix, hops)
    if first == "runner":
        return FIXED if name in _FIXED_RUNNER else COMPUTED
    return COMPUTED if first in ("env", "vars", "job", "strategy") else FIXED


def _github(path: Path) -> str:
    if len(path) == 1:
        return CHOSEN
    if path[1] != "event":
        return FIXED if path[1] in _FIXED_GITHUB else CHOSEN
    last = path[-1]
    if len(path) > 2 and (path[2] in _FREE or path[2:4] == ("deployment", "payload")):
        return CHOSEN  # whatever its entries are called
    fixed = len(path) > 2 and isinstance(last, str) and (last in _FIXED_EVENT or last.endswith(("_id", "_url", "_at")))
    return FIXED if fixed or last == "url" else CHOSEN


def _text(text: Value, scope: Scope, types: dict[str, str], matrix: Value, hops: int) -> str:
    """Of a text that is written in the file, with the expressions in it."""
    if not isinstance(text, str) or "${{" not in text:
        return FIXED
    if hops >= MAX_HOPS:
        return COMPUTED
    found = FIXED
    for expression in find_expressions(text):
        for paste in pasted(expression.node) if expression.node is not None else ():
            control = _control(paste.path, scope, types, matrix, hops + 1)
            found = control if _RANK[control] > _RANK[found] else found
    return found


def _variable(name: str, scope: Scope, types: dict[str, str], matrix: Value, hops: int) -> str:
    for number, level in enumerate(scope.env):
        key = level.keys.get(name)
        if key is not None:
            outer = scope.around(number)
            return _text(level.entries[key], outer, types, matrix, hops)
    return COMPUTED  # an earlier step has set it, if anything has


def _matrix(name: str | None, scope: Scope, types: dict[str, str], matrix: Value, hops: int) -> str:
    if not isinstance(matrix, Map) or name is None or name == "*":
        return FIXED if matrix is None else COMPUTED
    values: list[Value] = []
    for key in matrix:
        value = matrix[key]
        if key.lower() == "include":
            if isinstance(value, str):
                values.append(value)
            for entry in value if isinstance(value, Seq) else ():
                if isinstance(entry, Map):
                    values += [entry[inner] for inner in entry if inner.lower() == name]
                elif isinstance(entry, str):
                    values.append(entry)
        elif key.lower() == name:
            values += _leaves(value)
    found = FIXED
    for value in values:
        control = _text(value, scope, types, None, hops)
        found = control if _RANK[control] > _RANK[found] else found
    return found


def _leaves(value: Value) -> list[Value]:
    if isinstance(value, Seq):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, Map):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [value]


def input_types(root: Map) -> dict[str, str]:
    """The types of a workflow's inputs, names in lower case; of several ways to start it, a text counts. An action's
    have none."""
    events = root.get("on", root.get("true"))
    found: dict[str, str] = {}
    if not isinstance(events, Map):
        return found
    for event in ("workflow_call", "workflow_dispatch"):
        declared = events.get(event)
        inputs = declared.get("inputs") if isinstance(declared, Map) else None
        for name, body in inputs.items() if isinstance(inputs, Map) else ():
            kind = body.get("type") if isinstance(body, Map) else None
            kind = kind if isinstance(kind, str) else "string"
            lowered = name.lower()
            if found.get(lowered, kind) in _TYPES_FIXED or kind not in _TYPES_FIXED:
                found[lowered] = kind
    return found
