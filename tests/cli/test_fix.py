"""`guardrail fix` on the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

KEY = 'resource "aws_kms_key" "k" {\n  description         = "k"\n  enable_key_rotation = false\n}\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path / "tree")], check=True)
    (tmp_path / "tree/keys").mkdir()
    (tmp_path / "tree/keys/main.tf").write_text(KEY)
    return tmp_path / "tree"


def test_it_prints_a_patch_that_git_applies(tree: Path, guardrail: Callable[..., Run]) -> None:
    done = guardrail("fix", tree, "--rule", "key-rotation")
    assert (done.code, done.err) == (0, "1 of 1 findings can be mended in 1 file\n")
    assert (tree / "keys/main.tf").read_text() == KEY
    subprocess.run(["git", "apply"], input=done.out, text=True, cwd=tree, check=True)
    assert (tree / "keys/main.tf").read_text() == KEY.replace("false", "true")


@pytest.mark.parametrize("end", ["", "\n"])
def test_so_it_does_of_a_file_without_a_last_line_end(tree: Path, guardrail: Callable[..., Run], end: str) -> None:
    (tree / "keys/main.tf").write_text(KEY.rstrip("\n") + end)
    done = guardrail("fix", tree, "--rule", "key-rotation")
    subprocess.run(["git", "apply"], input=done.out, text=True, cwd=tree, check=True)
    assert (tree / "keys/main.tf").read_text() == KEY.replace("false", "true").rstrip("\n") + end


def test_lines_end_where_git_has_them_end(tree: Path, guardrail: Callable[..., Run]) -> None:
    text = KEY.replace('"k"\n', '"k" # \x0c \u2028 \x1c\n').replace("\n", "\r\n")
    (tree / "keys/main.tf").write_text(text, newline="")
    done = guardrail("fix", tree, "--rule", "key-rotation")
    subprocess.run(["git", "apply"], input=done.out.encode(), cwd=tree, check=True)
    assert (tree / "keys/main.tf").read_bytes() == text.replace("false", "true").encode()


@pytest.mark.parametrize("name", ["my keys/a b.tf", "ключ.tf", 'a"b\\n.tf', "a\tb\n.tf"])
def test_git_finds_files_of_any_name(tree: Path, guardrail: Callable[..., Run], name: str) -> None:
    path = tree / name
    path.parent.mkdir(exist_ok=True)
    (tree / "keys/main.tf").rename(path)
    done = guardrail("fix", tree, "--rule", "key-rotation")
    subprocess.run(["git", "apply"], input=done.out.encode(), cwd=tree, check=True)
    assert path.read_text() == KEY.replace("false", "true")


def test_names_are_those_from_the_top_of_the_repository(tree: Path, guardrail: Callable[..., Run]) -> None:
    done = guardrail("fix", tree, "--rule", "key-rotation")
    subprocess.run(["git", "apply"], input=done.out, text=True, cwd=tree / "keys", check=True)
    assert (tree / "keys/main.tf").read_text() == KEY.replace("false", "true")


def test_a_patch_has_the_bytes_of_the_file(tree: Path) -> None:
    text = KEY.replace('"k"\n', '"ключ"\n')
    (tree / "keys/main.tf").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "guardrail", "fix", str(tree), "--rule", "key-rotation"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, check=True,
    )  # fmt: skip
    subprocess.run(["git", "apply"], input=done.stdout, cwd=tree, check=True)
    assert (tree / "keys/main.tf").read_text(encoding="utf-8") == text.replace("false", "true")


def test_what_is_not_utf_8_is_left_alone(tree: Path, guardrail: Callable[..., Run]) -> None:
    (tree / "keys/main.tf").write_bytes(KEY.replace('"k"\n', '"k" # \xe4\n').encode("latin-1"))
    done = guardrail("fix", tree, "--rule", "key-rotation")
    assert (done.out, done.code in (0, 3)) == ("", True)


def test_a_file_is_mended_where_it_stands_not_by_a_link(tree: Path, guardrail: Callable[..., Run]) -> None:
    os.symlink("keys/main.tf", tree / "linked.tf")
    done = guardrail("fix", tree, "--rule", "key-rotation")
    assert [line for line in done.out.splitlines() if line.startswith("+++")] == ["+++ b/keys/main.tf"]


def test_it_writes_when_it_is_told_to(tree: Path, guardrail: Callable[..., Run]) -> None:
    os.chmod(tree / "keys/main.tf", 0o640)
    done = guardrail("fix", tree, "--rule", "key-rotation", "--write")
    assert (done.code, done.out, done.err) == (0, "", "1 of 1 findings mended in 1 file\n")
    assert (tree / "keys/main.tf").read_text() == KEY.replace("false", "true")
    assert (tree / "keys/main.tf").stat().st_mode & 0o777 == 0o640
    assert guardrail("fix", tree, "--rule", "key-rotation").err == "0 of 0 findings can be mended\n"


def test_ignored_and_accepted_findings_are_left_alone(tree: Path, guardrail: Callable[..., Run]) -> None:
    (tree / "guardrail.yaml").write_text("waivers: [{rules: key-rotation, reason: r}]\n")
    assert guardrail("fix", tree, "--rule", "key-rotation").out == ""


def test_an_incomplete_scan_is_told(tree: Path, guardrail: Callable[..., Run]) -> None:
    (tree / "broken.tf").write_text("resource {{{\n")
    done = guardrail("fix", tree, "--rule", "key-rotation")
    assert done.code == 3
    assert "problem: broken.tf" in done.err
    assert "+  enable_key_rotation = true" in done.out


def test_nothing_is_written_out_of_the_tree(tree: Path, tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "mine.tf").write_text(KEY)
    (tree / "keys/main.tf").unlink()
    os.symlink(tmp_path / "mine.tf", tree / "keys/main.tf")
    guardrail("fix", tree, "--rule", "key-rotation", "--write")
    assert (tmp_path / "mine.tf").read_text() == KEY


def test_several_repositories_are_mended_one_by_one(tree: Path, tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    """The names of files in one are not those in the folder above."""
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    done = guardrail("fix", tmp_path)
    assert (done.code, "mend each by itself" in done.err) == (2, True)


def test_standard_input_cannot_be_mended(guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys
    from types import SimpleNamespace

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(KEY.encode())))
    assert guardrail("fix", "-").code == 2


@pytest.mark.parametrize("command", ["fix", "baseline"])
def test_what_takes_no_standard_input_does_not_offer_to_name_it(guardrail: Callable[..., Run], command: str) -> None:
    assert "--stdin-filename" in guardrail("scan", "--help").out
    assert "--stdin-filename" not in guardrail(command, "--help").out
    assert guardrail(command, "--stdin-filename", "a.tf").code == 2
