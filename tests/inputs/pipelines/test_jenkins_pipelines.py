from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.concepts.secrets import hide
from guardrail.inputs.pipelines import read
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Sensitive, Unknown, plain
from guardrail.tree import Tree

ROOT = "Jenkinsfile"
FIXTURE = [ROOT, "ci/Jenkinsfile.nightly"]


@pytest.fixture
def jetty(read_fixture: Callable[..., Any]) -> Any:
    return read_fixture("jetty", FIXTURE)


def pipeline(steps: str, top: str = "", stage: str = "") -> str:
    """A pipeline of one stage, `Go`."""
    return (
        f"pipeline {{\n  agent any\n{top}\n  stages {{\n    stage('Go') {{\n{stage}\n      steps {{\n{steps}\n"
        "      }\n    }\n  }\n}\n"
    )


GO = f"{ROOT}#stages.Go"


@pytest.fixture
def go(read_texts: Callable[..., Any]) -> Callable[..., Any]:
    def run(steps: str, top: str = "", stage: str = "", extra: dict[str, str] | None = None) -> Any:
        return read_texts({ROOT: pipeline(steps, top, stage)}, extra)

    return run


def test_files_and_addresses(jetty: Any) -> None:
    assert jetty.problems == []
    assert [(note.kind, note.file, note.line) for note in jetty.notes] == [("scripted", FIXTURE[1], 2)]
    assert jetty.files == dict.fromkeys([*FIXTURE, "ci/steps.groovy"], "analysed")
    assert list(jetty.by_address) == [
        ROOT,
        *(f"{ROOT}#stages.{name}" for name in ("Build", "Checks.Unit", "Checks.Lint", "Matrix.Package", "Deploy")),
        "ci/Jenkinsfile.nightly",
        "ci/steps.groovy",
    ]
    build = jetty.by_address[f"{ROOT}#stages.Build"]
    assert (build.kind, build.provider) == ("job", "jenkins")
    assert build.header[1:] == (34, 9, 34, 23)
    assert (build.span.line, build.span.end_line) == (34, 42)


def test_pipeline(jetty: Any) -> None:
    fields = jetty.noun(ROOT, "pipeline").fields
    assert fields["triggers"] == ["cron", "pollSCM", "change_request"]
    assert (fields["untrusted"], fields["privileged_trigger"], fields["concurrency"]) == (True, False, True)
    assert fields.place("untrusted")[:3] == (ROOT, 55, 55)
    assert fields.place("concurrency").line == 16


def test_limits_are_of_the_nearest(jetty: Any) -> None:
    limits = {
        address.rpartition(".")[2]: (noun.fields["timeout"], noun.fields.place("timeout").line)
        for address, resource in jetty.by_address.items()
        for noun in resource.nouns.get("job", ())
    }
    assert limits == {
        "Build": (3600, 15), "Unit": (600, 49), "Lint": (3600, 15), "Package": (3600, 15), "Deploy": (3600, 15)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("timeout(5)", 300), ("timeout(time: 5)", 300), ("timeout(time: 1, unit: 'HOURS')", 3600),
        ("timeout(time: 30, unit: 'SECONDS', activity: true)", 30), ("timeout(time: 1, unit: \"DAYS\")", 86400),
        ("timeout(time: params.T, unit: 'HOURS')", None), ("timeout(time: 1, unit: U)", None),
    ],
)  # fmt: skip
def test_durations(go: Callable[..., Any], written: str, seconds: int | None) -> None:
    found = go("sh 'x'", f"options {{ {written} }}").noun(GO, "job").fields["timeout"]
    assert found == seconds if seconds is not None else isinstance(found, Unknown)


def test_a_limit_that_is_missing_belongs_to_the_pipeline(go: Callable[..., Any]) -> None:
    assert go("sh 'x'").noun(GO, "job").fields.place("timeout")[:3] == (ROOT, 1, 1)
    read = go("sh 'x'", "  options { timestamps() }")
    assert read.noun(GO, "job").fields.place("timeout")[:3] == (ROOT, 3, 3)
    # One that some of the steps are outside of is no limit of the stage.
    assert "timeout" not in go("timeout(5) { sh 'x' }\nsh 'y'").noun(GO, "job").fields


