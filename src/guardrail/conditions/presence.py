"""Operators that ask whether a value is there, and what kind of unknown it is: `set`, `refers`, `known`."""

from __future__ import annotations

from guardrail.conditions.mappings import Check
from guardrail.conditions.outcome import MISSING, Leaf, Outcome, Scope
from guardrail.model import EncodedUnknown, Map, PartText, Reference, Sensitive, Seq, Unknown


def is_set(wanted: bool) -> Check:
    """`set: true`: written, and not null, "" or an empty collection. An unknown value is set or not: unknown,
    but for a reference to another resource, which is there."""
    words = "set" if wanted else "not set"

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        value = leaf.value
        if isinstance(value, Sensitive):
            value = value.reveal()
        found: bool | None
        if value is MISSING or value is None or value == "" or (isinstance(value, (Map, Seq)) and not value):
            found = False
        elif isinstance(value, Unknown):
            found = True if _surely_set(value) else None
        else:
            found = True
        return Outcome(None if found is None else found is wanted, (leaf.asked(words),))

    return check


def refers(operand: bool | list[str]) -> Check:
    """Whether it is an attribute of another resource, known once that is made; of these names, if it is a list."""
    names = operand if isinstance(operand, list) else []
    wanted = bool(operand)
    attribute = " or ".join(names) or "attribute"
    words = f"the {attribute} of a resource" if wanted else "no attribute of a resource"

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        value = leaf.value.reveal() if isinstance(leaf.value, Sensitive) else leaf.value
        if value is MISSING or value is None:
            return Outcome(False, (leaf.asked(words),))
        found: bool | None = isinstance(value, Reference) and (not names or value.attribute in names)
        if isinstance(value, Unknown) and not isinstance(value, (Reference, PartText)):
            found = None
        return Outcome(None if found is None else found is wanted, (leaf.asked(words),))

    return check


def is_known(wanted: bool) -> Check:
    """Whether it is written, be it in part."""
    words = "known" if wanted else "unknown"

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        value = leaf.value.reveal() if isinstance(leaf.value, Sensitive) else leaf.value
        if value is MISSING or value is None:
            return Outcome(False, (leaf.asked(words),))
        found = not isinstance(value, Unknown) or (isinstance(value, PartText) and bool(value.literal))
        return Outcome(found is wanted, (leaf.asked(words),))

    return check


def _surely_set(value: Unknown) -> bool:
    return isinstance(value, (Reference, EncodedUnknown)) or (isinstance(value, PartText) and bool(value.literal))
