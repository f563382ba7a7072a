"""What guardrail.yaml accepts: applied to all findings of a scan together, since a waiver is about many files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from os.path import isabs

from guardrail.config.globs import is_below
from guardrail.config.waivers import Terms, Waiver
from guardrail.exceptions.inline import exception_noun, told_apart
from guardrail.model import Evidence, Finding, Noun, Span, Suppression
from guardrail.model.patterns import lazy_regex

_INSTANCE = lazy_regex(r"\[[^\]]*\]")


def apply(
    findings: Iterable[Finding],
    waivers: Sequence[Waiver],
    aliases: Mapping[str, str],
    terms: Terms | None,
    today: date,
) -> tuple[list[Finding], set[int]]:
    """The findings, those that a waiver holds for marked as suppressed, and the indexes of the waivers that hold for
    some. What is suppressed already stays as it is. One that a waiver would hold for, if that held, says why it does
    not. `aliases`: former ids of rules."""
    lapses = [_lapse(waiver, terms, today) for waiver in waivers]
    of_rule: dict[str, list[int]] = {}  # a scan has many findings, of few rules
    used: set[int] = set()
    result: list[Finding] = []
    for finding in findings:
        held, lapsed = finding, list[Evidence]()
        if finding.rule not in of_rule:
            of_rule[finding.rule] = [index for index, each in enumerate(waivers) if _names(each, finding.rule, aliases)]
        for index in of_rule[finding.rule]:
            waiver = waivers[index]
            if not _is_about(waiver, finding):
                continue
            if lapses[index]:
                lapsed.append(Evidence("", None, _shown_at(waiver) or finding.span, lapses[index]))
                continue
            used.add(index)
            if held.suppression is None:
                said = Suppression("waiver", waiver.reason, _shown_at(waiver), _day(waiver))
                held = held._replace(suppression=said)
        if lapsed and held.suppression is None:
            held = held._replace(evidence=(*held.evidence, *lapsed))
        result.append(held)
    return result, used


def _lapse(waiver: Waiver, terms: Terms | None, today: date) -> str:
    if is_over(waiver, today):
        return f"a waiver of this ended on {waiver.until}"
    error = error_of(waiver, terms, today)
    return f"a waiver has this, and does not count: {error}" if error else ""


def _day(waiver: Waiver) -> str | None:
    return waiver.until.isoformat() if waiver.until else None


def _shown_at(waiver: Waiver) -> Span | None:
    """Reports tell of no files outside the tree."""
    return None if isabs(waiver.place.file) else span_of(waiver)


def _names(waiver: Waiver, rule: str, aliases: Mapping[str, str]) -> bool:
    return any(fnmatchcase(rule, aliases.get(name, name)) for name in waiver.rules)


def _is_about(waiver: Waiver, finding: Finding) -> bool:
    """Whether file and all instances are as the waiver has them."""
    if not waiver.speaks_of(finding.span.file):
        return False
    addresses = finding.instances or (finding.resource,)
    return not waiver.resources or all(_is_meant(address, waiver.resources) for address in addresses)


def _is_meant(address: str, patterns: Iterable[str]) -> bool:
    """`aws_instance.web` means all its instances; brackets are those of addresses."""
    every = _INSTANCE.sub("", address)
    return any(
        fnmatchcase(address, (pattern := written.replace("[", "[[]"))) or fnmatchcase(every, pattern)
        for written in patterns
    )


def is_over(waiver: Waiver, today: date) -> bool:
    return waiver.until is not None and today > waiver.until


def error_of(waiver: Waiver, terms: Terms | None, today: date) -> str:
    """What keeps it from holding, besides its time."""
    if terms is None or is_over(waiver, today):
        return ""
    against = (terms.against(rule, waiver.reason, waiver.until, today) for rule in waiver.rules)
    return next(filter(None, against), "")


def span_of(waiver: Waiver) -> Span:
    place = waiver.place
    return Span(place.file, place.line, place.column, place.line, place.column)


def nouns_of(
    waivers: Sequence[Waiver],
    used: set[int],
    terms: Terms | None,
    today: date,
    ran: Callable[[str, str], bool],
    looked_at: Sequence[str],
) -> list[Noun]:
    """A noun of the concept `ignore` for each waiver. `ran(rule, file)`: whether a rule, or all that a glob means, is
    judged there. `looked_at`: the parts of the tree that all was found out about, by name: elsewhere nobody can tell
    whether a waiver is used."""
    nouns: list[Noun] = []
    for index, waiver in enumerate(waivers):
        error, expired = error_of(waiver, terms, today) or None, is_over(waiver, today)
        known = is_below(f"{waiver.folder}/" if waiver.folder else "", looked_at)
        asked = all(ran(rule, waiver.place.file) for rule in waiver.rules)
        nouns.append(exception_noun(
            span_of(waiver), ", ".join(waiver.rules), "waiver", waiver.rules, waiver.reason, _day(waiver), error,
            expired=expired, used=index in used,
            unused=index not in used and error is None and not expired and known and asked,
        ))  # fmt: skip
    return told_apart(nouns)


def on_terms(findings: Iterable[Finding], terms: Terms, today: date) -> list[Finding]:
    """The findings; what suppresses one and does not meet the terms suppresses it no more, and is shown beside it."""
    return [_on_terms(finding, terms, today) for finding in findings]


def _on_terms(finding: Finding, terms: Terms, today: date) -> Finding:
    said = finding.suppression
    if said is None:
        return finding
    if said.by == "baseline":
        error = terms.forbids(finding.rule)
    else:
        until = date.fromisoformat(said.until) if said.until else None
        error = terms.against(finding.rule, said.reason, until, today)
    if not error:
        return finding
    what = {"baseline": "the baseline", "waiver": "a waiver"}.get(said.by, "an ignore")
    shown = Evidence("", None, said.span or finding.span, f"{what} has this, and does not count: {error}")
    return finding._replace(suppression=None, evidence=(*finding.evidence, shown))
