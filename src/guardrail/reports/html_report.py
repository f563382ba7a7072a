"""The HTML report: one file that needs no network, from the Jinja2 template, style and script in `reports/html`.

All that comes from scanned files is escaped by Jinja2, once what cannot be printed has been made visible. A
content security policy names the script and the style by their hashes, so that nothing else can run even so.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from guardrail._version import __version__
from guardrail.model import SEVERITIES, Evidence, Finding, Problem, Result, Span, severity_rank
from guardrail.reports.evidence import in_words
from guardrail.reports.excerpts import Line, expand_tabs, lines_of
from guardrail.reports.hostile import visible
from guardrail.reports.summary import counted, files_judged, repository_of, short_address, state_of, summarise
from guardrail.reports.table import ReportOptions
from guardrail.shipped import folder

STATES = ("fail", "undetermined", "suppressed")
STATE_LABELS = {"fail": "failed", "undetermined": "undetermined", "suppressed": "suppressed"}
MAX_FACET_VALUES = 200
MAX_INSTANCES = 50


class Piece(NamedTuple):
    text: str
    is_code: bool


class Value(NamedTuple):
    """A value that findings can be filtered by. `width`: of its bar, in percent of the facet's longest."""

    value: str
    label: str
    number: int
    width: float


class Facet(NamedTuple):
    id: str
    label: str
    values: list[Value]
    total: int
    is_code: bool


def render(result: Result, options: ReportOptions, up: str = "") -> str:
    """The page of all findings. `up`: the address of the page that this is one of many of."""
    return filled("page.html.j2", {**context(result, options), "up": up}, "script.js")


def filled(template: str, content: dict[str, Any], script_name: str = "") -> str:
    """A template of `reports/html`, filled in, with the style and the script that it names."""
    home = os.path.join(folder("reports"), "html")
    style, script = _asset(home, "style.css"), _asset(home, script_name) if script_name else ""
    environment = Environment(
        loader=FileSystemLoader(home),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_fit,
    )
    return environment.get_template(template).render(
        policy=_policy(style, script), style=Markup(style), script=Markup(script), **content
    )


def context(result: Result, options: ReportOptions) -> dict[str, Any]:
    """What the template is given; the order of findings is by severity within failures, undetermined and
    suppressed ones."""
    findings = sorted(result.findings, key=_order)
    default_states = _default_states(result)
    shown = [finding for finding in findings if state_of(finding) in default_states]
    severities = Counter(finding.severity for finding in shown)
    states = Counter(state_of(finding) for finding in findings)
    folders = frozenset(result.repositories)
    return {
        **outcome(result, options),
        "tiles": [
            *(
                {"facet": "severity", "value": name, "label": name, "count": f"{severities[name]:,}"}
                for name in SEVERITIES
            ),
            *({"facet": "state", "value": name, "label": name, "count": f"{states[name]:,}"} for name in STATES[1:]),
        ],
        "shares": _shares(severities),
        "facets": _facets(findings, shown, folders),
        "default_states": " ".join(default_states),
        "findings": _views(result, findings, folders),
        "notes": [_told(note) for note in sorted(result.notes, key=Problem.sort_key)],
    }


def outcome(result: Result, options: ReportOptions) -> dict[str, Any]:
    """What every page begins with."""
    coverage = result.coverage
    return {
        "version": __version__,
        "title": options.title or "Compliance report",
        "generated": options.generated,
        "status": _status(result),
        "looked": [
            ("files", f"{files_judged(coverage):,}"),
            ("resources", f"{coverage.resources:,}"),
            ("rules", f"{coverage.rules:,}"),
            ("passes", f"{coverage.passes:,}"),
        ],
        "problems": [_told(problem) for problem in sorted(result.problems, key=Problem.sort_key)],
    }


def _asset(home: str, name: str) -> str:
    with open(os.path.join(home, name), encoding="utf-8", newline=None) as stream:
        return stream.read()


