"""How a rule came to its verdict on one resource: every clause, what it looked at, and what it made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from guardrail.conditions import MISSING, Leaf, Scope, compile_condition, parse_path
from guardrail.conditions.compiler import is_condition
from guardrail.conditions.defaults import from_top, inside, known_at
from guardrail.conditions.outcome import Missing
from guardrail.conditions.related import linked
from guardrail.model import Encoded, Inventory, Map, Sensitive, Seq, Span, Unknown, plain
from guardrail.policy.judge import Subject, as_it_stands, subjects_of
from guardrail.policy.messages import shown
from guardrail.policy.rule import Rule

MAX_LOOKED_AT = 5


class Looked(NamedTuple):
    """A value that a clause looked at."""

    path: str
    value: Any
    place: Span
    taken: Any | Missing = MISSING  # what the provider takes, where nothing is written


class Clause(NamedTuple):
    """`words`: as the rule has them; `truth` is None where it can't be known."""

    words: str
    truth: bool | None
    looked_at: tuple[Looked, ...] = ()
    inner: tuple[Clause, ...] = ()


class Explanation(NamedTuple):
    """Of one check on one subject. `verdict`: pass, fail, undetermined, or "does not apply"."""

    check: int
    name: str
    concept: str
    place: Span
    verdict: str
    when: tuple[Clause, ...]
    require: tuple[Clause, ...]


def explain(
    rule: Rule, inventory: Inventory, address: str, parameters: dict[str, Any] | None = None
) -> Iterator[Explanation]:
    """For every subject of the rule in the resources at an address. Raises ValueError for a wrong parameter."""
    values = rule.values(parameters or {})
    resources = {id(resource) for resource in inventory.at(address)}
    for number, (check, data) in enumerate(zip(rule.checks(parameters), rule.data["checks"], strict=True), 1):
        seen: set[int] = set()
        for word in check.on:
            for subject in subjects_of(word, inventory):
                if id(subject.resource) not in resources or id(subject.root) in seen:
                    continue
                seen.add(id(subject.root))
                scope = Scope(subject.root, subject.resource, inventory)
                if check.each is None:
                    yield _of(number, data, subject, scope, values)
                    continue
                for leaf in check.each.leaves(scope):
                    if isinstance(leaf.value, Map):
                        part = subject._replace(name=leaf.path, header=leaf.value.header)
                        yield _of(number, data, part, inside(scope, leaf.path, leaf.value), values)
                    elif isinstance(leaf.value, Unknown):
                        part = subject._replace(name=leaf.path, header=leaf.span)
                        clause = Clause(f"each: {data['each']}", None, (_looked(leaf, scope),))
                        yield Explanation(number, part.name, part.concept, part.header, "undetermined", (clause,), ())


def _verdict(data: Mapping[str, Any], scope: Scope, values: dict[str, Any]) -> str:
    applies = compile_condition(data["when"], values)(scope).truth if "when" in data else True
    if applies is False:
        return "does not apply"
    holds = compile_condition(data["require"], values)(scope).truth
    if holds is True:
        return "pass"
    return "fail" if holds is False and applies is True else "undetermined"


def _of(number: int, data: Mapping[str, Any], subject: Subject, scope: Scope, values: dict[str, Any]) -> Explanation:
    verdict = _verdict(data, scope, values)
    if verdict == "undetermined":
        plain = _verdict(data, as_it_stands(scope), values)
        verdict = verdict if plain == "fail" else plain
    return Explanation(
        number,
        subject.name,
        subject.concept,
        subject.header,
        verdict,
        tuple(_condition(data.get("when", {}), scope, values)),
        tuple(_condition(data["require"], scope, values)),
    )


def _condition(data: Any, scope: Scope, values: dict[str, Any]) -> Iterator[Clause]:
    if isinstance(data, list):
        for item in data:
            inner = tuple(_condition(item, scope, values))
            yield inner[0] if len(inner) == 1 else Clause("-", compile_condition(item, values)(scope).truth, (), inner)
        return
    for key, wanted in data.items():
        truth = compile_condition({key: wanted}, values)(scope).truth
        if key in ("all", "any", "not"):
            yield Clause(f"{key}:", truth, (), tuple(_condition(wanted, scope, values)))
        elif key == "related":
            yield _related(wanted, truth, scope, values)
        else:
            yield _at_path(key, wanted, truth, scope, values)


def _related(data: Any, truth: bool | None, scope: Scope, values: dict[str, Any]) -> Clause:
    words = {key: value for key, value in data.items() if key not in ("where", "require")}
    found: list[Clause] = []
    for other, surely in linked(data, scope):
        theirs = Scope(other.attributes, other, scope.inventory)
        inner: list[Clause] = []
        for key in ("where", "require"):
            if key in data:
                holds = compile_condition(data[key], values)(theirs).truth
                inner.append(Clause(f"{key}:", holds, (), tuple(_condition(data[key], theirs, values))))
        truths = [clause.truth for clause in inner]
        all_hold = False if False in truths else None if None in truths or surely is None else True
        at = Looked("", None if surely else Unknown("whether it belongs to this cannot be known"), other.header)
        found.append(Clause(other.address, all_hold, (at,), tuple(inner)))
    if not found:
        found.append(Clause("(there is none)", None if truth is None else False))
    return Clause(f"related: {_written(words, values)}", truth, (), tuple(found))


