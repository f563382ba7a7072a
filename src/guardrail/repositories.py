"""Results of several repositories -> one, under the names of their folders."""

from __future__ import annotations

from collections.abc import Mapping

from guardrail.model import Coverage, Finding, Note, Problem, Result, Span

EMPTY = "empty-scan"


def together(results: Mapping[str, Result], failed: Mapping[str, Problem]) -> Result:
    """`results` by the folder of each, "" for what stands beside the repositories; that one's gate is that of all.
    `failed`: what keeps others from being scanned.
    Findings keep their fingerprints and addresses: they are what a scan of the repository by itself finds. That there
    is nothing to judge in one is no problem as long as there is something in another.
    """
    whole = results[""]
    looked = [result.coverage for result in results.values()]
    some = any(coverage.analysed or coverage.partial or coverage.failed for coverage in looked)
    made = Result(base=whole.base, fail_on=whole.fail_on, coverage=_sum(looked))
    made.repositories = tuple(sorted({*(folder for folder in results if folder), *failed}))
    made.coverage_of = {folder: result.coverage for folder, result in results.items()}
    made.problems += failed.values()
    for folder, result in results.items():
        made.findings += (_finding(finding, folder) for finding in result.findings)
        made.notes += (note._replace(file=name_above(folder, note.file)) for note in result.notes)
        for problem in result.problems:
            problem = problem._replace(file=name_above(folder, problem.file))
            if problem.kind == EMPTY and some:
                made.notes.append(Note(*problem))
            else:
                made.problems.append(problem)
        made.rules.update(result.rules)
    made.findings.sort(key=Finding.sort_key)
    made.problems.sort(key=Problem.sort_key)
    made.notes.sort(key=Problem.sort_key)
    made.rules = dict(sorted(made.rules.items()))
    return made


def name_above(folder: str, file: str) -> str:
    """The name of a repository's file as seen from above the repository's folder."""
    return "/".join(part for part in (folder, file) if part)


def _span(span: Span, folder: str) -> Span:
    return span._replace(file=name_above(folder, span.file)) if span.file else span


def _finding(finding: Finding, folder: str) -> Finding:
    if not folder:
        return finding
    suppression = finding.suppression
    if suppression and suppression.span:
        suppression = suppression._replace(span=_span(suppression.span, folder))
    return finding._replace(
        span=_span(finding.span, folder),
        evidence=tuple(item._replace(span=_span(item.span, folder)) for item in finding.evidence),
        suppression=suppression,
    )


def _sum(parts: list[Coverage]) -> Coverage:
    """Rules are the same ones everywhere, unless packs or profiles say otherwise: as many as count in one of them."""
    total = Coverage(rules=max(part.rules for part in parts))
    for part in parts:
        total.analysed += part.analysed
        total.partial += part.partial
        total.skipped += part.skipped
        total.failed += part.failed
        total.resources += part.resources
        total.passes += part.passes
        for rule, kinds in part.passed.items():
            of_rule = total.passed.setdefault(rule, {})
            for kind, count in kinds.items():
                of_rule[kind] = of_rule.get(kind, 0) + count
    return total
