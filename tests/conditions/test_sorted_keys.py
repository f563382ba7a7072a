"""`keys_sorted`: the order in which keys are written, in a mapping and in those in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.conditions import Scope, compile_condition
from guardrail.formats import yaml
from guardrail.model import Inventory, Map, Resource, Unknown

ALPHABETICAL = {"^": {"keys_sorted": "alphabetical"}}


def ask(text: str) -> tuple[bool | None, list[tuple[str, int, str]]]:
    (document,) = yaml.load(text.encode(), "a.yaml").documents
    return asked(document.value)


def asked(root: Map) -> tuple[bool | None, list[tuple[str, int, str]]]:
    resource = Resource("kubernetes", "kubernetes", "Pod", "Pod/default/a", root)
    truth, leaves = compile_condition(ALPHABETICAL)(Scope(Map(), resource, Inventory()))
    return truth, [(leaf.path, leaf.span.line, leaf.wanted) for leaf in leaves if truth is False]


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("a: 1\nb: 2\n", []),
        ("{}", []),
        ("b: 2\na: 1\n", [("a", 2, "before b")]),
        ("a: 1\nd: 1\nc: 1\nb: 1\n", [("c", 3, "before d")]),
        ("A: 1\na: 1\nB: 1\n", [("B", 3, "before a")]),
        ("a:\n  c: 1\n  b: 1\nb:\n  - d: 1\n    c: 1\n", [("a.b", 3, "before c"), ("b[0].c", 6, "before d")]),
        ("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  a: 1\n", []),
    ],
)
def test_order(text: str, late: list[tuple[str, int, str]]) -> None:
    assert ask(text) == (not late, late)


def test_what_is_not_known_has_no_order() -> None:
    root = Map()
    root.put("spec", Unknown("var.spec has no value"), root.span)
    resource = Resource("kubernetes", "kubernetes", "Pod", "Pod/default/a", root)
    condition = compile_condition({"spec": {"keys_sorted": "alphabetical"}})
    assert condition(Scope(root, resource, Inventory())).truth is None


def test_other_orders_are_refused() -> None:
    with pytest.raises(ValueError, match="takes the word alphabetical, not 'size'"):
        compile_condition({"a": {"keys_sorted": "size"}})


@given(st.lists(st.text("abcXYZ09", min_size=1, max_size=4), unique=True, max_size=8))
def test_it_is_the_order_of_sorting(keys: list[str]) -> None:
    truth, _ = ask("".join(f'"{key}": 1\n' for key in keys) or "{}")
    assert truth is (keys == sorted(keys))
