from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.inputs.pipelines import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Unknown, plain
from guardrail.tree import Tree

ROOT = "bitbucket-pipelines.yml"
SHARED = ".bitbucket/shared-pipelines.yml"
MAIN = f"{ROOT}#pipelines.branches.main"


@pytest.fixture
def ferry(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("ferry", [ROOT])


def test_files_and_addresses(ferry: Any) -> None:
    assert ferry.problems == []
    assert ferry.files == {ROOT: "analysed", SHARED: "analysed"}
    assert [(note.kind, note.line) for note in ferry.notes] == [("remote-include", 92)]
    assert list(ferry.by_address) == [
        f"{SHARED}#definitions.pipelines.checks[0]",
        ROOT,
        f"{ROOT}#pipelines.default[0]",
        f"{MAIN}[0].parallel.steps[0]",
        f"{MAIN}[0].parallel.steps[1]",
        f"{MAIN}[1].stage.steps[0]",
        f"{MAIN}[1].stage.steps[1]",
        f"{ROOT}#pipelines.custom.release[1]",
    ]
    assert ferry.by_address[f"{MAIN}[0].parallel.steps[1]"].local == "pipelines.branches.main.Lint"


def test_a_step_of_an_anchor_is_at_one_place(ferry: Any) -> None:
    places = {
        ferry.noun(address, "job").fields.place("name")
        for address in (f"{ROOT}#pipelines.default[0]", f"{MAIN}[0].parallel.steps[0]")
    }
    assert [place[1:3] for place in places] == [(31, 9)]


def test_pipeline(ferry: Any) -> None:
    fields = ferry.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["default", "branches", "pull-requests", "custom"]
    assert (fields["untrusted"], fields["privileged_trigger"]) == (False, False)
    assert fields.place("triggers")[1:] == (44, 3, 44, 10)


def test_jobs(ferry: Any) -> None:
    test = ferry.noun(f"{ROOT}#pipelines.default[0]", "job").fields
    assert (test["name"], test["timeout"], test.place("timeout").line) == ("Test", 3600, 8)
    assert (test["self_hosted"], test["deploys"], test["triggers"]) == (False, False, ["default"])
    lint = ferry.noun(f"{MAIN}[0].parallel.steps[1]", "job").fields
    assert (lint["timeout"], lint["runner"], lint["self_hosted"]) == (300, ["self.hosted", "linux"], True)
    ship = ferry.noun(f"{MAIN}[1].stage.steps[0]", "job").fields
    assert (ship["environment"], ship["concurrency"], ship["deploys"]) == ("production", "production", True)
    assert (ship.place("environment").line, ship["condition"]) == (60, "changesets")
    docs = ferry.noun(f"{MAIN}[1].stage.steps[1]", "job").fields
    assert (docs["environment"], docs.place("environment").line) == ("docs", 76)
    checks = ferry.noun(f"{SHARED}#definitions.pipelines.checks[0]", "job").fields
    assert (checks["triggers"], checks["untrusted"]) == (["pull-requests"], False)


def test_nothing_says_how_long(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: "pipelines:\n  default:\n    - step:\n        script: [x]\n"})
    fields = read.noun(f"{ROOT}#pipelines.default[0]", "job").fields
    assert "timeout" not in fields
    assert fields.place("timeout")[1:] == (3, 7, 3, 11)


def test_images_and_services(ferry: Any) -> None:
    build, db = ferry.nouns(f"{ROOT}#pipelines.default[0]", "container")
    assert (build.fields["image"], build.fields["run_as_user"]) == ("registry.example.com/ferry/build:4", 1000)
    assert build.fields.place("image")[1:] == (2, 3, 2, 43)
    assert (db.name, db.fields["class"], db.fields["limits"]["memory"]) == ("db", "service", 512 * 1024 * 1024)
    assert plain(db.fields["env"])[0] == {"name": "POSTGRES_DB", "value": "ferry"}
    assert [noun.fields["name"] for noun in ferry.nouns(ROOT, "dependency")] == [SHARED, "platform-pipelines", "redis"]
    (_, docs) = ferry.nouns(f"{MAIN}[1].stage.steps[1]", "container") + ferry.nouns(
        f"{MAIN}[1].stage.steps[1]", "dependency"
    )
    assert (docs.fields["name"], docs.fields["pin"]) == (
        "acme/docs", Unknown("$DOCS_TAG is set outside of the file", ("DOCS_TAG",)),
    )  # fmt: skip


