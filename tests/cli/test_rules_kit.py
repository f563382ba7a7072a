"""`guardrail rules new | test | lint | explain | coverage`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

Guardrail = Callable[..., Run]

OPTIONS = ("--title", "Queues keep what fails", "--severity", "low", "--category", "reliability")
QUEUE = ("--on", "aws_sqs_queue", "--attribute", "redrive_policy")
RULE = """\
id: my-rule
title: Queues wait for a minute at most
severity: low
category: reliability
why: Otherwise things go wrong in ways that nobody likes.
remedy: Set `delay_seconds`.
parameters:
  most: {type: number, default: 60, help: Seconds.}
checks:
  - on: aws_sqs_queue
    when: {any: [{name: {set: true}}, {name_prefix: {set: true}}]}
    require:
      delay_seconds: {max: $most}
      related: {to: aws_sqs_queue_policy, via: queue_url, require: {policy: {set: true}}}
    message: "{name} waits {delay_seconds}"
examples:
  - fail: |
      resource "aws_sqs_queue" "q" {
        name          = "q"
        delay_seconds = 900  # guardrail:expect
      }
  - pass: |
      resource "aws_sqs_queue" "q" {
        name          = "q"
        delay_seconds = 5
      }
      resource "aws_sqs_queue_policy" "q" {
        queue_url = aws_sqs_queue.q.id
        policy    = "{}"
      }
"""
INFRA = """\
variable "delay" {}

resource "aws_sqs_queue" "q" {
  name          = "q"
  delay_seconds = 900
}

resource "aws_sqs_queue_policy" "q" {
  queue_url = aws_sqs_queue.q.id
  policy    = "{}"
}

resource "aws_sqs_queue" "other" {
  delay_seconds = var.delay
}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rule(here: Path) -> Path:
    (here / "my-rule.yaml").write_text(RULE)
    (here / "infra").mkdir()
    (here / "infra" / "main.tf").write_text(INFRA)
    return here / "my-rule.yaml"


def test_new_writes_a_rule_that_loads_and_fails_its_own_tests(here: Path, guardrail: Guardrail) -> None:
    made = guardrail("rules", "new", "queue-dead-letters", *OPTIONS, *QUEUE)
    assert made.code == 0
    assert "guardrail rules test rules/reliability/queue-dead-letters.yaml --watch" in made.out
    tested = guardrail("rules", "test", "rules/reliability/queue-dead-letters.yaml")
    assert tested.code == 1
    assert "example 1: no line is marked" in tested.out
    assert "example 2: main.tf:1: unexpected finding" in tested.out
    linted = guardrail("rules", "lint", "rules")
    assert linted.code == 1
    assert "`why` is still to be written [why]" in linted.out


def test_new_filled_in_is_green(here: Path, guardrail: Guardrail) -> None:
    guardrail("rules", "new", "queue-dead-letters", *OPTIONS, *QUEUE, "--why", "What fails is lost.", "--dir", "mine")
    file = here / "mine/reliability/queue-dead-letters.yaml"
    head, fail, passing = file.read_text().split("  - about: Terraform\n")
    fail = fail.replace('"example" {', '"example" {  # guardrail:expect')
    fail = fail.replace("  # write what must be found here, and end the line that is at fault with the mark", "")
    passing = passing.replace('"example" {', '"example" {\n        redrive_policy = "{}"')
    file.write_text("  - about: Terraform\n".join((head, fail, passing)))
    assert guardrail("rules", "test", file).out == "1 rules, 2 examples, 0 failures\n"
    assert guardrail("rules", "lint", file).out == "1 rules, 0 faults\n"
    assert "0 survive" in guardrail("rules", "test", file, "--mutate").out


@pytest.mark.parametrize(
    "subject",
    ["container", "store", "job", "dependency", "entity", "grant", "tagged", "Deployment", "Pod", "aws_sqs_*", "module",
     "data.aws_iam_policy_document", "azurerm_key_vault", "step", "backstage.Component", "terraform"],
)  # fmt: skip
def test_new_knows_a_skeleton_of_everything(here: Path, guardrail: Guardrail, subject: str) -> None:
    made = guardrail("rules", "new", "my-rule", *OPTIONS, "--on", subject)
    assert (made.code, made.err) == (0, "")
    assert "example 1: no line is marked" in guardrail("rules", "test", "rules").out


