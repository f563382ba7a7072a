"""The hook, run by a real pre-commit over a sample repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import REPOSITORY

pytestmark = pytest.mark.precommit

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
