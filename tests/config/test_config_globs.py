"""Globs as .gitignore has them; git itself is the judge."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import ends
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.config.globs import Globs, covered

CASES = [
    ("*.tf", "main.tf", True),
    ("*.tf", "a/b/main.tf", True),
    ("*.tf", "main.tfvars", False),
    ("/main.tf", "main.tf", True),
    ("/main.tf", "a/main.tf", False),
    ("a/main.tf", "a/main.tf", True),
    ("a/main.tf", "x/a/main.tf", False),
    ("build/", "build/x.tf", True),
    ("build/", "a/build/x.tf", True),
    ("build/", "build", False),
    ("envs/dev", "envs/dev/main.tf", True),
    ("envs/dev/**", "envs/dev/a/main.tf", True),
    ("envs/dev/**", "envs/dev", False),
    ("**/vendor/**", "vendor/a.tf", True),
    ("**/vendor/**", "a/b/vendor/c/d.tf", True),
    ("a/**/z", "a/z", True),
    ("a/**/z", "a/b/c/z", True),
    ("a/**/z", "az", False),
    ("a**z", "abcz", True),
    ("a/*/z", "a/b/z", True),
    ("a/*/z", "a/b/c/z", False),
    ("?.tf", "a.tf", True),
    ("?.tf", "ab.tf", False),
    ("[a-c].tf", "b.tf", True),
    ("[!a-c].tf", "b.tf", False),
    ("[^a-c].tf", "d.tf", True),
    ("[]a].tf", "].tf", True),
    ("[[:digit:]].tf", "7.tf", True),
    ("[[:digit:]].tf", "x.tf", False),
    (r"\#a", "#a", True),
    (r"\!a", "!a", True),
    ("# a", "# a", False),
    ("a ", "a", True),
    (r"a\ ", "a ", True),
    ("a\r", "a", True),
    (r"a\*", "a*", True),
    (r"a\*", "ab", False),
    ("", "a", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), CASES)
def test_a_pattern_matches_as_git_documents_it(pattern: str, path: str, expected: bool) -> None:
    assert Globs([pattern]).covers(path) is expected


def test_the_last_pattern_that_matches_decides() -> None:
    globs = Globs(["*.log", "!keep.log", "/sub/keep.log"])
    assert globs.verdict("a.log", False) is True
    assert globs.verdict("keep.log", False) is False
    assert globs.verdict("sub/keep.log", False) is True
    assert globs.verdict("a.txt", False) is None


def test_nothing_comes_back_below_a_folder_that_is_out() -> None:
    assert Globs(["build/", "!build/keep.tf"]).covers("build/keep.tf")
    assert not Globs(["build/*", "!build/keep.tf"]).covers("build/keep.tf")


def test_a_nearer_list_takes_back_what_a_farther_one_takes_out() -> None:
    scopes = [("", Globs(["*.tf"])), ("a", Globs(["!main.tf"]))]
    assert covered("main.tf", scopes)
    assert covered("a/other.tf", scopes)
    assert not covered("a/main.tf", scopes)
    assert not covered("a/b/main.tf", scopes)


@pytest.mark.parametrize("pattern", ["!", "/", "[a", "a[", "a\\", "[[:nope:]]", "!/"])
def test_what_can_match_nothing_is_told(pattern: str) -> None:
    globs = Globs(["*.tf", pattern])
    assert globs.invalid == [1]
    assert globs.covers("main.tf")


def test_a_hostile_pattern_takes_no_time() -> None:
    globs = Globs(["*a" * 60 + "*b", "/" + "**/a/" * 60 + "b", "[a" * 5000])
    with ends():
        assert not globs.covers("a" * 250 + "c")
        assert not globs.covers("a/" * 500 + "c")


PIECES = st.sampled_from(
    ["a", "b", "ab", "*", "?", "/", "!", "[ab]", "[!a]", "\\a", "\\*", ".", "#", " ", "a/b", "**/", "/**", "/**/"]
)
# Against its own documentation, git lets a `**` that touches a name cross slashes, if that name is all in front of it.
PATTERNS = (
    st.lists(PIECES, min_size=1, max_size=5)
    .map("".join)
    .filter(lambda pattern: not re.search(r"(?<!^)(?<![/*])\*\*|\*\*(?![/*]|$)", pattern.removeprefix("!").rstrip()))
)
NAMES = st.sampled_from(["a", "b", "ab", "ba", "abc", "a.b", "x", "#", "a*", "!a"])


@pytest.mark.skipif(shutil.which("git") is None, reason="git, which is the judge here, is not installed")
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    patterns=st.lists(PATTERNS, min_size=1, max_size=6),
    paths=st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12, unique=True),
)
def test_git_agrees(tmp_path_factory: pytest.TempPathFactory, patterns: list[str], paths: list[str]) -> None:
    folder = tmp_path_factory.mktemp("repo")
    _git(folder, "init", "-q")
    (folder / ".gitignore").write_text("\n".join(patterns) + "\n", encoding="utf-8")
    files = []
    for path in paths:
        file = folder / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        except OSError:  # one path's file is another one's folder
            continue
        if file.is_file():
            files.append(path)
    asked = subprocess.run(
        ["git", "-C", str(folder), "check-ignore", "--no-index", "--stdin", "-z"],
        input="".join(path + "\0" for path in files), capture_output=True, text=True, check=False,
    )  # fmt: skip
    ignored = set(filter(None, asked.stdout.split("\0")))
    globs = Globs(patterns)
    assert {path for path in files if globs.covers(path)} == ignored


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
