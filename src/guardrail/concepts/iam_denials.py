"""Whether a policy's own denials say who, so that an Allow to `*` beside them is not to everybody:

    Allow * execute-api:Invoke
    Deny  * execute-api:Invoke   if aws:SourceVpce is not ours
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guardrail.concepts.iam import action_pattern
from guardrail.concepts.iam_conditions import spares_only_named
from guardrail.concepts.iam_statements import Part, Statement
from guardrail.concepts.lists import some, surely_named
from guardrail.model import HOLE, PartText, Reference, Seq, Unknown, Value

MAX_COMPARISONS = 50_000  # of a document; AWS takes none of half as many characters
_TOO_MANY = Unknown("the policy has more statements than are compared with each other")


class Denials:
    """The denials of a policy that hold for everybody but those that they name."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.found = [(one, spares) for one in statements if (spares := _everybody_but(one)) is not False]
        self.left = MAX_COMPARISONS

    def shut_out(self, allow: Statement) -> bool | Unknown:
        """Whether one of them keeps everybody else from all that a statement allows."""
        if self.found and self.left < 0:
            return _TOO_MANY
        return _any([self._keeps_out(denial, spares, allow) for denial, spares in self.found])

    def _keeps_out(self, denial: Statement, spares: bool | Unknown, allow: Statement) -> bool | Unknown:
        about = [denial.resources, denial.not_resources, allow.resources, allow.not_resources]
        one_thing = all(part.values is None for part in about)  # that which the policy belongs to, as in trust policies
        actions = self._covers(denial.actions, allow.actions)
        if actions is False:
            return False
        return _all([spares, actions, one_thing or self._covers(denial.resources, allow.resources)])

    def _covers(self, wider: Part, narrower: Part) -> bool | Unknown:
        """Whether each of the narrower list's actions or resources is among the wider list's. Where there is no list
        it is about all, or all but some."""
        all_of, these = _items(narrower) or ("*",), _items(wider)
        self.left -= len(all_of) * len(these)
        if self.left < 0:
            return _TOO_MANY
        return _all([_any([_takes_in(one, other) for one in these]) for other in all_of])


def _everybody_but(denial: Statement) -> bool | Unknown:
    if some(denial.effect.values, denial.effect.place, lambda text: text.lower() == "deny")[0] is not True:
        return False
    spared = denial.not_principals
    if spared.values is not None:
        if denial.conditions:
            return False
        found, _ = some(spared.values, spared.place, lambda text: text.strip() == "*")
        return found if isinstance(found, Unknown) else not found
    named, _ = some(denial.principals.values, denial.principals.place, lambda text: text.strip() == "*")
    return _all([named, spares_only_named(denial.conditions)])


def _items(part: Part) -> Sequence[Value]:
    return part.values if isinstance(part.values, Seq) else () if part.values is None else (part.values,)


def _takes_in(wider: Value, narrower: Value) -> bool | Unknown:
    """A part that is not known stands in a text as a character that only itself and a star match."""
    first, second = _template(wider), _template(narrower)
    if first is None or second is None:
        return next((item for item in (wider, narrower) if isinstance(item, Unknown)), False)
    if len(first) > 256 or ("?" in first and first != second) or not action_pattern(first).match(second):
        return False
    if not isinstance(wider, Unknown):
        return True
    same = isinstance(narrower, Unknown) and wider.refs == narrower.refs and len(wider.refs) == 1
    return True if same and surely_named(wider) else wider


def _template(item: Value) -> str | None:
    if isinstance(item, PartText):
        return item.template
    if isinstance(item, Reference):
        return HOLE
    return item if isinstance(item, str) else None


def _all(answers: Sequence[Value]) -> bool | Unknown:
    if False in answers:
        return False
    return next((answer for answer in answers if isinstance(answer, Unknown)), True)


def _any(answers: Sequence[Value]) -> bool | Unknown:
    if True in answers:
        return True
    return next((answer for answer in answers if isinstance(answer, Unknown)), False)
