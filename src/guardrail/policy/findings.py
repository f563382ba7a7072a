"""Verdicts -> findings: one for each rule and place, with its instances, words, evidence and fingerprint."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from guardrail.concepts.secret_masks import Concealer
from guardrail.conditions import MISSING, Leaf
from guardrail.model import Encoded, Evidence, Finding, Origin, Span, Unknown, plain, severity_rank
from guardrail.model.patterns import lazy_regex
from guardrail.policy.judge import Verdict
from guardrail.policy.messages import message_of, named_values, undetermined
from guardrail.policy.rule import Rule

MAX_EVIDENCE = 8
MAX_EVIDENCE_DEPTH = 2
MAX_APART = 10  # findings of one block's instances
MAX_NAMED = 12  # profiles of a chart
MAX_WAYS = 3  # charts that bring the same one along
_INDEX = lazy_regex(r"\[[^\]]*\]")
_DIGITS = lazy_regex(r"(\d+)")


def findings_of(verdicts: Iterable[Verdict], hidden: Iterable[tuple[str, Span]] = ()) -> list[Finding]:
    """Sorted. Of the instances of one block, those that fail make one finding, or one for each value that it names;
    where none fails, those that can't be decided do. `hidden`: secrets and their places, which no evidence may show."""
    groups: dict[tuple[str, Span], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.rule.id, verdict.span), []).append(verdict)
    made: list[Finding] = []
    conceal = Concealer(hidden)
    for (_, span), group in groups.items():
        chosen = [v for v in group if v.failed] or group
        if len(chosen) > 1:
            chosen.sort(key=_place)
        made += [_finding(alike, span, conceal) for alike in _alike(chosen)]
    return sorted(made, key=Finding.sort_key)


def _alike(group: list[Verdict]) -> list[list[Verdict]]:
    """Instances apart of which a message would name different values. Where there are many, each instance has its own,
    and one finding is enough."""
    if len(group) == 1 or not group[0].failed:
        return [group]
    parts: dict[tuple[str, ...], list[Verdict]] = {}
    named: dict[tuple[int, str], tuple[str, ...]] = {}  # by instance, which may fail several checks
    for verdict in group:
        instance = (id(verdict.subject.resource), verdict.subject.key)
        parts.setdefault(named.setdefault(instance, named_values(verdict)), []).append(verdict)
    return list(parts.values()) if len(parts) <= MAX_APART else [group]


def _finding(group: list[Verdict], span: Span, conceal: Concealer) -> Finding:
    """Of instances in several environments, what weighs most speaks for the others."""
    first = min(group, key=_weight)
    rule, resource = first.rule, first.subject.resource
    instances = tuple(dict.fromkeys(v.subject.resource.address for v in group))
    environments = sorted({name for v in group for name in v.subject.resource.environments})
    message = first.said or (message_of(first) if first.failed else undetermined(first))
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=first.setting.severity or rule.severity,
        category=rule.category,
        verdict="fail" if first.failed else "undetermined",
        resource=resource.address,
        instances=instances,
        kind=resource.kind,
        platform=resource.platform,
        provider=resource.provider,
        span=span,
        message=message,
        remedy=" ".join(rule.remedy_with(first.setting.parameters or {}, resource, first.subject.concept).split()),
        evidence=_evidence(first, group, conceal),
        replaces=rule.data.get("replaces") or {},
        frameworks=rule.data.get("frameworks") or {},
        fingerprint=_fingerprint(group[0]),  # whatever weighs most
        enforce=first.setting.enforce,
        effective=first.setting.effective,
        environments=tuple(environments),
    )


def _weight(verdict: Verdict) -> tuple[bool, int]:
    return verdict.setting.enforce != "block", severity_rank(verdict.setting.severity or verdict.rule.severity)


def _place(verdict: Verdict) -> tuple[object, ...]:
    return _natural(verdict.subject.resource.address), verdict.subject.key


def _natural(address: str) -> tuple[object, ...]:
    """`b[2]` before `b[10]`."""
    return tuple(int(part) if part.isdecimal() else part for part in _DIGITS.split(address))


def _fingerprint(verdict: Verdict) -> str:
    """What the finding is about, without lines, instance keys or the order of things."""
    subject = verdict.subject
    path = next((leaf.path for leaf in verdict.leaves if leaf.path), "")
    resource = subject.resource
    parts = (verdict.rule.id, resource.scope, resource.declared or resource.local, _INDEX.sub("[]", subject.key),
             _INDEX.sub("[]", path))  # fmt: skip
    return fingerprint_of("\0".join(parts))


@lru_cache(maxsize=1)
def _sha256() -> Any:
    """Where there is one, CPython's own, as its `random` does it: hashlib takes 3 ms to load OpenSSL."""
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256
        else:
            from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256
    return sha256


def fingerprint_of(text: str) -> str:
    """`text`: all that makes a finding the one that it is."""
    digest: str = _sha256()(text.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:32]


