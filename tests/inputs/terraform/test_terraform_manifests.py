"""Kubernetes' objects that Terraform hands to a cluster, as text and as values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import PartText, Resource, Unknown
from guardrail.tree import Tree

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  hostPID: true\n"


def read_one(tmp_path: Path, text: str, **files: str) -> Resource:
    for name, content in {"main": text, **files}.items():
        path = tmp_path / (name.replace("_", ".") if name != "main" else "main.tf")
        path.write_text(content, encoding="utf-8")
    reading = read(["main.tf"], Tree(str(tmp_path)), ReadOptions())
    assert reading.problems == []
    (found,) = (resource for resource in reading.resources if resource.mode == "managed")
    return found


HEREDOC = """
variable "tag" {}
variable "labels" {}
variable "more" { default = "x" }
resource "kubectl_manifest" "web" {
  yaml_body = <<-YAML
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      labels: ${var.labels}
    spec:
      containers:
        - name: ${var.more}
          image: nginx:${var.tag}
          args:
            ${var.labels}
          securityContext: {privileged: true}
  YAML
}
"""


def test_a_heredoc_of_which_parts_are_unknown(tmp_path: Path) -> None:
    found = read_one(tmp_path, HEREDOC)
    assert (found.kind, found.provider, found.address) == (
        "kubernetes_manifest",
        "kubernetes",
        "kubectl_manifest.web",
    )
    manifest = found.attributes["manifest"]
    (container,) = manifest["spec"]["containers"]
    assert manifest["metadata"]["name"] == "web"
    assert isinstance(manifest["metadata"]["labels"], Unknown)
    assert container["name"] == "x"
    assert isinstance(container["image"], PartText)
    assert container["image"].prefix == "nginx:"
    assert container["image"].refs == ("var.tag",)
    assert isinstance(container["args"], Unknown)
    place = container["securityContext"].place("privileged")
    assert (place.file, place.line) == ("main.tf", 18)
    assert (manifest.place("kind").line, container.place("image").line) == (8, 15)


@pytest.mark.parametrize(
    "body",
    [
        "metadata:\n      name: web\n      ${var.tag}\n",  # an entry, or several
        "metadata:\n      - a\n      ${var.tag}\n",
        "metadata:\n      name: web-\n      ${var.tag}\n",
        "metadata: {}\n    # what it costs: ${var.tag}\n    ${var.tag}\n",
        "metadata: {name: [${var.tag}}\n",
        "metadata: {}\n    ---\n    kind: ${var.tag}\n",
    ],
)
def test_what_may_bring_entries_leaves_all_unknown(tmp_path: Path, body: str) -> None:
    text = f'variable "tag" {{}}\nresource "kubectl_manifest" "web" {{\n  yaml_body = <<-YAML\n    {body}  YAML\n}}\n'
    found = read_one(tmp_path, text)
    assert (found.kind, "manifest" in found.attributes) == ("kubectl_manifest", False)


@pytest.mark.parametrize(
    "body",
    [
        'templatefile("${path.module}/pod.tpl", {})',
        'file("${path.module}/pod.tpl")',
        'yamlencode(yamldecode(file("${path.module}/pod.tpl")))',
        'yamlencode({apiVersion = "v1", kind = "Pod", metadata = {name = "a"}, spec = {hostPID = true}})',
    ],
)
@pytest.mark.parametrize("form", ["kubectl", "kubernetes"])
def test_every_part_stands_somewhere(tmp_path: Path, body: str, form: str) -> None:
    argument = f"yaml_body = {body}" if form == "kubectl" else f"manifest = yamldecode({body})"
    found = read_one(tmp_path, f'resource "{form}_manifest" "a" {{\n  {argument}\n}}\n', pod_tpl=POD)
    manifest = found.attributes["manifest"]
    assert manifest["spec"]["hostPID"] is True
    for mapping in (manifest, manifest["metadata"], manifest["spec"]):
        assert mapping.header.file in ("main.tf", "pod.tpl")
        for key in mapping:
            assert mapping.place(key).line > 0


def test_the_namespace_that_the_resource_puts_it_into(tmp_path: Path) -> None:
    text = 'resource "kubectl_manifest" "a" {\n  yaml_body = file("pod.tpl")\n  override_namespace = "team"\n}\n'
    manifest = read_one(tmp_path, text, pod_tpl=POD).attributes["manifest"]
    assert manifest["metadata"] == {"name": "a", "namespace": "team"}
    assert manifest["metadata"].place("namespace").line == 3


@pytest.mark.parametrize("body", ['file("pod.yaml")', '"{{{"', '"a: b\\n---\\nc: d"', '"text"', "null"])
def test_what_is_not_opened(tmp_path: Path, body: str) -> None:
    """A file of its own is read as the manifest that it is, and would be told of twice."""
    found = read_one(tmp_path, f'resource "kubectl_manifest" "a" {{\n  yaml_body = {body}\n}}\n', pod_yaml=POD)
    assert (found.kind, "manifest" in found.attributes) == ("kubectl_manifest", False)


def test_findings_in_a_scan(tmp_path: Path, guardrail: Callable[..., Any]) -> None:
    (tmp_path / "main.tf").write_text(HEREDOC, encoding="utf-8")
    (tmp_path / "pod.tpl").write_text(POD, encoding="utf-8")
    (tmp_path / "more.tf").write_text(
        'resource "kubernetes_manifest" "pod" {\n  manifest = yamldecode(templatefile("pod.tpl", {}))\n}\n',
        encoding="utf-8",
    )
    out = guardrail("scan", tmp_path).out
    assert "main.tf:18:29  kubectl_manifest.web  [container-privileged]" in out
    assert "more.tf:2:3  kubernetes_manifest.pod  [workload-host-namespaces]" in out
    assert "(no file)" not in out


def test_a_credential_is_told_of_once_and_shown_nowhere(tmp_path: Path, guardrail: Callable[..., Any]) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "kubectl_manifest" "a" {\n  yaml_body = <<-Y\n    apiVersion: v1\n    kind: Secret\n'
        "    metadata: {name: s}\n    stringData:\n      password: hunter2-Zx81-qqPl\n  Y\n}\n",
        encoding="utf-8",
    )
    report = guardrail("scan", tmp_path, "--rule", "no-plain-secrets").out
    assert report.count("[no-plain-secrets]") == 1
    assert "main.tf:7:7" in report
    assert "hunter2" not in report + guardrail("inspect", tmp_path, "--format", "json").out