def test_agents(jetty: Any) -> None:
    container, = jetty.nouns(ROOT, "container")
    assert container.fields["image"] == "registry.example.com/jetty/build:1.8"
    assert plain(container.fields["mounts"])[0]["host_path"] == "/var/run/docker.sock"
    assert container.fields["privileged"] is False
    assert container.fields.place("image")[1:] == (10, 19, 10, 29)
    notes = [origin.note for origin in container.fields.origin_of("image")]
    assert notes == ["value of image", "value of registry"]
    (unit,) = jetty.nouns(f"{ROOT}#stages.Checks.Unit", "dependency")
    assert (unit.fields["name"], unit.fields["version"], unit.fields["pin"]) == ("golang", "1.23.4", "tag")
    assert jetty.noun(f"{ROOT}#stages.Checks.Lint", "job").fields["runner"] == ["linux && small"]
    packed = jetty.nouns(f"{ROOT}#stages.Matrix.Package", "dependency")
    assert [noun.fields["version"] for noun in packed] == ["alpine", "debian"]
    (inner,) = jetty.nouns(f"{ROOT}#stages.Checks.Lint", "container")
    assert (inner.fields["image"], inner.fields["run_as_user"]) == ("node:22", "root")


def test_containers_of_a_scripted_pipeline(jetty: Any) -> None:
    maven, tools = jetty.nouns("ci/Jenkinsfile.nightly", "container")
    assert (maven.name, maven.fields["privileged"]) == ("container maven", True)
    assert maven.fields.place("privileged")[1:3] == (3, 76)
    assert tools.fields["privileged"] is False
    _, _, dependency = jetty.nouns("ci/Jenkinsfile.nightly", "dependency")
    assert (dependency.fields["name"], isinstance(dependency.fields["pin"], Unknown)) == (
        "registry.example.com/tools", True,
    )  # fmt: skip


def test_pods_that_are_written_in_the_file(go: Callable[..., Any]) -> None:
    stage = """
      agent {
        kubernetes {
          yaml '''
spec:
  volumes:
    - name: sock
      hostPath: {path: /run/containerd.sock}
  initContainers:
    - name: first
      image: busybox
  containers:
    - name: build
      image: docker:27-dind
      securityContext:
        privileged: true
      volumeMounts:
        - {name: sock, mountPath: /x}
'''
        }
      }"""
    read = go("sh 'x'", stage=stage)
    first, build = read.nouns(GO, "container")
    assert (first.fields["image"], first.fields["privileged"]) == ("busybox", False)
    assert build.fields["privileged"] is True
    line = pipeline("", stage=stage).split("\n").index("        privileged: true") + 1
    assert build.fields.place("privileged")[:] == (ROOT, line, 9, line, 25)
    assert plain(build.fields["mounts"])[0]["host_path"] == "/run/containerd.sock"
    assert [noun.fields["name"] for noun in read.nouns(GO, "dependency")] == ["busybox", "docker"]


def test_what_is_interpolated_in_a_pod_is_unknown(go: Callable[..., Any]) -> None:
    stage = 'agent { kubernetes { yaml """\nspec:\n  containers:\n    - {name: a, image: "app:${params.TAG}"}\n' \
            '    - name: b\n      image: acme/b:${params.TAG}\n"""\n} }'  # fmt: skip
    read = go("sh 'x'", stage=stage)
    _, second = read.nouns(GO, "dependency")
    assert second.fields["name"] == "acme/b"
    assert isinstance(second.fields["pin"], Unknown)
    broken = go("sh 'x'", stage="agent { kubernetes { yaml '''\nspec: [\n''' } }")
    assert [(p.kind, p.line) for p in broken.problems] == [("malformed", 7)]


