"""What is known of other scanners' checks: by what names they go, and what kinds of things they speak of."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from guardrail.config.peer_files import MAX_STARS
from guardrail.model import Finding
from guardrail.model.patterns import lazy_regex

ALL = "*"

_AVD = lazy_regex(r"(?i)(?:avd-)?([a-z]+-[0-9]{4})\Z")
_PIPELINES = {"zizmor": ("github-actions", "dependabot")}


@cache
def _facts(file: str, key: str) -> Any:
    with open(os.path.join(os.path.dirname(__file__), file), "rb") as stream:
        return json.load(stream)[key]


def trivy_ids(name: str) -> tuple[str, ...]:
    """What Trivy calls a check today, by that or by what it, or tfsec, has called it."""
    if name == ALL:
        return (ALL,)
    match = _AVD.match(name)
    if match:
        return (match[1].upper(),)
    names: dict[str, list[str]] = _facts("trivy_names.json", "names")
    if "*" not in name:
        return tuple(names.get(name, ()))
    if name.count("*") > MAX_STARS:
        return ()
    return tuple(sorted({check for known, ids in names.items() if fnmatchcase(known, name) for check in ids}))


def speaks_of(scanner: str, check: str, finding: Finding) -> bool:
    """Whether a check, one of those that the finding's rule stands in for, is about things of the finding's kind. So it
    is, too, where no other of these checks is about anything of the same cloud.

    A rule often stands in for many checks, one for each kind of thing that keeps data. Who accepts one of them for a
    whole folder has accepted nothing of the other kinds.
    """
    if scanner in _PIPELINES:
        return finding.provider in _PIPELINES[scanner]
    checks: dict[str, list[str]] | None = _facts("peer_kinds.json", "kinds").get(scanner)
    if checks is None:
        return finding.platform == "kubernetes"
    if _fit(scanner, checks.get(check, ()), finding):
        return True
    cloud = _cloud(finding.kind)
    near = [one for one in finding.replaces.get(scanner, ()) if cloud in map(_cloud, checks.get(one, ()))]
    return near == [check]


def _fit(scanner: str, kinds: Iterable[str], finding: Finding) -> bool:
    if scanner == "checkov":
        return finding.kind in kinds or f"@{finding.provider}" in kinds
    return any(finding.kind.startswith(start) if start else finding.platform == "kubernetes" for start in kinds)


def _cloud(kind: str) -> str:
    start, line, _ = kind.partition("_")
    return start if line or start.startswith("@") else "kubernetes"
