from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail.discover import discover, find_base
from guardrail.errors import UsageError
from guardrail.tree import Tree


def touch(base: Path, *names: str) -> None:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text('variable "a" {}\n', encoding="utf-8")


def test_the_base_is_where_the_repository_begins(tmp_path: Path) -> None:
    touch(tmp_path, "repo/.git/HEAD", "repo/a/guardrail.yaml", "repo/a/b/main.tf", "repo/c/main.tf")
    repo = tmp_path / "repo"
    assert find_base([str(repo / "a" / "b" / "main.tf")]) == os.path.realpath(repo)
    assert find_base([str(repo / "a" / "b"), str(repo / "c" / "main.tf")]) == os.path.realpath(repo)


def test_a_worktree_has_a_file_called_git(tmp_path: Path) -> None:
    touch(tmp_path, "repo/.git", "repo/a/main.tf")
    assert find_base([str(tmp_path / "repo" / "a")]) == os.path.realpath(tmp_path / "repo")


def test_without_a_repository_the_nearest_guardrail_yaml_marks_the_base(tmp_path: Path) -> None:
    touch(tmp_path, "a/.guardrail.yaml", "a/b/c/main.tf")
    assert find_base([str(tmp_path / "a" / "b" / "c")]) == os.path.realpath(tmp_path / "a")


def test_else_it_is_what_the_paths_have_in_common(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/main.tf", "a/c/main.tf")
    assert find_base([str(tmp_path / "a" / "b" / "main.tf")]) == os.path.realpath(tmp_path / "a" / "b")
    assert find_base([str(tmp_path / "a" / "b"), str(tmp_path / "a" / "c")]) == os.path.realpath(tmp_path / "a")


def test_no_path_means_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "main.tf")
    monkeypatch.chdir(tmp_path)
    assert find_base([]) == find_base(["-"]) == find_base(["."]) == os.path.realpath(tmp_path)
    assert discover([], Tree(".")).claimed == {"terraform": ["main.tf"]}


def test_every_missing_path_is_named_before_anything_is_looked_at(tmp_path: Path) -> None:
    touch(tmp_path, "main.tf")
    there, *missing = (str(tmp_path / name) for name in ("main.tf", "nope.tf", "nada"))
    for call in (lambda: find_base([there, *missing]), lambda: discover([there, *missing], Tree(str(tmp_path)))):
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value) == f"no such file or folder: {missing[0]}, {missing[1]}"
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_can_be_no_path_is_missing_too(path: str) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        find_base([path])


def test_a_path_outside_the_tree_is_a_usage_error(tmp_path: Path) -> None:
    touch(tmp_path, "a/main.tf", "b/main.tf")
    with pytest.raises(UsageError, match="stands outside"):
        discover([str(tmp_path / "b")], Tree(str(tmp_path / "a")))


def test_names_are_the_same_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "repo/.git/HEAD", "repo/a/main.tf")
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    for here, path in ((tmp_path, "repo/a"), (tmp_path / "repo" / "a", "."), (tmp_path / "link", "a/main.tf")):
        monkeypatch.chdir(here)
        assert discover([path], Tree(find_base([path]))).claimed == {"terraform": ["a/main.tf"]}


def test_what_a_commit_deleted_need_not_be_there(tmp_path: Path) -> None:
    touch(tmp_path, "repo/.git/HEAD", "repo/a/main.tf", "plain/main.tf")
    repo, outside = str(tmp_path / "repo"), str(tmp_path / "nowhere" / "x.tf")
    there, gone = f"{repo}/a/main.tf", f"{repo}/gone/deep/main.tf"
    for paths in ([there, gone], [gone], [there, outside]):
        assert find_base(paths, changed=True) == os.path.realpath(repo)
    for paths in (["", there], [f"{repo}/a\0b"], [outside], [str(tmp_path / "plain" / "typo.tf")]):
        with pytest.raises(UsageError, match="no such file or folder"):
            find_base(paths, changed=True)
    with pytest.raises(UsageError, match="stands outside"):
        discover([there, outside], Tree(repo), changed=True)
