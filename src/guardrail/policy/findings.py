"""Verdicts -> findings: one for each rule and place, with its instances, words, evidence and fingerprint."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from guardrail.concepts.secret_masks import Concealer
from guardrail.conditions import MISSING, Leaf, Scope, parse_path
from guardrail.model import (
    BECAUSE,
    HOLE,
    Encoded,
    Evidence,
    Finding,
    Inventory,
    Map,
    OneOf,
    Origin,
    PartText,
    Reference,
    Sensitive,
    Seq,
    Span,
    Unknown,
    plain,
    severity_rank,
)
from guardrail.model.patterns import lazy_regex
from guardrail.policy.judge import Verdict
from guardrail.policy.rule import Rule

MAX_EVIDENCE = 8
MAX_EVIDENCE_DEPTH = 2
MAX_NAMED = 12  # profiles of a chart
MAX_WAYS = 3  # charts that bring the same one along
_BRACES = lazy_regex(r"\{([^{}]*)\}")
_IF_KNOWN = lazy_regex(r"\[\[([^\[\]]*)\]\]")
_SAYS_NOTHING = frozenset(("unknown", "not set", "none", "..."))
_INDEX = lazy_regex(r"\[[^\]]*\]")
_DIGITS = lazy_regex(r"(\d+)")


def findings_of(verdicts: Iterable[Verdict], hidden: Iterable[tuple[str, Span]] = ()) -> list[Finding]:
    """Sorted. Of the instances of one block, those that fail make one finding; where none fails, those
    that can't be decided do. `hidden`: secrets and their places, which no evidence may show."""
    groups: dict[tuple[str, Span], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.rule.id, verdict.span), []).append(verdict)
    made: list[Finding] = []
    conceal = Concealer(hidden)
    for (_, span), group in groups.items():
        chosen = [v for v in group if v.failed] or group
        if len(chosen) > 1:
            chosen.sort(key=_place)
        made.append(_finding(chosen, span, conceal))
    return sorted(made, key=Finding.sort_key)


def _finding(group: list[Verdict], span: Span, conceal: Concealer) -> Finding:
    """Of instances in several environments, what weighs most speaks for the others."""
    first = min(group, key=_weight)
    rule, resource = first.rule, first.subject.resource
    instances = tuple(dict.fromkeys(v.subject.resource.address for v in group))
    environments = sorted({name for v in group for name in v.subject.resource.environments})
    message = first.said or (_message(first) if first.failed else _undetermined(first))
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
        remedy=" ".join(rule.remedy(resource, first.subject.concept).split()),
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
            others = at.get((finding.span, stronger), ())
            other = next((each for each in others if _says_more(findings[each], finding)), None)
            if other is not None:
                into[index] = other
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


