"""Artifacts of the run that a workflow follows, which a fork's pull request fills with what it likes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

W = ".github/workflows/w.yml"
RUN_ID = "${{ github.event.workflow_run.id }}"
FETCH = f'{{uses: actions/download-artifact@v4, with: {{run-id: "{RUN_ID}", name: built, path: "./got/"}}}}'
HERE = f'{{uses: dawidd6/action-download-artifact@v6, with: {{run_id: "{RUN_ID}", name: built}}}}'


def workflow(*steps: str, head: str = "on: {workflow_run: {workflows: [ci]}}", job: str = "name: a") -> str:
    """The steps begin in line 7."""
    lines = [head, "jobs:", "  a:", "    runs-on: ubuntu-24.04", f"    {job}", "    steps:"]
    return "\n".join([*lines, *(f"      - {step}" for step in steps)])


def lines(read: Any) -> list[tuple[int, str]]:
    items = read.noun(f"{W}#jobs.a", "job").fields.get("runs_untrusted", [])
    return [(item.place("command").line, item["command"]) for item in items]


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        ("bash ./got/x.sh", True),
        ("bash -e got/x.sh --all", True),
        ("sudo got/x.sh", True),
        ("chmod +x got/x && ./got/x", True),
        ("source got/variables", True),
        ("NODE_ENV=test node $GITHUB_WORKSPACE/got/dist/main.js", True),
        ("cd got && npm test", True),
        ("npm ci --prefix got", True),
        ("make -C got", True),
        ("pip install -r got/requirements.txt", True),
        ("cat got/number", False),
        ("NUMBER=$(cat got/number)", False),
        ("FOUND=`find got -name number`", False),
        ("python report.py got/coverage.json", False),
        ("npm ci", False),
        ("bash gotten/x.sh", False),
        ("cd got && python ../report.py result.json", False),
        ("cd got && cat number", False),
        ("tar -C got -xf got/x.tar", False),
    ],
)
def test_what_runs_out_of_the_folder(read_texts: Callable[..., Any], script: str, runs: bool) -> None:
    found = lines(read_texts(workflow("uses: actions/checkout@v4", FETCH, f"run: {script}")))
    assert [line for line, _ in found] == ([9] if runs else [])


@pytest.mark.parametrize(
    ("step", "runs"),
    [
        ("{run: ./x.sh, working-directory: got}", True),
        ("{run: ./x.sh, working-directory: other}", False),
        ("uses: ./got/action", True),
        ("uses: ./own/action", False),
        ("{if: github.event.workflow_run.event == 'push', run: ./got/x.sh}", False),
    ],
)
def test_other_steps(read_texts: Callable[..., Any], step: str, runs: bool) -> None:
    assert bool(lines(read_texts(workflow(FETCH, step)))) is runs


def test_a_jobs_own_folder(read_texts: Callable[..., Any]) -> None:
    job = "defaults: {run: {working-directory: got}}"
    assert lines(read_texts(workflow(FETCH, "run: ./x.sh", job=job))) == [(8, "./x.sh")]


def test_into_the_workspace_itself(read_texts: Callable[..., Any]) -> None:
    """There it may replace any file, unless the checkout comes later and clears it away."""
    checkout = "uses: actions/checkout@v4"
    assert lines(read_texts(workflow(checkout, HERE, "run: cat number", "run: npm test"))) == [(10, "npm test")]
    assert not lines(read_texts(workflow(checkout, "run: npm test", HERE)))
    assert not lines(read_texts(workflow(HERE, checkout, "run: npm test")))
    away = HERE.replace("name: built", "path: /tmp/got")
    assert lines(read_texts(workflow(away, checkout, "run: bash /tmp/got/x.sh"))) == [(9, "bash /tmp/got/x.sh")]
    for kept in ("{uses: actions/checkout@v4, with: {path: own}}", "{uses: actions/checkout@v4, with: {clean: false}}"):
        assert lines(read_texts(workflow(HERE, kept, "run: npm test")))


@pytest.mark.parametrize(
    ("fetch", "runs"),
    [
        (f"gh run download {RUN_ID} -D got", True),
        ("GH_TOKEN=x gh run download $RUN --dir=got", True),
        ("gh run download ${{ env.RUN }} --dir got", True),
        (f"gh run download {RUN_ID} -n built", True),
        (f"gh run download {RUN_ID}", False),  # a folder for each
        ("gh run download $LAST -D got", False),
        ("gh run list", False),
    ],
)
def test_fetched_by_command(read_texts: Callable[..., Any], fetch: str, runs: bool) -> None:
    env = f'{{RUN: "{RUN_ID}", LAST: "${{{{ github.run_id }}}}"}}'
    job = f"env: {env}"
    for steps in ((f"run: {fetch}", "run: bash got/x.sh"), (f"run: {fetch} && bash got/x.sh",)):
        assert bool(lines(read_texts(workflow(*steps, job=job)))) is runs


@pytest.mark.parametrize(
    ("fetch", "head", "job"),
    [
        ("{uses: actions/download-artifact@v4, with: {name: built, path: got}}", "", "name: a"),
        (FETCH.replace("workflow_run.id", "inputs.run"), "", "name: a"),
        (FETCH.replace("./got/", "${{ runner.temp }}/got"), "", "name: a"),
        (FETCH, "on: push", "name: a"),
        (FETCH, "", "if: github.event.workflow_run.event == 'push'"),
        (FETCH, "", "if: github.event.workflow_run.head_repository.full_name == github.repository"),
    ],
)
def test_what_is_no_outsiders_artifact(read_texts: Callable[..., Any], fetch: str, head: str, job: str) -> None:
    head = head or "on: {workflow_run: {workflows: [ci]}}"
    assert not lines(read_texts(workflow(fetch, "run: bash got/x.sh", head=head, job=job)))


def test_fetching_is_no_checkout(read_texts: Callable[..., Any]) -> None:
    read = read_texts(workflow(FETCH, "run: bash got/x.sh"))
    fields = read.noun(f"{W}#jobs.a", "job").fields
    assert fields["checks_out_untrusted"] is False
    (item,) = fields["runs_untrusted"]
    assert [(hop.note, hop.span.line) for hop in item.origins["command"]()] == [
        ("the outsider's artifacts are fetched here", 7)
    ]
