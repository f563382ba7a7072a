from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.conditions import Scope, compile_condition
from guardrail.formats.hcl_values import PartialMap
from guardrail.model import Inventory, Map, Resource, Sensitive, Seq, Span, Unknown

HERE = Span("main.tf", 1, 1, 1, 10)


def tags(values: dict[str, Any], holder: Map | None = None) -> Map:
    found = holder if holder is not None else Map(HERE)
    for line, (key, value) in enumerate(values.items(), 2):
        found.put(key, value, Span("main.tf", line, 3, line, 20))
    return found


def ask(condition: dict[str, Any], value: Any, parameters: dict[str, Any] | None = None) -> Any:
    root = Map(HERE)
    if value is not None:
        root.put("tags", value, HERE)
    resource = Resource("terraform", "aws", "aws_x", "aws_x.y", root)
    return compile_condition({"tags": condition}, parameters)(Scope(root, resource, Inventory([resource])))


@pytest.mark.parametrize(
    ("condition", "value", "truth"),
    [
        ({"has_keys": ["Owner"]}, {"Owner": "a", "Other": "b"}, True),
        ({"has_keys": "Owner"}, {"Owner": "a"}, True),
        ({"has_keys": ["Owner", "Env"]}, {"Owner": "a"}, False),
        ({"has_keys": ["Owner"]}, {"owner": "a"}, False),
        ({"has_keys": ["Owner"]}, {}, False),
        ({"has_keys": ["Owner"]}, {"Owner": Unknown("var.x has no value")}, True),
        ({"has_keys": []}, {}, True),
        ({"has_keys_any_case": ["Owner", "ENV"]}, {"owner": "a", "Env": "b"}, True),
        ({"has_keys_any_case": ["Owner"]}, {"owners": "a"}, False),
        ({"values_in": {"Env": ["dev", "prod"]}}, {"Env": "prod"}, True),
        ({"values_in": {"Env": ["dev", "prod"]}}, {"Env": "Prod"}, False),
        ({"values_in": {"Env": "prod"}}, {"Env": "prod"}, True),
        ({"values_in": {"Tier": [1, 2]}}, {"Tier": "2"}, True),
        ({"values_in": {"Env": ["dev"]}}, {"Other": "x"}, True),
        ({"values_in": {"Env": ["dev"]}}, {"Env": Unknown("var.x has no value")}, None),
        ({"values_in": {"Env": ["dev"], "Tier": ["1"]}}, {"Env": Unknown("?"), "Tier": "9"}, False),
        ({"values_in": {"Env": ["dev"]}}, {"Env": Sensitive("dev")}, True),
        ({"values_match": {"Cost": "[0-9]{4}"}}, {"Cost": "1234"}, True),
        ({"values_match": {"Cost": "[0-9]{4}"}}, {"Cost": "12345"}, False),
        ({"values_match": {"Cost": "[0-9]{4}"}}, {"Cost": 1234}, True),
    ],
)
def test_known_tags(condition: dict[str, Any], value: dict[str, Any], truth: bool | None) -> None:
    assert ask(condition, tags(value)).truth is truth


@pytest.mark.parametrize("condition", [{"has_keys": ["A"]}, {"has_keys_any_case": ["A"]}, {"values_in": {"A": ["b"]}}])
def test_unknown_tags_are_unknown(condition: dict[str, Any]) -> None:
    assert ask(condition, Unknown("var.tags has no value")).truth is None


def test_tags_that_are_not_there() -> None:
    assert ask({"has_keys": ["Owner"]}, None).truth is False
    assert ask({"values_in": {"Owner": ["a"]}}, None).truth is True


def test_a_map_with_more_than_is_known() -> None:
    value = tags({"Owner": "a"}, PartialMap(Unknown("var.tags has no value"), HERE))
    assert ask({"has_keys": ["Owner"]}, value).truth is True
    outcome = ask({"has_keys": ["Owner", "Env"]}, value)
    assert outcome.truth is None
    assert outcome.leaves[0].unknown.reason == "var.tags has no value"
    assert ask({"values_in": {"Env": ["dev"]}}, value).truth is None


def test_a_block_of_tags_counts_as_its_one_mapping() -> None:
    blocks = Seq(HERE)
    blocks.add(tags({"Owner": "a"}), HERE)
    assert ask({"has_keys": ["Owner"]}, blocks).truth is True


def test_only_what_is_lacking_is_named() -> None:
    outcome = ask({"has_keys": ["Owner", "Env", "Cost"]}, tags({"Env": "dev"}))
    assert outcome.leaves[0].wanted == "Owner, Cost"


def test_a_wrong_value_stands_at_its_entry() -> None:
    outcome = ask({"values_in": {"Env": ["dev"]}}, tags({"Owner": "a", "Env": "qa"}))
    assert [(leaf.path, leaf.value, leaf.span.line, leaf.wanted) for leaf in outcome.leaves] == [
        ("tags.Env", "qa", 3, "one of dev")
    ]


def test_a_parameter_that_is_null_asks_for_nothing() -> None:
    for operator in ("has_keys", "values_in", "values_match"):
        assert ask({operator: "$x"}, tags({}), {"x": None}).truth is True
    assert ask({"has_keys": "$x"}, tags({}), {"x": ["A"]}).truth is False


def test_a_pattern_may_be_a_parameter() -> None:
    assert ask({"keys": {"each": {"matches": "$x"}}}, tags({"a": "b"}), {"x": "^[A-Z]"}).truth is False
    assert ask({"keys": {"each": {"matches": "$x"}}}, tags({"a": "b"}), {"x": None}).truth is True
    assert ask({"keys": {"each": {"matches": "$y|b"}}}, tags({"b": "b"}), {"x": None}).truth is True


@pytest.mark.parametrize(
    "condition", [{"has_keys": {"a": 1}}, {"has_keys": [1]}, {"values_in": ["a"]}, {"values_match": {"a": "["}}]
)
def test_what_is_no_operand(condition: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(condition))):
        compile_condition({"tags": condition})


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=6), st.lists(st.text(max_size=5), max_size=4))
def test_has_keys_is_containment(values: dict[str, str], keys: list[str]) -> None:
    assert ask({"has_keys": keys}, tags(values)).truth is (set(keys) <= set(values))
