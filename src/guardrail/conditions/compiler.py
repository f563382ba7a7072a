"""Conditions as a rule writes them -> closures.

Three-valued throughout, in one place: `_on_leaf` decides what becomes of missing, unknown and sensitive
values before any operator sees one. On a missing value every operator but `set`, `default` and those about
a collection's items is false, unless the provider is known to take something else there (`defaults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardrail.conditions.choices import of_choices
from guardrail.conditions.defaults import default_at, from_top, inside
from guardrail.conditions.mappings import MAPPINGS, Check
from guardrail.conditions.operators import JOINS, OPERATORS, SIMPLE, keys_of, number, of_part, wanted_words
from guardrail.conditions.outcome import (
    MISSING,
    TRUE,
    Condition,
    Leaf,
    Outcome,
    Scope,
    conjunction,
    disjunction,
    negation,
)
from guardrail.conditions.paths import Path, parse_path
from guardrail.conditions.presence import is_known, is_set, refers
from guardrail.conditions.related import compile_related
from guardrail.model import Encoded, EncodedUnknown, Map, OneOf, PartList, PartText, Reference, Sensitive, Seq, Unknown


def compile_condition(data: Any, parameters: Mapping[str, Any] | None = None, brief: bool = False) -> Condition:
    """A condition (a mapping, or a list of them, all of which must hold) as a function of a scope.

    `parameters` are the values for `$name`; an operator whose operand is a parameter that is null asks for
    nothing. `brief`: nobody will ask which values made it false, so it may stop at the first that does.
    Raises ValueError for what is no condition; the message names the culprit.
    """
    parameters = parameters or {}
    if isinstance(data, list):
        return _all([compile_condition(item, parameters, brief) for item in data], brief)
    if not isinstance(data, dict):
        raise ValueError(f"a condition must be a mapping, not {data!r}")
    parts: list[Condition] = []
    for key, wanted in data.items():
        if key == "all":
            parts.append(_all(_conditions(wanted, parameters)))
        elif key == "any":
            parts.append(_any(_conditions(wanted, parameters)))
        elif key == "not":
            parts.append(_not(compile_condition(wanted, parameters)))
        elif key == "related":
            parts.append(compile_related(wanted, parameters, compile_condition))
        else:
            parts.append(_at_path(parse_path(key), _operators(wanted, parameters)))
    return _all(parts, brief)


def _conditions(data: Any, parameters: Mapping[str, Any]) -> list[Condition]:
    items = data if isinstance(data, list) else [data]
    return [compile_condition(item, parameters) for item in items]


def _all(parts: list[Condition], brief: bool = False) -> Condition:
    if len(parts) == 1:
        return parts[0]

    def until_false(scope: Scope) -> Outcome:
        outcomes: list[Outcome] = []
        for part in parts:
            outcome = part(scope)
            if outcome.truth is False:
                return outcome
            outcomes.append(outcome)
        return conjunction(outcomes)

    if brief and parts:
        return until_false

    def evaluate(scope: Scope) -> Outcome:
        return conjunction([part(scope) for part in parts]) if parts else TRUE

    return evaluate


def _any(parts: list[Condition]) -> Condition:
    def evaluate(scope: Scope) -> Outcome:
        return disjunction([part(scope) for part in parts])

    return evaluate


def _not(part: Condition) -> Condition:
    return lambda scope: negation(part(scope))


def _at_path(path: Path, checks: list[Check]) -> Condition:
    if not checks:
        return lambda scope: TRUE

    from_resource = path.from_resource

    def evaluate(scope: Scope) -> Outcome:
        leaves = path.leaves(scope)
        if from_resource:
            scope = from_top(scope)
        if len(leaves) == 1:
            leaf = leaves[0]
            if isinstance(leaf.value, OneOf):
                return of_choices(checks, leaf, scope)
            if len(checks) == 1:
                return checks[0](leaf, scope)
            return conjunction([check(leaf, scope) for check in checks])
        if not leaves:
            return TRUE
        return conjunction([check(leaf, scope) for leaf in leaves for check in checks])

    return evaluate


def _operators(wanted: Any, parameters: Mapping[str, Any]) -> list[Check]:
    """A literal, or a mapping of operators, as checks of one leaf that must all hold."""
    default: Any = MISSING
    checks: list[Check] = []
    for operator, operand in given(wanted, parameters):
        if operator == "default":
            default = operand
        elif operator == "set":
            checks.append(is_set(bool(operand)))
        elif operator == "refers":
            checks.append(refers(operand))
        elif operator == "known":
            checks.append(is_known(bool(operand)))
        elif operator == "not":
            refused = _operators(operand, parameters)
            if refused:  # none where all that it refuses are parameters that are null
                checks.append(_negated(_joined(refused)))
        elif operator in ("length", "keys"):
            inner = _operators(operand, parameters)
            if inner:
                checks.append((_length if operator == "length" else _keys)(_joined(inner)))
        elif operator == "where":
            checks.append(_where(compile_condition(operand, parameters)))
        elif operator in ("each", "some", "none"):
            item = _item_check(operand, parameters)
            if item is not None:
                checks.append(_over_items(operator, item))
        elif operator in MAPPINGS:
            try:
                checks.append(MAPPINGS[operator](operand))
            except ValueError as error:
                raise ValueError(f"{operator}: {error}") from None
        elif operator in SIMPLE:
            checks.append(_simple(operator, _substituted(operand, parameters)))
        else:
            raise ValueError(f"{operator!r} is not an operator")
    if default is not MISSING:
        checks = [_defaulted(_joined(checks), default)] if checks else []
    return checks


def given(wanted: Any, parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The operators with their operands, `$name` replaced; without those whose operand is a parameter that is null,
    for they ask for nothing. A literal is what the value must be equal to."""
    if not isinstance(wanted, dict):
        wanted = {"equals": wanted}
    found: list[tuple[str, Any]] = []
    for operator, operand in wanted.items():
        # A pattern may begin with a dollar sign; one that is a parameter's name is the parameter.
        named = isinstance(operand, str) and operand.startswith("$")
        if named and (operator != "matches" or operand[1:] in parameters):
            name = operand[1:]
            if name not in parameters:
                raise ValueError(f"no parameter is called {name!r}")
            operand = parameters[name]
            if operand is None:
                continue
            if operator == "matches":  # guardrail.yaml's, or a pack's
                from guardrail.conditions.repetitions import check_pattern

                check_pattern(str(operand))
        if not _times_nothing(operand, parameters):
            found.append((operator, operand))
    return found


