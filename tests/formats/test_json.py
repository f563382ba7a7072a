"""JSON with places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats.json import MAX_DEPTH, load
from guardrail.formats.yaml import load as load_yaml
from guardrail.model import Map, Seq, Span, plain

SOURCE = """\
{
\t"Version": "2012-10-17",
\t"Statement": [
\t\t{"Effect": "Allow", "Action": ["s3:*", "sqs:\\u002a"],
\t\t "Size": -1.5e3, "On": true, "Off": null}
\t]
}
"""


def test_places() -> None:
    root = load(SOURCE, "main.tf", 10, 4)
    assert root.span == Span("main.tf", 10, 5, 16, 6)
    assert root.spans["Version"] == Span("main.tf", 11, 6, 11, 29)
    assert root.place("Statement") == Span("main.tf", 12, 6, 12, 17)
    (statement,) = root["Statement"]
    assert statement.header == statement.spans["Effect"] == Span("main.tf", 13, 8, 13, 25)
    assert statement["Action"].spans == [Span("main.tf", 13, 38, 13, 44), Span("main.tf", 13, 46, 13, 58)]
    assert statement.spans["Off"] == Span("main.tf", 14, 36, 14, 47)
    assert plain(root) == json.loads(SOURCE)


def test_a_key_that_stands_twice_counts_where_it_stands_last() -> None:
    root = load('{"a": 1,\n "a": [2]}', "f")
    assert plain(root) == {"a": [2]}
    assert root.place("a") == Span("f", 2, 2, 2, 5)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a': 1}", '{"a" 1}', "[1] 2", '{"a": tru}', '["\n"]'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        load(text, "f")


def test_depth_is_bounded() -> None:
    assert isinstance(load("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f"), Seq)
    with pytest.raises(ValueError, match="deep"):
        load("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "f")
    with pytest.raises(RecursionError):
        load("[" * 100_000 + "]" * 100_000, "f")


@pytest.mark.parametrize("text", ["1", '"a\\nb"', "null", "[]", "{}", "[[], {}]"])
def test_small_ones(text: str) -> None:
    assert plain(load(text, "f")) == json.loads(text)


def places(value: Any) -> Any:
    if isinstance(value, Map):
        return (value.span, value.header, [(key, value.spans[key], places(item)) for key, item in value.items()])
    if isinstance(value, Seq):
        return (value.span, value.header, [(value.spans[i], places(item)) for i, item in enumerate(value)])
    return value


texts = st.text("ab\"\\{}[]:,é \n", max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, min_size=1, max_size=3) | st.dictionaries(texts, values, min_size=1, max_size=3),
       st.sampled_from([None, 1, 2]), st.booleans())  # fmt: skip
def test_all_stands_where_the_reader_of_yaml_has_it(data: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    loaded = load_yaml(text.encode(), "f")
    found = load(text, "f")
    assert plain(found) == data
    if not loaded.problems and plain(loaded.documents[0].value) == data:  # some JSON is no YAML
        assert places(found) == places(loaded.documents[0].value)