def test_new_asks_for_what_is_not_given(
    here: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Buckets: as we name them\nhigh\nsecurity\nstore\nversioned\n"))
    assert guardrail("rules", "new", "my-rule").code == 0
    written = (here / "rules/security/my-rule.yaml").read_text()
    assert 'title: "Buckets: as we name them"' in written
    assert "severity: high" in written
    assert "require: {versioned: {set: true}}" in written
    assert 'resource "aws_s3_bucket" "example"' in written  # a kind that can have versions


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["my-rule", *OPTIONS, "--on", "containr"], 'did you mean "container"?'),
        (["My_Rule", *OPTIONS, *QUEUE], "is no id"),
        (["my-rule", *OPTIONS, "--on", "store", "--attribute", "publik"], 'did you mean "public"?'),
        (["my-rule"], "--title is not given"),
    ],
)
def test_new_says_what_is_wrong(
    here: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    run = guardrail("rules", "new", *arguments)
    assert run.code == 2
    assert says in run.err
    assert not list(here.rglob("*.yaml"))


def test_new_overwrites_nothing(here: Path, guardrail: Guardrail) -> None:
    guardrail("rules", "new", "my-rule", *OPTIONS, *QUEUE)
    again = guardrail("rules", "new", "my-rule", *OPTIONS, *QUEUE)
    assert (again.code, "is there already" in again.err) == (2, True)


def test_watch_runs_again_what_was_saved(
    rule: Path, guardrail: Guardrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves = iter([RULE.replace("delay_seconds = 5", "delay_seconds = 500"), RULE, None])

    def wait(seconds: float) -> None:
        text = next(saves)
        if text is None:
            raise KeyboardInterrupt
        rule.write_text(text)

    from guardrail.kit import watching

    watch = watching.changes
    monkeypatch.setattr(watching, "changes", lambda files: watch(files, wait))
    run = guardrail("rules", "test", rule, "--watch")
    assert [line for line in run.out.splitlines() if "failures" in line] == [
        "1 rules, 2 examples, 0 failures", "1 rules, 2 examples, 1 failures", "1 rules, 2 examples, 0 failures",
    ]  # fmt: skip


def test_mutate_names_what_no_example_notices(rule: Path, guardrail: Guardrail) -> None:
    run = guardrail("rules", "test", rule, "--mutate")
    assert run.code == 1
    assert "my-rule.yaml:11: checks[0].when.any[1]: dropped: no example notices" in run.out
    report = json.loads(guardrail("rules", "test", rule, "--mutate", "--format", "json").out)
    assert {"rule": "my-rule", "file": "my-rule.yaml", "line": 11, "clause": "checks[0].when.any[1]",
            "change": "dropped"} in report["survivors"]  # fmt: skip
    assert report["mutants"] > len(report["survivors"])
    assert report["faults"] == []


def test_lint_as_json(rule: Path, guardrail: Guardrail) -> None:
    assert guardrail("rules", "lint", rule).code == 0
    rule.write_text(RULE.replace("Queues wait", "Queues must wait"))
    run = guardrail("rules", "lint", rule, "--format", "json")
    assert run.code == 1
    assert json.loads(run.out) == [
        {"file": "my-rule.yaml", "line": 2, "column": 1, "code": "title",
         "message": "the title says 'must'; say what holds where the rule passes: Buckets are encrypted"},
    ]  # fmt: skip


def test_explain_shows_each_clause_as_the_rule_has_it(rule: Path, guardrail: Guardrail) -> None:
    run = guardrail("rules", "explain", rule, "--resource", "aws_sqs_queue.q", "infra")
    assert run.code == 0
    assert run.out.splitlines() == [
        "check 1 on aws_sqs_queue.q  infra/main.tf:3: fail",
        "  when:",
        "    true    any:",
        "      true    name: {set: true}  <- q  infra/main.tf:4",
        "      false   name_prefix: {set: true}  <- not set  infra/main.tf:3",
        "  require:",
        "    false   delay_seconds: {max: $most (60)}  <- 900  infra/main.tf:5",
        "    true    related: {to: aws_sqs_queue_policy, via: queue_url}",
        "      true    aws_sqs_queue_policy.q  <- not set  infra/main.tf:8",
        "        true    require:",
        "          true    policy: {set: true}  <- {}  infra/main.tf:10",
    ]


def test_explain_as_json_tells_what_is_unknown(rule: Path, guardrail: Guardrail) -> None:
    run = guardrail("rules", "explain", rule, "--resource", "aws_sqs_queue.other", "infra", "--format", "json")
    (check,) = json.loads(run.out)["checks"]
    assert check["verdict"] == "does not apply"
    delay = check["require"][0]
    assert delay["verdict"] == "unknown"
    assert delay["values"] == [
        {"path": "delay_seconds", "written": True, "value": {"$unknown": "var.delay has no value"},
         "file": "infra/main.tf", "line": 14},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["store-versioned", "--resource", "aws_sqs_queue.p"], 'did you mean "aws_sqs_queue.q"?'),
        (["store-versiond", "--resource", "aws_sqs_queue.q"], 'did you mean "store-versioned"?'),
        (["ignore-unused", "--resource", "aws_sqs_queue.q"], "is about ignores"),
    ],
)
def test_explain_says_what_is_wrong(rule: Path, guardrail: Guardrail, arguments: list[str], says: str) -> None:
    run = guardrail("rules", "explain", *arguments, "infra")
    assert run.code == 2
    assert says in run.err


