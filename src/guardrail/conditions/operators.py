"""What may be asked of a value.

Each operator is made from its operand as the rule writes it, and gives a test of known scalars and
collections. Unknown, missing and sensitive values are the compiler's business, so that no operator can
forget one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from guardrail.model import HostText, Map, PartText, Seq, Unknown, Value, is_known
from guardrail.model.patterns import lazy_regex
from guardrail.model.quantity import duration, quantity

Test = Callable[[Value], "bool | None"]


def number(value: Value) -> int | float | None:
    """A value as a number: 3, "3", "500m", "1Gi"; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        found = quantity(value)
        return found if found is not None else duration(value)
    return None


def _seconds(value: Value) -> int | float | None:
    """The same, where a time is meant if it can be one."""
    found = duration(value) if isinstance(value, str) else None
    return found if found is not None else number(value)


def same(value: Value, wanted: Any) -> bool:
    """Equality across the notations of one value: true and "true", 22 and "22"."""
    if type(value) is str and type(wanted) is str:  # nearly always
        return value == wanted
    if isinstance(value, bool) or isinstance(wanted, bool):
        if isinstance(value, str) and isinstance(wanted, bool):
            return value.lower() == str(wanted).lower()
        if isinstance(wanted, str) and isinstance(value, bool):
            return wanted.lower() == str(value).lower()
        return value is wanted
    if isinstance(value, (int, float)) != isinstance(wanted, (int, float)):
        try:
            return float(value) == float(wanted)
        except (TypeError, ValueError, OverflowError):
            return False
    return bool(value == wanted)


def _equals(wanted: Any) -> Test:
    return lambda value: same(value, wanted)


def _in(wanted: Any) -> Test:
    options = list(wanted)
    texts = frozenset(option for option in options if type(option) is str)
    others = [option for option in options if type(option) is not str]

    def test(value: Value) -> bool:
        if type(value) is str:
            return value in texts or any(same(value, option) for option in others)
        return any(same(value, option) for option in options)

    return test


def _matches(pattern: Any) -> Test:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return lambda value: bool(search(value)) if isinstance(value, str) else bool(search(_as_text(value)))


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else ""


def _contains(wanted: Any) -> Test:
    options = list(wanted) if isinstance(wanted, list) else [wanted]

    def test(value: Value) -> bool | None:
        if isinstance(value, str):
            return all(str(option) in value for option in options)
        if isinstance(value, (Map, dict)):
            if all(option in value for option in options):
                return True
            return None if getattr(value, "rest", None) is not None else False  # a map of which more may be
        if isinstance(value, list):
            missing = [o for o in options if not any(same(i, o) for i in value if not isinstance(i, Unknown))]
            if missing and any(isinstance(item, Unknown) for item in value):
                return None
            return not missing
        return False

    return test


def _compared(holds: Callable[[float, float], bool]) -> Callable[[Any], Test]:
    def make(limit: Any) -> Test:
        bound = number(limit)
        if bound is None:
            raise ValueError(f"{limit!r} is not a number or a quantity")
        # Against `1h`, `5m` is minutes; against `1`, thousandths.
        read = _seconds if isinstance(limit, str) and quantity(limit) is None else number

        def test(value: Value) -> bool | None:
            found = read(value)
            return found is not None and holds(found, bound)

        return test

    return make


def _starts_with(wanted: Any) -> Test:
    options = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    return lambda value: isinstance(value, str) and value.startswith(options)


def _ends_with(wanted: Any) -> Test:
    options = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    return lambda value: isinstance(value, str) and value.endswith(options)


def _cidr_within(wanted: Any) -> Test:
    from ipaddress import ip_network

    networks = [ip_network(text, strict=False) for text in (wanted if isinstance(wanted, list) else [wanted])]

    def within(text: Value) -> bool:
        try:
            network = ip_network(str(text), strict=False)
        except ValueError:
            return False
        return any(network.version == n.version and network.subnet_of(n) for n in networks)  # type: ignore[arg-type]

    def test(value: Value) -> bool | None:
        items = value if isinstance(value, list) else [value]
        if all(within(item) for item in items if not isinstance(item, Unknown)):
            return True if is_known(items) else None
        return False

    return test


