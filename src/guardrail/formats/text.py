"""Bytes -> text, for every notation alike."""

from __future__ import annotations

from guardrail.model import Problem


def decode(data: bytes, file: str) -> tuple[str, Problem | None]:
    """The text of a file, without its BOM. Where it isn't UTF-8 (or UTF-16 with a BOM), or holds NUL bytes,
    the text is empty and the problem names the first bad line.
    """
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
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start]
        return "", Problem("encoding", f"is not UTF-8: byte 0x{bad:02x}", file, line)
