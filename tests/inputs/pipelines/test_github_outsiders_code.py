from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.model import Unknown

W = ".github/workflows/w.yml"
HEAD = "ref: ${{ github.event.pull_request.head.sha }}"


def commands(read: Any) -> list[tuple[int, str]]:
    items = read.noun(f"{W}#jobs.a", "job").fields.get("runs_untrusted", [])
    return [(item.place("command").line, item["command"]) for item in items]


def workflow(*steps: str, trigger: str = "pull_request_target", inputs: str = HEAD, version: str = "v4") -> str:
    """The steps begin in line 7."""
    pairs = [one.partition(":") for one in inputs.split(",")]
    given = ", ".join(f'{key.strip()}: "{value.strip()}"' for key, _, value in pairs)
    lines = [f"on: {trigger}", "jobs:", "  a:", "    runs-on: ubuntu-24.04", "    steps:"]
    lines.append(f"      - {{uses: actions/checkout@{version}, with: {{{given}}}}}")
    return "\n".join([*lines, *(f"      - {step}" for step in steps)])


@pytest.mark.parametrize(
    ("uses", "runs"),
    [
        ("sonarsource/sonarqube-scan-action@v5", True),
        ("OP5dev/TF-via-PR@v13", True),
        ("actions/setup-node@v4", False),
        ("actions/setup-python@v5", False),
        ("./.github/actions/build", True),
    ],
)
def test_actions_that_run_the_folder(read_texts: Callable[..., Any], uses: str, runs: bool) -> None:
    assert bool(commands(read_texts(workflow(f"uses: {uses}")))) is runs


def test_a_package_managers_cache_is_asked_for_by_its_configuration(read_texts: Callable[..., Any]) -> None:
    assert commands(read_texts(workflow("{uses: actions/setup-node@v4, with: {cache: yarn}}")))
    assert not commands(read_texts(workflow("{uses: actions/setup-node@v4, with: {cache: npm}}")))


@pytest.mark.parametrize(
    ("step", "runs"),
    [
        ("run: make", False),
        ("run: cd pull && make", True),
        ("run: make -C ./pull all", True),
        ("run: make push-pull", False),
        ("{run: make, working-directory: pull}", True),
        ('{run: make -C "$DIR", env: {DIR: pull}}', True),
        ("uses: ./pull/.github/actions/build", True),
        ("uses: ./own/.github/actions/build", False),
        ("{uses: docker/build-push-action@v6, with: {context: pull}}", True),
        ("{uses: docker/build-push-action@v6, with: {context: own}}", False),
    ],
)
def test_code_in_a_folder_of_its_own(read_texts: Callable[..., Any], step: str, runs: bool) -> None:
    found = commands(read_texts(workflow(step, inputs=f"{HEAD}, path: ./pull")))
    assert [line for line, _ in found] == ([7] if runs else [])


def test_a_second_checkout_into_the_workspace(read_texts: Callable[..., Any]) -> None:
    again = '{uses: actions/checkout@v4, with: {ref: "${{ github.event.pull_request.head.sha }}"}}'
    found = commands(read_texts(workflow("run: make a", again, "run: make b", inputs=f"{HEAD}, path: pull")))
    assert found == [(9, "make b")]


TARGET = "pull_request_target"
RUN = "{workflow_run: {workflows: [ci]}}"


@pytest.mark.parametrize(
    ("inputs", "trigger", "brought"),
    [
        ("ref: ${{ github.head_ref }}", TARGET, False),
        ("ref: ${{ github.head_ref || github.ref }}", TARGET, False),
        ("ref: refs/heads/${{ github.event.pull_request.head.ref }}", TARGET, False),
        ("ref: ${{ github.event.workflow_run.head_branch }}", RUN, False),
        ("ref: ${{ github.head_ref }}, repository: ${{ github.repository }}", TARGET, False),
        ("ref: ${{ github.head_ref }}, repository: '${{ github.repository_owner }}/docs'", TARGET, False),
        ("ref: ${{ github.head_ref }}, repository: acme/docs", TARGET, False),
        ("ref: ${{ github.event.pull_request.head.sha || github.head_ref }}", TARGET, True),
        ("ref: ${{ github.head_ref }}, repository: ${{ github.event.pull_request.head.repo.full_name }}", TARGET, True),
        ("repository: ${{ github.event.pull_request.head.repo.full_name }}", TARGET, True),
        ("ref: ${{ github.event.workflow_run.head_branch }}, repository: ${{ env.OTHER }}", RUN, True),
        ("ref: ${{ github.event.pull_request.head.label }}", TARGET, True),
        ("ref: refs/pull/${{ github.event.number }}/merge", TARGET, True),
    ],
)
def test_a_branch_is_looked_for_in_the_repository_itself(
    read_texts: Callable[..., Any], inputs: str, trigger: str, brought: bool
) -> None:
    """Unless the action is told of the fork: what has that name there is not an outsider's."""
    assert bool(commands(read_texts(workflow("run: make", inputs=inputs, trigger=trigger)))) is brought


