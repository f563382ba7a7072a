"""Repositories in a folder that is none are trees of their own; in one that is a tree, they are part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.config import Config
from guardrail.discover import Discovery, discover
from guardrail.tree import Tree

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("loose.yaml", "one/deploy/pod.yaml", "one/pod.yaml", "team/two/pod.yaml", "team/notes/pod.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(POD)
    (tmp_path / "one/.git").mkdir()
    (tmp_path / "one/.git/HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "team/two/.git").write_text("gitdir: /elsewhere/.git/worktrees/two\n")
    return tmp_path


def found(folder: Path, *paths: str) -> Discovery:
    return discover([str(folder / path) for path in paths or [""]], Tree(str(folder)))


def test_they_are_left_to_themselves(folder: Path) -> None:
    here = found(folder)
    assert here.claimed == {"kubernetes": ["loose.yaml", "team/notes/pod.yaml"]}
    assert here.repositories == {"one": ["one"], "team/two": ["team/two"]}
    assert here.problems == here.notes == []


def test_of_what_is_named_only_that_is_wanted(folder: Path) -> None:
    here = found(folder, "one/deploy", "one/pod.yaml", "team")
    assert here.claimed == {"kubernetes": ["team/notes/pod.yaml"]}
    assert here.repositories == {"one": ["one/deploy", "one/pod.yaml"], "team/two": ["team/two"]}


def test_nothing_beside_them_is_no_problem(folder: Path) -> None:
    here = found(folder, "one", "team/two")
    assert (here.claimed, here.problems) == ({}, [])


def test_within_a_repository_they_are_part_of_it(folder: Path) -> None:
    (folder / ".git").mkdir()
    here = found(folder)
    assert here.repositories == {}
    assert len(here.claimed["kubernetes"]) == 5
    assert here.notes == []


def test_a_configuration_above_them_keeps_them_together(folder: Path) -> None:
    (folder / "guardrail.yaml").write_text("exclude: [one/deploy]\n")
    here = found(folder)
    assert here.repositories == {}
    assert len(here.claimed["kubernetes"]) == 4
    [note] = here.notes
    assert (note.kind, note.file) == ("repositories-as-one", "guardrail.yaml")
    assert "2 repositories (one, team/two)" in note.message


def test_a_configuration_given_for_all_does_not(folder: Path) -> None:
    (folder / "guardrail.yaml").write_text("exclude: [one/deploy]\n")
    tree = Tree(str(folder))
    config = Config(tree)
    config.explicit = "/elsewhere/guardrail.yaml"
    assert set(discover([str(folder)], tree, config).repositories) == {"one", "team/two"}


def test_a_commit_has_what_it_changes_in_each(folder: Path) -> None:
    changed = [str(folder / name) for name in ("loose.yaml", "team/two/pod.yaml")]
    here = discover(changed, Tree(str(folder)), changed=True)
    assert here.claimed == {"kubernetes": ["loose.yaml"]}
    assert here.repositories == {"team/two": ["team/two/pod.yaml"]}


@pytest.mark.parametrize("paths", [["."], ["one", "team"], ["one", "team/two"]])
def test_a_folder_of_a_commit_stands_for_the_repositories_in_it(folder: Path, paths: list[str]) -> None:
    here = discover([str(folder / name) for name in paths], Tree(str(folder)), changed=True)
    assert here.repositories == {"one": ["one"], "team/two": ["team/two"]}


def test_repositories_that_a_commit_does_not_touch_stay_out(folder: Path) -> None:
    (folder / "main.tf").write_text('module "m" {\n  source = "./m"\n}\n')
    here = discover([str(folder / "main.tf"), str(folder / "one/pod.yaml")], Tree(str(folder)), changed=True)
    assert here.repositories == {"one": ["one/pod.yaml"]}


def test_a_file_may_be_deleted_in_a_repository(folder: Path) -> None:
    here = discover([str(folder / "one/gone.yaml")], Tree(str(folder)), changed=True)
    assert (here.claimed, here.notes, here.repositories) == ({}, [], {"one": ["one/gone.yaml"]})
