"""What a function is, and how its arguments reach it.

WHOLE functions see known values only: an unknown anywhere in an argument makes the result unknown. OUTER
ones look at a collection's outside (`length`, `keys`): its items may be unknown. RAW ones see arguments as
they are. A Sensitive argument is opened for the first two and the result marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from guardrail.formats.hcl_conversions import nfc, to_number, to_text
from guardrail.formats.hcl_nodes import MAX_TEXT
from guardrail.formats.hcl_numbers import Real
from guardrail.formats.hcl_types import convert
from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    PartialMap,
    Several,
    combined,
    derived,
    revealed,
    sensitive,
    survey,
)
from guardrail.inputs.terraform.functions.signatures import SIGNATURES
from guardrail.model import HOLE, Map, PartList, PartText, Sensitive, Unknown, Value

WHOLE, OUTER, RAW = range(3)


class Surroundings(Protocol):
    """What functions that look beyond their arguments may ask for. Paths are as Terraform takes them:
    relative to the root module."""

    def read(self, path: str) -> bytes | Unknown: ...

    def exists(self, path: str) -> bool | Unknown: ...

    def names_below(self, folder: str) -> list[str] | Unknown: ...

    def render(self, text: str, file: str, variables: Map) -> Value: ...

    def locate(self, path: str) -> str: ...


class AbsolutePath(Unknown):
    """What abspath() makes of a relative path: text that nobody knows, of a file that is the same wherever Terraform
    runs."""

    __slots__ = ("relative",)

    def __init__(self, relative: str) -> None:
        super().__init__("abspath() depends on where Terraform runs")
        self.relative = relative


def _relative(path: Value) -> Value:
    """An absolute path, or one below it, as the relative one that it was made of: what is looked up is held to the
    scanned tree as any other is."""
    if isinstance(path, AbsolutePath):
        return path.relative
    if isinstance(path, PartText) and len(path.holes) == 1 and path.template.startswith(f"{HOLE}/"):
        folder = path.holes[0]
        if isinstance(folder, AbsolutePath):
            return f"{folder.relative or '.'}{path.template[len(HOLE) :]}"
    return path


class Function:
    __slots__ = ("call", "high", "low", "mode", "name", "outward", "takes_path")

    def __init__(self, call: Callable[..., Value], mode: int, outward: bool) -> None:
        code: Any = call.__code__
        taken = 1 if outward else 0
        many = bool(code.co_flags & 4)
        self.name = call.__name__
        self.call, self.mode, self.outward = call, mode, outward
        self.takes_path = outward and code.co_varnames[1] == "path"
        self.high = -1 if many else code.co_argcount - taken
        self.low = code.co_argcount - taken - len(call.__defaults__ or ())


TABLE: dict[str, Function] = {}
_OF_ONE = ("one", "join", "element")  # give the only item of a list
_KEEP_ITEMS = ("compact", "distinct", "reverse", "sort", "tolist", "toset")  # in another order, or once each


def function(
    name: str = "", mode: int = WHOLE, outward: bool = False
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Put a function into the table, under its own name (less a trailing `_`) or another."""

    def register(call: Callable[..., Value]) -> Callable[..., Value]:
        TABLE[name or call.__name__.rstrip("_")] = Function(call, mode, outward)
        return call

    return register


def apply(name: str, args: list[Value], around: Surroundings) -> Value:
    """Call by name. Raises EvalError for an unknown name, a wrong number or kind of arguments."""
    found = TABLE.get(name)
    if found is None:
        raise EvalError(f"there is no function {name}")
    if len(args) < found.low or (found.high >= 0 and len(args) > found.high):
        wanted = str(found.low) if found.low == found.high else f"{found.low} or more"
        raise EvalError(f"{name}() takes {wanted} arguments and is given {len(args)}")
    several = args[-1 if name == "join" else 0] if name in _OF_ONE else None
    if isinstance(several, Several) and len(args) < 3:
        return several.item
    if name in _KEEP_ITEMS and isinstance(args[0], PartList):
        return args[0]
    if found.takes_path and args:
        args[0] = _relative(args[0])
    _fit(name, args)
    hidden = False
    if found.mode == RAW:
        pass
    elif found.mode == OUTER:
        for index, value in enumerate(args):
            if isinstance(value, Sensitive):
                hidden = True
                args[index] = value = value.reveal()
            if isinstance(value, Unknown):
                return derived(value)
            if isinstance(value, PartialMap):
                return derived(value.rest)
    else:
        unknown: list[Unknown] = []
        for index, value in enumerate(args):
            missing, secret = survey(value)
            unknown += missing
            if secret:
                hidden = True
                args[index] = revealed(value)
        if unknown:
            return combined(unknown)
    result = found.call(around, *args) if found.outward else found.call(*args)
    if isinstance(result, str) and not result.isascii():
        result = nfc(result)
    return sensitive(result) if hidden else result


def _fit(name: str, args: list[Value]) -> None:
    """Arguments as the types of the parameters have them."""
    signature = SIGNATURES[name]
    fixed = signature.fixed
    for at, value in enumerate(args):
        parameter = fixed[at] if at < len(fixed) else signature.rest
        assert parameter is not None
        kind, nullable = parameter
        if isinstance(value, str):
            if kind == "string" or kind == "any":
                continue
        elif value is None:
            if nullable:
                continue
            raise EvalError(f"argument {at + 1} of {name}() is null")
        elif isinstance(value, Deferred):
            args[at] = value = value.force()
        if kind == "any" or isinstance(value, Unknown):
            continue
        try:
            args[at] = convert(value, kind)
        except EvalError as error:
            raise EvalError(f"argument {at + 1} of {name}(): {error.message}", kind=error.kind) from None


# ---- what functions ask of their arguments ----


def text(value: Value, what: str = "the argument") -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise EvalError(f"{what} is null")
    made: str = to_text(value)
    return made


def number(value: Value, what: str = "the argument") -> Any:
    made = to_number(value)
    if made is None:
        raise EvalError(f"{what} is null")
    return made


def whole(value: Value, what: str = "the argument") -> int:
    made = number(value, what)
    if not isinstance(made, int):
        if isinstance(made, Real) and made.exact.denominator == 1:
            return made.exact.numerator
        raise EvalError(f"{what} is not a whole number")
    return made


def sized(result: str) -> str:
    if len(result) > MAX_TEXT:
        raise EvalError(f"the string has more than {MAX_TEXT:,} characters", kind="expansion")
    return result
