"""A checkout's token is only taken from jobs that are seen to do without it."""

from __future__ import annotations

import pytest

from guardrail.fixing.checkouts import may_need_token
from guardrail.model import Span

WORKFLOW = """\
on: push
permissions: {contents: read}
jobs:
  first:
    runs-on: ubuntu-24.04
    permissions: {contents: write}
    steps:
      - run: git push
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: make
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - AFTER
      - run: make test
"""


def needs(after: str, workflow: str = WORKFLOW) -> bool:
    return may_need_token(workflow.replace("AFTER", after).encode(), Span("a.yml", 13, 9, 13, 35))


@pytest.mark.parametrize(
    "after",
    [
        "run: git rev-parse HEAD",
        "run: git commit -m x && docker build .",
        "run: docker push a/b",
        "run: ./gitpush",
        "run: |\n          git tag v1\n          docker push a/b",
        "uses: actions/setup-go@v5",
        "uses: actions/checkout@v4",
    ],
)
def test_what_stays_on_the_machine_does_without(after: str) -> None:
    assert not needs(after)


@pytest.mark.parametrize(
    "after",
    [
        "run: git push",
        "run: cd docs && git -C x push origin",
        "run: git fetch --tags",
        "run: git pull",
        "run: git lfs pull",
        "run: git submodule update --init",
        "run: |\n          git \\\n            push",
        "run: gh pr checkout 3",
        "uses: ./.github/actions/build",
        "uses: tj-actions/changed-files@v45",
        "parallel: [{run: make}, {run: git push}]",
        "name: nothing",
        "nothing",
    ],
)
def test_what_asks_the_server_may_need_it(after: str) -> None:
    assert needs(after)


@pytest.mark.parametrize(
    ("permissions", "needed"),
    [
        ("{}", False),
        ("read-all", False),
        ("{contents: none, packages: write}", False),
        ("{contents: write}", True),
        ("{contents: '${{ inputs.level }}'}", True),
        ("write-all", True),
        ("", True),
    ],
)
def test_a_token_that_may_push_stays(permissions: str, needed: bool) -> None:
    declared = WORKFLOW.replace("{contents: read}", permissions)
    assert needs("run: make", declared) is needed
    of_job = WORKFLOW.replace("  build:\n", f"  build:\n    permissions: {permissions}\n")
    assert may_need_token(of_job.replace("AFTER", "run: make").encode(), Span("a.yml", 14, 9, 14, 35)) is needed


def test_where_nothing_says_what_it_may_do_it_stays() -> None:
    assert needs("run: make", WORKFLOW.replace("permissions: {contents: read}", "env: {A: b}"))


@pytest.mark.parametrize("own", ["token: a", "ssh-key: a", "Token: a"])
def test_a_token_of_ones_own_stays(own: str) -> None:
    assert needs("run: make", WORKFLOW.replace("fetch-depth: 0", own))


def test_a_step_of_several_jobs_is_asked_for_in_each() -> None:
    shared = WORKFLOW.replace("- uses: actions/checkout@v4", "- &sources\n        uses: actions/checkout@v4")
    shared += "  docs:\n    runs-on: ubuntu-24.04\n    steps:\n      - *sources\n      - run: git fetch\n"
    assert may_need_token(shared.replace("AFTER", "run: make").encode(), Span("a.yml", 14, 9, 14, 35))


@pytest.mark.parametrize("source", ["", "- a\n", "jobs: [", "jobs: {a: b}\n", "jobs: {}\n---\njobs: {}\n"])
def test_where_no_job_is_found_it_stays(source: str) -> None:
    assert may_need_token(source.encode(), Span("a.yml", 1, 1, 1, 2))


def test_steps_of_an_action_are_not_known_to_do_without() -> None:
    action = b"runs:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n"
    assert may_need_token(action, Span("action.yml", 4, 7, 4, 34))