def _says_more(stronger: Finding, weaker: Finding) -> bool:
    """Of all that the other speaks of, and as grave."""
    return (
        set(weaker.instances) <= set(stronger.instances)
        and severity_rank(stronger.severity) <= severity_rank(weaker.severity)
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
            finding = finding._replace(fingerprint=fingerprint_of(f"{finding.fingerprint}#{count}"))
        result.append(finding)
    return result


def shown(value: Any, limit: int = 80) -> str:
    """A value in a message: short, on one line, redacted."""
    if value is MISSING or value is None:
        return "not set"
    if isinstance(value, OneOf):
        return shown_choices(value, shown)
    if isinstance(value, PartText) and value.literal.strip():
        value = value.template.replace(HOLE, "…")
    if isinstance(value, Reference) and value.target:
        plain_name = value.attribute in ("", "arn", "id", "name", "self_link")
        value = value.target if plain_name else f"{value.target}.{value.attribute}"
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, Sensitive):
        return "(hidden)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = " ".join(str(value).split())
    elif isinstance(value, Seq):
        text = ", ".join(shown(item, 40) for item in value[:5]) + (", ..." if len(value) > 5 else "")
        text = f"[{text}]"
    elif isinstance(value, Map):
        text = ", ".join(list(value)[:5]) + (", ..." if len(value) > 5 else "")
        text = f"{{{text}}}"
    else:
        text = str(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def shown_choices(value: OneOf, one: Callable[[Any], str]) -> str:
    words = list(dict.fromkeys(one(choice) for choice in value.choices))
    return " or ".join(words[:4]) + (" or ..." if len(words) > 4 else "")


def _in_a_sentence(value: Any) -> str:
    """A list as a message names it: `get, list, watch`."""
    if isinstance(value, OneOf):
        return shown_choices(value, _in_a_sentence)
    if not isinstance(value, list):
        return shown(value)
    words = ", ".join(shown(item, 60) for item in value[:5]) + (", ..." if len(value) > 5 else "")
    return words or "none"


UNITS = ("bytes", "duration")
"""What `{attribute|UNIT}` in a message can ask for."""


def in_unit(value: Any, unit: str) -> str:
    """A number of bytes as `256Mi`, of seconds as `1h 30m`; anything else as it is."""
    if isinstance(value, OneOf):
        return shown_choices(value, lambda choice: in_unit(choice, unit))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return shown(value)
    if unit == "bytes":
        for suffix, size in (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
            if value >= size and value * 10 % size == 0:
                return f"{value / size:g}{suffix}"
        return f"{value:g} bytes" if value < 1 << 20 else f"{value / (1 << 20):.1f}Mi"
    parts: list[str] = []
    rest = int(value)
    for suffix, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if rest >= size:
            parts.append(f"{rest // size}{suffix}")
            rest %= size
    return " ".join(parts) or f"{value:g}s"


def _message(verdict: Verdict) -> str:
    subject = verdict.subject
    leaf = next((leaf for leaf in verdict.leaves if leaf.value is not MISSING), None) or (
        verdict.leaves[0] if verdict.leaves else None
    )

    def word(match: re.Match[str]) -> str:
        key, _, form = match.group(1).partition("|")
        if key == "name":
            return shown(subject.name)
        if key == "address":
            return shown(subject.resource.address, 200)
        if key == "kind":
            return shown(subject.resource.kind)
        if key == "path":
            return leaf.path if leaf else ""
        if key == "wanted":
            return leaf.wanted if leaf else ""
        if key == "value":
            value: Any = leaf.value if leaf else MISSING
        elif key.startswith("$"):
            value = verdict.rule.values(verdict.setting.parameters or {}).get(key[1:])
        else:
            found = parse_path(key).leaves(Scope(subject.root, subject.resource, Inventory()))
            value = found[0].value if found else MISSING
        return in_unit(value, form) if form else _in_a_sentence(value)

    return " ".join(filled_in(verdict.check.message, word).split())


def filled_in(template: str, word: Callable[[re.Match[str]], str]) -> str:
    """A message with its words. What stands in `[[...]]` is left out where its own word says nothing."""

    def part(match: re.Match[str]) -> str:
        words = [word(inner) for inner in _BRACES.finditer(match.group(1))]
        says = any(set(said.split(", ")) - _SAYS_NOTHING for said in words)
        return match.group(1) if says else ""

    return _BRACES.sub(word, _IF_KNOWN.sub(part, template) if "[[" in template else template)


def _undetermined(verdict: Verdict) -> str:
    unknowns = [leaf.unknown for leaf in verdict.leaves if leaf.unknown] or _unknown_items(verdict.leaves)
    reasons = list(dict.fromkeys(unknown.reason for unknown in unknowns if unknown.reason))
    why = "; ".join(reasons[:3]) or "a value it depends on cannot be known"
    return f"{verdict.subject.name}{BECAUSE}{why}"


def _unknown_items(leaves: Iterable[Leaf]) -> list[Unknown]:
    """Of lists that were looked through for something: it may be one of these."""
    lists = (leaf.value for leaf in leaves if isinstance(leaf.value, Seq))
    return [item for value in lists for item in value if isinstance(item, Unknown)]


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
            found.append(_step(origin, conceal))
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
    for origin in leaf.origins():
        found.append(_step(origin, conceal))
    return found


def _step(origin: Origin, conceal: Concealer) -> Evidence:
    return Evidence("", _small(plain(conceal(origin.value, origin.span))), origin.span, origin.note)


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
