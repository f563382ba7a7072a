"""What is put together when all groups have been judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

from guardrail.model import SEVERITIES, Finding
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




def told(tree: Path, guardrail: Callable[..., Run], *options: str | Path) -> tuple[list[str], list[str], int]:
    """The severities of all findings, the notes and the exit code."""
    done = guardrail("scan", tree, "-f", "json", *options)
    data = json.loads(done.out)
    severities = sorted({f["severity"] for f in data["findings"]}, key=SEVERITIES.index)
    return severities, [note["message"] for note in data["notes"]], done.code


def test_only_what_is_severe_enough_is_told_of(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "pod.yaml").write_text(POD % "")
    every, notes, code = told(tmp_path, guardrail)
    assert (every, notes, code) == (["high", "medium", "low", "info"], [], 1)
    total = len(json.loads(guardrail("scan", tmp_path, "-f", "json").out)["findings"])
    grave, [note], code = told(tmp_path, guardrail, "--min-severity", "high")
    kept = len(json.loads(guardrail("scan", tmp_path, "-f", "json", "--min-severity", "high").out)["findings"])
    assert (grave, note, code) == (["high"], f"{total - kept} findings less severe than high: left out", 1)
    assert told(tmp_path, guardrail, "--min-severity", "critical")[::2] == ([], 0)


def test_guardrail_yaml_says_so_and_the_command_line_wins(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "pod.yaml").write_text(POD % "")
    (tmp_path / "guardrail.yaml").write_text("min_severity: medium\n")
    assert told(tmp_path, guardrail)[0] == ["high", "medium"]
    assert told(tmp_path, guardrail, "--min-severity", "low")[0] == ["high", "medium", "low"]
    assert "min_severity: medium  (guardrail.yaml:1)" in guardrail("config", "show", tmp_path).out


def test_what_is_not_told_of_is_in_the_baseline_all_the_same(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "pod.yaml").write_text(POD % "")
    (tmp_path / "guardrail.yaml").write_text("min_severity: critical\n")
    guardrail("baseline", tmp_path, "-o", tmp_path / "b.json")
    (tmp_path / "guardrail.yaml").write_text("baseline: b.json\n")
    done = guardrail("scan", tmp_path, "-f", "json")
    assert {f["suppression"]["by"] for f in json.loads(done.out)["findings"]} == {"baseline"}
    assert done.code == 0


def test_each_repository_has_its_own(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    for name in ("a", "b"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / ".git" / "HEAD").touch()
        (tmp_path / name / "pod.yaml").write_text(POD % "")
    (tmp_path / "b" / "guardrail.yaml").write_text("min_severity: high\n")
    data = json.loads(guardrail("scan", tmp_path, "-f", "json").out)
    least = {name: {f["severity"] for f in data["findings"] if f["file"].startswith(name)} for name in ("a/", "b/")}
    assert least == {"a/": {"high", "medium", "low", "info"}, "b/": {"high"}}
    [note] = [note for note in data["notes"] if note["kind"] == "min-severity"]
    assert note["file"] == "b"
