"""Documents of which parts are unknown: each part is still what it was."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.conditions.documents import document
from guardrail.model import HOLE, EncodedUnknown, Entries, Map, PartText, Reference, Span, Unknown

HERE = Span("main.tf", 3, 1, 3, 9)
ACCOUNT = Reference("data.aws_caller_identity.me", "account_id")
KEY = Reference("aws_kms_key.a", "arn")
NAME = Unknown("var.name has no value", ("var.name",))


def opened(template: str, *holes: Unknown) -> Any:
    refs = tuple(ref for hole in holes for ref in hole.refs)
    return document(PartText("it is partly unknown", refs, template, holes), HERE)


def test_each_hole_is_itself() -> None:
    found = opened(f'{{"a": "arn:{HOLE}:{HOLE}", "b": ["{HOLE}"], "c": {HOLE}}}', ACCOUNT, NAME, KEY, NAME)
    assert isinstance(found["a"], PartText)
    assert found["a"].template == f"arn:{HOLE}:{HOLE}"
    assert found["a"].holes == (ACCOUNT, NAME)
    assert found["a"].refs == (*ACCOUNT.refs, *NAME.refs)
    assert found["a"].reason == f"{ACCOUNT.reason}; {NAME.reason}"
    assert found["b"][0] is KEY
    assert found["c"] is NAME


def test_where_the_holes_are_lost_all_of_them_count() -> None:
    part = PartText("it is partly unknown", ("var.a", "var.b"), f'{{"a": "x{HOLE}", "b": {HOLE}}}')
    found: Any = document(part, HERE)
    assert found["a"] == PartText(part.reason, part.refs, f"x{HOLE}")
    assert found["b"] == Unknown(part.reason, part.refs)


def test_a_document_within_one() -> None:
    inner = Map(HERE)
    inner.put("name", "app", HERE)
    encoded = EncodedUnknown("var.name has no value", inner)
    assert opened(f"[{HOLE}]", encoded) == [inner]
    assert opened(f'{{"text": "{HOLE}"}}', encoded)["text"] is encoded


PRIVATE = f'{{"a": "\ue000", "b": {HOLE}}}'


@pytest.mark.parametrize("template", [f'{{"{HOLE}": 1}}', f'{{"a": {HOLE}{HOLE}}}', PRIVATE])
def test_where_a_part_may_hold_more(template: str) -> None:
    assert isinstance(opened(template, *[NAME] * template.count(HOLE)), Unknown)


def test_keys_with_holes_leave_what_stands_around_them_known() -> None:
    found = opened(f'{{"a": {{"{HOLE}:sub": "me", "{HOLE}": ["{HOLE}"]}}, "b": {{"x": 1, "y{HOLE}": 2}}}}', *[NAME] * 4)
    assert isinstance(found["a"], Entries)
    (first, one), (second, other) = found["a"].pairs
    assert (first.template, one) == (f"{HOLE}:sub", "me")
    assert (second, other) == (NAME, [NAME])
    assert list(found["b"].items()) == [("x", 1)]
    assert isinstance(found["b"]["z"], Entries)  # for all that is known


@pytest.mark.parametrize("inner", [f"{{{HOLE}: 1}}", f'{{"a": 1, {HOLE}: 1}}'])
def test_a_part_in_the_place_of_a_key_may_be_several_entries(inner: str) -> None:
    found = opened(f'{{"a": {inner}, "b": 1}}', NAME)
    assert (type(found["a"]), found["b"]) == (Unknown, 1)
