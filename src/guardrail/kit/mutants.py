"""A rule, changed in one place at a time: what its examples should notice.

Each clause of `when`, `require`, `where` is dropped, each operator turned into its contrary or its limit moved by one,
`any` and `all` exchanged, a literal replaced, what `related` expects turned round, a word of `on:` left out. Left out
are changes that change nothing: a `default:` that comes to what a missing value comes to anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from guardrail.conditions import Scope, compile_condition
from guardrail.conditions.compiler import is_condition
from guardrail.model import Inventory, Map, Resource, Seq, plain
from guardrail.model.patterns import lazy_regex


class Mutant(NamedTuple):
    """`data` is the changed rule; `clause` names the place in it, stable while lines move, `change` what was done;
    `check`: the number of the check that was changed."""

    clause: str
    change: str
    line: int
    check: int
    data: dict[str, Any]


class Change(NamedTuple):
    """A part of a rule as it would be. `clause` goes on from the part's own name."""

    part: Any
    clause: str
    change: str
    line: int


DROPPED: Any = object()
"""The part is gone, and what holds it does without."""

_LIMITS = ("min", "max", "above", "below")
_QUANTIFIERS = {"each": "some", "some": "each", "none": "some"}
_EXPECTED = {"some": "none", "none": "some", "each": "none"}
_AMOUNT = lazy_regex(r"(-?\d+)(\D.*)?\Z", re.S)


def mutants_of(rule: Map) -> Iterator[Mutant]:
    """Of a rule file's content with places (`loading.located_rule`)."""
    whole = {key: plain(value) for key, value in rule.items() if key not in ("examples", "mutants")}
    parameters = {key: definition["default"] for key, definition in (whole.get("parameters") or {}).items()}
    for number, check in enumerate(rule["checks"]):
        for change in _of_check(check, f"checks[{number}]", parameters):
            checks = list(whole["checks"])
            checks[number] = plain(change.part)
            yield Mutant(change.clause, change.change, change.line, number, {**whole, "checks": checks})


def _of_check(check: Map, name: str, parameters: dict[str, Any]) -> Iterator[Change]:
    words = check["on"]
    if isinstance(words, Seq) and len(words) > 1:
        for index, word in enumerate(words):
            rest = [other for other in words if other != word]
            yield Change({**check, "on": rest}, f"{name}.on", f"without {word}", words.place(index).line)
    for key in ("when", "require"):
        if key in check:
            for change in _of_condition(check[key], f"{name}.{key}", check.place(key).line, parameters):
                yield _within(check, key, change, {} if key == "require" else DROPPED)


def _within(holder: Any, key: Any, change: Change, gone: Any = DROPPED) -> Change:
    """The same change, seen from what holds the part."""
    part = gone if change.part is DROPPED else change.part
    if isinstance(holder, dict):
        made: Any = {name: value for name, value in holder.items() if name != key or part is not DROPPED}
        if part is not DROPPED:
            made[key] = part
    else:
        made = [part if index == key else value for index, value in enumerate(holder)]
        made = [value for value in made if value is not DROPPED]
    return change._replace(part=made)


def _of_condition(data: Any, name: str, line: int, parameters: dict[str, Any]) -> Iterator[Change]:
    """Of a mapping of clauses, or a list of such mappings. Gives DROPPED where nothing would be left."""
    if isinstance(data, list):
        yield from _of_items(data, name, line, parameters)
        return
    for key, wanted in data.items():
        place = _line(data, key, line)
        clause = f"{name}.{key}"
        rest = {other: value for other, value in data.items() if other != key}
        yield Change(rest or DROPPED, clause, "dropped", place)
        yield from _of_clause(data, key, wanted, clause, place, parameters)


def _of_clause(
    data: Any, key: str, wanted: Any, clause: str, line: int, parameters: dict[str, Any]
) -> Iterator[Change]:
    """One entry of a condition, changed; seen from the condition."""
    others = {other: value for other, value in data.items() if other != key}
    if key in ("any", "all"):
        other = "all" if key == "any" else "any"
        parts = wanted if isinstance(wanted, list) else [wanted]
        if len(parts) > 1:
            yield Change(_joined(others, {other: wanted}), clause, f"{key} -> {other}", line)
        for change in _of_condition(wanted, clause, line, parameters):
            if change.part is not DROPPED:  # the clause itself has been dropped already
                yield change._replace(part={**data, key: change.part})
    elif key == "not":
        yield Change(_joined(others, {"all": wanted}), clause, "without the `not`", line)
        for change in _of_condition(wanted, clause, line, parameters):
            if change.part is not DROPPED:
                yield change._replace(part={**data, key: change.part})
    elif key == "related":
        for change in _of_related(wanted, clause, line, parameters):
            yield change._replace(part={**data, key: change.part})
    else:
        for change in _of_operators(wanted, clause, line, parameters):
            if change.part is not DROPPED:
                yield change._replace(part={**data, key: change.part})


def _joined(clauses: dict[str, Any], clause: dict[str, Any]) -> Any:
    """Both, though they may share a word."""
    return [clauses, clause] if clauses else clause