def test_pipes(ferry: Any) -> None:
    _, deploy, notify = ferry.nouns(f"{MAIN}[1].stage.steps[0]", "dependency")
    assert (deploy.fields["ecosystem"], deploy.fields["name"], deploy.fields["owner"]) == (
        "pipe", "atlassian/aws-ecs-deploy", "atlassian",
    )  # fmt: skip
    assert (deploy.fields["version"], deploy.fields["pin"]) == ("2.1.0", "tag")
    assert deploy.fields.place("pin")[1:3] == (69, 21)
    assert (notify.fields["ecosystem"], notify.fields["name"], notify.fields["pin"]) == ("image", "acme/notify", "none")


@pytest.mark.parametrize(
    ("pipe", "pin"),
    [
        ("a/b:1.2.3", "tag"), ("a/b:latest", "none"), ("a/b", "none"), ("a/b:main", "branch"),
        ("a/b@sha256:" + "0" * 64, "digest"), ("a/b:$V", None), ("$P", None), ("docker://a/b:1", "tag"),
    ],
)  # fmt: skip
def test_how_firmly_pipes_are_pinned(read_texts: Callable[..., Any], pipe: str, pin: str | None) -> None:
    read = read_texts({ROOT: f"pipelines:\n  default:\n    - step:\n        script:\n          - pipe: {pipe}\n"})
    found = read.noun(f"{ROOT}#pipelines.default[0]", "dependency").fields["pin"]
    assert found == pin if pin else isinstance(found, Unknown)


def test_imports(ferry: Any, read_texts: Callable[..., Any]) -> None:
    local, shared, _ = ferry.nouns(ROOT, "dependency")
    assert (local.fields["ecosystem"], local.fields["local"]) == ("include", True)
    assert (shared.fields["version"], shared.fields["pin"], shared.fields.place("pin").line) == ("main", "branch", 16)
    text = "pipelines:\n  custom:\n    a:\n      import: repo:v1.2.0:name\n    b:\n      import: x@y\n"
    read = read_texts({ROOT: text})
    (direct,) = read.nouns(ROOT, "dependency")
    assert (direct.fields["name"], direct.fields["version"], direct.fields["pin"]) == ("repo", "v1.2.0", "tag")
    assert [(problem.kind, problem.line) for problem in read.problems] == [("missing-import", 6)]


def test_what_is_exported_is_judged(read_texts: Callable[..., Any]) -> None:
    text = "export: true\ndefinitions:\n  pipelines:\n    lib:\n      - step:\n          script: [x]\n"
    read = read_texts({ROOT: text})
    assert read.problems == []
    assert read.noun(f"{ROOT}#definitions.pipelines.lib[0]", "job").fields["triggers"] == ["import"]


def test_scripts(ferry: Any) -> None:
    script, after = ferry.nouns(f"{ROOT}#pipelines.default[0]", "script")
    assert script.fields["text"].startswith("bundle install\nbundle exec rake\nset -e\n")
    assert script.fields["remote_pipe"] is True
    assert script.fields.place("remote_pipe")[1:] == (39, 13, 39, 59)
    assert (script.fields["untrusted"], after.fields["untrusted"]) == ([], []), "no fork's pull request is built"
    assert plain(after.fields["expansions"]) == [
        {"expression": "$BITBUCKET_BRANCH", "source": "BITBUCKET_BRANCH", "control": "chosen"}
    ]
    (release,) = ferry.nouns(f"{ROOT}#pipelines.custom.release[1]", "script")
    assert [hit["source"] for hit in plain(release.fields["expansions"])] == ["VERSION, given by who starts it"]


