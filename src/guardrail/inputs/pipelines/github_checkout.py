"""Whether a job checks out code that an outsider wrote, and which conditions rule that out."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.shell import checkouts, expanded_variables
from guardrail.inputs.pipelines.expressions import Node, Path, find_expressions, pasted
from guardrail.inputs.pipelines.github_file import GithubFile, condition_node, get_ci
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS, Level, Scope, spelt
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Seq, Span, Unknown, Value

# What names code of a pull request, or of the run that a workflow_run follows. A path counts with all below it.
_OUTSIDERS_CODE: tuple[Path, ...] = tuple(
    tuple(name.split("."))
    for name in (
        "github.head_ref",
        "github.event.pull_request.head",
        "github.event.pull_request.merge_commit_sha",
        "github.event.workflow_run.head_branch",
        "github.event.workflow_run.head_sha",
        "github.event.workflow_run.head_commit",
        "github.event.workflow_run.head_repository",
        "github.event.workflow_run.pull_requests",
        "github.event.check_suite.head_sha",
        "github.event.check_suite.head_branch",
        "github.event.check_run.head_sha",
    )
)
_NAMES_CODE = ("ref", "sha", "head", "branch", "commit", "pull", "pr", "repo")
_HEAD_REPOSITORY: Path = ("github", "event", "pull_request", "head", "repo", "full_name")
_HEAD_IS_FORK: Path = ("github", "event", "pull_request", "head", "repo", "fork")



def checks_out_untrusted(
    file: GithubFile, job: Map, triggers: list[str], env: list[Level]
) -> tuple[bool | Unknown, Span]:
    """True, with the place that says so, if a step brings in an outsider's code while an outsider's event
    runs the job with the repository's rights; Unknown if that hangs on what an earlier step gave out."""
    privileged = {event for event in triggers if event in PRIVILEGED_EVENTS}
    steps = job.get("steps")
    if not privileged or not isinstance(steps, Seq) or _ruled_out(job.get("if"), privileged):
        return False, job.header
    open_question: tuple[bool | Unknown, Span] | None = None
    for step in steps:
        if not isinstance(step, Map) or _ruled_out(step.get("if"), privileged):
            continue
        for verdict, span in _step(file, step, env):
            if verdict is True:
                return True, span
            open_question = open_question or (verdict, span)
    return open_question or (False, job.header)


def _step(file: GithubFile, step: Map, env: list[Level]) -> Iterator[tuple[bool | Unknown, Span]]:
    scope = Scope([Level(step.get("env")), *env], file.inputs)
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str) and uses.partition("@")[0].lower() == "actions/checkout":
        inputs = step.get("with")
        for name in ("ref", "repository"):
            key, value = get_ci(inputs, name)
            text = text_of(value)
            if text and isinstance(inputs, Map):
                verdict = _names_outsiders_code(text, scope)
                if verdict is not False:
                    yield verdict, inputs.spans[key]
    if isinstance(run, str):
        entry = step.spans["run"]
        for command, plainly in checkouts(run):
            verdict = True if plainly else _names_outsiders_code(command.text, scope)
            if verdict is False:
                verdict = _through_variables(command.text, scope)
            if verdict is not False:
                yield verdict, file.source.place(run, command.start, command.end, entry)


def _names_outsiders_code(text: str, scope: Scope, hops: int = 0) -> bool | Unknown:
    found: bool | Unknown = False
    if text.startswith(("refs/pull/", "pull/")) and text != "refs/pull/":
        return True
    for expression in find_expressions(text):
        if expression.node is None:
            continue
        if _has_pull_ref(expression.node):
            return True
        for paste in pasted(expression.node):
            path = paste.path
            if any(_below(path, wanted) for wanted in _OUTSIDERS_CODE):
                return True
            if path[0] in ("steps", "needs") and "outputs" in path:
                name = str(path[-1])
                if any(word in name for word in _NAMES_CODE):
                    found = Unknown(f"{spelt(path)} is known only when the pipeline runs", (spelt(path),))
            elif path[0] == "env" and hops < 4:
                inner = _variable(path[1] if len(path) > 1 else None, scope, hops)
                if inner is True:
                    return True
                found = inner or found
    return found


def _has_pull_ref(node: Node) -> bool:
    """`format('refs/pull/{0}/merge', ...)`."""
    if node[0] == "call" and node[1] == "format" and node[2]:
        first = node[2][0]
        return first[0] == "literal" and isinstance(first[1], str) and first[1].startswith("refs/pull/")
    return False


def _variable(name: str | None, scope: Scope, hops: int) -> bool | Unknown:
    for number, level in enumerate(scope.env):
        key = level.keys.get(name.lower()) if name is not None else None
        if key is not None:
            text = text_of(level.entries[key])
            outer = Scope(scope.env[number + 1 :], scope.inputs)
            return _names_outsiders_code(text, outer, hops + 1) if text else False
    return False


def _through_variables(command: str, scope: Scope) -> bool | Unknown:
    found: bool | Unknown = False
    for name in expanded_variables(command):
        if name == "GITHUB_HEAD_REF":
            return True
        verdict = _variable(name, scope, 0)
        if verdict is True:
            return True
        found = verdict or found
    return found


def _below(path: Path, wanted: Path) -> bool:
    if len(path) < len(wanted):
        return False
    return all(
        segment == want or segment in ("*", None) for segment, want in zip(path[: len(wanted)], wanted, strict=True)
    )  # fmt: skip


# Conditions ---------------------------------------------------------------------------------------------------


def _ruled_out(condition: Value, privileged: set[str]) -> bool:
    """True if a condition lets no outsider's code through: the pull request must come from the repository
    itself, or the event must be another one."""
    node = condition_node(condition)
    if node is None:
        return False
    return any(_excludes(part, privileged) for part in (node[1] if node[0] == "and" else [node]))


def _excludes(node: Node, privileged: set[str]) -> bool:
    if node[0] == "or":
        return all(_excludes(item, privileged) for item in node[1])
    if node[0] == "and":
        return any(_excludes(item, privileged) for item in node[1])
    # With another event there is no head repository, so that "not a fork" is true.
    only_pulls = privileged <= {"pull_request_target"}
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
    if operator == "!=":
        if left[1] == _HEAD_IS_FORK:
            return only_pulls and bool(right == ("literal", True))
        if left[1] == ("github", "event_name") and right[0] == "literal":
            return isinstance(right[1], str) and privileged == {right[1].lower()}
    return False