def test_explain_where_the_rule_speaks_of_nothing(rule: Path, guardrail: Guardrail) -> None:
    run = guardrail("rules", "explain", "container-privileged", "--resource", "aws_sqs_queue.q", "infra")
    assert "container-privileged speaks of container: there is nothing of that in aws_sqs_queue.q" in run.out


def test_explain_goes_into_lists(here: Path, guardrail: Guardrail) -> None:
    check = "require: {ingress: {none: {where: {from_port: 22}}}}"
    text = RULE.replace("on: aws_sqs_queue", "on: aws_security_group")
    start, end = text.index("    when:"), text.index("    message")
    text = text[:start] + f"    {check}\n" + text[end:].replace("{delay_seconds}", "")
    text = text.replace("parameters:\n  most: {type: number, default: 60, help: Seconds.}\n", "")
    (here / "my-rule.yaml").write_text(text)
    (here / "main.tf").write_text(
        'resource "aws_security_group" "s" {\n'
        "  ingress {\n    from_port = 22\n  }\n  ingress {\n    from_port = 80\n  }\n}\n"
    )
    run = guardrail("rules", "explain", "my-rule.yaml", "--resource", "aws_security_group.s")
    assert "      false   none:\n" in run.out
    assert "        true    ingress[0]\n          true    from_port: 22  <- 22  main.tf:3\n" in run.out
    assert "        false   ingress[1]\n          false   from_port: 22  <- 80  main.tf:6\n" in run.out


def test_coverage(guardrail: Guardrail) -> None:
    assert "store" in guardrail("rules", "coverage").out
    found = json.loads(guardrail("rules", "coverage", "--format", "json").out)
    assert found["peers"]["checkov"]["covered"] > 300
    assert "store-not-public" in found["kinds"]["aws_s3_bucket"]
    assert "store-not-public" in found["attributes"]["store"]["public"]
    missing = guardrail("rules", "coverage", "--missing", "checkov").out.split()
    assert missing == found["peers"]["checkov"]["missing"]
    assert "store-not-public" in guardrail("rules", "coverage", "--kind", "store").out
    assert 'did you mean "checkov"?' in guardrail("rules", "coverage", "--missing", "chekov").err


def test_the_group_names_its_commands(guardrail: Guardrail) -> None:
    listed = guardrail("rules", "--help").out
    assert all(name in listed for name in ("new", "test", "lint", "explain", "coverage", "docs"))
    assert "Did you mean 'lint'?" in guardrail("rules", "lnt").err


@pytest.mark.parametrize("command", [("test",), ("test", "--mutate"), ("lint",)])
def test_a_folder_without_rules_is_not_green(here: Path, rule: Path, guardrail: Guardrail, command: tuple[str]) -> None:
    done = guardrail("rules", *command, rule, "infra")
    assert (done.code, done.out) == (2, "")
    assert "infra: there is no rule in this folder" in done.err