def _times_nothing(operand: Any, parameters: Mapping[str, Any]) -> bool:
    """`{path: x, times: $factor}` with a factor that is null."""
    times = operand.get("times") if isinstance(operand, dict) and "path" in operand else None
    return isinstance(times, str) and times.startswith("$") and parameters.get(times[1:], times) is None


def _substituted(operand: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(operand, dict) and set(operand) <= {"path", "times"} and "path" in operand:
        times = operand.get("times", 1)
        if isinstance(times, str) and times.startswith("$"):
            times = parameters[times[1:]]
        return _Operand(parse_path(operand["path"]), times)
    return operand


class _Operand:
    """Another attribute of the same subject, times a factor, as what a value is compared with."""

    def __init__(self, path: Path, times: Any) -> None:
        self.path, self.times = path, times

    def value(self, scope: Scope) -> Any:
        leaves = self.path.leaves(scope)
        found = leaves[0].value if leaves else MISSING
        if isinstance(found, Sensitive):
            found = found.reveal()
        if self.times == 1 or found is MISSING or isinstance(found, Unknown):
            return found
        amount = number(found)
        return MISSING if amount is None else amount * self.times


def _joined(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    return lambda leaf, scope: conjunction([check(leaf, scope) for check in checks]) if checks else TRUE


def _item_check(operand: Any, parameters: Mapping[str, Any]) -> Check | None:
    """What `each`, `some` and `none` ask of an item: operators where all words are operators, otherwise a
    condition whose paths start at the item (`where:` says so outright). None where all that they ask for are parameters
    that are null."""
    if is_condition(operand):
        return _where(compile_condition(operand, parameters))
    checks = _operators(operand, parameters)
    return _joined(checks) if checks else None


def is_condition(operand: Any) -> bool:
    return isinstance(operand, dict) and any(key not in OPERATORS or key in JOINS - OPERATORS for key in operand)


def _where(condition: Condition) -> Check:
    def check(leaf: Leaf, scope: Scope) -> Outcome:
        value = leaf.value
        if isinstance(value, Sensitive):
            value = value.reveal()
        if isinstance(value, (Encoded, EncodedUnknown)):
            value = value.decoded
        if isinstance(value, Seq) and len(value) == 1:
            value = value[0]
        if isinstance(value, Unknown):
            return Outcome(None, (leaf,))
        if not isinstance(value, Map):
            return Outcome(False, (leaf,))
        outcome = condition(inside(scope, leaf.path, value))
        within = tuple(inner._replace(path=f"{leaf.path}.{inner.path}") for inner in outcome.leaves)
        return Outcome(outcome.truth, within)

    return check


def _simple(operator: str, operand: Any) -> Check:
    if isinstance(operand, _Operand):
        return _compared_with(operator, operand)
    try:
        test = SIMPLE[operator](operand)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{operator}: {error}") from None
    words = wanted_words(operator, operand)

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        value = leaf.value
        if value is MISSING:
            taken = default_at(leaf, scope)
            return Outcome(taken is not MISSING and test(taken), (leaf.asked(words),))
        if isinstance(value, Sensitive):
            value = value.reveal()
        if isinstance(value, PartText):
            return Outcome(of_part(operator, operand, value), (leaf.asked(words),))
        if isinstance(value, Unknown):
            return Outcome(None, (leaf.asked(words),))
        truth = test(value)
        return Outcome(truth, (leaf.asked(words),))

    return check


def _same(one: Reference, other: Reference, scope: Scope) -> bool | None:
    """Whether two attributes of resources are equal: one of one resource is itself, and no two have one ARN or id."""
    if one.attribute != other.attribute:
        return None
    if one.target == other.target:
        return True if one.target in scope.inventory.by_address else None
    apart = one.attribute in ("arn", "id") and one.target.partition("[")[0] != other.target.partition("[")[0]
    return False if apart else None


def _compared_with(operator: str, operand: _Operand) -> Check:
    make = SIMPLE[operator]

    def check(leaf: Leaf, scope: Scope) -> Outcome:
        other = operand.value(scope)
        value = leaf.value.reveal() if isinstance(leaf.value, Sensitive) else leaf.value
        if value is MISSING or other is MISSING:  # nothing to compare
            return Outcome(True, (leaf,))
        words = wanted_words(operator, f"{operand.path.text} ({other})" if not isinstance(other, Unknown) else "?")
        if operator == "equals" and isinstance(value, Reference) and isinstance(other, Reference):
            return Outcome(_same(value, other, scope), (leaf.asked(words),))
        if isinstance(value, Unknown):
            return Outcome(None, (leaf.asked(words),))
        if isinstance(other, Unknown):
            return Outcome(None, (leaf._replace(value=other, wanted=words),))
        try:
            return Outcome(make(other)(value), (leaf.asked(words),))
        except ValueError:
            return Outcome(None, (leaf._replace(value=Unknown(f"{operand.path.text} is not a number")),))

    return check


def _negated(check: Check) -> Check:
    return lambda leaf, scope: negation(check(leaf, scope))


def _defaulted(check: Check, default: Any) -> Check:
    """`default`: what the platform takes where nothing is written."""

    def defaulted(leaf: Leaf, scope: Scope) -> Outcome:
        if leaf.value is not MISSING:
            return check(leaf, scope)
        outcome = check(leaf._replace(value=default), scope)
        return Outcome(outcome.truth, tuple(inner._replace(value=MISSING) for inner in outcome.leaves))

    return defaulted


def _collection(leaf: Leaf) -> Any:
    value = leaf.value
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded
    return value


def _length(check: Check) -> Check:
    def measured(leaf: Leaf, scope: Scope) -> Outcome:
        value = _collection(leaf)
        if isinstance(value, Unknown):
            return Outcome(None, (leaf,))
        size = len(value) if isinstance(value, (str, Map, Seq)) else 0
        outcome = check(leaf._replace(value=size), scope)
        return Outcome(outcome.truth, tuple(inner._replace(value=leaf.value) for inner in outcome.leaves))

    return measured


def _keys(check: Check) -> Check:
    def of_keys(leaf: Leaf, scope: Scope) -> Outcome:
        value = _collection(leaf)
        if isinstance(value, Seq) and len(value) == 1:
            value = value[0]
        if isinstance(value, Unknown):
            return Outcome(None, (leaf,))
        if not isinstance(value, Map):
            value = Map(leaf.span)
        return check(leaf._replace(value=keys_of(value)), scope)

    return of_keys


def _over_items(quantifier: str, check: Check) -> Check:
    """`each`, `some`, `none` over a list's items or a mapping's values. A single value counts as a list of
    itself, as Terraform and most CI systems have it."""

    def quantified(leaf: Leaf, scope: Scope) -> Outcome:
        value = _collection(leaf)
        if isinstance(value, PartList):
            value = value.at(leaf.span)
        if isinstance(value, Unknown):
            return Outcome(None, (leaf,))
        if value is MISSING or value is None:
            items: list[Leaf] = []
        elif isinstance(value, Seq):
            items = [Leaf(f"{leaf.path}[{i}]", item, value.place(i), value, i) for i, item in enumerate(value)]
        elif isinstance(value, Map):
            items = [Leaf(f"{leaf.path}.{key}", item, value.place(key), value, key) for key, item in value.items()]
        else:
            items = [leaf]
        outcomes = [
            of_choices([check], item, scope) if isinstance(item.value, OneOf) else check(item, scope) for item in items
        ]
        if quantifier == "each":
            return conjunction(outcomes) if outcomes else Outcome(True, (leaf,))
        found = disjunction(outcomes) if outcomes else Outcome(False, (leaf,))
        if found.truth is False:  # what lacks the item is the list, not any one of its items
            found = Outcome(False, (leaf,))
        return found if quantifier == "some" else negation(found)

    return quantified
