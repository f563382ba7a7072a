from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardrail.discover import Discovery, discover
from guardrail.model import Problem
from guardrail.tree import Tree

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"


def write(base: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(content, encoding="utf-8")


def terraform(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, 'variable "a" {}\n')


def scan(base: Path, *paths: str) -> Discovery:
    return discover([str(base / path) for path in paths or [""]], Tree(str(base)))


def claimed(base: Path, *paths: str) -> list[str]:
    found = scan(base, *paths).claimed
    return sorted(name for names in found.values() for name in names)


def test_folders_of_tools_are_left_out(tmp_path: Path) -> None:
    folders = [".git", ".terraform", ".terragrunt-cache", "node_modules", ".venv", "__pycache__"]
    write(tmp_path, terraform("main.tf", "a/.hidden/main.tf", *(f"a/{name}/x/main.tf" for name in folders)))
    assert claimed(tmp_path) == ["a/.hidden/main.tf", "main.tf"]


def test_modules_that_go_keeps_are_left_out(tmp_path: Path) -> None:
    files = terraform("vendor/k8s.io/x/main.tf", "a/vendor/x/main.tf", "b/vendor/main.tf", "vendored/main.tf")
    write(tmp_path, {**files, "vendor/modules.txt": "# k8s.io/x v1\n", "a/vendor/modules.txt": "# x v1\n"})
    assert claimed(tmp_path) == ["b/vendor/main.tf", "vendored/main.tf"]
    assert claimed(tmp_path, "vendor/k8s.io") == ["vendor/k8s.io/x/main.tf"], "somebody named it"
    tree = Tree(str(tmp_path))
    changed = discover([str(tmp_path / name) for name in sorted(files)], tree, changed=True)
    assert changed.changed == {"b/vendor/main.tf", "vendored/main.tf"}


def test_gitignore_counts_nested_and_negated(tmp_path: Path) -> None:
    generated = ("gen/a.tf", "b.gen.tf", "sub/b.gen.tf", "sub/keep.gen.tf", "sub/deep/keep.gen.tf")
    write(
        tmp_path,
        {
            **terraform("main.tf", "l.tf", *generated),
            ".gitignore": "gen/\n*.gen.tf\n",
            "sub/.gitignore": "!/keep.gen.tf\n",
            ".git/info/exclude": "/l.tf\n",
        },
    )
    assert claimed(tmp_path) == ["main.tf", "sub/keep.gen.tf"]


@pytest.mark.parametrize("version", ["2", "4"])
def test_what_git_keeps_is_not_ignored(tmp_path: Path, version: str) -> None:
    kept = ("config/manager/main.tf", "config/manager/deep/main.tf", "gen.tf", "plain.tf")
    write(tmp_path, terraform(*kept, "config/manager/new.tf", "other.gen.tf", "manager/x.tf"))
    # How many an operator's .gitignore names the binary that it builds, which takes out the folder of its manifests.
    write(tmp_path, {".gitignore": "manager\ngen.tf\n*.gen.tf\n", "guardrail.yaml": "exclude: [config/manager/deep]\n"})
    assert claimed(tmp_path) == ["plain.tf"]
    for command in (["init", "-q"], ["add", "-f", *kept], ["update-index", "--index-version", version]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert claimed(tmp_path) == ["config/manager/main.tf", "gen.tf", "plain.tf"]
    named = [str(tmp_path / name) for name in (*kept, "other.gen.tf", "manager/x.tf")]
    changed = discover(named, Tree(str(tmp_path)), changed=True).changed
    assert changed == {"config/manager/main.tf", "gen.tf", "plain.tf"}


@pytest.mark.parametrize(
    "index",
    [b"", b"DIRC", b"DIRC" + b"\0\0\0\2\0\0\0\5", b"DIRC\0\0\0\4\xff\xff\xff\xff" + b"\xff" * 99, b"x" * 200,
     b"DIRC\0\0\0\2\0\0\0\1" + bytes(60) + b"\0\3ab.tf\0"],
)  # fmt: skip
def test_an_index_that_cannot_be_read_keeps_nothing(tmp_path: Path, index: bytes) -> None:
    write(tmp_path, {**terraform("main.tf", "gen.tf"), ".gitignore": "gen.tf\n"})
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(index)
    found = scan(tmp_path)
    assert found.claimed == {"terraform": ["main.tf"]}
    assert not found.problems


def test_gitignores_above_the_folder_count_unless_they_ignore_it(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("a/main.tf", "a/x.tf", "gen/main.tf", "gen/x.tf"), ".gitignore": "x.tf\ngen\n"})
    assert claimed(tmp_path, "a") == ["a/main.tf"]
    assert claimed(tmp_path, "gen") == ["gen/main.tf", "gen/x.tf"]


def test_a_file_that_is_named_is_taken_though_it_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("x.tf", "y.tf"), ".gitignore": "x.tf\n", "guardrail.yaml": "exclude: [y.tf]\n"})
    assert claimed(tmp_path) == []
    assert claimed(tmp_path, "x.tf", "y.tf") == ["x.tf", "y.tf"]


