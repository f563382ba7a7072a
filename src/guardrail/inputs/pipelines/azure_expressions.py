"""What Azure's template expressions, `${{ ... }}`, give, as far as the files tell.

Follows "Expressions" in the documentation of Azure Pipelines. The notation is GitHub's without its operators, so
that `expressions.parse` reads it; names come in lower case. The type of the first argument decides how two values
are compared, and texts are compared without regard to case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from guardrail.inputs.pipelines.expressions import Node, Path
from guardrail.model import NOWHERE, Map, Seq, Unknown, Value, is_known, plain
from guardrail.model.patterns import lazy_regex

Lookup = Callable[[Path], Value]
MAX_TEXT = 100_000  # characters that a function may make
_WORDS = {"true": True, "false": False, "null": None}
_PREDICATES = frozenset(
    ("and", "contains", "containsvalue", "endswith", "eq", "ge", "gt", "in", "le", "lt", "ne", "not", "notin", "or",
     "startswith", "xor", "length", "succeeded", "failed", "always", "canceled", "succeededorfailed", "counter")
)  # fmt: skip
_HOLDER = lazy_regex(r"\{\{|\}\}|\{(\d{1,4})(?::[^{}]*)?\}")


class Loose(str):
    """A boolean or number of YAML that no declared type makes one: Azure compares it as the text that it is."""

    __slots__ = ()


def loosened(value: Value) -> Value:
    """How a scalar of YAML looks to an expression."""
    if isinstance(value, bool):
        return Loose("true" if value else "false")
    if isinstance(value, (int, float)):
        return Loose(shown(value) or "")
    return value


def shown(value: Value) -> str | None:
    """A scalar as it stands in a text; None for what is no scalar."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (str, int)):
        return str(value)
    return None


def evaluate(node: Node, lookup: Lookup) -> Value:
    """The value of an expression; Unknown as soon as it hangs on something that `lookup` doesn't know."""
    kind = node[0]
    if kind == "literal":
        return node[1]
    if kind == "context":
        path = node[1]
        if len(path) == 1 and path[0] in _WORDS:
            return _WORDS[path[0]]
        return lookup(path)
    if kind == "call":
        return _call(node[1], [evaluate(item, lookup) for item in node[2]])
    return Unknown("its expression can't be worked out")


def truth(value: Value) -> bool | Unknown:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Loose) and value:
        return Unknown(f"whether Azure takes the text {value!r} for true is not told by the file")
    if isinstance(value, bool):
        return value
    if isinstance(value, (Map, Seq)):
        return True
    return not (value is None or value == "" or value == 0)


def pasted(node: Node) -> Iterator[Path]:
    """The contexts whose content can be part of what the expression gives."""
    if node[0] == "context":
        yield node[1]
    elif node[0] == "call" and node[1] not in _PREDICATES:
        for argument in node[2][1:] if node[1] == "iif" else node[2]:
            yield from pasted(argument)


def _call(name: str, given: list[Value]) -> Value:
    function = _FUNCTIONS.get(name)
    if function is not None:
        value = function(given)
        if value is not None:
            # Nothing of what a predicate looks at is in what it gives.
            if isinstance(value, Unknown) and name in _PREDICATES and value.refs:
                return Unknown(value.reason)
            return value[0] if isinstance(value, tuple) else value
    for argument in given:
        if isinstance(argument, Unknown):
            return argument
    return Unknown(f"{name}() is worked out when the pipeline runs")


# Each gives None for what it can't say; a tuple of one where the value may itself be None.
_Function = Callable[[list[Value]], Value]


def _and(given: list[Value]) -> Value:
    found = [truth(item) for item in given]
    if any(item is False for item in found):
        return False
    return _first_unknown(found) or True


def _or(given: list[Value]) -> Value:
    found = [truth(item) for item in given]
    if any(item is True for item in found):
        return True
    return _first_unknown(found) or False


def _not(given: list[Value]) -> Value:
    value = truth(given[0]) if len(given) == 1 else None
    return (not value) if isinstance(value, bool) else value


def _xor(given: list[Value]) -> Value:
    found = [truth(item) for item in given]
    return _first_unknown(found) or (found[0] is not found[1] if len(found) == 2 else None)


def _first_unknown(values: list[Value]) -> Unknown | None:
    return next((item for item in values if isinstance(item, Unknown)), None)


def _eq(given: list[Value]) -> Value:
    return equal(*given) if len(given) == 2 else None


def _ne(given: list[Value]) -> Value:
    value = equal(*given) if len(given) == 2 else None
    return (not value) if isinstance(value, bool) else value


def _in(given: list[Value]) -> Value:
    found = [equal(given[0], item) for item in given[1:]]
    if any(item is True for item in found):
        return True
    return _first_unknown(found) or False


def _not_in(given: list[Value]) -> Value:
    value = _in(given)
    return (not value) if isinstance(value, bool) else value


