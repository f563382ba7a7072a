"""Patterns that are compiled when first used."""

from __future__ import annotations

import re

import pytest

from guardrail.model.patterns import lazy_regex


def test_it_does_what_a_pattern_does() -> None:
    lazy, plain = lazy_regex(r"(?P<key>\w+)=(\d+)", re.I), re.compile(r"(?P<key>\w+)=(\d+)", re.I)
    text = "a=1 b=22"
    for name in ("match", "search", "findall", "split"):
        mine, theirs = getattr(lazy, name)(text), getattr(plain, name)(text)
        assert str(mine) == str(theirs)
    assert [m.span() for m in lazy.finditer(text)] == [m.span() for m in plain.finditer(text)]
    assert lazy.sub(r"\1", text) == plain.sub(r"\1", text)
    assert (lazy.pattern, lazy.flags, lazy.groups, lazy.groupindex) == (
        plain.pattern, plain.flags, plain.groups, plain.groupindex,
    )  # fmt: skip


def test_nothing_is_compiled_before() -> None:
    wrong = lazy_regex("(")
    with pytest.raises(re.error):
        wrong.match("")
