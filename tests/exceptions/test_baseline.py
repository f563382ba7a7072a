"""What a baseline accepts, and what it does not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Run

BUCKET = 'resource "aws_s3_bucket" "{name}" {{\n  bucket = "acme-{name}"\n}}\n'
RULES = "rules: {'*': off, store-versioned: medium}\n"


def initialise(repository: Path) -> None:
    (repository / ".git").mkdir(parents=True)
    (repository / ".git/HEAD").write_text("ref: refs/heads/main\n")


class Tree:
    """A repository of which `scan` gives (resource, verdict, what suppresses it), and the exit code."""

    def __init__(self, folder: Path, guardrail: Callable[..., Run]) -> None:
        self.folder, self.guardrail = folder, guardrail
        self.notes: list[str] = []

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def baseline(self, *options: str) -> Run:
        return self.guardrail("baseline", self.folder, *options)

    def scan(self, *options: str, path: str = "") -> tuple[set[tuple[str, str, str]], int]:
        done = self.guardrail("scan", self.folder / path, "-f", "json", *options)
        report: dict[str, Any] = json.loads(done.out)
        self.notes = [note["kind"] for note in report["notes"]]
        found = {
            (one["resource"], one["verdict"], (one["suppression"] or {"by": ""})["by"]) for one in report["findings"]
        }
        return found, done.code


@pytest.fixture
def tree(tmp_path: Path, guardrail: Callable[..., Run]) -> Tree:
    initialise(tmp_path / "repository")
    tree = Tree(tmp_path / "repository", guardrail)
    tree.write("guardrail.yaml", RULES + "baseline: guardrail-baseline.json\n")
    tree.write("main.tf", BUCKET.format(name="old"))
    assert tree.baseline().code == 0
    return tree


OLD = {("aws_s3_bucket.old", "fail", "baseline")}


def test_what_was_there_does_not_break_the_gate(tree: Tree) -> None:
    assert tree.scan() == (OLD, 0)
    assert tree.notes == []


def test_what_is_new_does(tree: Tree) -> None:
    tree.write("new.tf", BUCKET.format(name="new"))
    assert tree.scan() == (OLD | {("aws_s3_bucket.new", "fail", "")}, 1)


def test_moved_lines_and_files_stay_accepted(tree: Tree) -> None:
    (tree.folder / "main.tf").unlink()
    tree.write("buckets.tf", "\n\n# moved\n" + BUCKET.format(name="old"))
    assert tree.scan() == (OLD, 0)


def test_an_option_takes_the_place_of_the_configuration(tree: Tree, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"guardrail-baseline": 1, "findings": []}')
    assert tree.scan("--baseline", str(other)) == ({("aws_s3_bucket.old", "fail", "")}, 1)
    tree.write("guardrail.yaml", RULES)
    assert tree.scan()[1] == 1
    assert tree.scan("--baseline", str(tree.folder / "guardrail-baseline.json")) == (OLD, 0)


def test_undetermined_once_is_not_accepted_when_it_fails(tree: Tree) -> None:
    versioning = 'resource "aws_s3_bucket_versioning" "v" {\n  bucket = aws_s3_bucket.old.id\n' \
        '  versioning_configuration {\n    status = %s\n  }\n}\nvariable "status" {}\n'  # fmt: skip
    tree.write("versioning.tf", versioning % "var.status")
    tree.baseline()
    [(_, verdict, by)] = tree.scan()[0]
    assert (verdict, by) == ("undetermined", "baseline")
    tree.write("versioning.tf", versioning % '"Suspended"')
    [(_, verdict, by)], code = tree.scan()
    assert (verdict, by, code) == ("fail", "", 1)


def test_what_is_ignored_for_a_reason_is_not_written_down(tree: Tree) -> None:
    tree.write("main.tf", '# guardrail:ignore store-versioned reason="scratch"\n' + BUCKET.format(name="old"))
    tree.baseline()
    assert json.loads((tree.folder / "guardrail-baseline.json").read_text())["findings"] == []
    assert {by for _, _, by in tree.scan()[0]} == {"inline"}


def test_what_is_gone_is_told_and_taken_out(tree: Tree) -> None:
    tree.write("new.tf", BUCKET.format(name="new"))
    tree.baseline()
    tree.write("new.tf", "")
    tree.write("newer.tf", BUCKET.format(name="newer"))
    tree.scan()
    assert "baseline-outdated" in tree.notes
    tree.scan(path="main.tf")
    assert "baseline-outdated" not in tree.notes  # of what was not looked at nothing is known
    tree.scan("--rule", "store-encrypted")
    assert "baseline-outdated" not in tree.notes
    done = tree.baseline("--prune")
    assert (done.code, done.out) == (0, "guardrail-baseline.json: 1 finding, 1 taken out\n")
    found, code = tree.scan()
    assert ("aws_s3_bucket.newer", "fail", "") in found  # nothing was added
    assert ("aws_s3_bucket.old", "fail", "baseline") in found
    assert code == 1
    assert "baseline-outdated" not in tree.notes


def test_nothing_is_taken_out_where_the_scan_is_incomplete(tree: Tree) -> None:
    before = (tree.folder / "guardrail-baseline.json").read_bytes()
    tree.write("main.tf", 'resource "aws_s3_bucket" {{{\n')
    done = tree.baseline("--prune")
    assert done.code == 3
    assert "main.tf" in done.err
    assert (tree.folder / "guardrail-baseline.json").read_bytes() == before


def test_a_part_of_the_tree_leaves_the_rest_as_it_is(tree: Tree) -> None:
    tree.write("apps/a.tf", BUCKET.format(name="app"))
    assert tree.guardrail("baseline", tree.folder / "apps").code == 0
    assert tree.scan() == (OLD | {("aws_s3_bucket.app", "fail", "baseline")}, 0)


def test_it_is_a_finding_a_line_and_the_same_bytes_each_time(tree: Tree) -> None:
    tree.write("a.tf", BUCKET.format(name="a"))
    tree.baseline()
    path = tree.folder / "guardrail-baseline.json"
    first = path.read_bytes()
    tree.baseline()
    assert path.read_bytes() == first
    lines = [line for line in first.decode().splitlines() if '"fingerprint"' in line]
    files = [json.loads(line.rstrip(","))["file"] for line in lines]
    assert files == ["a.tf", "main.tf"]


SEVERAL = 'locals {\n  acls = {%s}\n}\nresource "aws_s3_bucket" "b" {\n  for_each = local.acls\n' \
    '  bucket   = each.key\n  acl      = each.value\n}\n'  # fmt: skip


def older(tree: Tree) -> None:
    """The baseline as it was written before it had messages and instances."""
    path = tree.folder / "guardrail-baseline.json"
    data = json.loads(path.read_text())
    for entry in data["findings"]:
        for key in ("message", "first", "instances"):
            entry.pop(key, None)
    path.write_text(json.dumps(data))


@pytest.fixture
def several(tree: Tree) -> Tree:
    tree.write("guardrail.yaml", "rules: {'*': off, store-not-public: high}\nbaseline: guardrail-baseline.json\n")
    tree.write("main.tf", SEVERAL % 'a = "private", b = "public-read"')
    assert tree.baseline().code == 0
    return tree


def test_another_instance_that_goes_wrong_is_new(several: Tree) -> None:
    assert several.scan()[1] == 0
    several.write("main.tf", SEVERAL % 'a = "public-read", b = "public-read"')
    assert several.scan() == ({('aws_s3_bucket.b["a"]', "fail", "")}, 1)
    assert several.notes == []
    several.baseline()
    assert several.scan()[1] == 0
    several.write("main.tf", SEVERAL % 'a = "public-read"')  # fewer are no new ones
    assert several.scan()[1] == 0


def test_an_instance_that_is_mended_is_taken_out(several: Tree) -> None:
    several.write("main.tf", SEVERAL % 'a = "public-read", b = "public-read"')
    several.baseline()
    several.write("main.tf", SEVERAL % 'a = "private", b = "public-read"')
    assert several.baseline("--prune").code == 0
    assert several.scan()[1] == 0
    several.write("main.tf", SEVERAL % 'a = "public-read", b = "public-read"')
    assert several.scan()[1] == 1


@pytest.mark.parametrize(("written", "judged"), [("", "module"), ("module", "")])
def test_a_module_may_be_judged_by_itself(several: Tree, written: str, judged: str) -> None:
    several.write("module/main.tf", SEVERAL % 'b = "public-read"')
    several.write("main.tf", 'module "m" {\n  source = "./module"\n}\n')
    (several.folder / "guardrail-baseline.json").unlink()
    assert several.guardrail("baseline", several.folder / written).code == 0
    assert several.scan(path=judged)[1] == 0
    several.write("module/main.tf", SEVERAL % 'a = "public-read", b = "public-read"')
    assert several.scan(path=judged)[1] == 1


def test_another_call_of_a_module_is_new(several: Tree) -> None:
    call = 'module "%s" {\n  source = "./module"\n}\n'
    several.write("module/main.tf", SEVERAL % 'b = "public-read"')
    several.write("main.tf", call % "one")
    several.baseline()
    several.write("main.tf", call % "one" + call % "two")
    assert several.scan()[1] == 1


def test_an_older_file_accepts_whatever_instances_there_are(several: Tree) -> None:
    older(several)
    several.write("main.tf", SEVERAL % 'a = "public-read", b = "public-read"')
    assert several.scan()[1] == 0


def test_where_instances_were_not_known_any_is_accepted(several: Tree) -> None:
    unknown = SEVERAL.replace("for_each = local.acls", "for_each = var.acls") + 'variable "acls" {}\n'
    unknown = unknown.replace("each.value", '"public-read"') % ""
    several.write("main.tf", unknown)
    several.baseline()
    several.write("main.tf", unknown.replace("var.acls", 'toset(["a", "b"])'))
    assert several.scan()[1] == 0


POLICY = 'resource "aws_iam_role_policy" "p" {\n  role   = "x"\n  policy = jsonencode({ Statement = [\n%s  ] })\n}\n'
STATEMENT = '    { Effect = "Allow", Action = "%s:*", Resource = "*" },\n'


@pytest.fixture
def policy(tree: Tree) -> Tree:
    rules = "rules: {'*': off, grant-no-service-wildcard: high}\n"
    tree.write("guardrail.yaml", rules + "baseline: guardrail-baseline.json\n")
    tree.write("main.tf", POLICY % (STATEMENT % "s3" + STATEMENT % "sqs"))
    assert tree.baseline().code == 0
    return tree


def accepted(tree: Tree) -> dict[str, bool]:
    """Whether each service's statement is."""
    found = json.loads(tree.guardrail("scan", tree.folder, "-f", "json").out)["findings"]
    return {word: one["suppression"] is not None for one in found for word in ("s3", "sqs", "iam")
            if f"{word}:*" in one["message"]}  # fmt: skip


