"""The table of report formats. A new format is one module with `render`, and one line here."""

from __future__ import annotations

from typing import NamedTuple

FORMATS = {
    "text": "guardrail.reports.text",
    "json": "guardrail.reports.json_report",
    "sarif": "guardrail.reports.sarif",
    "html": "guardrail.reports.html_report",
    "gitlab": "guardrail.reports.gitlab",
    "github": "guardrail.reports.github",
    "junit": "guardrail.reports.junit",
    "markdown": "guardrail.reports.markdown",
    "csv": "guardrail.reports.csv_report",
}

TERMINAL_FORMATS = frozenset({"text"})  # read by people, in the terminal's own encoding


class ReportOptions(NamedTuple):
    """How a report is to look; a format ignores what means nothing to it.

    width: columns of the terminal; longer text is folded. clip: a line that stands for a whole finding is cut there
    (in a terminal, to be looked over; a log is searched, and should have all). max_findings: how many failures the
    text report prints before it only counts the rest; 0 prints all. title and generated stand in the HTML report's
    head; nothing is put there unless given, so that the same result gives the same bytes.
    """

    color: bool = False
    width: int = 100
    clip: bool = False
    quiet: bool = False
    verbose: bool = False
    max_findings: int = 0
    title: str = ""
    generated: str = ""
