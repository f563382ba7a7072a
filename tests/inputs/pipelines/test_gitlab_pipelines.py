from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.gitlab_jobs import duration
from guardrail.inputs.pipelines.gitlab_pins import include_parts
from guardrail.model import Unknown, plain

ROOT = ".gitlab-ci.yml"
MILL = [ROOT, "ci/base.yml", "ci/child.yml", "ci/jobs/lint.yml"]


@pytest.fixture
def mill(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("mill", MILL)


def test_included_files_are_part_of_the_pipeline(mill: Any) -> None:
    assert mill.problems == []
    assert mill.files == dict.fromkeys(MILL, "analysed")
    assert list(mill.by_address) == [
        ROOT,
        "ci/jobs/lint.yml#lint",
        f"{ROOT}#build",
        f"{ROOT}#review",
        f"{ROOT}#matrix",
        f"{ROOT}#downstream",
        "ci/child.yml",
        "ci/child.yml#child",
    ]
    assert mill.by_address["ci/jobs/lint.yml#lint"].header[:3] == ("ci/jobs/lint.yml", 1, 1)


def test_included_files_are_found_though_not_claimed(read_fixture: Callable[..., Any], mill: Any) -> None:
    alone = read_fixture("mill", [ROOT])
    assert list(alone.by_address) == list(mill.by_address)


def test_includes_are_dependencies(mill: Any) -> None:
    found = [plain(noun.fields) for noun in mill.nouns(ROOT, "dependency")]
    assert [(item["ecosystem"], item["name"], item.get("pin"), item["local"]) for item in found] == [
        ("include", "/ci/base.yml", None, True),
        ("include", "/ci/jobs/*.yml", None, True),
        ("include", "platform/ci-library", "digest", False),
        ("include", "https://example.com/lint.yml", "none", False),
        ("include", "Workflows/MergeRequest-Pipelines.gitlab-ci.yml", "version", False),
        ("component", "$CI_SERVER_FQDN/platform/rust/build", "range", False),
    ]
    assert mill.nouns(ROOT, "dependency")[2].fields.place("pin").line == 5
    assert [note.kind for note in mill.notes] == ["remote-include"] * 4


def test_pipeline(mill: Any) -> None:
    fields = mill.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["push", "merge_request_event"]
    assert (fields["untrusted"], fields["privileged_trigger"]) == (True, False)


def test_extends_and_references(mill: Any) -> None:
    build = mill.by_address[f"{ROOT}#build"]
    assert build.attributes["variables"] == {"A": "nearer", "B": "base"}
    assert build.attributes.spans["cache"][:2] == ("ci/base.yml", 2)
    assert build.attributes["script"] == ["echo setting up", "pip install -r requirements.txt", "make build"]
    assert [span[:2] for span in build.attributes["script"].spans] == [
        ("ci/base.yml", 13), ("ci/base.yml", 14), (ROOT, 34)
    ]  # fmt: skip
    (origin,) = build.attributes.origin_of("before_script")
    assert (origin.note, origin.span[:2]) == ("extends .base", (ROOT, 25))
    before, script = mill.nouns(f"{ROOT}#build", "script")
    assert before.fields["remote_pipe"] is True
    assert before.fields.place("remote_pipe")[:3] == ("ci/base.yml", 9, 7)
    assert script.fields["text"] == "echo setting up\npip install -r requirements.txt\nmake build"


def test_jobs(mill: Any) -> None:
    build = mill.noun(f"{ROOT}#build", "job").fields
    assert (build["timeout"], build.place("timeout").line) == (5400, 21)
    assert (build["runner"], build["self_hosted"], build["concurrency"]) == (["saas-linux-small-amd64"], False, "build")
    review = mill.noun(f"{ROOT}#review", "job").fields
    assert (review["triggers"], review["untrusted"], review["timeout"]) == (["merge_request_event"], True, 1200)
    assert (review["self_hosted"], review["deploys"]) == (True, True)
    assert review["environment"] == Unknown(
        "$CI_COMMIT_REF_SLUG is known only when the pipeline runs", ("CI_COMMIT_REF_SLUG",)
    )
    matrix = mill.noun(f"{ROOT}#matrix", "job").fields
    assert "timeout" not in matrix  # inherits only the tags
    assert matrix.place("timeout")[:3] == (ROOT, 56, 1)
    down = mill.noun(f"{ROOT}#downstream", "job").fields
    assert (down["class"], down["secrets_inherited"]) == ("call", False)  # a child has the project's own anyway


def test_images(mill: Any) -> None:
    job, docker, db = mill.nouns(f"{ROOT}#build", "container")
    assert (job.fields["image"], job.fields["class"]) == ("python:3.12-slim", "job")
    assert [origin.note for origin in job.fields.origin_of("image")] == ["value of $PYTHON", "value of $TAG"]
    assert (docker.name, docker.fields["image"], docker.fields["class"]) == ("docker", "docker:27-dind", "service")
    assert (db.name, plain(db.fields["env"])) == ("db", [{"name": "POSTGRES_DB", "value": "mill"}])
    (review,) = mill.nouns(f"{ROOT}#review", "dependency")
    assert (review.fields["owner"], review.fields["pin"]) == ("registry.example.com:5000", "digest")
    first, second = mill.nouns(f"{ROOT}#matrix", "dependency")
    assert (first.fields["version"], second.fields["version"]) == ("1", "2")
    assert isinstance(first.fields["name"], Unknown)
    assert isinstance(first.fields["owner"], Unknown)
    assert mill.nouns(f"{ROOT}#downstream", "container") == []


@pytest.mark.parametrize(
    ("job", "containers"),
    [
        ("image: macos-15-xcode-16, tags: [saas-macos-medium-m1]", 0),
        ("image: {name: macos-14-xcode-15}, tags: [$MACOS]", 0),
        ("image: 'alpine:3.20', tags: [saas-windows-medium-amd64]", 0),
        ("image: 'alpine:3.20', tags: [saas-linux-small-amd64], services: ['postgres:16']", 2),
        ("image: registry.example.com/macos-15-xcode-16", 1),
    ],
)
def test_images_of_machines_are_no_containers(read_texts: Callable[..., Any], job: str, containers: int) -> None:
    read = read_texts({ROOT: f"build: {{{job}, script: [make]}}\n"})
    assert len(read.nouns(f"{ROOT}#build", "container")) == containers


def test_variables_that_the_shell_reads_as_code(mill: Any) -> None:
    fields = mill.noun(f"{ROOT}#review", "script").fields
    assert plain(fields["untrusted"]) == [
        {"expression": "$CI_MERGE_REQUEST_TITLE", "source": "CI_MERGE_REQUEST_TITLE", "privileged": False}
    ]
    assert fields["untrusted"].spans[0][1:3] == (52, 7)


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("a:\n  extends: .b\n  script: x\n.b:\n  extends: .a\n.a: {extends: .b}\n", "extends-cycle", 6),
        ("a:\n  extends: .none\n  script: x\n", "missing-reference", 2),
        ("a:\n  script: !reference [.none, script]\n", "missing-reference", 2),
        (".a:\n  script: !reference [.a, script]\nb:\n  script: !reference [.a, script]\n", "too-deep", 2),
        ("a: 5\n", "malformed", 1),
        ("a:\n  stage: x\n", "malformed", 1),
        ("a:\n  timeout: soon\n  script: x\n", "malformed", 2),
        ("a:\n  image: {entrypoint: [a]}\n  script: x\n", "malformed", 2),
        ("a:\n  script: [{x: y}]\n", "malformed", 2),
        ("include: /none.yml\n", "missing-include", 1),
        ("include: [{foo: bar}]\n", "malformed", 1),
        ("include: .gitlab-ci.yml\na: {script: x}\n", "include-cycle", 1),
        ("- a\n", "malformed", 1),
        ("a: [\n", "syntax", 2),
    ],
)
def test_problems(read_texts: Callable[..., Any], text: str, kind: str, line: int) -> None:
    read = read_texts({ROOT: text})
    assert (kind, line) in [(problem.kind, problem.line) for problem in read.problems]
    assert read.files[ROOT] in ("partial", "failed")


