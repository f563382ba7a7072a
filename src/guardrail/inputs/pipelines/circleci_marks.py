"""What tells a configuration of CircleCI, or an orb's source, from all other YAML."""

from __future__ import annotations

import re

from guardrail.model.patterns import lazy_regex

_TOP_KEY = lazy_regex(rb"""^["']?([A-Za-z][\w-]*)["']?[ \t]*:(?:[ \t]|\r?$)""", re.MULTILINE)
_VERSION = lazy_regex(rb"""^["']?version["']?[ \t]*:[ \t]*["']?2(?:\.[01])?["']?[ \t]*(?:#[^\n]*)?\r?$""", re.MULTILINE)
_FOREIGN = frozenset(
    (b"services", b"apiVersion", b"kind", b"updates", b"linters", b"builds", b"project_name", b"on", b"runs", b"models",
     b"sources", b"openapi", b"swagger")
)  # fmt: skip
_OWN = frozenset((b"workflows", b"orbs", b"executors", b"setup"))
_SHARED = frozenset((b"jobs", b"commands"))
_JOB = lazy_regex(
    rb"""^[ \t]+(?:docker|machine|macos|executor|resource_class|steps)[ \t]*:|^[ \t]*-[ \t]+(?:run|checkout)\b""",
    re.MULTILINE,
)


def is_circleci(head: bytes) -> bool:
    """True for what says `version: 2` and has workflows or jobs as CircleCI has them."""
    if not _VERSION.search(head):
        return False
    tops = {match.group(1) for match in _TOP_KEY.finditer(head)}
    if not tops.isdisjoint(_FOREIGN):
        return False
    if tops.isdisjoint(_OWN) and tops.isdisjoint(_SHARED):
        return False
    return b"workflows" in tops or _JOB.search(head) is not None
