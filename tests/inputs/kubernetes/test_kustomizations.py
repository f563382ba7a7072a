from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.tree import Tree

ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: a\n"
CLUSTER_ROLE = ROLE.replace("Role", "ClusterRole")


def reading(tmp_path: Path, **files: str) -> Reading:
    """Files by name, with `__` for `/` and without `.yaml`."""
    overlay = {f"{name.replace('__', '/')}.yaml": text.encode() for name, text in files.items()}
    return read(sorted(overlay), Tree(str(tmp_path), overlay), ReadOptions())


def addresses(found: Reading) -> list[str]:
    return [resource.address for resource in found.resources]


def test_a_namespace_is_given_to_what_has_none(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        kustomization="namespace: shop\nresources: [role.yaml, cluster.yaml, placed.yaml]\n",
        role=ROLE,
        cluster=CLUSTER_ROLE,
        placed=ROLE + "  namespace: other\n",
        unlisted=ROLE,
    )
    assert sorted(addresses(found)) == ["ClusterRole/a", "Role/default/a", "Role/shop/a", "Role/shop/a"]
    assert [problem.kind for problem in found.problems] == ["duplicate-id"]
    role = found.resources[0]
    metadata = role.attributes["metadata"]
    assert (role.address, role.local, role.root) == ("Role/shop/a", "Role/default/a", "kustomization.yaml")
    assert metadata["namespace"] == "shop"
    assert (metadata.place("namespace").file, metadata.place("namespace").line) == ("kustomization.yaml", 1)
    (origin,) = metadata.origin_of("namespace")
    assert (origin.span.file, origin.span.line) == ("kustomization.yaml", 1)


def test_the_outermost_counts_and_reaches_through_folders(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        kustomization="namespace: outer\nresources: [apps]\n",
        apps__kustomization="resources: [web/]\n",
        apps__web__kustomization="namespace: inner\nresources: [role.yaml]\n",
        apps__web__role=ROLE,
        other__kustomization="namespace: alone\nresources: [role.yaml]\n",
        other__role=ROLE,
    )
    assert addresses(found) == ["Role/outer/a", "Role/alone/a"]
    assert found.resources[0].attributes["metadata"].place("namespace").file == "kustomization.yaml"
    assert [resource.root for resource in found.resources] == ["kustomization.yaml", "other/kustomization.yaml"]


def test_kustomizations_that_name_each_other_come_to_an_end(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        x__kustomization="namespace: a\nresources: [y, ../x]\n",
        x__y__kustomization="namespace: b\nresources: [.., ., ../y]\n",
        x__y__role=ROLE,
    )
    assert addresses(found) == ["Role/default/a"]
    assert {problem.kind for problem in found.problems} == {"cycle"}


def test_half_a_workload_beside_a_kustomization_is_a_patch(tmp_path: Path) -> None:
    half = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
    half += "spec:\n  template:\n    spec:\n      containers:\n"
    patch = half + "        - {name: a, args: [-v]}\n"
    found = reading(tmp_path, config__kustomization="resources: []\n", config__patch=patch, plain__patch=patch)
    assert [(note.kind, note.file) for note in found.notes] == [("patch", "config/patch.yaml")]
    assert found.files == {
        "config/kustomization.yaml": "analysed",
        "config/patch.yaml": "skipped",
        "plain/patch.yaml": "analysed",
    }
    whole = half + "        - {name: a, image: b}\n"
    assert len(reading(tmp_path, config__kustomization="", config__whole=whole).resources) == 1


def test_other_tools_kinds_are_no_resources(tmp_path: Path) -> None:
    notes = "apiVersion: release-notes/v2\nkind: bug-fix\narea: networking\n"
    found = reading(tmp_path, a=notes, b="apiVersion: example.com/v1\nkind: odd\nmetadata: {name: b}\n")
    assert addresses(found) == ["odd/default/b"]
    assert found.files["a.yaml"] == "skipped"
    assert not found.problems


CONTAINERS = "{containers: [{name: c, image: 'a:1'}]}"
DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: d}}
spec:
  template: {{spec: {CONTAINERS}}}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a.b}
spec: {conversion: {}}
"""
JOB = "apiVersion: batch/v1\nkind: %s\nmetadata: {name: j}\nspec: %s\n"


@pytest.mark.parametrize(
    ("name", "text", "judged"),
    [
        ("webhook_patch", "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n"
                          "metadata: {name: m}\n", False),
        ("patches__in_things", CRD, False),
        ("patches__deeper__in_things", CRD, True),
        ("in_things", CRD, True),
        ("manager_auth_proxy_patch", DEPLOYMENT, False),
        ("manager_auth_proxy_patch", DEPLOYMENT + "  selector: {}\n", True),
        ("manager", DEPLOYMENT, True),
        ("manager", DEPLOYMENT.replace("image", "name"), False),
        ("job-patch", JOB % ("Job", f"{{template: {{spec: {CONTAINERS}}}}}"), True),
        ("job-patch", JOB % ("Job", "{template: {}}"), False),
        ("job-patch", JOB % ("CronJob", f"{{jobTemplate: {{spec: {{template: {{spec: {CONTAINERS}}}}}}}}}"), True),
        ("pod.patch", JOB % ("Pod", CONTAINERS), True),
        ("dispatch", CRD, True),
        ("elsewhere__a__patch", CRD, True),
    ],
)  # fmt: skip
def test_patches_that_nobody_uses(tmp_path: Path, name: str, text: str, judged: bool) -> None:
    found = reading(tmp_path, kustomization="resources: [role.yaml]\n", role=ROLE, **{name: text})
    assert len(found.resources) == 1 + judged
    assert [note.kind for note in found.notes] == ([] if judged else ["patch"])
