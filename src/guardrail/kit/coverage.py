"""What has rules: kinds, concepts, attributes, and the checks of other scanners."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from guardrail.kit.explaining import asks_of_items
from guardrail.kit.peers import peer_ids
from guardrail.model import CATEGORIES
from guardrail.policy.rule import Rule
from guardrail.policy.vocabulary import terraform_kinds

_JOINS = ("all", "any", "not", "related")
_CONDITIONS = ("where", "each", "some", "none")


class Peer(NamedTuple):
    """`known` is 0 where nobody has listed the peer's checks."""

    covered: int
    known: int
    missing: tuple[str, ...]
    by_category: Mapping[str, int]


class Coverage(NamedTuple):
    """`kinds`: kind -> ids of the rules that speak of it outright or through a concept; `concepts`: concept -> ids of
    rules; `attributes`: kind or concept -> attribute path -> ids of rules."""

    rules: int
    categories: Mapping[str, int]
    concepts: Mapping[str, list[str]]
    unused_concepts: tuple[str, ...]
    kinds: Mapping[str, list[str]]
    attributes: Mapping[str, Mapping[str, list[str]]]
    peers: Mapping[str, Peer]


def coverage(
    rules: Iterable[Rule], concepts: Iterable[str], bindings: Mapping[str, list[tuple[str, Any]]]
) -> Coverage:
    """`bindings`: kind -> (concept, data), as a bundle has them."""
    found = list(rules)
    known = set(concepts)
    of_concept: dict[str, list[str]] = {}
    of_kind: dict[str, list[str]] = {}
    of_attribute: dict[str, dict[str, list[str]]] = {}
    for rule in found:
        for check in rule.data["checks"]:
            words = _subjects(check["on"])
            for word in words:
                _add(of_concept if word in known else of_kind, word, rule.id)
            paths = {path for key in ("when", "require") if key in check for path in _paths(check[key])}
            for word in words:
                for path in sorted(paths):
                    if not path.startswith("^."):
                        _add(of_attribute.setdefault(word, {}), path, rule.id)
    for kind, bound in bindings.items():
        for concept, _ in bound:
            for rule_id in of_concept.get(concept, ()):
                _add(of_kind, kind, rule_id)
    return Coverage(
        len(found),
        {category: sum(rule.category == category for rule in found) for category in CATEGORIES},
        dict(sorted(of_concept.items())),
        tuple(sorted(known - of_concept.keys())),
        dict(sorted(of_kind.items())),
        {subject: dict(sorted(paths.items())) for subject, paths in sorted(of_attribute.items())},
        _peers(found),
    )


def _peers(rules: list[Rule]) -> dict[str, Peer]:
    known = peer_ids()
    named: dict[str, dict[str, set[str]]] = {peer: {} for peer in known}
    for rule in rules:
        for peer, ids in (rule.data.get("replaces") or {}).items():
            named.setdefault(peer, {}).setdefault(rule.category, set()).update(ids)
    made: dict[str, Peer] = {}
    for peer, by_category in sorted(named.items()):
        covered: set[str] = set().union(*by_category.values())
        of_peer = known.get(peer, frozenset())
        made[peer] = Peer(
            len(covered & of_peer if of_peer else covered),
            len(of_peer),
            tuple(sorted(of_peer - covered, key=_natural)),
            {category: len(by_category[category]) for category in CATEGORIES if category in by_category},
        )
    return made


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """`CKV_AWS_9` before `CKV_AWS_10`."""
    return tuple((int(part) if part.isdecimal() else -1, part) for part in name.replace("-", "_").split("_"))


def _subjects(on: Any) -> list[str]:
    """Words of `on:`, a glob as the kinds that it matches."""
    words: list[str] = []
    for word in on if isinstance(on, list) else [on]:
        if any(sign in word for sign in "*?["):
            words += sorted(kind for kind in terraform_kinds()["resources"] if fnmatch.fnmatchcase(kind, word))
        else:
            words.append(word)
    return words


def _paths(condition: Any, above: str = "") -> Iterator[str]:
    """The attribute paths that a condition looks at, those of items below their list's."""
    if isinstance(condition, list):
        for item in condition:
            yield from _paths(item, above)
        return
    for key, wanted in condition.items() if isinstance(condition, dict) else ():
        if key in ("all", "any", "not"):
            yield from _paths(wanted, above)
        elif key not in _JOINS:
            path = f"{above}.{key}" if above else key
            yield path
            yield from _within(wanted, path)


def _within(operators: Any, path: str) -> Iterator[str]:
    for operator, operand in operators.items() if isinstance(operators, dict) else ():
        if operator == "where" or (operator in _CONDITIONS and asks_of_items(operand)):
            yield from _paths(operand.get("where", operand), f"{path}[*]" if operator != "where" else path)


def _add(table: dict[str, list[str]], key: str, rule: str) -> None:
    there = table.setdefault(key, [])
    if rule not in there:
        there.append(rule)
