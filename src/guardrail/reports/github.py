"""Workflow commands of GitHub Actions, which become annotations at the changed lines.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: `::error file=...,line=...::message`.
GitHub shows ten of each kind for a step, so the most severe come first; SARIF has no such bound.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.model import Finding, Problem, Result, severity_rank
from guardrail.reports.hostile import for_log
from guardrail.reports.summary import in_order
from guardrail.reports.table import ReportOptions
from guardrail.reports.text import summary_line

_COMMANDS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}


def render(result: Result, options: ReportOptions) -> str:
    lines = [*_problems(result), *_findings(result), for_log(summary_line(result))]
    return "\n".join(lines) + "\n"


def _findings(result: Result) -> Iterator[str]:
    for finding in sorted(in_order(result.failures), key=lambda one: severity_rank(one.severity)):
        command = _COMMANDS[finding.severity] if finding.enforce == "block" else "notice"
        span = finding.span
        place: dict[str, str | int] = {"file": span.file, "line": max(1, span.line)}
        if span.end_line >= span.line > 0:
            place["endLine"] = span.end_line
            if span.end_line == span.line and span.column:  # columns only count within one line
                place |= {"col": span.column, "endColumn": span.end_column}
        yield _command(command, {**place, "title": f"{finding.severity}: {finding.rule}"}, _said(finding))


def _said(finding: Finding) -> str:
    return f"{finding.message}\nFix: {finding.remedy}" if finding.remedy else finding.message


def _problems(result: Result) -> Iterator[str]:
    for problem in sorted(result.problems, key=Problem.sort_key):
        place: dict[str, str | int] = {"file": problem.file, "line": max(1, problem.line)} if problem.file else {}
        yield _command("error", {**place, "title": f"incomplete: {problem.kind}"}, problem.message)


def _command(name: str, properties: dict[str, str | int], message: str) -> str:
    listed = ",".join(f"{key}={_property(for_log(str(value)))}" for key, value in properties.items())
    return f"::{name} {listed}::{'%0A'.join(_data(for_log(line)) for line in message.splitlines())}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
