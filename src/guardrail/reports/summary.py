"""What every report counts alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from guardrail.model import CATEGORIES, SEVERITIES, Coverage, Finding, Result


class Summary(NamedTuple):
    """Numbers of findings. `by_severity` and `by_category` count failures (nothing suppressed, nothing
    undetermined) and have a key for every severity and category, in the model's order."""

    failures: int
    undetermined: int
    suppressed: int
    problems: int
    notes: int
    by_severity: dict[str, int]
    by_category: dict[str, int]


def summarise(result: Result) -> Summary:
    failures = result.failures
    severities = Counter(finding.severity for finding in failures)
    categories = Counter(finding.category for finding in failures)
    others = sorted(set(categories) - set(CATEGORIES))
    return Summary(
        failures=len(failures),
        undetermined=len(result.undetermined),
        suppressed=len(result.findings) - len(result.active),
        problems=len(result.problems),
        notes=len(result.notes),
        by_severity={severity: severities[severity] for severity in SEVERITIES},
        by_category={category: categories[category] for category in (*CATEGORIES, *others)},
    )


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `1,200 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def severities_in_words(by_severity: dict[str, int]) -> str:
    """`2 critical, 3 high`; empty where there is none."""
    return ", ".join(f"{number:,} {severity}" for severity, number in by_severity.items() if number)


def files_judged(coverage: Coverage) -> int:
    return coverage.analysed + coverage.partial


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=Finding.sort_key)


def state_of(finding: Finding) -> str:
    """fail, undetermined, or suppressed (whatever its verdict)."""
    return "suppressed" if finding.suppression is not None else finding.verdict


def short_address(finding: Finding) -> str:
    """The resource's address, without the file before `#` where the finding stands in that very file."""
    return finding.resource.removeprefix(f"{finding.span.file}#")
