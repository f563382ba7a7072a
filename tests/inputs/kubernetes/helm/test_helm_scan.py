"""A whole scan of charts: findings on the lines that a person would edit, once, with the values that they hold for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from harness import EXAMPLES

from guardrail.model import Finding, Result
from guardrail.scanning import Request, scan

RULES = ("container-privileged", "image-tag-fixed", "workload-host-network", "kubernetes-secret-in-repository",
         "container-memory-limit", "container-read-only-root", "workload-replicas")  # fmt: skip


def scanned(base: Path, *paths: Path, only: tuple[str, ...] = RULES, changed: bool = False) -> Result:
    return scan(Request(paths=tuple(map(str, paths or (base,))), only=only, changed=changed, workers=1))


def lines(result: Result, rule: str) -> list[tuple[str, int, list[str]]]:
    return [(f.span.file, f.span.line, profiles(f)) for f in result.findings if f.rule == rule]


def profiles(finding: Finding) -> list[str]:
    marker = " rendered with "
    return [evidence.note.partition(marker)[2] for evidence in finding.evidence if marker in evidence.note]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("shop") / "shop-charts"
    shutil.copytree(EXAMPLES / "shop-charts", base)
    subprocess.run(["git", "init", "-q", str(base)], check=True)
    return base


@pytest.fixture(scope="module")
def result(shop: Path) -> Result:
    return scanned(shop)


def test_a_finding_stands_on_the_line_that_feeds_it(result: Result) -> None:
    assert not result.problems
    everywhere = "values.yaml, envs/dev/shop.yaml, envs/prod/shop.yaml"
    assert lines(result, "container-privileged") == [("charts/checkout/values.yaml", 31, ["values.yaml", everywhere])]
    assert lines(result, "workload-host-network") == [("envs/dev/shop.yaml", 10, ["envs/dev/shop.yaml"])]
    assert lines(result, "image-tag-fixed") == [
        ("charts/checkout/values.yaml", 22, [everywhere]),
        ("charts/shop/values.yaml", 13, ["values.yaml"]),
    ]
    assert lines(result, "kubernetes-secret-in-repository") == [
        ("charts/checkout/values.yaml", 18, ["values.yaml", everywhere]),
        ("charts/shop/values.yaml", 20, ["values.yaml, envs/dev/shop.yaml"]),
    ]


def test_what_is_lacking_stands_where_it_would_be(result: Result) -> None:
    assert lines(result, "container-memory-limit") == [
        ("charts/catalog-api/values.yaml", 20, ["values.yaml", "values.yaml, envs/dev/shop.yaml"]),
        ("charts/checkout/templates/migrations.yaml", 14, ["values.yaml, envs/dev/shop.yaml, envs/prod/shop.yaml"]),
        ("charts/checkout/values.yaml", 8, ["values.yaml", "values.yaml, envs/dev/shop.yaml, envs/prod/shop.yaml"]),
    ]


def test_each_file_that_says_it_has_its_finding(result: Result) -> None:
    assert [(file, line) for file, line, _ in lines(result, "workload-replicas")] == [
        ("charts/checkout/values.yaml", 29),
        ("charts/shop/values.yaml", 10),
        ("charts/storefront/values-staging.yaml", 2),
        ("envs/dev/shop.yaml", 8),
    ]


def test_an_ignore_in_a_template_holds(result: Result) -> None:
    suppressed = [f for f in result.findings if f.suppression is not None]
    assert [(f.rule, f.span.file, f.span.line) for f in suppressed] == [
        ("container-read-only-root", "charts/checkout/templates/deployment.yaml", 22)
    ]


def test_secrets_stay_hidden(shop: Path, result: Result) -> None:
    shown = repr(result)
    assert "cat4log-2021" not in shown
    assert "whsec_1f6b0e4c7a9d4f0f8d2a9b7c5e3d1a2b" not in shown
    assert "Y2F0NGxvZy0yMDIx" not in shown


def test_fingerprints_do_not_hang_on_profiles(shop: Path, result: Result, tmp_path: Path) -> None:
    base = tmp_path / "less"
    shutil.copytree(shop, base)
    shutil.rmtree(base / "envs" / "prod")
    (base / "charts/checkout/values-other.yaml").write_text("replicaCount: 2\nnameOverride: x\n")
    after = {(f.rule, f.span.file, f.span.line): f.fingerprint for f in scanned(base).findings}
    before = {(f.rule, f.span.file, f.span.line): f.fingerprint for f in result.findings}
    shared = before.keys() & after.keys()
    assert len(shared) > 10
    assert {key: before[key] for key in shared} == {key: after[key] for key in shared}


def test_ignores_in_values(shop: Path, tmp_path: Path) -> None:
    base = tmp_path / "ignored"
    shutil.copytree(shop, base)
    values = base / "charts/checkout/values.yaml"
    text = values.read_text()
    text = text.replace("privileged: true", 'privileged: true # guardrail:ignore container-privileged reason="mail"')
    text = text.replace("resources: {}", '# guardrail:ignore container-memory-limit reason="in June"\nresources: {}')
    values.write_text(text)
    labels = base / "charts/checkout/templates/migrations.yaml"
    comment = '{{- /* guardrail:ignore container-memory-limit reason="short" */}}\n        - name: migrate'
    labels.write_text(labels.read_text().replace("        - name: migrate", "        " + comment))
    result = scanned(base)
    suppressed = {(f.rule, f.span.file) for f in result.findings if f.suppression is not None}
    assert suppressed == {
        ("container-privileged", "charts/checkout/values.yaml"),
        ("container-memory-limit", "charts/checkout/values.yaml"),
        ("container-memory-limit", "charts/checkout/templates/migrations.yaml"),
        ("container-read-only-root", "charts/checkout/templates/deployment.yaml"),
    }


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("charts/checkout/values.yaml", {"charts/checkout/values.yaml"}),
        ("envs/dev/shop.yaml", {"envs/dev/shop.yaml"}),
        (
            "charts/checkout/templates/workers.yaml",  # and what it renders that is written in the values
            {"charts/checkout/values.yaml", "charts/checkout/templates/workers.yaml"},
        ),
        ("charts/storefront/values-staging.yaml", {"charts/storefront/values-staging.yaml"}),
        ("charts/shop-common/templates/_container.tpl", set()),
        ("README.md", set()),
    ],
)
def test_only_what_a_change_brings_about(shop: Path, file: str, expected: set[str]) -> None:
    result = scanned(shop, shop / file, changed=True)
    assert not result.problems
    assert {finding.span.file for finding in result.findings} == expected


def test_a_change_that_keeps_a_chart_from_being_rendered(shop: Path, tmp_path: Path) -> None:
    base = tmp_path / "broken"
    shutil.copytree(shop, base)
    changed = base / "charts/checkout/values.yaml"
    changed.write_text(changed.read_text().replace("workers:\n", "workers: none\nothers:\n"))
    result = scanned(base, changed, changed=True)
    assert {problem.file for problem in result.problems} == {"charts/checkout/templates/workers.yaml"}
    assert result.exit_code == 3


def test_files_are_counted_once(shop: Path, result: Result) -> None:
    coverage = result.coverage
    files = [*shop.rglob("*.yaml"), *shop.rglob("*.tpl")]
    assert coverage.analysed + coverage.skipped + coverage.partial + coverage.failed == len(files)
    assert (coverage.partial, coverage.failed) == (0, 0)


def test_what_the_scan_leaves_out(shop: Path, tmp_path: Path) -> None:
    base = tmp_path / "left-out"
    shutil.copytree(shop, base)
    (base / "guardrail.yaml").write_text("exclude: [charts/checkout/templates/workers.yaml]\n")
    result = scanned(base)
    assert lines(result, "container-privileged") == []
    assert [note.file for note in result.notes if note.kind == "left-out"] == [
        "charts/checkout/Chart.yaml", "charts/shop/Chart.yaml"]  # fmt: skip


FILE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n{{- if .Values.on }}\n  a: b\n{{- end }}\n"


@pytest.mark.parametrize(
    ("name", "template", "says"),
    [
        ("map.yaml", '{{ tpl (.Files.Get "conf/map.yaml") . }}\n', "may fill in"),
        ("_map.tpl", '{{ define "map" }}{{ .context.Files.Get "conf/map.yaml" }}{{ end }}\n', "may fill in"),
        ("map.yaml", "# as it is\n", "pieces hang on what it is filled in with"),
    ],
)
def test_a_file_that_templates_fill_in(tmp_path: Path, name: str, template: str, says: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "conf").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("on: true\n")
    (tmp_path / "templates" / name).write_text(template)
    (tmp_path / "conf/map.yaml").write_text(FILE)
    result = scanned(tmp_path)
    assert not result.problems
    (note,) = [note for note in result.notes if note.kind == "template"]
    assert note.file == "conf/map.yaml"
    assert says in note.message


def test_a_single_template(shop: Path) -> None:
    result = scanned(shop, shop / "charts/checkout/templates/workers.yaml")
    assert result.findings
    assert {f.resource.rpartition("/")[2] for f in result.findings} <= {"checkout-emails", "checkout-orders",
                                                                        "shop-emails", "shop-orders"}  # fmt: skip


def test_the_same_bytes_each_time(shop: Path, result: Result) -> None:
    assert repr(scanned(shop)) == repr(result)
