"""`format`: Go's verbs as Terraform has them."""

from __future__ import annotations

import re
from fractions import Fraction

from guardrail.formats.hcl_conversions import number_text, to_bool, to_number, to_text
from guardrail.formats.hcl_numbers import exactly
from guardrail.formats.hcl_values import EvalError, combined, revealed, survey, type_name
from guardrail.inputs.terraform.functions.graphemes import clusters, count
from guardrail.inputs.terraform.functions.table import sized, whole
from guardrail.model import HOLE, PartText, Sensitive, Unknown, Value
from guardrail.model.patterns import lazy_regex

_VERB = lazy_regex(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.|\Z)", re.S
)


def sprintf(pattern: str, args: list[Value]) -> Value:
    """The formatted string; where a verb's argument is unknown, one of which a part is."""
    unknown: list[Unknown] = []
    hidden = False
    position = 0
    used = 0

    def one(match: re.Match[str]) -> str:
        nonlocal position, hidden, used
        verb = match["verb"]
        if verb == "%" and match.end() - match.start() == 2:
            return "%"
        if not (verb.isascii() and verb.isalpha()):
            raise EvalError("the format string has an incomplete verb")
        if match["index"]:
            position = int(match["index"][:6]) - 1
            if position < 0:
                raise EvalError("format() counts its arguments from 1")
        if position >= len(args):
            raise EvalError(f"format() has no argument for verb {position + 1}")
        value = args[position]
        position += 1
        used = max(used, position)
        missing, secret = survey(value)
        if missing:
            unknown.extend(missing)
            return value.template if isinstance(value, PartText) and verb == "s" and not match["width"] else HOLE
        if secret:
            hidden, value = True, revealed(value)
        width, precision = match["width"], match["precision"]
        if len(width or "") > 4 or len(precision or "") > 4:
            raise EvalError("a width in the format string is out of range")
        places = None if precision is None else int(precision or 0)
        return _verb(verb, match["flags"], int(width or 0), places, value)

    made = _VERB.sub(one, pattern)
    if used < len(args):
        raise EvalError(f"format() has {len(args)} arguments and uses {used}")
    if unknown:
        found = combined(unknown)
        return found if hidden or made == HOLE else PartText(found.reason, found.refs, sized(made))
    return Sensitive(sized(made)) if hidden else sized(made)


def _verb(verb: str, flags: str, width: int, precision: int | None, value: Value) -> str:
    from guardrail.inputs.terraform.functions.encoding import json_text

    if verb == "v":
        if isinstance(value, bool) or value is None or isinstance(value, (dict, list)) or "#" in flags:
            return _pad(json_text(value), flags, width)
        if not isinstance(value, str):
            value = _shortest(exactly(value), number_text(value), "g")
        return _pad(value, flags, width)
    if value is None:
        raise EvalError(f"null is given for %{verb} of a format string")
    if isinstance(value, (dict, list)):
        raise EvalError(f"a {type_name(value)} is given for %{verb} of a format string")
    if verb in "sq":
        text: str = to_text(value)
        if precision is not None:
            text = "".join(clusters(text)[:precision])
        return _pad(json_text(text) if verb == "q" else text, flags, width)
    if verb == "t":
        return _pad("true" if to_bool(value) else "false", flags, width)
    if verb in "dboxX":
        return _integer(verb, flags, width, precision, whole(to_number(value), f"what is given for %{verb}"))
    if verb in "feEgG":
        return _real(verb, flags, width, precision, to_number(value))
    raise EvalError(f"the format string has an unknown verb %{verb}")


def _pad(text: str, flags: str, width: int) -> str:
    if not width:
        return text
    missing = max(0, width - count(text)) * ("0" if "0" in flags else " ")
    return text + missing if "-" in flags else missing + text


def _sign(negative: bool, flags: str) -> str:
    return "-" if negative else "+" if "+" in flags else " " if " " in flags else ""


_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def _integer(verb: str, flags: str, width: int, precision: int | None, value: int) -> str:
    sign, digits = _sign(value < 0, flags), format(abs(value), verb)
    before = sign + (_PREFIXES.get(verb, "") if "#" in flags else "")
    if precision is not None:
        if not precision and not value:
            return ""
        digits = digits.rjust(precision, "0")
    missing = width - len(before) - len(digits)
    if "-" in flags:
        return before + digits + " " * missing
    if "0" in flags and precision is None:
        return before + "0" * missing + digits
    return " " * missing + before + digits


def _real(verb: str, flags: str, width: int, precision: int | None, value: float) -> str:
    exact = exactly(value)
    sign = _sign(exact < 0, flags)
    exact = abs(exact)
    if verb == "f":
        body = _fixed(exact, 6 if precision is None else precision)
    elif verb in "eE":
        body = _scientific(*_digits(exact, 7 if precision is None else precision + 1), verb)
    elif precision is None:
        body = _shortest(exact, number_text(value), verb)
    else:
        body = _general(*_digits(exact, precision or 1), precision or 1, verb)
    missing = width - len(sign) - len(body)
    if "0" in flags:
        return sign + "0" * missing + body
    return sign + body + " " * missing if "-" in flags else " " * missing + sign + body


def _fixed(value: Fraction, places: int) -> str:
    digits = str(round(value * 10**places)).rjust(places + 1, "0")  # halves to even, as in Go
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _digits(value: Fraction, many: int) -> tuple[str, int]:
    """The first digits of a number, rounded, and the power of ten of the first."""
    if not value:
        return "0" * many, 0
    power = len(str(value.numerator)) - len(str(value.denominator))
    if value < Fraction(10) ** power:
        power -= 1
    digits = str(round(value * Fraction(10) ** (many - 1 - power)))
    return (digits[:many], power + 1) if len(digits) > many else (digits, power)


def _scientific(digits: str, power: int, verb: str) -> str:
    body = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{body}{'E' if verb in 'EG' else 'e'}{'-' if power < 0 else '+'}{abs(power):02d}"


def _general(digits: str, power: int, precision: int, verb: str) -> str:
    digits = digits.rstrip("0") or "0"
    if power < -4 or power >= precision:
        return _scientific(digits, power, verb)
    if power < 0:
        return "0." + "0" * (-power - 1) + digits
    return digits.ljust(power + 1, "0") if len(digits) <= power + 1 else f"{digits[: power + 1]}.{digits[power + 1 :]}"


def _shortest(value: Fraction, written: str, verb: str) -> str:
    """With as few digits as tell the number from others; `written` has them."""
    sign = "-" if value < 0 else ""
    whole_part, _, fraction = written.lstrip("-").partition(".")
    digits = (whole_part + fraction).lstrip("0")
    if not digits:
        return sign + "0"
    power = len(whole_part) - 1 if whole_part != "0" else len(digits) - len(fraction) - 1
    return sign + _general(digits, power, 6, verb)
