"""JUnit's XML, as Jenkins, GitLab and Azure Pipelines take it for the results of tests.

There is no specification; this is what they have in common (https://github.com/testmoapp/junitxml). A suite is a
rule, a case a finding: one that fails is a failure, one that is suppressed or undetermined is skipped, with the reason.
A rule that found nothing wrong where it was asked is one case that passes. What kept the scan from being complete is an
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from guardrail.model import Finding, Problem, Result
from guardrail.reports.evidence import in_words
from guardrail.reports.hostile import visible
from guardrail.reports.summary import in_order, state_of
from guardrail.reports.table import ReportOptions


def render(result: Result, options: ReportOptions) -> str:
    by_rule: dict[str, list[Finding]] = {rule: [] for rule, kinds in result.coverage.passed.items() if kinds}
    for finding in in_order(result.findings):
        by_rule.setdefault(finding.rule, []).append(finding)
    problems = sorted(result.problems, key=Problem.sort_key)
    suites = [piece for rule in sorted(by_rule) for piece in _suite(rule, by_rule[rule])]
    if problems:
        suites += _incomplete(problems)
    states = [state_of(finding) for finding in result.findings]
    passing = sum(1 for findings in by_rule.values() if not findings)
    totals = {
        "tests": len(states) + passing + len(problems),
        "failures": states.count("fail"),
        "errors": len(problems),
        "skipped": len(states) - states.count("fail"),
    }
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return "\n".join([head, f"<testsuites{_attributes(name='guardrail', **totals)}>", *suites, "</testsuites>"]) + "\n"


def _suite(rule: str, findings: list[Finding]) -> Iterator[str]:
    states = [state_of(finding) for finding in findings]
    failures = states.count("fail")
    yield "  <testsuite" + _attributes(
        name=rule, tests=max(1, len(findings)), failures=failures, errors=0, skipped=len(findings) - failures
    ) + ">"
    if not findings:
        yield f"    <testcase{_attributes(classname=rule, name='all that it speaks of')}/>"
    for finding in findings:
        yield from _case(finding)
    yield "  </testsuite>"


def _case(finding: Finding) -> Iterator[str]:
    span = finding.span
    place = f"{span.file}:{span.line}" if span.line else span.file
    yield "    <testcase" + _attributes(
        classname=finding.rule, name=f"{finding.resource} ({place})", file=span.file, line=max(1, span.line)
    ) + ">"
    if finding.suppression is not None:
        said = finding.suppression
        yield f"      <skipped{_attributes(message=f'{said.by}: {said.reason}' if said.reason else said.by)}/>"
    elif finding.verdict == "undetermined":
        yield f"      <skipped{_attributes(message=finding.message)}/>"
    else:
        lines = [place, *(f"{in_words(item)}, {item.span.file}:{item.span.line}" for item in finding.evidence)]
        if finding.remedy:
            lines.append(f"fix: {finding.remedy}")
        text = "\n".join(escape(visible(line)) for line in lines)
        yield f"      <failure{_attributes(message=finding.message, type=finding.severity)}>{text}</failure>"
    yield "    </testcase>"


def _incomplete(problems: list[Problem]) -> Iterator[str]:
    name, count = "the scan is complete", len(problems)
    yield f"  <testsuite{_attributes(name=name, tests=count, failures=0, errors=count, skipped=0)}>"
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        yield f"    <testcase{_attributes(classname=problem.kind, name=place or problem.kind)}>"
        yield f"      <error{_attributes(message=problem.message, type=problem.kind)}/>"
        yield "    </testcase>"
    yield "  </testsuite>"


def _attributes(**values: object) -> str:
    """XML has no word for control characters: they are written as escapes."""
    return "".join(f" {name}={quoteattr(visible(str(value)))}" for name, value in values.items())
