"""Looking subjects up never loses one that the condition would have taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.conditions import Scope, compile_condition
from guardrail.model import Inventory, Map, Resource, Sensitive, Seq, Span, Unknown, Value
from guardrail.policy.judge import judge
from guardrail.policy.narrowing import Narrowed, clauses
from guardrail.policy.rule import Rule

SPAN = Span("a.yaml", 1, 1, 1, 2)
WHENS: list[dict[str, Any]] = [
    {"class": "image"},
    {"class": {"in": ["image", "action"]}, "local": True},
    {"class": {"equals": "image"}, "local": False},
    {"local": {"in": [True, "image"]}},
    {"class": {"not": "image"}},
    {"class": {"in": ["image"], "default": "image"}},
    {"class": "$wanted"},
    {"class": "true"},
    {"class": "22"},
    {"all": [{"class": "image"}]},
]
values = st.sampled_from([None, "image", "action", "true", "True", "22", 22, 22.0, True, False, ""]) | st.builds(
    lambda made: made(), st.sampled_from([lambda: Unknown("why"), lambda: Sensitive("image"), lambda: Seq(SPAN)])
)


def _map(entries: dict[str, Value]) -> Map:
    made = Map(SPAN)
    for key, value in entries.items():
        made.put(key, value, SPAN)
    return made


@pytest.mark.parametrize("when", WHENS, ids=str)
@given(st.lists(st.dictionaries(st.sampled_from(["class", "local"]), values).map(_map), min_size=8, max_size=20))
@settings(max_examples=60, deadline=None)
def test_keeps_all_that_may_hold(when: dict[str, Any], subjects: list[Map]) -> None:
    found = {id(subject) for subject in Narrowed(subjects, lambda subject: subject).among(clauses(when))}
    condition = compile_condition(when, {"wanted": "image"})
    for subject in subjects:
        scope = Scope(subject, Resource("terraform", "aws", "k", "k.a", subject, span=SPAN), Inventory())
        assert condition(scope).truth is False or id(subject) in found


def test_leaves_out_what_plainly_is_something_else() -> None:
    subjects = [_map({"class": word}) for word in ["image", "action"] * 8]
    found = Narrowed(subjects, lambda subject: subject).among(clauses({"class": "image"}))
    assert [subject["class"] for subject in found] == ["image"] * 8


def test_each_subject_once() -> None:
    subjects = [_map({"class": "image"}) for _ in range(9)]
    assert len(Narrowed(subjects, lambda s: s).among(clauses({"class": {"in": ["image", "image"]}}))) == 9


def test_a_condition_on_items_narrows_no_subjects() -> None:
    """`when` is asked of the items where a check is on `each` of them."""
    rule = Rule(
        {
            "id": "a", "title": "", "severity": "low", "category": "security", "remedy": "",
            "checks": [{"on": "k", "each": "rules", "when": {"open": True}, "require": {"port": 22}, "message": ""}],
        }
    )  # fmt: skip
    inventory = Inventory()
    for number in range(10):
        rules = Seq(SPAN)
        rules.add(_map({"open": number == 3, "port": 80}), SPAN)
        attributes = _map({"rules": rules, "open": False})
        inventory.add(Resource("terraform", "aws", "k", f"k.{number}", attributes, span=SPAN))
    judgement = judge(inventory, [rule])
    assert [verdict.subject.resource.address for verdict in judgement.verdicts] == ["k.3"]
    assert judgement.problems == []
