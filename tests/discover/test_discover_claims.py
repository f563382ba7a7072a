from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail.discover import Discovery, claims, discover
from guardrail.model import Note, Problem
from guardrail.tree import Tree, Unreadable

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"
WORKFLOW = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
LOOKED_FOR = "Terraform and OpenTofu, Terraform plans (JSON), CI pipelines, Kubernetes manifests"


def scan(base: Path, *paths: str, files: dict[str, str] | None = None) -> Discovery:
    for name, content in (files or {}).items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(content, encoding="utf-8")
    return discover([str(base / path) for path in paths or [""]], Tree(str(base)))


def test_each_reader_gets_its_files(tmp_path: Path) -> None:
    found = scan(
        tmp_path,
        files={
            "main.tf": "# tf\n",
            "x.tofu": "# tf\n",
            "x.tf.json": "{}",
            "prod.tfvars": "a = 1\n",
            "a.auto.tfvars.json": "{}",
            "k8s/pod.yml": POD,
            "k8s/pod.json": '{"apiVersion": "v1", "kind": "Pod"}',
            ".github/workflows/ci.yml": WORKFLOW,
            "package.json": '{"name": "x"}',
            "values.yaml": "a: 1\n",
            "README.md": POD,
            ".terraform.lock.hcl": "",
            ".#main.tf": "",
        },
    )
    assert found.claimed == {
        "terraform": ["a.auto.tfvars.json", "main.tf", "prod.tfvars", "x.tf.json", "x.tofu"],
        "kubernetes": ["k8s/pod.json", "k8s/pod.yml"],
        "pipelines": [".github/workflows/ci.yml"],
    }
    assert (found.skipped, found.seen) == (2, 13)
    assert (found.problems, found.notes, found.failed) == ([], [], [])


def test_a_file_is_looked_into_to_its_end_before_it_is_skipped(tmp_path: Path) -> None:
    late = "# " + "x" * 70_000 + "\n" + POD
    assert scan(tmp_path, files={"late.yaml": late}).claimed == {"kubernetes": ["late.yaml"]}


def test_broken_yaml_that_looks_like_ours_is_claimed(tmp_path: Path) -> None:
    assert scan(tmp_path, files={"pod.yaml": POD + "  : [\n"}).claimed == {"kubernetes": ["pod.yaml"]}


# Nothing to judge


def test_an_empty_scan_is_a_problem_that_says_what_was_looked_for(tmp_path: Path) -> None:
    found = scan(tmp_path, files={"README.md": "", "a/package.json": "{}"})
    message = f"nothing to judge in {tmp_path}: 2 files seen, none is one of {LOOKED_FOR}"
    assert found.problems == [Problem("empty-scan", message)]


def test_an_empty_file_is_noted(tmp_path: Path) -> None:
    files = {"main.tf": "# x\n", "outputs.tf": "", "blank.tf": " \n\n", ".github/workflows/x.yml": "\n"}
    found = scan(tmp_path, files=files)
    assert found.claimed["terraform"] == ["blank.tf", "main.tf", "outputs.tf"]
    assert [(note.kind, note.file) for note in found.notes] == [
        ("empty-file", ".github/workflows/x.yml"),
        ("empty-file", "blank.tf"),
        ("empty-file", "outputs.tf"),
    ]
    assert found.problems == []


def test_only_empty_files_are_an_empty_scan(tmp_path: Path) -> None:
    found = scan(tmp_path, "main.tf", files={"main.tf": "\n", "other.tf": "# x\n"})
    path = str(tmp_path / "main.tf")
    assert found.problems == [
        Problem(
            "empty-scan",
            f"nothing to judge in {path}: 1 file seen, what there is of {LOOKED_FOR} is empty: main.tf",
            "main.tf",
        )
    ]


def test_a_named_file_that_is_nobodys_is_noted_or_makes_an_empty_scan(tmp_path: Path) -> None:
    files = {"values.yaml": "a: 1\n", "notes.txt": "x", "main.tf": "# x\n"}
    together = scan(tmp_path, "values.yaml", "notes.txt", "main.tf", files=files)
    assert [(note.kind, note.file) for note in together.notes] == [
        ("not-recognised", "notes.txt"),
        ("not-recognised", "values.yaml"),
    ]
    assert together.problems == []
    alone = scan(tmp_path, "values.yaml")
    assert [(problem.kind, problem.file) for problem in alone.problems] == [("empty-scan", "values.yaml")]


