"""Objects of Kubernetes against the API's own schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import REPOSITORY, calls, ends
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts.kubernetes_schema import (
    ENUM,
    LIST,
    MAPPING,
    OBJECT,
    QUANTITY,
    Field,
    Type,
    kinds,
    type_called,
    type_of_kind,
    version,
)
from guardrail.concepts.schema_faults import MAX_FAULTS, nouns
from guardrail.concepts.schema_words import meant_quantity
from guardrail.concepts.table import CODE, SCHEMA_FAULTS
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Inventory, Map, PartText, Reference, Resource, Sensitive, Seq, Span, Unknown
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[1] / "fixtures" / "kubernetes" / "schema"
HERE = Span("x.yaml", 1, 1, 1, 2)


def resources(text: str, file: str = "app/all.yaml") -> list[Resource]:
    return read([file], Tree("/nowhere-at-all", {file: text.encode()}), ReadOptions()).resources


def faults(text: str, file: str = "app/all.yaml") -> list[Map]:
    return [noun.fields for one in resources(text, file) for noun in nouns(one, Inventory())]


def pod(container: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, {container}}}]}}\n"


def expected_in(text: str) -> list[tuple[int, str, str]]:
    """`# type a.b` behind a line: the fault that is there; several in a row, several."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for told in line.split(" # ")[1:]:
            fault, _, field = told.partition(" ")
            found.append((number, fault, field))
    return sorted(found)


@pytest.mark.parametrize("name", ["shop.yaml", "filled-in-later.yaml"])
def test_each_fault_stands_at_its_line(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    found = sorted((f.header.line, f["fault"], f["field"]) for f in faults(text))
    assert found == expected_in(text)


@pytest.mark.parametrize(
    ("container", "expected", "found", "suggestion"),
    [
        ("image: 1.0", "text", "the number 1.0", None),
        ("tty: 'true'", "true or false", 'the text "true"', None),
        ("stdin: 1", "true or false", "the number 1", None),
        ("ports: [{containerPort: '80'}]", "a whole number", 'the text "80"', None),
        ("ports: [{containerPort: true}]", "a whole number", "true", None),
        ("ports: {containerPort: 80}", "a list", "a mapping", None),
        ("env: [[]]", "a mapping", "a list", None),
        ("resources: {limits: {memory: true}}", "a quantity (`500m`, `1Gi`)", "true", None),
        ("resources: {limits: {memory: 1.5 GB}}", "a quantity (`500m`, `1Gi`)", 'the text "1.5 GB"', "1.5G"),
        ("resources: {limits: {memory: much}}", "a quantity (`500m`, `1Gi`)", 'the text "much"', None),
        ("livenessProbe: {httpGet: {port: 1.5}}", "a whole number or text", "the number 1.5", None),
        ("imagePullPolicy: ALWAYS", "Always, IfNotPresent, Never", 'the text "ALWAYS"', "Always"),
        ("imagePullPolicy: 1", "Always, IfNotPresent, Never", "the number 1", None),
    ],
)
def test_words(container: str, expected: str, found: str, suggestion: str | None) -> None:
    (fault,) = faults(pod(container))
    assert (fault["expected"], fault["found"], fault.get("suggestion")) == (expected, found, suggestion)
    assert fault["version"] == version()


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (pod("resouces: {}"), "resources"),
        (pod("Image: a"), "image"),
        (pod("resouces: {}, resources: {}"), None),
        (pod("runAsUser: 1"), "spec.containers[0].securityContext.runAsUser"),
        (pod("runAsUser: 1, securityContext: {runAsUser: 1}"), None),
        (pod("serviceAccountName: a"), "spec.serviceAccountName"),
        (pod("volumes: []"), "spec.volumes"),
        (pod("zebra: 1"), None),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nlabels: {a: b}\n", "metadata.labels"),
        (
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '@daily', backoffLimit: 1, "
            "jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}",
            "spec.jobTemplate.spec.backoffLimit",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
            "spec: {containers: [{name: a}], volumes: [{name: b, secret: {name: c}}]}",
            "secretName",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
            "spec: {containers: [{name: a}], volumes: [{name: b, secret: {secretName: c, name: c}}]}",
            None,
        ),
    ],
)
def test_what_was_meant(text: str, suggestion: str | None) -> None:
    (fault,) = (fault for fault in faults(text) if fault["fault"] == "unknown")
    assert fault.get("suggestion") == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: many}",
        "apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: many}",
        "apiVersion: v1\nkind: DeploymentConfig\nmetadata: {name: a}\nspec: {replicas: many}",
        "apiVersion: [v1]\nkind: Pod\nmetadata: {name: a}\nspec: {containers: many}",
        'apiVersion: "v1\\n"\nkind: Pod\nmetadata: {name: a}\nspec: {containers: many}',
    ],
)
def test_other_kinds_are_nobodys_business(text: str) -> None:
    assert not faults(text)


