"""String functions."""

from __future__ import annotations

from collections.abc import Callable

from guardrail.formats.hcl_types import listed
from guardrail.formats.hcl_values import EvalError, combined, derived, revealed, survey
from guardrail.inputs.terraform.functions.collections import marked, opened
from guardrail.inputs.terraform.functions.graphemes import clusters
from guardrail.inputs.terraform.functions.table import RAW, function, sized, text, whole
from guardrail.model import Map, PartText, Sensitive, Unknown, Value

# White space as Unicode has it; Python's own takes four separators of ASCII for such too.
_SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)


@function()
def upper(value: Value) -> Value:
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text(value))


@function()
def lower(value: Value) -> Value:
    source = text(value)
    if source.isascii():
        return source.lower()
    return "".join(letter.lower()[0] for letter in source)


@function()
def title(value: Value) -> Value:
    out: list[str] = []
    before = " "
    for letter in text(value):
        apart = before.isspace() if not before.isascii() else not before.isalnum() and before != "_"
        out.append(letter.upper() if apart and len(letter.upper()) == 1 else letter)
        before = letter
    return "".join(out)


@function()
def chomp(value: Value) -> Value:
    return text(value).rstrip("\r\n")


@function()
def trimspace(value: Value) -> Value:
    return text(value).strip(_SPACE)


@function()
def trim(value: Value, cut: Value) -> Value:
    return text(value).strip(text(cut))


@function()
def trimprefix(value: Value, prefix: Value) -> Value:
    return text(value).removeprefix(text(prefix))


@function()
def trimsuffix(value: Value, suffix: Value) -> Value:
    return text(value).removesuffix(text(suffix))


@function(mode=RAW)
def startswith(value: Value, prefix: Value) -> Value:
    if isinstance(value, PartText) and isinstance(prefix, str):
        known = value.prefix
        if known.startswith(prefix) or not prefix.startswith(known[: len(prefix)]):
            return known.startswith(prefix)
    return _of_two(value, prefix, str.startswith)


@function(mode=RAW)
def endswith(value: Value, suffix: Value) -> Value:
    if isinstance(value, PartText) and isinstance(suffix, str):
        known = value.suffix
        if known.endswith(suffix) or (known and not suffix.endswith(known[-len(suffix) :])):
            return known.endswith(suffix)
    return _of_two(value, suffix, str.endswith)


def _of_two(value: Value, other: Value, test: Callable[[str, str], bool]) -> Value:
    unknown = [item for item in (value, other) if isinstance(item, Unknown)]
    if unknown:
        return combined(unknown)
    made = test(text(revealed(value)), text(revealed(other)))
    return Sensitive(made) if isinstance(value, Sensitive) or isinstance(other, Sensitive) else made


@function()
def strcontains(value: Value, part: Value) -> Value:
    return text(part) in text(value)


@function()
def strrev(value: Value) -> Value:
    return "".join(reversed(clusters(text(value))))


@function()
def substr(value: Value, offset: Value, length: Value) -> Value:
    source, start, most = clusters(text(value)), whole(offset), whole(length)
    if start < 0:
        start = max(0, start + len(source))
    return "".join(source[start:] if most < 0 else source[start : start + most])


@function()
def indent(spaces: Value, value: Value) -> Value:
    count = whole(spaces)
    if not 0 <= count <= 10_000:
        raise EvalError("the indentation is out of range")
    return sized(text(value).replace("\n", "\n" + " " * count))


@function()
def split(separator: Value, value: Value) -> Value:
    source, by = text(value), text(separator)
    return listed(list(clusters(source) if by == "" else source.split(by)), "string")


@function()
def join(separator: Value, first: Value, *lists: Value) -> Value:
    parts: list[str] = []
    for items in (first, *lists):
        parts += [text(item, "an item for join()") for item in items]
    return sized(text(separator).join(parts))


@function("format", mode=RAW)
def format_(pattern: Value, *args: Value) -> Value:
    from guardrail.inputs.terraform.functions.formatting import sprintf

    if isinstance(pattern, Unknown):
        return derived(pattern)
    made = sprintf(text(revealed(pattern)), list(args))
    return marked(made, isinstance(pattern, Sensitive))


@function(mode=RAW)
def formatlist(pattern: Value, *args: Value) -> Value:
    from guardrail.inputs.terraform.functions.formatting import sprintf

    values, hidden = opened((pattern, *args))
    hidden = hidden or any(survey(value)[1] for value in values)
    template, *values = [revealed(value) for value in values]
    lengths = {len(item) for item in values if isinstance(item, list)}
    if len(lengths) > 1:
        raise EvalError("the lists given to formatlist() differ in length")
    unknown = [value for value in values if isinstance(value, Unknown) and not isinstance(value, PartText)]
    if isinstance(template, Unknown) or (unknown and not lengths):  # which may be lists
        return combined([template] if isinstance(template, Unknown) else unknown)
    made = [
        sprintf(text(template), [item[index] if isinstance(item, list) else item for item in values])
        for index in range(lengths.pop() if lengths else 1)
    ]
    return marked(listed(made, "string"), hidden)


@function(outward=True)
def templatestring(around: Value, template: Value, variables: Value) -> Value:
    if not isinstance(variables, Map):
        raise EvalError("the variables of templatestring() are no map")
    return around.render(text(template), "", variables)


@function()
def uuidv5(namespace: Value, name: Value) -> Value:
    import uuid

    known = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID,
             "x500": uuid.NAMESPACE_X500}.get(text(namespace))  # fmt: skip
    try:
        return str(uuid.uuid5(known or uuid.UUID(text(namespace)), text(name)))
    except ValueError:
        raise EvalError("the namespace of uuidv5() is no UUID") from None


@function()
def uuid() -> Value:
    return Unknown("uuid() is random")


@function()
def bcrypt(value: Value, cost: Value = 10) -> Value:
    return Unknown("bcrypt() is random")
