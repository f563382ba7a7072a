"""HCL's operators, three-valued; and sets, which need equality."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from guardrail.formats.hcl_conversions import to_bool, to_number
from guardrail.formats.hcl_numbers import MAX_BITS, Real, exactly, made, rounded, same
from guardrail.formats.hcl_values import (
    EvalError,
    ListSeq,
    OpenMap,
    PartialMap,
    SetSeq,
    TypedMap,
    combined,
    derived,
    is_something,
    revealed,
    type_name,
)
from guardrail.model import NOWHERE, OneOf, PartText, Sensitive, Seq, Unknown, Value


def equal(left: Value, right: Value) -> bool | Unknown:
    """`==`. Operands of different types are different; a difference in a known part decides."""
    if isinstance(left, Sensitive):
        left = revealed(left)
    if isinstance(right, Sensitive):
        right = revealed(right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _equal_unknown(left, right)
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)):
        return isinstance(right, (int, float)) and same(left, right)
    if isinstance(left, str):
        return isinstance(right, str) and str(left) == str(right)
    if isinstance(left, list):
        kind = type(left)
        if not isinstance(right, list) or (len(left) != len(right) and kind is not SetSeq) or _unlike(left, right):
            return False
        if kind is SetSeq:
            unknown = [item for item in (*left, *right) if isinstance(item, Unknown)]
            if unknown:
                return combined(unknown)
            if len(left) != len(right):
                return False
        if not left and isinstance(left, (ListSeq, SetSeq)):
            return bool(left.item == right.item)  # type: ignore[attr-defined]
        pairs = list(zip(left, right, strict=True))
    else:
        if not isinstance(right, dict) or _unlike(left, right):
            return False
        if left.keys() != right.keys():
            if not isinstance(left, PartialMap) and not isinstance(right, PartialMap):
                return False
            return combined(m.rest for m in (left, right) if isinstance(m, PartialMap))
        if not left and type(left) is TypedMap:
            return bool(left.item == right.item)  # type: ignore[attr-defined]
        pairs = [(item, right[key]) for key, item in left.items()]
    unsure: list[Unknown] = []
    for one, other in pairs:
        alike = equal(one, other)
        if alike is False:
            return False
        if isinstance(alike, Unknown):
            unsure.append(alike)
    return combined(unsure) if unsure else True


def _unlike(left: Value, right: Value) -> bool:
    """Whether two collections are of different kinds: a list is no tuple, a map no object."""
    if isinstance(left, OpenMap) or isinstance(right, OpenMap):
        return False
    return type_name(left) != type_name(right)


def _equal_unknown(left: Value, right: Value) -> bool | Unknown:
    """A string of which a part is known is not null, nor a string that lacks that part; nor is a resource that is
    there, or anything else that is surely something."""
    for one, other in ((left, right), (right, left)):
        known = isinstance(one, PartText) and not isinstance(other, Unknown)
        if known and not (isinstance(other, str) and one.can_be(other)):
            return False
        if other is None and is_something(one):
            return False
        if isinstance(one, OneOf) and all(equal(choice, other) is False for choice in one.choices):
            return False
    return combined(item for item in (left, right) if isinstance(item, Unknown))


def _number_operand(value: Value, op: str) -> int | float:
    number = to_number(value)
    if number is None:
        raise EvalError(f"null stands as an operand of {op}")
    return number  # type: ignore[no-any-return]


def arithmetic(op: str, left: Value, right: Value) -> Value:
    a, b = _number_operand(left, op), _number_operand(right, op)
    if isinstance(a, Real) or isinstance(b, Real):
        return _of_fractions(op, exactly(a), exactly(b))
    if op == "<":
        return a < b
    if op == "<=":
        return a <= b
    if op == ">":
        return a > b
    if op == ">=":
        return a >= b
    if isinstance(a, int) and isinstance(b, int) and op != "/":
        if op == "+":
            return a + b
        if op == "-":
            return a - b
        if op == "*":
            if a.bit_length() + b.bit_length() > MAX_BITS:
                raise EvalError("the number is too large")
            return a * b
        return abs(a) % abs(b) * (1 if a >= 0 else -1) if b else a
    return _of_fractions(op, exactly(a), exactly(b))


def _of_fractions(op: str, a: Fraction, b: Fraction) -> Value:
    if op == "<":
        return a < b
    if op == "<=":
        return a <= b
    if op == ">":
        return a > b
    if op == ">=":
        return a >= b
    if b == 0 and op in "/%":
        if op == "%":
            return made(a)
        raise EvalError("division by zero")
    if op == "+":
        result = a + b
    elif op == "-":
        result = a - b
    elif op == "*":
        result = a * b
    elif op == "/":
        result = a / b
    else:
        result = a - rounded(int(rounded(a / b)) * b)
    if max(result.numerator.bit_length(), result.denominator.bit_length()) > MAX_BITS:
        raise EvalError("the number is too large")
    return made(rounded(result))


def binary(op: str, left: Value, right: Value) -> Value:
    """Every operator but `&&` and `||`, whose right side need not be evaluated."""
    if isinstance(left, Sensitive) or isinstance(right, Sensitive):
        result = binary(op, revealed(left), revealed(right))
        return result if isinstance(result, Unknown) else Sensitive(result)
    if op == "==":
        return equal(left, right)
    if op == "!=":
        alike = equal(left, right)
        return alike if isinstance(alike, Unknown) else not alike
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return combined(item for item in (left, right) if isinstance(item, Unknown))
    return arithmetic(op, left, right)


def truth(value: Value, what: str) -> Value:
    """A condition's value: a bool or an Unknown."""
    if value is True or value is False or isinstance(value, Unknown):
        return value
    if isinstance(value, Sensitive):
        return truth(value.reveal(), what)
    if value is None:
        raise EvalError(f"{what} is null")
    return to_bool(value)


