"""Indented JSON is what the standard library would write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model.values import Text
from guardrail.reports.indented import indented_json, indented_pieces

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)  # fmt: skip
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner)
)


@given(DATA)
def test_as_the_standard_library_writes_it(data: Any) -> None:
    assert indented_json(data) == json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)


@given(st.lists(st.dictionaries(st.text(), st.tuples(st.booleans(), st.lists(DATA, max_size=3)))))
def test_in_pieces_it_is_the_same(runs: list[dict[str, tuple[bool, list[Any]]]]) -> None:
    whole = [{key: found for key, (_, found) in run.items()} for run in runs]
    bit_by_bit = ({key: iter(found) if lazy else found for key, (lazy, found) in run.items()} for run in runs)
    assert "".join(indented_pieces({"runs": bit_by_bit, "version": 1})) == indented_json({"runs": whole, "version": 1})


def test_what_is_a_text_with_a_place_of_its_own() -> None:
    assert indented_json({"run": [Text('say "a"\n', 1)]}) == '{\n  "run": [\n    "say \\"a\\"\\n"\n  ]\n}'


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_lacks(number: float) -> None:
    with pytest.raises(ValueError, match="JSON has no number"):
        indented_json([number])


@pytest.mark.parametrize("data", [{1: 2}, {1, 2}, b"bytes"])
def test_what_json_lacks(data: Any) -> None:
    with pytest.raises(TypeError):
        indented_json(data)