@pytest.mark.parametrize("file", ["app/patch-shop.yaml", "app/patches/shop.yaml"])
def test_a_patch_need_not_be_whole(file: str) -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{http: {}, hots: a}]}"
    assert [fault["fault"] for fault in faults(text, file)] == ["unknown"]
    assert sorted(fault["fault"] for fault in faults(text)) == ["missing", "unknown"]


def test_null_is_not_there() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null}\nspec:\n  containers: null\n  volumes: null\n"
    (fault,) = faults(text)
    assert (fault["fault"], fault["field"], fault.header.line) == ("missing", "spec.containers", 5)


def test_secrets_are_not_shown() -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  pin: 90210\n  word: hush-90210\n"
        "  many: [90210]\n"
    )
    found = faults(text)
    assert [(fault["field"], fault["found"]) for fault in found] == [
        ("stringData.pin", "a number"), ("stringData.many", "a list"),
    ]  # fmt: skip
    assert "90210" not in str(found)


def test_what_is_not_known_is_passed_over() -> None:
    (resource,) = resources(pod("image: a"))
    container = resource.attributes["spec"]["containers"][0]
    hidden = (Sensitive("x"), Sensitive(Unknown("y")))
    for unknown in (Unknown("why"), Reference("a.b", "c"), PartText("why", (), "x\0"), *hidden):
        for key in ("image", "imagePullPolicy", "name"):
            container[key] = unknown
        resource.attributes["metadata"]["labels"] = unknown if not isinstance(unknown, Sensitive) else None
        assert not list(nouns(resource, Inventory()))
    container["ports"] = Sensitive(Seq())
    assert not list(nouns(resource, Inventory()))


def test_terraforms_provider_converts() -> None:
    (read_,) = resources(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {a: 1}}\nspec: {type: 5, clusterIPs: a, "
        "publishNotReadyAddresses: 'yes', ports: [{port: '80', nodePort: eighty}]}"
    )
    attributes = Map(HERE)
    attributes.put("manifest", read_.attributes, HERE)
    resource = Resource("terraform", "kubernetes", "kubernetes_manifest", "kubernetes_manifest.a", attributes)
    assert [noun.fields["field"] for noun in nouns(resource, Inventory())] == [
        "spec.clusterIPs", "spec.publishNotReadyAddresses", "spec.ports[0].nodePort",
    ]  # fmt: skip


def test_hostile_objects_end() -> None:
    many = ", ".join(f"x{number}: 1" for number in range(20_000))
    with ends(20):
        assert len(faults(pod(many))) == MAX_FAULTS
        assert len(faults(pod(f"imagePullPolicy: {'a' * 2_000_000}, {'b' * 900}: 1"))) == 2
    deep = "".join(f"{{not: &a{level} {{not: " for level in range(60)) + "{}" + "}}" * 60
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
        "spec: {group: a, scope: Cluster, names: {plural: a, kind: A}, versions: [{name: v1, schema: {openAPIV3Schema: "
    )
    assert not faults(text + deep + "}}]}")


def test_the_table_names_what_the_data_has() -> None:
    named = {kind for kind, modules in CODE.items() if SCHEMA_FAULTS in modules}
    assert named == {kind.rsplit("/", 1)[-1] for kind in kinds()} | {"kubernetes_manifest"}


def test_every_type_can_be_read() -> None:
    for kind in kinds():
        api, _, name = kind.rpartition("/")
        reached: set[str] = set()
        waiting = [type_of_kind(api, name)]
        while waiting:
            type_ = waiting.pop()
            assert type_ is not None
            assert type_.fields
            assert type_.required <= type_.fields.keys()
            for field in type_.fields.values():
                while field.form in (LIST, MAPPING):
                    field = field.of
                if field.form == OBJECT and field.of not in reached:
                    reached.add(field.of)
                    waiting.append(type_called(field.of))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("512MB", "512M"), ("1gb", "1G"), ("1.5GiB", "1.5Gi"), ("2 cores", "2"), ("10K", "10k"), ("5 m", "5m"),
     ("fast", ""), ("5x", "")],
)
def test_quantities_that_were_meant(written: str, meant: str) -> None:
    assert meant_quantity(written) == meant


