"""What GitHub's expressions give, as far as it can be known from the files: `Unknown` as soon as it hangs on what a
lookup doesn't know. Follows GitHub's "Evaluate expressions in workflows and actions"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from guardrail.inputs.pipelines.expressions import Node, Path, spelt_out
from guardrail.model import NOWHERE, Seq, Unknown, Value

Lookup = Callable[[Path], Value]


def evaluate(node: Node, lookup: Lookup) -> Value:
    """The value of an expression; Unknown as soon as it hangs on something that `lookup` doesn't know."""
    kind = node[0]
    if kind == "literal":
        return node[1]
    if kind == "context":
        return lookup(node[1])
    if kind in ("or", "and"):
        value: Value = None
        for item in node[1]:
            value = evaluate(item, lookup)
            if isinstance(value, Unknown) or _truth(value) == (kind == "or"):
                return value
        return value
    if kind == "not":
        value = evaluate(node[1], lookup)
        return value if isinstance(value, Unknown) else not _truth(value)
    if kind == "compare":
        left, right = evaluate(node[2], lookup), evaluate(node[3], lookup)
        for side in (left, right):
            if isinstance(side, Unknown):
                return side
        return _compare(node[1], left, right)
    if kind == "index":
        return _unknown(evaluate(node[1], lookup), "what it takes out of a value is worked out when the pipeline runs")
    return _call(node[1], [evaluate(item, lookup) for item in node[2]])


def _unknown(value: Value, reason: str) -> Unknown:
    return value if isinstance(value, Unknown) else Unknown(reason)


def _truth(value: Value) -> bool:
    return not (value is None or value is False or value == "" or (value == 0 and not isinstance(value, str)))


def _compare(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.lower(), right.lower()
    elif type(left) is not type(right):
        left, right = _numeric(left), _numeric(right)
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    try:
        return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])
    except TypeError:
        return False


def _numeric(value: Value) -> float:
    if isinstance(value, (bool, int, float)):
        return float(value)
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _from_json(text: str) -> Value:
    """What is a single value, or a list of such."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Unknown("fromjson() is given what is not JSON")
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        listed = Seq()
        for item in value:
            listed.add(item, NOWHERE)
        return listed
    return Unknown("fromjson() is worked out when the pipeline runs") if isinstance(value, (dict, list)) else value


def _call(name: str, arguments: list[Value]) -> Value:
    for argument in arguments:
        if isinstance(argument, Unknown):
            return argument
    texts = [spelt_out(argument) for argument in arguments if not isinstance(argument, (dict, list))]
    if name == "fromjson" and len(texts) == len(arguments) == 1:
        return _from_json(texts[0])
    if len(texts) == len(arguments):
        if name == "contains" and len(texts) == 2:
            return texts[1].lower() in texts[0].lower()
        if name == "startswith" and len(texts) == 2:
            return texts[0].lower().startswith(texts[1].lower())
        if name == "endswith" and len(texts) == 2:
            return texts[0].lower().endswith(texts[1].lower())
        if name == "format" and texts:
            return re.sub(
                r"\{\{|\}\}|\{(\d{1,4})\}",
                lambda m: m.group(0)[0] if m.group(1) is None else "".join(texts[1:][int(m.group(1)) :][:1]),
                texts[0],
            )
    return Unknown(f"{name}() is worked out when the pipeline runs")
