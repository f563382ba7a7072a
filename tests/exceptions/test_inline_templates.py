"""Ignores in the comments of Helm's templates."""

from __future__ import annotations

import pytest

from guardrail.exceptions.inline import find_ignores


@pytest.mark.parametrize("comment", ["{{/* %s */}}", "{{- /* %s */ -}}", "  {{- /* %s */}}"])
def test_above_a_line(comment: str) -> None:
    text = "a: 1\n" + comment % 'guardrail:ignore some-rule reason="because"' + "\nb: 2\n"
    (ignore,) = find_ignores(text, "templates/a.yaml")
    assert (ignore.scope, ignore.line, ignore.rules, ignore.reason, ignore.error) == (
        "above", 3, ("some-rule",), "because", None)  # fmt: skip


def test_behind_a_line() -> None:
    (ignore,) = find_ignores("b: 2 {{- /* guardrail:ignore some-rule */}}\nc: 3\n", "templates/a.yaml")
    assert (ignore.scope, ignore.line, ignore.rules) == ("line", 1, ("some-rule",))


def test_comments_in_between_are_passed_over() -> None:
    text = "{{/* guardrail:ignore some-rule */}}\n{{- /* about it */}}\nb: 2\n"
    (ignore,) = find_ignores(text, "templates/a.yaml")
    assert (ignore.scope, ignore.line) == ("above", 3)


def test_at_the_top_of_a_file() -> None:
    (ignore,) = find_ignores("{{/* guardrail:ignore some-rule */}}\n\nb: 2\n", "templates/a.yaml")
    assert ignore.scope == "file"


def test_an_action_is_no_comment() -> None:
    assert find_ignores('a: {{ print "x" }}\nb: {{ "// guardrail:ignore x" }}\n', "templates/a.yaml") == []
