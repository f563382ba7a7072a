"""Conditions that keep outsiders out, and those that only seem to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guardrail.inputs.pipelines.github_guards import ruled_out

PULL = ("pull_request_target",)
RUN = ("workflow_run",)
COMMENT = ("issue_comment",)
MEMBERS = """'["OWNER", "MEMBER", "COLLABORATOR"]'"""


@pytest.mark.parametrize(
    ("condition", "events", "kept_out"),
    [
        ("github.event.pull_request.head.repo.full_name == github.repository", PULL, True),
        ("github.event.pull_request.head.repo.full_name == github.event.repository.full_name", PULL, True),
        ("github.event.pull_request.base.repo.full_name == github.event.pull_request.head.repo.full_name", PULL, True),
        ("github.event.pull_request.head.repo.id == github.repository_id", PULL, True),
        ("github.event.pull_request.head.repo.owner.login == github.repository_owner", PULL, True),
        ("github.event.pull_request.head.repo.owner.login == 'acme'", PULL, True),
        ("github.event.pull_request.user.login == 'dependabot[bot]'", PULL, True),
        ("!github.event.pull_request.head.repo.fork", PULL, True),
        ("github.event.pull_request.head.repo.fork == false && github.event.action == 'opened'", PULL, True),
        ("github.event.workflow_run.event == 'push'", RUN, True),
        ("github.event.workflow_run.head_repository.full_name == github.repository", RUN, True),
        ("github.event.workflow_run.head_repository.fork != true", RUN, True),
        (f"contains(fromJSON({MEMBERS}), github.event.comment.author_association)", COMMENT, True),
        ("github.event.comment.author_association == 'member'", COMMENT, True),
        ("github.event.pull_request.head.user.login == 'acme'", PULL, True),
        ("github.event.pull_request.head.user.login == github.repository_owner", PULL, True),
        ("github.event.pull_request.head.user.id == github.repository_owner_id", PULL, True),
        ("github.event.pull_request.user.login == github.repository_owner", PULL, True),
        ("github.repository_owner == github.event.comment.user.login", COMMENT, True),
        ("github.event.pull_request.head.user.login != 'acme'", PULL, False),
        ("github.event.pull_request.head.user.login != github.repository_owner", PULL, False),
        ("!(github.event.pull_request.head.user.login == github.repository_owner)", PULL, False),
        ("github.event.pull_request.head.user.login == 'acme' || github.event.action == 'opened'", PULL, False),
        ("github.event.pull_request.head.user.type == 'User'", PULL, False),
        ("github.event.pull_request.user.login == github.repository", PULL, False),
        # Other things of the two that are the same, too.
        ("github.event.pull_request.head.repo.name == github.event.repository.name", PULL, False),
        ("github.event.pull_request.head.repo.full_name == github.repository_owner", PULL, False),
        ("github.event.pull_request.head.repo.full_name != github.repository", PULL, False),
        # A fork has a main branch, and its runs may be of any name.
        ("github.event.workflow_run.head_branch == 'main'", RUN, False),
        ("github.event.workflow_run.event == 'pull_request'", RUN, False),
        # A fork's pull request may have its runs start on reviews, too.
        ("github.event.workflow_run.event != 'pull_request'", RUN, False),
        ("contains(fromJSON('[\"MEMBER\", \"NONE\"]'), github.event.comment.author_association)", COMMENT, False),
        ("contains(fromJSON('{'), github.event.comment.author_association)", COMMENT, False),
        ("!contains(fromJSON('[\"MEMBER\"]'), github.event.comment.author_association)", COMMENT, False),
        # Where the event has no such thing, null equals null, and is not true.
        ("github.event.pull_request.head.repo.id == github.event.pull_request.base.repo.id", COMMENT, False),
        ("github.event.pull_request.head.repo.full_name == github.repository", COMMENT, True),
        ("!github.event.workflow_run.head_repository.fork", PULL, False),
        ("github.event.pull_request.head.repo.fork == true", PULL, False),
    ],
)
def test_a_condition(condition: str, events: tuple[str, ...], kept_out: bool) -> None:
    assert ruled_out(condition, events) is kept_out
    assert ruled_out(f"${{{{ {condition} }}}}", events) is kept_out


@pytest.mark.parametrize(
    ("condition", "kept_out"),
    [
        ("github.event.pull_request.merged == true", True),
        ("github.event.pull_request.merged", True),
        ("github.event.pull_request.merged != false", True),
        ("github.event.pull_request.merged && github.event.action == 'closed'", True),
        ("!github.event.pull_request.merged", False),
        ("!(github.event.pull_request.merged == true)", False),
        ("github.event.pull_request.merged == false", False),
        ("github.event.pull_request.merged != true", False),
        ("github.event.pull_request.merged || github.event.action == 'opened'", False),
        ("github.event.pull_request.draft", False),
    ],
)
def test_what_is_merged_was_accepted(condition: str, kept_out: bool) -> None:
    """That is said of code; a title is whatever it was."""
    for events in (PULL, ("pull_request_target", "issue_comment")):
        assert ruled_out(condition, events, code=True) is kept_out
        assert ruled_out(condition, events) is False


@pytest.mark.parametrize(("condition", "merged"), [("", True), ("if: always()", False)])
def test_a_job_that_needs_one_for_what_is_merged(
    read_texts: Callable[..., Any], condition: str, merged: bool
) -> None:
    text = NEEDS.replace("head.repo.full_name == github.repository", "merged == true")
    read = read_texts(text.format(condition=condition))
    job = read.noun(".github/workflows/w.yml#jobs.build", "job")
    assert job.fields["checks_out_untrusted"] is not merged
    pastes = read.noun(".github/workflows/w.yml#jobs.build.steps[1]", "script").fields
    assert pastes["untrusted"]
    assert pastes["privileged_trigger"]


NEEDS = """\
on: pull_request_target
jobs:
  gate:
    if: github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-24.04
    steps: [{{run: "true"}}]
  between:
    needs: [gate]
    runs-on: ubuntu-24.04
    steps: [{{run: "true"}}]
  build:
    needs: between
    {condition}
    runs-on: [self-hosted]
    steps:
      - uses: actions/checkout@v3
        with: {{ref: "${{{{ github.event.pull_request.head.sha }}}}"}}
      - run: echo "${{{{ github.event.pull_request.title }}}}"
      - run: echo "A=$(cat file)" >> "$GITHUB_ENV"