def test_excludes_of_guardrail_yaml_count_from_their_folder(tmp_path: Path) -> None:
    files = terraform("main.tf", "vendor/a.tf", "a/vendor/b.tf", "a/main.tf", "a/old/c.tf", "old/c.tf")
    write(tmp_path, {**files, "guardrail.yaml": 'exclude: ["**/vendor/**"]\n', "a/guardrail.yaml": "exclude: [old/]\n"})
    assert claimed(tmp_path) == ["a/main.tf", "main.tf", "old/c.tf"]
    assert claimed(tmp_path, "a") == ["a/main.tf"]


def test_a_broken_guardrail_yaml_in_an_ignored_folder_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("main.tf"), "gen/guardrail.yaml": "nonsense", "gen/a.tf": "", ".gitignore": "gen\n"})
    assert claimed(tmp_path) == ["main.tf"]


def test_an_invalid_line_in_gitignore_is_passed_over_as_git_does(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("main.tf", "x.tf"), ".gitignore": "[a\n!\nx.tf\n"})
    assert claimed(tmp_path) == ["main.tf"]


def test_a_huge_gitignore_is_noted_and_ignores_nothing(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("main.tf"), ".gitignore": "main.tf\n" * 10_000})
    found = scan(tmp_path)
    assert found.claimed == {"terraform": ["main.tf"]}
    assert [(note.kind, note.file) for note in found.notes] == [("ignore-file-too-large", ".gitignore")]


def test_overlapping_paths_give_each_file_once(tmp_path: Path) -> None:
    write(tmp_path, terraform("a/main.tf", "a/b/main.tf"))
    found = scan(tmp_path, "a", "a/b", "a/main.tf", "")
    assert found.claimed == {"terraform": ["a/b/main.tf", "a/main.tf"]}
    assert found.seen == 2


# Links


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, terraform("a/main.tf", "b/main.tf"))
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "other").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = scan(tmp_path)
    assert found.claimed == {"terraform": ["a/main.tf", "b/main.tf"]}
    assert found.problems == []


def test_a_folder_that_only_a_link_leads_to_goes_by_the_link(tmp_path: Path) -> None:
    write(tmp_path, terraform("stacks/main.tf", "shared/net/main.tf"))
    (tmp_path / "stacks" / "net").symlink_to("../shared/net")
    (tmp_path / "stacks" / "again").symlink_to("../shared/net")
    assert claimed(tmp_path, "stacks") == ["stacks/again/main.tf", "stacks/main.tf"]
    assert claimed(tmp_path) == ["shared/net/main.tf", "stacks/main.tf"]


def test_a_link_out_of_the_tree_is_noted(tmp_path: Path) -> None:
    write(tmp_path, terraform("tree/main.tf", "outside/main.tf"))
    write(tmp_path, {"outside/pod.yaml": POD})
    tree = tmp_path / "tree"
    (tree / "folder").symlink_to(tmp_path / "outside")
    (tree / "pod.yaml").symlink_to(tmp_path / "outside" / "pod.yaml")
    (tree / "linked.tf").symlink_to(tmp_path / "outside" / "main.tf")
    found = scan(tree)
    assert found.claimed == {"terraform": ["main.tf"]}
    assert [(note.kind, note.file) for note in found.notes] == [
        ("link-outside-tree", "folder"),
        ("link-outside-tree", "pod.yaml"),
    ]
    assert [(problem.kind, problem.file) for problem in found.problems] == [("outside-tree", "linked.tf")]
    assert found.failed == ["linked.tf"]


def test_a_linked_file_keeps_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, terraform("common.tf", "envs/dev/main.tf"))
    (tmp_path / "envs" / "dev" / "common.tf").symlink_to("../../common.tf")
    assert claimed(tmp_path, "envs") == ["envs/dev/common.tf", "envs/dev/main.tf"]
    assert claimed(tmp_path, "envs/dev/common.tf") == ["envs/dev/common.tf"]


