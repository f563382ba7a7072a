"""The hook, run by a real pre-commit over a sample repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from harness import REPOSITORY

from guardrail.inputs import table
from guardrail.inputs.kubernetes.helm.layout import CHART
from guardrail.inputs.kubernetes.kustomize import NAMES
from guardrail.inputs.terraform import grouping
from guardrail.tree import Tree

MAIN = """\
module "bucket" {
  source = "./modules/bucket"
  acl    = "public-read"
}
"""
MODULE = """\
variable "acl" {
  type = string
}

resource "aws_s3_bucket" "b" {
  bucket = "logs"
}

resource "aws_s3_bucket_acl" "b" {
  bucket = aws_s3_bucket.b.id
  acl    = var.acl
}
"""


# Of what kustomizations and charts take by whatever name: what it is commonly called.
TAKEN_BY_NAME = [".env", "prod.env", ".env.prod", "app.properties", "charts/redis-1.2.3.tgz"]


def is_handed_in(path: str) -> bool:
    """As pre-commit decides it."""
    hook = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
    return re.search(hook["files"], path) is not None and re.search(hook["exclude"], path) is None


@pytest.mark.parametrize("folder", ["", "live/prod/"])
def test_the_hook_is_handed_what_changed_files_mode_looks_at(folder: str, tmp_path: Path) -> None:
    suffixes = {*table.TERRAFORM_SUFFIXES, *table.SNIFFED_SUFFIXES, *grouping._READ_BY_UNITS, ".groovy", ".jenkinsfile"}
    names = [f"a{suffix}" for suffix in sorted(suffixes)]
    names += [*table.TERRAGRUNT, *grouping._ROOTS, *NAMES, CHART, *TAKEN_BY_NAME]
    names += ["Jenkinsfile", "Jenkinsfile.prod", "a.Jenkinsfile", "A.YAML", "templates/_helpers.tpl", "env.hcl"]
    assert [name for name in names if not is_handed_in(folder + name)] == []
    (tmp_path / "root.hcl").touch()
    tree = Tree(str(tmp_path))
    for name in ("README.md", "main.py", "notes.txt", ".terraform.lock.hcl", "environment"):
        assert not is_handed_in(folder + name)
        looked_at = (table.is_terraform(name), table.is_sniffed(name), grouping.may_concern_units(folder + name, tree))
        assert not any(looked_at)


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
                   "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True,
                          env=environment)  # fmt: skip
    return done.stdout


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    folder = tmp_path / "sample"
    (folder / "modules" / "bucket").mkdir(parents=True)
    (folder / "main.tf").write_text(MAIN)
    (folder / "modules" / "bucket" / "main.tf").write_text(MODULE)
    (folder / "other.yaml").write_text("just: data\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Sample")
    return folder


def hook_repository(tmp_path: Path) -> Path:
    """What pre-commit installs from: the tracked files as they are now."""
    target = tmp_path / "guardrail"
    target.mkdir()
    for name in git(REPOSITORY, "ls-files", "-z").split("\0"):
        if name and (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target / name)
    git(target, "init", "-q", "-b", "main")
    git(target, "add", "-A")
    git(target, "commit", "-qm", "As it is")
    return target


@pytest.fixture
def pre_commit() -> list[str]:
    if not os.environ.get("CI"):
        pytest.importorskip("pre_commit", reason="pre-commit is not installed")
        if not (REPOSITORY / ".git").exists():
            pytest.skip("not a git checkout")
    return [sys.executable, "-m", "pre_commit"]


@pytest.mark.precommit
def test_try_repo(sample: Path, tmp_path: Path, pre_commit: list[str]) -> None:
    hooks = hook_repository(tmp_path)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
    environment.pop("PYTHONPATH", None)

    def run(*files: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*pre_commit, "try-repo", str(hooks), "guardrail", "--verbose", "--files", *files],
            cwd=sample, capture_output=True, text=True, check=False, env=environment, timeout=300,
        )  # fmt: skip

    done = run("main.tf")
    if "Could not find a version" in done.stdout + done.stderr and not os.environ.get("CI"):
        pytest.skip("no package index to install the hook from")
    assert "store-not-public" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    # What the caller passes in is the caller's finding: the module's own file is judged by that value too.
    assert "modules/bucket/main.tf:11" in done.stdout
    assert run("other.yaml").returncode == 0