def test_what_is_new_may_come_before_what_is_old(policy: Tree) -> None:
    assert accepted(policy) == {"s3": True, "sqs": True}
    policy.write("main.tf", POLICY % (STATEMENT % "iam" + STATEMENT % "s3" + STATEMENT % "sqs"))
    assert accepted(policy) == {"iam": False, "s3": True, "sqs": True}
    assert policy.notes == []


def test_of_several_the_one_that_is_mended_is_taken_out(policy: Tree) -> None:
    policy.write("main.tf", POLICY % (STATEMENT % "sqs"))
    assert accepted(policy) == {"sqs": True}
    assert policy.baseline("--prune").out == "guardrail-baseline.json: 1 finding, 1 taken out\n"
    assert accepted(policy) == {"sqs": True}
    policy.write("main.tf", POLICY % (STATEMENT % "s3" + STATEMENT % "sqs"))
    assert accepted(policy) == {"s3": False, "sqs": True}


def test_an_older_file_accepts_by_fingerprint(policy: Tree) -> None:
    older(policy)
    assert accepted(policy) == {"s3": True, "sqs": True}
    policy.write("main.tf", POLICY % (STATEMENT % "iam" + STATEMENT % "s3" + STATEMENT % "sqs"))
    assert accepted(policy) == {"iam": True, "s3": True, "sqs": False}


