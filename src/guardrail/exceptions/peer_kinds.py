"""What kinds of things the checks of other scanners speak of.

A rule often stands in for many checks, one for each kind of thing that keeps data. Who accepts one of them for a whole
folder has accepted nothing of the other kinds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from guardrail.model import Finding

_PIPELINES = {"zizmor": ("github-actions", "dependabot")}
_kinds: dict[str, dict[str, list[str]]] = {}


def speaks_of(scanner: str, check: str, finding: Finding) -> bool:
    """Whether a check, one of those that the finding's rule stands in for, is about things of the finding's kind. So it
    is, too, where no other of these checks is about anything of the same cloud."""
    if scanner in _PIPELINES:
        return finding.provider in _PIPELINES[scanner]
    if not _kinds:
        with open(os.path.join(os.path.dirname(__file__), "peer_kinds.json"), "rb") as stream:
            _kinds.update(json.load(stream)["kinds"])
    checks = _kinds.get(scanner)
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
