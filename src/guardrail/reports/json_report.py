"""The JSON report, schema 1. `result.schema.json` beside this file is its published JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guardrail._version import __version__
from guardrail.model import Evidence, Finding, Problem, Result, Suppression
from guardrail.reports.hostile import json_pieces, json_value
from guardrail.reports.summary import by_repository, in_order, summarise
from guardrail.reports.table import ReportOptions

SCHEMA = 1


def render(result: Result, options: ReportOptions) -> str:
    return "".join(pieces(result, options))


def pieces(result: Result, options: ReportOptions) -> Iterator[str]:
    return json_pieces(_document(result))


def _document(result: Result) -> dict[str, Any]:
    """The whole report as plain data, in the order of its keys; its findings as they are asked for."""
    summary = summarise(result)
    coverage = result.coverage
    return {
        "schema": SCHEMA,
        "tool": {"name": "guardrail", "version": __version__},
        "summary": {
            "failures": summary.failures,
            "undetermined": summary.undetermined,
            "suppressed": summary.suppressed,
            "problems": summary.problems,
            "by_severity": summary.by_severity,
            "by_category": summary.by_category,
            "gate": {"fail_on": result.fail_on, "broken": result.gate_broken},
            "exit_code": result.exit_code,
        },
        **({"repositories": _repositories(result)} if result.repositories else {}),
        "findings": map(_finding, in_order(result.findings)),
        "problems": [_problem(problem) for problem in sorted(result.problems, key=Problem.sort_key)],
        "notes": [_problem(note) for note in sorted(result.notes, key=Problem.sort_key)],
        "coverage": {
            "files": {
                "analysed": coverage.analysed,
                "partial": coverage.partial,
                "skipped": coverage.skipped,
                "failed": coverage.failed,
            },
            "resources": coverage.resources,
            "rules": coverage.rules,
            "passes": coverage.passes,
        },
    }


def _repositories(result: Result) -> dict[str, Any]:
    return {
        folder or ".": {
            "failures": summary.failures,
            "undetermined": summary.undetermined,
            "suppressed": summary.suppressed,
            "problems": summary.problems,
            "by_severity": summary.by_severity,
        }
        for folder, summary in by_repository(result).items()
    }


def _finding(finding: Finding) -> dict[str, Any]:
    span = finding.span
    return {
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "category": finding.category,
        "verdict": finding.verdict,
        "enforce": finding.enforce,
        **({"effective": finding.effective} if finding.effective else {}),
        **({"environments": list(finding.environments)} if finding.environments else {}),
        "resource": finding.resource,
        "instances": list(finding.instances),
        "kind": finding.kind,
        "platform": finding.platform,
        "provider": finding.provider,
        **({"owner": finding.owner} if finding.owner else {}),
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": finding.message,
        "remedy": finding.remedy,
        "evidence": [_evidence(item) for item in finding.evidence],
        "replaces": _sorted_lists(finding.replaces),
        "frameworks": _sorted_lists(finding.frameworks),
        "fingerprint": finding.fingerprint,
        "suppression": None if finding.suppression is None else _suppression(finding.suppression),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "path": item.path,
        "value": json_value(item.value),
        "file": item.span.file,
        "line": item.span.line,
        "note": item.note,
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    span = suppression.span
    return {
        "by": suppression.by,
        "reason": suppression.reason,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "until": suppression.until,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"kind": problem.kind, "file": problem.file, "line": problem.line, "message": problem.message}


def _sorted_lists(lists: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: list(lists[name]) for name in sorted(lists)}
