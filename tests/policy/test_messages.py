"""Words of findings."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.model import Map, Sensitive, Seq, Unknown
from guardrail.policy.findings import in_unit, shown


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (268435456, "bytes", "256Mi"),
        (1610612736, "bytes", "1.5Gi"),
        (1000, "bytes", "1000 bytes"),
        (1 << 10, "bytes", "1Ki"),
        (5400, "duration", "1h 30m"),
        (30, "duration", "30s"),
        (0, "duration", "0s"),
        (2592000, "duration", "30d"),
        (None, "bytes", "not set"),
        ("x", "duration", "x"),
    ],
)
def test_units(value: Any, unit: str, words: str) -> None:
    assert in_unit(value, unit) == words


def test_values_are_short_and_redacted() -> None:
    items = Seq()
    items.extend([1, "a", Sensitive("hunter2"), Unknown("why"), True, "more"])
    assert shown(items) == "[1, a, (hidden), unknown, true, ...]"
    mapping = Map()
    mapping["key"] = Sensitive("hunter2")
    assert shown(mapping) == "{key}"
    assert len(shown("x" * 500)) == 80
    assert shown("a\nb") == "a b"
