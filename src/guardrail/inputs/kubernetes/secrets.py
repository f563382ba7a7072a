"""Hides what a Secret holds, at the moment that it is read."""

from __future__ import annotations

import base64
import binascii
import re

from guardrail.formats.secret_forms import SAID_ELSEWHERE, asks_for
from guardrail.model import Encoded, Map, Sensitive, Value
from guardrail.model.patterns import lazy_regex

# Filled in later by something else: ${VAR}, $(VAR), {{ .x }}, <path:vault#key>, %VAR%, ENC[...] of SOPS, vault:...
_FILLED_IN = lazy_regex(
    r"\s*(?:\$\{.*\}|\$\(.*\)|\$[A-Z_][A-Z0-9_]*|\{\{.*\}\}|<[^<>]*>|%[A-Za-z0-9_]+%|__[A-Z0-9_]+__|ENC\[.*\]"
    r"|(?:vault|ref\+[a-z0-9]+|op|secretref|gcpsm|awssm|azkv):.*"
    r"|(?:x{3,}|\*{3,}|\.{3}|(?:replace|change|fill|update)[-_ ]?(?:me|this|in)\W*|replace[-_ ]with[-_ ][\w -]*"
    r"|todo\W*|placeholder|redacted|your[-_ ].{1,40})|" + SAID_ELSEWHERE + r")\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_PUBLIC = (".crt", ".pub")  # certificates and public keys: kept out of reports, but no leak
# Settings that stand beside a credential, as in Argo CD's repositories and External DNS's providers.
_SETTING_NAMES = """
    type project name url host hostname server port database dbname region endpoint namespace insecure enablelfs
    enableoci sslmode githubappid githubappinstallationid githubappenterprisebaseurl forcehttpbasicauth known_hosts
"""
_SETTINGS = frozenset(_SETTING_NAMES.split())
# The same with more before it (`MYSQL_DATABASE`, `s3-endpoint`); not `url`, for whoever has a webhook's may call it.
_ENDINGS = lazy_regex(r"[a-z0-9][_.-](?:bucket|database|db|dbname|endpoint|host|hostname|port|region|sslmode)\Z")
# Whom a credential is for, which is no secret by itself, and switches and small numbers, which cannot be one.
_IDENTIFIERS = lazy_regex(
    r"(?:\A|[_.-])(?:account|app|application|client|organization|project|subscription|tenant)[_-]?id\Z"
    r"|(?:client|project|subscription|tenant)id\Z|(?:\A|[_.-])(?:tenancy|user)[_-]?ocid\Z"
)
# How something is done, by whatever name: `SLACK_OUTPUTFORMAT`, `batchSize`, `http.timeout`.
_MANNERS = lazy_regex(
    r"(?:acks|acl|balancer|channel|compression|(?<!ac)count|duration|enabled|endpoint|format|index|interval|level|mechanism"
    r"|method|mode|(?<!user)name|namespace|period|precision|prefix|priority|protocol|retries|service|size|source|suffix"
    r"|template|thresholds?|timeout|timezone|topic|type|version)\Z"
)
_FILE = lazy_regex(r"\.(?:cfg|conf|config|ini|json|properties|tmpl|toml|tpl|xml|ya?ml)\Z")
# Without one of these words no line of a file of settings has a credential.
_MAY_TELL = lazy_regex(
    r"pass|pwd|secret|token|key|auth|credential|private|hook|login|user|salt|cert|BEGIN|://[^/\s]{0,200}@",
    re.IGNORECASE,
)
_LONGEST_SETTING, _LONGEST_FILE = 200, 100_000
_SWITCH = lazy_regex(r"\s*(?:true|false|yes|no|on|off|enabled|disabled|\d{1,3}(?:ms|[smhd])?)\s*\Z", re.IGNORECASE)
_LOGIN = lazy_regex(r"(?:[\w+.-]{1,40}://)?[^/@\s:]{0,200}:(?!//)[^@]{0,1000}@")  # not in `git@github.com:acme/shop`


def hide(secret: Map) -> None:
    """Wraps the values of `data` and `stringData` in `Sensitive`, in place; `literal` unless the value is a
    placeholder or public by nature. Placeholders stay as they are, and in base64 keep what they say."""
    for section in ("data", "stringData"):
        entries = secret.get(section)
        if isinstance(entries, Map):
            for key, value in entries.items():
                if value is None or isinstance(value, Sensitive) or _is_placeholder(key, value):
                    continue
                encoded = section == "data"
                text = _decoded(value, encoded)
                if encoded and isinstance(value, str) and 0 < len(text) <= 200 and _is_placeholder(key, text):
                    entries[key] = Encoded(value, text)
                else:
                    entries[key] = Sensitive(value, literal=not _is_public(key.lower(), text))
        elif entries is not None and not isinstance(entries, Sensitive):
            secret[section] = Sensitive(entries)


def _is_public(key: str, text: str) -> bool:
    if key.endswith(_PUBLIC):
        return True
    if _SWITCH.match(text) or (key.endswith("port") and text.strip().isdecimal()):
        return True
    if _FILE.search(key) and text and len(text) <= _LONGEST_FILE and not _MAY_TELL.search(text):
        return True
    is_setting = key in _SETTINGS or _ENDINGS.search(key) is not None or _IDENTIFIERS.search(key) is not None
    if not is_setting and _MANNERS.search(key):
        is_setting = 0 < len(text) <= _LONGEST_SETTING and "\n" not in text
    return is_setting and not _LOGIN.match(text)


def _is_placeholder(key: str, value: Value) -> bool:
    if not isinstance(value, str):
        return False
    return not value.strip() or _FILLED_IN.match(value) is not None or asks_for(key, value.strip())


def _decoded(value: Value, encoded: bool) -> str:
    """A value as text; "" where it is no text in base64."""
    text = str(value)
    if not encoded:
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
