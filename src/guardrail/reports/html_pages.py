"""The HTML report of several repositories as a folder of pages: one for each, and one that leads to them.

Of some ten thousand findings a single page is larger than anybody wants to open.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from guardrail.model import SEVERITIES, Result, severity_rank
from guardrail.reports import html_report
from guardrail.reports.summary import Summary, parted, repository_of, summarise
from guardrail.reports.table import ReportOptions

INDEX = "index.html"
MAX_RULES = 100
_BESIDE = "beside the repositories"
_LENGTH = 100  # of a page's name


def pages(result: Result, options: ReportOptions) -> Iterator[tuple[str, str]]:
    """(name of a file, what is in it), the first page first. One page, where there is but one repository."""
    if not result.repositories:
        yield INDEX, html_report.render(result, options)
        return
    parts = parted(result)
    names = _names(parts)
    rows = [(folder, names[folder], summarise(part)) for folder, part in parts.items()]
    yield INDEX, html_report.filled("overview.html.j2", _overview(result, options, rows))
    for folder, part in parts.items():
        yield names[folder], html_report.render(part, options._replace(title=folder or _BESIDE), INDEX)


def _names(folders: Iterable[str]) -> dict[str, str]:
    """Of the pages: what may stand in any file system and in an address, whatever a folder is called."""
    names: dict[str, str] = {}
    taken = {INDEX}
    for folder in folders:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", folder).strip("-.")[:_LENGTH] or "beside"
        name, number = f"{stem}.html", 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}.html"
        taken.add(name.lower())
        names[folder] = name
    return names


def _overview(result: Result, options: ReportOptions, rows: list[tuple[str, str, Summary]]) -> dict[str, Any]:
    worst_first = sorted(rows, key=lambda row: ([-number for number in row[2].by_severity.values()], row[0]))
    rules = _rules(result)
    return {
        **html_report.outcome(result, options),
        "problems": [],  # each stands on the page of its repository
        "up": "",
        "severities": SEVERITIES,
        "repositories": [
            {"name": folder or _BESIDE, "page": page, **summary._asdict()} for folder, page, summary in worst_first
        ],
        "total": summarise(result),
        "rules": rules[:MAX_RULES],
        "all_rules": len(rules),
    }


def _rules(result: Result) -> list[dict[str, Any]]:
    """Those with failures, the hardest first, then those in most repositories."""
    failures: Counter[str] = Counter()
    within: dict[str, set[str]] = {}
    worst: dict[str, str] = {}
    titles: dict[str, str] = {}
    for finding in result.failures:
        failures[finding.rule] += 1
        within.setdefault(finding.rule, set()).add(repository_of(finding.span.file, result.repositories))
        worst[finding.rule] = min(worst.get(finding.rule, finding.severity), finding.severity, key=severity_rank)
        titles[finding.rule] = finding.title
    order = sorted(failures, key=lambda rule: (severity_rank(worst[rule]), -len(within[rule]), -failures[rule], rule))
    return [
        {
            "id": rule, "title": titles[rule], "severity": worst[rule], "failures": failures[rule],
            "repositories": len(within[rule]),
        }
        for rule in order
    ]  # fmt: skip
