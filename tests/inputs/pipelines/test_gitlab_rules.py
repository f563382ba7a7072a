"""Variables that GitLab's rules set: each rule may be the one that matches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guardrail.model import Unknown

ROOT = ".gitlab-ci.yml"
WORKFLOW = """
workflow:
  rules:
    - {if: $CI_COMMIT_TAG, variables: {TAG: "1", ONLY: "w"}}
    - {if: $CI_MERGE_REQUEST_IID, variables: {TAG: "2"}}
    - {if: $CI_COMMIT_BRANCH == "x", variables: {TAG: "9"}, when: never}
    - when: always
variables: {TAG: "3", ONLY: "g"}
"""


def images(read_texts: Callable[..., Any], text: str) -> list[Any]:
    read = read_texts({ROOT: WORKFLOW + text})
    assert read.problems == []
    return [noun.fields["image"] for noun in read.nouns(f"{ROOT}#go", "container")]


def test_a_workflows_rules_go_before_the_files_variables(read_texts: Callable[..., Any]) -> None:
    assert images(read_texts, "go: {image: 'a:$TAG', script: x}") == ["a:1", "a:2", "a:3"]
    job = "go: {image: 'a:$TAG', script: x, variables: {TAG: '4'}}"
    assert images(read_texts, job) == ["a:4"]
    job = "go: {image: 'a:$TAG', script: x, inherit: {variables: false}}"
    (unknown,) = images(read_texts, job)
    assert isinstance(unknown, Unknown)
    job = "go: {image: 'a:$TAG-$ONLY', script: x, inherit: {variables: [TAG]}, variables: {ONLY: j}}"
    assert images(read_texts, job) == ["a:1-j", "a:2-j", "a:3-j"]


def test_a_jobs_rules_go_before_its_variables(read_texts: Callable[..., Any]) -> None:
    rules = "rules: [{if: $A, variables: {TAG: '5'}}, {if: $B, variables: {TAG: '5'}}, {if: $C}]"
    job = f"go: {{image: 'a:$TAG', script: x, variables: {{TAG: '4'}}, {rules}}}"
    assert images(read_texts, job) == ["a:5", "a:4"]
    job = job.replace("script: x", "script: x, parallel: {matrix: [{TAG: ['7', '8']}]}")
    assert images(read_texts, job) == ["a:7", "a:8"]


def test_where_one_value_is_wanted(read_texts: Callable[..., Any]) -> None:
    rules = "rules: [{if: $A, variables: {E: test}}, {if: $B, variables: {E: RULE}}]"
    job = f"go: {{script: x, environment: $E, {rules}}}"
    read = read_texts({ROOT: WORKFLOW + job.replace("RULE", "live")})
    assert isinstance(read.noun(f"{ROOT}#go", "job").fields["environment"], Unknown)
    read = read_texts({ROOT: WORKFLOW + job.replace("RULE", "test")})
    assert read.noun(f"{ROOT}#go", "job").fields["environment"] == "test"


def test_an_outsiders_words_in_a_rules_variable(read_texts: Callable[..., Any]) -> None:
    rules = "rules: [{if: $A, variables: {T: $CI_COMMIT_TITLE}}, {if: $B}]"
    read = read_texts({ROOT: WORKFLOW + f"go: {{script: 'eval \"$T\"', variables: {{T: x}}, {rules}}}"})
    (hit,) = read.noun(f"{ROOT}#go", "script").fields["untrusted"]
    assert hit["source"] == "CI_COMMIT_TITLE"
