from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes.helm.flows import EACH
from guardrail.inputs.kubernetes.helm.values import SeenValues, load_values, merged, of_subchart, outline_of, same
from guardrail.model import Map, Seq, Value


def values(text: str, file: str = "values.yaml") -> Map:
    return load_values(text.encode(), file)


def test_later_values_win_and_bring_their_place() -> None:
    both = merged(values("a: {x: 1, y: 2}\nb: 1\n"), values("a:\n  y: 3\n", "prod.yaml"))
    assert both == {"a": {"x": 1, "y": 3}, "b": 1}
    inner = both["a"]
    assert (inner.spans["x"].file, inner.spans["y"].file, inner.spans["y"].line) == ("values.yaml", "prod.yaml", 2)
    assert (both.spans["a"].file, both.spans["b"].file) == ("prod.yaml", "values.yaml")


def test_null_takes_a_key_away() -> None:
    assert merged(values("a: {x: 1}\nb: 2\n"), values("a: null\n")) == {"b": 2}


def test_lists_are_not_merged() -> None:
    assert merged(values("a: [1, 2]\n"), values("a: [3]\n")) == {"a": [3]}


def test_a_subchart_sees_its_own_and_what_is_global() -> None:
    parent = values("sub: {a: 2}\nglobal: {r: x}\n", "parent.yaml")
    seen = of_subchart(values("a: 1\nb: 1\nglobal: {r: own, s: own}\n"), parent, "sub")
    assert seen == {"a": 2, "b": 1, "global": {"r": "x", "s": "own"}}
    assert seen["global"].spans["r"].file == "parent.yaml"


def test_finding_by_path() -> None:
    root = values("list:\n  - {n: b}\n  - {n: a}\nmap: {y: 1, x: 2}\n")
    assert [found.name for found in SeenValues(root).find(("list", EACH, "n"))] == ["list[0].n", "list[1].n"]
    assert [found.name for found in SeenValues(root).find(("map", EACH))] == ["map.x", "map.y"]  # `range` sorts
    assert [found.value for found in SeenValues(root).find(("list", "1", "n"))] == ["a"]
    assert SeenValues(root).find(("list", "n")) == []
    assert SeenValues(root).find(("none", EACH)) == []


@pytest.mark.parametrize(
    ("rendered", "value", "alike"),
    [
        ("8080", 8080, True),
        (True, "true", True),
        (None, "", True),
        (1, 1.0, True),
        ("a", "b", False),
        ("YWI=", "ab", False),
        (0, False, False),
    ],
)
def test_what_reads_alike_is_the_same(rendered: object, value: object, alike: bool) -> None:
    assert same(rendered, value) is alike


def test_a_secret_is_its_value_in_base64() -> None:
    assert same("YWI=", "ab", encoded=True)
    assert not same("YWI=", "ac", encoded=True)
    assert not same("not base64!", "ab", encoded=True)


def as_values(plain: object) -> object:
    if isinstance(plain, dict):
        made = Map()
        for key, item in plain.items():
            made[key] = as_values(item)
        return made
    if isinstance(plain, list):
        items = Seq()
        items.extend(as_values(item) for item in plain)
        return items
    return plain


PLAIN = st.recursive(
    st.one_of(st.integers(), st.text(max_size=5), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=10,
)


@given(PLAIN)
def test_everything_is_the_same_as_itself(plain: object) -> None:
    assert same(as_values(plain), as_values(plain))


@given(st.dictionaries(st.text(max_size=3), PLAIN, max_size=4), st.dictionaries(st.text(max_size=3), PLAIN, max_size=4))
def test_all_that_is_said_over_it_holds(base: dict[str, object], over: dict[str, object]) -> None:
    both = merged(as_values(base), as_values(over))  # type: ignore[arg-type]
    assert sorted(both) == sorted({*base, *over})
    for key, value in over.items():
        if not isinstance(value, dict):
            assert same(both[key], as_values(value))


def test_a_path_may_be_as_long_as_a_template_writes_it() -> None:
    values = SeenValues(load_values(b"a: {b: 1}", "values.yaml"))
    assert values.find(("a", *["b"] * 5000)) == []
    assert [found.name for found in values.find(("a", "b"))] == ["a.b"]


@pytest.mark.parametrize(
    ("rendered", "value"),
    [(1, "1"), ("1", 1), (1, 1.0), (1.0, "1"), (None, ""), (" a ", "a"), (True, "true")],
)
def test_what_is_the_same_has_the_same_outline(rendered: Value, value: Value) -> None:
    assert same(rendered, value)
    assert outline_of(rendered) == outline_of(value)


def test_long_numbers_have_none() -> None:
    assert same(10**15, 1e15)
    assert same("1000000000000000", 10**15)
    assert outline_of(1e15) is outline_of(10**15) is None
    seen = SeenValues(load_values(b"a: 1.0e+15\nb: {c: [x, y, x, 1.0e+15, z]}\n", "v.yaml"))
    assert seen.may_have("1000000000000000")
    assert [found.name for found in seen.find_like(("b", "c", EACH), "x")] == ["b.c[0]", "b.c[2]", "b.c[3]"]


def test_what_may_be_part_of_a_text() -> None:
    seen = SeenValues(load_values(b"image: {name: app, tag: 1.2, on: true, none: '', more: {x: y}}\n", "v.yaml"))
    parts = [(text, found.name) for text, found in seen.parts(("image",))]
    assert parts == [("app", "image.name"), ("1.2", "image.tag")]
    assert [text for text, _ in seen.parts(("image", "name"))] == ["app"]
