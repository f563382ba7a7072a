"""The same pipeline in the syntax of every system, and the same nouns and findings of all of them.

A folder of `fixtures/pipelines/same` a system: `build` in an image that is pinned, `test` in one that is not, with a
time limit and a download that is piped to a shell, `announce`, which pastes the name of a branch into its code, and
`deploy` from main to production with a secret. Where a system can't say something, a table below says so, with the
reason; whatever is in no table must be alike.
"""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import guardrail
from guardrail.concepts.build import build
from guardrail.inputs import kubernetes, pipelines
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Finding, Inventory, Map, Noun, Unknown
from guardrail.tree import Tree

ROOT = Path(__file__).parents[2] / "fixtures" / "pipelines" / "same"
SYSTEMS = {
    "github": "github-actions",
    "gitlab": "gitlab-ci",
    "azure": "azure-pipelines",
    "circleci": "circleci",
    "bitbucket": "bitbucket-pipelines",
    "jenkins": "jenkins",
    "tekton": "tekton",
    "argo": "argo-workflows",
}
IN_CLUSTER = ("tekton", "argo")
JOBS = ("build", "test", "announce", "deploy")
PINS = {"golang": "digest", "node": "none", "chat": "tag", "kubectl": "tag"}
TEXTS = {
    "build": ["make build"],
    "test": ["npm ci", "curl -sSfL https://get.example.com/lint.sh | sh"],
    "deploy": ["./deploy.sh"],
}
EVENTS = ("push", "pull_request")

# What a system has no words for, or what stands outside of its files.
CANNOT: dict[str, dict[str, str]] = {
    "timeout": {"circleci": "its plan limits jobs; a step can only be limited in how long it says nothing"},
    "environment": {
        "circleci": "knows no environments; a context or an approval stands for one",
        "jenkins": "knows no environments; a condition or a question stands for one",
        "tekton": "knows no environments",
        "argo": "knows no environments",
    },
    "secrets": {
        "azure": "a secret variable is spelled like any other, and is declared in a library",
        "bitbucket": "secured variables are set in its settings, and used like any other",
    },
    "condition": {"bitbucket": "the section that a step stands in says for which branch it is"},
    "untrusted": {
        "circleci": "whether pull requests of forks are built is set in the project",
        "bitbucket": "pull requests of forks start nothing",
    },
    "outsiders_words": {"bitbucket": "only who may push has a word in its variables: names of branches and tags"},
}
DEFAULT_TIMEOUT = {"azure": 3600, "tekton": 3600}  # seconds, where nothing is written
# Runs in a cluster have the rights of their account, whoever started them; elsewhere a fork's run has none.
PRIVILEGED = ("tekton", "argo")
NO_LIMIT_OF_ITS_OWN = ("github", "jenkins", "argo")  # or one of so many hours that it is none
SERIALIZED_ELSEWHERE = {
    "azure": "the lock is on the environment",
    "bitbucket": "one step at a time may deploy to an environment",
    "tekton": "has no locks",
}
WATCHED = (
    "image-tag-fixed", "image-pinned-by-digest", "script-no-remote-pipe", "script-injection",
    "script-injection-privileged", "job-timeout", "deployment-serialized", "deployment-environment",
)  # fmt: skip


@lru_cache
def inventory(system: str) -> Inventory:
    folder = ROOT / system
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    read = kubernetes.read if system in IN_CLUSTER else pipelines.read
    reading = read(files, Tree(str(folder)), ReadOptions())
    assert not reading.problems
    found = Inventory(reading.resources)
    assert not build(found, {})
    return found


def jobs(system: str) -> dict[str, Noun]:
    """By name; without the calls by which a system gets to them."""
    found = [noun for noun in inventory(system).by_concept["job"] if noun.fields["class"] == "run"]
    assert len({noun.name for noun in found}) == len(found)
    return {noun.name: noun for noun in found}


def scripts(system: str, job: str) -> list[Map]:
    """The scripts of a job, which may stand in its steps."""
    noun = jobs(system)[job]
    found: list[Map] = []
    for script in inventory(system).by_concept["script"]:
        if system in IN_CLUSTER:
            mine = script.resource is noun.resource and script.key.startswith(f"{noun.key}/")
        else:
            mine = f"{script.resource.address}.".startswith(f"{noun.resource.address}.")
        if mine:
            found.append(script.fields)
    return found


def known(value: Any) -> Any:
    return None if isinstance(value, Unknown) else value


def can(field: str, system: str) -> bool:
    return system not in CANNOT[field]


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_system_is_there() -> None:
    assert sorted(path.name for path in ROOT.iterdir()) == sorted(SYSTEMS)
    for reasons in CANNOT.values():
        assert set(reasons) < set(SYSTEMS)
        assert all(reasons.values())


