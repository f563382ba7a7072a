"""Encodings and hashes. What is made of values keeps them as its `decoded`."""

from __future__ import annotations

import json
from math import isfinite

from guardrail.formats.hcl_values import (
    Deferred,
    EvalError,
    combined,
    number_text,
    parse_number,
    revealed,
    survey,
    type_name,
)
from guardrail.inputs.terraform.functions.table import RAW, function, sized, text
from guardrail.model import NOWHERE, Encoded, EncodedUnknown, Map, Sensitive, Seq, Unknown, Value


class FileText(str):
    """The contents of a file of the scanned tree, so that what is decoded from them knows its places."""

    __slots__ = ("path",)

    path: str

    def __new__(cls, value: str, path: str) -> FileText:
        self = super().__new__(cls, value)
        self.path = path
        return self


def _quoted(value: str) -> str:
    out = json.dumps(str(value), ensure_ascii=False)
    if "<" in out or ">" in out or "&" in out or "\u2028" in out or "\u2029" in out:
        for letter in "<>&\u2028\u2029":
            out = out.replace(letter, f"\\u{ord(letter):04x}")
    return out


def json_text(value: Value) -> str:
    """JSON as `jsonencode` writes it: compact, keys sorted, `<`, `>` and `&` escaped."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{json_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join([json_text(item) for item in value]) + "]"
    raise EvalError(f"a {type_name(value)} cannot be encoded")


def encoded(value: Value, write: object = None) -> Value:
    """A document made of a value, which may be partly unknown."""
    if isinstance(value, Deferred):
        value = value.force()
    unknown, hidden = survey(value)
    decoded = value.reveal() if isinstance(value, Sensitive) else value
    if unknown:
        found = combined(unknown)
        return EncodedUnknown(found.reason, decoded, found.refs)
    opened = revealed(value) if hidden else decoded
    body = sized(yaml_text(opened) if write == "yaml" else json_text(opened))
    result = Encoded(body, decoded)
    return Sensitive(result) if hidden else result


@function(mode=RAW)
def jsonencode(value: Value) -> Value:
    return encoded(value)


@function(mode=RAW)
def yamlencode(value: Value) -> Value:
    return encoded(value, "yaml")


@function(mode=RAW)
def jsondecode(value: Value) -> Value:
    return decode(value, False)


@function(mode=RAW)
def yamldecode(value: Value) -> Value:
    return decode(value, True)


def decode(value: Value, yaml: bool) -> Value:
    if isinstance(value, Sensitive):
        made = decode(value.reveal(), yaml)
        return made if isinstance(made, Unknown) else Sensitive(made)
    if isinstance(value, (Encoded, EncodedUnknown)) and isinstance(value.decoded, (dict, list)):
        return value.decoded
    if isinstance(value, Unknown):
        return combined([value])
    source = text(value)
    if not yaml:
        try:
            plain = json.loads(source, parse_float=parse_number)
        except (ValueError, RecursionError):
            raise EvalError("jsondecode() is given what is not JSON") from None
        if not isinstance(value, FileText):
            return placed(plain)
    from guardrail.formats.yaml import load

    path = value.path if isinstance(value, FileText) else ""
    loaded = load(source.encode("utf-8", "replace"), path, "kubernetes")  # YAML 1.1's booleans, like Terraform
    if loaded.problems:
        raise EvalError(f"yamldecode(): {loaded.problems[0].message}")
    if len(loaded.documents) > 1:
        raise EvalError("yamldecode() is given more than one document")
    found = loaded.documents[0].value if loaded.documents else None
    from guardrail.inputs.terraform.functions.yaml_values import as_terraform_has_it

    found = as_terraform_has_it(found, loaded.text if yaml else "")
    return found if path else placed(found)


def placed(value: Value) -> Value:
    """Plain data as values that stand nowhere."""
    if isinstance(value, dict):
        mapping = Map()
        for key, item in value.items():
            mapping.put(str(key), placed(item), NOWHERE)
        return mapping
    if isinstance(value, tuple):
        raise EvalError("yamldecode() meets a tag that it does not know")
    if isinstance(value, list):
        sequence = Seq()
        for item in value:
            sequence.add(placed(item), NOWHERE)
        return sequence
    if isinstance(value, float) and not isfinite(value):
        raise EvalError("yamldecode() meets a number that is not finite")
    return value


def yaml_text(value: Value) -> str:
    """YAML as `yamlencode` writes it."""
    lines: list[str] = []
    _yaml(value, lines, "", "")
    return "\n".join(lines) + "\n"


def _yaml(value: Value, lines: list[str], first: str, margin: str) -> None:
    """Append a value; `first` stands before its first line, `margin` before the others."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            _entry(f"{first}{_quoted(key)}:", value[key], lines, margin)
            first = margin
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, (dict, list)) and item:
                _yaml(item, lines, f"{first}- ", f"{margin}  ")
            else:
                _entry(f"{first}-", item, lines, margin)
            first = margin
    else:
        _entry(first, value, lines, margin)