def without_doubles(findings: list[Finding], rules: Iterable[Rule]) -> list[Finding]:
    """Without the findings of rules that yield (`yields_to`) where the rule that they yield to says more of the
    same thing at the same place: an image without a tag has no digest either. What is left stands for the
    checks that both rules replace. Nothing yields to a finding that weighs less."""
    yields = {rule.id: rule.yields_to for rule in rules if rule.yields_to}
    if not any(finding.rule in yields for finding in findings):
        return findings
    wanted = {stronger for names in yields.values() for stronger in names}
    at: dict[tuple[Span, str], list[int]] = {}
    for index, finding in enumerate(findings):
        if finding.rule in wanted:
            at.setdefault((finding.span, finding.rule), []).append(index)
    into: dict[int, int] = {}
    for index, finding in enumerate(findings):
        for stronger in yields.get(finding.rule, ()) if finding.suppression is None else ():
            others = [each for each in at.get((finding.span, stronger), ()) if _weighs_more(findings[each], finding)]
            spoken_of = {instance for each in others for instance in findings[each].instances}
            if others and spoken_of.issuperset(finding.instances):
                into[index] = next(each for each in others if finding.resource in findings[each].instances)
                break
    kept = list(findings)
    for index in into:
        last = _last(index, into)
        both = dict(kept[last].replaces)
        for peer, ids in findings[index].replaces.items():
            both[peer] = list(dict.fromkeys([*both.get(peer, ()), *ids]))
        kept[last] = kept[last]._replace(replaces=both)
    return [finding for index, finding in enumerate(kept) if index not in into]


def _last(index: int, into: dict[int, int]) -> int:
    """What is left where a finding yields to one that yields itself."""
    seen = {index}
    while into[index] not in seen and into[index] in into:
        index = into[index]
        seen.add(index)
    return into[index]


def _weighs_more(stronger: Finding, weaker: Finding) -> bool:
    """Or as much."""
    return (
        severity_rank(stronger.severity) <= severity_rank(weaker.severity)
        and stronger.enforce == weaker.enforce
        and (stronger.verdict == "fail" or weaker.verdict == "undetermined")
    )


def numbered(findings: list[Finding]) -> list[Finding]:
    """Findings that would share a fingerprint are told apart by their order."""
    seen: dict[str, int] = {}
    result: list[Finding] = []
    for finding in findings:
        count = seen.get(finding.fingerprint, 0)
        seen[finding.fingerprint] = count + 1
        if count:
            finding = finding._replace(fingerprint=_after(finding.fingerprint, count))
        result.append(finding)
    return result


def firsts_of(findings: Iterable[Finding]) -> list[str]:
    """For each of all findings of a scan, in their order, the fingerprint of the first of those that share one but for
    their number; its own where it is alone."""
    of: dict[str, tuple[str, int]] = {}  # the next one's fingerprint -> the first one's, and how many there are
    result: list[str] = []
    for finding in findings:
        first, count = of.pop(finding.fingerprint, (finding.fingerprint, 1))
        of[_after(first, count)] = first, count + 1
        result.append(first)
    return result


def _after(first: str, count: int) -> str:
    return fingerprint_of(f"{first}#{count}")


def _evidence(verdict: Verdict, group: list[Verdict], conceal: Concealer) -> tuple[Evidence, ...]:
    """The values that decided (with the path of each), followed by where they came from; then how the resource came
    about. What the last two say stands in the note. `group`: all verdicts of the finding."""
    found: list[Evidence] = []
    for leaf in verdict.leaves:
        found += _evidence_of(leaf, conceal)
    came: list[Evidence] = []
    if verdict.subject.resource.declared:
        came = _ways(group)
    else:
        for origin in verdict.subject.resource.trace:
            found.append(_step(origin._replace(value=conceal(origin.value, origin.span))))
    if len(found) > 1:
        found = list({(e.path, repr(e.value), e.span, e.note): e for e in found}.values())
    return (*found[: MAX_EVIDENCE - len(came)], *came)


def _ways(group: list[Verdict]) -> list[Evidence]:
    """How resources came about that are made several times of one thing, a chart's with one values file and another:
    for which of them a finding holds is part of what it says."""
    ways: dict[str, tuple[Span, dict[str, None]]] = {}
    for verdict in group:
        for step in verdict.subject.resource.trace:
            names = ways.setdefault(step.note, (step.span, {}))[1]
            if step.value is not None:
                names[str(step.value)] = None
    made: list[Evidence] = []
    for note, (span, names) in list(ways.items())[:MAX_WAYS]:
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        made.append(Evidence("", None, span, f"{note} {', '.join(list(names)[:MAX_NAMED])}{more}".rstrip()))
    return made


def _evidence_of(leaf: Leaf, conceal: Concealer) -> list[Evidence]:
    if not leaf.span.line:
        return []
    value: Any = None if leaf.value is MISSING else leaf.value
    if isinstance(value, Encoded):
        value = value.decoded
    if isinstance(value, Unknown):
        notes = [value.reason or "unknown"]
    else:
        notes = ["not set"] if value is None else []
    if leaf.wanted:
        notes.append(f"wanted: {leaf.wanted}")
    if leaf.owner is not None:
        notes.insert(0, f"of {leaf.owner.address}")
    found = [Evidence(leaf.path, _small(plain(value)), leaf.span, ", ".join(notes))]
    return found + [_step(origin) for origin in conceal.way(leaf.origins())]


def _step(origin: Origin) -> Evidence:
    return Evidence("", _small(plain(origin.value)), origin.span, origin.note)


def _small(value: Any, depth: int = 0) -> Any:
    """Evidence is for reading: a large value is cut, at every level; what is cut off leaves a mark."""
    if isinstance(value, str) and len(value) > 200:
        return value[:197] + "..."
    if isinstance(value, (dict, list)) and len(value) > 1 and depth >= MAX_EVIDENCE_DEPTH:
        return "..."
    if isinstance(value, list):
        cut = [_small(item, depth + 1) for item in value[:10]]
        return [*cut, "..."] if len(value) > 10 else cut
    if isinstance(value, dict):
        short = {key: _small(item, depth + 1) for key, item in list(value.items())[:10]}
        return {**short, "...": "..."} if len(value) > 10 else short
    return value
