"""Scanned text made fit to print: it may hold terminal escapes, bidirectional overrides, commands that a CI
system obeys when it sees them in a log, lone surrogates from file names that are not UTF-8, and numbers that
JSON does not have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from guardrail.model import plain
from guardrail.model.patterns import lazy_regex

# C0 and C1 controls; what turns the reading direction or has no width (Trojan Source, CVE-2021-42574);
# line and paragraph separators; byte order mark; interlinear and tag characters; surrogates.
_UNFIT = (  # not compiled before a text needs it
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATE = lazy_regex("[\ud800-\udfff]")
# Azure Pipelines, GitHub Actions and TeamCity obey these wherever in a line they stand.
_LOG_COMMAND = lazy_regex(r"##(\w*)\[")

MAX_DIGITS = 4000  # Python refuses to write longer integers in decimal


def visible(text: str, keep: str = "") -> str:
    """The text with unfit characters written as escapes (`\\x1b`, `\\u202e`), but for those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNFIT, lambda found: found[0] if found[0] in keep else escaped(found[0]), text)


def for_log(text: str) -> str:
    """The same for a line of a terminal or CI log, with logging commands broken (`##vso[` -> `##vso(`)."""
    return without_log_commands(visible(text))


def without_log_commands(text: str) -> str:
    """The text, as long as before, with logging commands broken."""
    return _LOG_COMMAND.sub(r"##\1(", text) if "##" in text else text


def escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as os.fsdecode keeps it
        code -= 0xDC00
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def json_text(data: Any) -> str:
    """JSON, indented, with a newline at the end, that every parser takes and every UTF-8 file holds: lone
    surrogates become visible escapes."""
    from guardrail.reports.indented import indented_json

    return _sound(indented_json(data)) + "\n"


def json_pieces(data: Any) -> Iterator[str]:
    """The same in pieces; what is an iterator is written as a list."""
    from guardrail.reports.indented import indented_pieces

    for piece in indented_pieces(data):
        yield _sound(piece)
    yield "\n"


def _sound(text: str) -> str:
    try:
        text.encode()  # takes a tenth of the time of looking for surrogates, which hardly ever are there
    except UnicodeEncodeError:
        # All that isn't ASCII stands within strings there, so that the backslash is doubled.
        return _SURROGATE.sub(lambda found: "\\" + escaped(found[0]), text)
    return text


def json_value(value: Any) -> Any:
    """A value from a scanned file as data that JSON has: no infinities, no endless integers, nothing unknown or
    sensitive in the clear."""
    return _finite(plain(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > MAX_DIGITS * 3:
        return hex(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)  # a date from YAML


def value_in_words(value: Any, limit: int = 160) -> str:
    """A value as a short text for people: a string in quotes, collections as JSON, cut past `limit`."""
    if isinstance(value, dict) and set(value) == {"$unknown"}:
        return f"unknown ({value['$unknown']})"
    if isinstance(value, dict) and set(value) == {"$sensitive"}:
        return "(sensitive)"
    import json

    text = json.dumps(json_value(value), ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"
