"""What pipelines are there for, and what a repository's others do where they are read apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs import groups
from guardrail.inputs.pipelines import grouping, practices
from guardrail.inputs.pipelines.practices import Beyond, practices_in
from guardrail.scanning import Request, scan
from guardrail.tree import Tree

BUILD = """\
name: build
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - run: docker push registry.example.com/shop:{n}
"""
SIGN = """\
name: sign
on: push
jobs:
  Signature:
    # checkov and gitleaks are for later
    runs-on: ubuntu-latest
    steps:
      - name: "#1 of two"
        run: cosign sign registry.example.com/shop@sha256:0
"""
ROUTINES = ("pushed-images-signed", "pushed-images-listed", "pipeline-stages-required")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("npm audit --production", ["scan-dependencies"]),
        ("eslint .", ["lint"]),
        ("golangci-lint run", ["lint"]),
        ("make attestation contest latest", []),
        ("trivy image x", ["scan-images"]),
        ("aquasecurity/trivy-action", ["scan-images"]),
        ("gpg --batch --detach-sign a.tgz", ["sign"]),
        ("docker trust\\n  sign x", []),
        ("docker trust\n  sign x", ["sign"]),
        ("snyk code test", ["test", "scan-code", "scan-dependencies"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(practices_in(text)) == words


@given(st.data())
def test_what_a_pattern_finds_has_one_of_its_literals(data: Any) -> None:
    word = data.draw(st.sampled_from(sorted(practices._WORDS)))
    pattern = data.draw(st.sampled_from(practices._WORDS[word].split()))
    text = data.draw(st.from_regex(pattern, fullmatch=True))
    assert practices._may_be_in(text, practices._parts()[word])


def _write(root: Path, files: dict[str, str]) -> Tree:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Tree(str(root))


def test_each_group_is_told_what_the_others_do(tmp_path: Path) -> None:
    files = {
        ".github/workflows/b.yml": SIGN,
        ".github/workflows/c.yml": BUILD.format(n=1),
        ".github/workflows/a.yml": "on: push\njobs:\n  all:\n    uses: 'acme/ci/.github/workflows/all.yml@v1'\n",
        ".github/actions/a/action.yml": "name: a\nruns: {using: node20, main: test.js}\n",
        "shop/.github/workflows/x.yml": BUILD.format(n=2),
        ".gitlab-ci.yml": "a:\n  script: gitleaks\n",
    }
    systems = {name: "gitlab-ci" if "gitlab" in name else "github-actions" for name in files}
    tree = _write(tmp_path, files)
    first, second, third = (
        (".github/workflows/b.yml",),
        (".github/workflows/a.yml", ".github/actions/a/action.yml", ".gitlab-ci.yml"),
        (".github/workflows/c.yml", "shop/.github/workflows/x.yml"),
    )
    remote, start = "acme/ci/.github/workflows/all.yml", ".github/workflows/a.yml"
    assert practices.beyond([first, second, third], systems, (), tree) == [
        (Beyond("", start, ("all", "image", "test"), remote),),
        (Beyond("", start, ("image", "sign", "signature"), ""),),
        (Beyond("", start, ("all", "sign", "signature", "test"), remote),),
    ]
    assert practices.beyond([(*first, *second, *third)], systems, (), tree) == [()]
    assert practices.beyond([first], systems, [*second[:1], *third], tree) == [
        (Beyond("", start, ("all", "image"), remote),)
    ]


def test_a_repository_is_judged_as_a_whole_however_it_is_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f".github/workflows/{n}.yml": BUILD.format(n=n) for n in range(3)} | {".github/workflows/z.yml": SIGN}
    files["guardrail.yaml"] = (
        "rules:\n  pipeline-stages-required:\n    parameters: {required: [signature, scan-secrets]}\n"
    )
    _write(tmp_path, files)

    def found() -> list[tuple[str, str, str]]:
        result = scan(Request((str(tmp_path),), only=ROUTINES, workers=1))
        assert not result.problems
        return [(finding.rule, finding.span.file, finding.message) for finding in result.findings]

    together = found()
    assert [(rule, file) for rule, file, _ in together] == [
        ("pipeline-stages-required", ".github/workflows/0.yml"),
        *(("pushed-images-listed", f".github/workflows/{n}.yml") for n in range(3)),
    ]
    monkeypatch.setattr(groups, "MANY", 2)
    monkeypatch.setattr(grouping, "GROUP_BYTES", 1)
    assert found() == together
    monkeypatch.setattr(grouping, "beyond", lambda groups, *rest: [()] * len(groups))
    assert found() != together


def test_what_is_not_to_be_judged_counts(tmp_path: Path) -> None:
    folder = ".github/workflows/"
    _write(tmp_path, {f"{folder}b.yml": BUILD.format(n=1), f"{folder}s.yml": SIGN, f"{folder}x.md": "", ".git/x": ""})
    for changed in (False, True):
        given = str(tmp_path / f"{folder}b.yml")
        result = scan(Request((given,), only=ROUTINES, workers=1, changed=changed))
        assert [finding.rule for finding in result.findings] == ["pushed-images-listed"]
