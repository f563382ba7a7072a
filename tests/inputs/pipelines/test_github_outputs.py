"""What scripts hand on to the steps after them: a shell's by way of variables of its own and of what gh and git tell,
JavaScript's by way of names, of what it returns and of what Octokit answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

W = ".github/workflows/w.yml"
ENV = "env: {TITLE: '${{ github.event.pull_request.title }}', EVENT: '${{ toJSON(github.event) }}'}\n"


def sources(read: Any) -> list[str]:
    """What of outsiders' the second step pastes, where it comes from."""
    (script,) = read.nouns(f"{W}#jobs.a.steps[1]", "script")
    return [item["source"].partition(", which holds ")[2] for item in script.fields["untrusted"]]


def workflow(first: str, on: str = "[pull_request_target, issue_comment]") -> str:
    indented = first.strip("\n").replace("\n", "\n        ")
    return (
        f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - {indented}\n"
        "      - run: echo ${{ steps.one.outputs.x }}\n"
    )


def shell(code: str) -> str:
    return f"id: one\n{ENV}run: |\n  " + code.replace("\n", "\n  ")


def javascript(code: str) -> str:
    return f"id: one\n{ENV}uses: actions/github-script@v7\nwith:\n  script: |\n    " + code.replace("\n", "\n    ")


WRITE = '\necho "x=$T" >> "$GITHUB_OUTPUT"'


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('T="$TITLE"' + WRITE, "env.TITLE"),
        ("T=${TITLE#feat: }" + WRITE, "env.TITLE"),
        ('T=$(echo "$TITLE" | xargs)' + WRITE, "env.TITLE"),
        ('T="$(cut -d: -f1 <<< "$TITLE")"' + WRITE, "env.TITLE"),
        ("T='${{ github.head_ref }}'" + WRITE, "github.head_ref"),
        ('if true; then\n  export T="$TITLE"\nelse\n  T=none\nfi' + WRITE, "env.TITLE"),
        ('T=$(jq -r .issue.title <<< "$EVENT")' + WRITE, "env.EVENT"),
        ('T=$(gh pr view "$N" --json headRefName --jq .headRefName)' + WRITE, "what gh tells of the pull request"),
        ('T=$(gh pr list --json number,title -q ".[0].title")' + WRITE, "what gh tells of the pull request"),
        ("T=$(gh issue view 1 --json body | jq -r .body)" + WRITE, "what gh tells of the issue"),
        ('T=$(gh api "repos/o/r/pulls/$N" --jq .head.ref)' + WRITE, "what gh tells of it"),
        ('echo "x=$(gh pr diff 1 --name-only | tr "\\n" " ")" >> $GITHUB_OUTPUT', "names of files that gh tells"),
        ("T=$(git diff --name-only origin/main...HEAD | xargs)" + WRITE, "names of changed files (git diff)"),
        ("T=$(git log -1 --format=%s)" + WRITE, "messages of commits (git log)"),
    ],
)
def test_variables_of_a_shell(code: str, told: str, read_texts: Callable[..., Any]) -> None:
    (found,) = sources(read_texts(workflow(shell(code))))
    assert found.startswith(told)


@pytest.mark.parametrize(
    "code",
    [
        'T=fixed\nU="$TITLE"' + WRITE,
        WRITE + '\nT="$TITLE"',
        'T=$(echo "$TITLE" | tr -cd a-z)' + WRITE,
        'T=$(echo "$TITLE" | tr -cs a-z -)' + WRITE,
        'T=$(sed "s/[^a-z]/-/g" <<< "$TITLE")' + WRITE,
        'TITLE="${TITLE//[^a-z]/}"\nT="$TITLE"' + WRITE,
        'echo "x=$(echo "$TITLE" | grep -oE "[0-9]+")" >> "$GITHUB_OUTPUT"',
        'T=$(git rev-parse "$TITLE")' + WRITE,
        'T=$(jq -r .issue.number <<< "$EVENT")' + WRITE,
        "T=$(gh pr view 1 --json title,number --jq .number)" + WRITE,
        "T=$(gh pr view 1 --json headRefOid --jq .headRefOid)" + WRITE,
        'T=$(gh pr list --json title,number -q ".[] | select(.title == 1) | .number")' + WRITE,
        'T=$(gh pr list --json title -q "[.[].title] | length")' + WRITE,
        'T=$(gh api "repos/o/r/pulls/$N" --jq .head.sha)' + WRITE,
        "T=$(gh api repos/o/r --jq .description)" + WRITE,
        "T=$(git log -1 --format=%H)" + WRITE,
    ],
)
def test_variables_that_hold_nothing_of_outsiders(code: str, read_texts: Callable[..., Any]) -> None:
    assert sources(read_texts(workflow(shell(code)))) == []


