"""Hides what a Secret holds, at the moment that it is read."""

from __future__ import annotations

import base64
import binascii
import re

from guardrail.model import Map, Sensitive, Value

# Filled in later by something else: ${VAR}, $(VAR), {{ .x }}, <path:vault#key>, %VAR%, ENC[...] of SOPS, vault:...
_FILLED_IN = re.compile(
    r"\s*(?:\$\{.*\}|\$\(.*\)|\$[A-Z_][A-Z0-9_]*|\{\{.*\}\}|<[^<>]*>|%[A-Za-z0-9_]+%|__[A-Z0-9_]+__|ENC\[.*\]"
    r"|(?:vault|ref\+[a-z0-9]+|op|secretref|gcpsm|awssm|azkv):.*"
    r"|(?:x{3,}|\*{3,}|\.{3}|(?:replace|change|fill|update)[-_ ]?(?:me|this|in)\W*|todo\W*|placeholder|redacted"
    r"|your[-_ ].{1,40}))\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_PUBLIC = (".crt", ".pub")  # certificates and public keys: kept out of reports, but no leak


def hide(secret: Map) -> None:
    """Wraps the values of `data` and `stringData` in `Sensitive`, in place; `literal` unless the value is a
    placeholder or public by nature. Placeholders stay as they are."""
    for section in ("data", "stringData"):
        entries = secret.get(section)
        if isinstance(entries, Map):
            for key, value in entries.items():
                if value is None or isinstance(value, Sensitive) or _is_placeholder(value, section == "data"):
                    continue
                entries[key] = Sensitive(value, literal=not key.lower().endswith(_PUBLIC))
        elif entries is not None and not isinstance(entries, Sensitive):
            secret[section] = Sensitive(entries)


def _is_placeholder(value: Value, encoded: bool) -> bool:
    if not isinstance(value, str):
        return False
    if not value.strip() or _FILLED_IN.match(value):
        return True
    if not encoded or len(value) > 200:
        return False
    try:
        return _FILLED_IN.match(base64.b64decode(value, validate=True).decode()) is not None
    except (binascii.Error, ValueError):
        return False
