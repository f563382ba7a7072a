"""Regular expressions. Terraform's are RE2, which is linear; Python's can take for ever, so a pattern that might is
given to a matcher of our own, and one that is too large for that is not run: the result is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.formats.hcl_types import listed
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.functions.linear import MAX_WORK, Spans, TooLong
from guardrail.inputs.terraform.functions.re2 import Invalid, Pattern, Unsupported
from guardrail.inputs.terraform.functions.table import function, sized, text
from guardrail.model import NOWHERE, Map, Seq, Unknown, Value

MAX_STEPS = 28  # binary logarithm of the steps that a search by Python's engine may take at the worst

_NAMED = re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})")
_cache: dict[str, Pattern | str] = {}


def _pattern(source: str) -> Pattern | str:
    """The pattern, or why it isn't run."""
    known = _cache.get(source)
    if known is None:
        if len(_cache) > 1000:
            _cache.clear()
        try:
            known = Pattern(source)
        except Unsupported as error:
            known = str(error)
        except (re.error, OverflowError, RecursionError):
            known = "the regular expression is too much for its reader"
        _cache[source] = known
    return known


def _ready(source: str, subject: str) -> Pattern | Unknown:
    try:
        found = _pattern(source)
    except Invalid as error:
        raise EvalError(f"the regular expression is not valid: {error}") from None
    if isinstance(found, str):
        return Unknown(found)
    if (found.nested or found.steps(len(subject)) > MAX_STEPS) and not _short_enough(found, subject):
        return Unknown("the regular expression might take too long on this string")
    return found


def _short_enough(pattern: Pattern, subject: str) -> bool:
    try:
        return pattern.linear().work(len(subject)) <= MAX_WORK
    except TooLong:
        return False


def _matches(pattern: Pattern, subject: str) -> Iterator[Spans]:
    """Matches from left to right; an empty one does not count where another has just ended."""
    linear = pattern.nested or pattern.steps(len(subject)) > MAX_STEPS
    position, last = 0, -1
    while position <= len(subject):
        spans = pattern.linear().search(subject, position) if linear else _python(pattern, subject, position)
        if spans is None:
            return
        start, end = spans[:2]
        if end > start or start != last:
            yield spans
            last = end
        position = end if end > start else end + 1


def _python(pattern: Pattern, subject: str, position: int) -> Spans | None:
    match = pattern.compiled.search(subject, position)
    if match is None:
        return None
    return [edge for group in range(pattern.compiled.groups + 1) for edge in match.span(group)]


def _group(subject: str, spans: Spans, number: int) -> str | None:
    start, end = spans[2 * number : 2 * number + 2]
    return subject[start:end] if end >= 0 and start >= 0 else None


def _captured(pattern: Pattern, subject: str, spans: Spans) -> Value:
    names = pattern.names
    if not names:
        return _group(subject, spans, 0)
    if any(names):
        named = Map()
        for number, name in enumerate(names, 1):
            named.put(name, _group(subject, spans, number), NOWHERE)
        return named
    numbered = Seq()
    for number in range(1, len(names) + 1):
        numbered.add(_group(subject, spans, number), NOWHERE)
    return numbered


def _with_groups(source: Value, subject: str) -> Pattern | Unknown:
    pattern = _ready(text(source), subject)
    if isinstance(pattern, Pattern) and any(pattern.names) and not all(pattern.names):
        raise EvalError("the regular expression has groups with a name and groups without")
    return pattern


@function()
def regex(pattern: Value, value: Value) -> Value:
    subject = text(value)
    ready = _with_groups(pattern, subject)
    if isinstance(ready, Unknown):
        return ready
    spans = next(_matches(ready, subject), None)
    if spans is None:
        raise EvalError("regex() finds no match")
    return _captured(ready, subject, spans)


@function()
def regexall(pattern: Value, value: Value) -> Value:
    subject = text(value)
    ready = _with_groups(pattern, subject)
    if isinstance(ready, Unknown):
        return ready
    return listed([_captured(ready, subject, spans) for spans in _matches(ready, subject)], "any")


@function()
def replace(value: Value, search: Value, replacement: Value) -> Value:
    subject, wanted, put = text(value), text(search), text(replacement)
    if len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        pattern = _ready(wanted[1:-1], subject)
        return pattern if isinstance(pattern, Unknown) else sized(_replaced(pattern, subject, put))
    if len(put) * max(subject.count(wanted), 1) > 50_000_000:
        raise EvalError("replace() makes too long a string", kind="expansion")
    return sized(subject.replace(wanted, put))


def _replaced(pattern: Pattern, subject: str, put: str) -> str:
    out: list[str] = []
    last = size = 0
    for spans in _matches(pattern, subject):

        def group(name: re.Match[str], spans: Spans = spans) -> str:
            if name[1]:
                return "$"
            key = name[2] or name[3]
            if key.isdecimal():
                number = int(key[:4])
            else:
                number = len(pattern.names) - pattern.names[::-1].index(key) if key in pattern.names else -1
            return _group(subject, spans, number) or "" if 0 <= number <= len(pattern.names) else ""

        out += [subject[last : spans[0]], _NAMED.sub(group, put)]
        size += len(out[-1])
        if size > 50_000_000:
            raise EvalError("replace() makes too long a string", kind="expansion")
        last = spans[1]
    return "".join([*out, subject[last:]])
