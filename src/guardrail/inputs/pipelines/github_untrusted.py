"""What an outsider writes into GitHub's contexts, and which pieces of a text paste it.

An outsider is anyone with a GitHub account. Names that GitHub itself restricts to letters, digits and dashes
(logins, repository names, commit ids) are not counted: they can't break out of the code they are pasted into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from guardrail.inputs.pipelines.expressions import Expression, Paste, Path, find_expressions, pasted
from guardrail.model import Map, Origin, Value

UNTRUSTED_EVENTS = frozenset(
    ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment",
     "pull_request_comment", "issue_comment", "issues", "discussion", "discussion_comment", "workflow_run", "fork",
     "watch", "gollum", "commit_comment")
)  # fmt: skip
# Of those, the ones that run on the default branch, with its secrets and a token that may write. GitHub runs
# pull_request and the reviews of a fork with neither.
PRIVILEGED_EVENTS = UNTRUSTED_EVENTS - {
    "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_comment"
}  # fmt: skip

_COMMIT = ("message", "author.name", "author.email", "committer.name", "committer.email")
_REPOSITORY = ("default_branch", "description", "homepage")
UNTRUSTED_CONTEXTS: tuple[Path, ...] = tuple(
    tuple(("github." + name).split("."))
    for name in (
        "head_ref",
        "event.issue.title",
        "event.issue.body",
        "event.pull_request.title",
        "event.pull_request.body",
        "event.pull_request.head.ref",
        "event.pull_request.head.label",
        *(f"event.pull_request.head.repo.{field}" for field in _REPOSITORY),
        "event.comment.body",
        "event.review.body",
        "event.review_comment.body",
        "event.discussion.title",
        "event.discussion.body",
        "event.answer.body",
        "event.changes.title.from",
        "event.changes.body.from",
        "event.changes.head.ref.from",
        "event.pages.*.page_name",
        "event.pages.*.title",
        "event.pages.*.summary",
        *(f"event.commits.*.{field}" for field in _COMMIT),
        *(f"event.head_commit.{field}" for field in _COMMIT),
        "event.workflow_run.head_branch",
        "event.workflow_run.display_title",
        *(f"event.workflow_run.head_commit.{field}" for field in _COMMIT),
        *(f"event.workflow_run.head_repository.{field}" for field in _REPOSITORY),
        "event.workflow_run.pull_requests.*.head.ref",
        "event.check_suite.head_branch",
        "event.check_suite.head_commit.message",
        "event.check_suite.pull_requests.*.head.ref",
        "event.check_run.check_suite.head_branch",
        "event.check_run.pull_requests.*.head.ref",
        "event.forkee.description",
        "event.forkee.homepage",
        "event.forkee.default_branch",
    )
)
_PULL = frozenset(("head_ref", "pull_request", "changes"))
# What of `github` and `github.event` these events fill with outsiders' words. Of others it isn't told here, and
# repository_dispatch brings along whatever a workflow of issues or pull requests hands on.
_BROUGHT_BY = {
    "create": frozenset(), "delete": frozenset(), "merge_group": frozenset(), "release": frozenset(),
    "schedule": frozenset(), "workflow_dispatch": frozenset(),
    "push": frozenset(("commits", "head_commit")),
    "pull_request": _PULL, "pull_request_target": _PULL,
    "issues": frozenset(("issue", "changes")), "issue_comment": frozenset(("issue", "comment", "changes")),
}  # fmt: skip
_FIRST = frozenset(("github", "env", "inputs", "steps", "needs", "matrix"))
MAX_HOPS = 8
MAX_VARIABLES = 200  # of one `env`, where all of them are pasted at once


class Taint(str):
    """What an outsider controls, in words; `hops` is the way that it took to where it is looked at, farthest last.
    `parameter`: the call and input that it came into its file by; "" where it is of the file itself. `privileged`: it
    comes from where an outsider's event runs with the repository's rights."""

    __slots__ = ("hops", "parameter", "privileged")

    hops: tuple[Origin, ...]
    parameter: str
    privileged: bool

    def __new__(
        cls, words: str, hops: tuple[Origin, ...] = (), parameter: str = "", privileged: bool = False
    ) -> Taint:
        self = super().__new__(cls, words)
        self.hops, self.parameter, self.privileged = hops, parameter, privileged
        return self

    def through(self, words: str, *hops: Origin) -> Taint:
        """The same by one step more."""
        return Taint(words, (*hops, *self.hops), self.parameter, self.privileged)


class Flow(Protocol):
    """What is known of the texts that the steps of a job hand on, names in lower case."""

    def variable(self, name: str) -> Sequence[Taint]:
        """Of a variable that an earlier step has set."""

    def step_output(self, step: str, name: str | None) -> Iterable[Taint]:
        """Of all outputs where no name is given."""

    def job_output(self, job: str, name: str | None) -> Iterable[Taint]: ...

    def matrix(self, name: str | None) -> Iterable[Taint]: ...


class Level:
    """One `env` mapping; `keys` are its names in lower case, first come first."""

    __slots__ = ("_keys", "entries")

    def __init__(self, env: Value) -> None:
        self.entries = env if isinstance(env, Map) else Map()
        self._keys: dict[str, str] | None = None

    @property
    def keys(self) -> dict[str, str]:
        if self._keys is None:
            self._keys = {}
            for key in self.entries:
                self._keys.setdefault(key.lower(), key)
        return self._keys


class Scope:
    """What a step sees: `env` maps from the nearest to the farthest, for each input of its file (in lower case) the
    outsiders' values that callers hand in, what its job's steps hand on, and the events that alone start it, where
    that is known."""

    __slots__ = ("env", "events", "flow", "inputs")

    def __init__(
        self, env: Sequence[Level] = (), inputs: dict[str, list[Taint]] | None = None, flow: Flow | None = None,
        events: frozenset[str] | None = None,
    ) -> None:  # fmt: skip
        self.env = [level for level in env if level.entries]
        self.inputs = inputs or {}
        self.flow = flow
        self.events = events

    def around(self, level: int) -> Scope:
        """What the `env` of this number sees, which those beyond it have set."""
        return Scope(self.env[level + 1 :], self.inputs, self.flow, self.events)

    def brings(self, context: Path) -> bool:
        """Whether an event that starts it may fill this context."""
        if self.events is None or not all(event in _BROUGHT_BY for event in self.events):
            return True
        name = context[2] if context[1] == "event" else context[1]
        return any(name in _BROUGHT_BY[event] for event in self.events)


class Hit(NamedTuple):
    """An expression of a text, and one source that an outsider controls in what it pastes."""

    expression: Expression
    source: Taint


def untrusted_in(text: str, scope: Scope) -> list[Hit]:
    """Every expression of the text that pastes an outsider's words, once for each source."""
    return [
        Hit(expression, source)
        for expression in find_expressions(text)
        if expression.node is not None
        for source in dict.fromkeys(
            source for paste in pasted(expression.node) for source in sources_of(paste, scope)
        )
    ]  # fmt: skip