def test_what_git_tells_is_the_repositorys_own_where_no_pull_request_starts_it(read_texts: Callable[..., Any]) -> None:
    code = "T=$(git diff --name-only HEAD~1)" + WRITE
    assert sources(read_texts(workflow(shell(code), on="[push, schedule]"))) == []
    assert sources(read_texts(workflow(shell(code), on="[push, pull_request]"))) != []


def test_variables_of_a_shell_in_what_it_takes_for_code(read_texts: Callable[..., Any]) -> None:
    code = 'T="$TITLE"\neval "$T"\nTITLE=$(echo "$TITLE" | tr -cd a-z)\neval "$TITLE"'
    read = read_texts(workflow(shell(code)))
    (script,) = read.nouns(f"{W}#jobs.a.steps[0]", "script")
    assert [item["expression"] for item in script.fields["untrusted"]] == ["$T"]


GET = "await github.rest.pulls.get({ ...context.repo, pull_number: 1 });\n"
SET = "\ncore.setOutput('x', x);"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("const x = context.payload.issue.title" + SET, "github.event.issue.title"),
        ("const { title: x } = context.payload.issue;" + SET, "github.event.issue.title"),
        ("const { payload } = context\nlet x\nx = `re: ${payload.comment.body.trim()}`" + SET,
         "github.event.comment.body"),
        ("const event = context.payload.pull_request || context.payload.issue\n"
         "core.setOutput(\n  'x',\n  event.title)", "github.event.pull_request.title"),
        ("core.setOutput('x', (context.payload.comment ?? context.payload.review).body)", "github.event.comment.body"),
        ("const x = process.env.TITLE" + SET, "env.TITLE"),
        ("const x = '${{ github.event.issue.title }}'" + SET, "github.event.issue.title"),
        (f"const {{ data: pr }} = {GET}core.setOutput('x', pr.head.ref)", "head.ref of pulls.get"),
        (f"const pr = {GET}core.setOutput('x', pr.data.title)", "title of pulls.get"),
        (f"const {{ data: {{ head: {{ ref: x }} }} }} = {GET}" + SET, "head.ref of pulls.get"),
        ("const all = await github.paginate(github.rest.issues.listComments, {});\n"
         "for (const one of all) core.setOutput('x', one.body)", "body of issues.listComments"),
        ("const x = (await github.rest.issues.get({ issue_number: 1 })).data.body" + SET, "body of issues.get"),
    ],
)  # fmt: skip
def test_names_of_javascript(code: str, told: str, read_texts: Callable[..., Any]) -> None:
    assert told in " ".join(sources(read_texts(workflow(javascript(code)))))


@pytest.mark.parametrize(
    "code",
    [
        "const x = context.payload.issue.number" + SET,
        "const x = context.payload.comment.body.includes('/run')" + SET,
        "const x = /^[a-z]+$/.exec(context.payload.comment.body)[0]" + SET,
        "const x = context.payload.issue.title.replace(/[^a-z]/g, '')" + SET,
        "const x = context.payload.issue.title.split(':')[0].length" + SET,
        "const x = context.payload.comment.body === '/run' ? 'yes' : 'no'" + SET,
        "const x = 'context.payload.issue.title' // context.payload.issue.title" + SET,
        "const x = known[context.payload.issue.title]" + SET,
        f"const {{ data: pr }} = {GET}core.setOutput('x', pr.head.sha)",
        "const { data: x } = await github.rest.repos.get(context.repo)\ncore.setOutput('x', x.description)",
        "const x = context.payload.issue.title\ncore.setOutput('y', x)",
    ],
)
def test_values_of_javascript_without(code: str, read_texts: Callable[..., Any]) -> None:
    assert sources(read_texts(workflow(javascript(code)))) == []


@pytest.mark.parametrize(
    ("code", "returns"),
    [
        ("return context.payload.issue.title", True),
        ("const title = context.payload.issue.title\nif (title) {\n  return title\n}\nreturn ''", True),
        ("const f = async () => {\n  return context.payload.issue.title\n}\nreturn 1", False),
        ("function f(a) {\n  return context.payload.issue.title\n}\nconst a = '{'\nreturn 1", False),
    ],
)
def test_what_javascript_returns(code: str, returns: bool, read_texts: Callable[..., Any]) -> None:
    text = workflow(javascript(code)).replace("outputs.x", "outputs.result")
    assert sources(read_texts(text)) == (["github.event.issue.title"] if returns else [])


def test_names_that_are_made_of_each_other_come_to_an_end(read_texts: Callable[..., Any]) -> None:
    """Each of 200 definitions was followed from each of the others."""
    lines = [f"x = x + y\ny = y + x + {number}" for number in range(100)]
    code = "\n".join((*lines, "x = context.payload.issue.title", "core.setOutput('x', y)"))
    assert sources(read_texts(workflow(javascript(code)))) == ["github.event.issue.title"]