def test_options_of_docker(go: Callable[..., Any]) -> None:
    for written, privileged in (
        ("'--privileged'", True), ("\"-v ${HOME}/.m2:/m2\"", False), ("\"${OPTIONS}\"", None), ("'-u root'", False)
    ):  # fmt: skip
        read = go("sh 'x'", stage=f"agent {{ docker {{ image 'a:1'\nargs {written} }} }}")
        found = read.noun(GO, "container").fields["privileged"]
        assert found is privileged or (privileged is None and isinstance(found, Unknown)), written


def test_libraries(jetty: Any, read_texts: Callable[..., Any]) -> None:
    library, tools, *_ = jetty.nouns(ROOT, "dependency")
    assert (library.fields["ecosystem"], library.fields["version"], library.fields["pin"]) == (
        "library", "v2.3.0", "tag",
    )  # fmt: skip
    assert (tools.fields["name"], tools.fields["pin"]) == ("release-tools", "branch")
    assert tools.fields.place("pin")[1:3] == (2, 30)
    text = "@Library('a') _\nlibrary identifier: 'b@main', retriever: x\nlibrary \"c@${v}\"\nbuildApp()\n"
    read = read_texts({ROOT: text})
    unset, main, part = read.nouns(ROOT, "dependency")
    assert isinstance(unset.fields["pin"], Unknown)
    assert (main.fields["name"], main.fields["pin"]) == ("b", "branch")
    assert (part.fields["name"], isinstance(part.fields["pin"], Unknown)) == ("c", True)
    (note,) = read.notes
    assert note.message == "what runs is in `buildApp`, which stands elsewhere and is not read"


def test_loaded_files_are_read(jetty: Any, go: Callable[..., Any]) -> None:
    (script,) = jetty.nouns("ci/steps.groovy", "script")
    assert plain(script.fields["expansions"])[0]["source"] == "BRANCH_NAME"
    read = go("script { load 'none.groovy' }")
    assert [(note.kind, note.file) for note in read.notes] == [("missing-file", ROOT)]
    circle = go("script { load 'a.groovy' }", extra={"a.groovy": "load 'a.groovy'\nload 'Jenkinsfile'\nsh 'x'\n"})
    assert list(circle.by_address) == [ROOT, GO, "a.groovy"]


def test_scripts(jetty: Any) -> None:
    build, vet = jetty.nouns(f"{ROOT}#stages.Build", "script")
    assert (build.name, build.fields["shell"], build.fields["text"]) == ("`sh` of stage Build", "sh", "make build")
    assert vet.name == "Vet of stage Build"
    assert vet.fields["remote_pipe"] is True
    assert vet.fields.place("remote_pipe")[1:] == (39, 21, 39, 68)
    clean, helper = jetty.nouns(ROOT, "script")
    assert (clean.fields["text"], helper.fields["shell"]) == ("make clean", "cmd")
    *_, request = jetty.nouns(f"{ROOT}#stages.Deploy", "script")
    assert request.fields["skips_verification"] is True
    assert request.fields.place("skips_verification")[1:3] == (109, 64)


@pytest.mark.parametrize(
    ("steps", "shell"),
    [
        ("sh 'x'", "sh"), ("sh([script: 'x'])", "sh"), ("bat 'x'", "cmd"), ("pwsh 'x'", "pwsh"), ("steps.sh 'x'", "sh"),
        ("sh '''#!/bin/bash -e\nx'''", "bash"), ("sh '''#!/usr/bin/env python3\nx'''", "python3"),
        ("script { if (a) { def r = sh(returnStdout: true, script: 'x') } else { [1].each { sh 'x' } } }", "sh"),
        ("withEnv(['A=b']) { dir('c') { sh 'x' } }", "sh"), ("sshCommand remote: r, command: 'x'", "sh"),
    ],
)  # fmt: skip
def test_where_scripts_are_found(go: Callable[..., Any], steps: str, shell: str) -> None:
    for noun in go(steps).nouns(GO, "script"):
        assert noun.fields["shell"] == shell
        assert noun.fields["text"].endswith("x")


