"""Strategic merge: what it comes to is held against kustomize in test_kustomize_trees; here are places and promises."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.kustomize import json_patch
from guardrail.inputs.kubernetes.kustomize.merge import Merge
from guardrail.inputs.kubernetes.kustomize.merge_keys import BUILT_IN
from guardrail.inputs.kubernetes.kustomize.objects import Budget, Failed, Refused, copied
from guardrail.model import Map, plain

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  template:
    spec:
      containers:
        - name: one
          image: i:1
          resources:
            limits: {cpu: 1}
        - name: two
          image: i:2
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: two
          image: i:3
          securityContext:
            privileged: true
        - name: new
          image: n
"""


def loaded(text: str, file: str) -> Map:
    (document,) = yaml.load(text.encode(), file, "kustomize").documents
    assert isinstance(document.value, Map)
    return document.value


def merged(base: str, patch: str) -> Map:
    target = copied(loaded(base, "base.yaml"), Budget())
    assert Merge(BUILT_IN, Budget()).apply(target, loaded(patch, "patch.yaml"))
    return target


def place(value: Any, *path: Any) -> tuple[str, int]:
    for key in path[:-1]:
        value = value[key]
    span = value.place(path[-1])
    return span.file, span.line


def test_each_value_stands_where_it_is_written() -> None:
    pod = merged(BASE, PATCH)["spec"]["template"]["spec"]
    two, new, one = pod["containers"]
    assert [two["name"], new["name"], one["name"]] == ["two", "new", "one"]
    assert place(pod, "hostNetwork") == ("patch.yaml", 7)
    assert place(two, "image") == ("patch.yaml", 10)
    assert place(two, "name") == ("patch.yaml", 9)
    assert place(two, "securityContext", "privileged") == ("patch.yaml", 12)
    assert place(one, "image") == ("base.yaml", 10)
    assert place(new, "image") == ("patch.yaml", 14)
    # What is absent stands at the block that lacks it: the base's, where there is one.
    assert place(two, "resources") == ("base.yaml", 13)
    assert place(one["resources"], "requests") == ("base.yaml", 11)
    assert place(two["securityContext"], "runAsNonRoot") == ("patch.yaml", 11)
    assert place(new, "resources") == ("patch.yaml", 13)


def test_what_was_there_before_is_told() -> None:
    two = merged(BASE, PATCH)["spec"]["template"]["spec"]["containers"][0]
    (before,) = two.origin_of("image")
    assert (before.span.file, before.span.line, before.value) == ("base.yaml", 14, None)


@pytest.mark.parametrize(
    ("base", "patch", "result"),
    [
        ("a: {b: 1, c: 2}", "a: {b: null}", {"a": {"c": 2}}),
        ("a: {b: 1}", "a: {$patch: replace, c: 2}", {"a": {"c": 2}}),
        ("a: {b: 1}", "a: {$patch: delete}", {}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: {b: 1, c: 2}", "a: {$retainKeys: [b], b: 3}", {"a": {"b": 3}}),
        ("a: {f: [x, y, z]}", "a: {$deleteFromPrimitiveList/f: [y]}", {"a": {"f": ["x", "z"]}}),
        ("a: {b: [1]}", "a: {$setElementOrder/b: [1]}", {"a": {"b": [1]}}),
    ],
)
def test_directives(base: str, patch: str, result: Any) -> None:
    assert plain(merged(base, patch)) == result


def test_a_patch_that_deletes_the_object() -> None:
    assert not Merge(BUILT_IN, Budget()).apply(loaded("a: 1", "a"), loaded("$patch: delete", "b"))


scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("xyz")
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(st.sampled_from("abcd"), trees, max_size=4)


def as_map(value: dict[str, Any], file: str) -> Map:
    import json

    return loaded(json.dumps(value), file)


def expected(target: Any, patch: Any) -> Any:
    """RFC 7396, which a strategic merge comes to where nothing is known of the kind; nulls in lists stay."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = expected(result.get(key), value)
    return result


def alike(one: Any, other: Any) -> bool:
    """Whether kyaml would merge them at all: it refuses to put a list in a mapping's place."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(alike(one[key], other[key]) for key in one.keys() & other.keys())
    if one is None or other is None:
        return True
    return (
        (type(one) in (dict, list)
        and type(one) is type(other))
        or (not isinstance(one, (dict, list))
        and not isinstance(other, (dict, list)))
    )


@given(objects, objects)
def test_without_a_schema_it_is_a_json_merge_patch(base: dict[str, Any], patch: dict[str, Any]) -> None:
    target, change = as_map(base, "base"), as_map(patch, "patch")
    before = copy.deepcopy(plain(change))
    if not alike(base, patch):
        with pytest.raises(Failed):
            Merge(BUILT_IN, Budget()).apply(target, change)
    else:
        Merge(BUILT_IN, Budget()).apply(target, change)
        assert plain(target) == expected(base, patch)
    assert plain(change) == before


def test_it_shares_nothing_with_the_patch() -> None:
    target, change = as_map({}, "base"), as_map({"a": {"b": [{"c": 1}]}}, "patch")
    Merge(BUILT_IN, Budget()).apply(target, change)
    target["a"]["b"][0]["c"] = 2
    assert plain(change) == {"a": {"b": [{"c": 1}]}}


# ---- JSON patches ----------------------------------------------------------------------------------------------


def patched(base: dict[str, Any], operations: list[dict[str, Any]]) -> Any:
    import json

    (document,) = yaml.load(json.dumps(operations).encode(), "patch", "kustomize").documents
    return plain(json_patch.apply(as_map(base, "base"), json_patch.operations_of(document.value), Budget()))


@pytest.mark.parametrize(
    ("base", "operation", "result"),
    [
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/-1"}, {"a": [1]}),
        ({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}, {"b": 2}),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a/b", "path": "/c"}, {"a": {}, "c": 1}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"}, {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a/b": {"~": 1}}, {"op": "replace", "path": "/a~1b/~0", "value": None}, {"a/b": {"~": None}}),
        ({"a": {}}, {"op": "replace", "path": "/a/b", "value": 1}, {"a": {"b": 1}}),
    ],
)
def test_json_patches(base: dict[str, Any], operation: dict[str, Any], result: Any) -> None:
    assert patched(base, [operation]) == result


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/b"},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "add", "path": "/a/5", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "add", "path": "b", "value": 1},
        {"op": "test", "path": "/a/0", "value": True},
        {"op": "move", "from": "/a/9", "path": "/b"},
        {"op": "replace", "path": "", "value": 1},
        {"op": "what", "path": "/a"},
        {"path": "/a"},
    ],
)
def test_json_patches_that_fail(operation: dict[str, Any]) -> None:
    with pytest.raises(Failed):
        patched({"a": [1]}, [operation])


def test_what_copies_itself_is_refused() -> None:
    operations = [{"op": "copy", "from": "/a", "path": "/a/b"}] * 250
    with pytest.raises(Refused):
        patched({"a": {}}, operations)