def test_another_message_of_the_same_fingerprint_stays_accepted(tree: Tree) -> None:
    path = tree.folder / "guardrail-baseline.json"
    path.write_text(path.read_text().replace('"message": "', '"message": "what an older version said: '))
    assert tree.scan() == (OLD, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is no JSON"),
        ("[]", "is no baseline that this version of guardrail knows"),
        ('{"guardrail-baseline": 2, "findings": []}', "is no baseline that this version of guardrail knows"),
        ('{"guardrail-baseline": 1, "findings": [{"rule": "x"}]}', "findings[0] is no finding"),
        ('{"guardrail-baseline": 1, "findings": [{"file": "", "resource": "", "rule": "", "verdict": "fail", '
         '"fingerprint": "", "instances": [1]}]}', "findings[0] is no finding"),
        ("[" * 100_000, "is no JSON"),
    ],
    ids=["broken", "list", "version", "entry", "instances", "deep"],
)
def test_what_is_none_ends_the_run(tree: Tree, text: str, said: str) -> None:
    tree.write("guardrail-baseline.json", text)
    done = tree.guardrail("scan", tree.folder)
    assert done.code == 2
    assert f"guardrail-baseline.json: {said}" in done.err


def test_one_that_is_not_there_ends_the_run(tree: Tree, tmp_path: Path) -> None:
    (tree.folder / "guardrail-baseline.json").unlink()
    done = tree.guardrail("scan", tree.folder)
    assert (done.code, "`guardrail baseline` writes it" in done.err) == (2, True)
    assert tree.guardrail("scan", tree.folder, "--baseline", tmp_path / "none.json").code == 2


@pytest.mark.parametrize("how", ["config", "default"])
def test_nothing_is_written_through_a_link_out_of_the_tree(tree: Tree, tmp_path: Path, how: str) -> None:
    """Who scans a repository of somebody else's must not lose a file of their own."""
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tree.folder / "guardrail-baseline.json").unlink()
    os.symlink(mine, tree.folder / "guardrail-baseline.json")
    if how == "default":
        tree.write("guardrail.yaml", RULES)
    assert tree.baseline().code == 2
    assert mine.read_text() == "mine"


def test_each_of_several_repositories_has_its_own(tree: Tree, guardrail: Callable[..., Run], tmp_path: Path) -> None:
    other = tmp_path / "other"
    initialise(other)
    (other / "main.tf").write_text(BUCKET.format(name="old"))
    (other / "guardrail.yaml").write_text(RULES)
    found = json.loads(guardrail("scan", tmp_path, "-f", "json").out)["findings"]
    assert {(one["file"], one["suppression"] is not None) for one in found} == {
        ("repository/main.tf", True), ("other/main.tf", False),
    }  # fmt: skip
    assert guardrail("baseline", tmp_path).code == 2
    assert guardrail("scan", tmp_path, "--baseline", tree.folder / "guardrail-baseline.json").code == 2
