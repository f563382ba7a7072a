"""Helm on its lead: what runs away is stopped, and the rest goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helm_charts import FIXTURES, Charts, chart

from guardrail.concepts import kubernetes_schema
from guardrail.inputs.kubernetes.helm import engine, reading
from guardrail.inputs.kubernetes.helm.engine import Binary, Engine, Job, Library, find_engine
from guardrail.inputs.kubernetes.helm.served import KUBE_VERSION, api_versions
from guardrail.model import Map, Seq

Make = Callable[..., Charts]
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  x: %s\n"
HELM = shutil.which("helm")


@pytest.fixture(params=["library", pytest.param("binary", marks=pytest.mark.skipif(not HELM, reason="no helm"))])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    def make(home: str) -> Engine:
        if request.param == "binary":
            assert HELM
            return Binary(HELM, home)
        found = find_engine(home)
        assert isinstance(found, Library)
        return found

    monkeypatch.setattr(reading, "find_engine", make)
    return str(request.param)


def test_the_sdk_comes_before_a_helm_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(find_engine(str(tmp_path)), Library)
    monkeypatch.setattr(engine, "_sdk", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_engine(str(tmp_path)) is None
    (tmp_path / "helm").write_text("#!/bin/sh\n")
    (tmp_path / "helm").chmod(0o755)
    assert isinstance(find_engine(str(tmp_path)), Binary)


def test_a_template_that_never_ends(charts: Make, any_engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS", 1.0)
    endless = '{{ range until 30000 }}{{ range until 30000 }}{{ $x := sha256sum "a" }}{{ end }}{{ end }}'
    found = charts(
        {
            "a/Chart.yaml": chart("a"),
            "a/templates/a.yaml": POD % endless,
            "b/Chart.yaml": chart("b"),
            "b/templates/b.yaml": POD % "1",
        }
    ).read()
    assert [resource.address for resource in found.resources] == ["Pod/b/p"]
    (problem,) = found.problems
    assert "takes longer than 1 seconds" in problem.message


def test_a_template_that_eats_all_memory(charts: Make, any_engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MEMORY", 400 << 20)
    hungry = '{{ $x := repeat 1000000 "0123456789" }}{{ range until 1000 }}{{ $x }}{{ end }}'
    found = charts({"a/Chart.yaml": chart("a"), "a/templates/a.yaml": POD % hungry, "b/Chart.yaml": chart("b"),
                    "b/templates/b.yaml": POD % "1"}).read()  # fmt: skip
    assert [resource.address for resource in found.resources] == ["Pod/b/p"]
    (problem,) = found.problems
    assert "memory" in problem.message or "bytes" in problem.message


def test_an_output_that_is_too_long(charts: Make, any_engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_OUTPUT", 100_000)
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": POD % '{{ repeat 200000 "x" }}'}).read()
    (problem,) = found.problems
    assert "100,000 bytes" in problem.message or "Helm ended" in problem.message


def test_all_together_have_a_limit(charts: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ALL_SECONDS", -1.0)
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": POD % "1"}).read()
    assert "the charts together take longer" in found.problems[0].message


def test_a_template_that_includes_itself(charts: Make, any_engine: str) -> None:
    endless = '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": endless}).read()
    assert [problem.kind for problem in found.problems] == ["unrendered"]


def test_helm_sees_nothing_of_the_environment(charts: Make, any_engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_CI", "x")
    values = engine._environment("/nowhere")
    assert "SECRET_OF_CI" not in values
    assert values["HOME"] == "/nowhere"
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": POD % "{{ env \"SECRET_OF_CI\" }}"}).read()
    assert not found.resources  # Helm has no such function
    assert [problem.kind for problem in found.problems] == ["unrendered"]


def test_the_version_of_kubernetes_is_fixed(charts: Make, any_engine: str) -> None:
    pod = POD % "{{ .Capabilities.KubeVersion.Version }}"
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": pod}).read()
    assert found.resources[0].attributes["spec"]["x"] == f"v{KUBE_VERSION}"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("policy/v1/PodDisruptionBudget", "true"),
        ("apiregistration.k8s.io/v1", "true"),
        ("v1/Pod", "true"),
        ("policy/v1beta1/PodSecurityPolicy", "false"),
        ("monitoring.coreos.com/v1", "false"),
    ],
)
def test_what_the_cluster_serves(charts: Make, any_engine: str, asked: str, answer: str) -> None:
    pod = POD % f'{{{{ .Capabilities.APIVersions.Has "{asked}" | toString | quote }}}}'
    found = charts({"Chart.yaml": chart("a"), "templates/a.yaml": pod}).read()
    assert found.resources[0].attributes["spec"]["x"] == answer


def test_what_is_served_is_there() -> None:
    """By the schema of a later release: nothing that is stable goes away."""
    listed = [version for version in api_versions() if version.rpartition("/")[2][0].isupper()]
    assert len(listed) > 50
    assert set(listed) <= set(kubernetes_schema.kinds())


@pytest.mark.skipif(not HELM, reason="no helm")
def test_both_engines_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HELM
    binary = HELM
    one = Charts(FIXTURES / "web").read()
    monkeypatch.setattr(reading, "find_engine", lambda home: Binary(binary, home))
    two = Charts(FIXTURES / "web").read()
    assert sorted((r.address, r.root) for r in one.resources) == sorted((r.address, r.root) for r in two.resources)
    by_key = {(r.address, r.root): r for r in two.resources}
    for resource in one.resources:
        other = by_key[resource.address, resource.root]
        assert (resource.span, resource.attributes) == (other.span, other.attributes)
        assert spans_of(resource.attributes) == spans_of(other.attributes), resource.address


def spans_of(root: Map | Seq) -> list[object]:
    found: list[object] = []
    stack: list[Map | Seq] = [root]
    while stack:
        value = stack.pop()
        found += (value.header, value.spans)
        items = value.values() if isinstance(value, Map) else value
        stack += [item for item in items if isinstance(item, (Map, Seq))]
    return found


def test_a_job_after_one_that_was_fatal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = find_engine(str(tmp_path))
    assert isinstance(library, Library)
    good = tmp_path / "good"
    (good / "templates").mkdir(parents=True)
    (good / "Chart.yaml").write_text(chart("good"))
    (good / "templates" / "a.yaml").write_text("a: {{ .Release.Name }}\n")
    job = Job(str(good), (), "rel", "ns")
    first = library.render(job)
    (child,) = library._children
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    second = library.render(job)
    library.close()
    assert first.manifests == second.manifests == {"good/templates/a.yaml": "a: rel\n"}


def test_nothing_is_left_running(tmp_path: Path) -> None:
    library = find_engine(str(tmp_path))
    assert isinstance(library, Library)
    (tmp_path / "a" / "templates").mkdir(parents=True)
    (tmp_path / "a" / "Chart.yaml").write_text(chart("a"))
    (tmp_path / "a" / "templates" / "a.yaml").write_text("a: {{ range until 3000 }}{{ . }}{{ end }}\n")
    started = [library.start(Job(str(tmp_path / "a"), (), "rel", "ns")) for _ in range(40)]
    assert not started[0].result().error
    processes = [child.process for child in library._children if child.process]
    library.close()
    assert processes
    assert all(process.poll() is not None for process in processes)
    assert all(rendering.done() for rendering in started)
    assert all(child.process is None for child in library._children)


def test_what_one_rendering_does_to_the_chart_is_nothing_to_the_next(charts: Make, any_engine: str) -> None:
    remembered = '{{ if .Values.first }}{{ $_ := set .Values.kept "x" "changed" }}{{ end }}{{ .Values.kept.x }}'
    found = charts(
        {
            "Chart.yaml": chart("app", "dependencies: [{name: sub, version: 1.2.3, condition: sub.enabled}]"),
            "values.yaml": "sub: {enabled: true}\nkept: {x: plain}\n",
            "values-a.yaml": "sub: {enabled: false}\nfirst: true\n",
            "values-b.yaml": "sub: {enabled: true}\n",
            "templates/a.yaml": POD % remembered,
            "charts/sub/Chart.yaml": chart("sub"),
            "charts/sub/templates/sub.yaml": (POD % "1").replace("name: p", "name: sub"),
        }
    ).read()
    assert not found.problems
    seen = [(resource.root.rpartition(" ")[2], resource.address, resource.attributes["spec"]["x"])
            for resource in found.resources]  # fmt: skip
    assert sorted(seen, key=str) == [
        ("values-a.yaml", "Pod/app/p", "changed"),
        ("values-b.yaml", "Pod/app/p", "plain"),
        ("values-b.yaml", "Pod/app/sub", 1),
        ("values.yaml", "Pod/app/p", "plain"),
        ("values.yaml", "Pod/app/sub", 1),
    ]
