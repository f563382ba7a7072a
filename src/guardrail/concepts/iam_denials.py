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


def shut_out(allow: Statement, statements: Iterable[Statement]) -> bool | Unknown:
    """Whether a denial among the statements keeps everybody but named ones from all that this one allows."""
    undecided: Unknown | None = None
    for denial in statements:
        answer = _keeps_out(denial, allow)
        if answer is True:
            return True
        if isinstance(answer, Unknown):
            undecided = undecided or answer
    return undecided if undecided is not None else False


def _keeps_out(denial: Statement, allow: Statement) -> bool | Unknown:
    if some(denial.effect.values, denial.effect.place, lambda text: text.lower() == "deny")[0] is not True:
        return False
    about = [denial.resources, denial.not_resources, allow.resources, allow.not_resources]
    one_thing = all(part.values is None for part in about)  # that which the policy belongs to, as in trust policies
    return _all([
        _everybody_but(denial),
        _covers(denial.actions, allow.actions),
        one_thing or _covers(denial.resources, allow.resources),
    ])  # fmt: skip


def _everybody_but(denial: Statement) -> bool | Unknown:
    spared = denial.not_principals
    if spared.values is not None:
        if denial.conditions:
            return False
        found, _ = some(spared.values, spared.place, lambda text: text.strip() == "*")
        return found if isinstance(found, Unknown) else not found
    named, _ = some(denial.principals.values, denial.principals.place, lambda text: text.strip() == "*")
    return _all([named, spares_only_named(denial.conditions)])


def _covers(wider: Part, narrower: Part) -> bool | Unknown:
    """Whether each of the narrower list's actions or resources is among the wider list's. Where there is no list it is
    about all, or all but some."""
    return _all([_any([_takes_in(one, other) for one in _items(wider)]) for other in _items(narrower) or ("*",)])


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
