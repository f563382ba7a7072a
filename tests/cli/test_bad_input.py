"""Hostile and broken files: a problem with file and line, no traceback, no hang, and the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Run

Guardrail = Callable[..., Run]

GOOD = """\
apiVersion: v1
kind: Pod
metadata: {name: good, namespace: x}
spec:
  containers:
    - name: c
      image: a
      securityContext: {privileged: true}
"""
HEAD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\n"


def explode() -> bytes:
    text = HEAD + b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in range(1, 10):
        text += b"a%d: &a%d [%s]\n" % (level, level, b",".join([b"*a%d" % (level - 1)] * 10))
    return text


BAD: dict[str, tuple[bytes, str]] = {
    "unclosed.yaml": (HEAD + b"spec: {containers: [\n", "syntax"),
    "unclosed.tf": (b'resource "aws_s3_bucket" "b" {\n  bucket = "x"\n', "syntax"),
    "unclosed.tf.json": (b'{"resource": {"aws_s3_bucket": {"b": {', "syntax"),
    "latin1.yaml": (HEAD + b"note: caf\xe9\n", "encoding"),
    "latin1.tf": (b'# caf\xe9\nlocals {\n  a = "b"\n}\n', "encoding"),
    "tabs.yaml": (HEAD + b"spec:\n\tcontainers: []\n", "syntax"),
    "nul.yaml": (HEAD + b"a: \0b\n", "encoding"),
    "nul.tf": (b'locals {\n  a = "\0"\n}\n', "encoding"),
    "anchors.yaml": (explode(), "expansion"),
    "deep.yaml": (HEAD + b"spec: " + b"[" * 10_000, "too-deep"),
    "deep.tf": (b"locals {\n  a = " + b"[" * 10_000 + b"]" * 10_000 + b"\n}\n", "too-deep"),
    "deepblocks.tf": (b"a {\n" * 10_000 + b"}\n" * 10_000, "too-deep"),
    "twice.yaml": (HEAD + b"spec: {hostNetwork: true, hostNetwork: false}\n", "duplicate-key"),
    ".github/workflows/broken.yml": (b"on: push\njobs:\n  a:\n   steps: [\n", "syntax"),
    ".github/workflows/list.yml": (b"- a\n- b\n", "malformed"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


def scan(guardrail: Guardrail, folder: Path) -> tuple[int, dict[str, Any]]:
    done = guardrail("scan", folder, "-f", "json", "--rule", "container-privileged")
    assert done.err == ""
    return done.code, json.loads(done.out)


@pytest.mark.parametrize("name", BAD)
def test_each_is_a_problem_with_its_place(folder: Path, guardrail: Guardrail, name: str) -> None:
    content, kind = BAD[name]
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    code, report = scan(guardrail, folder)
    assert code == 3
    problems = [problem for problem in report["problems"] if problem["file"] == name]
    assert kind in {problem["kind"] for problem in problems}
    assert all(problem["line"] >= 1 for problem in problems)
    assert [finding["file"] for finding in report["findings"]] == ["good.yaml"]
    files = report["coverage"]["files"]
    assert files["failed"] + files["partial"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.replace("\n", "\r", 3).replace("\n", "\r\n", 3).encode(),
        GOOD.encode("utf-16"),
    ],
)
def test_a_bom_and_other_line_ends_are_no_problem(folder: Path, guardrail: Guardrail, content: bytes) -> None:
    plain = guardrail("scan", folder, "--rule", "container-privileged").out
    (folder / "good.yaml").write_bytes(content)
    code, report = scan(guardrail, folder)
    assert code == 1
    assert [(f["line"], f["column"]) for f in report["findings"]] == [(8, 25)]
    assert guardrail("scan", folder, "--rule", "container-privileged").out == plain


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ignores_hold_whatever_ends_their_lines(folder: Path, guardrail: Guardrail, end: str) -> None:
    ignore = "      # guardrail:ignore container-privileged reason=\"it has to be\"\n"
    text = GOOD.replace("      securityContext", f"{ignore}      securityContext")
    (folder / "good.yaml").write_bytes(text.replace("\n", end).encode())
    _, report = scan(guardrail, folder)
    assert [bool(f["suppression"]) for f in report["findings"]] == [True]


def test_a_file_over_the_cap(folder: Path, guardrail: Guardrail) -> None:
    with open(folder / "huge.yaml", "wb") as stream:
        stream.write(HEAD)
        stream.truncate(100 * 1024 * 1024)
    code, report = scan(guardrail, folder)
    assert code == 3
    (problem,) = report["problems"]
    assert (problem["kind"], problem["file"]) == ("too-large", "huge.yaml")
    assert len(report["findings"]) == 1


def test_an_empty_file_is_told_but_no_problem(folder: Path, guardrail: Guardrail) -> None:
    """Modules without variables keep an empty variables.tf; a repository must not become unscannable by it."""
    (folder / "variables.tf").write_text("")
    code, report = scan(guardrail, folder)
    assert code == 1
    assert [(note["kind"], note["file"]) for note in report["notes"]] == [("empty-file", "variables.tf")]


def test_an_empty_file_alone_is_an_empty_scan(tmp_path: Path, guardrail: Guardrail) -> None:
    (tmp_path / "main.tf").write_text("")
    done = guardrail("scan", tmp_path / "main.tf", "-f", "json")
    assert done.code == 3
    assert [(p["kind"], p["file"]) for p in json.loads(done.out)["problems"]] == [("empty-scan", "main.tf")]


def test_what_only_looks_like_a_manifest_is_an_empty_scan(tmp_path: Path, guardrail: Guardrail) -> None:
    """Output of a tool that holds one, say: whoever names it alone would be told that it is without findings."""
    cut = {"resource_changes": [{"after": {"manifest": {"apiVersion": "v1", "kind": "Pod"}}}]}
    (tmp_path / "cut.json").write_text(json.dumps(cut))
    done = guardrail("scan", tmp_path / "cut.json", "-f", "json")
    assert done.code == 3
    assert [(p["kind"], p["file"]) for p in json.loads(done.out)["problems"]] == [("empty-scan", "cut.json")]
    (tmp_path / "main.tf").write_text("# nothing yet\n")
    assert guardrail("scan", tmp_path).code == 0


def test_recursive_links(folder: Path, guardrail: Guardrail) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "up").symlink_to(folder)
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    code, report = scan(guardrail, folder)
    assert len(report["findings"]) == 1
    assert code == 3
    assert [problem["file"] for problem in report["problems"]] == ["loop.yaml"]


def test_links_out_of_the_tree_are_not_read(folder: Path, guardrail: Guardrail, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.tf"
    outside.write_text('resource "aws_s3_bucket" "outside" {}\n')
    (folder / "link.tf").symlink_to(outside)
    code, report = scan(guardrail, folder)
    assert code == 3
    assert [(p["kind"], p["file"]) for p in report["problems"]] == [("outside-tree", "link.tf")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission(folder: Path, guardrail: Guardrail) -> None:
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        code, report = scan(guardrail, folder)
    finally:
        closed.chmod(0o755)
    assert code == 3
    assert [(p["kind"], p["file"]) for p in report["problems"]] == [("unreadable", "closed")]


def test_a_file_that_vanishes(folder: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch) -> None:
    import guardrail.planning as planning

    (folder / "gone.tf").write_text("locals {}\n" + "# read only when its turn comes\n" * 1000)
    real = planning.discover

    def discover(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        (folder / "gone.tf").unlink()
        return found

    monkeypatch.setattr(planning, "discover", discover)
    code, report = scan(guardrail, folder)
    assert code == 3
    assert [(p["kind"], p["file"]) for p in report["problems"]] == [("unreadable", "gone.tf")]
    assert len(report["findings"]) == 1


def test_a_pipe_does_not_hang_the_scan(folder: Path) -> None:
    os.mkfifo(folder / "pipe.tf")
    done = subprocess.run(
        [sys.executable, "-m", "guardrail", "scan", str(folder), "-f", "json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert [p["file"] for p in json.loads(done.stdout)["problems"]] == ["pipe.tf"]


def test_modules_in_the_tree_are_not_imported(folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    for name in ("click", "yaml", "grp", "json", "pickle"):
        (folder / f"{name}.py").write_text("open('owned', 'w').close()\n")
    done = subprocess.run(
        [sys.executable, "-m", "guardrail", "scan", ".", "-f", "json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["findings"], done.stderr
    assert not (folder / "owned").exists()


def test_a_working_directory_that_is_gone(folder: Path, tmp_path: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); os.execv(sys.executable, sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", script, sys.executable, "-m", "guardrail", "scan", str(folder), "-f", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["findings"]


def test_control_characters_do_not_reach_the_terminal(folder: Path, guardrail: Guardrail) -> None:
    (folder / "evil\x1b[31m.yaml").write_text(GOOD.replace("good", "\"\\e]0;owned\\a\""))
    done = guardrail("scan", folder)
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