def _at_path(key: str, wanted: Any, truth: bool | None, scope: Scope, values: dict[str, Any]) -> Clause:
    path = parse_path(key)
    leaves = path.leaves(scope)
    within = from_top(scope) if path.from_resource else scope
    looked_at = tuple(_looked(leaf, within) for leaf in leaves[:MAX_LOOKED_AT])
    inner: list[Clause] = []
    words = wanted
    if isinstance(wanted, dict):
        words = dict(wanted)
        for operator, operand in wanted.items():
            if operator == "where" or (operator in ("each", "some", "none") and asks_of_items(operand)):
                condition = operand["where"] if operator != "where" and "where" in operand else operand
                inner.append(_items(operator, condition, leaves, within, values))
                del words[operator]
    return Clause(f"{key}: {_written(words, values)}" if words != {} else f"{key}:", truth, looked_at, tuple(inner))


def asks_of_items(operand: Any) -> bool:
    """Whether what stands under `each`, `some` or `none` is a condition, outright or by `where:`."""
    return is_condition(operand) or (isinstance(operand, dict) and set(operand) == {"where"})


def _items(operator: str, condition: Any, leaves: list[Leaf], scope: Scope, values: dict[str, Any]) -> Clause:
    """`where` of one mapping; `each`, `some`, `none` of a list's items."""
    found: list[Clause] = []
    for leaf in leaves:
        for item in [leaf] if operator == "where" else _each(leaf):
            value = _bare(item.value)
            if isinstance(value, Seq) and len(value) == 1:
                value = value[0]
            if isinstance(value, Map):
                inner = inside(scope, item.path, value)
                truth = compile_condition(condition, values)(inner).truth
                found.append(Clause(item.path, truth, (), tuple(_condition(condition, inner, values))))
            else:
                truth = None if isinstance(value, Unknown) else False
                found.append(Clause(item.path, truth, (_looked(item, scope),)))
    truths = [clause.truth for clause in found]
    if operator == "some":
        whole = True if True in truths else None if None in truths else False
    elif operator == "none":
        whole = False if True in truths else None if None in truths else True
    else:
        whole = False if False in truths else None if None in truths else True
    return Clause(f"{operator}:", whole, (), tuple(found[: MAX_LOOKED_AT * 4]))


def _each(leaf: Leaf) -> list[Leaf]:
    value = _bare(leaf.value)
    if isinstance(value, Seq):
        return [Leaf(f"{leaf.path}[{i}]", item, value.place(i), value, i) for i, item in enumerate(value)]
    if isinstance(value, Map):
        return [Leaf(f"{leaf.path}.{key}", item, value.place(key), value, key) for key, item in value.items()]
    return [] if value is MISSING or value is None else [leaf]


def _bare(value: Any) -> Any:
    if isinstance(value, Sensitive):
        value = value.reveal()
    return value.decoded if isinstance(value, Encoded) else value


def _looked(leaf: Leaf, scope: Scope) -> Looked:
    taken = known_at(leaf.path, scope) if leaf.value is MISSING else MISSING
    return Looked(leaf.path, leaf.value, leaf.span, taken)


def _written(data: Any, values: Mapping[str, Any]) -> str:
    """A condition on one line, as YAML's flow style has it; a parameter with its value."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {_written(value, values)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(_written(item, values) for item in data) + "]"
    if isinstance(data, str) and data.startswith("$") and data[1:] in values:
        value = values[data[1:]]
        return f"{data} ({'not asked for' if value is None else shown(value)})"
    return data if isinstance(data, str) else json.dumps(data)


VERDICTS = {True: "true", False: "false", None: "unknown"}


def as_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "check": explanation.check,
        "subject": explanation.name,
        "concept": explanation.concept or None,
        "file": explanation.place.file,
        "line": explanation.place.line,
        "verdict": explanation.verdict,
        "when": [_clause_json(clause) for clause in explanation.when],
        "require": [_clause_json(clause) for clause in explanation.require],
    }


def _clause_json(clause: Clause) -> dict[str, Any]:
    return {
        "clause": clause.words,
        "verdict": VERDICTS[clause.truth],
        "values": [_looked_json(looked) for looked in clause.looked_at],
        "clauses": [_clause_json(inner) for inner in clause.inner],
    }


def _looked_json(looked: Looked) -> dict[str, Any]:
    written = looked.value is not MISSING
    found = {
        "path": looked.path,
        "written": written,
        "value": plain(_decoded(looked.value)) if written else None,
        "file": looked.place.file,
        "line": looked.place.line,
    }
    return {**found, "default": looked.taken} if looked.taken is not MISSING else found


def _decoded(value: Any) -> Any:
    return value.decoded if isinstance(value, Encoded) else value


def words_of(looked: Looked) -> str:
    """A value and its place, for reading."""
    value = shown(_decoded(looked.value))
    if isinstance(looked.value, Unknown) and looked.value.reason:
        value = f"unknown: {looked.value.reason}"
    if looked.taken is not MISSING:
        value = f"{value}, taken to be {shown(looked.taken)}"
    return f"{value}  {looked.place.file}:{looked.place.line}" if looked.place.line else value
