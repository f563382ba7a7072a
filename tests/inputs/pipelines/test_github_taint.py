"""An outsider's words, from where GitHub hands them over to the code that they end up in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

W = ".github/workflows/w.yml"


def hits(read: Any, address: str) -> list[tuple[str, str, bool]]:
    """(expression, the first words of its source, privileged) of all that is untrusted in a step's script."""
    found = []
    for script in read.nouns(address, "script"):
        for item in script.fields["untrusted"]:
            found.append((item["expression"], item["source"].partition(",")[0], item["privileged"]))
    return found


def workflow(*steps: str, on: str = "pull_request_target") -> str:
    listed = "".join(
        "      - " + step.strip("\n").replace("\n", "\n        ") + "\n" for step in steps
    )
    return f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{listed}"


@pytest.mark.parametrize(
    "code",
    [
        'echo "x=$TITLE" >> "$GITHUB_OUTPUT"',
        "echo x=${TITLE} >> $GITHUB_OUTPUT",
        'echo "x=${{ github.event.pull_request.title }}" | tee -a "$GITHUB_OUTPUT"',
        'echo "::set-output name=x::$TITLE"',
        '{\n  echo "y=1"\n  echo "x=$TITLE"\n} >> "$GITHUB_OUTPUT"',
        'cat <<EOF >> "$GITHUB_OUTPUT"\nx=$TITLE\nEOF',
        '{\n  echo "x<<EOF"\n  echo "$TITLE"\n  echo EOF\n} >> $GITHUB_OUTPUT',
    ],
)
def test_step_outputs(code: str, read_texts: Callable[..., Any]) -> None:
    first = "id: one\nenv: {TITLE: '${{ github.event.pull_request.title }}'}\nrun: |\n  " + code.replace("\n", "\n  ")
    read = read_texts(workflow(first, "run: echo ${{ steps.one.outputs.x }}"))
    ((expression, source, privileged),) = hits(read, f"{W}#jobs.a.steps[1]")
    assert (expression, source, privileged) == ("${{ steps.one.outputs.x }}", "steps.one.outputs.x", True)


@pytest.mark.parametrize(
    "code",
    [
        'echo "x=fixed" >> "$GITHUB_OUTPUT"',
        'echo "x=${{ github.sha }}" >> "$GITHUB_OUTPUT"',
        'echo "y=$TITLE" >> "$GITHUB_OUTPUT"',
        'echo "x=$TITLE" >> out.txt',
        'echo "x=\\$TITLE" >> "$GITHUB_OUTPUT"',
    ],
)
def test_outputs_without(code: str, read_texts: Callable[..., Any]) -> None:
    first = f"id: one\nenv: {{TITLE: '${{{{ github.event.pull_request.title }}}}'}}\nrun: |\n  {code}"
    read = read_texts(workflow(first, "run: echo ${{ steps.one.outputs.x }}"))
    assert hits(read, f"{W}#jobs.a.steps[1]") == []


def test_variables_of_later_steps_and_eval(read_texts: Callable[..., Any]) -> None:
    read = read_texts(
        workflow(
            'run: echo "BRANCH=${{ github.head_ref }}" >> "$GITHUB_ENV"',
            "run: |\n  echo ${{ env.BRANCH }}\n  eval \"$BRANCH\"\n  echo \"$BRANCH\"\n  bash -c 'echo $BRANCH'",
        )
    )
    assert [expression for expression, _, _ in hits(read, f"{W}#jobs.a.steps[1]")] == [
        "${{ env.BRANCH }}", "$BRANCH",
    ]  # fmt: skip


def test_known_actions_and_javascript(read_texts: Callable[..., Any]) -> None:
    script = "core.setOutput('x', context.payload.comment.body)\n    core.setOutput('y', context.sha)"
    read = read_texts(
        workflow(
            "id: files\nuses: tj-actions/changed-files@v47",
            "run: echo ${{ steps.files.outputs.all_changed_files }} ${{ steps.files.outputs.any_changed }}",
            f"id: js\nuses: actions/github-script@v8\nwith:\n  script: |\n    {script}",
            "run: echo ${{ steps.js.outputs.x }} ${{ steps.js.outputs.y }}",
            on="issue_comment",
        )
    )
    assert [h[0] for h in hits(read, f"{W}#jobs.a.steps[1]")] == ["${{ steps.files.outputs.all_changed_files }}"]
    assert [h[0] for h in hits(read, f"{W}#jobs.a.steps[3]")] == ["${{ steps.js.outputs.x }}"]


