"""What every report counts alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
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


def repository_of(file: str, folders: Collection[str]) -> str:
    """The one of these folders that a file is in, or that it is itself; empty where there is none."""
    name = file
    while name:
        if name in folders:
            return name
        name = name.rpartition("/")[0]
    return ""


def by_repository(result: Result) -> dict[str, Summary]:
    """The same numbers for each of several repositories."""
    return {folder: summarise(part) for folder, part in parted(result).items()}


def parted(result: Result) -> dict[str, Result]:
    """What was found in each of several repositories, in the order of their names; "", what stands beside them, is
    there only if there is something to tell."""
    parts = {
        folder: Result(
            coverage=result.coverage_of.get(folder) or Coverage(),
            rules=result.rules, base=result.base, fail_on=result.fail_on,
        )
        for folder in ("", *result.repositories)
    }  # fmt: skip
    for finding in result.findings:
        parts[repository_of(finding.span.file, parts)].findings.append(finding)
    for problem in result.problems:
        parts[repository_of(problem.file, parts)].problems.append(problem)
    for note in result.notes:
        parts[repository_of(note.file, parts)].notes.append(note)
    if not parts[""].findings and not parts[""].problems:
        del parts[""]
    return parts


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
