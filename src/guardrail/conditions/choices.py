"""What conditions say of a value that is one of a few."""

from __future__ import annotations

from guardrail.conditions.mappings import Check
from guardrail.conditions.outcome import MISSING, Leaf, Outcome, Scope, conjunction
from guardrail.model import FieldOneOf, OneOf


def of_choices(checks: list[Check], leaf: Leaf, scope: Scope) -> Outcome:
    """The answer that each of the choices gives; unknown where they don't agree."""
    value = leaf.value
    assert isinstance(value, OneOf)
    as_written = scope.at or scope.root is scope.resource.attributes or isinstance(value, FieldOneOf)
    truths: set[bool | None] = {None}
    leaves: tuple[Leaf, ...] = (leaf,)
    if as_written:
        outcomes = [
            conjunction([check(leaf._replace(value=MISSING if choice is None else choice), scope) for check in checks])
            for choice in value.choices
        ]
        truths = {outcome.truth for outcome in outcomes}
        leaves = tuple([found._replace(value=value) for found in outcomes[0].leaves if found.path == leaf.path][:1])
    return Outcome(truths.pop() if len(truths) == 1 else None, leaves or (leaf,))
