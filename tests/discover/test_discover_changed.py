from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.discover import Discovery, discover
from guardrail.tree import Tree

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"
WORKFLOW = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
ACTION = "name: x\nruns:\n  using: composite\n  steps: []\n"


def scan(base: Path, *paths: str, files: dict[str, str] | None = None) -> Discovery:
    for name, content in (files or {}).items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(content, encoding="utf-8")
    return discover([str(base / path) for path in paths], Tree(str(base)), changed=True)


def test_terraform_comes_with_the_modules_that_it_is_linked_with(tmp_path: Path) -> None:
    files = {
        "app/main.tf": 'module "net" {\n  source = "../net"\n}\n',
        "app/more.tf": 'variable "x" {}\n',
        "net/main.tf": 'variable "y" {}\n',
        "other/main.tf": 'variable "z" {}\n',
        "other/empty.tf": "",
    }
    found = scan(tmp_path, "net/main.tf", files=files)
    assert found.claimed == {"terraform": ["app/main.tf", "app/more.tf", "net/main.tf"]}
    assert found.changed == {"net/main.tf"}
    assert found.notes == []
    assert scan(tmp_path, "other/main.tf").claimed == {"terraform": ["other/empty.tf", "other/main.tf"]}


def test_what_is_wrong_with_other_terraform_is_not_told(tmp_path: Path) -> None:
    scan(tmp_path, "a/main.tf", files={"a/main.tf": "# x\n", "b/main.tf": "# x\n"})
    (tmp_path / "b" / "gone.tf").symlink_to("nowhere")
    found = scan(tmp_path, "a/main.tf")
    assert (found.problems, found.failed) == ([], [])
    assert scan(tmp_path, "b/gone.tf").failed == ["b/gone.tf"]


def test_a_manifest_comes_with_its_folder(tmp_path: Path) -> None:
    manifests = dict.fromkeys(("k/a.yaml", "k/b.yml", "k/sub/c.yaml", "d.yaml"), POD)
    files = {**manifests, "k/values.json": "{}", "k/main.tf": "# x\n"}
    found = scan(tmp_path, "k/a.yaml", files=files)
    assert found.claimed == {"kubernetes": ["k/a.yaml", "k/b.yml"]}
    assert found.changed == {"k/a.yaml"}


def test_a_workflow_comes_alone_and_an_action_with_the_workflows(tmp_path: Path) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW,
        ".github/workflows/b.yaml": WORKFLOW,
        ".github/actions/x/action.yml": ACTION,
    }
    assert scan(tmp_path, ".github/workflows/a.yml", files=files).claimed == {"pipelines": [".github/workflows/a.yml"]}
    assert scan(tmp_path, ".github/actions/x/action.yml").claimed == {"pipelines": sorted(files)}


def test_files_that_are_ignored_or_excluded_stay_out(tmp_path: Path) -> None:
    files = {
        "vendor/a.yaml": POD, "gen/b.yaml": POD, "node_modules/x/c.yaml": POD, "k/d.yaml": POD, "k/gen.yaml": POD,
        ".gitignore": "gen\n", "guardrail.yaml": "exclude: [vendor, k/gen.yaml]\n",
    }  # fmt: skip
    found = scan(tmp_path, "vendor/a.yaml", "gen/b.yaml", "node_modules/x/c.yaml", "k/d.yaml", files=files)
    assert found.claimed == {"kubernetes": ["k/d.yaml"]}
    assert found.changed == {"k/d.yaml"}


def test_a_commit_that_touches_nothing_of_ours_is_fine(tmp_path: Path) -> None:
    found = scan(tmp_path, "README.md", "values.yaml", files={"README.md": "x", "values.yaml": "a: 1\n", "k.yaml": POD})
    assert (found.claimed, found.problems, found.notes) == ({}, [], [])


def test_a_folder_stands_for_all_its_files(tmp_path: Path) -> None:
    found = scan(tmp_path, "k", files={"k/a.yaml": POD, "k/sub/b.yaml": POD, "c.yaml": POD})
    assert found.claimed == {"kubernetes": ["k/a.yaml", "k/sub/b.yaml"]}
    assert found.changed == {"k/a.yaml", "k/sub/b.yaml"}


PLAN = '{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": []}'


