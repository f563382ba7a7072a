"""What a `kubernetes_manifest` holds is an object of its kind, to rules on the kind and to bindings of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import guardrail

APPLICATION = """{
    apiVersion = "argoproj.io/v1alpha1"
    kind       = "Application"
    metadata   = { name = "shop", namespace = "argocd" }
    spec       = { project = "default" }
  }"""
INGRESS = """{
    apiVersion = "networking.k8s.io/v1"
    kind       = "Ingress"
    metadata   = { name = "shop", namespace = "shop" }
    spec       = { rules = [{ host = "shop.example.com" }] }
  }"""
MESH = """{
    apiVersion = "consul.hashicorp.com/v1alpha1"
    kind       = "Mesh"
    metadata   = { name = "mesh" }
    spec       = { tls = { incoming = { tlsMinVersion = "TLSv1_1" } } }
  }"""


def found(folder: Path, manifest: str, before: str = "") -> dict[str, int]:
    """The rules that fail, and on which line."""
    (folder / "main.tf").write_text(f'{before}resource "kubernetes_manifest" "held" {{\n  manifest = {manifest}\n}}\n')
    result = guardrail.scan([str(folder)])
    assert not result.problems
    return {finding.rule: finding.span.line for finding in result.failures}


@pytest.mark.parametrize(
    ("manifest", "rule", "line"),
    [
        (APPLICATION, "argo-project-named", 6),
        (INGRESS.replace("networking.k8s.io/v1", "extensions/v1beta1"), "api-version-served", 3),
        (INGRESS, "endpoint-encrypted", 6),
        (MESH, "endpoint-tls-minimum", 6),
    ],
)
def test_it_is_judged_as_what_it_holds(tmp_path: Path, manifest: str, rule: str, line: int) -> None:
    assert found(tmp_path, manifest)[rule] == line


def test_what_others_hold_is_looked_at_too(tmp_path: Path) -> None:
    project = """resource "kubernetes_manifest" "project" {
  manifest = {
    apiVersion = "argoproj.io/v1alpha1"
    kind       = "AppProject"
    metadata   = { name = "default", namespace = "argocd" }
    spec       = { sourceRepos = ["https://github.com/acme/shop"] }
  }
}
"""
    assert "argo-project-named" not in found(tmp_path, APPLICATION, project)
    assert "argo-project-named" in found(tmp_path, APPLICATION, project.replace("https://github.com/acme/shop", "*"))


@pytest.mark.parametrize("rule", ["argo-project-named", "api-version-served"])
def test_what_it_holds_may_not_be_known(tmp_path: Path, rule: str) -> None:
    assert rule not in found(tmp_path, "var.manifest", 'variable "manifest" {\n  type = any\n}\n')


def test_each_copy_is_told_of_by_its_own_address(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        f'resource "kubernetes_manifest" "held" {{\n  for_each = toset(["a", "b"])\n  manifest = {APPLICATION}\n}}\n'
    )
    result = guardrail.scan([str(tmp_path)])
    told = [finding for finding in result.failures if finding.rule == "argo-project-named"]
    assert {instance for finding in told for instance in finding.instances} == {
        'kubernetes_manifest.held["a"]', 'kubernetes_manifest.held["b"]',
    }  # fmt: skip


def test_a_kind_of_another_group_is_not_taken_for_the_one_of_its_name(tmp_path: Path) -> None:
    foreign = INGRESS.replace("networking.k8s.io/v1", "config.openshift.io/v1")
    assert not {"endpoint-encrypted", "namespace-not-default", "manifest-schema-valid"} & set(found(tmp_path, foreign))