def _entry(before: str, value: Value, lines: list[str], margin: str) -> None:
    gap = " " if before.strip() else ""
    if isinstance(value, dict) and value:
        lines.append(before)
        _yaml(value, lines, margin + "  ", margin + "  ")
    elif isinstance(value, list) and value:
        lines.append(before)
        _yaml(value, lines, margin, margin)
    elif isinstance(value, str) and "\n" in value.rstrip("\n") and not value.startswith((" ", "\n")):
        lines.append(f"{before}{gap}|" + ("" if value.endswith("\n") else "-"))
        lines.extend(f"{margin}  {line}" for line in value.removesuffix("\n").split("\n"))
    elif isinstance(value, dict):
        lines.append(f"{before}{gap}{{}}")
    elif isinstance(value, list):
        lines.append(f"{before}{gap}[]")
    else:
        lines.append(f"{before}{gap}{json_text(value)}")


@function(mode=RAW)
def base64encode(value: Value) -> Value:
    import base64

    if isinstance(value, Sensitive):
        return Sensitive(base64encode(value.reveal()))
    if isinstance(value, Unknown):
        found = combined([value])
        return EncodedUnknown(found.reason, value, found.refs)
    source = text(value)
    return Encoded(base64.b64encode(source.encode("utf-8", "replace")).decode("ascii"), value)


@function(mode=RAW)
def base64decode(value: Value) -> Value:
    import base64
    import binascii

    if isinstance(value, Sensitive):
        inner = base64decode(value.reveal())
        return inner if isinstance(inner, Unknown) else Sensitive(inner)
    if isinstance(value, EncodedUnknown) and isinstance(value.decoded, Unknown):  # what base64encode() was given
        return value.decoded
    if isinstance(value, Unknown):
        return combined([value])
    if isinstance(value, Encoded) and isinstance(value.decoded, str):
        return value.decoded
    try:
        return base64.b64decode(text(value), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise EvalError("base64decode() is given what is not base64 of UTF-8") from None


@function(mode=RAW)
def base64gzip(value: Value) -> Value:
    if isinstance(value, Sensitive):
        value = value.reveal()
    return EncodedUnknown("the bytes that gzip makes differ from version to version", value)


@function()
def textencodebase64(value: Value, name: Value) -> Value:
    import base64

    try:
        return base64.b64encode(text(value).encode(_codec(text(name)))).decode("ascii")
    except (LookupError, UnicodeEncodeError):
        raise EvalError("textencodebase64() cannot encode the string so") from None


@function()
def textdecodebase64(value: Value, name: Value) -> Value:
    import base64
    import binascii

    try:
        return base64.b64decode(text(value), validate=True).decode(_codec(text(name)))
    except (LookupError, UnicodeDecodeError, binascii.Error, ValueError):
        raise EvalError("textdecodebase64() cannot decode the string so") from None


_CODECS = {"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}


def _codec(name: str) -> str:
    if name.lower() not in _CODECS:  # Python's other codecs are not all of text
        raise LookupError(name)
    return name.lower()


@function()
def urlencode(value: Value) -> Value:
    from urllib.parse import quote_plus

    return quote_plus(text(value).encode("utf-8", "replace"), safe="")


@function()
def urldecode(value: Value) -> Value:
    from urllib.parse import unquote_plus

    return unquote_plus(text(value), errors="replace")


@function()
def csvdecode(value: Value) -> Value:
    import csv
    import io

    try:
        rows = list(csv.reader(io.StringIO(text(value)), strict=True))
    except csv.Error as error:
        raise EvalError(f"csvdecode(): {error}") from None
    if not rows:
        raise EvalError("csvdecode() finds no header line")
    result = Seq()
    for row in rows[1:]:
        if not row:
            continue
        if len(row) != len(rows[0]):
            raise EvalError("csvdecode() meets a line with another number of columns than the header's")
        entry = Map()
        for name, cell in zip(rows[0], row, strict=True):
            entry.put(name, cell, NOWHERE)
        result.add(entry, NOWHERE)
    return result


def digest(algorithm: str, data: bytes, as_base64: bool = False) -> str:
    import base64
    import hashlib

    made = hashlib.new(algorithm, data, usedforsecurity=False)
    return base64.b64encode(made.digest()).decode("ascii") if as_base64 else made.hexdigest()


def _hash(algorithm: str, value: Value, as_base64: bool = False) -> str:
    return digest(algorithm, text(value).encode("utf-8", "replace"), as_base64)


@function()
def md5(value: Value) -> Value:
    return _hash("md5", value)


@function()
def sha1(value: Value) -> Value:
    return _hash("sha1", value)


@function()
def sha256(value: Value) -> Value:
    return _hash("sha256", value)


@function()
def sha512(value: Value) -> Value:
    return _hash("sha512", value)


@function()
def base64sha256(value: Value) -> Value:
    return _hash("sha256", value, True)


@function()
def base64sha512(value: Value) -> Value:
    return _hash("sha512", value, True)


@function(mode=RAW)
def rsadecrypt(value: Value, key: Value) -> Value:
    return Unknown("rsadecrypt() needs a private key")
