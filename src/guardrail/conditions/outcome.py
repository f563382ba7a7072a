"""What a condition works on and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from guardrail.model import Inventory, Map, Origin, Resource, Seq, Span, Unknown, Value


class Missing:
    """The value of what isn't written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class Leaf(NamedTuple):
    """A value that was looked at: where it stands, and the entry that holds it (for its origins). `wanted`
    says what the condition asked of it, for messages."""

    path: str
    value: Value | Missing
    span: Span
    holder: Map | Seq | None = None
    key: str | int = ""
    wanted: str = ""
    owner: Resource | None = None  # where it is not the subject's own (a related resource)

    def origins(self) -> tuple[Origin, ...]:
        if isinstance(self.holder, Map):
            return self.holder.origin_of(str(self.key))
        if isinstance(self.holder, Seq) and isinstance(self.key, int):
            return self.holder.origin_of(self.key)
        return ()

    def asked(self, wanted: str) -> Leaf:
        """The same with `wanted`: what `_replace` would give, in a third of its time."""
        return Leaf(self.path, self.value, self.span, self.holder, self.key, wanted, self.owner)

    @property
    def unknown(self) -> Unknown | None:
        return self.value if isinstance(self.value, Unknown) else None


class Outcome(NamedTuple):
    """`truth` is None where it can't be known. `leaves` are the values that decided it."""

    truth: bool | None
    leaves: tuple[Leaf, ...]


class Scope(NamedTuple):
    """What a condition is evaluated on. `root` is what its paths start from, `resource.attributes` what
    paths beginning with `^.` start from. `at`: where in the attributes `root` stands, if it is a part of them."""

    root: Map
    resource: Resource
    inventory: Inventory
    at: str = ""


Condition = Callable[[Scope], Outcome]

TRUE = Outcome(True, ())


def conjunction(outcomes: list[Outcome]) -> Outcome:
    """False if one is false, else unknown if one is unknown, else true."""
    if len(outcomes) == 1:
        return outcomes[0]
    truths = [outcome.truth for outcome in outcomes]
    return _chosen(outcomes, False if False in truths else None if None in truths else True)


def disjunction(outcomes: list[Outcome]) -> Outcome:
    """True if one is true though another is unknown, else unknown if one is unknown, else false."""
    if len(outcomes) == 1:
        return outcomes[0]
    truths = [outcome.truth for outcome in outcomes]
    return _chosen(outcomes, True if True in truths else None if None in truths else False)


def _chosen(outcomes: list[Outcome], truth: bool | None) -> Outcome:
    """The values of those that came to this."""
    return Outcome(truth, tuple([leaf for outcome in outcomes if outcome.truth is truth for leaf in outcome.leaves]))


def negation(outcome: Outcome) -> Outcome:
    """`not unknown` is unknown. What was asked of the values is asked the other way round."""
    leaves = tuple([leaf.asked(_opposite(leaf.wanted)) if leaf.wanted else leaf for leaf in outcome.leaves])
    return Outcome(None if outcome.truth is None else not outcome.truth, leaves)


def _opposite(wanted: str) -> str:
    """`wanted` is a phrase: "at least 3", "not set", "no attribute of a resource"."""
    return wanted.removeprefix("not ").removeprefix("no ") if wanted.startswith(("not ", "no ")) else f"not {wanted}"
