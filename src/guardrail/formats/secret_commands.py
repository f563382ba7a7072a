"""Credentials that commands are handed without a name before them: `docker login -p ...`, a header of curl.

Only what is written out counts: no expansions, no placeholders, no words of tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.formats.secret_forms import Match, by_scheme, secret_by_name
from guardrail.model.patterns import lazy_regex

CALLED = (
    r"\blogin\b|sshpass|mysql|mariadb|-stdin\b|--with-token\b|authorization|[\"'](?:[a-z]+-){0,4}(?:key|token|secret):"
    r"|(?:proxy|grpc)_set_header\b"
)
_CALLED = lazy_regex(CALLED)  # of text in lower case
_VALUE = (
    r"(?:\"(?P<dq>[^\"\s$`\\]{3,200})\"|'(?P<sq>[^'\s$]{3,200})'"
    r"|(?P<bare>[^\s\"'$`{}<>|;&()\\]{3,200})(?=[\s\"'|;&)]|\Z))"
)
_REST = r"(?:[^\n|;&\\]|\\\r?\n)"  # of a command
_LOGIN = lazy_regex(
    r"\b(?:docker|podman|nerdctl|buildah|skopeo|crane|oras|helm[ \t]registry|az|oc)[ \t]" + _REST + r"{0,60}?\blogin\b"
    + _REST + r"{0,200}?[ \t]-p[ =]?[ \t]{0,8}" + _VALUE
)  # fmt: skip
_SSHPASS = lazy_regex(r"\bsshpass[ \t]{1,8}(?:-[evP][ \t]\S{0,80}[ \t]{1,8})?-p[ \t]{0,8}" + _VALUE)
_MYSQL = lazy_regex(
    r"\b(?:mysql(?:dump|admin|import|show|check|slap)?|mariadb(?:-\w{1,10})?)\b" + _REST + r"{0,200}?[ \t]-p" + _VALUE
)
_PIPED = lazy_regex(
    r"\b(?:echo|printf)[ \t]{1,8}(?:-[neE]{1,3}[ \t]{1,8})?" + _VALUE + r"[ \t]{0,8}\|" + _REST
    + r"{0,200}?--(?:password-stdin|with-token)\b"
)  # fmt: skip
_GIVEN = r"(?:(?P<scheme>bearer|basic|token)[ \t]{1,4})?(?P<value>[^\s\"'`$<>{}\\,;]{8,500})(?=[\s\"'`\\;]|\Z)"
_HEADER = lazy_regex(
    r"(?P<name>(?<![\w-])(?:proxy-)?authorization|(?<=[\"'])(?:[a-z]{1,20}-){0,4}(?:key|token|secret))"
    r"[ \t]{0,4}:[ \t]{0,4}" + _GIVEN,
    re.I,
)
_QUOTED = lazy_regex(  # of a program: `"Authorization": "..."`, `("Authorization", "...")`
    r"[\"'](?P<name>(?:proxy-)?authorization)[\"'][ \t]{0,4}(?::|=>|=|,)[ \t]{0,4}[\"'`]" + _GIVEN, re.I
)
_DIRECTIVE = lazy_regex(  # of nginx
    r"\b(?:proxy|grpc)_set_header[ \t]{1,8}[\"']?(?P<name>[\w-]{1,60})[\"']?[ \t]{1,8}[\"']?" + _GIVEN, re.I
)


def commands_in(text: str, lower: str) -> Iterator[Match]:
    """`lower` is the text in lower case."""
    if _CALLED.search(lower) is None:
        return
    for pattern, name in ((_LOGIN, "login -p"), (_SSHPASS, "sshpass -p"), (_MYSQL, "mysql -p"), (_PIPED, "echo")):
        for match in pattern.finditer(text):
            group = next(group for group in ("dq", "sq", "bare") if match[group] is not None)
            if secret_by_name("password", match[group], throwaway=True):
                yield Match("password", name, match.start(group), match.end(group))
    for pattern in (_HEADER, _QUOTED, _DIRECTIVE):
        for match in pattern.finditer(text):
            if kind := _kind(match["name"], match["scheme"], match["value"]):
                yield Match(kind, match["name"], match.start("value"), match.end("value"))


def _kind(name: str, scheme: str | None, value: str) -> str | None:
    """What a header is given."""
    if scheme is None and not name.lower().endswith("authorization"):
        return secret_by_name(name, value, throwaway=True)
    return by_scheme(scheme, value, throwaway=True)
