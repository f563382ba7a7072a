"""What pipelines are there for (tests, scans, signatures), told by words; and what those of a repository do that are
read in another group.

A repository's pipelines are judged as a whole: one that pushes an image may leave its signature to another. Where they
are too many for one group, or not all of them to be judged, each group is told what is done outside of it. That is read
off the text, comments aside: a word in a value that does nothing counts, too, which may spare a repository a finding
and never earns it one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

# Of text in lower case: to ignore the case would take three times as long.
_WORDS = {
    "test": r"tests? pytest jest vitest phpunit rspec junit tox ctest cypress playwright",
    "lint": r"lint(?:er|ing|s)? \w+lint ruff flake8 pylint rubocop clippy prettier shellcheck hadolint checkstyle",
    "scan-code": r"sast semgrep codeql(?:-action)? sonar\w* bandit gosec brakeman checkmarx horusec njsscan spotbugs"
                 r" devskim psalm snyk\s+code fortify veracode",
    "scan-dependencies": r"dependency-scanning dependency-check dependency-review(?:-action)? pip-audit osv-scanner"
                         r" npm\s+audit pnpm\s+audit yarn\s+audit composer\s+audit cargo\s+audit govulncheck"
                         r" safety\s+(?:check|scan) trivy\s+(?:fs|repo) grype snyk bundler?-audit retire",
    "scan-images": r"container-scanning trivy\s+image trivy-action grype clair\w* anchore docker\s+scout"
                   r" snyk\s+container twistcli",
    "scan-secrets": r"gitleaks trufflehog secret-detection detect-secrets ggshield talisman",
    "scan-infrastructure": r"tfsec checkov kics terrascan kubesec conftest kube-linter kubescape trivy\s+config"
                           r" guardrail",
    "sbom": r"syft sbom cyclonedx\S* spdx\S* attest-sbom cosign\s+attest",
    "sign": r"cosign\s+sign notation\s+sign sigstore\S* attest-build-provenance slsa-github-generator\S* jarsigner"
            r" signtool gpg\s[^\n]{0,100}--(?:detach-sign|sign|clearsign) docker\s+trust\s+sign cosign-installer",
}  # fmt: skip
_PATTERNS = {
    word: lazy_regex(rf"(?<![a-z])(?:{'|'.join(patterns.split())})(?![a-z])") for word, patterns in _WORDS.items()
}
_OPEN = lazy_regex(r"[a-z]\?.*|[\\([].*")  # where a pattern is no literal any more
_COMMENT = lazy_regex(r"(?m)(?:^|(?<=[ \t]))#[^\n]*")
_JOBS = lazy_regex(r"(?m)^[\"']?jobs[\"']?[ \t]*:[ \t]*$")
_TOP = lazy_regex(r"\n[^\s]")
_KEY = lazy_regex(r"\n([ \t]+)[\"']?([A-Za-z_][\w-]*)[\"']?[ \t]*:")
_REMOTE = lazy_regex(
    r"uses[\"']?[ \t]*:[ \t]*[\"']?([\w.-]+/[\w.-]+/\.(?:github|gitea|forgejo)/workflows/[^\s\"'#@]+)"
)
_FOLDERS = ("/.github/", "/.circleci/", "/.gitea/", "/.forgejo/")
_ACTIONS = ("action.yml", "action.yaml")
_NO_GROUP = -1


class Beyond(NamedTuple):
    """What GitHub's workflows of a repository do outside of a group. `first`: the repository's first, wherever it is;
    `elsewhere`: a workflow of another repository that one of them calls, or ""."""

    repository: str
    first: str
    does: tuple[str, ...]
    elsewhere: str


def practices_in(text: str, known: Collection[str] = ()) -> Iterator[str]:
    """Those that are not known yet. `text`: in lower case."""
    for word, pattern in _PATTERNS.items():
        if word not in known and pattern.search(text):
            yield word


@lru_cache(maxsize=1)
def _parts() -> dict[str, frozenset[tuple[str, ...]]]:
    """The literal parts of each word's patterns: of one of these a text must hold all. In long texts, to look
    for a hundred of them takes a fifth of the time that the patterns take."""
    return {
        word: frozenset(
            tuple(filter(None, (_OPEN.sub("", part.removeprefix(r"\w+")) for part in re.split(r"\\s\+?", pattern))))
            for pattern in patterns.split()
        )
        for word, patterns in _WORDS.items()
    }


def _may_be_in(text: str, parts: Iterable[tuple[str, ...]]) -> bool:
    return any(all(part in text for part in some) for some in parts)


def repository_of(path: str) -> str:
    """The folder that the repository begins in, as far as a pipeline's place tells."""
    path = f"/{path}"
    for mark in _FOLDERS:
        if mark in path:
            return path.partition(mark)[0]
    return ""