CALLER = """\
on: pull_request_target
jobs:
  first:
    runs-on: ubuntu-24.04
    outputs:
      title: ${{ steps.t.outputs.title }}
      sha: ${{ github.sha }}
    steps:
      - id: t
        run: echo "title=${{ github.event.pull_request.title }}" >> "$GITHUB_OUTPUT"
      - id: tainted
        uses: ./.github/actions/slug
        with: {text: "${{ github.head_ref }}"}
      - id: plain
        uses: ./.github/actions/slug
        with: {text: fixed}
      - run: echo ${{ steps.tainted.outputs.slug }} ${{ steps.plain.outputs.slug }}
  second:
    needs: [first, called]
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        t: ["${{ needs.first.outputs.title }}", b]
        n: [1, 2]
        include:
          - more: ${{ github.event.pull_request.body }}
    steps:
      - run: |
          echo ${{ needs.first.outputs.title }} ${{ needs.first.outputs.sha }}
          echo ${{ matrix.t }} ${{ matrix.n }} ${{ matrix.more }}
          echo ${{ needs.called.outputs.back }} ${{ needs.called.outputs.other }}
  called:
    uses: ./.github/workflows/called.yml
    with: {name: "${{ github.head_ref }}"}
"""
CALLED = """\
on:
  workflow_call:
    inputs: {name: {type: string}}
    outputs:
      back: {value: "${{ jobs.x.outputs.o }}"}
      other: {value: "${{ jobs.x.outputs.p }}"}
jobs:
  x:
    runs-on: ubuntu-24.04
    outputs: {o: "${{ steps.s.outputs.o }}", p: "${{ steps.s.outputs.p }}"}
    steps:
      - id: s
        env: {N: "${{ inputs.name }}"}
        run: |
          echo "o=$N" >> $GITHUB_OUTPUT
          echo "p=$RANDOM" >> $GITHUB_OUTPUT
      - run: echo ${{ inputs.name }}
"""
SLUG = """\
name: slug
inputs: {text: {required: true}}
outputs: {slug: {value: "${{ steps.a.outputs.s }}"}}
runs:
  using: composite
  steps:
    - id: a
      shell: bash
      env: {T: "${{ inputs.text }}"}
      run: echo "s=${T}" >> $GITHUB_OUTPUT
"""


@pytest.fixture
def calls(read_texts: Callable[..., Any]) -> Any:
    return read_texts(
        {W: CALLER, ".github/workflows/called.yml": CALLED, ".github/actions/slug/action.yml": SLUG}
    )


def test_jobs_matrices_and_calls(calls: Any) -> None:
    assert calls.problems == []
    assert [h[0] for h in hits(calls, f"{W}#jobs.second.steps[0]")] == [
        "${{ needs.first.outputs.title }}", "${{ matrix.t }}", "${{ matrix.more }}",
        "${{ needs.called.outputs.back }}",
    ]  # fmt: skip
    # What came in by one call of the action does not come out of the other.
    assert [h[0] for h in hits(calls, f"{W}#jobs.first.steps[3]")] == ["${{ steps.tainted.outputs.slug }}"]
    # The called workflow runs by its caller's event.
    ((expression, _, privileged),) = hits(calls, ".github/workflows/called.yml#jobs.x.steps[1]")
    assert (expression, privileged) == ("${{ inputs.name }}", True)


def test_hops_have_their_places(calls: Any) -> None:
    script = calls.noun(f"{W}#jobs.second.steps[0]", "script")
    item = script.fields["untrusted"][-1]
    assert [(hop.note, hop.span.file.rpartition("/")[2], hop.span.line) for hop in item.origin_of("source")] == [
        ("output back", "called.yml", 5),
        ("output o of job x", "called.yml", 10),
        ("output o of a step", "called.yml", 15),
        ("variable N", "called.yml", 13),
        (f"input name, handed in by {W}#jobs.called", "w.yml", 34),
    ]


