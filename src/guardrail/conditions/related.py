"""`related`: what holds of resources that this one is joined to by references.

    related:
      to: aws_s3_bucket_versioning       # a kind, or a list of kinds
      via: bucket                        # only through this attribute of the one that refers
      match: {bucket: bucket}            # or: its attribute equals this attribute of ours (names written out)
      where: {...}                       # which of them
      require: {...}                     # what must hold of one of them (expect: some), of each, of none

References are followed in either direction, through locals and module outputs as far as the reader could.
Where none is found that fits, but there is one of the kind whose link cannot be known, so is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guardrail.conditions.outcome import TRUE, Condition, Leaf, Outcome, Scope, conjunction, disjunction, negation
from guardrail.conditions.paths import parse_path
from guardrail.model import Reference, Resource, Unknown

KEYS = frozenset({"to", "via", "match", "where", "require", "expect"})


def compile_related(
    data: Any, parameters: Mapping[str, Any], compile_condition: Callable[[Any, Mapping[str, Any]], Condition]
) -> Condition:
    if not isinstance(data, dict) or "to" not in data:
        raise ValueError("related needs a mapping with `to`")
    if unknown := sorted(set(data) - KEYS):
        raise ValueError(f"related: unknown key {unknown[0]!r}")
    kinds = tuple(data["to"]) if isinstance(data["to"], list) else (data["to"],)
    via = data.get("via", "")
    match = [(parse_path(theirs), parse_path(ours)) for theirs, ours in (data.get("match") or {}).items()]
    where = compile_condition(data["where"], parameters) if "where" in data else None
    require = compile_condition(data["require"], parameters) if "require" in data else None
    expect = data.get("expect", "some")
    if expect not in ("some", "each", "none"):
        raise ValueError("related: `expect` is some, each or none")
    words = f"joined to {' or '.join(kinds)}"

    def evaluate(scope: Scope) -> Outcome:
        subject = scope.resource
        inventory = scope.inventory
        outcomes: list[Outcome] = []
        candidates = [r for kind in kinds for r in inventory.by_kind.get(kind, ()) if r is not subject]
        if candidates:
            joined = {id(r) for r in inventory.referred_to_by(subject)} if not via else set()
            joined |= {
                id(r)
                for r, path in inventory.referring_to(subject)
                if not via or path == via or path.startswith((via + ".", via + "["))
            }
            for other in candidates:
                linked = True if id(other) in joined else _matched(other, subject, scope, match)
                if linked is False and via:
                    linked = _maybe(other, via, subject)
                if linked is False:
                    continue
                outcomes.append(_judge(other, linked, scope))
        absent = Leaf("", Unknown(""), subject.header, wanted=words)._replace(value=None)
        if expect == "each":
            return conjunction(outcomes) if outcomes else TRUE
        found = disjunction(outcomes) if outcomes else Outcome(False, (absent,))
        return negation(found) if expect == "none" else found

    def _judge(other: Resource, linked: bool | None, scope: Scope) -> Outcome:
        inner = Scope(other.attributes, other, scope.inventory)
        parts = [condition(inner) for condition in (where, require) if condition]
        here = Leaf("", None, other.header, owner=other)
        outcome = conjunction(parts) if parts else Outcome(True, (here,))
        leaves = tuple(leaf if leaf.owner else leaf._replace(owner=other) for leaf in outcome.leaves)
        if linked is None and outcome.truth is not False:
            reason = f"whether {other.address} belongs to {scope.resource.address} cannot be known"
            return Outcome(None, (Leaf(via, Unknown(reason), other.header, owner=other),))
        return Outcome(outcome.truth, leaves or (here,))

    return evaluate


def _matched(other: Resource, subject: Resource, scope: Scope, match: list[Any]) -> bool | None:
    """Whether the attributes named by `match` are equal; None where one of them is unknown."""
    if not match:
        return False
    answer: bool | None = True
    for theirs, ours in match:
        left = theirs.leaves(Scope(other.attributes, other, scope.inventory))
        right = ours.leaves(Scope(subject.attributes, subject, scope.inventory))
        if len(left) != 1 or len(right) != 1:
            return False
        a, b = left[0].value, right[0].value
        if isinstance(a, Reference) or isinstance(b, Reference):
            return False  # an edge, which was looked at already
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            answer = None
        elif a != b or a is None:
            return False
    return answer


def _maybe(other: Resource, via: str, subject: Resource) -> bool | None:
    """None where the other's link is unknown (so it may be ours), False where it surely leads elsewhere."""
    value = other.attributes.get(via)
    if isinstance(value, Unknown) and not isinstance(value, Reference) and other.scope == subject.scope:
        return None if not any(edge.path == via for edge in other.edges) else False
    return False
