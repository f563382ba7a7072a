"""Dependabot's and pre-commit's configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

D, P = ".github/dependabot.yml", ".pre-commit-config.yaml"


def test_updates(read_texts: Callable[..., Any]) -> None:
    read = read_texts({D: """\
version: 2
updates:
  - package-ecosystem: npm
    directory: /web
    insecure-external-code-execution: allow
  - package-ecosystem: pip
    cooldown:
      default-days: 3
  - package-ecosystem: npm
    directory: /web
    cooldown: {semver-major-days: 30}
    open-pull-requests-limit: 0
"""})
    assert (read.problems, read.files) == ([], {D: "analysed"})
    npm, pip, other = (read.noun(f"{D}#updates[{index}]", "update").fields for index in range(3))
    assert ("waits" in npm, npm["runs_code"]) == (False, True)
    assert (npm.place("waits").line, npm.place("runs_code").line) == (3, 5)
    assert (pip["waits"], pip.place("waits").line, pip["runs_code"]) == (3 * 86400, 8, False)
    assert (other.place("waits").line, other["name"]) == (11, "npm in /web")
    assert (pip["raises_versions"], other["raises_versions"], other.place("raises_versions").line) == (True, False, 12)
    assert len({resource.local for resource in read.by_address.values()}) == 3


def test_hooks(read_texts: Callable[..., Any]) -> None:
    read = read_texts({P: """\
repos:
  - repo: https://github.com/pre-commit/mirrors-Prettier.git
    rev: v3.0.0
    hooks: [{id: prettier}]
  - repo: local
    hooks: [{id: x}]
  - repo: http://git.acme.io/hooks
    rev: 3d3c42e5aac5ba805825da76410c181273ba90b1
    hooks: [{id: x}]
"""})
    first = read.noun(f"{P}#repos[0]", "dependency").fields
    assert (first["name"], first["repository"]) == ("pre-commit/mirrors-Prettier", "pre-commit/mirrors-prettier")
    assert (first["ecosystem"], first["pin"], first.header.line) == ("hook", "tag", 2)
    assert read.nouns(f"{P}#repos[1]", "dependency") == []
    other = read.noun(f"{P}#repos[2]", "dependency").fields
    assert (other["source"], other["pin"], "repository" in other) == ("http://git.acme.io/hooks", "digest", False)


def test_what_is_none_of_them(read_texts: Callable[..., Any]) -> None:
    read = read_texts({D: "- a\n", P: "repos: {a: b}\n", "x/.github/dependabot.yaml": "updates: [a, {}]\n"})
    assert [(problem.file, problem.kind, problem.line) for problem in read.problems] == [
        (D, "malformed", 1), (P, "malformed", 1), ("x/.github/dependabot.yaml", "malformed", 1),
    ]  # fmt: skip
    assert read.files == {D: "failed", P: "partial", "x/.github/dependabot.yaml": "partial"}
