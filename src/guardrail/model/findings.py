"""What a scan says: findings, problems and the result that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from guardrail.model.span import Span

SEVERITIES = ("critical", "high", "medium", "low", "info")  # hardest first
CATEGORIES = ("security", "tagging", "resource-limits", "reliability", "cost", "supply-chain", "observability")

BECAUSE = ": cannot tell, because "
"""In an undetermined finding's message, between what it is about and why."""


def severity_rank(severity: str) -> int:
    """0 for critical ... 4 for info."""
    return SEVERITIES.index(severity)


class Problem(NamedTuple):
    """Something that kept the scan from being complete. `line` is 0 where the file as a whole is meant."""

    kind: str
    message: str
    file: str = ""
    line: int = 0

    def sort_key(self) -> tuple[str, int, str, str]:
        return (self.file, self.line, self.kind, self.message)


class Note(Problem):
    """Something worth knowing that leaves the scan complete: a remote module that was not followed."""

    __slots__ = ()


class Evidence(NamedTuple):
    """A value that led to the verdict, or a step on the way by which it came to be."""

    path: str
    value: Any  # plain JSON data, redacted
    span: Span
    note: str


class Suppression(NamedTuple):
    by: str  # inline | waiver | baseline
    reason: str
    span: Span | None = None
    until: str | None = None


class Excerpt(NamedTuple):
    """The source lines around a finding, secrets masked, without line ends."""

    first_line: int
    lines: tuple[str, ...]


class Finding(NamedTuple):
    rule: str
    title: str
    severity: str
    category: str
    verdict: str  # fail | undetermined
    resource: str
    instances: tuple[str, ...]
    kind: str
    platform: str
    provider: str
    span: Span
    message: str
    remedy: str
    evidence: tuple[Evidence, ...]
    replaces: dict[str, list[str]]
    frameworks: dict[str, list[str]]
    fingerprint: str
    enforce: str = "block"  # block | warn: whether it can break the gate
    suppression: Suppression | None = None
    excerpt: Excerpt | None = None
    effective: str = ""  # the day from which on it blocks, where it only warns until then: 2027-01-31
    environments: tuple[str, ...] = ()  # that its instances are in, as guardrail.yaml tells them apart
    owner: str = ""  # of what stands there, as a software catalogue of the tree has it: group:default/payments

    def sort_key(self) -> tuple[object, ...]:
        return (self.span.file, self.span.line, self.span.column, severity_rank(self.severity), self.rule,
                self.resource, self.fingerprint)  # fmt: skip


class RuleCard(NamedTuple):
    """What a report needs to know of a rule."""

    id: str
    title: str
    severity: str
    category: str
    why: str
    remedy: str
    on: tuple[str, ...]
    replaces: dict[str, list[str]]
    frameworks: dict[str, list[str]]


@dataclass
class Coverage:
    """What was looked at. A file is `partial` where part of it could not be read or judged, `skipped` where
    it was recognised as nothing of ours, `failed` where nothing of it could be read."""

    analysed: int = 0
    partial: int = 0
    skipped: int = 0
    failed: int = 0
    resources: int = 0
    rules: int = 0
    passes: int = 0
    passed: dict[str, dict[str, int]] = field(default_factory=dict)  # rule -> kind of resource -> passes


@dataclass
class Result:
    """All that a scan found, sorted; what every report is written from."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    rules: dict[str, RuleCard] = field(default_factory=dict)  # those that have a finding
    base: str = ""  # absolute path that files are relative to
    fail_on: str = "low"
    repositories: tuple[str, ...] = ()  # folders of those that were each scanned for itself, where there are several
    coverage_of: dict[str, Coverage] = field(default_factory=dict)  # what was looked at in each of them

    @property
    def active(self) -> list[Finding]:
        """Findings that nothing suppresses."""
        return [finding for finding in self.findings if finding.suppression is None]

    @property
    def failures(self) -> list[Finding]:
        return [finding for finding in self.active if finding.verdict == "fail"]

    @property
    def undetermined(self) -> list[Finding]:
        return [finding for finding in self.active if finding.verdict == "undetermined"]

    @property
    def gate_broken(self) -> bool:
        """True if an active failure that blocks is at least as severe as `fail_on` ("never": no gate)."""
        if self.fail_on == "never":
            return False
        limit = severity_rank(self.fail_on)
        return any(f.enforce == "block" and severity_rank(f.severity) <= limit for f in self.failures)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 the gate is broken, 3 the scan is incomplete. 3 outranks 1: findings of half a scan
        are not the findings."""
        if self.problems:
            return 3
        return 1 if self.gate_broken else 0