@pytest.mark.parametrize(
    ("condition", "outsiders"),
    [
        ("github.event.pull_request.head.repo.full_name == github.repository", False),
        ("github.event.pull_request.head.repo.fork == false && success()", False),
        ("github.event.pull_request.author_association == 'MEMBER'", False),
        ("github.event_name == 'push'", False),
        ("github.event_name == 'pull_request'", True),
        ("github.event.pull_request.draft == false", True),
        ("github.event.pull_request.head.repo.full_name == github.repository || always()", True),
    ],
)
def test_conditions_that_keep_outsiders_out(condition: str, outsiders: bool, read_texts: Callable[..., Any]) -> None:
    step = f"if: {condition}\nrun: echo ${{{{ github.head_ref }}}}"
    read = read_texts(workflow(step, on="[push, pull_request]"))
    assert bool(hits(read, f"{W}#jobs.a.steps[0]")) is outsiders
    script = read.noun(f"{W}#jobs.a.steps[0]", "script")
    assert ("expansions" in script.fields) is not outsiders  # it is still somebody's choice


@pytest.mark.parametrize(
    ("expression", "control"),
    [
        ("inputs.text", "chosen"), ("inputs.flag", "fixed"), ("inputs.level", "fixed"), ("github.ref_name", "chosen"),
        ("github.sha", "fixed"), ("github.actor", "fixed"), ("github.event.number", "fixed"),
        ("github.event.release.name", "chosen"),
        ("env.WRITTEN", "fixed"), ("env.OF_INPUT", "chosen"), ("env.NOWHERE", "computed"), ("matrix.a", "fixed"),
        ("matrix.b", "chosen"), ("steps.x.outputs.y", "computed"), ("steps.x.outcome", "fixed"),
        ("needs.x.result", "fixed"), ("secrets.X", "fixed"), ("inputs.text == 'x'", "fixed"),
        ("inputs.flag && inputs.text || 'x'", "chosen"),
    ],
)  # fmt: skip
def test_who_decides(expression: str, control: str, read_texts: Callable[..., Any]) -> None:
    read = read_texts(f"""\
on:
  workflow_dispatch:
    inputs:
      text: {{}}
      flag: {{type: boolean}}
      level: {{type: choice, options: [a]}}
env:
  WRITTEN: x
  OF_INPUT: v-${{{{ inputs.text }}}}
jobs:
  a:
    runs-on: ubuntu-24.04
    strategy: {{matrix: {{a: [1], b: ["${{{{ inputs.text }}}}"]}}}}
    steps:
      - run: echo ${{{{ {expression} }}}}
""")
    (item,) = read.noun(f"{W}#jobs.a.steps[0]", "script").fields["expansions"]
    assert item["control"] == control


@pytest.mark.parametrize(
    ("code", "runs"),
    [
        ("npm ci", True), ("./build.sh", True), ("make test", True), ("pip install -r requirements.txt", True),
        ("yarn", True), ("echo hello", False), ("gh pr comment", False), ("npm --version", False),
    ],
)  # fmt: skip
def test_outsiders_code_that_runs(code: str, runs: bool, read_texts: Callable[..., Any]) -> None:
    checkout = "uses: actions/checkout@v4\nwith:\n  ref: ${{ github.event.pull_request.head.sha }}"
    read = read_texts(workflow("run: make before", checkout, "run: echo x", f"run: {code}"))
    job = read.noun(f"{W}#jobs.a", "job").fields
    items = job.get("runs_untrusted")
    assert ([span.line for span in items.spans] if items else []) == ([11] if runs else [])


def test_a_checkout_that_refuses(read_texts: Callable[..., Any]) -> None:
    allowed = ", allow-unsafe-pr-checkout: true"
    for version, inputs, verdict in (("v4", "", True), ("v7", "", False), ("v7.0.1", allowed, True)):
        ref = "'${{ github.event.pull_request.head.sha }}'"
        checkout = f"uses: actions/checkout@{version}\nwith: {{ref: {ref}{inputs}}}"
        job = read_texts(workflow(checkout, "run: make")).noun(f"{W}#jobs.a", "job").fields
        assert job["checks_out_untrusted"] is verdict
        assert ("runs_untrusted" in job) is verdict