def test_a_right_object_is_walked_over_swiftly() -> None:
    """A few calls for each block, one for each text."""
    (resource,) = resources(pod("image: a, env: [" + ", ".join("{name: A, value: b}" for _ in range(200)) + "]"))
    list(nouns(resource, Inventory()))
    assert calls(lambda: list(nouns(resource, Inventory()))) < 200 * 10


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "s": st.sampled_from(["", "a", "8080", "true"]), "i": st.sampled_from([0, 8080, -1, 2.0]), "b": st.booleans(),
    "n": st.sampled_from([1, 2.5]), "x": st.sampled_from([8080, "http", "25%"]),
    "*": st.sampled_from([1, "a", True, None]),
}  # fmt: skip


def values_of(field: Field, depth: int) -> st.SearchStrategy[Any]:
    """What a field takes."""
    if field.form == OBJECT:
        return objects(type_called(field.of), depth + 1)
    if field.form == LIST:
        return st.lists(values_of(field.of, depth), max_size=2).map(seq)
    if field.form == MAPPING:
        return st.dictionaries(st.sampled_from(["a", "b-c"]), values_of(field.of, depth), max_size=2).map(mapping)
    if field.form == ENUM:
        return st.sampled_from(field.of)
    if field.form == QUANTITY:
        return st.sampled_from(["1", "500m", "1Gi", 2, 0.5, "1e3"])
    return SCALARS[field.word]


@st.composite
def objects(draw: st.DrawFn, type_: Type, depth: int = 0) -> Map:
    """An object of that type: what it must have, and a few of the rest."""
    some = draw(st.sets(st.sampled_from(sorted(type_.fields)), max_size=2)) if depth < 6 and type_.fields else set()
    chosen = sorted((some | type_.required) - ({"apiVersion", "kind"} if depth == 0 else set()))
    return mapping({name: draw(values_of(type_.fields[name], depth)) for name in chosen})


def mapping(values: dict[str, Any]) -> Map:
    made = Map(HERE)
    for key, value in values.items():
        made.put(key, value, HERE)
    return made


def seq(values: list[Any]) -> Seq:
    made = Seq(HERE)
    for value in values:
        made.add(value, HERE)
    return made


def drawn(data: st.DataObject) -> Resource:
    chosen = data.draw(st.sampled_from(["v1/Pod", "apps/v1/Deployment", "v1/Service", "networking.k8s.io/v1/Ingress",
                                        "autoscaling/v2/HorizontalPodAutoscaler", "batch/v1/CronJob"]))  # fmt: skip
    api, _, kind = chosen.rpartition("/")
    type_ = type_of_kind(api, kind)
    assert type_ is not None
    attributes = data.draw(objects(type_))
    attributes.put("apiVersion", api, HERE)
    attributes.put("kind", kind, HERE)
    return Resource("kubernetes", "kubernetes", kind, f"{kind}/default/a", attributes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_the_schema_allows_has_no_fault(data: st.DataObject) -> None:
    assert not list(nouns(drawn(data), Inventory()))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_field_that_there_is_none_of_is_found_wherever_it_stands(data: st.DataObject) -> None:
    resource = drawn(data)
    type_ = type_of_kind(resource.attributes["apiVersion"], resource.kind)
    assert type_ is not None
    places: list[Map] = []

    def gather(value: Any, field: Field) -> None:
        if field.form == OBJECT and isinstance(value, Map):
            places.append(value)
            for key, item in value.items():
                gather(item, type_called(field.of).fields[key])
        elif field.form in (LIST, MAPPING):
            for item in value.values() if isinstance(value, Map) else value:
                gather(item, field.of)

    places.append(resource.attributes)
    for key, item in resource.attributes.items():
        gather(item, type_.fields[key])
    data.draw(st.sampled_from(places)).put("zebra", 1, HERE)
    assert [noun.fields["fault"] for noun in nouns(resource, Inventory())] == ["unknown"]


def test_the_documentation_names_the_release() -> None:
    text = (REPOSITORY / "docs" / "inputs.md").read_text(encoding="utf-8")
    assert f"newest release\n({version()};" in text


def test_a_value_that_was_put_in_is_told_with_where_it_comes_from() -> None:
    text = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  path: ./app
  sourceRef: {kind: GitRepository, name: deploy}
  postBuild: {substitute: {PORT: "8080"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {port: "${PORT}"}
"""
    (fault,) = faults(text)
    assert (fault["field"], fault["found"]) == ("data.port", "the number 8080")
    assert [origin.note for origin in fault.origin_of("fault")] == ["PORT of Flux Kustomization apps"]
