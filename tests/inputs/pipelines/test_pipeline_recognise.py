from __future__ import annotations

import subprocess
import sys

import pytest

from guardrail.inputs.pipelines.recognise import recognise

WORKFLOW = b"name: x\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: []\n"
GITLAB = b"stages: [a]\nbuild:\n  stage: a\n  script:\n    - make\n"


@pytest.mark.parametrize(
    ("path", "text", "system"),
    [
        (".github/workflows/ci.yml", b"{{ not yaml", "github-actions"),
        ("sub/.github/workflows/ci.yaml", b"", "github-actions"),
        ("templates/ci.yml", WORKFLOW, "github-actions"),
        ("ci.yml", WORKFLOW.replace(b"on:", b'"on":'), "github-actions"),
        ("ci.yml", WORKFLOW.replace(b"on:", b"'on':"), "github-actions"),
        ("ci.yml", WORKFLOW.replace(b"on:", b"true:"), "github-actions"),
        ("ci.yml", b"\xef\xbb\xbf" + WORKFLOW.replace(b"name: x\n", b""), "github-actions"),
        ("ci.yml", WORKFLOW.replace(b"\n", b"\r\n"), "github-actions"),
        ("ci.yml", WORKFLOW.replace(b"\n", b"\r"), "github-actions"),
        ("a/action.yml", b"name: x\nruns:\n  # how\n  using: composite\n  steps: []\n", "github-actions"),
        ("a/action.yml", b"name: x\nruns:\n  main: i.js\n\n  using: 'node20'\n", "github-actions"),
        ("a/action.yml", b"runs: {using: docker, image: Dockerfile}\n", "github-actions"),
        (".gitlab-ci.yml", b"", "gitlab-ci"),
        ("ci/build.gitlab-ci.yml", b"x: 1", "gitlab-ci"),
        ("ci/build.yml", GITLAB, "gitlab-ci"),
        ("ci/build.yml", b"image: alpine\n\nbuild job:\n  script: make\n", "gitlab-ci"),
        ("ci/build.yml", b"build:\n  script:\n  - make\n  rules:\n  - when: always\n", "gitlab-ci"),
        ("ci/build.yml", b"%{~ if x ~}\n" + GITLAB + b"%{~ endif ~}\n", None),
        ("ci.yml", WORKFLOW + b"  %{ for x in y }\n  %{ endfor }\n", None),
        ("docker-compose.yml", b"version: '3'\nservices:\n  a:\n    image: x\n    command: script\n", None),
        ("play.yml", b"- hosts: all\n  tasks:\n    - script: x.sh\n", None),
        ("pod.yml", b"apiVersion: v1\nkind: Pod\nspec:\n  script: x\nimage: y\n", None),
        ("api.yml", b"openapi: 3.0.0\npaths:\n  /on:\n    get: {}\n", None),
        (".github/dependabot.yml", b"version: 2\nupdates:\n  - package-ecosystem: npm\n", "dependabot"),
        ("docs/dependabot.yml", b"version: 2\nupdates:\n  - package-ecosystem: npm\n", None),
        (".pre-commit-config.yaml", b"repos: []\n", "pre-commit"),
        (".github/ISSUE_TEMPLATE/bug.yml", b"name: Bug\ndescription: x\nbody:\n  - type: input\n", None),
        ("mkdocs.yml", b"site_name: x\nnav:\n  - a: b\nextra:\n  script: x\n", None),
        ("azure-pipelines.yml", b"stages:\n  - stage: a\nvariables:\n  script: x\n", "azure-pipelines"),
        (".circleci/config.yml", b"version: 2.1\njobs:\n  a:\n    docker: []\nworkflows: {}\n", "circleci"),
        (".travis.yml", b"language: c\nscript: make\njobs:\n  include:\n    - script: x\n", None),
        ("bitbucket-pipelines.yml", b"image: x\npipelines:\n  default: []\n", "bitbucket-pipelines"),
        ("sub/bitbucket-pipelines.yml", b"", "bitbucket-pipelines"),
        ("Jenkinsfile", b"", "jenkins"),
        ("ci/Jenkinsfile.release", b"", "jenkins"),
        ("ci/build.jenkinsfile", b"", "jenkins"),
        ("ci/jenkins/build.groovy", b"// x\npipeline {\n", "jenkins"),
        ("ci/jenkins/lib.groovy", b"def x() {}\n", None),
        ("jenkins/vars/x.groovy", b"pipeline {\n", None),
        ("pipelines/build.groovy", b"// x\npipeline {\n    agent any\n", "jenkins"),
        ("pipelines/build.groovy", b"pipeline {\n    source('a')\n", None),
        ("pipelines/build.groovy", b"def pipeline = {\n    stages 1\n}\n", None),
        ("web/src/main/groovy/Build.groovy", b"pipeline {\n    agent any\n", None),
        ("Jenkinsfile.md", b"pipeline {\n", None),
        ("README.md", WORKFLOW, None),
        ("values.yaml", b"image:\n  tag: x\njob:\n  script: |\n    make\n", None),
        ("values.yaml", b"image:\n  repository: x\nhooks:\n  pre: {script: x}\n", None),
    ],
)
def test_which_system(path: str, text: bytes, system: str | None) -> None:
    assert recognise(path, text) == system


def test_recognising_needs_no_yaml() -> None:
    code = "import sys, guardrail.inputs.pipelines.recognise; print('yaml' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