def test_code_that_is_no_shell_is_not_searched(go: Callable[..., Any]) -> None:
    text = "sh '''#!/usr/bin/env python3\ncurl x | sh\n'''"
    assert go(text).noun(GO, "script").fields["remote_pipe"] is False


@pytest.mark.parametrize(
    ("steps", "sources"),
    [
        ('sh "x ${env.CHANGE_TITLE}"', ["CHANGE_TITLE"]),
        ('sh "x $CHANGE_BRANCH"', ["CHANGE_BRANCH"]),
        ("sh \"x ${env['BRANCH_NAME']}\"", ["BRANCH_NAME"]),
        ("sh 'x ' + env.CHANGE_TITLE", ["CHANGE_TITLE"]),
        ("sh env.CHANGE_TITLE", ["CHANGE_TITLE"]),
        ('sh "x ${params.WHAT}"', ["params.WHAT"]),
        ('sh "x ${WHAT}"', ["params.WHAT"]),
        ('sh "x ${params.ELSEWHERE}"', ["params.ELSEWHERE"]),
        ('sh "x ${params.ONE}"', []),
        ('sh "x ${ONE}"', []),
        ('sh "x ${params.FLAG ? env.CHANGE_TITLE : 1}"', ["CHANGE_TITLE"]),
        ('sh "x ${env.CHANGE_TITLE ? 1 : 2}"', []),
        ('sh "x ${env.CHANGE_TITLE == \'a\'}"', []),
        ('sh "x ${env.CHANGE_TITLE.toLowerCase().trim()}"', ["CHANGE_TITLE"]),
        ('sh "x ${env.CHANGE_TITLE.replaceAll(/[^a-z]/, \'\')}"', []),
        ('sh "x ${env.CHANGE_TITLE.size()}"', []),
        ('sh "x ${env.BUILD_NUMBER} ${env.GIT_COMMIT} ${unheardOf}"', []),
        ("sh 'x \"$CHANGE_TITLE\"'", []),
        ("sh 'eval \"$CHANGE_TITLE\"'", ["CHANGE_TITLE"]),
        ("sh 'bash -c \"x $WHAT\"'", ["params.WHAT"]),
        ("bat 'x %CHANGE_TITLE%'", ["CHANGE_TITLE"]),
        ("powershell 'x $env:CHANGE_TITLE'", []),
        ('script { def a = env.CHANGE_TITLE\ndef b = "${a}!"\nsh "x ${b}" }', ["CHANGE_TITLE, by way of a"]),
        ('script { env.T = env.CHANGE_TITLE }\nsh "x ${env.T}"', ["CHANGE_TITLE, by way of T"]),
        ('sh "x ${TITLE}"', ["CHANGE_TITLE, by way of TITLE"]),
        ('withEnv(["W=${env.CHANGE_TITLE}"]) { sh "x ${W}" }', ["CHANGE_TITLE, by way of W"]),
        ("script { def m = sh(script: 'git log -1 --format=%s', returnStdout: true).trim()\nsh \"x ${m}\" }",
         ["the commit's message (git log), by way of m"]),
        ("script { def m = sh(script: 'git rev-parse HEAD', returnStdout: true)\nsh \"x ${m}\" }", []),
        ("script { def m = sh(script: 'git rev-parse --abbrev-ref HEAD', returnStdout: true)\nsh \"x ${m}\" }",
         ["the branch's name (git), by way of m"]),
        ('sh "x ${hook}"', ["hook of the webhook"]),
        ("script { [1].each { CHANGE_NUMBER -> sh \"x ${CHANGE_NUMBER}\" } }", []),
        ('echo "x ${env.CHANGE_TITLE}"', None),
    ],
)  # fmt: skip
def test_what_others_write(go: Callable[..., Any], steps: str, sources: list[str] | None) -> None:
    top = """
      parameters {
        string(name: 'WHAT')
        choice(name: 'ONE', choices: ['a'])
        booleanParam(name: 'FLAG')
      }
      triggers { GenericTrigger(genericVariables: [[key: 'hook', value: '$.ref']]) }
      environment { TITLE = "${env.CHANGE_TITLE}" }
    """
    nouns = go(steps, top).nouns(GO, "script")
    if sources is None:
        assert nouns == []
        return
    fields = nouns[-1].fields
    # Who may start a job chooses its parameters, who may push the names of branches; all else is anyone's.
    chosen = [hit["source"] for hit in plain(fields.get("expansions", [])) if hit["control"] == "chosen"]
    by_choice = ("params.", "BRANCH_NAME", "TAG_NAME", "the branch's name (git)")
    assert chosen == [source for source in sources if source.startswith(by_choice)]
    assert [hit["source"] for hit in plain(fields["untrusted"])] + chosen == sources