def test_which_branch_of_the_repository_an_outsider_chooses_is_unknown(read_texts: Callable[..., Any]) -> None:
    for inputs, known in (("ref: ${{ github.head_ref }}", False), ("ref: ${{ github.base_ref }}", True)):
        read = read_texts(workflow("run: make", inputs=inputs, trigger=TARGET))
        verdict = read.noun(f"{W}#jobs.a", "job").fields["checks_out_untrusted"]
        assert isinstance(verdict, Unknown) is not known


def test_a_branch_that_is_named_like_a_pull_request(read_texts: Callable[..., Any]) -> None:
    for command in ('git fetch origin "$GITHUB_HEAD_REF"', "git fetch origin ${{ github.head_ref }}"):
        assert commands(read_texts(workflow(f"run: {command} && git checkout FETCH_HEAD && make", inputs="ref: main")))


@pytest.mark.parametrize(
    ("version", "refuses"),
    [
        ("v3", False),
        ("v4", False),  # what that is hangs on the server
        ("v4.3.1", False),
        ("v4.4.0", True),
        ("v5.1", True),
        ("v7", True),
        ("v12.0.3", True),
        ("9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0", True),  # v7.0.0
        ("11bd71901bbe5b1630ceea73d27597364c9af683", False),  # v4.2.2
        ("main", False),
    ],
)
def test_releases_that_take_no_code_of_forks(read_texts: Callable[..., Any], version: str, refuses: bool) -> None:
    for trigger in ("pull_request_target", "{workflow_run: {workflows: [ci]}}"):
        assert bool(commands(read_texts(workflow("run: make", version=version, trigger=trigger)))) is not refuses
    # By hand is another matter, and so are events that it does not look at.
    assert commands(read_texts(workflow("run: make", version=version, trigger="issue_comment")))
    assert commands(read_texts(workflow("run: gh pr checkout 1 && make", version=version)))


@pytest.mark.parametrize(("told", "refuses"), [("false", True), ("TRUE", False), ("${{ inputs.fork }}", False)])
def test_a_release_that_is_told_to(read_texts: Callable[..., Any], told: str, refuses: bool) -> None:
    inputs = f"{HEAD}, allow-unsafe-pr-checkout: {told}"
    assert bool(commands(read_texts(workflow("run: make", version="v7", inputs=inputs)))) is not refuses


PARALLEL = """\
on: pull_request_target
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - id: server
        run: ./serve
        background: true
      - parallel:
          - name: Lint
            run: npm run lint
          - uses: ./.github/actions/test
          - just: wrong
          - {id: title, run: 'echo "t=${{ github.event.pull_request.title }}" >> "$GITHUB_OUTPUT"'}
      - wait: server
      - wait-all:
      - cancel: server
      - run: echo ${{ steps.title.outputs.t }}
"""


def test_steps_side_by_side(read_texts: Callable[..., Any]) -> None:
    read = read_texts(PARALLEL, {".github/actions/test/action.yml": "runs: {using: composite, steps: []}"})
    assert [(problem.line, problem.message) for problem in read.problems] == [
        (16, "'step 5' has neither `run` nor `uses`")
    ]
    assert [address.partition(".steps")[2] for address, one in read.by_address.items() if one.kind == "step"] == [
        "[0]", "[1]", "[2].parallel[0]", "[2].parallel[1]", "[2].parallel[2]", "[2].parallel[3]", "[3]", "[4]", "[5]",
        "[6]",
    ]  # fmt: skip
    assert commands(read) == [(10, "./serve"), (14, "npm run lint"), (15, "./.github/actions/test")]
    (use,) = read.nouns(f"{W}#jobs.a.steps[2].parallel[1]", "dependency")
    assert use.fields["name"] == "./.github/actions/test"
    (script,) = read.nouns(f"{W}#jobs.a.steps[6]", "script")
    assert [str(item["expression"]) for item in script.fields["untrusted"]] == ["${{ steps.title.outputs.t }}"]


