"""Functions that look at files: those of the scanned tree, through its one door."""

from __future__ import annotations

import re

from guardrail.formats.hcl_conversions import nfc
from guardrail.formats.hcl_operators import as_set
from guardrail.formats.hcl_types import listed
from guardrail.formats.hcl_values import EvalError, sensitive
from guardrail.inputs.terraform.functions.decoding import FileText
from guardrail.inputs.terraform.functions.encoding import digest
from guardrail.inputs.terraform.functions.table import RAW, AbsolutePath, Surroundings, function, text
from guardrail.model import Map, Sensitive, Unknown, Value


@function(outward=True)
def file(around: Surroundings, path: Value) -> Value:
    data = around.read(text(path))
    if isinstance(data, Unknown):
        return data
    try:
        return FileText(nfc(data.decode("utf-8")), around.locate(text(path)))
    except UnicodeDecodeError:
        return Unknown(f'"{text(path)}" is not UTF-8')


@function(outward=True)
def fileexists(around: Surroundings, path: Value) -> Value:
    return around.exists(text(path))


@function(outward=True)
def fileset(around: Surroundings, path: Value, pattern: Value) -> Value:
    names = around.names_below(text(path))
    if isinstance(names, Unknown):
        return names
    wanted = _glob(text(pattern))
    return as_set(listed([name for name in names if wanted.fullmatch(name)], "string"))


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` within one part of a path, `**` over any number of parts, `[]` and `{a,b}`."""
    if len(pattern) > 500 or pattern.count("*") > 10:
        raise EvalError("the pattern of fileset() is too long")
    out: list[str] = []
    at = 0
    groups = 0
    while at < len(pattern):
        letter = pattern[at]
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
            continue
        if pattern.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        if letter == "*":
            out.append("[^/]*")
        elif letter == "?":
            out.append("[^/]")
        elif letter == "{":
            groups += 1
            out.append("(?:")
        elif letter == "}" and groups:
            groups -= 1
            out.append(")")
        elif letter == "," and groups:
            out.append("|")
        elif letter == "[" and "]" not in pattern[at + 2 :]:
            raise EvalError("the pattern of fileset() is not valid")
        elif letter == "[":
            end = pattern.index("]", at + 2)
            inside = pattern[at + 1 : end]
            negated = inside[:1] in "!^"
            out.append("[" + ("^" if negated else "") + re.escape(inside[negated:]).replace(r"\-", "-") + "]")
            at = end
        else:
            out.append(re.escape(letter))
        at += 1
    try:
        return re.compile("".join(out))
    except re.error:
        raise EvalError("the pattern of fileset() is not valid") from None


@function(mode=RAW, outward=True)
def templatefile(around: Surroundings, path: Value, variables: Value) -> Value:
    hidden = isinstance(path, Sensitive) or isinstance(variables, Sensitive)
    name, values = (v.reveal() if isinstance(v, Sensitive) else v for v in (path, variables))
    for value in (name, values):
        if isinstance(value, Unknown):
            return Unknown(value.reason, value.refs)
    if not isinstance(values, Map):
        raise EvalError("the variables of templatefile() are no map")
    data = around.read(text(name))
    if isinstance(data, Unknown):
        return data
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError:
        return Unknown(f'"{text(name)}" is not UTF-8')
    made = around.render(source, around.locate(text(name)), values)
    return sensitive(made) if hidden else made


@function(outward=True)
def filebase64(around: Surroundings, path: Value) -> Value:
    import base64

    data = around.read(text(path))
    return data if isinstance(data, Unknown) else base64.b64encode(data).decode("ascii")


def _file_hash(algorithm: str, around: Surroundings, path: Value, as_base64: bool = False) -> Value:
    data = around.read(text(path))
    return data if isinstance(data, Unknown) else digest(algorithm, data, as_base64)


@function(outward=True)
def filemd5(around: Surroundings, path: Value) -> Value:
    return _file_hash("md5", around, path)


@function(outward=True)
def filesha1(around: Surroundings, path: Value) -> Value:
    return _file_hash("sha1", around, path)


@function(outward=True)
def filesha256(around: Surroundings, path: Value) -> Value:
    return _file_hash("sha256", around, path)


@function(outward=True)
def filesha512(around: Surroundings, path: Value) -> Value:
    return _file_hash("sha512", around, path)


@function(outward=True)
def filebase64sha256(around: Surroundings, path: Value) -> Value:
    return _file_hash("sha256", around, path, True)


@function(outward=True)
def filebase64sha512(around: Surroundings, path: Value) -> Value:
    return _file_hash("sha512", around, path, True)


@function()
def basename(path: Value) -> Value:
    parts = [part for part in text(path).split("/") if part]
    return parts[-1] if parts else "/" if text(path) else "."


@function()
def dirname(path: Value) -> Value:
    import posixpath

    made = posixpath.normpath(posixpath.dirname(text(path)) or ".")
    return made[1:] if made.startswith("//") else made


@function()
def abspath(path: Value) -> Value:
    import posixpath

    given = text(path)
    return posixpath.normpath(given) if given.startswith("/") else AbsolutePath(given)


@function()
def pathexpand(path: Value) -> Value:
    return Unknown("pathexpand() depends on who runs Terraform") if text(path).startswith("~") else text(path)