"""


@pytest.mark.parametrize(
    ("condition", "kept_out"),
    [
        ("", True),
        ("if: github.event.action == 'opened'", True),
        ("if: success() && github.event.action == 'opened'", True),
        ("if: always()", False),
        ("if: \"!cancelled()\"", False),
        ("if: failure() || github.event.action == 'opened'", False),
    ],
)
def test_a_job_that_needs_one_which_keeps_them_out(
    read_texts: Callable[..., Any], condition: str, kept_out: bool
) -> None:
    """GitHub skips it with the other, unless its own condition asks how that ended."""
    read = read_texts(NEEDS.format(condition=condition))
    job = read.noun(".github/workflows/w.yml#jobs.build", "job")
    assert job.fields["checks_out_untrusted"] is not kept_out
    assert job.fields["untrusted"] is not kept_out
    pastes, writes = (
        read.noun(f".github/workflows/w.yml#jobs.build.steps[{index}]", "script").fields for index in (1, 2)
    )
    assert bool(pastes["untrusted"]) is not kept_out
    assert ("environment_writes" in writes) is not kept_out
    assert writes["privileged_trigger"] is not kept_out


def test_jobs_that_need_each_other(read_texts: Callable[..., Any]) -> None:
    text = NEEDS.format(condition="").replace("  gate:\n", "  gate:\n    needs: build\n")
    read = read_texts(text.replace("== github", "!= github"))
    assert read.noun(".github/workflows/w.yml#jobs.build", "job").fields["checks_out_untrusted"] is True