def test_what_a_changed_plan_brings_about_stands_in_the_files_that_it_was_made_of(tmp_path: Path) -> None:
    files = {
        "app/plan.json": PLAN,
        "app/main.tf": 'module "net" {\n  source = "../net"\n}\n',
        "app/terraform.tfvars": "x = 1\n",
        "net/main.tf": 'module "deep" {\n  source = "./deep"\n}\n',
        "net/deep/main.tf": 'variable "y" {}\n',
        "other/main.tf": 'variable "z" {}\n',
    }
    found = scan(tmp_path, "app/plan.json", files=files)
    assert found.claimed == {"terraform-plan": ["app/plan.json"]}
    assert found.changed == set(files) - {"other/main.tf"}
    found = scan(tmp_path, "other/main.tf")
    assert found.changed == {"other/main.tf"}


UNITS = {
    "root.hcl": 'locals {\n  tags = yamldecode(file("tags.yaml"))\n}\n'
    'generate "common" {\n  path      = "common.tf"\n  if_exists = "overwrite"\n  contents  = file("common.tf")\n}\n',
    "common.tf": 'variable "common" {}\n',
    "env/common.hcl": "inputs = {}\n",
    "live/a/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
    'terraform {\n  source = "../../m"\n}\n',
    "live/b/terragrunt.hcl": 'locals {\n  common = read_terragrunt_config("../../env/common.hcl")\n}\n'
    'terraform {\n  source = "../../n"\n}\ninputs = local.common.inputs\n',
    "live/c/terragrunt.hcl": 'terraform {\n  source = "../../m"\n  extra_arguments "x" {\n'
    '    commands = ["plan"]\n    required_var_files = ["../../shared.tfvars"]\n  }\n}\n'
    'inputs = yamldecode(file("own.yml"))\n',
    "live/c/own.yml": "a: 1\n",
    "shared.tfvars": "",
    "m/main.tf": 'resource "a_b" "c" {}\n',
    "n/main.tf": 'resource "a_b" "c" {}\n',
    "other/main.tf": 'variable "z" {}\n',
}


@pytest.mark.parametrize(
    ("changed", "units", "modules"),
    [
        ("root.hcl", ["live/a/terragrunt.hcl"], ["m/main.tf"]),
        ("common.tf", ["live/a/terragrunt.hcl"], ["m/main.tf"]),
        ("env/common.hcl", ["live/b/terragrunt.hcl"], ["n/main.tf"]),
        ("live/c/own.yml", ["live/c/terragrunt.hcl"], ["m/main.tf"]),
        ("shared.tfvars", ["live/c/terragrunt.hcl"], ["m/main.tf"]),
        ("live/b/terragrunt.hcl", ["live/b/terragrunt.hcl"], ["n/main.tf"]),
    ],
)
def test_a_file_that_units_are_evaluated_with_comes_with_the_units(
    tmp_path: Path, changed: str, units: list[str], modules: list[str]
) -> None:
    found = scan(tmp_path, changed, files=UNITS)
    assert found.changed == {changed, *units}
    assert set(found.claimed["terraform"]) >= {*units, *modules}
    assert "other/main.tf" not in found.claimed["terraform"]


def test_a_lock_file_concerns_nobody(tmp_path: Path) -> None:
    found = scan(tmp_path, ".terraform.lock.hcl", files={**UNITS, ".terraform.lock.hcl": 'provider "x" {}\n'})
    assert found.claimed == {}
    assert found.changed == {".terraform.lock.hcl"}


