from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.kubernetes.platform.catalog import Ownership, reference
from guardrail.inputs.kubernetes.recognise import recognise
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.scanning import Request, scan
from guardrail.tree import Tree

COMPONENT = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: {name}
spec:
  type: service
  lifecycle: production
  owner: {owner}
"""


API = COMPONENT.replace("Component", "API").format(name="b", owner="two")


def component(name: str, owner: str) -> str:
    return COMPONENT.format(name=name, owner=owner)


def tree(files: dict[str, str]) -> Tree:
    return Tree("/nowhere", {name: text.encode() for name, text in files.items()})


def reading(text: str, name: str = "catalog-info.yaml") -> Reading:
    assert recognise(name, text.encode())
    return read([name], tree({name: text}), ReadOptions())


def test_entities_are_no_objects_of_a_cluster() -> None:
    found = reading(component("shop", "payments") + "---\n" + """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: New-Service, namespace: Golden}
spec: {owner: payments, steps: []}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
""")
    assert [(r.platform, r.provider, r.kind, r.address) for r in found.resources] == [
        ("catalog", "backstage", "backstage.Component", "component:default/shop"),
        ("catalog", "backstage", "backstage.Template", "template:Golden/New-Service"),
        ("kubernetes", "kubernetes", "Service", "Service/default/shop"),
    ]
    assert found.resources[0].tags is None
    assert not found.problems


def test_a_scaffolder_s_skeleton_is_told_and_left() -> None:
    text = component("${{ values.name }}", "${{ values.owner }}")
    assert [resource.kind for resource in reading(text).resources] == ["backstage.Component"]
    found = reading(text + "{%- if values.system %}\n  system: ${{ values.system }}\n{%- endif %}\n")
    assert not found.resources
    assert not found.problems
    assert [(note.kind, note.file) for note in found.notes] == [("template", "catalog-info.yaml")]
    assert found.files == {"catalog-info.yaml": "skipped"}


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("payments", "group:default/payments"), ("group:payments", "group:default/payments"),
        ("User:Jane.Doe", "user:default/jane.doe"), ("external/payments", "group:external/payments"),
        ("user:external/jane", "user:external/jane"), ("${{ values.owner }}", None), ("a b", None), ("", None),
        (5, None),
    ],
)  # fmt: skip
def test_references_in_full(text: object, full: str | None) -> None:
    assert reference(text, "group", "default") == full


def test_the_nearest_catalogue_says_who_owns_a_file() -> None:
    ownership = Ownership(tree({
        "catalog-info.yaml": component("all", "platform"),
        "shop/catalog-info.yml": component("shop", "payments") + "---\n" + component("shop-api", "payments"),
        "mixed/catalog-info.yaml": component("a", "one") + "---\n" + component("b", "two"),
        "with-api/catalog-info.yaml": component("a", "one") + "---\n" + API,
        "skeleton/catalog-info.yaml": component("a", "${{ values.owner }}"),
        "broken/catalog-info.yaml": "apiVersion: [",
    }))  # fmt: skip
    assert ownership.of("main.tf") == "group:default/platform"
    assert ownership.of("infra/deep/main.tf") == "group:default/platform"
    assert ownership.of("shop/k8s/app.yaml") == "group:default/payments"
    assert ownership.of("mixed/app.yaml") == ""
    assert ownership.of("with-api/app.yaml") == "group:default/one"
    assert ownership.of("skeleton/app.yaml") == ownership.of("broken/app.yaml") == ""
    assert Ownership(tree({})).of("a/b.tf") == ""


def test_findings_of_every_platform_carry_their_owner(tmp_path: Path) -> None:
    from guardrail.reports import render

    (tmp_path / ".git").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "catalog-info.yaml").write_text(component("shop", "payments"))
    (tmp_path / "shop" / "main.tf").write_text('resource "aws_s3_bucket_acl" "a" {\n  acl = "public-read"\n}\n')
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: []}\n"
    (tmp_path / "pod.yaml").write_text(pod)
    result = scan(Request(paths=(str(tmp_path),)))
    owners = {(finding.platform, finding.owner) for finding in result.findings if finding.platform != "catalog"}
    assert owners == {("terraform", "group:default/payments"), ("kubernetes", "")}
    findings = json.loads(render("json", result))["findings"]
    assert {finding.get("owner") for finding in findings} == {"group:default/payments", None}
    assert all("owner" not in finding for finding in findings if finding["file"] == "pod.yaml")
    sarif = json.loads(render("sarif", result))["runs"][0]["results"]
    assert {item["properties"].get("owner") for item in sarif} == {"group:default/payments", None}
    assert "owner: group:default/payments" in render("text", result)
    assert "group:default/payments" in render("html", result)
