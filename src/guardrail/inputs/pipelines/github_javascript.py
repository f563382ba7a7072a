"""Expressions that are pasted into JavaScript (actions/github-script and the like) as values."""

from __future__ import annotations

import re

from guardrail.inputs.pipelines.expressions import Expression
from guardrail.model.patterns import lazy_regex

MAX_LOOKED_AT = 50_000  # characters before an expression
# Strings, comments and what stands between them; what is left open has a group of its own.
_PARTS = lazy_regex(
    r"[^\"'`/]+|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|//[^\n]*(?=\n)|/\*.*?\*/|/(?![/*])"
    r"|(?P<open>[\"'`/])",
    re.DOTALL,
)
_BEFORE_A_VALUE = lazy_regex(r"(?:[=(,:\[?]|&&|\|\||\breturn)\s*\Z")


def is_value(code: str, expression: Expression) -> bool:
    """Whether it pastes JSON where JavaScript takes a value: JSON is a literal of JavaScript's (ECMAScript 2019), which
    nothing in it can break out of. Within a string or a comment something can."""
    node = expression.node
    if node is None or node[0] != "call" or node[1] != "tojson" or expression.start > MAX_LOOKED_AT:
        return False
    before = code[: expression.start]
    if not _BEFORE_A_VALUE.search(before[-80:]):
        return False
    return not any(part["open"] for part in _PARTS.finditer(before))
