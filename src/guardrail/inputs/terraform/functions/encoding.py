"""Encodings and hashes. What is made of values keeps them as its `decoded`."""

from __future__ import annotations

import json
import re

from guardrail.formats.hcl_conversions import number_text
from guardrail.formats.hcl_nodes import MAX_TEXT
from guardrail.formats.hcl_types import listed
from guardrail.formats.hcl_values import Deferred, EvalError, combined, revealed, sensitive, survey, type_name
from guardrail.inputs.terraform.functions.decoding import decode
from guardrail.inputs.terraform.functions.table import RAW, function, sized, text
from guardrail.model import NOWHERE, Encoded, EncodedUnknown, Map, Sensitive, Unknown, Value


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
        made = EncodedUnknown(found.reason, decoded, found.refs)
        return sensitive(made) if isinstance(value, Sensitive) else made
    opened = revealed(value) if hidden else decoded
    if write == "yaml":
        from guardrail.inputs.terraform.functions.yaml_writing import yaml_text

        body = sized(yaml_text(opened))
    else:
        body = sized(json_text(opened))
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
        return base64.b64decode(_unbroken(text(value)), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise EvalError("base64decode() is given what is not base64 of UTF-8") from None


@function(mode=RAW)
def base64gzip(value: Value) -> Value:
    if isinstance(value, Sensitive):
        value = value.reveal()
    return EncodedUnknown("the bytes that gzip makes differ from version to version", value)


@function()
def base64gunzip(value: Value) -> Value:
    import base64
    import binascii
    import zlib

    unpacker = zlib.decompressobj(wbits=31)
    try:
        made = unpacker.decompress(base64.b64decode(_unbroken(text(value)), validate=True), MAX_TEXT)
        if unpacker.unconsumed_tail:
            raise EvalError("base64gunzip() makes too long a string", kind="expansion")
        return made.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, zlib.error, ValueError):
        raise EvalError("base64gunzip() is given what is not base64 of compressed UTF-8") from None


@function()
def textencodebase64(value: Value, name: Value) -> Value:
    import base64

    try:
        codec = _codec(text(name))
        mark = b"\xfe\xff" if codec == "utf-16-be" else b""
        return base64.b64encode(mark + text(value).encode(codec)).decode("ascii")
    except (LookupError, UnicodeEncodeError):
        raise EvalError("textencodebase64() cannot encode the string so") from None


@function()
def textdecodebase64(value: Value, name: Value) -> Value:
    import base64
    import binascii

    try:
        data, codec = base64.b64decode(_unbroken(text(value)), validate=True), _codec(text(name))
        if codec == "utf-16-be" and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            codec = "utf-16"
        return data.decode(codec)
    except (LookupError, UnicodeDecodeError, binascii.Error, ValueError):
        raise EvalError("textdecodebase64() cannot decode the string so") from None


# Python's other codecs are not all of text, and not all of IANA's names.
_CODECS = frozenset((
    "utf-8", "utf-16le", "utf-16be", "us-ascii", "shift_jis", "euc-jp", "iso-2022-jp", "gbk", "gb18030", "gb2312",
    "big5", "euc-kr", "koi8-r", "koi8-u", "macintosh", "latin1", "windows-874",
    *(f"iso-8859-{number}" for number in range(1, 17) if number != 12), *(f"latin{number}" for number in range(1, 11)),
    *(f"windows-125{number}" for number in range(9)), *(f"{name}{number}" for name in ("ibm", "cp") for number in
                                                        (437, 850, 852, 855, 862, 866)),
))  # fmt: skip
_OTHER_NAMES = {"utf-16": "utf-16-be", "windows-874": "cp874", "macintosh": "mac_roman"}


def _codec(name: str) -> str:
    known = name.lower()
    if known not in _CODECS and known not in _OTHER_NAMES:
        raise LookupError(name)
    return _OTHER_NAMES.get(known, known)


def _unbroken(value: str) -> str:
    """Base64 without the line ends that Go's decoder passes over."""
    return value.replace("\r", "").replace("\n", "")


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

    source = text(value)
    try:
        rows = [row for row in csv.reader(io.StringIO(source), strict=True) if row]
    except csv.Error as error:
        raise EvalError(f"csvdecode(): {error}") from None
    if not rows:
        raise EvalError("csvdecode() finds no header line")
    if len(set(rows[0])) < len(rows[0]):
        raise EvalError("csvdecode() finds a column's name twice")
    if re.search(r'"', re.sub(r'(?:^|(?<=[,\n]))"(?:[^"]|"")*"', "", source)):
        raise EvalError("csvdecode() meets a quote within a field that has none around it")
    entries: list[Value] = []
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise EvalError("csvdecode() meets a line with another number of columns than the header's")
        entry = Map()
        for name, cell in zip(rows[0], row, strict=True):
            entry.put(name, cell, NOWHERE)
        entries.append(entry)
    return listed(entries, ("object", dict.fromkeys(rows[0], "string")))


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
