"""String functions."""

from __future__ import annotations

import unicodedata

from guardrail.formats.hcl_values import EvalError, type_name
from guardrail.inputs.terraform.functions.table import OUTER, function, sized, text, whole
from guardrail.model import NOWHERE, Map, Seq, Unknown, Value

_SPACE = " \t\n\v\f\r\x85\xa0"


@function()
def upper(value: Value) -> Value:
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text(value))


@function()
def lower(value: Value) -> Value:
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text(value))


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
    return text(value).strip()


@function()
def trim(value: Value, cut: Value) -> Value:
    return text(value).strip(text(cut))


@function()
def trimprefix(value: Value, prefix: Value) -> Value:
    return text(value).removeprefix(text(prefix))


@function()
def trimsuffix(value: Value, suffix: Value) -> Value:
    return text(value).removesuffix(text(suffix))


@function()
def startswith(value: Value, prefix: Value) -> Value:
    return text(value).startswith(text(prefix))


@function()
def endswith(value: Value, suffix: Value) -> Value:
    return text(value).endswith(text(suffix))


@function()
def strcontains(value: Value, part: Value) -> Value:
    return text(part) in text(value)


@function()
def strrev(value: Value) -> Value:
    source = text(value)
    if source.isascii():
        return source[::-1]
    clusters: list[str] = []
    for letter in source:
        if clusters and unicodedata.combining(letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return "".join(reversed(clusters))


@function()
def substr(value: Value, offset: Value, length: Value) -> Value:
    source, start, count = text(value), whole(offset), whole(length)
    if start < 0:
        start = max(0, start + len(source))
    return source[start:] if count < 0 else source[start : start + count]


@function()
def indent(spaces: Value, value: Value) -> Value:
    count = whole(spaces)
    if not 0 <= count <= 10_000:
        raise EvalError("the indentation is out of range")
    return sized(text(value).replace("\n", "\n" + " " * count))


@function()
def split(separator: Value, value: Value) -> Value:
    source, by = text(value), text(separator)
    parts = list(source) if by == "" else source.split(by) if source else [""]
    result = Seq()
    for part in parts:
        result.add(part, NOWHERE)
    return result


@function()
def join(separator: Value, *lists: Value) -> Value:
    parts: list[str] = []
    for items in lists:
        if not isinstance(items, list):
            raise EvalError(f"join() is given a {type_name(items)} where it takes a list")
        parts += [text(item, "an item for join()") for item in items]
    return sized(text(separator).join(parts))


@function("format", mode=OUTER)
def format_(pattern: Value, *args: Value) -> Value:
    from guardrail.inputs.terraform.functions.formatting import sprintf

    return sprintf(text(pattern), list(args))


@function(mode=OUTER)
def formatlist(pattern: Value, *args: Value) -> Value:
    from guardrail.inputs.terraform.functions.formatting import sprintf

    lengths = {len(item) for item in args if isinstance(item, list)}
    if len(lengths) > 1:
        raise EvalError("the lists given to formatlist() differ in length")
    result = Seq()
    for index in range(lengths.pop() if lengths else 1):
        row = [item[index] if isinstance(item, list) else item for item in args]
        result.add(sprintf(text(pattern), row), NOWHERE)
    return result


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