def beyond(
    groups: Sequence[tuple[str, ...]], systems: Mapping[str, str | None], unread: Iterable[str], tree: Tree
) -> list[tuple[Beyond, ...]]:
    """For each group what there is beyond it, of the repositories that it has but a part of. `systems`: of the files,
    of which only GitHub's are ever parted; `unread`: workflows that are in no group."""
    spread: dict[str, dict[int, list[str]]] = {}
    for index, files in enumerate(groups):
        for path in files:
            if systems.get(path) == "github-actions":
                spread.setdefault(repository_of(path), {}).setdefault(index, []).append(path)
    for path in unread:
        if repository_of(path) in spread:
            spread[repository_of(path)].setdefault(_NO_GROUP, []).append(path)
    made: list[list[Beyond]] = [[] for _ in groups]
    for repository, parts in spread.items():
        if len(parts) < 2:
            continue
        workflows = [path for files in parts.values() for path in files if posixpath.basename(path) not in _ACTIONS]
        survey = _Survey(parts, tree)
        for index in parts.keys() - {_NO_GROUP}:
            made[index].append(Beyond(repository, min(workflows, default=""), *survey.beyond(index)))
    return [tuple(items) for items in made]


class _Survey:
    """`does`: in which of a repository's groups; in two at most, for then it is beyond each. `remote`: a workflow of
    another repository that a group's call."""

    def __init__(self, parts: Mapping[int, Sequence[str]], tree: Tree) -> None:
        self.does: dict[str, list[int]] = {}
        self.remote: dict[int, str] = {}
        for index, files in parts.items():
            texts = list(_texts(files, tree))
            text = "\n".join(texts)
            call = _REMOTE.search(text)
            if call:
                self.remote[index] = call.group(1)
            jobs = {job.lower() for one in texts for job in _jobs(one)}
            known = {word for word, groups in self.does.items() if len(groups) > 1}
            text = text.lower()
            absent = {word for word, parts in _parts().items() if word not in known and not _may_be_in(text, parts)}
            for word in {*jobs, *practices_in(text, known | absent)} - known:
                self.does.setdefault(word, []).append(index)

    def beyond(self, index: int) -> tuple[tuple[str, ...], str]:
        does = sorted(word for word, groups in self.does.items() if groups != [index])
        return tuple(does), next((name for other, name in self.remote.items() if other != index), "")


def _texts(files: Iterable[str], tree: Tree) -> Iterator[str]:
    """Without comments."""
    for path in files:
        try:
            text = tree.read(path).decode("utf-8", "replace")
        except Unreadable:  # reading it says so
            continue
        yield _COMMENT.sub("", text) if "#" in text else text


def _jobs(text: str) -> Iterator[str]:
    """The keys below `jobs:`."""
    start = _JOBS.search(text)
    if start:
        end = _TOP.search(text, start.end())
        keys = _KEY.findall(text, start.end(), end.start() if end else len(text))
        yield from (key for indent, key in keys if indent == keys[0][0])