def test_the_kustomizations_that_a_changed_file_goes_through(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    files = {
        "base/kustomization.yaml": "resources: [pod.yaml]\nconfigMapGenerator: [{name: c, envs: [c.env]}]\n",
        "base/pod.yaml": pod,
        "base/c.env": "A=b\n",
        "prod/kustomization.yaml": "resources: [../base, ../extra]\npatches: [{path: patch.yaml}]\n",
        "prod/patch.yaml": pod,
        "extra/kustomization.yaml": "resources: [pod.yaml]\n",
        "extra/pod.yaml": pod.replace("a}", "extra}"),
        "other/kustomization.yaml": "resources: [pod.yaml]\n",
        "other/pod.yaml": pod,
    }
    scan(tmp_path, "base/pod.yaml", files=files)
    through = ["base/kustomization.yaml", "extra/kustomization.yaml", "prod/kustomization.yaml"]
    assert [p for p in scan(tmp_path, "base/pod.yaml").claimed["kubernetes"] if "kust" in p] == through
    assert [p for p in scan(tmp_path, "base/c.env").claimed["kubernetes"] if "kust" in p] == through
    assert scan(tmp_path, "prod/patch.yaml").claimed["kubernetes"] == [*through, "prod/patch.yaml"]
    assert scan(tmp_path, "other/pod.yaml").claimed["kubernetes"] == ["other/kustomization.yaml", "other/pod.yaml"]


def test_a_release_comes_with_the_chart_that_it_deploys(tmp_path: Path) -> None:
    release = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n"
        "  source: {repoURL: https://example.com/a.git, path: charts/web, helm: {valuesObject: {a: 1}}}\n"
    )
    metadata = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    chart = {"Chart.yaml": metadata, "values.yaml": "a: 2\n", "templates/a.yaml": POD}
    files = {"apps/web.yaml": release, "apps/other.yaml": POD}
    for folder in ("charts/web", "charts/other"):
        files |= {f"{folder}/{name}": text for name, text in chart.items()}
    found = scan(tmp_path, "apps/web.yaml", files=files)
    claimed = [*(name for name in files if name.startswith("apps/")), *(f"charts/web/{name}" for name in chart)]
    assert found.claimed == {"kubernetes": sorted(claimed)}
    assert (found.changed, found.charts) == ({"apps/web.yaml"}, ("charts/web",))
    assert scan(tmp_path, "apps/other.yaml").charts == ()


def deleted(base: Path, name: str, *others: str) -> Discovery:
    (base / name).unlink()
    return scan(base, name, *others)


def test_what_stood_beside_a_deleted_file_counts_as_changed(tmp_path: Path) -> None:
    files = {
        "app/main.tf": 'module "net" {\n  source = "../net"\n}\n',
        "net/main.tf": 'variable "y" {}\n',
        "net/more.tf": 'variable "x" {}\n',
        "net/pod.yaml": POD,
        "k/a.yaml": POD, "k/b.yaml": POD, "k/c.yaml": POD, "k/main.tf": "# x\n",
        "README.md": "x",
    }  # fmt: skip
    (tmp_path / ".git").mkdir()
    scan(tmp_path, files=files)
    found = deleted(tmp_path, "net/more.tf")
    assert found.claimed == {"terraform": ["app/main.tf", "net/main.tf"]}
    assert found.changed == {"net/main.tf", "net/more.tf"}
    assert [(note.kind, note.file) for note in found.notes] == [("deleted-file", "net/more.tf")]
    found = deleted(tmp_path, "k/c.yaml", "app/main.tf")
    assert found.claimed["kubernetes"] == ["k/a.yaml", "k/b.yaml"]
    assert found.changed == {"app/main.tf", "k/a.yaml", "k/b.yaml", "k/c.yaml"}
    found = deleted(tmp_path, "README.md")
    assert (found.claimed, found.notes, found.problems) == ({}, [], [])


def test_a_folder_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = scan(tmp_path, "gone/deep/main.tf", "gone/deep", files={"main.tf": "# x\n"})
    assert (found.claimed, found.problems) == ({}, [])


def test_a_deleted_file_that_is_ignored_stays_out(tmp_path: Path) -> None:
    files = {".gitignore": "gen.yaml\n", "k/a.tf": "# x\n", "k/b.yaml": POD}
    found = scan(tmp_path, "k/gen.yaml", "k/a.tf", files=files)
    assert (found.changed, found.notes) == ({"k/a.tf"}, [])


def test_units_come_with_a_deleted_file_that_they_include(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    scan(tmp_path, "root.hcl", files=UNITS)
    found = deleted(tmp_path, "env/common.hcl")
    assert found.changed == {"env/common.hcl", "live/b/terragrunt.hcl"}
    assert "n/main.tf" in found.claimed["terraform"]


def test_of_no_files_nothing_is_judged(tmp_path: Path) -> None:
    found = discover([], Tree(str(tmp_path)), changed=True)
    assert (found.claimed, found.problems, found.changed) == ({}, [], frozenset())
    assert [note.kind for note in found.notes] == ["nothing-changed"]