@pytest.mark.parametrize(
    ("parameter", "steps", "source", "control"),
    [
        ("string(name: 'GIT_BRANCH')", 'sh "git clone -b ${GIT_BRANCH} x"', "params.GIT_BRANCH", "chosen"),
        ("string(name: 'GIT_BRANCH')", 'script { def f = "${env.GIT_BRANCH}-1"\nsh "x ${f}" }',
         "params.GIT_BRANCH, by way of f", "chosen"),
        ("string(name: 'GIT_BRANCH')", "sh 'eval \"$GIT_BRANCH\"'", "params.GIT_BRANCH", "chosen"),
        ("choice(name: 'GIT_BRANCH', choices: ['a'])", 'sh "git clone -b ${GIT_BRANCH} x"', "", ""),
        ("string(name: 'WHAT')", 'sh "git clone -b ${GIT_BRANCH} x"', "GIT_BRANCH", "chosen"),
        # what plugins hand over in parameters is still what others wrote
        ("string(name: 'ghprbPullTitle')", 'sh "x ${ghprbPullTitle}"', "ghprbPullTitle", ""),
    ],
)  # fmt: skip
def test_a_parameter_that_is_called_like_a_variable_of_jenkins(
    go: Callable[..., Any], parameter: str, steps: str, source: str, control: str
) -> None:
    fields = go(steps, f"parameters {{ {parameter} }}").nouns(GO, "script")[-1].fields
    chosen = [hit["source"] for hit in plain(fields.get("expansions", [])) if hit["control"] == "chosen"]
    assert chosen == ([source] if control else [])
    assert [hit["source"] for hit in plain(fields["untrusted"])] == ([source] if source and not control else [])


def test_the_place_of_what_is_pasted(go: Callable[..., Any]) -> None:
    read = go('sh """\n  a\n\\tb \\\\ ${env.CHANGE_TITLE} c\n"""\nsh "é ${env.CHANGE_BRANCH}"')
    first, second = read.nouns(GO, "script")
    assert first.fields["untrusted"].spans[0][1:] == (10, 8, 10, 27)
    assert second.fields["untrusted"].spans[0][1:] == (12, 7, 12, 27)


def test_secrets_that_groovy_pastes(jetty: Any, go: Callable[..., Any]) -> None:
    pasted, quoted, _ = jetty.nouns(f"{ROOT}#stages.Deploy", "script")
    assert plain(pasted.fields["pasted_secrets"]) == [{"expression": "${TOKEN}", "source": "deploy-token"}]
    assert pasted.fields["pasted_secrets"].spans[0][1:3] == (105, 53)
    assert quoted.fields["pasted_secrets"] == []
    top = "environment { N = credentials('nexus') }"
    for steps, found in (
        ('sh "x ${N_PSW}"', ["nexus"]), ('sh "x ${env.N}"', ["nexus"]), ('sh "x ${N_USR}"', []),
        ("withCredentials([usernamePassword(credentialsId: 'c', usernameVariable: 'U', passwordVariable: 'P')]) {\n"
         'sh "x ${U} ${P}" }', ["c"]),
        ("withCredentials([[$class: 'StringBinding', credentialsId: 'c', variable: 'P']]) { sh \"x ${P}\" }", ["c"]),
        ("withCredentials([string(credentialsId: 'c', variable: 'P')]) { echo 'y' }\nsh \"x ${P}\"", []),
        ("withCredentials([file(credentialsId: 'c', variable: 'P')]) { sh \"x ${P}\" }", []),
    ):  # fmt: skip
        (noun,) = go(steps, top).nouns(GO, "script")
        assert [hit["source"] for hit in plain(noun.fields["pasted_secrets"])] == found, steps
    assert jetty.noun(f"{ROOT}#stages.Deploy", "job").fields["secrets"] == ["nexus-deploy", "deploy-token"]