def _policy(style: str, script: str) -> str:
    def source(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"

    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _fit(value: Any) -> Any:
    return visible(value, keep="\n\t") if isinstance(value, str) and not isinstance(value, Markup) else value


def _order(finding: Finding) -> tuple[object, ...]:
    return (STATES.index(state_of(finding)), severity_rank(finding.severity), *finding.sort_key())


def _default_states(result: Result) -> tuple[str, ...]:
    """Failures to begin with; where there is none, what is undetermined must not look like a pass."""
    return STATES[:1] if result.failures or not result.undetermined else STATES[:2]


def _status(result: Result) -> dict[str, str]:
    summary = summarise(result)
    gate = "The gate is off." if result.fail_on == "never" else f"The gate breaks at {result.fail_on} or worse."
    found = counted(summary.failures, "failure")
    open_ = f" {summary.undetermined:,} could not be determined." if summary.undetermined else ""
    if result.problems:
        headline, kind = "The scan is incomplete", "incomplete"
        told = f"{counted(summary.problems, 'problem')} kept part of the input from being judged. "
        told += f"{found[:1].upper()}{found[1:]} so far{', and the gate is broken' if result.gate_broken else ''}."
    elif result.gate_broken:
        headline, kind, told = "The gate is broken", "broken", f"{found}. {gate}"
    elif summary.failures:
        headline, kind, told = "The gate holds", "holds", f"{found}, none of which breaks it. {gate}"
    elif summary.undetermined:
        headline, kind = "No failures, but not all is known", "holds"
        told = f"{counted(result.coverage.passes, 'judgement')} passed. {gate}"
    else:
        passes = counted(result.coverage.passes, "judgement")
        headline, kind, told = "No failures", "clean", f"{passes} passed. {gate}"
    return {"kind": kind, "headline": headline, "detail": told + open_}


def _shares(severities: Counter[str]) -> list[dict[str, object]]:
    whole = sum(severities.values())
    shares: list[dict[str, object]] = []
    start = 0.0
    for name in SEVERITIES:
        width = _percent(severities[name], whole)
        shares.append({"value": name, "start": round(start, 3), "width": width})
        start += width
    return shares


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 0.0


def _facets(findings: list[Finding], shown: list[Finding], folders: frozenset[str]) -> list[Facet]:
    def within(of: list[Finding]) -> list[str]:
        return [repository_of(f.span.file, folders) for f in of]

    owned = any(f.owner for f in findings)
    facets = [
        _facet("state", "Verdict", [state_of(f) for f in findings], [state_of(f) for f in findings], STATES),
        _facet("category", "Category", [f.category for f in findings], [f.category for f in shown]),
        _facet("platform", "Platform", [f.platform for f in findings], [f.platform for f in shown]),
        *([_facet("owner", "Owner", [f.owner for f in findings], [f.owner for f in shown])] if owned else []),
        *([_facet("repository", "Repository", within(findings), within(shown), is_code=True)] if folders else []),
        _facet("file", "File", [f.span.file for f in findings], [f.span.file for f in shown], is_code=True),
        _facet("rule", "Rule", [f.rule for f in findings], [f.rule for f in shown], is_code=True),
    ]
    return [facet for facet in facets if facet.values]


def _facet(
    name: str, label: str, present: list[str], shown: list[str], order: tuple[str, ...] = (),
    is_code: bool = False,
) -> Facet:  # fmt: skip
    """Values that findings have, in the given order or the most frequent first."""
    counts = Counter(shown)
    everything = Counter(present)
    if order:
        values = [value for value in order if value in everything]
    else:
        values = sorted(everything, key=lambda value: (-counts[value], -everything[value], value))
    most = max(counts.values(), default=0)
    kept = [
        Value(value, STATE_LABELS.get(value, value) or "(none)", counts[value], _percent(counts[value], most))
        for value in values[:MAX_FACET_VALUES]
    ]
    return Facet(name, label, kept, len(values), is_code)


def _views(result: Result, findings: list[Finding], folders: frozenset[str]) -> list[dict[str, Any]]:
    used: Counter[str] = Counter()
    views = []
    for finding in findings:
        view = {**_view(result, finding), "repository": repository_of(finding.span.file, folders)}
        used[view["id"]] += 1
        if used[view["id"]] > 1:
            view["id"] += f"-{used[view['id']]}"
        views.append(view)
    return views


def _view(result: Result, finding: Finding) -> dict[str, Any]:
    card = result.rules.get(finding.rule)
    others = len(finding.instances) - 1
    said = finding.suppression
    return {
        "id": "finding-" + re.sub(r"[^\w.-]", "-", finding.fingerprint, flags=re.ASCII),
        "fingerprint": finding.fingerprint,
        "severity": finding.severity,
        "state": state_of(finding),
        "category": finding.category,
        "platform": finding.platform,
        "provider": finding.provider,
        "owner": finding.owner,
        "file": finding.span.file,
        "line": finding.span.line,
        "place": _place(finding.span),
        "rule": finding.rule,
        "title": finding.title,
        "message": finding.message,
        "resource": short_address(finding),
        "instances": _few(finding.instances) if others > 0 else [],
        "more_instances": f"+{counted(others, 'instance')}" if others > 0 else "",
        "kind": finding.kind,
        "enforce": finding.enforce,
        "effective": finding.effective,
        "environments": ", ".join(finding.environments),
        "lines": [_shown(line) for line in lines_of(finding)],
        "evidence": [_evidence(item) for item in finding.evidence],
        "remedy": prose(finding.remedy),
        "why": prose(card.why) if card else [],
        "replaces": [(name, finding.replaces[name]) for name in sorted(finding.replaces)],
        "frameworks": [(name, finding.frameworks[name]) for name in sorted(finding.frameworks)],
        "suppression": said
        and {
            "by": said.by,
            "reason": said.reason or "no reason given",
            "until": said.until,
            "place": _place(said.span) if said.span else "",
        },
        "search": _search_words(finding),
    }


def _few(instances: tuple[str, ...]) -> list[str]:
    kept = list(instances[:MAX_INSTANCES])
    return [*kept, f"… and {len(instances) - len(kept):,} more"] if len(kept) < len(instances) else kept


def _search_words(finding: Finding) -> str:
    """What a search finds beside the text of the finding's own line."""
    words = [finding.title, finding.kind, finding.provider, finding.category, finding.platform, finding.owner]
    for lists in (finding.replaces, finding.frameworks):
        for name in sorted(lists):
            words += [name, *lists[name]]
    return " ".join([*words, *finding.instances[1:MAX_INSTANCES]])


def _shown(line: Line) -> Line:
    before = expand_tabs(line.before)
    return line._replace(before=before, marked=expand_tabs(line.marked, len(before)))


def _evidence(item: Evidence) -> dict[str, str]:
    said = in_words(item)
    return {
        "path": said.subject if item.path else "",
        "source": "" if item.path else said.subject,
        "value": said.value,
        "note": said.note,
        "place": _place(item.span._replace(column=0)),
    }


def _told(problem: Problem) -> dict[str, str]:
    place = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file
    return {"kind": problem.kind, "place": place, "message": problem.message}


def _place(span: Span) -> str:
    return ":".join([span.file, *(str(number) for number in (span.line, span.column) if number)])


def prose(text: str) -> list[list[Piece]]:
    """Paragraphs of text and of what stands between backticks; the only markup that rules use."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        pieces = paragraph.split("`")
        if len(pieces) % 2 == 0:  # an odd backtick is just a backtick
            pieces[-2:] = ["`".join(pieces[-2:])]
        found = [Piece(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]
        if found:
            paragraphs.append(found)
    return paragraphs
