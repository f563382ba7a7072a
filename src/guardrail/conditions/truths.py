"""Conditions -> whether they hold, and nothing else.

Most of what a scan asks comes to true. This is the short way to that answer: for attributes that are plain text,
numbers or missing, without a record of what was looked at. Whatever is less plain (an unknown, a list, a related
resource) is asked of the condition that explains itself (`compiler`), so that there is one place where three-valued
logic is written down, and the two cannot disagree on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from guardrail.conditions.compiler import compile_condition, given, is_condition
from guardrail.conditions.defaults import from_top, inside, known_at
from guardrail.conditions.operators import SIMPLE
from guardrail.conditions.outcome import MISSING, Condition, Outcome, Scope
from guardrail.conditions.paths import Path, parse_path
from guardrail.model import Map, Seq, Text

Truth = Callable[[Scope], "bool | None"]
Plain = Callable[[Any], "bool | None"]

SCALARS = frozenset((str, int, float, bool, Text))


class _Asked(NamedTuple):
    """What operators come to: for a missing value, for a scalar, and for a list or mapping. The last two are None, and
    the last may give LONG, where only the long way tells. `settled`: what is missing comes to the same whatever the
    provider takes there."""

    missing: bool | None
    scalar: Plain | None
    collection: Callable[[Any, Scope], Any] | None = None
    settled: bool = True


LONG: Any = object()


def compile_truth(data: Any, parameters: Mapping[str, Any] | None = None) -> Truth:
    """The truth of what `compile_condition` makes of the same data. Raises ValueError as that does, but for what is
    only compiled when it is first asked."""
    parameters = parameters or {}
    if isinstance(data, list):
        return _all([compile_truth(item, parameters) for item in data])
    parts: list[Truth] = []
    for key, wanted in data.items():
        if key == "all":
            parts.append(_all(_each(wanted, parameters)))
        elif key == "any":
            parts.append(_any(_each(wanted, parameters)))
        elif key == "not":
            parts.append(_not(compile_truth(wanted, parameters)))
        else:
            parts.append(_part(key, wanted, parameters))
    return _all(parts)


def _each(data: Any, parameters: Mapping[str, Any]) -> list[Truth]:
    return [compile_truth(item, parameters) for item in (data if isinstance(data, list) else [data])]


def _part(key: str, wanted: Any, parameters: Mapping[str, Any]) -> Truth:
    slow = _explained({key: wanted}, parameters)
    if key == "related":
        return slow
    path = parse_path(key)
    asked = _asked(wanted, parameters) if path.names else None
    return _at(path, asked, slow) if asked is not None else slow


def _explained(data: dict[str, Any], parameters: Mapping[str, Any]) -> Truth:
    made: Condition | None = None

    def truth(scope: Scope) -> bool | None:
        nonlocal made
        if made is None:
            made = compile_condition(data, parameters, True)
        outcome: Outcome = made(scope)
        return outcome.truth

    return truth


def _at(path: Path, asked: _Asked, slow: Truth) -> Truth:
    missing, scalar, collection, settled = asked
    before: Any = path.steps[:-1]
    last: Any = path.steps[-1]
    from_resource, names = path.from_resource, path.names

    def of_nothing(scope: Scope) -> bool | None:
        if settled or known_at(names, from_top(scope) if from_resource else scope) is MISSING:
            return missing
        return slow(scope)

    def of_value(value: Any, scope: Scope) -> bool | None:
        kind = type(value)
        if kind in SCALARS:
            return scalar(value) if scalar is not None else slow(scope)
        if collection is not None and (kind is Seq or kind is Map):
            found = collection(value, inside(from_top(scope) if from_resource else scope, names, scope.root))
            if found is not LONG:
                return found  # type: ignore[no-any-return]
        return slow(scope)

    def of_field(scope: Scope) -> bool | None:
        value = scope.root.get(last)
        return of_nothing(scope) if value is None else of_value(value, scope)

    def of_path(scope: Scope) -> bool | None:
        holder: Any = scope.resource.attributes if from_resource else scope.root
        for step in before:
            holder = holder.get(step)
            if type(holder) is not Map:
                return missing if holder is None else slow(scope)
        value = holder.get(last)
        return of_nothing(scope) if value is None else of_value(value, scope)

    return of_path if before or from_resource else of_field


def _asked(wanted: Any, parameters: Mapping[str, Any]) -> _Asked | None:
    """None where operators ask for more than a look at the value tells."""
    default: Any = MISSING
    parts: list[_Asked] = []
    for operator, operand in given(wanted, parameters):
        part: _Asked | None
        if operator == "default":
            default = operand
            continue
        if operator == "set":
            part = _set(bool(operand))
        elif operator == "known":
            part = _known(bool(operand))
        elif operator == "not":
            part = _refused(operand, parameters)
        elif operator in ("each", "some", "none"):
            part = _over_items(operator, operand, parameters)
        elif operator in ("keys", "length"):
            part = (_keys if operator == "keys" else _length)(operand, parameters)
        elif operator in SIMPLE and not (isinstance(operand, dict) and "path" in operand):
            part = _Asked(False, SIMPLE[operator](operand), settled=False)
        else:
            part = None
        if part is None:
            return None
        parts.append(part)
    if not parts:
        return _ANYTHING
    asked = parts[0] if len(parts) == 1 else _together(parts)
    if default is MISSING:
        return asked
    if asked.scalar is None or type(default) not in SCALARS:
        return None
    return asked._replace(missing=asked.scalar(default), settled=True)


_ANYTHING = _Asked(True, lambda value: True, lambda value, scope: True)


def _set(wanted: bool) -> _Asked:
    return _Asked(not wanted, lambda value: (value != "") is wanted, lambda value, scope: bool(value) is wanted)


def _known(wanted: bool) -> _Asked:
    return _Asked(False, lambda value: wanted, lambda value, scope: wanted)


def _refused(operand: Any, parameters: Mapping[str, Any]) -> _Asked | None:
    if not given(operand, parameters):
        return _ANYTHING  # all that it refuses are parameters that are null
    inner = _asked(operand, parameters)
    if inner is None:
        return None
    missing, scalar, collection, settled = inner

    def refused(value: Any) -> bool | None:
        found = scalar(value)  # type: ignore[misc]
        return None if found is None else not found

    def refused_of(value: Any, scope: Scope) -> Any:
        return _opposite(collection(value, scope))  # type: ignore[misc]

    return _Asked(_opposite(missing), refused if scalar else None, refused_of if collection else None, settled)


def _opposite(found: Any) -> Any:
    return found if found is None or found is LONG else not found


def _over_items(quantifier: str, operand: Any, parameters: Mapping[str, Any]) -> _Asked | None:
    """Over the items of a list, or the scalars of a mapping. A scalar counts as a list of itself."""
    scalar: Plain | None = None
    mapping: Truth | None = None
    if is_condition(operand):
        mapping = compile_truth(operand, parameters)
    else:
        if not given(operand, parameters):
            return None
        inner = _asked(operand, parameters)
        if inner is None or inner.scalar is None:
            return None
        scalar = inner.scalar
    found_on, unless_found = (False, True) if quantifier == "each" else (True, False)

    def over(value: Any, scope: Scope) -> Any:
        if type(value) is Seq:
            items: Iterable[Any] = value
        elif scalar is not None:
            items = value.values()
        else:
            return LONG
        unknown = False
        for item in items:
            if scalar is not None and type(item) in SCALARS:
                truth = scalar(item)
            elif mapping is not None and type(item) is Map:
                truth = mapping(scope._replace(root=item))
            else:
                return LONG
            if truth is found_on:
                return quantifier == "some"
            unknown = unknown or truth is None
        return None if unknown else (unless_found if quantifier != "none" else True)

    def of_one(value: Any) -> bool | None:
        truth = scalar(value)  # type: ignore[misc]
        return not truth if quantifier == "none" and truth is not None else truth

    return _Asked(quantifier != "some", of_one if scalar else None, over)


def _keys(operand: Any, parameters: Mapping[str, Any]) -> _Asked | None:
    inner = _asked(operand, parameters) if given(operand, parameters) else None
    if inner is None or inner.collection is None:
        return None
    collection = inner.collection

    def of_keys(value: Any, scope: Scope) -> Any:
        if type(value) is not Map:
            return LONG
        keys = Seq()
        keys.extend(value)
        return collection(keys, scope)

    return _Asked(inner.missing, None, of_keys)  # nothing has the keys of an empty mapping


def _length(operand: Any, parameters: Mapping[str, Any]) -> _Asked | None:
    inner = _asked(operand, parameters) if given(operand, parameters) else None
    if inner is None or inner.scalar is None:
        return None
    of_size = inner.scalar
    return _Asked(
        of_size(0),
        lambda value: of_size(len(value) if isinstance(value, str) else 0),
        lambda value, scope: of_size(len(value)),
    )


def _together(parts: list[_Asked]) -> _Asked:
    scalars = [part.scalar for part in parts]
    collections = [part.collection for part in parts]

    def of_scalar(value: Any) -> bool | None:
        return _conjunction([one(value) for one in scalars])  # type: ignore[misc]

    def of_collection(value: Any, scope: Scope) -> Any:
        found = [one(value, scope) for one in collections]  # type: ignore[misc]
        return LONG if LONG in found else _conjunction(found)

    return _Asked(
        _conjunction([part.missing for part in parts]),
        of_scalar if None not in scalars else None,
        of_collection if None not in collections else None,
        all(part.settled for part in parts),
    )


def _conjunction(truths: list[bool | None]) -> bool | None:
    return False if False in truths else None if None in truths else True


def _all(parts: list[Truth]) -> Truth:
    if len(parts) == 1:
        return parts[0]

    def every(scope: Scope) -> bool | None:
        unknown = False
        for part in parts:
            found = part(scope)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return every


def _any(parts: list[Truth]) -> Truth:
    if len(parts) == 1:
        return parts[0]

    def one_of(scope: Scope) -> bool | None:
        unknown = False
        for part in parts:
            found = part(scope)
            if found is True:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return one_of


def _not(part: Truth) -> Truth:
    def negated(scope: Scope) -> bool | None:
        found = part(scope)
        return None if found is None else not found

    return negated