# What can't be read


def test_a_file_over_the_cap_is_a_problem_if_it_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_FILE_BYTES", 200_000)
    big = "# " + "x" * 200_000 + "\n"
    lock = "{" + " " * 200_000 + "}"
    found = scan(
        tmp_path, files={"main.tf": "# x\n", "big.tf": big, "pod.yaml": POD + big, "package-lock.json": lock}
    )
    assert [(problem.kind, problem.file) for problem in found.problems] == [
        ("too-large", "big.tf"),
        ("too-large", "pod.yaml"),
    ]
    assert found.failed == ["big.tf", "pod.yaml"]
    assert found.claimed == {"terraform": ["main.tf"]}
    assert found.skipped == 1


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.tf"])
def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Tree._read

    def read(self: Tree, path: str, limit: int) -> bytes:
        if path == name:
            raise Unreadable(Problem("unreadable", "cannot be read: Permission denied", path))
        return real(self, path, limit)

    monkeypatch.setattr(Tree, "_read", read)
    found = scan(tmp_path, files={"main.tf": "# x\n", name: "x"})
    assert found.problems == [Problem("unreadable", "cannot be read: Permission denied", name)]
    assert found.failed == [name]
    assert found.claimed == {"terraform": ["main.tf"]}


def test_only_unreadable_files_are_no_empty_scan_on_top(tmp_path: Path) -> None:
    (tmp_path / "main.tf").symlink_to("nowhere")
    assert [problem.kind for problem in scan(tmp_path).problems] == ["unreadable"]


def test_a_named_link_out_of_the_tree_is_a_problem_or_a_note(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for name, content in (("x.tf", "# x\n"), ("x.yaml", POD)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        (tmp_path / "tree" / name).symlink_to(tmp_path / name)
    found = scan(tmp_path / "tree", "x.tf", "x.yaml")
    assert [(problem.kind, problem.file) for problem in found.problems] == [("outside-tree", "x.tf")]
    assert ("link-outside-tree", "x.yaml") in [(note.kind, note.file) for note in found.notes]


# Standard input


@pytest.mark.parametrize(
    ("data", "name", "reader"),
    [
        (POD, "stdin.yaml", "kubernetes"),
        ('{"apiVersion": "v1", "kind": "Pod"}', "stdin.json", "kubernetes"),
        (WORKFLOW, "stdin.yaml", "pipelines"),
        ('resource "a" "b" {}\n', "stdin.tf", "terraform"),
        ('{"resource": {}}', "stdin.tf.json", "terraform"),
    ],
)
def test_standard_input_gets_a_name_that_fits(tmp_path: Path, data: str, name: str, reader: str) -> None:
    tree = Tree(str(tmp_path))
    found = discover(["-"], tree, stdin=data.encode())
    assert found.claimed == {reader: [name]}
    assert tree.read(name) == data.encode()


def test_standard_input_under_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Tree(str(tmp_path))
    found = discover(["-"], tree, stdin=b"image: x\n", stdin_filename="sub/.gitlab-ci.yml")
    assert found.claimed == {"pipelines": ["sub/.gitlab-ci.yml"]}
    assert tree.read("sub/.gitlab-ci.yml") == b"image: x\n"


@pytest.mark.parametrize("data", [b"", b" \n", None])
def test_empty_standard_input_is_an_empty_scan(tmp_path: Path, data: bytes | None) -> None:
    found = discover(["-"], Tree(str(tmp_path)), stdin=data)
    assert [(problem.kind, problem.file) for problem in found.problems] == [("empty-scan", "stdin.tf")]
    assert "standard input" in found.problems[0].message


# Its manners


def test_a_scan_leaves_no_handle_open(tmp_path: Path) -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("no /proc here")
    before = len(os.listdir(fds))
    found = scan(tmp_path, files={f"{index}.yaml": POD for index in range(20)})
    assert len(found.claimed["kubernetes"]) == 20
    assert len(os.listdir(fds)) == before


def test_problems_and_notes_are_of_their_own_type(tmp_path: Path) -> None:
    found = scan(tmp_path, files={"main.tf": ""})
    assert all(type(note) is Note for note in found.notes)
    assert all(type(problem) is Problem for problem in found.problems)
