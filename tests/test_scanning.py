"""What is put together when all groups have been judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.model import Finding
from guardrail.scanning import Request, scan

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec:
  containers:
    - name: a%s
      image: nginx:1.27.3
      securityContext: {privileged: true}
"""
APPLIED = 'resource "kubernetes_manifest" "x" {\n  manifest = yamldecode(file("${path.module}/pod.yaml"))\n}\n'


def findings(tree: Path, files: dict[str, str], *paths: str) -> list[Finding]:
    for name, text in files.items():
        (tree / name).write_text(text)
    request = Request(paths=tuple(str(tree / path) for path in paths or (".",)), only=("container-privileged",))
    return scan(request).findings


def test_a_manifest_that_terraform_applies_is_told_of_once(tmp_path: Path) -> None:
    [found] = findings(tmp_path, {"pod.yaml": POD % "", "main.tf": APPLIED})
    assert (found.span.file, found.span.line, found.resource) == ("pod.yaml", 8, "Pod/b/a")
    assert found.instances == ("Pod/b/a", "kubernetes_manifest.x")


def test_so_it_is_where_only_terraform_is_looked_at(tmp_path: Path) -> None:
    [found] = findings(tmp_path, {"pod.yaml": POD % "", "main.tf": APPLIED}, "main.tf")
    assert (found.span.file, found.instances) == ("pod.yaml", ("kubernetes_manifest.x",))


@pytest.mark.parametrize("both", [True, False])
def test_what_the_manifest_ignores_is_ignored_for_both(tmp_path: Path, both: bool) -> None:
    ignored = POD.replace("spec:", "# guardrail:ignore-file container-privileged\nspec:") % ""
    files = {"pod.yaml": ignored, **({"main.tf": APPLIED} if both else {})}
    assert [found.suppression is not None for found in findings(tmp_path, files)] == [True]
