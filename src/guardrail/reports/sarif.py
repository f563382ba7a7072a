"""SARIF 2.1.0 (OASIS Standard with Errata 01), for code-scanning services and viewers.

Choices that the specification leaves open:

- An undetermined finding is a result of kind "open" ("evaluated, and the tool concluded that there was
  insufficient information to decide", section 3.27.9); section 3.27.10 then allows no level but "none".
- Every result carries `suppressions`, empty where nothing suppresses it: section 3.27.23 wants all or none.
- Locations are relative to the base `%SRCROOT%`, whose own URI is left to the consumer: the report tells
  nothing about the machine that it was made on, and is the same on every one.
- A finding about a whole file (line 0) stands at line 1, without which services refuse it.
- GitHub refuses a run with more than 25,000 results, and a rule with more than 20 tags. The least severe results are
  left out, which a notification tells; all controls of a rule stand in its properties.
- Text that a viewer would take for a link or a placeholder (`[a](b)`, `{0}`) is broken: it comes from scanned files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from guardrail._version import __version__
from guardrail.model import Evidence, Finding, Note, Problem, Result, RuleCard, Span, Suppression, severity_rank
from guardrail.model.patterns import lazy_regex
from guardrail.reports.evidence import in_words
from guardrail.reports.excerpts import region_text
from guardrail.reports.hostile import json_pieces, visible
from guardrail.reports.summary import in_order
from guardrail.reports.table import ReportOptions

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# The bands that code-scanning services sort security alerts into: critical from 9.0, high from 7.0, medium from 4.0.
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
SECURITY_CATEGORIES = ("security", "supply-chain")
BASE = "%SRCROOT%"
MAX_SNIPPET = 2000
MAX_RESULTS = 25_000
MAX_TAGS = 20

_PLACEHOLDER = lazy_regex(r"\{(\d+)\}")


def render(result: Result, options: ReportOptions) -> str:
    return "".join(pieces(result, options))


def pieces(result: Result, options: ReportOptions) -> Iterator[str]:
    return json_pieces(_document(result))


def _document(result: Result) -> dict[str, Any]:
    """The log as plain data; its results as they are asked for."""
    findings, left_out = _most_severe(in_order(result.findings))
    rules = _cards(result, findings)
    index = {rule: number for number, rule in enumerate(rules)}
    notes = [*result.notes, *left_out]
    kinds = sorted({problem.kind for problem in (*result.problems, *notes)})
    driver = {
        "name": "guardrail",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(card) for card in rules.values()],
        "notifications": [{"id": kind} for kind in kinds],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "guardrail/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"description": {"text": "The folder that was scanned."}}},
        "invocations": [
            {
                "executionSuccessful": not result.problems,
                "exitCode": result.exit_code,
                "toolExecutionNotifications": [
                    *(_notification(problem, "error", kinds) for problem in sorted(result.problems, key=_order)),
                    *(_notification(note, "note", kinds) for note in sorted(notes, key=_order)),
                ],
            }
        ],
        "results": (_result(finding, index[finding.rule]) for finding in findings),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": iter((run,))}


_order = Problem.sort_key


def _most_severe(findings: list[Finding]) -> tuple[list[Finding], list[Note]]:
    """As many as a run may have, in the order that they are in, and a note of what is left out."""
    if len(findings) <= MAX_RESULTS:
        return findings, []

    def weight(finding: Finding) -> tuple[bool, bool, int]:
        return finding.suppression is not None, finding.verdict != "fail", severity_rank(finding.severity)

    kept = set(map(id, sorted(findings, key=weight)[:MAX_RESULTS]))
    left = len(findings) - MAX_RESULTS
    what = f"{left:,} of {len(findings):,} findings are left out, the least severe: a run of SARIF has no more"
    return [finding for finding in findings if id(finding) in kept], [Note("left-out", what)]


def _cards(result: Result, findings: list[Finding]) -> dict[str, RuleCard]:
    """The cards of all rules that have a finding, sorted by id; one made from the finding where the result
    has none."""
    cards: dict[str, RuleCard] = {}
    for finding in findings:
        if finding.rule not in cards:
            cards[finding.rule] = result.rules.get(finding.rule) or RuleCard(
                finding.rule, finding.title, finding.severity, finding.category, "", finding.remedy, (),
                finding.replaces, finding.frameworks,
            )  # fmt: skip
    return {rule: cards[rule] for rule in sorted(cards)}


def _rule(card: RuleCard) -> dict[str, Any]:
    controls = sorted({f"{name}/{control}" for name, listed in card.frameworks.items() for control in listed})
    # Services read security-severity only beside the tag "security".
    tags = ["security", card.category] if card.category in SECURITY_CATEGORIES else [card.category]
    tags = [*dict.fromkeys(tags), *controls]
    return {
        "id": card.id,
        "name": "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", card.id)),
        "shortDescription": {"text": _text(card.title) or card.id},
        "fullDescription": {"text": _text(card.why) or _text(card.title) or card.id},
        "help": {"text": _help(card, markdown=False), "markdown": _help(card, markdown=True)},
        "defaultConfiguration": {"level": LEVELS[card.severity]},
        "properties": {
            "tags": tags[:MAX_TAGS],
            "precision": "high",
            "security-severity": SECURITY_SEVERITY[card.severity],
            "severity": card.severity,
            "category": card.category,
            "controls": controls,
        },
    }


def _help(card: RuleCard, *, markdown: bool) -> str:
    parts: list[str] = []

    def section(heading: str, body: str) -> None:
        if body:
            parts.append(f"## {heading}\n\n{body}" if markdown else f"{heading}: {body}")

    if markdown:
        parts.append(f"# {card.title}")
    section("Why", card.why.strip())
    section("Remedy", card.remedy.strip())
    section("Replaces", _named_lists(card.replaces, markdown))
    section("Frameworks", _named_lists(card.frameworks, markdown))
    if not card.why:  # not a rule of guardrail's own
        return "\n\n".join(parts)
    command = f"guardrail rules show {card.id}"
    section("Documentation", f"`{command}` prints the whole rule." if markdown else f"{command} prints the whole rule.")
    return "\n\n".join(parts)


def _named_lists(lists: dict[str, list[str]], markdown: bool) -> str:
    if markdown:
        return "\n".join(f"- {name}: {', '.join(f'`{item}`' for item in lists[name])}" for name in sorted(lists))
    return "; ".join(f"{name}: {', '.join(lists[name])}" for name in sorted(lists))


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    failed = finding.verdict == "fail"
    data: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "kind": "fail" if failed else "open",
        "level": LEVELS[finding.severity] if failed else "none",
        "message": {"text": _text(finding.message) or finding.rule},
        "locations": [_location(finding)],
        "partialFingerprints": {"guardrail/v1": finding.fingerprint},
        "suppressions": [_suppression(finding.suppression)] if finding.suppression else [],
    }
    related = [_related(item, number) for number, item in enumerate(finding.evidence, 1) if item.span.file]
    if related:
        data["relatedLocations"] = related
    data["properties"] = {
        "severity": finding.severity,
        "category": finding.category,
        "verdict": finding.verdict,
        "enforce": finding.enforce,
        **({"effective": finding.effective} if finding.effective else {}),
        **({"environments": [_text(name) for name in finding.environments]} if finding.environments else {}),
        "platform": finding.platform,
        "provider": finding.provider,
        **({"owner": _text(finding.owner)} if finding.owner else {}),
        "kind": finding.kind,
        "instances": list(finding.instances),
        "remedy": finding.remedy,
        "replaces": {name: finding.replaces[name] for name in sorted(finding.replaces)},
        "frameworks": {name: finding.frameworks[name] for name in sorted(finding.frameworks)},
    }
    return data


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.span.file:
        location["physicalLocation"] = _physical(finding.span)
        _add_snippets(location["physicalLocation"], finding)
    if finding.resource:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.resource, "kind": "resource"}]
    return location


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(span.file), "uriBaseId": BASE}, "region": _region(span)}


def _region(span: Span) -> dict[str, Any]:
    if not span.line:
        return {"startLine": 1}
    region = {"startLine": span.line}
    if span.column:
        region["startColumn"] = span.column
    if span.end_line >= span.line:
        region["endLine"] = span.end_line
        if span.end_column and (span.end_line > span.line or span.end_column >= span.column):
            region["endColumn"] = span.end_column
    return region


def _add_snippets(physical: dict[str, Any], finding: Finding) -> None:
    excerpt, span = finding.excerpt, finding.span
    if excerpt is None or not excerpt.lines:
        return
    within = region_text(excerpt, span)
    if within and len(within) <= MAX_SNIPPET:
        physical["region"]["snippet"] = {"text": within}
    last = excerpt.first_line + len(excerpt.lines) - 1
    wider = excerpt.first_line < span.line or last > span.end_line  # a context is more than its region
    text = "\n".join(excerpt.lines)
    if span.line and wider and excerpt.first_line <= span.line and last >= span.end_line and len(text) <= MAX_SNIPPET:
        physical["contextRegion"] = {"startLine": excerpt.first_line, "endLine": last, "snippet": {"text": text}}


def _related(item: Evidence, number: int) -> dict[str, Any]:
    return {"id": number, "physicalLocation": _physical(item.span), "message": {"text": _text(str(in_words(item)))}}


def _suppression(suppression: Suppression) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": "inSource" if suppression.by == "inline" else "external",
        "status": "accepted",
        "justification": _text(suppression.reason),
        "properties": {"by": suppression.by},
    }
    if suppression.span is not None and suppression.span.file:
        data["location"] = {"physicalLocation": _physical(suppression.span)}
    if suppression.until:
        data["properties"]["until"] = suppression.until
    return data


def _notification(problem: Problem, level: str, kinds: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "descriptor": {"id": problem.kind, "index": kinds.index(problem.kind)},
        "level": level,
        "message": {"text": _text(problem.message) or problem.kind},
    }
    if problem.file:
        data["locations"] = [{"physicalLocation": _physical(Span(problem.file, problem.line, 0, problem.line, 0))}]
    return data


def uri(file: str) -> str:
    """A file name as a relative URI reference (RFC 3986). A colon is escaped, as it would make a scheme of the
    first folder; bytes that are not UTF-8 come out as they are on disk."""
    try:
        name = file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        name = file.encode("utf-8", "replace")
    return quote(name, safe="/")


def _text(text: str) -> str:
    text = visible(text, keep="\n\t").replace("](", "] (")
    return _PLACEHOLDER.sub(r"{{\1}}", text)
