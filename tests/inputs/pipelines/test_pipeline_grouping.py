"""Pipelines that call each other are read together, others apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.inputs.groups import MANY, Group, groups_of
from guardrail.inputs.pipelines import grouping
from guardrail.tree import Tree

WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}\n"
ACTION = "name: a\nruns:\n  using: composite\n  steps:\n    - run: make\n      shell: bash\n"


def _write(root: Path, files: dict[str, str]) -> tuple[list[str], Tree]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return sorted(files), Tree(str(root))


def _groups(root: Path, files: dict[str, str], size: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    monkeypatch.setattr(grouping, "GROUP_BYTES", size)
    return [files for files, _ in grouping.components(*_write(root, files))]


def test_keeps_callers_with_what_they_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "one/.github/workflows/a.yml": WORKFLOW.format(uses="./.github/actions/setup"),
        "one/.github/workflows/b.yml": WORKFLOW.format(uses="actions/checkout@v4"),
        "one/.github/workflows/c.yml": WORKFLOW.format(uses="'./.github/workflows/a.yml'"),
        "one/.github/actions/setup/action.yml": ACTION,
        "two/.github/workflows/a.yml": WORKFLOW.format(uses="./.github/actions/setup"),
        "two/.github/actions/setup/action.yaml": ACTION,
        "two/.gitlab-ci.yml": "a:\n  script: make\n",
        "three/.gitlab-ci.yml": "a:\n  script: make\n",
    }
    assert {frozenset(group) for group in _groups(tmp_path, files, 1, monkeypatch)} == {
        frozenset(
            ("one/.github/workflows/a.yml", "one/.github/workflows/c.yml", "one/.github/actions/setup/action.yml")
        ),
        frozenset(("one/.github/workflows/b.yml",)),
        frozenset(("two/.github/workflows/a.yml", "two/.github/actions/setup/action.yaml")),
        frozenset(("two/.gitlab-ci.yml", "three/.gitlab-ci.yml")),
    }


def test_small_ones_share_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f".github/workflows/{n}.yml": WORKFLOW.format(uses="actions/checkout@v4") for n in range(7)}
    size = len(next(iter(files.values())))
    groups = _groups(tmp_path, files, 3 * size, monkeypatch)
    assert [len(group) for group in groups] == [3, 3, 1]
    assert sorted(name for group in groups for name in group) == sorted(files)


def test_a_repository_that_fits_is_not_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{at}/.github/workflows/{n}.yml": WORKFLOW.format(uses="a/b@v4") for at in "abc" for n in range(3)}
    size = len(next(iter(files.values())))
    groups = _groups(tmp_path, files, 4 * size, monkeypatch)
    assert [len(group) for group in groups] == [6, 3]
    assert [len(group) for group in _groups(tmp_path, files, 2 * size, monkeypatch)] == [2, 2, 2, 2, 1]


def test_few_are_one_group(tmp_path: Path) -> None:
    files = {f".github/workflows/{n}.yml": WORKFLOW.format(uses="a/b@v4") for n in range(MANY - 1)}
    names, tree = _write(tmp_path, files)
    assert list(groups_of({"pipelines": names}, tree)) == [Group("pipelines", tuple(names))]
