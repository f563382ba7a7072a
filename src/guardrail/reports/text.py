"""The text report: what a developer reads in a terminal or a CI log. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guardrail.model import BECAUSE, SEVERITIES, Evidence, Finding, Problem, Result, Span, severity_rank
from guardrail.reports.evidence import in_words
from guardrail.reports.excerpts import columns, expand_tabs, lines_of
from guardrail.reports.hostile import for_log, without_log_commands
from guardrail.reports.summary import (
    by_repository,
    counted,
    files_judged,
    in_order,
    severities_in_words,
    short_address,
    summarise,
)
from guardrail.reports.table import ReportOptions

IN_FULL = 3  # findings of one rule in one file that are shown in full; the rest only with their places
ONE_SCREEN = 8  # findings, the most severe, that are shown in full where there are more than fit a screen
EXCERPT_LINES = 3
ALIKE = 5  # problems of one kind in one folder, of which more say no more
MIN_WIDTH = 40

_COLORS = {
    "critical": "1;31", "high": "31", "medium": "33", "low": "36", "info": "34", "undetermined": "35",
    "bold": "1", "dim": "2", "good": "32", "bad": "1;31",
}  # fmt: skip


def render(result: Result, options: ReportOptions) -> str:
    page = _Page(options)
    if not options.quiet:
        page.failures(in_order(result.failures))
        page.undetermined(in_order(result.undetermined))
        if options.verbose:
            page.suppressed(in_order(f for f in result.findings if f.suppression is not None))
            page.told("Notes", sorted(result.notes, key=Problem.sort_key), "dim")
        page.told("Problems: the scan is incomplete", sorted(result.problems, key=Problem.sort_key), "bad")
        if result.repositories:
            page.repositories(result)
    mood = "bad" if result.exit_code else "medium" if result.failures else "good"
    page.line(page.paint(summary_line(result), mood))
    return "\n".join(page.lines) + "\n"


def summary_line(result: Result) -> str:
    """`12 findings (2 critical, 3 high), 4 undetermined, 1 suppressed, 2 problems · 41 files, 120 resources,
    60 rules · gate broken`. What is nought is left out, but for the findings themselves."""
    summary, coverage = summarise(result), result.coverage
    found = counted(summary.failures, "finding") if summary.failures else "no findings"
    if summary.failures:
        found += f" ({severities_in_words(summary.by_severity)})"
    told = [found]
    if summary.undetermined:
        told.append(f"{summary.undetermined:,} undetermined")
    if summary.suppressed:
        told.append(f"{summary.suppressed:,} suppressed")
    if summary.problems:
        told.append(counted(summary.problems, "problem"))
    if summary.notes:
        told.append(counted(summary.notes, "note"))
    looked = ", ".join(
        (
            counted(files_judged(coverage), "file"),
            counted(coverage.resources, "resource"),
            counted(coverage.rules, "rule"),
        )
    )
    line = f"{', '.join(told)} · {looked}"
    if summary.failures:
        line += f" · gate broken (fails on {result.fail_on})" if result.gate_broken else f" · gate {_holds(result)}"
    return line


def _holds(result: Result) -> str:
    return "off" if result.fail_on == "never" else f"holds (fails on {result.fail_on})"


class _Page:
    """The lines of a report. What comes from scanned files goes through `for_log` on its way in."""

    def __init__(self, options: ReportOptions) -> None:
        self.lines: list[str] = []
        self.options = options
        self.width = max(MIN_WIDTH, options.width)
        self.shown: Span | None = None  # what the finding just above points at

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self.options.color else text

    def line(self, text: str = "") -> None:
        if text.lstrip().startswith("::"):  # GitHub Actions would take it for a command
            text = text.replace("::", "\\::", 1)
        self.lines.append(text)

    def wrapped(self, lead: str, text: str, indent: int, color: str = "") -> None:
        """`lead` and the text after it, folded at the width; further lines stand below the text's start."""
        room = max(20, self.width - indent - len(lead))
        for number, piece in enumerate(_fold(text, room)):
            start = " " * indent + (self.paint(lead, "dim") if number == 0 else " " * len(lead))
            self.line(start + (self.paint(piece, color) if color else piece))

    def repositories(self, result: Result) -> None:
        """A line each: how many findings of each severity, and what else."""
        rows = by_repository(result)
        widest = max((len(for_log(folder)) for folder in rows), default=0)
        self.line(self.paint(f"{'Repositories':<{widest}}  {'  '.join(f'{name:>8}' for name in SEVERITIES)}", "bold"))
        for folder, summary in rows.items():
            numbers = [f"{number:>8,}" if number else f"{'-':>8}" for number in summary.by_severity.values()]
            painted = [self.paint(text, name) if text.strip() != "-" else text
                       for name, text in zip(SEVERITIES, numbers, strict=True)]  # fmt: skip
            others = [f"{summary.undetermined:,} undetermined"] if summary.undetermined else []
            others += [counted(summary.problems, "problem")] if summary.problems else []
            self.line(f"{for_log(folder) or '.':<{widest}}  {'  '.join(painted)}  {', '.join(others)}".rstrip())
        self.line()

    # -- findings

    def failures(self, findings: list[Finding]) -> None:
        shown = findings[: self.options.max_findings or None]
        brief: set[int] = set()  # two repositories may share fingerprints
        if len(shown) > ONE_SCREEN and not self.options.verbose:
            by_severity = sorted(shown, key=lambda finding: severity_rank(finding.severity))
            brief = {id(finding) for finding in by_severity[ONE_SCREEN:]}
        for file, group in _by_file(shown):
            self.line(self.paint(for_log(file) or "(no file)", "bold"))
            self.line()
            self.shown = None
            rest: dict[str, list[Finding]] = {}
            seen: dict[str, int] = {}
            short = [finding for finding in group if id(finding) in brief]
            for finding in group:
                if id(finding) in brief:
                    continue
                seen[finding.rule] = seen.get(finding.rule, 0) + 1
                if seen[finding.rule] > IN_FULL:
                    rest.setdefault(finding.rule, []).append(finding)
                else:
                    self.finding(finding)
            for rule in sorted(rest):
                self.more(rule, rest[rule])
            self.briefly(short)
        if brief:
            self.line(f"The {ONE_SCREEN} most severe are shown in full; --verbose shows all so.")
            self.line()
        if len(findings) > len(shown):
            self.line(f"{counted(len(findings) - len(shown), 'more finding')} not shown")
            self.line()

    def briefly(self, findings: list[Finding], words: Callable[[Finding], str] | None = None) -> None:
        """A line each: severity, place within the file, message (or other words), rule."""
        places = [f"{f.span.line}:{f.span.column}" for f in findings]
        widest = max(map(len, places), default=0)
        for place, finding in zip(places, findings, strict=True):
            rule = f"  [{for_log(finding.rule)}]"
            room = max(30, self.width - 13 - widest - len(rule))
            message = for_log(words(finding) if words else finding.message)
            if self.options.clip and columns(message) > room:
                message = message[: room - 1].rstrip() + "…"
            head = self.paint(f"{finding.severity:<8}", finding.severity)
            self.line(f"  {head} {place:>{widest}}  {message}{self.paint(rule, 'dim')}")
        if findings:
            self.line()

    def finding(self, finding: Finding) -> None:
        head = self.paint(finding.severity, finding.severity)
        message = _fold(for_log(finding.message), self.width - 2 - len(finding.severity) - 2)
        self.line(f"  {head}  {self.paint(message[0], 'bold')}")
        for piece in message[1:]:
            self.line(" " * (len(finding.severity) + 4) + self.paint(piece, "bold"))
        told = [_place(finding.span), for_log(_resource(finding)), f"[{for_log(finding.rule)}]"]
        if finding.owner:
            told.append(f"owner: {for_log(finding.owner)}")
        if finding.environments:
            told.append(f"in {for_log(', '.join(finding.environments))}")
        if finding.enforce == "warn":
            told.append(f"warns only, blocks from {finding.effective} on" if finding.effective else "warns only")
        self.line("    " + "  ".join(part for part in told if part))
        if finding.span != self.shown:  # all that a resource lacks stands at its header
            self.excerpt(finding)
        self.shown = finding.span
        for item in finding.evidence:
            # What the excerpt shows need not be said again.
            if item.span != finding.span or not item.path:
                self.wrapped("← ", _evidence(item), 6)
        if finding.remedy:
            self.wrapped("fix: ", for_log(" ".join(finding.remedy.split())), 6)
        self.line()

    def excerpt(self, finding: Finding) -> None:
        marked = [line for line in lines_of(finding, limit=max(30, self.width - 12)) if line.is_marked]
        gutter = len(str(marked[-1].number)) if marked else 0
        for line in marked[:EXCERPT_LINES]:
            # A logging command may straddle the parts: it is broken in the whole line, which keeps its length.
            safe = without_log_commands(line.before + line.marked + line.after)
            cut, end = len(line.before), len(line.before) + len(line.marked)
            before = for_log(expand_tabs(safe[:cut]))
            offending = for_log(expand_tabs(safe[cut:end], columns(before)))
            after = for_log(expand_tabs(safe[end:], columns(before) + columns(offending)))
            self.line(f"    {self.paint(f'{line.number:>{gutter}} |', 'dim')} {before}{offending}{after}".rstrip())
            carets = self.paint("^" * max(1, columns(offending)), finding.severity)
            self.line(f"    {self.paint(' ' * gutter + ' |', 'dim')} {' ' * columns(before)}{carets}")
        if len(marked) > EXCERPT_LINES:
            self.line(f"    {self.paint(' ' * gutter + ' |', 'dim')} … to line {finding.span.end_line}")

    def more(self, rule: str, findings: list[Finding]) -> None:
        """Findings of a rule beyond those shown in full: a line each."""
        self.line(f"  {counted(len(findings), 'more finding')} of {for_log(rule)}")
        for finding in findings:
            place, resource = _place(finding.span), for_log(_resource(finding))
            self.line(f"    {self.paint(finding.severity, finding.severity)}  {place}  {resource}".rstrip())
        self.line()

    def undetermined(self, findings: list[Finding]) -> None:
        if not findings:
            return
        if not self.options.verbose:
            told = f"{len(findings):,} undetermined: they hang on values that cannot be known (--verbose lists them)"
            self.line(self.paint(told, "undetermined"))
            self.line()
            return
        self.line(self.paint("Undetermined: these hang on values that cannot be known", "bold"))
        self.line()
        head = self.paint("undetermined", "undetermined")
        for why, group in _by_reason(findings):
            finding = group[0]
            if len(group) > 1:
                self.line(f"  {for_log(finding.span.file)}  {head} ({len(group)})  {for_log(_resource(finding))}")
                self.wrapped("", f"cannot tell, because {for_log(why)}", 4)
                self.briefly(group, _asked)
                continue
            self.line(f"  {_place(finding.span)}  {head} ({finding.severity})  [{for_log(finding.rule)}]")
            self.wrapped("", for_log(finding.message), 4)
            for item in finding.evidence:
                self.wrapped("← ", _evidence(item), 6)
        if self.lines[-1]:
            self.line()

    def suppressed(self, findings: list[Finding]) -> None:
        if not findings:
            return
        self.line(self.paint("Suppressed", "bold"))
        self.line()
        before = sum(1 for f in findings if f.suppression is not None and f.suppression.by == "baseline")
        if before:
            self.line(f"  {before:,} in the baseline")
        for finding in findings:
            said = finding.suppression
            if said is not None and said.by != "baseline":
                until = f", until {for_log(said.until)}" if said.until else ""
                reason = for_log(said.reason) or "no reason given"
                self.line(f"  {_place(finding.span)}  {finding.severity}  [{for_log(finding.rule)}]")
                elsewhere = said.span if said.span and said.span.file not in ("", finding.span.file) else None
                where = f" ({_place(elsewhere)})" if elsewhere else ""
                self.wrapped("", f"{said.by}: {reason}{until}{where}", 4)
        self.line()

    # -- problems and notes

    def told(self, title: str, items: list[Problem], color: str) -> None:
        if not items:
            return
        self.line(self.paint(title, color))
        self.line()
        alike: dict[tuple[str, str], int] = {}
        for item in items:
            folder = item.file.rpartition("/")[0]
            count = alike[folder, item.kind] = alike.get((folder, item.kind), 0) + 1
            if count > ALIKE and not self.options.verbose:
                continue
            place = _place(Span(item.file, item.line, 0, item.line, 0))
            self.line(f"  {place}  [{for_log(item.kind)}]" if place else f"  [{for_log(item.kind)}]")
            self.wrapped("", for_log(item.message), 4)
        if not self.options.verbose:
            for (folder, kind), count in alike.items():
                if count > ALIKE:
                    where = f"in {for_log(folder)}" if folder else "at the top"
                    self.line(f"  {count - ALIKE:,} more {where}  [{for_log(kind)}]  (--verbose lists them)")
        self.line()


