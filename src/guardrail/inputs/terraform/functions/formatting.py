"""`format`: Go's verbs as Terraform has them."""

from __future__ import annotations

import re

from guardrail.formats.hcl_numbers import Real
from guardrail.formats.hcl_values import EvalError, combined, number_text, survey, to_number, to_text, type_name
from guardrail.inputs.terraform.functions.table import sized
from guardrail.model import Sensitive, Unknown, Value

_VERB = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.)", re.S
)


def sprintf(pattern: str, args: list[Value]) -> Value:
    """The formatted string, or an Unknown where a verb's argument is one."""
    unknown: list[Unknown] = []
    hidden = False
    position = 0
    used = 0
    indexed = False

    def take() -> Value:
        nonlocal position, used
        if position >= len(args):
            raise EvalError(f"format() has no argument for verb {position + 1}")
        position += 1
        used = max(used, position)
        return args[position - 1]

    def one(match: re.Match[str]) -> str:
        nonlocal position, hidden, indexed
        verb = match["verb"]
        if verb == "%":
            return "%"
        width, precision = match["width"], match["precision"]
        if width == "*":
            width = str(to_number(take()))
        if precision == "*":
            precision = str(to_number(take()))
        if match["index"]:
            indexed = True
            position = int(match["index"][:6]) - 1
            if position < 0:
                raise EvalError("format() counts its arguments from 1")
        value = take()
        missing, secret = survey(value)
        if missing:
            unknown.extend(missing)
            return ""
        if secret:
            from guardrail.formats.hcl_values import revealed

            hidden, value = True, revealed(value)
        return _verb(verb, match["flags"], width or "", precision, value)

    pieces = _VERB.sub(one, pattern)
    if re.search(r"%[-+ #0]*\d*(?:\.\d*)?\Z", _VERB.sub("", pattern)):
        raise EvalError("the format string ends in the middle of a verb")
    if used < len(args) and not indexed:
        raise EvalError(f"format() has {len(args)} arguments and uses {used}")
    if unknown:
        return combined(unknown)
    return Sensitive(sized(pieces)) if hidden else sized(pieces)


def _verb(verb: str, flags: str, width: str, precision: str | None, value: Value) -> str:
    if len(width) > 4 or (precision is not None and len(precision) > 4):
        raise EvalError("a width in the format string is out of range")
    if verb == "v":
        if isinstance(value, bool) or value is None or isinstance(value, (dict, list)) or "#" in flags:
            from guardrail.inputs.terraform.functions.encoding import json_text

            return _pad(json_text(value), flags, width)
        verb = "s" if isinstance(value, str) else "g"
        if verb == "g" and precision is None:
            return _pad(number_text(value), flags, width, True)
    if value is None:
        raise EvalError(f"null is given for %{verb} of a format string")
    if verb in "sq":
        if isinstance(value, (dict, list)):
            raise EvalError(f"a {type_name(value)} is given for %{verb} of a format string")
        text: str = to_text(value)
        if precision is not None:
            text = text[: int(precision or 0)]
        if verb == "q":
            from guardrail.inputs.terraform.functions.encoding import json_text

            text = json_text(text)
        return _pad(text, flags, width)
    if verb == "t":
        from guardrail.formats.hcl_values import to_bool

        return _pad("true" if to_bool(value) else "false", flags, width)
    number = to_number(value)
    sign = "+" if "+" in flags else " " if " " in flags else ""
    if verb in "dboxX":
        if not isinstance(number, int):
            raise EvalError(f"a number with a fraction is given for %{verb} of a format string")
        spec = sign + ("#" if "#" in flags else "") + verb
        return _pad(format(number, spec), flags, width, True)
    if verb in "feEgG":
        point = f".{int(precision or 0)}" if precision is not None else ".6" if verb != "g" and verb != "G" else ""
        if verb in "gG" and precision is None:
            full = isinstance(number, Real) and 1e-4 <= abs(number) < 1e21
            body = number_text(number) if full else repr(float(number))
            body = body.removesuffix(".0") if "e" not in body else body
            return _pad(sign.strip() + body if number >= 0 else body, flags, width, True)
        return _pad(format(float(number), f"{sign}{point}{verb}"), flags, width, True)
    raise EvalError(f"the format string has an unknown verb %{verb}")


def _pad(text: str, flags: str, width: str, number: bool = False) -> str:
    if not width:
        return text
    count = int(width)
    if "-" in flags:
        return text.ljust(count)
    if "0" in flags and number:
        return text.zfill(count)
    return text.rjust(count, "0" if "0" in flags else " ")
