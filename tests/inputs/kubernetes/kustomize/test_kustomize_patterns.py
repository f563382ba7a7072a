from __future__ import annotations

import re

import pytest
from harness import ends
from hypothesis import assume, given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes.kustomize.objects import Failed
from guardrail.inputs.kubernetes.kustomize.patterns import BadPattern, Pattern
from guardrail.inputs.kubernetes.kustomize.selectors import Labels
from guardrail.model import NOWHERE, Map

pieces = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[a-c]", "(", ")", "|", "*", "+", "?", "{2}", "{1,2}", "{0,}",
                          "^", "$", "\\.", "\\d", "(?:"])  # fmt: skip


@given(st.lists(pieces, max_size=8).map("".join), st.text("abc.1", max_size=6))
def test_it_matches_what_python_matches(text: str, subject: str) -> None:
    assume(not re.search(r"[*+?}][*+?{]", text))  # possessive to Python, an error to RE2
    try:
        expected = re.compile(text)
    except re.error:
        return
    try:
        made = Pattern(text)
    except BadPattern:
        return
    assert made.matches(subject) == bool(expected.fullmatch(subject))
    assert made.found_in(subject) == bool(expected.search(subject))


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "a*a*a*a*a*a*b", "(.*)*x"])
def test_no_expression_takes_long(text: str) -> None:
    with ends():
        assert not Pattern(text).matches("a" * 300 + "!")


@pytest.mark.parametrize(
    "text", ["(", ")", "[", "[b-a]", "a{3,2}", "*", "\\", "(?=a)", "(?<!a)", "\\1", "a" * 2000, "(a{99}){99}"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(text)


@pytest.mark.parametrize(
    ("selector", "labels", "selected"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b,c", {"a": "b", "c": ""}, True),
        ("a=b,c", {"a": "b"}, False),
        ("a!=b", {}, True),
        ("a != b", {"a": "b"}, False),
        ("a in (b, c)", {"a": "c"}, True),
        ("a notin (b,c),d", {"a": "c", "d": "e"}, False),
        ("!a", {}, True),
        ("! a", {"a": "b"}, False),
        ("app.kubernetes.io/name=x", {"app.kubernetes.io/name": "x"}, True),
    ],
)
def test_label_selectors(selector: str, labels: dict[str, str], selected: bool) -> None:
    value = Map()
    value.update(labels)
    assert Labels(selector, NOWHERE).select(value) is selected


@pytest.mark.parametrize("selector", ["=", "a=b=c", "a in b", "(a)", "a,,b"])
def test_label_selectors_that_are_none(selector: str) -> None:
    with pytest.raises(Failed):
        Labels(selector, NOWHERE)
