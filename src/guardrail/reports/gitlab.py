"""GitLab's Code Quality report, which merge requests show beside the changed lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: a list of issues with a description, the
name of the check, a fingerprint, a severity and a place. Failures and problems are issues; it has no word for what is
suppressed or undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guardrail.model import Finding, Problem, Result
from guardrail.policy.findings import fingerprint_of
from guardrail.reports.hostile import json_text, visible
from guardrail.reports.summary import in_order
from guardrail.reports.table import ReportOptions

SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}
OF_PROBLEMS = "major"


def render(result: Result, options: ReportOptions) -> str:
    return json_text([*_issues(result), *map(_of_problem, sorted(result.problems, key=Problem.sort_key))])


def _issues(result: Result) -> Iterator[dict[str, Any]]:
    known: set[str] = set()
    for finding in in_order(result.failures):
        # Two repositories may hold the same file; GitLab takes equal fingerprints for one issue.
        fingerprint = finding.fingerprint
        if fingerprint in known:
            fingerprint = fingerprint_of(f"{finding.span.file}\0{fingerprint}")
        known.add(fingerprint)
        yield _issue(finding, fingerprint)


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "description": visible(finding.message),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {"path": visible(finding.span.file), "lines": {"begin": max(1, finding.span.line)}},
    }


def _of_problem(problem: Problem) -> dict[str, Any]:
    return {
        "description": visible(f"The scan is incomplete: {problem.message}"),
        "check_name": problem.kind,
        "fingerprint": fingerprint_of("\0".join(("problem", problem.kind, problem.file, problem.message))),
        "severity": OF_PROBLEMS,
        "location": {"path": visible(problem.file) or ".", "lines": {"begin": max(1, problem.line)}},
    }
