from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines import recognise
from guardrail.inputs.pipelines.circleci import orb_pin
from guardrail.inputs.pipelines.circleci_scope import Given, Scope, holds
from guardrail.model import Map, Seq, Span, Unknown, plain

ROOT = ".circleci/config.yml"
AT = Span(ROOT, 1, 1, 1, 2)


@pytest.fixture
def harbour(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("harbour", [ROOT])


@pytest.fixture
def read_circle(read_texts: Callable[..., Any]) -> Callable[[str], Any]:
    def run(text: str) -> Any:
        return read_texts({ROOT: "version: 2.1\n" + text})

    return run


def test_what_there_is(harbour: Any) -> None:
    assert harbour.problems == []
    assert harbour.files == {ROOT: "analysed"}
    jobs = [address for address, resource in harbour.by_address.items() if resource.kind == "job"]
    assert jobs == [
        f"{ROOT}#jobs.test",  # of the matrix
        f"{ROOT}#jobs.test#2",
        f"{ROOT}#jobs.test#3",  # at night
        f"{ROOT}#jobs.deploy",
        f"{ROOT}#jobs.forgotten",
        f"{ROOT}#orbs.tools.jobs.scan",
        f"{ROOT}#workflows.main.jobs.node/test",
    ]


def test_pipeline(harbour: Any) -> None:
    fields = harbour.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["push", "schedule"]
    assert [span.line for span in fields["triggers"].spans] == [135, 157]
    assert isinstance(fields["untrusted"], Unknown)


def test_orbs_are_dependencies(harbour: Any) -> None:
    found = [plain(noun.fields) for noun in harbour.nouns(ROOT, "dependency")]
    assert [(item["name"], item.get("owner"), item.get("pin"), item["local"]) for item in found] == [
        ("circleci/node", "circleci", "version", False),
        ("circleci/slack", "circleci", "range", False),
        ("acme/sonar", "acme", "none", False),
        ("acme/trial", "acme", "branch", False),
        ("tools", None, None, True),
    ]
    assert [orb_pin(text) for text in ("1.2.3", "1", "1.2", "volatile", "dev:x", "")] == [
        "version", "range", "range", "none", "branch", "none"
    ]  # fmt: skip


def test_a_job_is_read_as_workflows_run_it(harbour: Any) -> None:
    first, second, night = (harbour.by_address[f"{ROOT}#jobs.test{suffix}"] for suffix in ("", "#2", "#3"))
    assert {job.local for job in (first, second, night)} == {"jobs.test"}
    images = [[noun.fields["image"] for noun in job.nouns["container"]] for job in (first, second, night)]
    tags = ("20.18", "22.12", "22.12")
    assert images == [[f"cimg/node:{tag}", "cimg/postgres"] for tag in tags]
    assert (first.uncertain, night.uncertain) == (
        None, Unknown("pipeline.parameters.nightly may be chosen by whoever starts the pipeline")
    )  # fmt: skip
    assert first.nouns["job"][0].fields["triggers"] == ["push"]
    assert night.nouns["job"][0].fields["triggers"] == ["schedule"]
    assert night.nouns["job"][0].fields["untrusted"] is False, "nobody but the clock starts it"
    origins = night.nouns["container"][0].fields.origin_of("image")
    assert [origin.note for origin in origins] == [
        "parameters.tag, as default is given it",
        "parameters.tag, as test is given it",
        "default of pipeline.parameters.image-tag",
    ]


def test_containers(harbour: Any) -> None:
    job, service = (noun.fields for noun in harbour.nouns(f"{ROOT}#jobs.test", "container"))
    assert (job["class"], service["class"]) == ("job", "service")
    assert plain(job["env"]) == [{"name": "CI_MODE", "value": "fast"}]
    assert job.place("image")[:2] == (ROOT, 45)


def test_machines(harbour: Any) -> None:
    test, deploy = (harbour.noun(f"{ROOT}#jobs.{name}", "job").fields for name in ("test", "deploy"))
    assert (test["runner"], test["self_hosted"]) == (["medium"], False)
    assert (deploy["runner"], deploy["self_hosted"]) == (["acme/linux"], True)
    assert isinstance(harbour.noun(f"{ROOT}#workflows.main.jobs.node/test", "job").fields["self_hosted"], Unknown)


def test_what_workflows_say_of_a_job(harbour: Any) -> None:
    deploy = harbour.noun(f"{ROOT}#jobs.deploy", "job").fields
    assert (deploy["secrets"], deploy["deploys"]) == (["production", "registry"], True)
    assert deploy["concurrency"] == "<< pipeline.project.slug >>/deploy"
    assert (deploy["condition"], deploy.place("condition").line) == ("an approval", 142)
    assert harbour.by_address[f"{ROOT}#jobs.forgotten"].uncertain == Unknown("no workflow of the file runs it")


def test_commands_and_conditions(harbour: Any) -> None:
    steps = [harbour.by_address[f"{ROOT}#jobs.test.steps[{index}]"] for index in range(6)]
    assert [next(iter(step.attributes)) for step in steps] == [
        "checkout", "restore_cache", "run", "run", "run", "slack/notify"
    ]  # fmt: skip
    assert [step.local for step in steps[1:4]] == [
        "commands.install.steps.restore_cache",
        "commands.install.steps.run: npm ci",
        "commands.install.steps.run: ./lint << parameters.suite >>",
    ]
    assert [(origin.note, origin.span.line) for origin in steps[2].trace] == [("command install", 103)]
    assert steps[3].header.line == 105, "a step that is handed in stands where it is written"
    fetch = harbour.by_address[f"{ROOT}#orbs.tools.jobs.scan.steps[0]"]
    assert fetch.local == "orbs.tools.commands.fetch.steps.Fetch"
    assert fetch.nouns["script"][0].fields["remote_pipe"] is True
    assert fetch.nouns["script"][0].fields.place("remote_pipe")[:3] == (ROOT, 21, 17)


def test_what_those_choose_who_may_push(harbour: Any) -> None:
    def hits(address: str) -> list[tuple[str, str, int, int]]:
        fields = harbour.noun(f"{ROOT}#jobs.{address}", "script").fields
        return [
            (hit["expression"], hit["source"], *hit.place("expression")[1:3])
            for hit in fields["expansions"] if hit["control"] == "chosen"
        ]  # fmt: skip

    assert hits("test.steps[4]") == [("<< pipeline.git.branch >>", "pipeline.git.branch", 110, 22)]
    assert hits("deploy.steps[2]") == [
        ("<< parameters.ref >>", "parameters.ref, which holds pipeline.git.tag", 123, 21)
    ]  # fmt: skip
    fields = harbour.noun(f"{ROOT}#jobs.deploy.steps[3]", "script").fields
    assert [(hit["source"], hit["control"]) for hit in fields["expansions"]] == [
        ("pipeline.parameters.image-tag", "chosen")
    ]  # fmt: skip
    assert fields["untrusted"] == []
    assert hits("forgotten.steps[0]") == [("$CIRCLE_BRANCH", "CIRCLE_BRANCH", 132, 14)]
    assert harbour.noun(f"{ROOT}#jobs.deploy.steps[3]", "script").fields["shell"] == "python3"


SCOPE = Scope({"yes": Given(True), "name": Given("npm"), "empty": Given("")}, {})


def statement(value: Any) -> Any:
    """The same as located values."""
    if isinstance(value, dict):
        found = Map(AT)
        for key, item in value.items():
            found.put(key, statement(item), AT)
        return found
    if isinstance(value, list):
        listed = Seq(AT)
        for item in value:
            listed.add(statement(item), AT)
        return listed
    return value


@pytest.mark.parametrize(("condition", "wanted"), [
    (True, True), ("", False), (None, False), (0, False), ("<< parameters.yes >>", True),
    ("<< parameters.empty >>", False), ({"not": "<< parameters.yes >>"}, False),
    ({"equal": ["npm", "<< parameters.name >>"]}, True), ({"equal": [1, "1"]}, True),
    ({"and": [True, {"equal": ["a", "b"]}, "<< pipeline.git.branch >>"]}, False),
    ({"or": ["<< pipeline.git.branch >>", "<< parameters.yes >>"]}, True),
    ({"equal": ["main", "<< pipeline.git.branch >>"]}, None), ({"matches": {"pattern": ".*", "value": "x"}}, None),
    ('pipeline.git.branch == "main"', None), ({"equal": ["a", "b", "<< pipeline.git.branch >>"]}, False),
])  # fmt: skip
def test_logic(condition: Any, wanted: bool | None) -> None:
    found = holds(statement(condition), SCOPE)
    assert isinstance(found, Unknown) if wanted is None else found is wanted


def test_steps_that_may_run(read_circle: Callable[[str], Any]) -> None:
    found = read_circle("""
parameters:
  full: {type: boolean, default: false}
jobs:
  build:
    machine: true
    steps:
      - when:
          condition: << pipeline.parameters.full >>
          steps: [{run: full}]
      - unless:
          condition: << pipeline.parameters.full >>
          steps: [{run: quick}]
      - when:
          condition: {equal: [main, << pipeline.git.branch >>]}
          steps: [{run: main}]
      - when:
          condition: false
          steps: [{run: never}]
workflows:
  main:
    jobs: [build]
""")
    steps = [r for r in found.by_address.values() if r.kind == "step"]
    assert [(s.nouns["script"][0].fields["text"], s.uncertain is None) for s in steps] == [
        ("full", False), ("quick", True), ("main", False)
    ]  # fmt: skip


def test_a_matrix_leaves_out(read_circle: Callable[[str], Any]) -> None:
    found = read_circle("""
jobs:
  build:
    parameters: {os: {type: string}, node: {type: string}}
    docker: [{image: "x/<< parameters.os >>:<< parameters.node >>"}]
    steps: [{run: make}]
workflows:
  main:
    jobs:
      - build:
          matrix:
            parameters: {os: [a, b], node: ["1", "2"]}
            exclude: [{os: a, node: "2"}]
""")
    images = [r.nouns["container"][0].fields["image"] for r in found.by_address.values() if r.kind == "job"]
    assert images == ["x/a:1", "x/b:1", "x/b:2"]


def test_steps_for_orbs_elsewhere_are_looked_at(read_circle: Callable[[str], Any]) -> None:
    found = read_circle("""
orbs: {node: circleci/node@5.2.0}
jobs:
  build:
    executor: node/default
    steps:
      - node/with-cache:
          steps:
            - run: curl https://x.io/i | sh
workflows:
  main:
    jobs:
      - build
      - node/run:
          post-steps: [{run: wget -qO- https://x.io/i | bash}]
""")
    assert found.problems == []
    piped = [a for a, r in found.by_address.items() for n in r.nouns.get("script", ()) if n.fields["remote_pipe"]]
    assert piped == [f"{ROOT}#jobs.build.steps[1]", f"{ROOT}#workflows.main.jobs.node/run.post-steps[0]"]


def test_the_older_version_has_no_expressions(read_texts: Callable[..., Any]) -> None:
    text = "version: 2\njobs:\n  build:\n    machine: true\n    steps:\n      - run: cat << pipeline.git.branch >> x\n"
    fields = read_texts({ROOT: text}).noun(f"{ROOT}#jobs.build.steps[0]", "script").fields
    assert fields["untrusted"] == []


def test_deployments(read_circle: Callable[[str], Any]) -> None:
    found = read_circle("""
jobs:
  deploy-api: {machine: true, steps: [{run: ./ship}]}
  release: {machine: true, steps: [{run: terraform apply}]}
  e2e: {machine: true, steps: [{run: terraform apply}]}
workflows:
  main:
    jobs:
      - deploy-api: {filters: {branches: {only: [main, next]}}}
      - release: {filters: {branches: {ignore: /.*/}, tags: {only: /v.*/}}}
      - e2e: {filters: {branches: {ignore: gh-pages}}}
""")
    jobs = [found.noun(f"{ROOT}#jobs.{name}", "job").fields for name in ("deploy-api", "release", "e2e")]
    assert [(job["deploys"], job.get("condition")) for job in jobs] == [
        (True, "branches only main, next"), (True, "branches ignore /.*/"), (False, None)
    ]  # fmt: skip


def test_a_job_runs_where_any_of_those_does_that_it_requires(read_circle: Callable[[str], Any]) -> None:
    names = ("deploy-a", "deploy-b", "deploy-c", "deploy-d")
    found = read_circle(
        "jobs:\n"
        + "".join(f"  {name}: {{machine: true, steps: [{{run: x}}]}}\n" for name in (*names, "test", "main"))
        + """workflows:
  main:
    jobs:
      - test
      - main: {filters: {branches: {only: main}}}
      - deploy-a: {requires: [main]}
      - deploy-b: {requires: [deploy-a: success]}
      - deploy-c: {requires: [main, test]}
      - deploy-d: {requires: [deploy-d, gone]}
"""
    )
    jobs = [found.noun(f"{ROOT}#jobs.{name}", "job").fields for name in names]
    assert [job.get("condition") for job in jobs] == ["branches only main", "branches only main", None, None]
    assert jobs[1].place("condition").line == 13


def test_what_is_broken_is_told_with_its_place(read_circle: Callable[[str], Any]) -> None:
    found = read_circle(
        "jobs:\n"
        "  a:\n"
        "    executor: gone\n"
        "    steps:\n"
        "      - install\n"
        "      - run: {name: x}\n"
        "      - 7\n"
        "  b: make\n"
        "  c: {docker: x, steps: []}\n"
        "workflows:\n"
        "  main:\n"
        "    jobs: [a, gone]\n"
    )
    assert [(problem.kind, problem.line) for problem in found.problems] == [
        ("missing-executor", 4), ("missing-command", 6), ("malformed", 7), ("malformed", 8), ("malformed", 9),
        ("malformed", 10), ("missing-job", 13),
    ]  # fmt: skip


def test_what_a_configuration_is_continued_with_may_be_completed(read_texts: Callable[..., Any]) -> None:
    text = "version: 2.1\njobs:\n  a:\n    machine: true\n    steps: [own/install]\nworkflows: {main: {jobs: [a]}}\n"
    found = read_texts({".circleci/continue.yml": text})
    assert found.problems == []
    assert [note.kind for note in found.notes] == ["missing-command"]


def test_what_grows_without_end_is_told(read_circle: Callable[[str], Any]) -> None:
    commands = "".join(f"  c{n}: {{steps: [{', '.join([f'c{n + 1}'] * 20)}]}}\n" for n in range(6))
    jobs = "jobs:\n  x: {machine: true, steps: [c0]}\n"
    found = read_circle(f"commands:\n{commands}  c6: {{steps: [checkout]}}\n{jobs}")
    assert found.kinds() == {"expansion"}


def test_commands_that_call_each_other_end(read_circle: Callable[[str], Any]) -> None:
    found = read_circle(
        "commands:\n  a: {steps: [b]}\n  b: {steps: [a]}\njobs:\n  x: {machine: true, steps: [a]}\n"
    )  # fmt: skip
    assert found.kinds() == {"too-deep"}


@pytest.mark.parametrize(("path", "text", "wanted"), [
    (".circleci/config.yml", "x: 1\n", True),
    (".circleci/continue.yml", "version: 2.1\nworkflows:\n  a: {jobs: [b]}\n", True),
    ("src/orb.yml", "version: 2.1\ncommands:\n  a:\n    steps:\n    - run: make\n", True),
    ("docker-compose.yml", "version: '2.1'\nservices:\n  a: {image: x}\n", False),
    (".golangci.yml", "version: '2'\nlinters: {}\n", False),
    (".goreleaser.yml", "version: 2\nbuilds:\n- main: x\n", False),
    (".github/dependabot.yml", "version: 2\nupdates: []\n", False),
    ("dbt.yml", "version: 2\nmodels:\n- name: x\n", False),
])  # fmt: skip
def test_recognised(path: str, text: str, wanted: bool) -> None:
    assert (recognise(path, text.encode()) == "circleci") is wanted


def test_a_job_has_the_environment_of_its_executor(read_texts: Callable[..., Any]) -> None:
    text = """version: 2.1
executors:
  node:
    parameters: {level: {type: string, default: "1"}}
    docker: [{image: "cimg/node:22.12.0"}]
    environment: {LEVEL: << parameters.level >>, CI: "yes"}
jobs:
  build:
    executor: {name: node, level: "2"}
    environment: {CI: "no"}
    steps: [{run: make}]
  test:
    executor: node
    steps: [{run: make test}]
"""
    read = read_texts({".circleci/config.yml": text})
    build = read.by_address[".circleci/config.yml#jobs.build"].attributes["environment"]
    assert build == {"LEVEL": "2", "CI": "no"}
    assert (build.place("LEVEL").line, build.place("CI").line) == (6, 10)
    assert read.by_address[".circleci/config.yml#jobs.test"].attributes["environment"] == {"LEVEL": "1", "CI": "yes"}
