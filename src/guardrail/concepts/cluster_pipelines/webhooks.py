"""Which words in what a webhook brings are an outsider's.

A path leads into the body of a webhook of GitHub (or Gitea), GitLab or Bitbucket. Commit ids, numbers, logins, names
and addresses of repositories are not counted: none of them can break out of the code that it is pasted into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.inputs.pipelines.github_untrusted import UNTRUSTED_CONTEXTS, UNTRUSTED_EVENTS
from guardrail.model.patterns import lazy_regex

Path = tuple[str, ...]  # names and indices; "*" for any

_GITHUB = tuple(tuple(str(part) for part in path[2:]) for path in UNTRUSTED_CONTEXTS if path[1] == "event")
_AUTHOR = ("name", "email")
_OTHERS = tuple(
    tuple(name.split("."))
    for name in (
        # GitHub and Gitea; the branches of a push
        "ref", "base_ref", "pull_request.head.label", "pull_request.user.email", "release.name", "release.body",
        "release.tag_name",
        "release.target_commitish", "issue.milestone.title", "milestone.title", "milestone.description",
        # GitLab
        "object_attributes.title", "object_attributes.description", "object_attributes.note",
        "object_attributes.source_branch", "object_attributes.last_commit.message",
        "object_attributes.last_commit.title", *(f"object_attributes.last_commit.author.{part}" for part in _AUTHOR),
        "merge_request.title", "merge_request.description", "merge_request.source_branch",
        "merge_request.last_commit.message", "merge_request.last_commit.title", "issue.description",
        "commits.*.title", "commit.message", "commit.title", *(f"commit.author.{part}" for part in _AUTHOR),
        "user.name", "user_name",
        # Bitbucket, in the cloud and on one's own machines
        "pullrequest.title", "pullrequest.description", "pullrequest.source.branch.name", "comment.content.raw",
        "push.changes.*.new.name", "push.changes.*.new.target.message", "push.changes.*.commits.*.message",
        "pullRequest.title", "pullRequest.description", "pullRequest.fromRef.displayId", "pullRequest.fromRef.id",
        "comment.text", "changes.*.ref.displayId", "changes.*.ref.id", "changes.*.refId",
    )
)  # fmt: skip
WORDS: tuple[Path, ...] = tuple(dict.fromkeys((*_GITHUB, *_OTHERS)))
# Of events that only who may push starts; all others anyone with an account may.
_PUSHES = frozenset(("ref", "base_ref", "head_commit", "commits", "push", "release", "commit", "user_name"))
_SEGMENT = lazy_regex(r"""\.?([A-Za-z_][\w-]*)|\[(?:"([^"\]]{1,200})"|'([^'\]]{1,200})'|(\d{1,9}|\*))\]|\.(\d{1,9})""")
_IN_CEL = lazy_regex(
    r"(?<![\w.])body((?:\.\w+|\[(?:'[^'\]]{1,100}'|\"[^\"\]]{1,100}\"|\d{1,9})\]){1,20})"
    r"(?!\w)(?P<asked>\s*\(|\s*(?:==|!=|<|>|\bin\b))?"
)
_ASKS = frozenset(("matches", "startsWith", "endsWith", "contains", "size", "exists", "all", "find"))


def segments(path: str) -> Path:
    """The parts of `pull_request.head['ref']`; brackets and dots mean the same."""
    found: list[str] = []
    at = 0
    while at < len(path) and len(found) < 40:
        match = _SEGMENT.match(path, at)
        if match is None:
            return ()
        found.append(next(group for group in match.groups() if group is not None))
        at = match.end()
    return tuple(found)


def outsiders(path: Path) -> bool | None:
    """None where nothing of an outsider's comes out of this path into a webhook's body; else whether anyone may start
    the event. A path that stops short gives an object with all that is below it."""
    for wanted in WORDS:
        # Below a word there is nothing more, save that what binds a list may ask for one of its items.
        if len(path) <= len(wanted) and all(
            one == other or "*" in (one, other) for one, other in zip(path, wanted, strict=False)
        ):
            return bool(path) and path[0] not in _PUSHES and not (path[0] == "changes" and path[1:2] != ("title",))
    return None


def in_cel(expression: str) -> Iterator[Path]:
    """Paths into the body that a CEL expression gives on: not those that it only compares or asks something of."""
    for match in _IN_CEL.finditer(expression[:5000]):
        path = segments(match[1])
        if match["asked"] is not None and match["asked"].strip() == "(":
            method, path = (path[-1] if path else ""), path[:-1]
            if method in _ASKS:
                continue
        elif match["asked"] is not None:
            continue
        if path:
            yield path


_OUTSIDERS = lazy_regex(
    r"merge ?request|note|issue|pull_?request|pr:|comment|discussion|incoming|on-comment", re.IGNORECASE
)


def is_outsiders_event(event: str) -> bool:
    """True for an event that anyone may start who has an account where the code is."""
    return event in UNTRUSTED_EVENTS or _OUTSIDERS.match(event) is not None