def sources_in(text: Value, scope: Scope) -> list[Taint]:
    """What outsiders control of a text, each once."""
    if not isinstance(text, str) or "${{" not in text:
        return []
    return list(dict.fromkeys(hit.source for hit in untrusted_in(text, scope)))


def always_privileged(source: str) -> bool:
    """True for what only events have that run with the repository's rights."""
    return any(f"github.event.{part}." in source for part in ("issue", "discussion", "workflow_run", "forkee"))


def sources_of(paste: Paste, scope: Scope, hops: int = 0) -> Iterator[Taint]:
    """What an outsider controls of a context: the context itself, or what `env`, a caller, a step or a job put into
    it."""
    path = paste.path
    if path[0] not in _FIRST:
        return
    if path[0] == "github":
        if any(_matches(path, wanted, paste.whole) and scope.brings(wanted) for wanted in UNTRUSTED_CONTEXTS):
            yield Taint(spelt(path))
    elif path[0] == "inputs":
        for name in sorted(scope.inputs):
            if len(path) == 1 or path[1] in (name, "*", None):
                for source in scope.inputs[name]:
                    yield source.through(f"inputs.{name}, {source}")
    elif path[0] == "env":
        if hops < MAX_HOPS:
            yield from _env_sources(path, paste.whole, scope, hops)
    elif scope.flow is not None:
        yield from _handed_on(path, paste.whole, scope.flow)


def _handed_on(path: Path, whole: bool, flow: Flow) -> Iterator[Taint]:
    name = path[1] if len(path) > 1 else None
    if path[0] == "matrix":
        yield from flow.matrix(None if name == "*" else name)
        return
    if name is None or name == "*" or (len(path) > 2 and path[2] != "outputs") or (len(path) < 4 and not whole):
        return
    output = path[3] if len(path) > 3 else None
    find = flow.step_output if path[0] == "steps" else flow.job_output
    for source in find(name, None if output == "*" else output):
        yield source.through(f"{spelt(path)}, which holds {source}")


def _env_sources(path: Path, whole: bool, scope: Scope, hops: int) -> Iterator[Taint]:
    """`env.X`: the nearest level that sets it counts; what that level refers to stands farther out."""
    name = path[1] if len(path) > 1 else None
    if len(path) == 1 and not whole:  # the word "Object"
        return
    set_already: set[str] = set()
    if scope.flow is not None and name is not None:
        for source in scope.flow.variable(name):
            yield source.through(f"env.{name.upper()}, which holds {source}")
    for number, level in enumerate(scope.env):
        if name is None or name == "*":
            wanted = list(level.keys)[:MAX_VARIABLES]
        else:
            wanted = [name] if name in level.keys else []
        for lowered in wanted:
            if lowered in set_already:
                continue
            set_already.add(lowered)
            key = level.keys[lowered]
            value = level.entries[key]
            if not isinstance(value, str) or "${{" not in value:
                continue
            outer = scope.around(number)
            for expression in find_expressions(value):
                if expression.node is None:
                    continue
                for inner in pasted(expression.node):
                    for source in sources_of(inner, outer, hops + 1):
                        hop = Origin(f"variable {key}", level.entries.spans[key], value)
                        yield source.through(f"env.{key}, which holds {source}", hop)
        if name in set_already:
            return


def variable_sources(name: str, scope: Scope) -> list[Taint]:
    """What outsiders control of a variable as the shell sees it."""
    lowered = name.lower()
    if lowered == "github_head_ref":
        return [Taint("github.head_ref")] if scope.brings(("github", "head_ref")) else []
    return list(dict.fromkeys(_env_sources(("env", lowered), False, scope, 0)))


def _matches(path: Path, wanted: Path, whole: bool) -> bool:
    """True if content of the `wanted` context comes out of `path`. A path that stops short gives an object,
    which is pasted as the word "Object" unless `whole`."""
    if len(path) > len(wanted):
        return False
    for segment, want in zip(path, wanted, strict=False):
        if segment != want and segment not in ("*", None) and want != "*":
            return False
    return len(path) == len(wanted) or whole


def spelt(path: Path) -> str:
    """The path as one writes it; `[?]` for an index that is computed."""
    out = ""
    for segment in path:
        if segment is None:
            out += "[?]"
        elif segment.isdecimal():
            out += f"[{segment}]"
        else:
            out += f".{segment}" if out else segment
    return out
