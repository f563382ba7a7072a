from __future__ import annotations

import pytest

from guardrail.inputs.pipelines import recognise

PIPELINES = {
    "by its name, whatever it holds": ("azure-pipelines.yml", "x: 1\n"),
    "a name with more": ("build/.azure-pipelines-ci.yml", "x: 1\n"),
    "steps and a trigger": ("ci.yml", "trigger: [main]\nsteps:\n- script: make\n"),
    "jobs": ("eng/build.yml", "jobs:\n- job: build\n  pool:\n    vmImage: ubuntu-24.04\n  steps:\n  - bash: make\n"),
    "stages": ("eng/stages.yml", "parameters:\n  a: b\nstages:\n- stage: one\n  displayName: One\n  jobs: []\n"),
    "tasks": ("steps.yml", "steps:\n- task: NodeTool@0\n"),
    "a template of steps": ("t.yml", "parameters:\n- name: x\nsteps:\n- ${{ if parameters.x }}:\n  - script: make\n"),
    "a template that extends": ("t.yml", "extends:\n  template: base.yml@templates\n  parameters:\n    a: b\n"),
    "variables": ("vars.yml", "variables:\n- group: shared\n- name: a\n  value: b\n"),
    "variables in a folder of templates": ("azure-pipelines/vars.yml", "variables:\n  a: b\n"),
}
OTHERS = {
    "GitHub": ("x.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: make\n"),
    "GitLab": ("x.yml", "stages:\n- build\nbuild:\n  stage: build\n  script: make\n"),
    "Travis": (".travis.yml", "language: go\njobs:\n  include:\n  - stage: test\n    script: make\n"),
    "CircleCI": ("x.yml", "version: 2.1\njobs:\n  a:\n    docker: [{image: x}]\n    steps: [checkout]\n"),
    "Drone": (".drone.yml", "kind: pipeline\nsteps:\n- name: a\n  image: x\n  commands: [make]\n"),
    "Cloud Build": ("cloudbuild.yaml", "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build]\n"),
    "Buildkite": ("pipeline.yml", "steps:\n- label: test\n  command: make\n- wait\n"),
    "Bitbucket": ("x.yml", "pipelines:\n  default:\n  - step:\n      script: [make]\n"),
    "a Terraform template": ("x.yml", "%{ if a }\nsteps:\n- script: make\n%{ endif }\n"),
    "GitLab's variables": ("ci/vars.yml", "variables:\n  A: b\n"),
    "a bundle": ("x.yml", "resources:\n  jobs:\n    a: {}\nvariables:\n  b: {default: c}\n"),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_azure(name: str) -> None:
    path, text = PIPELINES[name]
    assert recognise(path, text.encode()) == "azure-pipelines"


@pytest.mark.parametrize("name", OTHERS)
def test_not_azure(name: str) -> None:
    path, text = OTHERS[name]
    assert recognise(path, text.encode()) != "azure-pipelines"
