"""Credentials within a text: `NAME=value`, and what commands are handed.

Everything here takes any text and answers in time linear in its length.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from guardrail.formats.secret_commands import CALLED, commands_in
from guardrail.formats.secret_forms import Match, forms_in, hinted, secret_by_name, starred
from guardrail.model.patterns import lazy_regex

# Of text in lower case: to ignore the case would take three times as long, and every text is asked.
_NAMES = r"pass(?:w|phrase|\b|_)|pwd|secret|token|key(?:\b|[_\d])|credential|connection_?string|-u "
_WORD, _WORD_OR_CALL = lazy_regex(_NAMES), lazy_regex(f"{_NAMES}|{CALLED}")
_ASSIGNED = lazy_regex(
    r"(?<![\w.$@/-])(?P<name>[\w.-]{0,80}?(?:password|passwd|passphrase|pwd|pass|secret|token|key|credentials?|string)"
    r"(?:[_.-]?\d{1,2})?)"
    r"(?P<close>[\"']?)(?P<gap>[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}|[ \t]{1,4})"
    r"(?:\"(?P<dq>[^\"\n]{1,200})\"|'(?P<sq>[^'\n]{1,200})'"
    r"|(?P<bare>[^\s\"'`<>|;&(){}\[\],$\\=#][^\s\"'`<>|;&(){}\[\],$\\]{0,199})(?=[\s\"'`;&|),]|\Z))",
    re.I,
)
_USER = lazy_regex(
    r"\b(?:curl|wget|http|lftp)\b[^\n|;&]{0,300}?[ \t](?:-u|--user)[ =][\"']?"
    r"[^\s:\"'$`{}<>/]{1,80}:(?P<bare>[^\s\"'$`{}<>]{3,100})(?=[\s\"']|\Z)"
)
_PAIR = lazy_regex(  # of an environment in JSON, in either order
    r"\"(?:name|key)\"\s{0,20}:\s{0,20}\"(?P<name>[\w.-]{1,80})\"\s{0,20},\s{0,40}"
    r"\"value\"\s{0,20}:\s{0,20}\"(?P<value>[^\"\\\n]{1,200})\""
    r"|\"value\"\s{0,20}:\s{0,20}\"(?P<first>[^\"\\\n]{1,200})\"\s{0,20},\s{0,40}"
    r"\"(?:name|key)\"\s{0,20}:\s{0,20}\"(?P<second>[\w.-]{1,80})\"",
    re.I,
)
# `doForgotPassword=Forgot Password?`: of a file of translations, whose names are no shell's.
_TRANSLATED = lazy_regex(r"[a-z]+\d*[A-Z]")
_WORDS = lazy_regex(r"[^\W\d_]{1,60}[ \t]+[^\W\d_]")
_CODE = lazy_regex(r"[a-z]+(?:_[a-z]+)*\Z|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z|[A-Z]+(?:_[A-Z]+)+\Z")


def assignments_in(text: str, throwaway: bool = False) -> Iterator[Match]:
    """`DB_PASSWORD=...`, `--token ...`, `"apiKey": "..."`, `spring.datasource.password = ...` within a script
    or a configuration file, in order."""
    lower = text.lower()
    if _WORD_OR_CALL.search(lower) is None:
        return
    found = list(commands_in(text, lower))
    if _WORD.search(lower) is not None:
        found += _named_in(text, throwaway)
    yield from sorted(found, key=lambda match: match.start)


def _named_in(text: str, throwaway: bool) -> Iterator[Match]:
    for match in _ASSIGNED.finditer(text):
        group = next(name for name in ("dq", "sq", "bare") if match[name] is not None)
        name, value, gap = match["name"].strip("-."), match[group], match["gap"]
        if not name or (gap == ":" and text.endswith(":", 0, match.start())):  # of an ARN: ...:secret:my-token-1a2B3c
            continue
        if not gap.strip():  # --password value
            if not match["name"].startswith("--"):
                continue
        elif group == "bare":
            # A bare value ends at a space: what goes on after it is prose, or code.
            spaced = gap != gap.strip() or gap.strip() != "="
            if not spaced and _is_translation(text, match.start("name"), match.start(group), value):
                continue
            if spaced and not re.match(r"[ \t]*(?:[#,].*)?(?:\r?\n|\Z)", text[match.end() : match.end() + 80]):
                continue
            if _CODE.match(value) and (spaced or "." in value or _same_word(name, value)):
                continue
        if kind := secret_by_name(name, value, throwaway):
            yield Match(kind, name, match.start(group), match.end(group))
    for match in _USER.finditer(text):
        if secret_by_name("password", match["bare"], throwaway):
            yield Match("password", "--user", match.start("bare"), match.end("bare"))
    for match in _PAIR.finditer(text):
        group, name = ("value", match["name"]) if match["name"] else ("first", match["second"])
        if kind := secret_by_name(name, match[group], throwaway):
            yield Match(kind, name, match.start(group), match.end(group))


def _is_translation(text: str, start: int, at: int, value: str) -> bool:
    """Whether a line gives a phrase to a name: `updatePassword=Update password`. In a shell a command may follow."""
    begins = start == 0 or text[start - 1] == "\n"
    return begins and not value[0].islower() and bool(_TRANSLATED.match(text, start) and _WORDS.match(text, at))


def _same_word(name: str, value: str) -> bool:
    """`password=db_password`: one variable handed to another."""
    return bool(re.search(r"pass|secret|token|key|pwd|cred", value, re.I))


def veiled(text: str, throwaway: bool = False) -> str:
    """A text for names and messages: three stars for each credential in it, which don't tell its length either."""
    found = [*(forms_in(text, throwaway) if hinted(text) else ()), *assignments_in(text, throwaway)]
    found.sort(key=lambda match: match.start)
    return starred(text, found, "***") if found else text


def is_script_with_secret(item: str) -> bool:
    """Whether it is a script in base64 that holds a credential."""
    text = re.sub(r"\s", "", item)
    if len(text) < 24 or len(text) > 100_000 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return False
    try:
        script = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return next(forms_in(script), None) is not None or next(assignments_in(script), None) is not None
