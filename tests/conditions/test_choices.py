"""A value that is one of a few: where each of them gives the same answer, that is the answer."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.conditions import Outcome, Scope, compile_condition, compile_truth
from guardrail.model import FieldOneOf, Inventory, Map, OneOf, Resource, Seq, Span, Value

SPAN = Span("f", 1, 1, 1, 2)


def listed(*items: Value) -> Seq:
    made = Seq(SPAN)
    for item in items:
        made.add(item, SPAN)
    return made


def one_of(*choices: Value) -> OneOf:
    return OneOf("var.x has no value", ("var.x",), choices)


def held_against(condition: Any, given: Value) -> Outcome:
    root = Map(SPAN)
    root.put("a", given, SPAN)
    resource = Resource("terraform", "aws", "aws_x", "aws_x.y", root)
    scope = Scope(root, resource, Inventory([resource]))
    outcome: Outcome = compile_condition(condition)(scope)
    assert compile_truth(condition)(scope) is outcome.truth
    return outcome


@pytest.mark.parametrize(
    ("condition", "given", "truth"),
    [
        ({"a": {"min": 7}}, one_of(7, 30), True),
        ({"a": {"min": 7}}, one_of(1, 3), False),
        ({"a": {"min": 7}}, one_of(1, 30), None),
        ({"a": {"not": "t2.micro"}}, one_of("t3.small", "m5.large"), True),
        ({"a": {"not": "t2.micro"}}, one_of("t2.micro", "m5.large"), None),
        ({"a": {"set": True}}, one_of("x", None), None),
        ({"a": {"set": True}}, one_of("x", "y"), True),
        ({"a": {"set": False}}, one_of("", None), True),
        ({"a": {"min": 7, "default": 1}}, one_of(None, 3), False),
        ({"a": {"none": {"equals": "0.0.0.0/0"}}}, one_of(listed("10.0.0.0/8"), listed()), True),
        ({"a": {"none": {"equals": "0.0.0.0/0"}}}, one_of(listed("10.0.0.0/8"), listed("0.0.0.0/0")), None),
        ({"a": {"none": {"equals": "x"}}}, listed("y", one_of("v", "w")), True),
        ({"a": {"none": {"equals": "x"}}}, listed("y", one_of("v", "x")), None),
        ({"a": {"each": {"min": 3}}}, listed(4, one_of(3, 5)), True),
        ({"a": {"some": {"equals": "x"}}}, listed("y", one_of("v", "w")), False),
        ({"a": {"length": {"min": 1}}}, one_of(listed("x"), listed("y", "z")), True),
        # Items are looked into only where it is known which they are.
        ({"a[*]": {"not": "0.0.0.0/0"}}, one_of(listed("0.0.0.0/0"), listed("::/0")), None),
    ],
)
def test_what_all_choices_agree_in_is_known(condition, given, truth):
    assert held_against(condition, given).truth is truth


def test_a_failure_still_shows_all_that_it_may_be():
    (leaf,) = held_against({"a": {"min": 7}}, one_of(1, 3)).leaves
    assert (leaf.value, leaf.wanted) == (one_of(1, 3), "at least 7")


@pytest.mark.parametrize(("made", "truth"), [(OneOf, None), (FieldOneOf, True)])
def test_a_field_that_code_made_of_it_is_merely_unknown(made, truth):
    fields = Map(SPAN)
    fields.put("days", made("var.x has no value", (), (7, 30)), SPAN)
    resource = Resource("terraform", "aws", "aws_x", "aws_x.y", Map(SPAN))
    scope = Scope(fields, resource, Inventory([resource]))
    assert compile_condition({"days": {"min": 7}})(scope).truth is truth
