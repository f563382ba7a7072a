"""The one door to file contents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail.tree import MAX_FILE_BYTES, Tree, Unreadable


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    base = tmp_path / "base"
    (base / "a").mkdir(parents=True)
    (base / "a" / "b.tf").write_text("x")
    (tmp_path / "outside.tf").write_text("secret")
    (base / "out.tf").symlink_to(tmp_path / "outside.tf")
    (base / "in.tf").symlink_to(base / "a" / "b.tf")
    (base / "away").symlink_to(tmp_path)
    return Tree(str(base))


def problem(tree: Tree, path: str) -> str:
    with pytest.raises(Unreadable) as raised:
        tree.read(path)
    return raised.value.problem.kind


def test_reads_once(tree: Tree) -> None:
    assert tree.read("a/b.tf") == b"x"
    os.unlink(tree.absolute("a/b.tf"))
    assert tree.read("a/b.tf") == b"x"
    tree.forget(["a/b.tf"])
    assert problem(tree, "a/b.tf") == "unreadable"


def test_nothing_outside_is_read(tree: Tree) -> None:
    assert tree.read("in.tf") == b"x"
    for path in ("out.tf", "away/outside.tf", "../outside.tf", "a/../../outside.tf"):
        assert problem(tree, path) == "outside-tree"
        assert not tree.is_file(path)
    assert tree.names_in("away") == []
    with pytest.raises(Unreadable):
        tree.head("out.tf")


@pytest.mark.parametrize(
    ("folder", "relative", "wanted"),
    [("a", "./b.tf", "a/b.tf"), ("a", "../x", "x"), ("a", "..", ""), ("a", "../..", None), ("a", "/etc/passwd", None),
     ("", "../x", None), ("a/b", "../../c", "c"), ("a", "x\0y", None)],
)  # fmt: skip
def test_join(tree: Tree, folder: str, relative: str, wanted: str | None) -> None:
    assert tree.join(folder, relative) == wanted


def test_files_of_a_name(tmp_path: Path) -> None:
    for name in ("a/x.yaml", "a/b/x.yaml", "a/b/y.yaml", "node_modules/x.yaml", ".git/x.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    tree = Tree(str(tmp_path), {"c/x.yaml": b""})
    tree.log = {}
    assert tree.files_named("x.yaml") == ["a/b/x.yaml", "a/x.yaml", "c/x.yaml"]
    asked = tree.log["named", "x.yaml"]
    assert tree.answer("named", "x.yaml") == asked
    (tmp_path / "x.yaml").write_text("")
    assert Tree(str(tmp_path), {"c/x.yaml": b""}).answer("named", "x.yaml") != asked


def test_caps_and_odd_files(tree: Tree) -> None:
    with open(tree.absolute("big.tf"), "wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    assert problem(tree, "big.tf") == "too-large"
    os.mkfifo(tree.absolute("pipe.tf"))
    assert problem(tree, "pipe.tf") == "unreadable"
    assert problem(tree, "a") == "unreadable"


def test_overlay() -> None:
    tree = Tree("/does/not/exist", {"m/main.tf": b"y"})
    assert tree.read("m/main.tf") == b"y"
    assert tree.is_folder("m")
    assert tree.names_in("m") == ["main.tf"]
    assert not tree.is_file("m/other.tf")


@pytest.mark.skipif(not Path("/proc/version").is_file(), reason="Linux's")
def test_a_file_that_says_no_size_is_read_to_its_end() -> None:
    content = Path("/proc/version").read_bytes()
    assert os.stat("/proc/version").st_size == 0 < len(content)
    assert Tree("/proc").read("version") == content
    with pytest.raises(Unreadable):
        Tree("/proc").read("version", limit=5)


def test_a_file_that_grows_is_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x" * 50)
    real = os.fstat

    def before(handle: int) -> os.stat_result:
        status = list(real(handle))
        status[6] = 20  # st_size
        return os.stat_result(status)

    monkeypatch.setattr(os, "fstat", before)
    assert Tree(str(tmp_path)).read("a") == b"x" * 50
    with pytest.raises(Unreadable):
        Tree(str(tmp_path)).read("a", limit=40)
