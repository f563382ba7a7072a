"""`--base`: a folder within a repository as a tree of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

BUCKET = 'resource "aws_s3_bucket" "b" {}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One that has a guardrail.yaml of its own, in a repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()
    (tmp_path / "guardrail.yaml").write_text("rules: {store-versioned: off}\n")
    (tmp_path / "main.tf").write_text(BUCKET)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "guardrail.yaml").write_text("fail_on: critical\n")
    (folder / "main.tf").write_text(BUCKET)
    return folder


def test_without_it_what_is_for_the_top_alone_ends_the_run(project: Path, guardrail: Callable[..., Run]) -> None:
    done = guardrail("scan", project)
    assert done.code == 2
    assert done.err == (
        "guardrail: shop/guardrail.yaml:1:1: fail_on only counts in the guardrail.yaml at the base of the tree "
        "(--base makes a folder a tree of its own)\n"
    )


@pytest.mark.parametrize("paths", [[], ["."], ["main.tf"]])
def test_names_and_settings_are_those_of_the_folder(
    project: Path, guardrail: Callable[..., Run], paths: list[str]
) -> None:
    named = [project / path for path in paths]
    done = guardrail("scan", *named, "--base", project, "--rule", "store-versioned", "-f", "json")
    data = json.loads(done.out)
    assert [finding["file"] for finding in data["findings"]] == ["main.tf"]
    assert done.code == 0  # it is no critical one


def test_those_that_judge_or_write_go_by_it_too(project: Path, guardrail: Callable[..., Run]) -> None:
    assert guardrail("frameworks", "cis-aws", project, "--base", project).code == 0
    assert guardrail("frameworks", "cis-aws", project).code == 2
    assert "main.tf" in guardrail("inspect", "--base", project).out
    assert guardrail("baseline", "--base", project).code == 0
    assert '"file": "main.tf"' in (project / "guardrail-baseline.json").read_text()
    assert guardrail("fix", "--base", project).code in (0, 1)


def test_what_stands_outside_is_refused(project: Path, guardrail: Callable[..., Run]) -> None:
    for command in (["scan"], ["inspect"], ["config", "show"]):
        done = guardrail(*command, project.parent / "main.tf", "--base", project)
        assert (done.code, "stands outside" in done.err) == (2, True)
    assert guardrail("scan", project / "none.tf", "--base", project).code == 2


def test_settings_are_shown_of_it(project: Path, guardrail: Callable[..., Run]) -> None:
    shown = guardrail("config", "show", project / "main.tf", "--base", project).out
    assert "settings for main.tf\n  files: guardrail.yaml\n  fail_on: critical  (guardrail.yaml:1)\n" in shown
