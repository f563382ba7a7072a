"""Files that say nothing, and files that say something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

NAMES = [
    ".github/workflows/ci.yml",
    ".github/dependabot.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "bitbucket-pipelines.yml",
    "azure-pipelines.yml",
    ".pre-commit-config.yaml",
]


def problems(folder: Path, guardrail: Callable[..., Run]) -> list[str]:
    found = json.loads(guardrail("scan", folder, "--format", "json").out)["problems"]
    return [f"{problem['kind']} {problem['file']}" for problem in found if problem["kind"] != "empty-scan"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["# on: push\n# jobs: {}\n", "", "---\n"])
def test_what_is_commented_out_as_a_whole_is_no_fault(
    tmp_path: Path, guardrail: Callable[..., Run], name: str, text: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert problems(tmp_path, guardrail) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["- a\n- b\n", "words\n"])
def test_what_is_no_mapping_is(tmp_path: Path, guardrail: Callable[..., Run], name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert problems(tmp_path, guardrail) == [f"malformed {name}"]
