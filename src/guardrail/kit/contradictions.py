"""Conditions that can never hold, as far as their words alone tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from guardrail.conditions.operators import number, same

JOINS = ("all", "any", "not", "related")


def words_asked(condition: Any) -> Iterator[tuple[str, str]]:
    """(path, text) for each text that a condition compares an attribute of its subject with, by `equals` or `in`."""
    for item in condition if isinstance(condition, list) else [condition]:
        for key, wanted in item.items():
            if key in ("all", "any", "not"):
                yield from words_asked(wanted)
            elif key not in JOINS:
                for demand in _demands(wanted):
                    if demand.operator in ("equals", "in", "not equals", "not in"):
                        yield from ((key, value) for value in _values(demand.operand) if isinstance(value, str))


class Demand(NamedTuple):
    """What is asked of one path: operator and operand."""

    operator: str
    operand: Any


def contradictions(condition: Any) -> Iterator[tuple[str, str]]:
    """(path, why not) for each path of which a condition asks what no value can give. Looks at what must hold together:
    branches of `any` are looked at one by one, and are at fault only if all are."""
    demands: dict[str, list[Demand]] = {}
    for clause in _together(condition):
        for key, wanted in clause.items():
            if key == "any":
                branches = wanted if isinstance(wanted, list) else [wanted]
                found = [next(contradictions([*_base(condition), branch]), None) for branch in branches]
                if found and all(found) and not any(True for _ in contradictions(_base(condition))):
                    yield "any", f"has no branch that can: {found[0][0]} {found[0][1]}"  # type: ignore[index]
            elif key not in JOINS:
                demands.setdefault(key, []).extend(_demands(wanted))
    for path, asked in demands.items():
        why = _contrary(asked)
        if why:
            yield path, why


def _base(condition: Any) -> list[Any]:
    """What must hold besides the branches of `any`."""
    return [{key: value for key, value in clause.items() if key != "any"} for clause in _together(condition)]


def _together(condition: Any) -> Iterator[dict[str, Any]]:
    """The mappings all of which must hold."""
    if isinstance(condition, list):
        for item in condition:
            yield from _together(item)
        return
    yield condition
    if "all" in condition:
        yield from _together(condition["all"])


def _demands(wanted: Any) -> Iterator[Demand]:
    if not isinstance(wanted, dict):
        yield Demand("equals", wanted)
        return
    for operator, operand in wanted.items():
        if operator == "not" and not isinstance(operand, dict):
            yield Demand("not equals", operand)
        elif operator == "not":
            for inner, value in operand.items():
                if len(operand) == 1 and inner in ("equals", "in"):
                    yield Demand(f"not {inner}", value)
        else:
            yield Demand(operator, operand)


def _contrary(asked: list[Demand]) -> str:
    options = _options(asked)
    if options is not None and not options:
        return "would have to be several things at once"
    refused = [value for demand in asked if demand.operator.startswith("not ") for value in _values(demand.operand)]
    if options and all(any(same(option, value) for value in refused) for option in options):
        return "may not be what it must be"
    sets = {bool(demand.operand) for demand in asked if demand.operator == "set"}
    if len(sets) == 2:
        return "would have to be set and not set"
    has_default = any(demand.operator == "default" for demand in asked)
    wants_value = any(demand.operator in ("equals", "in", "matches", "contains") for demand in asked)
    if sets == {False} and wants_value and not has_default:
        return "has no value where it is not set"
    lower = [found for d in asked if d.operator in ("min", "above") and (found := _number(d.operand)) is not None]
    upper = [found for d in asked if d.operator in ("max", "below") and (found := _number(d.operand)) is not None]
    if lower and upper:
        strict = any(d.operator in ("above", "below") for d in asked)
        if max(lower) > min(upper) or (strict and max(lower) == min(upper)):
            return f"would have to be at least {max(lower)} and at most {min(upper)}"
        return ""
    for option in options or ():
        found = number(option)
        if found is not None and ((lower and found < max(lower)) or (upper and found > min(upper))):
            continue
        break
    else:
        if options:
            return "is outside of its own limits"
    return ""


def _options(asked: list[Demand]) -> list[Any] | None:
    """The values that all of `equals` and `in` leave; None where neither is asked."""
    left: list[Any] | None = None
    for demand in asked:
        if demand.operator not in ("equals", "in") or _open(demand.operand):
            continue
        values = _values(demand.operand)
        left = values if left is None else [one for one in left if any(same(one, value) for value in values)]
    return left


def _values(operand: Any) -> list[Any]:
    return [] if _open(operand) else list(operand) if isinstance(operand, list) else [operand]


def _open(operand: Any) -> bool:
    """A parameter, or another attribute."""
    return isinstance(operand, dict) or (isinstance(operand, str) and operand.startswith("$"))


def _number(operand: Any) -> float | None:
    return None if _open(operand) else number(operand)
