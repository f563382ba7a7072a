"""The words of findings: a rule's message with the values of a verdict in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from guardrail.conditions import MISSING, Leaf, Scope, parse_path
from guardrail.model import BECAUSE, HOLE, Inventory, Map, OneOf, PartText, Reference, Sensitive, Seq, Unknown
from guardrail.model.patterns import lazy_regex
from guardrail.policy.judge import Verdict

_BRACES = lazy_regex(r"\{([^{}]*)\}")
_IF_KNOWN = lazy_regex(r"\[\[([^\[\]]*)\]\]")
_SAYS_NOTHING = frozenset(("unknown", "not set", "none", "..."))


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


def message_of(verdict: Verdict) -> str:
    return " ".join(filled_in(verdict.check.message, lambda match: _word(verdict, match)).split())


def named_values(verdict: Verdict) -> tuple[str, ...]:
    """The values that decided, as the message has them, and what a dependency is on. Names of instances are none."""
    subject = verdict.subject
    of: Map | tuple[()] = subject.root if subject.concept == "dependency" else ()
    named = {"value", *(leaf.path for leaf in verdict.leaves), *of} - {"name", "address"}
    words = (match for match in _BRACES.finditer(verdict.check.message) if match.group(1).partition("|")[0] in named)
    return (shown(of.get("name")) if of else "", *(_word(verdict, match) for match in words))


def _word(verdict: Verdict, match: re.Match[str]) -> str:
    """What a message has in the place of `{attribute|UNIT}`."""
    subject = verdict.subject
    leaf = next((leaf for leaf in verdict.leaves if leaf.value is not MISSING), None) or (
        verdict.leaves[0] if verdict.leaves else None
    )
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


def filled_in(template: str, word: Callable[[re.Match[str]], str]) -> str:
    """A message with its words. What stands in `[[...]]` is left out where its own word says nothing."""

    def part(match: re.Match[str]) -> str:
        words = [word(inner) for inner in _BRACES.finditer(match.group(1))]
        says = any(set(said.split(", ")) - _SAYS_NOTHING for said in words)
        return match.group(1) if says else ""

    return _BRACES.sub(word, _IF_KNOWN.sub(part, template) if "[[" in template else template)


def undetermined(verdict: Verdict) -> str:
    unknowns = [leaf.unknown for leaf in verdict.leaves if leaf.unknown] or _unknown_items(verdict.leaves)
    reasons = list(dict.fromkeys(unknown.reason for unknown in unknowns if unknown.reason))
    why = "; ".join(reasons[:3]) or "a value it depends on cannot be known"
    return f"{verdict.subject.name}{BECAUSE}{why}"


def _unknown_items(leaves: Iterable[Leaf]) -> list[Unknown]:
    """Of lists that were looked through for something: it may be one of these."""
    lists = (leaf.value for leaf in leaves if isinstance(leaf.value, Seq))
    return [item for value in lists for item in value if isinstance(item, Unknown)]
