"""Counts of what rules speak of."""

from __future__ import annotations

from typing import Any

from guardrail.kit.coverage import coverage
from guardrail.policy.rule import Rule


def rule(name: str, checks: list[dict[str, Any]], **more: Any) -> Rule:
    data = {"id": name, "title": name, "severity": "low", "category": "security", "checks": checks, **more}
    return Rule(data)


def test_counts() -> None:
    found = coverage(
        [
            rule("a", [{"on": "store", "when": {"class": "bucket"}, "require": {"any": [{"public": False}]}}],
                 replaces={"checkov": ["CKV_AWS_20", "CKV_AWS_57"], "kics": ["x"]}),
            rule("b", [{"on": ["store", "aws_sqs_que*"], "require": {
                "^.name": {"set": True}, "tags": {"where": {"x": 1}}, "items": {"each": {"y": {"min": 1}}}}}],
                 replaces={"checkov": ["CKV_AWS_20"]}, category="cost"),
        ],
        ["store", "container"],
        {"aws_s3_bucket": [("store", {})], "aws_x": [("container", {})]},
    )  # fmt: skip
    assert found.rules == 2
    assert found.concepts == {"store": ["a", "b"]}
    assert found.unused_concepts == ("container",)
    assert found.kinds["aws_s3_bucket"] == ["a", "b"]
    assert found.kinds["aws_sqs_queue"] == ["b"]
    assert "aws_x" not in found.kinds
    assert found.attributes["store"] == {
        "class": ["a"], "items": ["b"], "items[*].y": ["b"], "public": ["a"], "tags": ["b"], "tags.x": ["b"],
    }  # fmt: skip
    checkov = found.peers["checkov"]
    assert (checkov.covered, checkov.by_category) == (2, {"security": 2, "cost": 1})
    assert checkov.known == checkov.covered + len(checkov.missing)
    assert "CKV_AWS_20" not in checkov.missing
    assert (found.peers["kics"].covered, found.peers["kics"].known) == (1, 0)


def test_missing_ids_are_in_the_order_that_people_count_in() -> None:
    missing = [name for name in coverage([], [], {}).peers["checkov"].missing if name.startswith("CKV_AWS_")]
    numbers = [int(name.rsplit("_", 1)[1]) for name in missing]
    assert numbers == sorted(numbers)
