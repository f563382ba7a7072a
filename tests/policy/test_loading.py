"""A rule that is wrong does not load, and the error names the place and the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.errors import RuleError
from guardrail.policy.catalogue import load_concepts
from guardrail.policy.loading import load_rule
from guardrail.policy.vocabulary import Vocabulary

RULE = """\
id: my-rule
title: Queues are what they should be
severity: low
category: security
why: Otherwise things go wrong in ways that nobody likes.
remedy: Do the right thing instead.
parameters:
  most: {type: number, default: 3, help: The most.}
checks:
  - on: aws_sqs_queue
    when: {name: {set: true}}
    require: {delay_seconds: {max: $most}}
    message: "{name} waits {delay_seconds}"
examples:
  - fail: a
  - pass: b
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(load_concepts())


def error(tmp_path: Path, vocabulary: Vocabulary, text: str, name: str = "my-rule.yaml") -> RuleError:
    (tmp_path / name).write_text(text)
    with pytest.raises(RuleError) as raised:
        load_rule(str(tmp_path / name), vocabulary, name)
    return raised.value


def test_it_loads(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "my-rule.yaml").write_text(RULE)
    assert load_rule(str(tmp_path / "my-rule.yaml"), vocabulary)["id"] == "my-rule"


def test_another_groups_kind_of_a_known_name_is_known(vocabulary: Vocabulary) -> None:
    assert vocabulary.kind_known("Role.iam.aws.upbound.io")
    assert not vocabulary.kind_known("Rol.iam.aws.upbound.io")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("severity: low", "severty: low", 3, 'unknown key \'severty\'; did you mean "severity"?'),
        ("severity: low", "severity: lowish", 3, "'lowish' is not one of"),
        ("on: aws_sqs_queue", "on: aws_sqs_que", 10, 'did you mean "aws_sqs_queue"?'),
        ("on: aws_sqs_queue", "on: oci_core_instanc", 10, 'did you mean "oci_core_instance"?'),
        ("on: aws_sqs_queue", "on: oci_core_instance", 11, "oci_core_instance has no attribute 'name'"),
        ("on: aws_sqs_queue", "on: containr", 10, 'did you mean "container"?'),
        ("on: aws_sqs_queue", "on: aws_nothing_*", 10, "no kind matches"),
        ("delay_seconds: {max", "delay_secs: {max", 12, 'no attribute \'delay_secs\'; did you mean "delay_seconds"?'),
        ("{max: $most}", "{mx: $most}", 12, "'mx' is not an operator; did you mean \"max\"?"),
        ("{max: $most}", "{max: $mst}", 12, 'no parameter is called \'mst\'; did you mean "most"?'),
        ("{max: $most}", "{max: $most, matches: '('}", 12, "not a regular expression"),
        ("{max: $most}", "{max: $most, min: many}", 12, "is not a number"),
        ("{max: $most}", "{max: 3}", 8, "parameter 'most' is not used"),
        ("default: 3", "default: three", 8, "'three' is not a number"),
        ("{delay_seconds}", "{delay_secnds}", 13, "no attribute 'delay_secnds'"),
        ("{delay_seconds}", "{delay_seconds|days}", 13, "no unit is called 'days'"),
        ("when: {name: {set: true}}", "when: {related: {too: aws_sqs_queue}}", 11, "needs `to`"),
        ("when: {name: {set: true}}", "when: {related: {to: aws_sqs_queue, vya: x}}", 11, 'did you mean "via"?'),
        ("when: {name: {set: true}}", "when: {related: {to: aws_sqs_queue, from: nam}}", 11, "no attribute 'nam'"),
        ("when: {name: {set: true}}", "when: {name: {all: []}}", 11, "joins conditions"),
        ("id: my-rule", "id: your-rule", 1, "its file is called 'my-rule'"),
        ("why: Otherwise", "why: [", 6, "not valid YAML"),
        ("title: Queues are what they should be", "title: B x", 2, "title must have at least 10 characters, not 3"),
        ("title: Queues", "title: " + 100 * "q", 2, "title must have at most 100 characters, not 124"),
        ("Do the right thing instead.", "Set.", 6, "remedy must have at least 10 characters, not 4"),
        ("Do the right thing instead.", "{aws: Set what has to be set.}", 6, "'default' is a required property"),
        ("Do the right thing instead.", "{default: Set.}", 6, "remedy.default must have at least 10 characters, not 4"),
        ("severity: low", "severity: low\nseverity: high", 4, "key 'severity' stands twice"),
    ],
)
def test_what_is_wrong(
    tmp_path: Path, vocabulary: Vocabulary, old: str, new: str, line: int, says: str
) -> None:
    assert old in RULE
    found = error(tmp_path, vocabulary, RULE.replace(old, new, 1))
    assert says in found.message
    assert "counts" not in found.message
    assert (found.file, found.line) == ("my-rule.yaml", line)
