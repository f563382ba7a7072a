"""Faults of rules that load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guardrail.kit.contradictions import contradictions
from guardrail.kit.linting import lint
from guardrail.kit.prose import sentences
from guardrail.kit.rulebook import Rulebook

RULE = """\
id: my-rule
title: Queues wait for a minute at most
severity: low
category: reliability
why: Otherwise things go wrong in ways that nobody likes.
remedy: Set `delay_seconds`.
replaces: {checkov: [CKV_AWS_27]}
checks:
  - on: aws_sqs_queue
    when: {name: {set: true}}
    require: {delay_seconds: {max: 60}}
    message: "{name} waits {delay_seconds}"
examples:
  - fail: |
      resource "aws_sqs_queue" "q" {
        name          = "q"
        delay_seconds = 61  # guardrail:expect
      }
  - pass: |
      resource "aws_sqs_queue" "q" {
        name          = "q"
        delay_seconds = 60
      }
"""


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return Rulebook()


def faults(tmp_path: Path, book: Rulebook, text: str) -> list[tuple[int, str, str]]:
    file = tmp_path / "my-rule.yaml"
    file.write_text(text)
    return [(fault.line, fault.code, fault.message) for fault in lint([str(file)], book)]


def test_a_good_rule_has_none(tmp_path: Path, book: Rulebook) -> None:
    assert faults(tmp_path, book, RULE) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "says"),
    [
        ("on: aws_sqs_queue", "on: aws_sqs_que", 9, "load", 'did you mean "aws_sqs_queue"?'),
        ("{max: 60}", "{mx: 60}", 11, "load", 'did you mean "max"?'),
        ("at most\n", "at most.\n", 2, "title", "ends with a full stop"),
        ("title: Queues wait for a minute at most", "title: Queues should wait for long", 2, "title", "'should'"),
        ("title: Queues wait", "title: Ensure queues wait", 2, "title", "'Ensure'"),
        ("title: Queues", "title: queues", 2, "title", "small letter"),
        ("that nobody likes.", "that nobody likes", 5, "why", "full stop"),
        ("why: Otherwise", "why: A. B. C. Otherwise", 5, "why", "4 sentences"),
        ("remedy: Set `delay_seconds`.", "remedy: Set the delay.", 6, "remedy", "names no attribute"),
        ("remedy: Set `delay_seconds`.", "remedy: The `delay_seconds` is too long.", 6, "remedy", "with what to do"),
        ('message: "{name} waits', 'message: "It waits', 12, "message", "names no thing"),
        ("[CKV_AWS_27]", "[CKV_AWS_27, CKV_AWS_2799]", 7, "replaces", "has no check 'CKV_AWS_2799'"),
        ("{name: {set: true}}", "{name: {in: [a, b], not: {in: [b, a]}}}", 10, "unreachable", "name may not be"),
        ("{name: {set: true}}", "{kms_master_key_id: {set: true}}", 9, "unreached", "holds in no example"),
        ("remedy: Set `delay_seconds`.", "remedy: {default: Set `delay_seconds`., aws_sns_topic: Set `name` there.}", 6,
         "remedy", "speaks of aws_sns_topic"),
        ("on: aws_sqs_queue", "on: [aws_sqs_queue, azurerm_service*]", 13, "examples", "that fails for Azure"),
        ('  - pass: |\n      resource "aws_sqs_queue" "q"', '  - pass: |\n      resource "aws_sns_topic" "q"', 19,
         "untouched", "in example 2"),
        ("  - pass: |", "  - undetermined: |", 13, "examples", "no example that passes"),
    ],
)  # fmt: skip
def test_what_is_wrong(
    tmp_path: Path, book: Rulebook, old: str, new: str, line: int, code: str, says: str
) -> None:
    assert old in RULE
    found = faults(tmp_path, book, RULE.replace(old, new, 1))
    assert any((line, code) == fault[:2] and says in fault[2] for fault in found), found


def test_a_word_that_a_field_never_is(tmp_path: Path, book: Rulebook) -> None:
    text = RULE.replace("on: aws_sqs_queue", "on: store").replace("{delay_seconds}", "")
    text = text.replace("{name: {set: true}}", "{any: [{class: {in: [queue, bukket]}}]}")
    found = faults(tmp_path, book, text.replace("{delay_seconds: {max: 60}}", "{encrypted: true}"))
    message = "class of a store is never 'bukket'; did you mean \"bucket\"?"
    assert [fault for fault in found if fault[1] == "unreachable"] == [(10, "unreachable", message)]


def test_what_two_rules_share(tmp_path: Path, book: Rulebook) -> None:
    files = []
    for name in ("my-rule", "your-rule"):
        (tmp_path / f"{name}.yaml").write_text(RULE.replace("id: my-rule", f"id: {name}"))
        files.append(str(tmp_path / f"{name}.yaml"))
    assert [(fault.line, fault.code) for fault in lint(files, book)] == [(2, "twice"), (6, "twice")]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"a": {"in": ["x", "y"]}, "all": [{"a": "z"}]}, "a"),
        ({"all": [{"a": "x"}, {"a": "y"}]}, "a"),
        ([{"a": True}, {"a": False}], "a"),
        ({"a": {"set": False, "equals": "x"}}, "a"),
        ({"a": {"min": 5, "max": 4}}, "a"),
        ({"a": {"above": 5, "max": 5}}, "a"),
        ({"a": {"equals": "x", "not": "x"}}, "a"),
        ({"a": {"in": [1, 2], "min": 3}}, "a"),
        ({"a": "x", "any": [{"a": "y"}, {"a": "z"}]}, "any"),
    ],
)
def test_contradictions(condition: Any, path: str) -> None:
    assert [found for found, _ in contradictions(condition)] == [path]


@pytest.mark.parametrize(
    "condition",
    [
        {"a": {"in": ["x", "y"], "not": "x"}},
        {"a": {"min": 5, "max": 5}},
        {"a": {"set": False, "not": "x"}},
        {"a": {"set": False}, "any": [{"b": 1}, {"a": "x"}]},
        {"a": {"equals": "$name"}, "all": [{"a": "x"}]},
        {"a": {"min": {"path": "b"}, "max": 3}},
        {"any": [{"a": "x"}, {"a": "y"}]},
        {"not": {"a": "x"}, "a": "x"},  # only what is asked outright is looked at
    ],
)
def test_what_can_hold(condition: Any) -> None:
    assert list(contradictions(condition)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One.", 1),
        ("One, e.g. this. Two.", 2),
        ("Version 1.2 of a.b is old. So is `x.y`. Go!", 3),
        ("It asks (why?). Then it goes on.", 2),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert sentences(text) == count