@pytest.mark.parametrize(
    ("step", "deploys"),
    [
        ("name: Deploy\n        script: [x]", True),
        ("script: [terraform apply]", True),
        ("name: Plan\n        script: [terraform apply -dry]", False),
        ("script:\n          - pipe: atlassian/aws-s3-deploy:1.0.0", True),
        ("script: [make]", False),
        ("deployment: test\n        script: [make]", True),
    ],
)
def test_what_deploys(read_texts: Callable[..., Any], step: str, deploys: bool) -> None:
    read = read_texts({ROOT: f"pipelines:\n  default:\n    - step:\n        {step}\n"})
    assert read.noun(f"{ROOT}#pipelines.default[0]", "job").fields["deploys"] is deploys


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("image: x\n", "malformed", 1),
        ("pipelines: []\n", "malformed", 1),
        ("pipelines:\n  defaults: []\n", "malformed", 2),
        ("pipelines:\n  default: x\n", "malformed", 2),
        ("pipelines:\n  branches: [x]\n", "malformed", 2),
        ("pipelines:\n  default:\n    - x\n", "malformed", 3),
        ("pipelines:\n  default:\n    - step: x\n", "malformed", 3),
        ("pipelines:\n  default:\n    - step:\n        name: x\n", "malformed", 3),
        ("pipelines:\n  default:\n    - step:\n        script: {a: b}\n", "malformed", 4),
        ("pipelines:\n  default:\n    - parallel: x\n", "malformed", 3),
        ("pipelines:\n  default:\n    - step:\n        max-time: soon\n        script: [x]\n", "malformed", 4),
        ("pipelines:\n  default:\n    - step:\n        services: [db]\n        script: [x]\n", "missing-reference", 4),
        ("pipelines:\n  default:\n    - step:\n        image: {a: b}\n        script: [x]\n", "malformed", 4),
        ("- a\n", "malformed", 1),
        ("a: [\n", "syntax", 2),
    ],
)
def test_problems(read_texts: Callable[..., Any], text: str, kind: str, line: int) -> None:
    read = read_texts({ROOT: text})
    assert (kind, line) in [(problem.kind, problem.line) for problem in read.problems]
    assert read.files[ROOT] in ("partial", "failed")


def test_a_step_that_starts_a_pipeline(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: "pipelines:\n  default:\n    - step:\n        type: pipeline\n        custom: x\n"})
    assert read.problems == []
    assert read.noun(f"{ROOT}#pipelines.default[0]", "job").fields["class"] == "call"


KEYS = st.sampled_from(
    ["image", "name", "options", "max-time", "docker", "definitions", "services", "imports", "pipelines", "memory",
     "variables", "default", "branches", "pull-requests", "custom", "import", "step", "parallel", "stage", "steps",
     "script", "after-script", "pipe", "deployment", "runs-on", "condition", "type", "trigger", "a", "**",
     "allowed-values"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(), st.sampled_from(
        ["x", "", "a/b:1", "docker://a", "$A", "${B}", "eval $BITBUCKET_BRANCH", "curl x | sh", "a@b", "a:b:c",
         "x.yml@a", "pipeline", "self.hosted", "docker", "db"]
    )),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(KEYS, VALUES, max_size=4), VALUES, VALUES, VALUES)
def test_no_document_is_too_odd(document: dict[str, Any], steps: Any, custom: Any, definitions: Any) -> None:
    document["pipelines"] = {"default": [{"step": steps}, steps], "custom": {"a": custom}}
    document["definitions"] = definitions

    def run() -> list[object]:
        data = json.dumps(document).encode()
        reading = read([ROOT], Tree("/nonexistent", {ROOT: data}), ReadOptions())
        assert reading.files[ROOT] in ("analysed", "partial", "failed")
        told: list[object] = [reading.problems, reading.notes]
        for resource in reading.resources:
            for concept, nouns in resource.nouns.items():
                for noun in nouns:
                    told.append((resource.address, concept, noun.key, plain(noun.fields), noun.fields.spans))
                    assert all(noun.fields.place(field).line for field in noun.fields), noun
        return told

    assert repr(run()) == repr(run())