def test_conditions_and_locks(jetty: Any, go: Callable[..., Any]) -> None:
    deploy = jetty.noun(f"{ROOT}#stages.Deploy", "job").fields
    assert (deploy["condition"], deploy["deploys"]) == ("branch 'main' && somebody's leave", True)
    assert (deploy["concurrency"], deploy.place("concurrency").line) == ("production", 103)
    lint = jetty.noun(f"{ROOT}#stages.Checks.Lint", "job").fields
    assert (lint["untrusted"], lint.place("untrusted").line) == (True, 60)
    assert "condition" not in go("sh 'x'").noun(GO, "job").fields
    assert "concurrency" not in go("lock('a') { sh 'x' }\nsh 'y'").noun(GO, "job").fields


@pytest.mark.parametrize(
    ("stage", "steps", "deploys"),
    [
        ("Deploy", "x", True), ("Ship", "helm upgrade a b", True), ("Ship", "x", False),
        ("E2E tests", "helm upgrade a b", False),
    ],
)  # fmt: skip
def test_what_deploys(read_texts: Callable[..., Any], stage: str, steps: str, deploys: bool) -> None:
    read = read_texts({ROOT: pipeline(f"sh '{steps}'").replace("'Go'", f"'{stage}'")})
    assert read.noun(f"{ROOT}#stages.{stage}", "job").fields["deploys"] is deploys


def test_values_are_known_only_where_nothing_else_sets_them(go: Callable[..., Any]) -> None:
    image = "agent { docker { image \"a:${V}\" } }"
    for top, stage, version in (
        ("environment { V = '1' }", image, "1"),
        ("environment { V = '1' }", image + "\nenvironment { V = '2' }", "2"),
        ("environment { V = '1' }\npost { always { script { env.V = '3' } } }", image, None),
        ("environment { V = '1' }\npost { always { withEnv(['V=3']) { x() } } }", image, None),
        ("parameters { string(name: 'V', defaultValue: '1') }", image, None),
        ("", image, None),
    ):  # fmt: skip
        (noun,) = go("sh 'x'", top, stage).nouns(GO, "dependency")
        found = noun.fields["version"]
        assert found == version if version else isinstance(found, Unknown), (top, stage)


def test_attributes(jetty: Any) -> None:
    attributes = jetty.by_address[ROOT].attributes
    assert plain(attributes["options"]) == {
        "timeout": {"time": 1, "unit": "HOURS"}, "disableConcurrentBuilds": True,
        "buildDiscarder": "logRotator(numToKeepStr: '20')",
    }  # fmt: skip
    assert plain(attributes["environment"])["GO_VERSION"] == "1.23.4"
    assert attributes["environment"].spans["GO_VERSION"][1:] == (29, 9, 29, 30)
    deploy = plain(jetty.by_address[f"{ROOT}#stages.Deploy"].attributes)
    assert deploy["when"] == {"beforeAgent": True, "branch": "main"}
    assert deploy["input"] == {"message": "Deploy?", "submitter": "release"}
    assert deploy["steps"][0]["lock"]["args"] == "production"


