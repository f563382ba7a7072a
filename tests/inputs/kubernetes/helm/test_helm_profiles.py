from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.inputs.kubernetes.helm.layout import ChartFolders, is_named_as_values, is_template
from guardrail.inputs.kubernetes.helm.profiles import Profile, profiles_of
from guardrail.inputs.kubernetes.helm.touched import charts_touched
from guardrail.tree import Tree

CHART = "apiVersion: v2\nname: x\nversion: 1.0.0\n"


def tree(base: Path, *names: str, content: str = "image: a\n") -> Tree:
    for name in names:
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CHART if name.endswith("Chart.yaml") else content)
    return Tree(str(base))


def names(base: Path, folder: str, charts: list[str], asked: tuple[Profile, ...] = ()) -> list[str]:
    found, _ = profiles_of(folder, Tree(str(base)), ["image"], asked, charts)
    return [profile.name for profile in found]


def test_values_files_beside_the_chart(tmp_path: Path) -> None:
    tree(tmp_path, "Chart.yaml", "values.yaml", "values-prod.yaml", "values.dev.yml", "values_qa.yaml",
         "staging-values.yaml", "values/eu.yaml", "ci/one-values.yaml", "ci/other.yaml", "envs/dev.yaml",
         "environments/prod/values.yaml", "notes.yaml", "templates/values-not.yaml")  # fmt: skip
    assert names(tmp_path, "", [""]) == [
        "values.yaml", "staging-values.yaml", "values-prod.yaml", "values.dev.yml", "values_qa.yaml", "values/eu.yaml",
        "environments/prod/values.yaml", "envs/dev.yaml", "ci/one-values.yaml",
    ]  # fmt: skip


def test_values_files_of_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, "charts/api/Chart.yaml", "charts/api/values.yaml", "charts/web/Chart.yaml", "charts/web/values.yaml",
         "environments/prod/api.yaml", "environments/prod/web.yaml", "environments/prod/other.yaml",
         "values/api-dev.yaml")  # fmt: skip
    charts = ["charts/api", "charts/web"]
    assert names(tmp_path, "charts/api", charts) == ["values.yaml", "values/api-dev.yaml", "environments/prod/api.yaml"]
    assert names(tmp_path, "charts/web", charts) == ["values.yaml", "environments/prod/web.yaml"]


def test_all_values_are_for_the_only_chart(tmp_path: Path) -> None:
    tree(tmp_path, "chart/Chart.yaml", "chart/values.yaml", "environments/prod.yaml", "values-dev.yaml")
    assert names(tmp_path, "chart", ["chart"]) == ["values.yaml", "values-dev.yaml", "environments/prod.yaml"]


@pytest.mark.parametrize("content", ["kind: A\napiVersion: v1\nimage: x\n", "other: 1\n", "[1]\n", ""])
def test_files_that_hold_no_values_of_the_chart(tmp_path: Path, content: str) -> None:
    tree(tmp_path, "chart/Chart.yaml", "chart/values.yaml")
    tree(tmp_path, "values-dev.yaml", content=content)
    assert names(tmp_path, "chart", ["chart"]) == ["values.yaml"]


def test_a_file_that_someone_asks_for_is_not_rendered_by_itself(tmp_path: Path) -> None:
    tree(tmp_path, "Chart.yaml", "values.yaml", "values-prod.yaml", "values-prod-eu.yaml")
    asked = Profile("prod-eu", ("values-prod.yaml", "values-prod-eu.yaml"))
    assert names(tmp_path, "", [""], (asked,)) == ["values.yaml", "prod-eu"]


def test_a_chart_without_values(tmp_path: Path) -> None:
    tree(tmp_path, "Chart.yaml")
    assert names(tmp_path, "", [""]) == ["no values"]


def test_the_chart_that_a_file_is_rendered_with(tmp_path: Path) -> None:
    folders = ChartFolders(tree(tmp_path, "a/Chart.yaml", "a/charts/b/Chart.yaml", "a/charts/b/charts/c/Chart.yaml",
                                "a/examples/d/Chart.yaml", "charts/e/Chart.yaml"))  # fmt: skip
    assert folders.of("a/templates/x.yaml") == "a"
    assert folders.of("a/charts/b/charts/c/templates/x.yaml") == "a"
    assert folders.of("a/examples/d/templates/x.yaml") == "a/examples/d"
    assert folders.of("charts/e/values.yaml") == "charts/e"
    assert folders.of("b/x.yaml") is None


def test_what_is_a_template() -> None:
    assert is_template("templates/a.yaml")
    assert is_template("charts/b/templates/c/d.tpl")
    assert not is_template("crds/a.yaml")
    assert not is_template("charts/templates/a.yaml")
    assert not is_template("templates")


def test_what_is_named_as_values() -> None:
    assert is_named_as_values("a/values-prod.yaml")
    assert is_named_as_values("envs/prod/api.yaml")
    assert not is_named_as_values("a/service.yaml")
    assert not is_named_as_values("values/readme.md")


def test_charts_that_a_change_touches(tmp_path: Path) -> None:
    made = tree(tmp_path, "charts/api/Chart.yaml", "charts/api/values.yaml", "charts/web/Chart.yaml",
                "charts/web/values.yaml", "envs/prod/web.yaml", "charts/lib/Chart.yaml")  # fmt: skip
    depends = CHART + "dependencies:\n  - name: x\n    version: 1.x\n    repository: file://../lib\n"
    (tmp_path / "charts/api/Chart.yaml").write_text(depends)
    charts = ["charts/api", "charts/lib", "charts/web"]
    folders = ChartFolders(made)
    assert charts_touched({"charts/web/templates/_a.tpl"}, charts, folders) == {"charts/web"}
    assert charts_touched({"envs/prod/web.yaml"}, charts, folders) == {"charts/web"}
    assert charts_touched({"charts/lib/templates/_a.tpl"}, charts, folders) == {"charts/api", "charts/lib"}
    assert charts_touched({"README.yaml"}, charts, folders) == set()


def test_charts_that_a_change_touches_by_a_registry(tmp_path: Path) -> None:
    made = tree(tmp_path, "apps/api/Chart.yaml", "libs/x/Chart.yaml")
    depends = CHART + "dependencies:\n  - name: x\n    version: 1.x\n    repository: oci://r.example\n"
    (tmp_path / "apps/api/Chart.yaml").write_text(depends)
    folders = ChartFolders(made)
    charts = ["apps/api", "libs/x"]
    assert charts_touched({"libs/x/templates/_a.tpl"}, charts, folders) == {"apps/api", "libs/x"}
    (tmp_path / "libs/x/Chart.yaml").write_text(CHART.replace("1.0.0", "2.0.0"))
    made.forget(["libs/x/Chart.yaml"])
    assert charts_touched({"libs/x/templates/_a.tpl"}, charts, folders) == {"libs/x"}