def _by_file(findings: list[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.span.file, []).append(finding)
    yield from groups.items()


def _by_reason(findings: list[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """Those of one resource that can't be told for one reason, of which there is no more to say, together."""
    groups: dict[tuple[str, str, str, int], list[Finding]] = {}
    for finding in findings:
        why = finding.message.partition(BECAUSE)[2]
        alike = why and all(item.path and item.span.file == finding.span.file for item in finding.evidence)
        apart = 0 if alike else id(finding)
        groups.setdefault((finding.span.file, finding.resource, why, apart), []).append(finding)
    for (_, _, why, _), group in groups.items():
        yield why, group


def _asked(finding: Finding) -> str:
    """Whose values an undetermined finding hangs on, and which."""
    name = finding.message.partition(BECAUSE)[0]
    return f"{name}: {', '.join(dict.fromkeys(item.path for item in finding.evidence)) or 'itself'}"


def _place(span: Span) -> str:
    if not span.file:
        return ""
    place = for_log(span.file)
    if span.line:
        place += f":{span.line}"
        if span.column:
            place += f":{span.column}"
    return place


def _resource(finding: Finding) -> str:
    others = len(finding.instances) - 1
    name = short_address(finding)
    return f"{name} (and {counted(others, 'more instance')})" if others > 0 else name


def _evidence(item: Evidence) -> str:
    place = f"{item.span.file}:{item.span.line}" if item.span.line else item.span.file
    return for_log(", ".join(part for part in (str(in_words(item)), place) if part))


def _fold(text: str, room: int) -> list[str]:
    """The text in lines of at most `room` columns, broken at spaces; a longer word stays whole, so that paths
    can be copied."""
    lines: list[str] = []
    current, used = "", 0
    for word in text.split(" "):
        size = columns(word)
        if current and used + 1 + size > room:
            lines.append(current)
            current, used = word, size
        elif current:
            current, used = f"{current} {word}", used + 1 + size
        else:
            current, used = word, size
    return [*lines, current]
