"""What an outsider writes into GitHub's contexts, and which pieces of a text paste it.

An outsider is anyone with a GitHub account. Names that GitHub itself restricts to letters, digits and dashes
(logins, repository names, commit ids) are not counted: they can't break out of the code they are pasted into.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from guardrail.inputs.pipelines.expressions import Expression, Paste, Path, find_expressions, pasted
from guardrail.model import Map, Value

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
_FIRST = frozenset(("github", "env", "inputs"))
MAX_HOPS = 8
MAX_VARIABLES = 200  # of one `env`, where all of them are pasted at once


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
    """What a step sees: `env` maps from the nearest to the farthest, and for each input of its file (in lower
    case) the outsiders' values that callers hand in."""

    __slots__ = ("env", "inputs")

    def __init__(self, env: Sequence[Level] = (), inputs: dict[str, list[str]] | None = None) -> None:
        self.env = [level for level in env if level.entries]
        self.inputs = inputs or {}


class Hit(NamedTuple):
    """An expression of a text, and one source that an outsider controls in what it pastes."""

    expression: Expression
    source: str


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


def always_privileged(source: str) -> bool:
    """True for what only events have that run with the repository's rights."""
    return any(f"github.event.{part}." in source for part in ("issue", "discussion", "workflow_run", "forkee"))


def sources_of(paste: Paste, scope: Scope, hops: int = 0) -> Iterator[str]:
    """What an outsider controls of a context: the context itself, or what `env` or the caller put into it."""
    path = paste.path
    if path[0] not in _FIRST:
        return
    if path[0] == "github":
        if any(_matches(path, wanted, paste.whole) for wanted in UNTRUSTED_CONTEXTS):
            yield spelt(path)
    elif path[0] == "inputs":
        for name in sorted(scope.inputs):
            if len(path) == 1 or path[1] in (name, "*", None):
                for source in scope.inputs[name]:
                    yield f"inputs.{name}, {source}"
    elif hops < MAX_HOPS:
        yield from _env_sources(path, paste.whole, scope, hops)


def _env_sources(path: Path, whole: bool, scope: Scope, hops: int) -> Iterator[str]:
    """`env.X`: the nearest level that sets it counts; what that level refers to stands farther out."""
    name = path[1] if len(path) > 1 else None
    if len(path) == 1 and not whole:  # the word "Object"
        return
    set_already: set[str] = set()
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
            outer = Scope(scope.env[number + 1 :], scope.inputs)
            for expression in find_expressions(value):
                if expression.node is None:
                    continue
                for inner in pasted(expression.node):
                    for source in sources_of(inner, outer, hops + 1):
                        yield f"env.{key}, which holds {source}"
        if name in set_already:
            return


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
        elif segment.isdigit():
            out += f"[{segment}]"
        else:
            out += f".{segment}" if out else segment
    return out
