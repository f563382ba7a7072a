"""How long a regular expression may take, told by how it is written.

Three repetitions without bound that may share the characters between them, with nothing in between that must be
something else, take cubic time; the body of one that is repeated itself (`(a+)+`), exponential. Two, and thus quadratic
time, are taken for bearable. Alternatives that begin alike, as in `(aa|a)*`, are not seen through.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

# What Python's own compiler reads patterns with.
constants: Any = import_module("re._constants" if sys.version_info >= (3, 11) else "sre_constants")
parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

MOST = 2
_ASCII = [chr(code) for code in range(128)]
_CLASSES = {
    constants.CATEGORY_DIGIT: r"\d", constants.CATEGORY_NOT_DIGIT: r"\D", constants.CATEGORY_SPACE: r"\s",
    constants.CATEGORY_NOT_SPACE: r"\S", constants.CATEGORY_WORD: r"\w", constants.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_REPEATS = {constants.MAX_REPEAT, constants.MIN_REPEAT}
Ways = dict[frozenset[str], int]
"""Repetitions without bound that end here, by the characters that all of them may take."""


def _characters(op: Any, argument: Any) -> frozenset[str] | None:
    """What a node that is one character may be; None for any other."""
    if op is constants.LITERAL:
        return frozenset((chr(argument),))
    if op is constants.NOT_LITERAL:
        return frozenset(_ASCII) - {chr(argument)}
    if op is constants.ANY:
        return frozenset(_ASCII)
    if op is constants.CATEGORY:
        return frozenset(filter(re.compile(_CLASSES[argument], re.ASCII).match, _ASCII))
    if op is constants.RANGE:
        return frozenset(map(chr, range(argument[0], min(argument[1], 127) + 1)))
    if op is constants.IN:
        negated = argument[0][0] is constants.NEGATE
        found = frozenset[str]().union(*(_characters(*item) or () for item in argument[negated:]))
        return frozenset(_ASCII) - found if negated else found
    return None


def _sharing(ways: Ways, taken: frozenset[str]) -> Ways:
    return _joined(*({shared & taken: count} for shared, count in ways.items() if shared & taken))


def _joined(*several: Ways) -> Ways:
    made: Ways = {}
    for ways in several:
        for shared, count in ways.items():
            made[shared] = max(made.get(shared, 0), count)
    return made


def _after(nodes: Any, ways: Ways, worst: list[int]) -> Ways:
    for op, argument in nodes:
        taken = _characters(op, argument)
        if taken is not None:
            ways = _sharing(ways, taken)
        elif op in _REPEATS:
            low, high, body = argument
            taken = _characters(*body[0]) if len(body) == 1 else None
            if high != constants.MAXREPEAT:
                more = _after(body, ways, worst)
            elif taken is not None:
                more = {shared: count + 1 for shared, count in _joined(_sharing(ways, taken), {taken: 0}).items()}
                worst[0] = max(worst[0], *more.values())
            else:
                more = ways
                for _ in range(MOST + 1):
                    more = _joined(more, _after(body, more, worst))
            ways = more if low else _joined(ways, more)
        elif op is constants.SUBPATTERN:
            ways = _after(argument[-1], ways, worst)
        elif op is constants.BRANCH:
            ways = _joined(*(_after(branch, ways, worst) for branch in argument[1]))
    return ways


def repetitions(pattern: str | bytes, flags: int = 0) -> int:
    """Raises re.error for what is no pattern."""
    worst = [0]
    _after(parser.parse(pattern, flags), {}, worst)
    return worst[0]


def check_pattern(pattern: str) -> None:
    """Of those that come with what is scanned. Raises ValueError for one that may take for ever on a text that does;
    what is no pattern is told where it is compiled."""
    try:
        found = repetitions(pattern)
    except re.error:
        return
    if found > MOST:
        raise ValueError(f"{pattern!r} may take for ever: it repeats what may be repeated, as in `(a+)+`")