def test_pipeline_and_jobs(system: str) -> None:
    for noun in inventory(system).by_concept["pipeline"]:
        assert noun.fields["system"] == SYSTEMS[system]
    found = jobs(system)
    assert tuple(found) == JOBS
    assert {noun.fields["system"] for noun in found.values()} == {SYSTEMS[system]}
    assert all(noun.fields.place("name").line for noun in found.values())


def test_triggers(system: str) -> None:
    announce = jobs(system)["announce"].fields
    if can("untrusted", system):
        assert announce["untrusted"] is True
        assert announce["triggers"]
    else:
        assert known(announce["untrusted"]) is not True
    assert announce.get("privileged_trigger", False) is (system in PRIVILEGED)
    if system in ("github", *IN_CLUSTER):  # which have the same names for them
        assert sorted(announce["triggers"]) == sorted(EVENTS)


def test_timeout(system: str) -> None:
    default = DEFAULT_TIMEOUT.get(system)
    limited = 600 if can("timeout", system) else default
    assert {name: noun.fields.get("timeout") for name, noun in jobs(system).items()} == {
        "build": default, "test": limited, "announce": default, "deploy": default,
    }  # fmt: skip


def test_images(system: str) -> None:
    found = {
        noun.fields["name"].removeprefix("registry.example.com/ci/"): noun.fields["pin"]
        for noun in inventory(system).by_concept["dependency"]
        if noun.fields["ecosystem"] == "image"
    }
    assert found == PINS
    owners = {noun.fields["owner"] for noun in inventory(system).by_concept["dependency"] if "owner" in noun.fields}
    assert owners == {"registry.example.com"}
    images = [noun.fields["image"] for noun in inventory(system).by_concept["container"]]
    assert {image.partition(":")[0].rpartition("/")[2] for image in images} == set(PINS)


def test_scripts(system: str) -> None:
    for job in JOBS:
        (script,) = scripts(system, job)
        assert script["class"] == "step"
        lines = [line.strip() for line in script["text"].strip().split("\n")]
        if job in TEXTS:
            assert lines == TEXTS[job]
        else:
            assert "./announce" in script["text"]
        assert script["remote_pipe"] is (job == "test")
        assert not script["reverse_shell"]
        assert not script["skips_verification"]


def test_what_outsiders_write(system: str) -> None:
    for job in JOBS:
        (script,) = scripts(system, job)
        if job != "announce":
            assert not script["untrusted"]
            continue
        if not can("outsiders_words", system):
            (item,) = script["expansions"]
            assert (script["untrusted"], item["control"]) == ([], "chosen")
            continue
        (item,) = script["untrusted"]
        assert item["expression"]
        assert item["source"]
        assert item["privileged"] is (system in PRIVILEGED)
        assert script.place("untrusted").line >= script.place("text").line


def test_deployment(system: str) -> None:
    found = {name: noun.fields for name, noun in jobs(system).items()}
    assert {name: fields["deploys"] for name, fields in found.items()} == {name: name == "deploy" for name in JOBS}
    environments = {name: fields["environment"] for name, fields in found.items() if "environment" in fields}
    assert environments == ({"deploy": "production"} if can("environment", system) else {})
    conditions = {name for name, fields in found.items() if fields.get("condition")}
    assert conditions == ({"deploy"} if can("condition", system) else set())
    secrets = {
        (name, str(secret).lower().replace("_", "-")) for name, fields in found.items() for secret in fields["secrets"]
    }
    assert secrets == ({("deploy", "deploy-token")} if can("secrets", system) else set())


def concerned(system: str, finding: Finding) -> list[str]:
    """The jobs that a finding is about: of objects of a cluster those at its place, for they are one resource."""
    found = jobs(system)
    if system in IN_CLUSTER:
        return [name for name, noun in found.items() if noun.fields.span.covers(finding.span.line)]
    return [
        name
        for name, noun in found.items()
        if any(f"{address}.".startswith(f"{noun.resource.address}.") for address in finding.instances)
    ]


def test_the_same_findings(system: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / system, tmp_path / "copy")  # where no repository around it lengthens its addresses
    result = guardrail.scan([str(tmp_path / "copy")])
    assert not result.problems
    found = {
        (finding.rule, finding.verdict, name)
        for finding in result.findings
        if finding.rule in WATCHED
        for name in concerned(system, finding)
    }
    injection = "script-injection-privileged" if system in PRIVILEGED else "script-injection"
    wanted = {
        ("image-tag-fixed", "test"),
        ("image-pinned-by-digest", "announce"),
        ("image-pinned-by-digest", "deploy"),
        ("script-no-remote-pipe", "test"),
    }
    if can("outsiders_words", system):
        wanted.add((injection, "announce"))
    if system in NO_LIMIT_OF_ITS_OWN:
        wanted |= {("job-timeout", name) for name in ("build", "announce", "deploy")}
    if system not in SERIALIZED_ELSEWHERE:
        wanted.add(("deployment-serialized", "deploy"))
    assert found == {(rule, "fail", name) for rule, name in wanted}
