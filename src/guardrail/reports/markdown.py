"""Markdown for the summary of a job or a comment on a change (GitHub Flavored Markdown; GitLab's is near enough).

Short enough for a comment: the most severe findings in a table, and how many more there are. What comes from scanned
files is text and nothing else: no links, no mentions of people, no markup, no HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model import Finding, Problem, Result, severity_rank
from guardrail.reports.hostile import visible
from guardrail.reports.summary import by_repository, counted, in_order, severities_in_words, short_address
from guardrail.reports.table import ReportOptions
from guardrail.reports.text import summary_line

MAX_FINDINGS = 50
MAX_PROBLEMS = 20
MAX_TEXT = 300  # characters of a message

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$^=])")
_AUTOMATIC = re.compile(r"(@|://|\bwww(?=\\\.))")


def render(result: Result, options: ReportOptions) -> str:
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    mark = {0: "✅", 1: "❌", 3: "⚠️"}[result.exit_code]
    yield f"## {mark} guardrail"
    yield ""
    yield text(summary_line(result))
    if result.repositories:
        yield from _repositories(result)
    yield from _problems(result)
    yield from _findings(result)


def _repositories(result: Result) -> Iterator[str]:
    yield from ("", "| repository | findings | undetermined | suppressed | problems |")
    yield "| --- | --- | ---: | ---: | ---: |"
    for folder, summary in by_repository(result).items():
        found = severities_in_words(summary.by_severity) or "none"
        others = f"{summary.undetermined:,} | {summary.suppressed:,} | {summary.problems:,}"
        yield f"| {text(folder or '.')} | {found} | {others} |"


def _problems(result: Result) -> Iterator[str]:
    problems = sorted(result.problems, key=Problem.sort_key)
    if not problems:
        return
    yield from ("", "### The scan is incomplete", "")
    for problem in problems[:MAX_PROBLEMS]:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        yield f"- {f'{code(place)}: ' if place else ''}{text(problem.message)}"
    if len(problems) > MAX_PROBLEMS:
        yield f"- and {len(problems) - MAX_PROBLEMS:,} more"


def _findings(result: Result) -> Iterator[str]:
    findings = sorted(in_order(result.failures), key=lambda one: severity_rank(one.severity))
    if not findings:
        return
    yield from ("", "| severity | what | where | rule |", "| --- | --- | --- | --- |")
    for finding in findings[:MAX_FINDINGS]:
        yield _row(finding)
    if len(findings) > MAX_FINDINGS:
        yield ""
        yield f"{counted(len(findings) - MAX_FINDINGS, 'finding')} more in the other reports."


def _row(finding: Finding) -> str:
    place = f"{finding.span.file}:{finding.span.line}" if finding.span.line else finding.span.file
    what = text(finding.message)
    address = short_address(finding)
    if address not in finding.message:
        what = f"{what} ({code(address)})"
    severity = finding.severity if finding.enforce == "block" else f"{finding.severity} (warning)"
    return f"| {severity} | {what} | {code(place)} | {code(finding.rule)} |"


def text(words: str) -> str:
    """Words as they are: whatever Markdown would make of them, it doesn't."""
    shown = visible(" ".join(words.split()))
    if len(shown) > MAX_TEXT:
        shown = shown[: MAX_TEXT - 1] + "…"
    shown = shown.replace("&", "&amp;").replace("<", "&lt;")
    return _AUTOMATIC.sub(lambda found: f"{found[0][0]}&#8203;{found[0][1:]}", _MARKUP.sub(r"\\\1", shown))


def code(words: str) -> str:
    """The same in the type of code. Tables end at a `|` even there, and a code span at a backtick."""
    shown = visible(" ".join(words.split())).replace("`", "'").replace("|", "¦")
    return f"`{shown[:MAX_TEXT]}`" if shown else ""