def test_what_may_stand_in_a_file_that_is_not_read_is_unknown(read_texts: Callable[..., Any]) -> None:
    text = "include: https://example.com/x.yml\na:\n  extends: .there\n  script: x\n"
    read = read_texts({ROOT: text})
    assert read.problems == []
    assert read.noun(f"{ROOT}#a", "job").fields["timeout"] == Unknown(
        ".there comes from a file that is not read", (".there",)
    )


def test_parts_that_nothing_includes_need_not_be_whole(read_texts: Callable[..., Any]) -> None:
    read = read_texts({"ci/part.gitlab-ci.yml": "a:\n  extends: .there\n"})
    assert read.problems == []
    assert isinstance(read.noun("ci/part.gitlab-ci.yml#a", "job").fields["timeout"], Unknown)


def test_files_that_include_each_other_are_told_and_read(read_texts: Callable[..., Any]) -> None:
    one, two = "one.gitlab-ci.yml", "two.gitlab-ci.yml"
    read = read_texts({one: f"include: {two}\na: {{script: x}}\n", two: f"include: {one}\nb: {{script: x}}\n"})
    assert {f"{one}#a", f"{two}#b"} <= set(read.by_address)
    assert read.kinds() == {"include-cycle"}


def test_the_header_document_is_not_the_pipeline(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: "spec:\n  inputs:\n    tag: {}\n---\na:\n  image: app:$[[ inputs.tag ]]\n  script: x\n"})
    fields = read.noun(f"{ROOT}#a", "dependency").fields
    assert (fields["name"], isinstance(fields["pin"], Unknown)) == ("app", True)