def negated(op: str, value: Value) -> Value:
    if isinstance(value, Sensitive):
        return Sensitive(negated(op, value.reveal()))
    if isinstance(value, Unknown):
        return derived(value)
    if op == "!":
        return not truth(value, "the operand of !")
    number = _number_operand(value, "-")
    return Real(-number.exact, number.bits) if isinstance(number, Real) else -number


def as_set(items: Iterable[Value]) -> SetSeq:
    """Unique items in Terraform's order; what is unknown may turn out to be any of them, so it stays."""
    source = items if isinstance(items, Seq) else None
    unique: list[tuple[Value, int]] = []
    seen: set[tuple[str, Value]] = set()
    for position, item in enumerate(items):
        if isinstance(item, (str, int, float, bool)) or item is None:
            mark = (type_name(item), item)
            if mark in seen:
                continue
            seen.add(mark)
        elif isinstance(item, (dict, list)) and any(equal(item, other) is True for other, _ in unique):
            continue
        unique.append((item, position))
    if len(unique) > 1:
        unique.sort(key=_place_in_set)
    result = SetSeq()
    if isinstance(source, (ListSeq, SetSeq)):
        result.item = source.item
    if source is not None:
        result.span, result.header = source.span, source.header
    for item, position in unique:
        span = source.spans[position] if source is not None and position < len(source.spans) else NOWHERE
        origin = source.origins.get(position) if source is not None and source.origins else None
        result.add(item, span, origin)
    return result


def _place_in_set(pair: tuple[Value, int]) -> tuple[int, Value]:
    """What cty sorts a set by: scalars by their value, null after them, collections by the text that it hashes."""
    item = pair[0]
    if isinstance(item, (str, int, float)):
        return (1 if isinstance(item, str) else 0, item)
    if item is None or isinstance(item, Unknown):
        return (3 if item is None else 4, 0)
    return (2, _hashed(item))


def _hashed(value: Value) -> str:
    if isinstance(value, Sensitive):
        value = revealed(value)
    if value is None or isinstance(value, Unknown):
        return "~" if value is None else "?"
    if value is True or value is False:
        return "T" if value else "F"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, (int, float)):
        return format(Decimal(value) if isinstance(value, int) else value, ".10g")
    if isinstance(value, TypedMap):
        return "{" + "".join(f"{_hashed(key)}:{_hashed(value[key])};" for key in sorted(value)) + "}"
    if isinstance(value, dict):
        return "<" + "".join(f"{_hashed(value[key])};" for key in sorted(value)) + ">"
    inside = "".join(f"{_hashed(item)};" for item in value)
    return f"[{inside}]" if isinstance(value, (ListSeq, SetSeq)) else f"<{inside}>"
