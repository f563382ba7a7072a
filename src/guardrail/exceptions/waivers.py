"""What guardrail.yaml accepts: applied to all findings of a scan together, since a waiver is about many files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from os.path import isabs

from guardrail.config.globs import is_below
from guardrail.config.waivers import Terms, Waiver
from guardrail.model import Evidence, Finding, Map, Noun, Seq, Span, Suppression
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
    known = [
        (index, waiver, tuple(aliases.get(name, name) for name in waiver.rules), _lapse(waiver, terms, today))
        for index, waiver in enumerate(waivers)
    ]
    used: set[int] = set()
    result: list[Finding] = []
    for finding in findings:
        held, lapsed = finding, list[Evidence]()
        for index, waiver, rules, lapse in known:
            if not _is_about(waiver, rules, finding):
                continue
            if lapse:
                lapsed.append(Evidence("", None, _shown_at(waiver) or finding.span, lapse))
                continue
            used.add(index)
            if held.suppression is None:
                until = waiver.until.isoformat() if waiver.until else None
                held = held._replace(suppression=Suppression("waiver", waiver.reason, _shown_at(waiver), until))
        if lapsed and held.suppression is None:
            held = held._replace(evidence=(*held.evidence, *lapsed))
        result.append(held)
    return result, used


def _lapse(waiver: Waiver, terms: Terms | None, today: date) -> str:
    if is_over(waiver, today):
        return f"a waiver of this ended on {waiver.until}"
    error = error_of(waiver, terms, today)
    return f"a waiver has this, and does not count: {error}" if error else ""


def _shown_at(waiver: Waiver) -> Span | None:
    """Reports tell of no files outside the tree."""
    return None if isabs(waiver.place.file) else span_of(waiver)


def _is_about(waiver: Waiver, rules: Iterable[str], finding: Finding) -> bool:
    """Whether rule, file and all instances are as the waiver has them."""
    if not any(fnmatchcase(finding.rule, rule) for rule in rules) or not waiver.speaks_of(finding.span.file):
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
    alike: dict[tuple[str, str], int] = {}
    for index, waiver in enumerate(waivers):
        span = span_of(waiver)
        rules = Seq(span)
        for rule in waiver.rules:
            rules.add(rule, span)
        error, expired = error_of(waiver, terms, today), is_over(waiver, today)
        known = is_below(f"{waiver.folder}/" if waiver.folder else "", looked_at)
        asked = all(ran(rule, waiver.place.file) for rule in waiver.rules)
        name = ", ".join(waiver.rules)
        key = f"waiver {name}"
        count = alike[span.file, key] = alike.get((span.file, key), 0) + 1
        fields = Map(span)
        values = {
            "rules": rules,
            "class": "waiver",
            "reason": waiver.reason,
            "until": waiver.until.isoformat() if waiver.until else None,
            "malformed": bool(error),
            "message": error or None,
            "expired": expired,
            "used": index in used,
            "unused": index not in used and not error and not expired and known and asked,
        }
        for field, value in values.items():
            if value is not None:
                fields.put(field, value, span)
        nouns.append(Noun("ignore", name, fields, f"{key} ({count})" if count > 1 else key))
    return nouns


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
