from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.kubernetes import documents, read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import plain
from guardrail.tree import Tree


def values(text: str) -> list[object]:
    return [plain(document.value) for document in documents.load(text.encode(), "a.yaml").documents]


def reading(**files: str) -> Reading:
    overlay = {name.replace("_", "."): text.encode() for name, text in files.items()}
    return read(sorted(overlay), Tree("/nowhere", overlay), ReadOptions())


def addresses(found: Reading) -> list[str]:
    return [resource.address for resource in found.resources]


def test_a_broken_document_does_not_take_the_others_along() -> None:
    text = 'a: 1\n---\nb: [1\n---\nc: 2\n--- # why\nd: "\n---\ne: 3\n'
    loaded = documents.load(text.encode(), "a.yaml")
    assert [plain(document.value) for document in loaded.documents] == [{"a": 1}, {"c": 2}, {"e": 3}]
    assert [document.value.place("c").line for document in loaded.documents[1:2]] == [5]
    assert len(loaded.problems) == 2


def test_what_follows_a_broken_document_is_read_once() -> None:
    text = "kind: [\n---\n{{ x }}: 1\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    found = reading(a_yaml=text)
    assert addresses(found) == ["Pod/default/a"]
    assert found.resources[0].span.line == 5
    assert found.files == {"a.yaml": "partial"}
    assert [(problem.kind, problem.line) for problem in found.problems] == [("syntax", 2)]
    assert [(note.kind, note.line) for note in found.notes] == [("template", 3)]


def test_json_may_come_as_a_stream() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a}{"}}\n' \
           '{"apiVersion": "v1", "kind": "Pod",\n "metadata": {"name": "b"}} ' \
           '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}\n'  # fmt: skip
    found = reading(a_json=text)
    assert addresses(found) == ["Pod/default/a}{", "Pod/default/b", "Pod/default/c"]
    last = found.resources[2].attributes["metadata"].place("name")
    assert text.split("\n")[last.line - 1][last.column - 1 : last.end_column - 1] == '"name": "c"'
    assert not found.problems


def test_a_stream_with_something_in_between_is_broken() -> None:
    found = reading(a_json='{"apiVersion": "v1", "kind": "Pod"} x {"apiVersion": "v1", "kind": "Pod"}')
    assert found.problems


def test_arrays_and_templates_hold_objects() -> None:
    found = reading(
        a_json='[{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]',
        b_yaml="""
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: app}
parameters: [{name: IMAGE}]
objects:
  - apiVersion: apps.openshift.io/v1
    kind: DeploymentConfig
    metadata: {name: "${NAME}"}
    spec: {template: {spec: {containers: [{name: a, image: "${IMAGE}"}]}}}
""",
    )
    assert addresses(found) == ["Pod/default/a", "DeploymentConfig/default/${NAME}"]


def test_scopes_are_known_by_group_and_by_definitions() -> None:
    found = reading(
        a_yaml="""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Thing, plural: things}}
---
{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}}
---
{apiVersion: other.com/v1, kind: Thing, metadata: {name: a}}
---
{apiVersion: pkg.crossplane.io/v1, kind: Provider, metadata: {name: aws}}
---
{apiVersion: notification.toolkit.fluxcd.io/v1beta3, kind: Provider, metadata: {name: slack, namespace: flux}}
---
{apiVersion: v1, kind: Pod, metadata: {generateName: job-}}
"""
    )
    assert addresses(found)[1:] == [
        "Thing/a", "Thing/default/a", "Provider/aws", "Provider/flux/slack", "Pod/default/job-*",
    ]  # fmt: skip


keys = st.text("abc", min_size=1, max_size=2)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.sampled_from('ab{}[]",:\\ '), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(keys, json_values, min_size=1, max_size=3), min_size=2, max_size=4),
       st.sampled_from(["\n", " ", "", "\n\n  ", "\t\n"]))  # fmt: skip
def test_any_stream_is_read_as_its_parts(parts: list[object], between: str) -> None:
    assert values(between.join(json.dumps(part) for part in parts)) == parts


pieces = st.sampled_from(["a: 1", "b: [", "c: '", "{{ x }}", "- 1", "--- ", "d: {", "# e", "...", "|"])


@given(st.lists(pieces, max_size=12))
def test_nothing_makes_it_raise_or_repeat_itself(lines: list[str]) -> None:
    loaded = documents.load("\n".join(lines).encode(), "a.yaml")
    places = [document.value.span for document in loaded.documents if hasattr(document.value, "span")]
    assert len(set(places)) == len(places)