_PORTS = lazy_regex(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*\Z")


def _covers(wanted: Any) -> Test:
    """Ranges of whole numbers, as text (`22`, `20-25,80`): whether one of the wanted numbers is among them."""
    numbers = [int(item) for item in (wanted if isinstance(wanted, list) else [wanted])]

    def test(value: Value) -> bool | None:
        for part in str(value).split(","):
            match = _PORTS.match(part)
            if match is not None:
                low = int(match.group(1))
                high = int(match.group(2) or low)
                if any(low <= number <= high for number in numbers):
                    return True
        return False

    return test


_COMPARATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    "=": lambda a, b: a == b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
_VERSION_CLAUSE = lazy_regex(r"\s*(>=|<=|==|!=|>|<|=)?\s*v?(\d+(?:\.\d+)*)\s*\Z")
_VERSION = lazy_regex(r"\D*(\d+(?:\.\d+)*)")


def _version(wanted: Any) -> Test:
    """`">= 1.21, < 2"`: dotted numbers, compared part by part; what stands before the first digit and after
    the last part is not looked at."""
    clauses: list[tuple[Callable[[Any, Any], bool], list[int]]] = []
    for clause in str(wanted).split(","):
        match = _VERSION_CLAUSE.match(clause)
        if not match:
            raise ValueError(f"{clause.strip()!r} is not a version constraint")
        clauses.append((_COMPARATORS[match.group(1) or "="], [int(part) for part in match.group(2).split(".")]))

    def test(value: Value) -> bool | None:
        match = _VERSION.match(_as_text(value) or (value if isinstance(value, str) else ""))
        if not match:
            return False
        parts = [int(part) for part in match.group(1).split(".")]
        for compare, bound in clauses:
            width = max(len(parts), len(bound))
            if not compare(parts + [0] * (width - len(parts)), bound + [0] * (width - len(bound))):
                return False
        return True

    return test


SIMPLE: dict[str, Callable[[Any], Test]] = {
    "equals": _equals,
    "in": _in,
    "matches": _matches,
    "contains": _contains,
    "min": _compared(lambda value, bound: value >= bound),
    "max": _compared(lambda value, bound: value <= bound),
    "above": _compared(lambda value, bound: value > bound),
    "below": _compared(lambda value, bound: value < bound),
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "cidr_within": _cidr_within,
    "version": _version,
    "covers": _covers,
}
"""Operators that test one known value. `in` on a list asks nothing of its items: use `each`."""

def of_part(operator: str, operand: Any, value: PartText) -> bool | None:
    """What an operator says of a string of which a part is unknown; None where it hangs on that part."""
    options = [str(option) for option in (operand if isinstance(operand, list) else [operand])]
    if operator in ("equals", "in"):
        return None if any(value.can_be(option) for option in options) else False
    if operator == "starts_with":
        prefix = value.prefix
        if any(prefix.startswith(option) for option in options):
            return True
        if isinstance(value, HostText):
            options = [option for option in options if value.can_start_with(option)]
        return None if any(option.startswith(prefix) for option in options) else False
    if operator == "ends_with":
        suffix = value.suffix
        if any(suffix.endswith(option) for option in options):
            return True
        return None if any(option.endswith(suffix) for option in options) else False
    if operator == "contains" and all(option in value.template for option in options):
        return True
    return None


STRUCTURED = frozenset(
    {"set", "refers", "known", "not", "length", "each", "some", "none", "keys", "default", "where",
     "has_keys", "has_keys_any_case", "values_in", "values_match", "keys_sorted"}
)  # fmt: skip
"""Operators that the compiler knows: they deal with absence, or hold conditions of their own."""

OPERATORS = frozenset(SIMPLE) | STRUCTURED

JOINS = frozenset({"all", "any", "not", "related"})
"""Words that stand where a path could."""

WORDS = {
    "equals": "{}", "in": "one of {}", "matches": "matching {}", "contains": "containing {}", "min": "at least {}",
    "max": "at most {}", "above": "above {}", "below": "below {}", "starts_with": "starting with {}",
    "ends_with": "ending with {}", "cidr_within": "within {}", "version": "version {}",
    "covers": "covering {}",
}  # fmt: skip


def wanted_words(operator: str, operand: Any) -> str:
    """What a condition asks for, for a message: "at most 60"."""
    if isinstance(operand, bool):
        shown = "true" if operand else "false"
    elif isinstance(operand, list):
        shown = ", ".join(str(item) for item in operand)
    else:
        shown = str(operand)
    return WORDS.get(operator, operator + " {}").format(shown) if shown else "set"


def keys_of(value: Map) -> Seq:
    """A mapping's keys as values that stand where their entries do."""
    keys = Seq(value.span, value.header)
    for key in value:
        keys.add(key, value.spans.get(key, value.header))
    return keys
