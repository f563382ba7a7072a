"""What two renderings of a chart have otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes import documents
from guardrail.inputs.kubernetes.helm.generated import ANYTHING, Words, at_another_time, blank_out
from guardrail.model import PartText, Unknown, Value, plain

PODS = "\n---\n".join(
    f"kind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: main, image: {image}}}], x: [1, 2]}}"
    for name, image in {"a": "nginx", "b": "redis", "c": "httpd"}.items()
)


def compared(one: str, other: str, words: Words = ANYTHING) -> list[Value]:
    values = [document.value for document in documents.load(one.encode(), "").documents]
    blank_out(values, other, words)
    return values


@given(st.permutations(PODS.split("\n---\n")))
def test_documents_in_another_order_are_the_same(order: list[str]) -> None:
    values = compared(PODS, "\n---\n".join(order))
    assert plain(values[1]) == {
        "kind": "Pod",
        "metadata": {"name": "b"},
        "spec": {"containers": [{"name": "main", "image": "redis"}], "x": [1, 2]},
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[{name: a, port: 1}, {name: b, port: 2}]", "[{name: b, port: 2}, {name: a, port: 1}]"),
        ("[a, b, a]", "[b, a, a]"),
        ("[{key: a, in: [1, 2]}, {key: b}]", "[{key: b}, {key: a, in: [2, 1]}]"),
    ],
)
def test_items_in_another_order_are_the_same(one: str, other: str) -> None:
    assert plain(compared(f"x: {one}", f"x: {other}")) == plain(compared(f"x: {one}", f"x: {one}"))


def test_what_differs_in_an_item_that_moved() -> None:
    one = "x: [{name: a, port: 1, seed: x1}, {name: b, port: 2, seed: x2}]"
    (value,) = compared(one, "x: [{name: b, port: 2, seed: y2}, {name: a, port: 1, seed: y1}]")
    for item, port in zip(value["x"], (1, 2), strict=True):
        assert item["port"] == port
        assert isinstance(item["seed"], Unknown)


def test_items_that_are_made_anew_are_compared_as_they_come() -> None:
    (value,) = compared("x: [{name: a-1, y: 1}, {name: b, y: 2}]", "x: [{name: a-2, y: 1}, {name: b, y: 2}]")
    assert isinstance(value["x"][0]["name"], Unknown)
    assert (value["x"][0]["y"], value["x"][1]["name"]) == (1, "b")


def test_only_the_name_of_an_object_keeps_its_beginning() -> None:
    one = "kind: Pod\nmetadata: {name: job-1}\nspec: {containers: [{name: main-1}]}"
    (value,) = compared(one, one.replace("-1", "-2"))
    assert value["metadata"]["name"] == "job-*"
    assert isinstance(value["spec"]["containers"][0]["name"], Unknown)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("job-x7k2f", "job-x9m1q", "job-*"), ("clean24t0435", "clean24t0436", "*"), ("a-b2-c", "a-b3-c", "a-*")],
)
def test_no_part_of_a_word_that_changes_is_kept(one: str, other: str, expected: str) -> None:
    """By chance it would be another part in each scan, and the object another one."""
    text = "kind: Job\nmetadata: {name: %s}"
    (value,) = compared(text % one, text % other)
    assert value["metadata"]["name"] == expected


def test_objects_whose_names_hold_a_stand_in() -> None:
    one = "kind: A\nmetadata: {name: x-11}\na: 11-y\n---\nkind: A\nmetadata: {name: z}\na: b"
    other = "kind: A\nmetadata: {name: z}\na: b\n---\nkind: A\nmetadata: {name: x-22}\na: 22-y"
    first, second = compared(one, other, Words("11", "22", "why"))
    assert first["metadata"]["name"] == "x-*"
    assert isinstance(first["a"], PartText)
    assert plain(second) == {"kind": "A", "metadata": {"name": "z"}, "a": "b"}


def test_a_document_that_only_one_of_them_has() -> None:
    one = "kind: A\nmetadata: {name: x}\n---\nkind: A\nmetadata: {name: z}"
    assert plain(compared(one, "kind: A\nmetadata: {name: x}")[1]) == {"kind": "A", "metadata": {"name": "z"}}


def test_what_time_it_is() -> None:
    later = '(now | dateModify "-9999h13m17s")'
    assert at_another_time('now: {{ now | date "now" }}{{ $x := now }} {{ .now }}') == (
        f'now: {{{{ {later} | date "now" }}}}{{{{ $x := {later} }}}} {{{{ .now }}}}'
    )
    for text in ("{{ .Values.now }}", "{{ `now` }} now", "{{ now", "{{/* now */}}"):
        assert at_another_time(text) == text
