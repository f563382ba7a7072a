"""What `waivers` of guardrail.yaml accept, and on which terms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from harness import Run

BUCKETS = """\
resource "aws_s3_bucket" "logs" {
  count  = 2
  bucket = "acme-logs-${count.index}"
}

resource "aws_s3_bucket" "site" {
  bucket = "acme-site"
}
"""
RULES = ("store-versioned", "ignore-malformed", "ignore-expired", "ignore-unused")
Findings = Callable[..., list[dict[str, Any]]]


def waivers(*texts: str, more: str = "") -> str:
    return more + "waivers:\n" + "".join(indent(text, "    ").replace("    ", "  - ", 1) + "\n" for text in texts)


def said(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """(file, resource or rule about exceptions, what suppresses it)."""
    return {
        (
            one["file"],
            one["rule"] if one["rule"].startswith("ignore-") else one["resource"].rpartition(".")[2],
            (one["suppression"] or {"by": ""})["by"],
        )
        for one in found
    }


LOGS, SITE = ("main.tf", "logs[0]"), ("main.tf", "site")


@pytest.mark.parametrize(
    ("waiver", "logs", "site"),
    [
        ("rules: [store-versioned]\nreason: r", True, True),
        ("rules: store-*\nreason: r", True, True),
        ("rules: [store-versioned]\nreason: r\nuntil: 2026-06-15", True, True),  # the last day is today
        ("rules: [store-versioned]\nreason: r\nmatch: ['*.tf']", True, True),
        ("rules: [store-versioned]\nreason: r\nresources: ['aws_s3_bucket.logs']", True, False),
        ("rules: [store-versioned]\nreason: r\nresources: ['aws_s3_bucket.logs[*]']", True, False),
        ("rules: [store-versioned]\nreason: r\nresources: ['*.site']", False, True),
        ("rules: [store-versioned]\nreason: r\nresources: ['*.s', '*.site']", False, True),
    ],
)
def test_what_it_holds_for(findings_in: Findings, waiver: str, logs: bool, site: bool) -> None:
    found = said(findings_in({"guardrail.yaml": waivers(waiver), "main.tf": BUCKETS}, *RULES))
    assert found == {(*LOGS, "waiver" if logs else ""), (*SITE, "waiver" if site else "")}


@pytest.mark.parametrize(
    ("waiver", "why"),
    [
        ("rules: [store-versioned]\nreason: r\nuntil: 2026-06-14", "ignore-expired"),
        ("rules: [store-versioned]\nreason: r\nmatch: ['apps/**']", "ignore-unused"),
        ("rules: [store-versioned]\nreason: r\nresources: ['aws_s3_bucket.logs[0]']", "ignore-unused"),  # not the other
        ("rules: [store-multi-*]\nreason: r", "ignore-unused"),
    ],
)
def test_one_that_holds_for_nothing_is_told_of_at_its_place(findings_in: Findings, waiver: str, why: str) -> None:
    tree = {"guardrail.yaml": "\n" + waivers(waiver), "main.tf": BUCKETS}
    found = findings_in(tree, *RULES, "store-multi-zone")
    assert said(found) == {(*LOGS, ""), (*SITE, ""), ("guardrail.yaml", why, "")}
    [about] = [one for one in found if one["rule"] == why]
    assert (about["line"], about["column"]) == (3, 5)
    of_waivers = {(note["note"], note["line"]) for one in found for note in one["evidence"] if "waiver" in note["note"]}
    assert of_waivers == ({("a waiver of this ended on 2026-06-14", 3)} if why == "ignore-expired" else set())


def test_a_finding_says_who_accepted_it_why_and_until_when(findings_in: Findings) -> None:
    waiver = "rules: [store-versioned]\nreason: Nothing to keep, OPS-7\nuntil: 2026-12-31"
    [one, _] = findings_in({"guardrail.yaml": waivers(waiver), "main.tf": BUCKETS}, *RULES)
    assert one["suppression"] == {
        "by": "waiver", "reason": "Nothing to keep, OPS-7", "file": "guardrail.yaml", "line": 2, "until": "2026-12-31",
    }  # fmt: skip


def test_a_folders_own_holds_there(findings_in: Findings) -> None:
    waiver = waivers("rules: [store-versioned]\nreason: r\nmatch: ['/main.tf']")
    bucket = 'resource "aws_s3_bucket" "b" {}\n'
    tree = {"a/guardrail.yaml": waiver, "a/main.tf": bucket, "a/b/main.tf": bucket, "main.tf": bucket}
    found = {(file, by) for file, _, by in said(findings_in(tree, *RULES))}
    assert found == {("a/main.tf", "waiver"), ("a/b/main.tf", ""), ("main.tf", "")}


def test_nothing_is_called_unused_that_was_not_looked_for(findings_in: Findings) -> None:
    tree = {
        "guardrail.yaml": waivers("rules: [store-versioned]\nreason: r\nmatch: ['other/**']"),
        "infra/main.tf": BUCKETS,
        "other/main.tf": BUCKETS,
    }
    assert "ignore-unused" not in {name for _, name, _ in said(findings_in(tree, *RULES, paths=["infra"]))}
    broken = {"guardrail.yaml": waivers("rules: store-*\nreason: r"), "main.tf": "resource {{{"}
    assert "ignore-unused" not in {name for _, name, _ in said(findings_in(broken, *RULES))}


def test_of_two_that_hold_the_first_is_named_and_neither_is_unused(findings_in: Findings) -> None:
    both = waivers("rules: [store-versioned]\nreason: first", "rules: store-*\nreason: second")
    found = findings_in({"guardrail.yaml": both, "main.tf": BUCKETS}, *RULES)
    assert {one["suppression"]["reason"] for one in found} == {"first"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("waivers: [{rules: [store-versioned]}]", "1:12: waivers[0] has no reason"),
        ("waivers: [{reason: r}]", "1:12: waivers[0] has no rules"),
        ("waivers: [{rules: [], reason: r}]", "1:11: the waiver names no rule"),
        ("waivers: [{rules: [store-versioned], reason: ' '}]", "1:38: the waiver's reason is empty"),
        ("waivers: [{rules: [store-versoined], reason: r}]",
         '1:20: there is no rule "store-versoined"; did you mean "store-versioned"?'),
        ("waivers: [{rules: [nothing-*], reason: r}]", '1:20: no rule id matches "nothing-*"'),
        ("waivers: [{rules: [store-versioned], reason: r, until: soon}]", '1:49: "soon" is no day such as 2027-01-31'),
        ("waivers: [{rules: [store-versioned], reason: r, until: 20270131}]", "1:49: waivers[0].until must be text"),
        ("waivers: [{rules: [store-versioned], reason: r, match: ['[a']}]", '"[a" is not a glob'),
        ("exceptions: {max_days: 0}", "1:14: max_days must be 1 or more"),
        ("exceptions: {max_days: true}", "1:14: exceptions.max_days must be a whole number, not true"),
        ("exceptions: {never: [store-versoined]}", '1:22: there is no rule "store-versoined"'),
    ],
)  # fmt: skip
def test_one_that_is_wrong_ends_the_run(
    tmp_path: Path, guardrail: Callable[..., Run], text: str, error: str
) -> None:
    (tmp_path / "guardrail.yaml").write_text(text)
    (tmp_path / "main.tf").write_text(BUCKETS)
    done = guardrail("scan", tmp_path)
    assert (done.code, error in done.err) == (2, True), done.err


# Terms ----------------------------------------------------------------------------------------------------------


INLINE = 'resource "aws_s3_bucket" "site" { # guardrail:ignore store-versioned %s\n  bucket = "acme-site"\n}\n'
WAIVER = "rules: [store-versioned]\nreason: r\n%s"
TERMS = [
    ("exceptions: {reason: required}\n", "", 'reason="x"'),
    ("exceptions: {until: required}\n", 'reason="x"', "until=2026-06-30"),
    ("exceptions: {max_days: 30}\n", "until=2026-07-16", "until=2026-07-15"),
    ("exceptions: {never: store-encrypted}\n", None, "until=2026-07-15"),
    ("exceptions: {never: [store-*]}\n", "until=2026-07-15", None),
]


@pytest.mark.parametrize(("terms", "short", "enough"), TERMS)
def test_an_ignore_must_meet_the_terms(
    findings_in: Findings, terms: str, short: str | None, enough: str | None
) -> None:
    if short is not None:
        found = findings_in({"guardrail.yaml": terms, "main.tf": INLINE % short}, *RULES)
        assert said(found) == {(*SITE, ""), ("main.tf", "ignore-malformed", "")}
        assert any("guardrail.yaml:1" in one["message"] for one in found)
    if enough is not None:
        found = findings_in({"guardrail.yaml": terms, "main.tf": INLINE % enough}, *RULES)
        assert said(found) == {(*SITE, "inline")}


@pytest.mark.parametrize(
    ("terms", "short", "enough"),
    [
        ("exceptions: {until: required}\n", "", "until: 2026-06-30"),
        ("exceptions: {max_days: 30}\n", "until: 2026-07-16", "until: 2026-07-15"),
        ("exceptions: {never: [store-*]}\n", "", None),
    ],
)
def test_so_must_a_waiver(findings_in: Findings, terms: str, short: str, enough: str | None) -> None:
    found = findings_in({"guardrail.yaml": waivers(WAIVER % short, more=terms), "main.tf": BUCKETS}, *RULES)
    assert said(found) == {(*LOGS, ""), (*SITE, ""), ("guardrail.yaml", "ignore-malformed", "")}
    assert all("does not count" in one["evidence"][-1]["note"] for one in found if one["rule"] == "store-versioned")
    if enough:
        found = findings_in({"guardrail.yaml": waivers(WAIVER % enough, more=terms), "main.tf": BUCKETS}, *RULES)
        assert {by for _, _, by in said(found)} == {"waiver"}


def test_so_must_what_was_accepted_in_the_words_of_others(findings_in: Findings) -> None:
    bucket = 'resource "aws_s3_bucket" "site" {\n  # checkov:skip=CKV_AWS_21: nothing to keep\n  bucket = "acme"\n}\n'
    [accepted] = findings_in({"main.tf": bucket}, *RULES)
    assert accepted["suppression"]["reason"] == "checkov:skip=CKV_AWS_21: nothing to keep"
    [counts] = findings_in({"guardrail.yaml": "exceptions: {until: required}\n", "main.tf": bucket}, *RULES)
    assert counts["suppression"] is None
    note = counts["evidence"][-1]
    assert (note["line"], "has no end (until), which guardrail.yaml:1 asks for" in note["note"]) == (2, True)


def test_a_baseline_must_only_leave_alone_what_has_no_exceptions(
    findings_in: Findings, tmp_path: Path, guardrail: Callable[..., Run]
) -> None:
    empty = '{"guardrail-baseline": 1, "findings": []}'
    findings_in({"guardrail.yaml": "baseline: b.json\n", "main.tf": BUCKETS, "b.json": empty})
    guardrail("baseline", tmp_path)
    keep = {"guardrail.yaml": "baseline: b.json\nexceptions: {reason: required, until: required, max_days: 3}\n"}
    assert {by for _, _, by in said(findings_in(keep, *RULES))} == {"baseline"}
    never = {"guardrail.yaml": "baseline: b.json\nexceptions: {never: [store-versioned]}\n"}
    assert {by for _, _, by in said(findings_in(never, *RULES))} == {""}


def test_what_is_short_of_the_terms_may_still_be_in_the_baseline(
    findings_in: Findings, tmp_path: Path, guardrail: Callable[..., Run]
) -> None:
    config = "baseline: b.json\nexceptions: {until: required}\n"
    bucket = 'resource "aws_s3_bucket" "site" {\n  # checkov:skip=CKV_AWS_21: nothing to keep\n  bucket = "acme"\n}\n'
    empty = '{"guardrail-baseline": 1, "findings": []}'
    found = said(findings_in({"guardrail.yaml": config, "main.tf": bucket, "b.json": empty}, *RULES))
    assert {by for _, _, by in found} == {""}
    guardrail("baseline", tmp_path)
    assert {by for _, _, by in said(findings_in({}, *RULES))} == {"baseline"}


def test_terms_of_another_configuration_hold_in_every_tree(
    findings_in: Findings, tmp_path: Path, guardrail: Callable[..., Run]
) -> None:
    platform = tmp_path / "platform" / "guardrail.yaml"
    platform.parent.mkdir()
    used = "rules: [store-versioned]\nreason: r\nresources: ['*.site']"
    platform.write_text(waivers(used, "rules: store-versioned\nreason: r\nmatch: [x]"))
    findings_in({"repository/main.tf": BUCKETS})
    done = guardrail("scan", tmp_path / "repository", "--config", platform, "--rule", "store-versioned", "-v")
    assert "1 suppressed" in done.out
    assert "waiver: r\n" in done.out
    assert str(tmp_path) not in done.out
    assert "ignore-unused" not in done.out


def test_config_show_tells_what_holds_for_a_path(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    waiver = "rules: store-*\nreason: because\nmatch: ['a/**']\nuntil: 2027-01-31"
    (tmp_path / "guardrail.yaml").write_text(waivers(waiver, more="exceptions: {max_days: 9}\n"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a/main.tf").write_text(BUCKETS)
    (tmp_path / "main.tf").write_text(BUCKETS)
    shown = guardrail("config", "show", tmp_path / "a/main.tf").out
    assert "because" in shown
    assert "max_days" in shown
    assert "because" not in guardrail("config", "show", tmp_path / "main.tf").out