def equal(left: Value, right: Value) -> bool | Unknown:
    """The right value is turned into the left one's type."""
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if isinstance(left, bool):
        if isinstance(right, str) and right.lower() == "false":
            return Unknown("a boolean is compared with the text 'false'")
        other = True if isinstance(right, Loose) else truth(right)
        return other if isinstance(other, Unknown) else left is other
    if isinstance(left, (int, float)):
        number = _number(right)
        return number is not None and number == left
    if isinstance(left, str) or left is None:
        text = shown(right)
        return text is not None and (left or "").lower() == text.lower()
    if isinstance(left, (Map, Seq)) and isinstance(right, (Map, Seq)):
        return left == right
    return False


def _number(value: Value) -> float | None:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _ordered(test: Callable[[float, float], bool]) -> _Function:
    def compare(given: list[Value]) -> Value:
        if len(given) != 2 or _first_unknown(given):
            return None
        left, right = _number(given[0]), _number(given[1])
        return None if left is None or right is None else test(left, right)

    return compare


def _texts(given: list[Value], count: int = 0) -> list[str] | None:
    """All arguments as text; None where one is none, or where they are not so many."""
    found = [None if isinstance(item, Unknown) else shown(item) for item in given]
    if count and len(found) != count:
        return None
    texts = [item for item in found if item is not None]
    return texts if len(texts) == len(found) else None


def _tells(test: Callable[[str, str], bool]) -> _Function:
    def tell(given: list[Value]) -> Value:
        texts = _texts(given, 2)
        return test(texts[0].lower(), texts[1].lower()) if texts else None

    return tell


def _contains(given: list[Value]) -> Value:
    if len(given) == 2 and isinstance(given[0], Seq):
        return _contains_value(given)
    texts = _texts(given, 2)
    return texts[1].lower() in texts[0].lower() if texts else None


def _contains_value(given: list[Value]) -> Value:
    if len(given) != 2 or not isinstance(given[0], (Map, Seq)):
        return None
    items = list(given[0].values()) if isinstance(given[0], Map) else list(given[0])
    return _in([given[1], *(loosened(item) for item in items)])


def _coalesce(given: list[Value]) -> Value:
    for item in given:
        if isinstance(item, Unknown):
            return item
        if item is not None and item != "":
            return item
    return (None,)


def _format(given: list[Value]) -> Value:
    texts = _texts(given)
    if not texts:
        return None

    def put(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return match.group(0)[0]
        return "".join(texts[1:][int(match.group(1)) :][:1])

    return _bounded(_HOLDER.sub(put, texts[0]))


def _join(given: list[Value]) -> Value:
    if len(given) != 2 or not isinstance(given[0], str) or not isinstance(given[1], Seq):
        return None
    texts = _texts(list(given[1]))
    return None if texts is None else _bounded(given[0].join(texts))


def _replace(given: list[Value]) -> Value:
    texts = _texts(given, 3)
    if not texts or not texts[1] or len(texts[0]) * (len(texts[2]) + 1) > MAX_TEXT * 100:
        return None
    return _bounded(texts[0].replace(texts[1], texts[2]))


def _bounded(text: str) -> str | None:
    return text if len(text) <= MAX_TEXT else None


def _split(given: list[Value]) -> Value:
    texts = _texts(given, 2)
    if not texts or not texts[1]:
        return None
    found = Seq()
    for text in texts[0].split(texts[1]):
        found.add(text, NOWHERE)
    return found


def _iif(given: list[Value]) -> Value:
    if len(given) != 3:
        return None
    decided = truth(given[0])
    if isinstance(decided, Unknown):
        refs = (ref for item in given[1:] if isinstance(item, Unknown) for ref in item.refs)
        return Unknown(decided.reason, tuple(refs))
    return (given[1] if decided else given[2],)


def _length(given: list[Value]) -> Value:
    value = given[0] if len(given) == 1 else None
    return len(value) if isinstance(value, (str, Map, Seq)) else None


def _json(given: list[Value]) -> Value:
    if len(given) != 1 or not is_known(given[0]):
        return None
    return _bounded(json.dumps(plain(given[0]), indent=2))


def _changed(change: Callable[[str], str]) -> _Function:
    def function(given: list[Value]) -> Value:
        texts = _texts(given, 1)
        return change(texts[0]) if texts else None

    return function


_FUNCTIONS: dict[str, _Function] = {
    "and": _and, "or": _or, "not": _not, "xor": _xor, "eq": _eq, "ne": _ne, "in": _in, "notin": _not_in,
    "contains": _contains, "containsvalue": _contains_value, "coalesce": _coalesce, "format": _format, "join": _join,
    "replace": _replace, "converttojson": _json, "split": _split, "iif": _iif, "length": _length,
    "startswith": _tells(str.startswith), "endswith": _tells(str.endswith),
    "lower": _changed(str.lower), "upper": _changed(str.upper), "trim": _changed(str.strip),
    "lt": _ordered(lambda a, b: a < b), "le": _ordered(lambda a, b: a <= b),
    "gt": _ordered(lambda a, b: a > b), "ge": _ordered(lambda a, b: a >= b),
}  # fmt: skip
