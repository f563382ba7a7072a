"""Regular expressions: the matcher that is linear finds what Python's engine finds, and both what RE2 would."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guardrail.inputs.terraform.functions.graphemes import clusters
from guardrail.inputs.terraform.functions.re2 import Invalid, Pattern, Unsupported

ATOMS = st.sampled_from(("a", "b", ".", "[ab]", "[^a]", r"\w", r"\b", "^", "$", "(?:a|b)", "(a)", "(b|ab)", "ab"))
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(inner, st.sampled_from(("", "*", "+", "?", "{1,2}", "*?", "+?"))).map(
        lambda pair: f"(?:{pair[0]}){pair[1]}" if pair[1] else pair[0]
    )
    | st.lists(inner, min_size=2, max_size=3).map("".join)
    | st.lists(inner, min_size=2, max_size=2).map(lambda parts: f"({'|'.join(parts)})"),
    max_leaves=5,
)


@given(PATTERNS, st.text("ab\n", max_size=8))
def test_both_engines_find_the_same_match(source, text):
    pattern = Pattern(source)
    assume(not pattern.nested)  # those are for the linear one alone: of what may be empty Python repeats less
    found = pattern.linear().search(text, 0)
    match = pattern.compiled.search(text)
    assert (found[:2] if found else None) == (list(match.span()) if match else None)


@given(PATTERNS, st.text("ab", max_size=8))
def test_python_reads_simple_patterns_so_too(source, text):
    assume(not Pattern(source).nested)
    match = re.compile(source.replace("$", r"\Z")).search(text)
    found = Pattern(source).linear().search(text, 0)
    assert (found[:2] if found else None) == (list(match.span()) if match else None)


@given(st.text(st.sampled_from("ab()[]{}*+?|\\^$.:-=,1dpQEPz<>"), max_size=12))
def test_no_pattern_raises_anything_else(source):
    try:
        pattern = Pattern(source)
    except (Invalid, Unsupported):
        return
    pattern.linear().search("ab1", 0)
    pattern.compiled.search("ab1")


@pytest.mark.parametrize(
    "source",
    ["(", ")", "[", "a**", "a++", "*a", "(?=a)", "(?<!a)", r"\1", r"\Z", r"\h", "a{2,1}", "a{1001}", "[b-a]", "(?P<a",
     "(?x)a", "(?#c)", "[[:foo:]]", r"a\\"[:-1], "(?P<>a)", "a|*"],
)  # fmt: skip
def test_what_re2_rejects(source):
    with pytest.raises(Invalid):
        Pattern(source)


def test_groups_have_names():
    pattern = Pattern("(?P<x>a)|(b)|(?:c)|(?<y>d)")
    assert pattern.names == ["x", "", "y"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [("", []), ("ab", ["a", "b"]), ("a\r\nb", ["a", "\r\n", "b"]), ("e\u0301x", ["e\u0301", "x"]),
     ("\U0001F468\u200d\U0001F469\u200d\U0001F467!", ["\U0001F468\u200d\U0001F469\u200d\U0001F467", "!"]),
     ("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", ["\U0001F1E9\U0001F1EA", "\U0001F1EB\U0001F1F7"]),
     ("\u1112\u1161\u11ab\uac01", ["\u1112\u1161\u11ab", "\uac01"]),
     ("\U0001F44B\U0001F3FD", ["\U0001F44B\U0001F3FD"])],
)  # fmt: skip
def test_characters_as_a_reader_sees_them(text, parts):
    assert clusters(text) == parts


@given(st.text())
def test_nothing_of_a_text_is_lost(text):
    assert "".join(clusters(text)) == text