def _of_items(items: Any, name: str, line: int, parameters: dict[str, Any]) -> Iterator[Change]:
    for index, item in enumerate(items):
        place = _line(items, index, line)
        if len(items) > 1:
            rest = [other for position, other in enumerate(items) if position != index]
            yield Change(rest, f"{name}[{index}]", "dropped", place)
        for change in _of_condition(item, f"{name}[{index}]", place, parameters):
            if change.part is not DROPPED or (len(item) == 1 and len(items) == 1):
                yield _within(items, index, change) if change.part is not DROPPED else change


def _of_related(data: Any, name: str, line: int, parameters: dict[str, Any]) -> Iterator[Change]:
    expected = data.get("expect", "some")
    other = _EXPECTED[expected]
    yield Change({**data, "expect": other}, f"{name}.expect", f"{expected} -> {other}", _line(data, "expect", line))
    for key in ("where", "require"):
        if key in data:
            for change in _of_condition(data[key], f"{name}.{key}", _line(data, key, line), parameters):
                yield _within(data, key, change)


def _of_operators(wanted: Any, name: str, line: int, parameters: dict[str, Any]) -> Iterator[Change]:
    """A literal, or a mapping of operators."""
    if not isinstance(wanted, dict):
        yield from _of_literal(wanted, name, line)
        return
    for operator, operand in wanted.items():
        place = _line(wanted, operator, line)
        clause = f"{name}.{operator}"
        others = {other: value for other, value in wanted.items() if other != operator}
        if operator == "default":
            if others and not _default_idle(wanted, others, parameters):
                yield Change(others, clause, "dropped", place)
            continue
        if set(others) - {"default"}:
            yield Change(others, clause, "dropped", place)
        yield from _of_operator(operator, operand, others, clause, place, parameters)


def _of_operator(
    operator: str, operand: Any, others: dict[str, Any], clause: str, line: int, parameters: dict[str, Any]
) -> Iterator[Change]:
    def exchanged(operators: dict[str, Any], words: str) -> Change:
        return Change({**others, **operators}, clause, words, line)

    inner: Iterator[Change] = iter(())
    if operator == "set":
        yield exchanged({"set": not operand}, f"{_word(operand)} -> {_word(not operand)}")
    elif operator == "not":
        bare = operand if isinstance(operand, dict) else {"equals": operand}
        if not set(bare) & set(others):
            yield exchanged(dict(bare), "without the `not`")
        inner = _of_operators(operand, clause, line, parameters)
    elif operator == "equals":
        for change in _of_literal(operand, clause, line):
            part = change.part if isinstance(change.part, dict) else {"equals": change.part}
            if not set(part) & set(others):
                yield change._replace(part={**others, **part})
    elif operator in _LIMITS and _moved(operand, 1) is not None:
        for step in (1, -1):
            moved = _moved(operand, step)
            yield exchanged({operator: moved}, f"{operand} -> {moved}")
    elif operator in _QUANTIFIERS:
        other = _QUANTIFIERS[operator]
        if other not in others:
            yield exchanged({other: operand}, f"{operator} -> {other}")
        under = _of_condition if is_condition(operand) else _of_operators
        inner = under(operand, clause, line, parameters)
    elif operator == "where":
        inner = _of_condition(operand, clause, line, parameters)
    elif operator in ("length", "keys"):
        inner = _of_operators(operand, clause, line, parameters)
    elif "not" not in others:
        yield exchanged({"not": {operator: operand}}, f"not {operator}")
    for change in inner:
        if change.part is not DROPPED:
            yield change._replace(part={**others, operator: change.part})


def _of_literal(value: Any, name: str, line: int) -> Iterator[Change]:
    """What a value must be equal to."""
    if isinstance(value, bool):
        yield Change(not value, name, f"{_word(value)} -> {_word(not value)}", line)
        return
    yield Change({"not": {"equals": value}}, name, "not equals", line)
    if isinstance(value, str) and not value.startswith("$"):
        yield Change(f"{value}-other", name, "another text", line)
    elif isinstance(value, (int, float)):
        yield Change(value + 1, name, f"{value} -> {value + 1}", line)


def _moved(limit: Any, step: int) -> Any:
    """A limit, one further: 3 -> 4, `1Gi` -> `2Gi`. None where it is no plain number or quantity."""
    if isinstance(limit, bool):
        return None
    if isinstance(limit, (int, float)):
        return round(limit + step * (1 if float(limit).is_integer() and not isinstance(limit, float) else 0.1), 6)
    found = _AMOUNT.match(limit) if isinstance(limit, str) else None
    return f"{int(found[1]) + step}{found[2] or ''}" if found else None


def _default_idle(wanted: Any, others: dict[str, Any], parameters: dict[str, Any]) -> bool:
    """Whether nothing hangs on `default:`, but for what a provider may take: a missing value comes to the same."""
    nothing = Resource("", "", "", "", Map())
    scope = Scope(nothing.attributes, nothing, Inventory())

    def truth(operators: Any) -> bool | None:
        try:
            return compile_condition({"it": plain(operators)}, parameters)(scope).truth
        except ValueError:
            return None

    return truth(wanted) is truth(others)


def _line(holder: Any, key: Any, otherwise: int) -> int:
    place: Callable[[Any], Any] | None = getattr(holder, "place", None)
    return place(key).line if place else otherwise


def _word(value: Any) -> str:
    return "true" if value is True else "false" if value is False else str(value)
