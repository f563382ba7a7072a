"""How long a pattern may take, told by how it is written."""

from __future__ import annotations

import pytest

from guardrail.conditions.compiler import compile_condition
from guardrail.conditions.repetitions import check_pattern, repetitions


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("a", 0), ("a*", 1), (r"\d+[a-z]+", 1), (r"\w+\d+", 2), (r"\w+ \w+ \w+", 1), (r"\s*,?\s*", 2),
        (r"\s*,?\s*\[?\s*", 3), (r"\s*(.*?)\s*", 3), (r"\w+(?:\.\w+)*", 1), ("(?:a+)+", 3), (r"(?:\w+\s?)*", 3),
        ("a{1,9}a*", 1), ("(?:a|b+)*", 3), (r"(?:ab*)*", 1),
    ],
)  # fmt: skip
def test_repetitions_are_counted(pattern: str, count: int) -> None:
    assert repetitions(pattern, 0) == count


@pytest.mark.parametrize(
    "pattern", ["^[a-z]+(-[a-z]+)*$", r"\d+\.\d+\.\d+", "(?i)^(dev|prod)-[a-z0-9-]+$", "^x{1,9}$", "("]
)
def test_patterns_that_are_taken(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["^(a+)+$", r"(\w+\s?)*$", "(?:(?:a*)*)*"])
def test_patterns_that_are_not(pattern: str) -> None:
    with pytest.raises(ValueError, match="may take for ever"):
        check_pattern(pattern)


@pytest.mark.parametrize("condition", [{"name": {"matches": "$p"}}, {"tags": {"values_match": {"Owner": "(a+)+"}}}])
def test_patterns_of_a_configuration(condition: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="may take for ever"):
        compile_condition(condition, {"p": "(a+)+"})