def test_extending_without_end_is_stopped(read_texts: Callable[..., Any]) -> None:
    wide = "".join(f"  v{n}: x\n" for n in range(400))
    jobs = "".join(f"j{n}:\n  extends: [{', '.join(['.wide'] * 20)}]\n  script: x\n" for n in range(300))
    read = read_texts({ROOT: f".wide:\n{wide}{jobs}"})
    assert read.kinds() == {"expansion"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h 30m", 5400), ("3600 seconds", 3600), ("2 hours 20 minutes", 8400), ("1h30m", 5400), ("1 day", 86400),
        ("90", 90), ("1.5h", 5400), ("1h and 5m", 3900), ("soon", None), ("", None), ("1 fortnight", None),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: int | None) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("kind", "what", "pin"),
    [
        ("remote", "https://gitlab.com/a/b/-/raw/" + "0" * 40 + "/x.yml", "digest"),
        ("remote", "https://gitlab.com/a/b/-/raw/v1.2.0/x.yml", "tag"),
        ("remote", "https://raw.githubusercontent.com/a/b/main/x.yml", "branch"),
        ("remote", "https://example.com/x.yml", "none"),
        ("component", "gitlab.com/a/b/c@1.2.3", "tag"),
        ("component", "gitlab.com/a/b/c@1.2", "range"),
        ("component", "gitlab.com/a/b/c@main", "branch"),
        ("component", "gitlab.com/a/b/c@" + "a" * 40, "digest"),
        ("component", "gitlab.com/a/b/c", "none"),
        ("project", "a/b", "none"),
    ],
)
def test_how_firmly_includes_are_pinned(kind: str, what: str, pin: str) -> None:
    parts = include_parts(kind, what, None)
    assert parts is not None
    assert parts["pin"] == pin


def test_a_reference_to_a_list_at_the_top(read_texts: Callable[..., Any]) -> None:
    text = ".main:\n  - if: $CI_COMMIT_BRANCH\na:\n  rules:\n    - !reference [.main]\n  script: x\n"
    read = read_texts({ROOT: text.replace(".main:\n", ".main: \n")})
    assert read.problems == []
    assert read.noun(f"{ROOT}#a", "job").fields["condition"] == "$CI_COMMIT_BRANCH"


@pytest.mark.parametrize(
    ("lines", "deploys"),
    [
        ("environment: production", True),
        ("environment: {name: review/$CI_COMMIT_REF_SLUG}", True),
        ("environment: {name: production, action: stop}", False),
        ("environment: $PLACE-${SLOT}", True),
        ("environment: {name: eu-west, url: https://example.com}", True),
        ("environment: {name: eu-west, deployment_tier: production}", True),
        ("environment: eu-west\n  script: [helm upgrade web ./chart]", True),
        # Keeps secrets for those who upload or sign.
        ("environment: pypi-upload", False),
        ("environment: {name: sign-macos}", False),
        ("stage: build", False),
        # Without one the commands count.
        ("before_script: [kubectl apply -f .]", True),
        ("script: [cd infra, terraform apply -auto-approve]", True),
        ("script: [terraform plan]", False),
        ("script: [kind create cluster, helm install web ./chart]", False),
    ],
)
def test_what_deploys(read_texts: Callable[..., Any], lines: str, deploys: bool) -> None:
    script = "" if "script: [" in lines else "  script: [make]\n"
    read = read_texts({ROOT: f"job:\n{script}  {lines}\n"})
    assert read.noun(f"{ROOT}#job", "job").fields["deploys"] is deploys


def test_a_job_that_tries_out_deploys_nothing(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: "e2e-tests:\n  script: [helm upgrade web ./chart]\n"})
    assert read.noun(f"{ROOT}#e2e-tests", "job").fields["deploys"] is False


def test_a_line_that_is_a_mapping(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: 'a:\n  script:\n    - make\n    - echo "Version: 1"\n'})
    assert [(problem.line, problem.message) for problem in read.problems] == [
        (4, "`script` holds what is no text (a line with `: ` in it wants quotes)")
    ]


def test_a_repository_may_lie_deeper_in_the_tree(read_texts: Callable[..., Any]) -> None:
    texts = {
        "repos/shop/ci/child.yml": "include: /ci/base.yml\njob:\n  extends: .base\n",
        "repos/shop/ci/base.yml": ".base:\n  script: [make]\n",
    }
    assert read_texts(texts).problems == []


def test_a_version_in_an_address_counts_as_a_tag() -> None:
    parts = include_parts("remote", "https://ci.example.com/lib/versions/1.3.1/one.yml", None)
    assert parts is not None
    assert (parts["version"], parts["pin"]) == ("1.3.1", "tag")