CALLER = """\
on: {trigger}
jobs:
  call:
    uses: ./.github/workflows/w.yml
    if: {condition}
    with: {{Sha: "${{{{ github.event.pull_request.head.sha }}}}", title: main}}
"""
CALLED = """\
on: {workflow_call: {inputs: {sha: {type: string}, title: {type: string}}}}
jobs:
  a:
    runs-on: ubuntu-24.04
    env: {REF: "${{ inputs.sha }}"}
    steps:
      - {uses: actions/checkout@v4, with: {ref: "${{ env.REF }}"}}
      - run: make
  b:
    runs-on: ubuntu-24.04
    steps:
      - {uses: actions/checkout@v4, with: {ref: "${{ inputs.title }}"}}
      - run: make
"""


@pytest.mark.parametrize(
    ("trigger", "condition", "runs"),
    [
        ("pull_request_target", "true", True),
        ("[push, issue_comment]", "true", True),
        ("pull_request", "true", False),
        ("pull_request_target", "github.event.pull_request.head.repo.full_name == github.repository", False),
    ],
)
def test_a_called_workflow_is_handed_an_outsiders_code(
    read_texts: Callable[..., Any], trigger: str, condition: str, runs: bool
) -> None:
    caller = CALLER.format(trigger=trigger, condition=condition)
    read = read_texts({W: CALLED, ".github/workflows/caller.yml": caller})
    assert commands(read) == ([(8, "make")] if runs else [])
    fields = [read.noun(f"{W}#jobs.{name}", "job").fields for name in "ab"]
    assert [field["checks_out_untrusted"] for field in fields] == [runs, False]
    assert fields[0]["privileged_trigger"] is runs


BRANCH_CALLED = """\
on: {workflow_call: {inputs: {branch: {type: string}, from: {type: string}}}}
jobs:
  a:
    runs-on: ubuntu-24.04
    env: {BRANCH: "${{ inputs.branch }}"}
    steps:
      - {uses: actions/checkout@v4, with: {ref: "${{ env.BRANCH }}"%s}}
      - run: make
"""


@pytest.mark.parametrize(
    ("handed", "repository", "runs"),
    [
        ("branch: '${{ github.head_ref }}'", "", False),
        ("branch: '${{ github.event.pull_request.head.sha }}'", "", True),
        ("branch: '${{ github.head_ref }}'", ', repository: "${{ inputs.from }}"', True),
        ("from: '${{ github.event.pull_request.head.repo.full_name }}'", ', repository: "${{ inputs.from }}"', True),
    ],
)
def test_a_called_workflow_is_handed_a_branch(
    read_texts: Callable[..., Any], handed: str, repository: str, runs: bool
) -> None:
    caller = f"on: {TARGET}\njobs:\n  call: {{uses: ./.github/workflows/w.yml, with: {{{handed}}}}}\n"
    read = read_texts({W: BRANCH_CALLED % repository, ".github/workflows/caller.yml": caller})
    assert commands(read) == ([(8, "make")] if runs else [])


def test_through_two_calls(read_texts: Callable[..., Any]) -> None:
    middle = (
        "on: workflow_call\njobs:\n  m:\n    uses: ./.github/workflows/w.yml\n"
        "    with: {sha: '${{ inputs.commit }}'}\n"
    )
    outer = (
        "on: issue_comment\njobs:\n  o:\n    uses: ./.github/workflows/middle.yml\n"
        "    with: {commit: 'refs/pull/${{ github.event.issue.number }}/head'}\n"
    )
    read = read_texts({W: CALLED, ".github/workflows/middle.yml": middle, ".github/workflows/z.yml": outer})
    assert commands(read) == [(8, "make")]
