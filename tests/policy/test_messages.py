"""How values stand in messages."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.model import HOLE, Map, PartText, Sensitive, Seq, Unknown
from guardrail.policy.findings import shown


def seq(*items: Any) -> Seq:
    made = Seq()
    made.extend(items)
    return made


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        (True, "true"),
        (7, "7"),
        ("two\n  lines", "two lines"),
        ("x" * 81, "x" * 77 + "..."),
        (Unknown("var.x has no value"), "unknown"),
        (PartText("var.x has no value", (), f"arn:aws:s3:::{HOLE}/*"), "arn:aws:s3:::…/*"),
        (PartText("var.x has no value", (), f"{HOLE}{HOLE}"), "unknown"),
        (Sensitive("correct horse"), "(hidden)"),
        (seq("a", Unknown("?"), PartText("?", (), f"b-{HOLE}")), "[a, unknown, b-…]"),
        (Map(), "{}"),
    ],
)
def test_values(value: Any, words: str) -> None:
    assert shown(value) == words