def test_a_circle_of_jobs_and_files_ends(read_texts: Callable[..., Any]) -> None:
    text = """\
on: {workflow_call: {inputs: {x: {type: string}}, outputs: {y: {value: "${{ jobs.a.outputs.y }}"}}}}
jobs:
  a: {needs: b, uses: ./.github/workflows/%s.yml, with: {x: "${{ needs.b.outputs.y }}${{ github.head_ref }}"}}
  b: {needs: a, uses: ./.github/workflows/%s.yml, with: {x: "${{ needs.a.outputs.y }}${{ inputs.x }}"}}
"""
    one, two = text % ("two", "one"), text % ("one", "two")
    read = read_texts({".github/workflows/one.yml": one, ".github/workflows/two.yml": two})
    assert {resource.kind for resource in read.by_address.values()} == {"pipeline", "job"}


@pytest.mark.parametrize(
    ("on", "expression", "outsiders", "control"),
    [
        ("schedule", "toJson(github.event)", 0, "fixed"),
        ("schedule", "toJson(github)", 0, "fixed"),
        ("[schedule, workflow_dispatch]", "toJson(github.event)", 0, "chosen"),
        ("repository_dispatch", "toJson(github.event)", 1, ""),
        ("[push, workflow_dispatch]", "github.head_ref || github.ref_name", 0, "chosen"),
        ("[push, pull_request]", "github.head_ref || github.ref_name", 1, ""),
        ("push", "github.event.head_commit.message", 1, ""),
        ("issues", "github.event.head_commit.message", 0, "chosen"),
        ("issue_comment", "github.event.issue.title", 1, ""),
        ("workflow_call", "github.head_ref", 1, ""),
        ("{workflow_call: {}, push: {}}", "github.head_ref", 1, ""),
        ("[push, something_new]", "github.head_ref", 1, ""),
    ],
)
def test_what_an_event_brings(
    on: str, expression: str, outsiders: int, control: str, read_texts: Callable[..., Any]
) -> None:
    read = read_texts(workflow(f"run: echo ${{{{ {expression} }}}}", on=on))
    fields = read.noun(f"{W}#jobs.a.steps[0]", "script").fields
    assert len(fields["untrusted"]) == outsiders
    assert [item["control"] for item in fields.get("expansions") or ()] == ([control] if control else [])


def test_variables_by_way_of_an_event_that_does_not_bring_them(read_texts: Callable[..., Any]) -> None:
    step = "env: {BRANCH: '${{ github.head_ref }}'}\nrun: echo ${{ env.BRANCH }}; eval $GITHUB_HEAD_REF"
    assert hits(read_texts(workflow(step, on="push")), f"{W}#jobs.a.steps[0]") == []
    assert len(hits(read_texts(workflow(step, on="pull_request")), f"{W}#jobs.a.steps[0]")) == 2


@pytest.mark.parametrize(
    ("script", "breaks_out"),
    [
        ("const t = ${{ toJSON(github.event.issue.title) }};", False),
        ("f('a', ${{ toJSON(github.event.issue) }}.title)", False),
        ("return ${{ toJSON(github.event.issue.title) }}", False),
        ('const t = "it\'s"; // isn\'t it\nconst u = ${{ toJSON(github.event.issue.title) }}', False),
        ("const t = ${{ github.event.issue.title }}", True),
        ("const t = '${{ toJSON(github.event.issue.title) }}'", True),
        ("const t = `a = ${{ toJSON(github.event.issue.title) }}`", True),
        ("const t = 'a = ${{ toJSON(github.event.issue.title) }}'", True),
        ("// t = ${{ toJSON(github.event.issue.title) }}", True),
        ("/* t = ${{ toJSON(github.event.issue.title) }} */", True),
        ("a ${{ toJSON(github.event.issue.title) }}", True),
        ("const t = ${{ format('{0}', toJSON(github.event.issue.title)) }}", True),
    ],
)
def test_json_as_a_value_of_javascript(script: str, breaks_out: bool, read_texts: Callable[..., Any]) -> None:
    step = "uses: actions/github-script@v8\nwith:\n  script: |\n    " + script.replace("\n", "\n    ")
    steps = step.replace("\n", "\n        ")
    read = read_texts(f"on: issues\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - {steps}\n")
    (noun,) = read.nouns(".github/workflows/w.yml#jobs.a.steps[0]", "script")
    assert bool(noun.fields["untrusted"]) is breaks_out
    in_shell = f"on: issues\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: |\n          {script}"
    (noun,) = read_texts(in_shell.replace("\nconst", "\n          const")).nouns(
        ".github/workflows/w.yml#jobs.a.steps[0]", "script"
    )
    assert noun.fields["untrusted"]