def test_secrets_are_hidden_where_they_stand(go: Callable[..., Any]) -> None:
    steps = "sh '''\n  echo \\'a\\' && curl -u bob:h8Jk2LmP9q https://example.com\n'''"
    read = go(steps, "environment { DB_PASSWORD = 'h8Jk2LmP9z' }")
    resources = list(read.by_address.values())
    hide(resources, [pipeline(steps)])
    found = [noun for resource in resources for noun in resource.nouns.get("secret", ())]
    assert sorted((noun.fields["name"], noun.fields.place("literal")[1:3]) for noun in found) == [
        ("--user", (9, 29)), ("DB_PASSWORD", (3, 15)),
    ]  # fmt: skip
    assert isinstance(read.by_address[ROOT].attributes["environment"]["DB_PASSWORD"], Sensitive)
    text = read.noun(GO, "script").fields["text"]
    assert "h8Jk2LmP9q" not in text
    assert pickle.loads(pickle.dumps(text)) == text


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("pipeline {\n  agent any\n", "syntax", 1),
        ("pipeline {\n  agent any\n}\n", "malformed", 1),
        ("pipeline {\n stages {\n  stage('a') {\n  }\n }\n}\n", "malformed", 3),
        ("pipeline {\n stages {\n  stage('a') { steps { sh 'x } }\n }\n}\n", "syntax", 3),
        (pipeline("sh 'a'\nx ==== y"), "syntax", 9),
        (pipeline("sh 'a'") + pipeline("sh 'b'"), "malformed", 13),
        ("pipeline {\0}", "encoding", 1),
    ],
)
def test_problems(read_texts: Callable[..., Any], text: str, kind: str, line: int) -> None:
    read = read_texts({ROOT: text})
    assert (kind, line) in [(problem.kind, problem.line) for problem in read.problems]
    assert read.files[ROOT] == ("failed" if kind == "encoding" else "partial")


def test_the_rest_of_a_broken_pipeline_is_judged(read_texts: Callable[..., Any]) -> None:
    read = read_texts({ROOT: pipeline("sh 'a'\nx ==== { sh 'inside' }\nsh 'c'")})
    assert [noun.fields["text"] for noun in read.nouns(GO, "script")] == ["a", "inside", "c"]


def test_stages_of_one_name_are_told_apart(read_texts: Callable[..., Any]) -> None:
    text = "pipeline { agent any\nstages { stage('a') { steps { sh 'x' } }\nstage('a') { steps { sh 'y' } } } }"
    assert list(read_texts({ROOT: text}).by_address) == [ROOT, f"{ROOT}#stages.a", f"{ROOT}#stages.a#2"]


PIECES = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", '"', "'", '"""', "${", "$", "\n", ",", ":", "=", "@", "/", "\\", "stage('b') {",
     "steps {", "sh ", 'sh "${env.CHANGE_TITLE}"', "parallel {", "agent { docker { image ", "environment { A = ",
     "when { ", "post {", "withCredentials([", "matrix { axes { axis { name 'X'; values 'a' } } ", "def x = ",
     "timeout(", "script {", "null", "é"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 3500), st.integers(0, 30), PIECES), max_size=6), st.booleans())
def test_no_text_is_too_odd(changes: list[tuple[int, int, str]], nightly: bool) -> None:
    from pathlib import Path

    folder = Path(__file__).parents[2] / "fixtures" / "pipelines" / "jetty"
    text = (folder / FIXTURE[nightly]).read_text()
    for at, length, piece in changes:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + length :]
    lines = text.split("\n")

    def run() -> list[object]:
        reading = read([ROOT], Tree("/nonexistent", {ROOT: text.encode()}), ReadOptions())
        assert reading.files[ROOT] in ("analysed", "partial")
        told: list[object] = [reading.problems, reading.notes]
        for resource in reading.resources:
            told.append((resource.address, plain(resource.attributes)))
            for concept, nouns in resource.nouns.items():
                for noun in nouns:
                    told.append((concept, noun.key, plain(noun.fields)))
                    for field in noun.fields:
                        span = noun.fields.place(field)
                        assert 1 <= span.line <= span.end_line <= len(lines), (noun, field, span)
                        assert 1 <= span.column <= len(lines[span.line - 1]) + 1, (noun, field, span)
                        noun.fields.origin_of(field)
        return told

    assert repr(run()) == repr(run())
