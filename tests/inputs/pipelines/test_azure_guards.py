"""Conditions of Azure's pipelines that keep builds of outsiders' pull requests out of a job."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

ROOT = "azure-pipelines.yml"
NOT_A_PULL = "ne(variables['Build.Reason'], 'PullRequest')"
INTERNAL = "eq(variables['System.TeamProject'], 'internal')"


@pytest.mark.parametrize(
    ("condition", "untrusted"),
    [
        (f"and(succeeded(), {NOT_A_PULL})", False),
        (f"or(failed(), {NOT_A_PULL})", True),
        ("eq(variables['Build.SourceBranch'], 'refs/heads/main')", False),
        ("eq(variables['Build.SourceBranchName'], 'main')", False),
        ("startsWith(variables['Build.SourceBranch'], 'refs/pull/')", True),
        ("in(variables['Build.Reason'], 'Manual', 'Schedule')", False),
        ("and(succeeded(), eq(variables.isMain, true))", False),
        ("and(succeeded(), not(eq(variables['isMain'], 'true')))", True),
        ("ne(variables['System.PullRequest.IsFork'], true)", False),
        ("ne('$(Build.Reason)', 'PullRequest')", False),
        ("eq(variables.circular, 'x')", True),
        ("eq(variables['Other'], 'x')", True),
        ("eq(dependencies.a.outputs['b.c'], 'x')", True),
        ("succeeded()", True),
        ("false", False),
        ("not an expression (", True),
    ],
)
def test_conditions_of_jobs_and_stages(read_texts: Callable[..., Any], condition: str, untrusted: bool) -> None:
    text = """\
pr: [main]
variables:
  isMain: $[eq(variables['Build.SourceBranch'], 'refs/heads/main')]
  circular: $[variables.circular]
"""
    quoted = condition.replace("'", "''")
    for address, jobs in (
        ("jobs.a", f"jobs:\n- job: a\n  condition: '{quoted}'\n  steps: [{{script: make}}]\n"),
        ("stages.s.jobs.a", f"stages:\n- stage: s\n  condition: '{quoted}'\n  jobs:\n"
                            "  - job: a\n    steps: [{script: make}]\n"),
    ):  # fmt: skip
        assert read_texts({ROOT: text + jobs}).noun(f"{ROOT}#{address}", "job").fields["untrusted"] is untrusted


@pytest.mark.parametrize(
    ("branches", "untrusted"),
    [
        ([f"if {NOT_A_PULL}", "a"], False),
        ([f"if and({NOT_A_PULL}, {INTERNAL})", "a"], False),
        ([f"if or({NOT_A_PULL}, {INTERNAL})", "a"], True),
        (["if eq(variables['Build.Reason'], 'PullRequest')", "b", "else", "a"], False),
        (["if eq(variables['Build.Reason'], 'PullRequest')", "b", f"elseif {INTERNAL}", "a"], False),
        ([f"if {NOT_A_PULL}", "b", "else", "a"], True),
        ([f"if {INTERNAL}", "b", "else", "a"], True),
        (["if eq(variables['Build.Reason'], 'PullRequest')", "b", "", "a"], True),
    ],
)
def test_branches_of_templates(read_texts: Callable[..., Any], branches: list[str], untrusted: bool) -> None:
    text = "pr: [main]\njobs:\n"
    for directive, name in zip(branches[::2], branches[1::2], strict=True):
        job = f"- job: {name}\n  steps: [{{script: make}}]\n"
        text += f"- ${{{{ {directive} }}}}:\n  " + job.replace("\n", "\n  ").rstrip() + "\n" if directive else job
    assert read_texts({ROOT: text}).noun(f"{ROOT}#jobs.a", "job").fields["untrusted"] is untrusted


def test_an_inner_condition_counts_as_much_as_an_outer_one(read_texts: Callable[..., Any]) -> None:
    text = f"""\
pr: [main]
stages:
- ${{{{ if {INTERNAL} }}}}:
  - stage: s
    jobs:
    - ${{{{ if {NOT_A_PULL} }}}}:
      - template: jobs.yml
    - job: b
      steps: [{{script: make}}]
"""
    found = read_texts({ROOT: text, "jobs.yml": "jobs:\n- job: a\n  steps: [{script: make}]\n"})
    told = [found.noun(f"{ROOT}#stages.s.jobs.{name}", "job").fields["untrusted"] for name in "ab"]
    assert told == [False, True]


def test_variables_that_name_each_other_often_take_no_time(read_texts: Callable[..., Any]) -> None:
    names = [f"v{index}" for index in range(12)]
    text = "pr: [main]\nvariables:\n"
    for name, other in itertools.pairwise(names):
        text += f"  {name}: $[and({', '.join([f'variables.{other}'] * 200)})]\n"
    text += "jobs:\n- job: a\n  condition: variables.v0\n  steps: [{script: make}]\n"
    assert read_texts({ROOT: text}).noun(f"{ROOT}#jobs.a", "job").fields["untrusted"] is True
