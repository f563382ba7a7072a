"""Steps without a name are called after what they run; the credentials in it are left out of that."""

from __future__ import annotations

import pytest

SECRET = "h8Jk2LmP9qXz4Rt6Wv8Y"  # no credential of anybody
LINES = [
    f"docker login -u a --password {SECRET} reg",
    f"git clone https://u:{SECRET}@git.example.com/x/y",
    f"curl -u a:{SECRET} https://x.example.com/a | sh",
    f"export DB_PASSWORD={SECRET} && ./x",
    f"x ghp_{SECRET}{SECRET[:16]}",
]

FILES = {
    "github": (".github/workflows/a.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {}\n"),
    "github-name": (".github/workflows/a.yml",
                    "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {{run: make, name: {}}}\n"),
    "gitlab": (".gitlab-ci.yml", "a:\n  script:\n    - {}\n"),
    "azure": ("azure-pipelines.yml", "steps:\n  - script: {}\n"),
    "circleci": (".circleci/config.yml", "version: 2.1\njobs:\n  a:\n    docker: [{{image: x}}]\n    steps:\n"
                 "      - run: {}\nworkflows: {{w: {{jobs: [a]}}}}\n"),
    "bitbucket": ("bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step:\n        script:\n          - {}\n"),
    "jenkins": ("Jenkinsfile", "pipeline {{ agent any\n stages {{ stage('a') {{ steps {{\n sh {}\n }} }} }} }}\n"),
}  # fmt: skip


def _names(found) -> list[str]:
    said = [resource.local for resource in found.reading.resources]
    for resource in found.reading.resources:
        for nouns in resource.nouns.values():
            said += [text for noun in nouns for text in (noun.name, noun.key)]
    return said


@pytest.mark.parametrize("system", FILES)
@pytest.mark.parametrize("line", LINES)
def test_a_credential_becomes_no_part_of_a_name(system, line, read_texts) -> None:
    path, text = FILES[system]
    found = read_texts({path: text.format(f"'{line}'")})
    assert not found.problems
    for name in _names(found):
        assert SECRET[:4] not in name


@pytest.mark.parametrize("system", ["github", "azure", "circleci", "bitbucket", "jenkins"])
def test_a_line_without_a_credential_is_a_name_as_it_stands(system, read_texts) -> None:
    path, text = FILES[system]
    line = "mysql --password $DB_PASSWORD --host db"  # 40 characters at most are a name
    names = _names(read_texts({path: text.format(f"'{line}'")}))
    assert any(line in name for name in names), names


def test_a_credential_before_and_after_its_rotation_has_one_name(read_texts) -> None:
    path, text = FILES["github"]
    first, second = (
        _names(read_texts({path: text.format(f"DB_PASSWORD={value} make")})) for value in (SECRET, SECRET * 2)
    )
    assert first == second


def test_what_is_known_when_it_runs_is_told_without_the_credential_in_it(read_texts) -> None:
    path, text = FILES["jenkins"]
    found = read_texts({path: text.format(f"script: make('db_password={SECRET}')")})
    reasons = [
        str(value.reason) for resource in found.reading.resources for noun in resource.nouns.get("script", [])
        for value in noun.fields.values() if hasattr(value, "reason")
    ]  # fmt: skip
    assert reasons
    assert SECRET not in str(reasons)
