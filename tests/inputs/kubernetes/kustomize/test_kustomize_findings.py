"""Where findings stand, and for which of the roots."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import pytest

import guardrail
from guardrail.model import Result
from guardrail.reports.table import FORMATS, ReportOptions
from guardrail.scanning import Request, scan

TREE = Path(__file__).parents[3] / "fixtures/kubernetes/kustomize/overlays/tree"
DEV, STAGING, PROD = (f"overlays/{name}/kustomization.yaml" for name in ("dev", "staging", "prod"))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The tree by itself, so that names in it are short."""
    base = tmp_path_factory.mktemp("tree")
    shutil.copytree(TREE, base, dirs_exist_ok=True)
    (base / "guardrail.yaml").write_text("{}\n")
    return scan(Request((str(base),), workers=1))


def found(result: Result, rule: str) -> dict[str, list[str]]:
    """`file:line` of each finding of a rule -> the roots that it holds for."""
    made = {}
    for finding in result.failures:
        if finding.rule == rule:
            (built,) = [e.note for e in finding.evidence if e.note.startswith("built by ")]
            place = f"{finding.span.file}:{finding.span.line}"
            assert place not in made
            made[place] = built.removeprefix("built by ").split(", ")
    return made


def line_of(file: str, text: str) -> str:
    lines = (TREE / file).read_text().split("\n")
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{file}:{number}"


def test_one_finding_where_the_base_lacks_something(result: Result) -> None:
    limits = found(result, "container-memory-limit")
    assert limits[line_of("base/deployment.yaml", "name: migrate")] == [DEV, PROD, STAGING]
    # The component gives the main container its limits, and dev does not take that.
    requests = line_of("base/deployment.yaml", "cpu: 100m").split(":")[1]
    assert limits[f"base/deployment.yaml:{int(requests) - 2}"] == [DEV]  # at `resources`
    assert not [place for place in limits if place.startswith("components/")]


def test_what_an_overlay_sets_stands_in_the_overlay(result: Result) -> None:
    assert found(result, "image-tag-fixed") == {
        line_of("base/deployment.yaml", "image: registry.example.com/orders/report"): [DEV],
        line_of("overlays/dev/kustomization.yaml", "newTag: latest"): [DEV],
    }
    assert found(result, "autoscaler-owns-replicas") == {
        line_of("base/deployment.yaml", "  replicas: 1"): [DEV],
        line_of("overlays/staging/kustomization.yaml", "count: 2"): [STAGING],
        line_of("overlays/prod/kustomization.yaml", "count: 5"): [PROD],
    }


def test_what_was_replaced_is_told(result: Result) -> None:
    (finding,) = [f for f in result.failures if f.rule == "image-tag-fixed" and "dev" in f.span.file]
    before = [e for e in finding.evidence if e.note == "in the place of"]
    assert [(e.value, e.span.file) for e in before] == [
        ("registry.example.com/orders/api:1.0.0", "base/deployment.yaml")
    ]
    assert finding.resource == "Deployment/orders-dev/dev-orders"


def test_generated_secrets_are_found_where_they_are_written(result: Result) -> None:
    places = found(result, "kubernetes-secret-in-repository")
    assert places[line_of("base/kustomization.yaml", "password=")] == [DEV, STAGING]
    assert places[line_of("overlays/prod/db.env", "password=")] == [PROD]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_report_tells_a_secret(result: Result, name: str) -> None:
    report = import_module(FORMATS[name]).render(result, ReportOptions(verbose=True))
    assert "orders" in report
    for secret in ("change-it-9f3k2", "Tr0ub4dor", "VHIwdWI0ZG9y", "Y2hhbmdlLWl0"):
        assert secret not in report


def test_the_same_finding_of_all_overlays_has_the_fingerprint_of_the_file(tmp_path: Path) -> None:
    """Whether it is built or not, a manifest's finding is the same one."""
    deployment = (TREE / "base/deployment.yaml").read_text().split("---")[0]
    (tmp_path / "base").mkdir()
    (tmp_path / "guardrail.yaml").write_text("{}\n")
    (tmp_path / "base/deployment.yaml").write_text(deployment)

    def prints() -> set[str]:
        found = guardrail.scan([str(tmp_path)]).failures
        return {f.fingerprint for f in found if f.rule == "container-memory-limit"}

    alone = prints()
    (tmp_path / "base/kustomization.yaml").write_text("resources: [deployment.yaml]\n")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kustomization.yaml").write_text(
            f"namespace: {name}\nnamePrefix: {name}-\nresources: [../base]\n"
        )
    assert alone == prints()
    assert len(alone) == 2


def test_an_ignore_in_a_patch_holds_for_what_the_patch_says(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'a:1'}]}\n"
    )
    patch = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true{}\n"
    (tmp_path / "guardrail.yaml").write_text("{}\n")
    (tmp_path / "kustomization.yaml").write_text("resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n")

    def suppressed(text: str) -> list[bool]:
        (tmp_path / "patch.yaml").write_text(text)
        found = [f for f in scan(Request((str(tmp_path),))).findings if f.span.file == "patch.yaml"]
        assert found
        return sorted({f.suppression is not None for f in found if f.rule == rule})

    (tmp_path / "patch.yaml").write_text(patch.replace("{}", ""))
    rule = next(
        f.rule for f in scan(Request((str(tmp_path),))).findings if f.span.file == "patch.yaml" and f.span.line == 5
    )
    assert suppressed(patch.replace("{}", "")) == [False]
    ignored = patch.replace("{}", f'  # guardrail:ignore {rule} reason="needed here"')
    assert suppressed(ignored) == [True]
