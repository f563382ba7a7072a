"""What a mutant is, and what it takes to kill one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from guardrail.formats.yaml import load
from guardrail.kit.mutants import Mutant, mutants_of
from guardrail.kit.mutating import mutate_file, mutate_files
from guardrail.kit.rulebook import Rulebook

RULE = """\
id: my-rule
title: Queues wait for a minute at most
severity: low
category: reliability
why: Otherwise things go wrong in ways that nobody likes.
remedy: Set `delay_seconds`.
checks:
  - on: {on}
{when}    require: {require}
    message: "{{name}} waits"
examples:
{examples}
"""
BAD = 'resource "aws_sqs_queue" "q" {\n  delay_seconds = %s  # guardrail:expect\n}\n'
GOOD = 'resource "aws_sqs_queue" "q" {\n  delay_seconds = %s\n}\n'


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return Rulebook()


def text(
    require: str,
    when: str = "",
    on: str = "aws_sqs_queue",
    examples: Sequence[tuple[str, str]] = (("fail", "a"), ("pass", "b")),
) -> str:
    shown = "".join(f"  - {verdict}: |\n{indent(source, '      ')}" for verdict, source in examples)
    clause = f"    when: {when}\n" if when else ""
    return RULE.format(on=on, when=clause, require=require, examples=shown)


def mutants(require: str, when: str = "", on: str = "aws_sqs_queue") -> list[Mutant]:
    document: Any = load(text(require, when, on).encode(), "my-rule.yaml").documents[0].value
    return list(mutants_of(document))


def changes(require: str, when: str = "", on: str = "aws_sqs_queue") -> list[tuple[str, str]]:
    return [(mutant.clause.removeprefix("checks[0]."), mutant.change) for mutant in mutants(require, when, on)]


@pytest.mark.parametrize(
    ("require", "wanted"),
    [
        ("{a: true}", [("require.a", "dropped"), ("require.a", "true -> false")]),
        ("{a: x}", [("require.a", "dropped"), ("require.a", "not equals"), ("require.a", "another text")]),
        ("{a: {set: true}}", [("require.a", "dropped"), ("require.a.set", "true -> false")]),
        ("{a: {in: [x, y]}}", [("require.a", "dropped"), ("require.a.in", "not in")]),
        ("{a: {min: 3}}", [("require.a", "dropped"), ("require.a.min", "3 -> 4"), ("require.a.min", "3 -> 2")]),
        ("{a: {max: 1Gi}}", [
            ("require.a", "dropped"), ("require.a.max", "1Gi -> 2Gi"), ("require.a.max", "1Gi -> 0Gi"),
        ]),
        ("{a: {min: 1.2}}", [
            ("require.a", "dropped"), ("require.a.min", "1.2 -> 1.3"), ("require.a.min", "1.2 -> 1.1"),
        ]),
        ("{a: {max: $most}}", [("require.a", "dropped"), ("require.a.max", "not max")]),
        ("{a: {not: x}}", [
            ("require.a", "dropped"), ("require.a.not", "without the `not`"),
            ("require.a.not", "not equals"), ("require.a.not", "another text"),
        ]),
        ("{a: {each: {starts_with: x}}}", [
            ("require.a", "dropped"), ("require.a.each", "each -> some"),
            ("require.a.each.starts_with", "not starts_with"),
        ]),
        ("{any: [{a: true}, {b: true}]}", [
            ("require.any", "dropped"), ("require.any", "any -> all"),
            ("require.any[0]", "dropped"), ("require.any[0].a", "true -> false"),
            ("require.any[1]", "dropped"), ("require.any[1].b", "true -> false"),
        ]),
        ("{not: {a: true}}", [
            ("require.not", "dropped"), ("require.not", "without the `not`"), ("require.not.a", "true -> false"),
        ]),
        ("{related: {to: x, where: {b: true}, expect: none}}", [
            ("require.related", "dropped"), ("require.related.expect", "none -> some"),
            ("require.related.where.b", "dropped"), ("require.related.where.b", "true -> false"),
        ]),
    ],
)  # fmt: skip
def test_each_clause_is_dropped_or_turned_round(require: str, wanted: list[tuple[str, str]]) -> None:
    assert changes(require) == wanted


def test_a_default_that_changes_nothing_makes_no_mutant() -> None:
    assert ("require.a.default", "dropped") not in changes("{a: {equals: true, default: false}}")
    assert ("require.a.default", "dropped") in changes("{a: {equals: true, default: true}}")
    assert ("require.a.default", "dropped") in changes("{a: {not: x, default: x}}")


def test_each_word_of_on_is_left_out() -> None:
    found = changes("{name: {set: true}}", on="[aws_sqs_queue, aws_sns_topic]")
    assert found[:2] == [("on", "without aws_sqs_queue"), ("on", "without aws_sns_topic")]


def test_dropping_the_only_clause_of_when_drops_when() -> None:
    dropped = next(m for m in mutants("{a: true}", when="{b: true}") if m.clause.endswith("when.b"))
    assert "when" not in dropped.data["checks"][0]
    assert dropped.data["checks"][0]["require"] == {"a": True}


def test_the_rest_of_the_rule_stays_as_it_is() -> None:
    for mutant in mutants("{any: [{a: {min: 3}}, {b: {in: [x]}}], c: true}", when="[{d: true}, {e: {not: x}}]"):
        assert mutant.data["checks"][0]["message"] == "{name} waits"
        assert mutant.line in (9, 10)
        assert "examples" not in mutant.data


def survivors(tmp_path: Path, book: Rulebook, content: str) -> list[str]:
    file = tmp_path / "my-rule.yaml"
    file.write_text(content)
    report = mutate_file(str(file), book)
    assert not report.faults
    return [str(survivor).removeprefix("checks[0].") for survivor in report.survivors]


def test_examples_at_the_limit_kill_what_moves_it(tmp_path: Path, book: Rulebook) -> None:
    loose = text("{delay_seconds: {max: 60}}", examples=[("fail", BAD % 900), ("pass", GOOD % 5)])
    left = ["require.delay_seconds.max: 60 -> 61", "require.delay_seconds.max: 60 -> 59"]
    assert survivors(tmp_path, book, loose) == left
    strict = text("{delay_seconds: {max: 60}}", examples=[("fail", BAD % 61), ("pass", GOOD % 60)])
    assert survivors(tmp_path, book, strict) == []


def test_a_survivor_with_a_reason_is_accepted_and_a_reason_without_one_is_not(tmp_path: Path, book: Rulebook) -> None:
    loose = text("{delay_seconds: {max: 60}}", examples=[("fail", BAD % 900), ("pass", GOOD % 5)])
    file = tmp_path / "my-rule.yaml"
    reason = "mutants:\n  - {clause: 'checks[0].require.delay_seconds.max', why: The limit is a rule of thumb.}\n"
    file.write_text(loose.replace("examples:", f"{reason}examples:"))
    report = mutate_file(str(file), book)
    assert (report.survivors, report.accepted, report.faults) == ([], 2, [])
    one = reason.replace("why:", "change: 60 -> 61, why:")
    file.write_text(loose.replace("examples:", f"{one}examples:"))
    report = mutate_file(str(file), book)
    assert ([survivor.change for survivor in report.survivors], report.accepted) == (["60 -> 59"], 1)
    file.write_text(loose.replace("examples:", f"{reason.replace('max', 'min')}examples:"))
    assert "survives, so none needs a reason" in mutate_file(str(file), book).faults[0]


def test_a_rule_whose_examples_fail_is_not_mutated(tmp_path: Path, book: Rulebook) -> None:
    file = tmp_path / "my-rule.yaml"
    file.write_text(text("{delay_seconds: {max: 60}}", examples=[("fail", BAD % 5), ("pass", GOOD % 5)]))
    report = mutate_file(str(file), book)
    assert "example 1 does not do what it says" in report.faults[0]


def test_one_process_and_two_say_the_same(tmp_path: Path, book: Rulebook) -> None:
    files = []
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "my-rule.yaml"
        file.write_text(text("{delay_seconds: {max: 60}}", examples=[("fail", BAD % 900), ("pass", GOOD % 5)]))
        files.append(str(file))
    assert mutate_files(files, book, workers=1) == mutate_files(files, book, workers=2)
