"""What came of a group of files, as JSON data and back. What many findings share is written down once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from guardrail.model import Evidence, Excerpt, Finding, Note, Problem, Span, Suppression
from guardrail.process import Part


class _Shared:
    """Values by number. Equal ones have the same."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        key = json.dumps(value) if isinstance(value, dict) else value
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = len(self.values)
            self.values.append(value)
        return known


def encode(part: Part) -> dict[str, Any]:
    shared = _Shared()
    return {
        "findings": [_encoded(finding, shared.number) for finding in part.findings],
        "problems": [(p.kind, p.message, p.file, p.line) for p in part.problems],
        "notes": [(p.kind, p.message, p.file, p.line) for p in part.notes],
        "files": part.files,
        "resources": part.resources,
        "passed": part.passed,
        "dated": part.dated,
        "environments": part.environments,
        "declared": part.declared,
        "open": [(rule, shared.number(span), root, block) for rule, span, root, block in part.open],
        "settled": part.settled,
        "shared": shared.values,
    }


def _encoded(finding: Finding, number: Callable[[Any], int]) -> tuple[Any, ...]:
    head = (finding.rule, finding.title, finding.severity, finding.category, finding.verdict, finding.kind,
            finding.platform, finding.provider, finding.remedy, finding.enforce, finding.effective,
            finding.environments)  # fmt: skip
    suppression, excerpt = finding.suppression, finding.excerpt
    return (
        number(head),
        number(finding.span),
        number(finding.replaces),
        number(finding.frameworks),
        finding.resource,
        finding.instances,
        finding.message,
        finding.fingerprint,
        [(one.path, one.value, number(one.span), one.note) for one in finding.evidence],
        suppression and (suppression.by, suppression.reason, suppression.span, suppression.until),
        excerpt and (excerpt.first_line, excerpt.lines),
    )


def decode(data: dict[str, Any]) -> Part:
    """Raises KeyError, IndexError, TypeError or ValueError for what `encode` has not written."""
    shared: list[Any] = data["shared"]
    spans: dict[int, Span] = {}

    def span_of(number: int) -> Span:
        known = spans.get(number)
        if known is None:
            known = spans[number] = Span(*shared[number])
        return known

    return Part(
        [_decoded(found, shared, span_of) for found in data["findings"]],
        [Problem(*problem) for problem in data["problems"]],
        [Note(*note) for note in data["notes"]],
        dict(data["files"]),
        int(data["resources"]),
        dict(data["passed"]),
        bool(data["dated"]),
        list(data["environments"]),
        list(data["declared"]),
        [(rule, span_of(span), root, block) for rule, span, root, block in data["open"]],
        dict(data["settled"]),
    )


def _decoded(found: list[Any], shared: list[Any], span_of: Callable[[int], Span]) -> Finding:
    head, span, replaces, frameworks, resource, instances, message, fingerprint, evidence, suppression, excerpt = found
    (rule, title, severity, category, verdict, kind, platform, provider, remedy, enforce, effective,
     environments) = shared[head]  # fmt: skip
    return Finding(
        rule, title, severity, category, verdict, resource, tuple(instances), kind, platform, provider, span_of(span),
        message, remedy, tuple([Evidence(path, value, span_of(at), note) for path, value, at, note in evidence]),
        shared[replaces], shared[frameworks], fingerprint, enforce,
        _suppression(*suppression) if suppression else None,
        Excerpt(excerpt[0], tuple(excerpt[1])) if excerpt else None,
        effective, tuple(environments),
    )  # fmt: skip


def _suppression(by: str, reason: str, span: list[Any] | None, until: str | None) -> Suppression:
    return Suppression(by, reason, Span(*span) if span else None, until)
