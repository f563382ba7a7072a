"""The short way to a condition's truth and the long one that explains itself come to the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.conditions import Scope, compile_condition, compile_truth
from guardrail.model import Inventory, Map, Resource, Sensitive, Seq, Span, Unknown, Value
from guardrail.policy.bundle import load_bundle
from guardrail.shipped import folder

SPAN = Span("a.yaml", 1, 1, 1, 2)

CONDITIONS = """
a: 1
a: {set: true}
a: {set: false}
a: {not: {set: true}}
a: {not: ""}
a: {known: true}
a: {not: {known: true}}
a: {known: false}
a: {known: true, matches: "^x"}
a: {each: {known: true}}
a: {in: [1, x, true]}
a: {not: {in: [1, x]}}
a: {matches: "^x"}
a: {default: true, equals: true}
a: {default: 3, above: 2, below: 5}
a: {default: x, not: x}
a: {contains: x}
a: {some: {equals: x}}
a: {each: {in: [x, 1]}}
a: {none: {matches: "x"}}
a: {some: {b: x}}
a: {each: {b: {set: true}}}
a: {none: {b: {in: [x, 1]}}}
a: {some: {where: {b: x}}}
a: {not: {some: {equals: x}}}
a: {not: {some: {in: $nothing}}}
a: {in: $nothing}
a: {not: {in: $nothing}}
a: {default: [], length: {min: 1}}
a: {length: {min: 1}}
a: {set: true, not: x}
a: {set: true, some: {equals: x}}
a: {min: {path: c}}
a: {keys: {contains: b}}
a: {keys: {each: {matches: "^[ab]"}}}
a: {keys: {some: {in: [b, c]}}}
a: {keys: {none: b}}
a: {keys: {length: {max: 1}}}
a: {keys: {set: true}}
a: {keys: {each: {in: [a, b]}}, length: {max: 2}}
a: {length: {equals: 2}}
a: {not: {length: {min: 1}}}
a: {each: {matches: "^x"}, length: {below: 3}}
a: {default: xy, length: {equals: 2}}
a.b: {keys: {each: {in: [a]}}}
a: {has_keys: [b]}
a.b: {set: true}
a.b: x
a.b.c: {default: 1, max: 1}
a[*].b: x
^.a.b: x
^.a: {equals: x}
""".strip().splitlines()

scalars = st.sampled_from([None, 0, 1, 3, 4, "", "x", "xy", "1", True, False, 2.5])
unknowns = st.builds(lambda: Unknown("var.x has no value"))
leaves = scalars | unknowns | st.builds(Sensitive, st.sampled_from(["x", 1, ""]))


def _map(entries: dict[str, Value]) -> Map:
    made = Map(SPAN)
    for key, value in entries.items():
        made.put(key, value, SPAN)
    return made


def _seq(items: list[Value]) -> Seq:
    made = Seq(SPAN)
    for item in items:
        made.add(item, SPAN)
    return made


values = st.recursive(
    leaves,
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(_map)
    | st.lists(inner, max_size=3).map(_seq),
    max_leaves=6,
)
roots = st.dictionaries(st.sampled_from("abc"), values, max_size=3).map(_map)


def _scope(root: Map) -> Scope:
    return Scope(root, Resource("terraform", "aws", "k", "k.a", root, span=SPAN), Inventory())


@pytest.mark.parametrize("text", CONDITIONS)
@given(root=roots)
@settings(max_examples=60, deadline=None)
def test_agree(text: str, root: Map) -> None:
    data = yaml.safe_load(text)
    parameters: dict[str, Any] = {"nothing": None}
    scope = _scope(root)
    for condition in (data, {"not": data}, {"any": [data, {"c": 1}]}, {"all": [data, {"c": {"set": True}}]}):
        expected = compile_condition(condition, parameters)(scope).truth
        assert compile_truth(condition, parameters)(scope) is expected


@given(root=roots)
@settings(max_examples=30, deadline=None)
def test_agree_on_every_condition_of_the_rules(root: Map) -> None:
    """On attributes that the rules know nothing of, and on some that they do."""
    for rule in load_bundle(folder("rules")).rules.values():
        for number, check in enumerate(rule.data["checks"]):
            compiled = rule.checks()[number]
            known = Map(SPAN)
            for key in (key for key in check["require"] if "." not in key and "[" not in key):
                for value in root.values():
                    known.put(key, value, SPAN)
            scope = _scope(known)
            assert compiled.holds(scope) is compiled.require(scope).truth, rule.id
            if compiled.when is not None and compiled.applies is not None:
                assert compiled.applies(scope) is compiled.when(scope).truth, rule.id


def test_needs_no_leaf_where_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    import guardrail.conditions.truths as truths

    def never(*_: object) -> None:
        raise AssertionError("took the long way")

    monkeypatch.setattr(truths, "compile_condition", never)
    scope = _scope(_map({"a": _map({"b": "x"}), "c": _seq([1, "x"])}))
    assert truths.compile_truth({"a.b": {"in": ["x"]}, "c": {"some": "x"}, "d": {"set": False}})(scope) is True


