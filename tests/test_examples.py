"""The runner of examples finds what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.examples import run_examples
from guardrail.policy.bundle import Bundle

RULE: dict[str, Any] = {
    "id": "my-rule", "title": "t", "severity": "low", "category": "security", "why": "w", "remedy": "r",
    "checks": [{"on": "ConfigMap", "require": {"data.a": {"equals": "b"}}, "message": "is {value}"}],
}  # fmt: skip
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: b\n"
BAD = GOOD.replace("a: b", "a: c  # guardrail:expect")


def run(*examples: dict[str, Any]) -> list[str]:
    bundle = Bundle({"rules": [], "bindings": {}})
    return [failure.message for failure in run_examples({**RULE, "examples": list(examples)}, bundle)]


def test_all_is_well() -> None:
    assert run({"fail": BAD}, {"pass": GOOD}) == []


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ({"fail": GOOD.replace("a: b", "a: c")}, "no line is marked"),
        ({"fail": GOOD.replace("a: b", "a: b  # guardrail:expect")}, "manifest.yaml:5: expected a finding, got none"),
        ({"pass": GOOD.replace("a: b", "a: c")}, "manifest.yaml:5: unexpected finding (fail)"),
        ({"pass": BAD}, "marks no line"),
        ({"undetermined": BAD}, "expected verdict undetermined, got fail"),
        ({"pass": "apiVersion: v1\nkind: ConfigMap\ndata: [\n"}, "not valid YAML"),
    ],
)
def test_what_is_wrong(example: dict[str, Any], says: str) -> None:
    assert any(says in message for message in run(example))


def test_a_finding_at_the_wrong_line_is_two_faults() -> None:
    moved = GOOD.replace("\ndata:", "\ndata:  # guardrail:expect").replace("a: b", "a: c")
    assert run({"fail": moved}) == ["manifest.yaml:4: expected a finding, got none",
                                    "manifest.yaml:5: unexpected finding (fail)"]  # fmt: skip
