"""A table of all findings for spreadsheets (RFC 4180): a line each, whatever its state."""

from __future__ import annotations

import csv
import io

from guardrail.model import Finding, Result
from guardrail.reports.hostile import visible
from guardrail.reports.summary import in_order, state_of
from guardrail.reports.table import ReportOptions

COLUMNS = (
    "state", "severity", "category", "rule", "title", "file", "line", "resource", "kind", "platform", "provider",
    "owner", "message", "remedy", "frameworks", "suppressed_by", "reason", "until", "fingerprint",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(result: Result, options: ReportOptions) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for finding in in_order(result.findings):
        table.writerow([_cell(value) for value in _row(finding)])
    return out.getvalue()


def _row(finding: Finding) -> list[object]:
    said = finding.suppression
    controls = (f"{name} {control}" for name in sorted(finding.frameworks) for control in finding.frameworks[name])
    return [
        state_of(finding), finding.severity, finding.category, finding.rule, finding.title, finding.span.file,
        finding.span.line, finding.resource, finding.kind, finding.platform, finding.provider, finding.owner,
        finding.message, finding.remedy, "; ".join(controls), said.by if said else "", said.reason if said else "",
        (said.until or "") if said else "", finding.fingerprint,
    ]  # fmt: skip


def _cell(value: object) -> object:
    """Spreadsheets run what begins like a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
