"""Manifests that may be joined are looked at together, others apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.inputs.kubernetes import grouping
from guardrail.tree import Tree


def manifest(kind: str, name: str, namespace: str = "", more: str = "") -> str:
    placed = f"  namespace: {namespace}\n" if namespace else ""
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{placed}{more}"


def groups(root: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    monkeypatch.setattr(grouping, "GROUP_BYTES", 1)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return sorted(grouping.components(sorted(files), Tree(str(root))))


SUBJECT = "subjects:\n- kind: ServiceAccount\n  name: a\n  namespace: web\n"


def test_apart_by_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "a.yaml": manifest("Service", "a", "shop"),
        "b.yaml": manifest("Deployment", "b", "shop") + "---\n" + manifest("Deployment", "c", "shop"),
        "c.yaml": manifest("Service", "a", "web"),
        "d.yaml": manifest("RoleBinding", "d", "web", SUBJECT),
        "e.yaml": manifest("Service", "e"),
        "f.yaml": manifest("Pod", "f", "", "spec:\n  containers: []\n"),
        "g.yaml": manifest("Service", "g", '"quoted"'),
    }
    assert groups(tmp_path, files, monkeypatch) == [
        ("a.yaml", "b.yaml"), ("c.yaml", "d.yaml"), ("e.yaml", "f.yaml"), ("g.yaml",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        manifest("Service", "x", "shop") + "---\n" + manifest("Service", "y", "web"),
        manifest("RoleBinding", "x", "shop", SUBJECT),
        manifest("Namespace", "shop") + "---\n" + manifest("Namespace", "web"),
        '{"apiVersion": "v1", "kind": "List", "items": [{"metadata": {"namespace": "shop"}},'
        ' {"metadata": {"namespace": "web"}}]}',
    ],
    ids=["two", "subject", "namespaces", "json"],
)
def test_a_file_that_speaks_of_two_joins_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    files = {
        "a.yaml": manifest("Service", "a", "shop"),
        "b.yaml": manifest("Service", "b", "web"),
        "c.yaml": manifest("Service", "c", "third"),
        "x.yaml": text,
    }
    assert groups(tmp_path, files, monkeypatch) == [("a.yaml", "b.yaml", "x.yaml"), ("c.yaml",)]


def test_one_object_without_a_namespace_is_in_the_default_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "a.yaml": manifest("Service", "a", "shop") + "---\n" + manifest("RoleBinding", "b", "", SUBJECT),
        "b.yaml": manifest("Service", "b"),
        "c.yaml": manifest("Service", "c", "other", "spec:\n  namespace: x\n"),
        "d.yaml": manifest("Role", "d", "", "spec:\n  namespace: y\n"),
    }
    assert groups(tmp_path, files, monkeypatch) == [("a.yaml", "b.yaml", "d.yaml"), ("c.yaml",)]


def test_those_of_the_whole_cluster_are_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "a.yaml": manifest("ClusterRole", "a"),
        "b.yaml": manifest("ClusterRoleBinding", "b", "", SUBJECT),
        "c.yaml": manifest("ServiceAccount", "c", "web"),
        "d.yaml": manifest("Service", "d", "shop"),
    }
    assert groups(tmp_path, files, monkeypatch) == [("a.yaml", "b.yaml", "c.yaml"), ("d.yaml",)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Chart.yaml", "name: a"),
        ("overlays/prod/kustomization.yaml", "resources: []"),
        ("app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"),
        ("crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"),
        ("t.yaml", "metadata:\n  namespace: {{ .Release.Namespace }}\n"),
    ],
)
def test_what_joins_several_keeps_all_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    files = {"a.yaml": manifest("Service", "a", "shop"), "b.yaml": manifest("Service", "b", "web"), name: text}
    assert groups(tmp_path, files, monkeypatch) == [tuple(sorted(files))]
