"""The language of conditions, held against its own description: one table a theme."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.conditions import Outcome, Scope, compile_condition, parse_path
from guardrail.formats.yaml import load
from guardrail.model import Edge, Inventory, Map, PartText, Reference, Resource, Sensitive, Seq, Span, Unknown, Value

UNKNOWN = Unknown("var.x has no value", ("var.x",))


def value(data: Any) -> Value:
    """Plain data as located values."""
    span = Span("f", 1, 1, 1, 2)
    if isinstance(data, dict):
        made = Map(span)
        for key, item in data.items():
            made.put(key, value(item), span)
        return made
    if isinstance(data, list):
        sequence = Seq(span)
        for item in data:
            sequence.add(value(item), span)
        return sequence
    return data


def judge(condition: Any, attributes: Any, parameters: dict[str, Any] | None = None) -> bool | None:
    return outcome(condition, attributes, parameters).truth


def outcome(condition: Any, attributes: Any, parameters: dict[str, Any] | None = None) -> Outcome:
    root = value(attributes)
    resource = Resource("terraform", "aws", "aws_x", "aws_x.y", root)
    return compile_condition(condition, parameters)(Scope(root, resource, Inventory([resource])))


@pytest.mark.parametrize(
    ("condition", "attributes", "truth"),
    [
        ({"a": True}, {"a": True}, True),
        ({"a": True}, {"a": "true"}, True),
        ({"a": 22}, {"a": "22"}, True),
        ({"a": "x"}, {"a": "y"}, False),
        ({"a": "x"}, {}, False),
        ({"a": "x"}, {"a": None}, False),
        ({"a": "x"}, {"a": UNKNOWN}, None),
        ({"a": {"set": True}}, {"a": 0}, True),
        ({"a": {"set": True}}, {"a": ""}, False),
        ({"a": {"set": True}}, {"a": []}, False),
        ({"a": {"set": True}}, {"a": UNKNOWN}, None),
        ({"a": {"set": True}}, {"a": Reference("aws_kms_key.k", "arn")}, True),
        ({"a": {"set": False}}, {}, True),
        ({"a": {"not": "x"}}, {"a": "y"}, True),
        ({"a": {"not": "x"}}, {"a": UNKNOWN}, None),
        ({"a": {"not": "x"}}, {}, True),
        ({"a": {"in": ["x", 3]}}, {"a": "3"}, True),
        ({"a": {"not": {"in": ["x"]}}}, {"a": "z"}, True),
        ({"a": {"matches": "^v\\d"}}, {"a": "v4"}, True),
        ({"a": {"contains": "b"}}, {"a": ["a", "b"]}, True),
        ({"a": {"contains": "b"}}, {"a": "abc"}, True),
        ({"a": {"contains": "b"}}, {"a": ["a", UNKNOWN]}, None),
        ({"a": {"contains": "a"}}, {"a": ["a", UNKNOWN]}, True),
        ({"a": {"starts_with": ["x", "y"]}}, {"a": "yes"}, True),
        ({"a": {"ends_with": "s"}}, {"a": "yes"}, True),
        ({"a": {"cidr_within": ["10.0.0.0/8"]}}, {"a": "10.1.0.0/16"}, True),
        ({"a": {"cidr_within": ["10.0.0.0/8"]}}, {"a": ["10.1.0.0/16", "11.0.0.0/8"]}, False),
        ({"a": {"version": ">= 1.21, < 2"}}, {"a": "1.30"}, True),
        ({"a": {"version": ">= 1.21"}}, {"a": "1.9"}, False),
        ({"a": {"length": {"min": 2}}}, {"a": [1, 2]}, True),
        ({"a": {"length": 0}}, {}, True),
        ({"a": {"keys": {"contains": "Owner"}}}, {"a": {"Owner": UNKNOWN}}, True),
        ({"a": {"default": 5, "max": 4}}, {}, False),
        ({"a": {"default": 3, "max": 4}}, {}, True),
    ],
)
def test_operators(condition: Any, attributes: Any, truth: bool | None) -> None:
    assert judge(condition, attributes) is truth


@pytest.mark.parametrize(
    ("condition", "attributes", "truth"),
    [
        ({"m": {"max": "1Gi"}}, {"m": "512Mi"}, True),
        ({"m": {"max": "1Gi"}}, {"m": "1500M"}, False),
        ({"c": {"min": 0.5}}, {"c": "500m"}, True),
        ({"c": {"above": 0.5}}, {"c": "500m"}, False),
        ({"t": {"max": "1h"}}, {"t": "90m"}, False),  # minutes, since an hour is no quantity
        ({"t": {"max": "1h"}}, {"t": "30m"}, True),
        ({"t": {"min": "1s"}}, {"t": 0}, False),
        ({"t": {"above": 0.05}}, {"t": "90m"}, True),
        ({"c": {"below": 1}}, {"c": "not a number"}, False),
        ({"limits": {"min": {"path": "requests"}}}, {"limits": "1Gi", "requests": "2Gi"}, False),
        ({"limits": {"min": {"path": "requests"}}}, {"limits": "1Gi"}, True),
        ({"limits": {"max": {"path": "requests", "times": 2}}}, {"limits": 4, "requests": 2}, True),
        ({"limits": {"max": {"path": "requests", "times": 2}}}, {"limits": 5, "requests": 2}, False),
        ({"limits": {"max": {"path": "requests"}}}, {"limits": 5, "requests": UNKNOWN}, None),
    ],
)
def test_numbers_compare_across_units(condition: Any, attributes: Any, truth: bool | None) -> None:
    assert judge(condition, attributes) is truth


@pytest.mark.parametrize(
    ("condition", "attributes", "truth"),
    [
        ({"any": [{"a": 1}, {"b": 1}]}, {"a": 1, "b": UNKNOWN}, True),
        ({"any": [{"a": 1}, {"b": 1}]}, {"a": 2, "b": UNKNOWN}, None),
        ({"all": [{"a": 1}, {"b": 1}]}, {"a": 2, "b": UNKNOWN}, False),
        ({"all": [{"a": 1}, {"b": 1}]}, {"a": 1, "b": UNKNOWN}, None),
        ({"not": {"a": 1}}, {"a": UNKNOWN}, None),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, True),
        ([{"a": 1}, {"b": 3}], {"a": 1, "b": 2}, False),
    ],
)
def test_joins_are_three_valued(condition: Any, attributes: Any, truth: bool | None) -> None:
    assert judge(condition, attributes) is truth


@pytest.mark.parametrize(
    ("condition", "attributes", "truth"),
    [
        ({"a": {"each": {"starts_with": "x"}}}, {"a": ["x1", "y"]}, False),
        ({"a": {"each": {"starts_with": "x"}}}, {"a": ["x1", UNKNOWN]}, None),
        ({"a": {"each": {"starts_with": "x"}}}, {"a": ["y", UNKNOWN]}, False),
        ({"a": {"each": {"starts_with": "x"}}}, {}, True),
        ({"a": {"some": {"port": 22}}}, {"a": [{"port": 80}, {"port": 22}]}, True),
        ({"a": {"some": {"port": 22}}}, {"a": [{"port": 80}]}, False),
        ({"a": {"none": {"port": 22}}}, {"a": [{"port": 80}]}, True),
        ({"a": {"none": "0.0.0.0/0"}}, {"a": ["0.0.0.0/0"]}, False),
        ({"a": {"none": "0.0.0.0/0"}}, {"a": "0.0.0.0/0"}, False),
        ({"a": {"none": "0.0.0.0/0"}}, {"a": [UNKNOWN]}, None),
        ({"a": {"some": {"where": {"max": 3}}}}, {"a": [{"max": 3}]}, True),
        ({"a[*].b": 1}, {"a": [{"b": 1}, {"b": 1}]}, True),
        ({"a[*].b": 1}, {"a": [{"b": 1}, {"b": 2}]}, False),
        ({"a[*].b": 1}, {}, True),
        ({"a.b": 1}, {"a": [{"b": 1}]}, True),
        ({"a.b": 1}, {"a": []}, False),
        ({"a[1]": 2}, {"a": [1, 2]}, True),
        ({'a["x.y/z"]': 2}, {"a": {"x.y/z": 2}}, True),
        ({"a.b.c": 1}, {"a": UNKNOWN}, None),
        ({"a.b": 1}, {"a": 3}, False),
    ],
)
def test_paths_and_items(condition: Any, attributes: Any, truth: bool | None) -> None:
    assert judge(condition, attributes) is truth


def test_a_null_parameter_asks_for_nothing() -> None:
    condition = {"a": {"set": True, "max": "$max"}}
    assert judge(condition, {"a": 9}, {"max": None}) is True
    assert judge(condition, {"a": 9}, {"max": 5}) is False
    refused = {"a": {"not": {"in": "$list"}}}
    assert judge(refused, {"a": 9}, {"list": None}) is True
    assert judge(refused, {"a": 9}, {"list": [9]}) is False
    ratio = {"a": {"max": {"path": "b", "times": "$ratio"}}}
    assert judge(ratio, {"a": 9, "b": 1}, {"ratio": None}) is True
    assert judge(ratio, {"a": 9, "b": 1}, {"ratio": 2}) is False


PART = PartText("var.x has no value", ("var.x",), "arn:aws:s3:::\0/*")


@pytest.mark.parametrize(
    ("wanted", "truth"),
    [
        ("*", False), ("arn:aws:s3:::logs/*", None), ({"not": "*"}, True), ({"in": ["*", "x"]}, False),
        ({"starts_with": "arn:"}, True), ({"starts_with": "arn:aws:s3:::lo"}, None), ({"starts_with": "x"}, False),
        ({"ends_with": "/*"}, True), ({"ends_with": "s/*"}, None), ({"ends_with": "x"}, False), ({"set": True}, True),
        ({"contains": "s3"}, True), ({"contains": "logs"}, None), ({"matches": "s3"}, None),
    ],
)  # fmt: skip
def test_text_of_which_a_part_is_unknown(wanted: Any, truth: bool | None) -> None:
    assert judge({"a": wanted}, {"a": PART}) is truth


def test_a_sensitive_value_is_judged_but_stays_hidden() -> None:
    found = outcome({"a": "x"}, {"a": Sensitive("y")})
    assert found.truth is False
    assert isinstance(found.leaves[0].value, Sensitive)


@pytest.mark.parametrize("condition", [{"a": {"mox": 1}}, {"a": {"matches": "("}}, {"a": {"max": "many"}}, 3, {"a.": 1},
                                       {"a": "$nobody"}, {"related": {"by": 1}}])  # fmt: skip
def test_what_is_no_condition_does_not_compile(condition: Any) -> None:
    with pytest.raises(ValueError):
        compile_condition(condition, {})


def test_a_missing_value_stands_at_the_deepest_block_that_lacks_it() -> None:
    root = load(b"spec:\n  resources:\n    limits:\n      cpu: 1\n", "f").documents[0].value
    resource = Resource("kubernetes", "kubernetes", "Pod", "Pod/default/a", root)
    scope = Scope(root, resource, Inventory([resource]))
    found = compile_condition({"spec.resources.limits.memory": {"set": True}})(scope)
    assert found.truth is False
    assert found.leaves[0].span.line == 3


def make(kind: str, name: str, attributes: dict[str, Any], edges: list[Edge] | None = None) -> Resource:
    resource = Resource("terraform", "aws", kind, f"{kind}.{name}", value(attributes), scope="infra")
    resource.edges = edges or []
    return resource


BUCKET_VERSIONED = {"related": {"to": "versioning", "via": "bucket", "require": {"status": "Enabled"}}}


@pytest.mark.parametrize(
    ("other", "truth"),
    [
        (make("versioning", "v", {"bucket": UNKNOWN, "status": "Enabled"}, [Edge("bucket", "bucket.b", "id")]), True),
        (make("versioning", "v", {"bucket": "x", "status": "Off"}, [Edge("bucket", "bucket.b", "id")]), False),
        (make("versioning", "v", {"bucket": "x", "status": UNKNOWN}, [Edge("bucket", "bucket.b", "id")]), None),
        (make("versioning", "v", {"bucket": "x", "status": "Enabled"}, [Edge("bucket", "bucket.other", "id")]), False),
        (make("versioning", "v", {"bucket": UNKNOWN, "status": "Enabled"}), None),
        (make("versioning", "v", {"bucket": "elsewhere", "status": "Enabled"}), False),
        (make("logging", "v", {"bucket": "x"}, [Edge("bucket", "bucket.b", "id")]), False),
    ],
)
def test_related(other: Resource, truth: bool | None) -> None:
    bucket = make("bucket", "b", {"bucket": "name"})
    scope = Scope(bucket.attributes, bucket, Inventory([bucket, other]))
    assert compile_condition(BUCKET_VERSIONED)(scope).truth is truth


def test_related_through_an_attribute_of_a_block() -> None:
    bucket, other = make("bucket", "b", {}), make("log", "l", {"source": [{"of": UNKNOWN}]})
    scope = Scope(bucket.attributes, bucket, Inventory([bucket, other]))
    assert compile_condition({"related": {"to": "log", "via": "source.of"}})(scope).truth is None


@pytest.mark.parametrize(
    ("edges", "others", "truth"),
    [
        ([Edge("url", "secret.s", "value")], [], True),
        ([Edge("headers.a", "secret.s", "value")], [], True),
        ([Edge("depends_on", "secret.s", "")], [], False),
        ([], [Edge("url", "request.r", "body")], False),  # the other way round
    ],
)
def test_related_from_attributes_of_the_subject(edges: list[Edge], others: list[Edge], truth: bool) -> None:
    request, other = make("request", "r", {"url": UNKNOWN}, edges), make("secret", "s", {"url": UNKNOWN}, others)
    scope = Scope(request.attributes, request, Inventory([request, other]))
    assert compile_condition({"related": {"to": "secret", "from": ["url", "headers"]}})(scope).truth is truth


def test_related_goes_one_way_only() -> None:
    with pytest.raises(ValueError, match="two directions"):
        compile_condition({"related": {"to": "secret", "via": "url", "from": "url"}})


@pytest.mark.parametrize(
    ("expect", "others", "truth"),
    [
        ("some", [("eu", "Enabled")], True),
        ("some", [("eu", "Off")], False),
        ("some", [("us", "Enabled")], False),
        ("some", [(UNKNOWN, "Enabled")], None),
        ("some", [(UNKNOWN, "Off")], False),
        ("each", [("eu", "Enabled"), ("us", "Off")], True),
        ("each", [("eu", "Off"), ("us", "Enabled")], False),
        ("each", [(UNKNOWN, "Off")], None),
        ("each", [(UNKNOWN, "Enabled")], True),
        ("none", [("eu", "Off"), ("us", "Enabled")], True),
        ("none", [("eu", "Enabled")], False),
        ("none", [(UNKNOWN, "Enabled")], None),
    ],
)
def test_related_where(expect: str, others: list[tuple[Any, str]], truth: bool | None) -> None:
    bucket = make("bucket", "b", {})
    made = [
        make("versioning", f"v{number}", {"region": region, "status": status}, [Edge("bucket", "bucket.b", "id")])
        for number, (region, status) in enumerate(others)
    ]
    scope = Scope(bucket.attributes, bucket, Inventory([bucket, *made]))
    related = {"to": "versioning", "via": "bucket", "where": {"region": "eu"}, "require": {"status": "Enabled"}}
    assert compile_condition({"related": {**related, "expect": expect}})(scope).truth is truth


def test_related_that_none_is_meant_of_points_at_the_subject() -> None:
    bucket = make("bucket", "b", {})
    other = make("versioning", "v", {"region": "us"}, [Edge("bucket", "bucket.b", "id")])
    scope = Scope(bucket.attributes, bucket, Inventory([bucket, other]))
    [leaf] = compile_condition({"related": {"to": "versioning", "where": {"region": "eu"}}})(scope).leaves
    assert leaf.owner is None


def test_related_by_equal_names() -> None:
    bucket = make("bucket", "b", {"bucket": "name"})
    other = make("versioning", "v", {"bucket": "name", "status": "Enabled"})
    condition = {"related": {"to": "versioning", "match": {"bucket": "bucket"}, "require": {"status": "Enabled"}}}
    scope = Scope(bucket.attributes, bucket, Inventory([bucket, other]))
    assert compile_condition(condition)(scope).truth is True


def test_paths_that_are_none() -> None:
    for text in ("", ".a", "a..b", "a[", "a b", "a[x]"):
        with pytest.raises(ValueError):
            parse_path(text)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just(UNKNOWN), st.floats())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
leaf_conditions = st.sampled_from(
    [
        {"set": True}, {"set": False}, {"max": 3}, {"in": ["a", 1]}, {"contains": "a"}, {"length": 2},
        {"each": {"equals": 1}}, {"some": {"x": 1}}, {"none": {"matches": "a"}}, {"keys": {"contains": "a"}},
        {"version": ">= 1"}, {"cidr_within": ["10.0.0.0/8"]}, {"starts_with": "a"}, {"not": {"min": 1}},
    ]
)  # fmt: skip


@given(values, leaf_conditions)
def test_no_value_makes_an_operator_raise_and_not_turns_truth(data: Any, wanted: Any) -> None:
    truth = judge({"a": wanted}, {"a": data})
    assert truth in (True, False, None)
    negated = judge({"not": {"a": wanted}}, {"a": data})
    assert negated is (None if truth is None else not truth)


@pytest.mark.parametrize("wanted", [
    {"keys": {"each": {"matches": "$p"}}}, {"each": {"matches": "$p"}}, {"none": {"matches": "$p"}},
    {"some": {"matches": "$p"}}, {"length": {"min": "$p"}},
])  # fmt: skip
def test_what_no_parameter_asks_for_is_not_looked_at(wanted: Any) -> None:
    assert judge({"tags": wanted}, {"tags": UNKNOWN}, {"p": None}) is True


def test_a_path_steps_into_json_in_a_string() -> None:
    text = '{"inputs": {"keys": [{"id": 1}, {"id": 2}]}}'
    assert judge({"content.inputs.keys": {"some": {"id": 2}}}, {"content": text}) is True
    assert judge({"content.inputs.keys[1].id": 1}, {"content": text}) is False
    assert judge({"content.inputs.other": {"set": False}}, {"content": text}) is True
    assert judge({"content.inputs": {"set": True}}, {"content": "{not json"}) is False


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"a": {"in": ["x", "y"]}}, "one of x, y"),
        ({"a": {"not": {"in": ["x", "y"]}}}, "not one of x, y"),
        ({"a": {"not": {"not": {"in": ["x", "y"]}}}}, "one of x, y"),
        ({"not": {"a": {"in": ["x", "y"]}}}, "not one of x, y"),
        ({"b": {"none": {"in": ["x", "y"]}}}, "not one of x, y"),
        ({"not": {"a": {"set": True}}}, "not set"),
        ({"not": {"c": {"set": False}}}, "set"),
        ({"not": {"a": {"refers": False}}}, "attribute of a resource"),
    ],
)
def test_what_is_asked_of_a_value_is_said_the_right_way_round(condition: Any, words: str) -> None:
    assert [leaf.wanted for leaf in outcome(condition, {"a": "x", "b": ["z", "x"]}).leaves] == [words]