@pytest.mark.parametrize("name", ["gone.tf", "gone.yaml"])
def test_a_link_to_nothing_is_a_problem(tmp_path: Path, name: str) -> None:
    write(tmp_path, terraform("main.tf"))
    (tmp_path / name).symlink_to("nowhere")
    (tmp_path / "gone.txt").symlink_to("nowhere")
    found = scan(tmp_path)
    assert found.problems == [Problem("unreadable", "a link to something that is not there", name)]
    assert found.failed == [name]


# Depth, rights, odd names


def test_two_hundred_folders_deep(tmp_path: Path) -> None:
    name = "/".join(["d"] * 200) + "/main.tf"
    write(tmp_path, terraform(name))
    assert claimed(tmp_path) == [name]


def test_deeper_than_a_path_may_be_long_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    write(tmp_path, terraform("main.tf"))
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    found = scan(tmp_path)
    assert found.claimed == {"terraform": ["main.tf"]}
    assert [problem.kind for problem in found.problems] == ["unreadable"]
    assert "cannot be listed: File name too long" in found.problems[0].message


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    real = os.scandir

    def scandir(path: str) -> Any:
        if os.path.realpath(path) == os.path.realpath(folder):
            raise PermissionError(13, "Permission denied", str(folder))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_folder_that_may_not_be_listed_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, terraform("main.tf", "secret/main.tf"))
    refuse(monkeypatch, tmp_path / "secret")
    found = scan(tmp_path)
    assert found.claimed == {"terraform": ["main.tf"]}
    assert found.problems == [Problem("unreadable", "the folder cannot be listed: Permission denied", "secret")]


def test_a_base_that_may_not_be_listed_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, tmp_path)
    assert [problem.kind for problem in scan(tmp_path).problems] == ["empty-scan", "unreadable"]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    write(tmp_path, {**terraform("main.tf", "secret/main.tf"), "pod.yaml": POD})
    (tmp_path / "secret").chmod(0)
    (tmp_path / "pod.yaml").chmod(0)
    yield tmp_path
    (tmp_path / "secret").chmod(0o700)


def test_what_may_not_be_read_is_a_problem(closed: Path) -> None:
    found = scan(closed)
    assert [(problem.kind, problem.file) for problem in found.problems] == [
        ("unreadable", "pod.yaml"),
        ("unreadable", "secret"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes for a name")
def test_names_that_are_not_utf8_are_problems(tmp_path: Path) -> None:
    write(tmp_path, terraform("main.tf"))
    base = os.fsencode(tmp_path)
    for name in (b"caf\xe9.tf", b"caf\xe9.txt"):
        with open(base + b"/" + name, "wb"):
            pass
    os.mkdir(base + b"/d\xe9")
    found = scan(tmp_path)
    assert [(problem.file, problem.message) for problem in found.problems] == [
        ("caf\\udce9.tf", "its name is not UTF-8; not read"),
        ("d\\udce9", "its name is not UTF-8; not read"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.parametrize("name", ["pipe.tf", "pipe.yaml"])
def test_a_pipe_does_not_hang_the_scan(tmp_path: Path, name: str) -> None:
    write(tmp_path, terraform("main.tf"))
    os.mkfifo(tmp_path / name)
    assert scan(tmp_path).problems == scan(tmp_path, "main.tf", name).problems
    assert scan(tmp_path).problems == [Problem("unreadable", "not a regular file", name)]


def test_the_order_of_listing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, terraform("b/m.tf", "a/m.tf", "a/z.tf", "c/d/e.tf"))
    write(tmp_path, {"a/pod.yaml": POD, "x/pod.yaml": POD, "x/e.tf": ""})
    (tmp_path / "a" / "l2").symlink_to(tmp_path / "c" / "d")
    (tmp_path / "a" / "l1").symlink_to(tmp_path / "x")
    expected = scan(tmp_path)
    real = os.scandir

    class Shuffled:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = list(entries)
            random.Random(path).shuffle(self.entries)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Shuffled)
    again = scan(tmp_path)
    assert (again.claimed, again.notes, again.problems) == (expected.claimed, expected.notes, expected.problems)


def test_a_walk_imports_no_reader_that_has_no_files(tmp_path: Path) -> None:
    write(tmp_path, {**terraform("main.tf"), ".gitignore": "*.log\n"})
    script = (
        "import sys; from guardrail.discover import discover; from guardrail.tree import Tree\n"
        f"assert discover([{str(tmp_path)!r}], Tree({str(tmp_path)!r})).claimed\n"
        "heavy = {'yaml', 'json', 'jsonschema', 'guardrail.inputs.kubernetes', 'guardrail.inputs.terraform'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
