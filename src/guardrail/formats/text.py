"""Bytes -> text, for every notation alike."""

from __future__ import annotations

from guardrail.model import Problem

_HCL = (".tf", ".tofu", ".tfvars", ".hcl")


def decode(data: bytes, file: str) -> tuple[str, Problem | None]:
    """The text of a file, without its BOM. Where it isn't UTF-8 (or UTF-16 with a BOM), or holds NUL bytes,
    the text is empty and the problem names the first bad line.

    A carriage return by itself ends a line of YAML, JSON and Groovy, as it does in editors: it is a newline in the
    text, so that all who count lines count alike. In HCL it is a character like others; a comment goes on after it.
    """
    text, problem = _decoded(data, file)
    if "\r" in text and not file.endswith(_HCL) and text.count("\r") != text.count("\r\n"):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, problem


def with_newlines(data: bytes) -> bytes:
    """The same for those who look at bytes."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if has_lone_return(data) else data


def has_lone_return(data: bytes) -> bool:
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def source_lines(text: str) -> list[str]:
    """As they are counted everywhere here; `splitlines` would end them at form feeds and the like, too."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _decoded(data: bytes, file: str) -> tuple[str, Problem | None]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), None
        except UnicodeDecodeError:
            return "", Problem("encoding", "starts like UTF-16 but is not", file, 1)
    if data.startswith(b"\0GITCRYPT\0"):
        return "", Problem("encoding", "is encrypted by git-crypt; `git-crypt unlock` before the scan", file, 1)
    nul = data.find(b"\0")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        return "", Problem("encoding", "holds a NUL byte, so it is not text", file, line)
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        if _is_groovy(file):
            return data.decode("utf-8-sig", "replace"), None
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start]
        return "", Problem("encoding", f"is not UTF-8: byte 0x{bad:02x}", file, line)


def _is_groovy(file: str) -> bool:
    """Jenkins runs what is in another encoding all the same, as Java reads it: with a sign for each wrong byte."""
    name = file.rpartition("/")[2].lower()
    return "jenkinsfile" in name or name.endswith(".groovy")
