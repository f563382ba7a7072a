from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guardrail.conditions.documents import document
from guardrail.model import Encoded, EncodedUnknown, Map, Sensitive, Seq, Span, Text, Unknown, plain

PLACE = Span("main.tf", 3, 3, 3, 40)


def test_what_jsonencode_was_given_keeps_its_places() -> None:
    decoded = Map(Span("main.tf", 4, 1, 6, 2))
    assert document(Encoded("{}", decoded), PLACE) is decoded
    assert document(EncodedUnknown("var.x has no value", decoded), PLACE) is decoded
    assert document(decoded, PLACE) is decoded


def test_unknown_stays_unknown() -> None:
    why = Unknown("var.x has no value")
    assert document(why, PLACE) is why
    assert document(EncodedUnknown("var.x has no value", why), PLACE) is why


def test_a_string_stands_where_it_stands() -> None:
    found = document('[{"a": 1, "b": [true]}]', PLACE)
    assert found == [{"a": 1, "b": [True]}]
    assert isinstance(found, Seq)
    assert found[0].place("a") == PLACE
    assert found[0]["b"].place(0) == PLACE


def test_text_keeps_lines_and_columns() -> None:
    text = Text('{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow"}\n  ]\n}\n', 10, 4)
    found = document(text, PLACE)
    assert isinstance(found, Map)
    assert found.spans["Version"] == Span("main.tf", 11, 7, 11, 30)
    assert found["Statement"][0].spans["Effect"] == Span("main.tf", 13, 10, 13, 27)
    assert found["Statement"].header.line == 12
    assert found.span.line == 10


def test_text_that_yaml_cannot_read_is_still_json() -> None:
    found = document(Text('{\n\t"a": "\\ud83d\\ude00"\n}', 10, 0), PLACE)
    assert found == {"a": "\N{GRINNING FACE}"}
    assert isinstance(found, Map)
    assert found.place("a") == Span(PLACE.file, 11, 2, 11, 21)


def test_sensitive_documents_have_sensitive_leaves() -> None:
    found = document(Sensitive('[{"user": "a", "port": 1, "on": true}]'), PLACE)
    assert isinstance(found, Seq)
    assert plain(found) == [{"user": {"$sensitive": True}, "port": {"$sensitive": True}, "on": True}]


def test_what_is_no_json() -> None:
    deep = '{"a": ' * 500 + "1" + "}" * 500
    for value in ("", "text", "5", '"a"', "[1, 2", "{a: b}", "[" * 100_000, 5, None, True, deep):
        assert document(value, PLACE) is None, str(value)[:20]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
).filter(lambda value: isinstance(value, (dict, list)))


def test_json_knows_no_merge_keys() -> None:
    assert document(Text('{"<<": {"a": 1}}', 1, 0), PLACE) == {"<<": {"a": 1}}


@given(values, st.booleans(), st.sampled_from([None, 2]))
def test_a_document_is_what_json_says(value: Any, exact: bool, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = document(Text(text, 1, 0) if exact else text, PLACE)
    assert plain(found) == value
