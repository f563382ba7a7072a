"""The formats that CI systems show by themselves: GitLab's, GitHub's, JUnit's, Markdown; and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import pytest
from result_builder import finding, result

from guardrail.model import Note, Problem, Span, Suppression
from guardrail.reports import render
from guardrail.reports.markdown import MAX_FINDINGS, MAX_PROBLEMS

HOSTILE = (
    "x\n::error::y\r\x1b[31m | `z` </failure>]]> [a](http://evil.example) @admin ##vso[task] <img src=x> \u202e "
    "www.a.b %0A"
)
ODD = finding(message=HOSTILE, resource=HOSTILE, remedy=HOSTILE, span=Span(f"{HOSTILE}.tf", 3, 1, 3, 4))
PROBLEM = Problem("syntax", "no closing brace", "broken.tf", 7)
ACCEPTED = finding(suppression=Suppression("waiver", "fine, OPS-7", Span("guardrail.yaml", 3, 1, 3, 1), "2027-01-31"))
OPEN = finding(verdict="undetermined", message="cannot tell")
FORMATS = ["gitlab", "github", "junit", "markdown", "csv"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_result_is_a_whole_report(form: str) -> None:
    text = render(form, result())
    if form == "gitlab":
        assert json.loads(text) == []
    elif form == "junit":
        assert ET.fromstring(text).get("tests") == "0"
    else:
        assert text.count("\n") >= 1


@pytest.mark.parametrize("form", FORMATS)
def test_scanned_text_stays_text(form: str) -> None:
    text = render(form, result(ODD, problems=[Problem("syntax", HOSTILE, HOSTILE, 1)]))
    assert "\x1b" not in text
    assert "\u202e" not in text
    if form in ("github", "markdown", "junit"):
        assert "\n::error::y" not in text
        assert "##vso[" not in text or form != "github"


# GitLab ---------------------------------------------------------------------------------------------------------


def test_gitlab_has_failures_and_problems() -> None:
    high = finding(severity="high", fingerprint="b", span=Span("a.tf", 0, 0, 0, 0))
    issues = json.loads(render("gitlab", result(finding(), high, ACCEPTED, OPEN, problems=[PROBLEM])))
    assert issues[1] == {
        "description": 'bucket "logs" is readable by everyone',
        "check_name": "store-public-acl",
        "fingerprint": "a" * 64,
        "severity": "blocker",
        "location": {"path": "main.tf", "lines": {"begin": 13}},
    }
    assert [(one["severity"], one["location"]["lines"]["begin"]) for one in issues] == [
        ("critical", 1), ("blocker", 13), ("major", 7),
    ]  # fmt: skip
    assert issues[2]["description"] == "The scan is incomplete: no closing brace"


def test_gitlab_takes_copies_in_two_repositories_for_two_issues() -> None:
    copies = [finding(span=Span(f"{folder}/main.tf", 1, 1, 1, 2)) for folder in ("a", "b")]
    assert len({one["fingerprint"] for one in json.loads(render("gitlab", result(*copies)))}) == 2


# GitHub ---------------------------------------------------------------------------------------------------------


def test_github_annotates_the_hardest_first() -> None:
    low = finding(severity="low", message="50% off: a, b", remedy="", span=Span("a.tf", 2, 1, 4, 2))
    warned = finding(enforce="warn", message="only told", remedy="", span=Span("a:b,c.tf", 5, 3, 5, 9))
    lines = render("github", result(low, finding(remedy="Do.\nSo."), warned, ACCEPTED, OPEN)).splitlines()
    assert lines == [
        "::notice file=a%3Ab%2Cc.tf,line=5,endLine=5,col=3,endColumn=9,title=critical%3A store-public-acl::only told",
        "::error file=main.tf,line=13,endLine=13,col=12,endColumn=19,title=critical%3A store-public-acl::"
        'bucket "logs" is readable by everyone%0AFix: Do.%0ASo.',
        "::notice file=a.tf,line=2,endLine=4,title=low%3A store-public-acl::50%25 off: a, b",
        lines[3],
    ]
    assert lines[3].startswith("3 findings (2 critical, 1 low), 1 undetermined, 1 suppressed")


def test_github_tells_of_problems_with_and_without_a_place() -> None:
    lines = render("github", result(problems=[PROBLEM, Problem("empty-scan", "nothing to judge")])).splitlines()
    assert lines[:2] == [
        "::error title=incomplete%3A empty-scan::nothing to judge",
        "::error file=broken.tf,line=7,title=incomplete%3A syntax::no closing brace",
    ]


def test_github_obeys_one_command_a_line() -> None:
    for line in render("github", result(ODD)).splitlines()[:-1]:
        assert line.startswith("::")
        assert line.count("::error") in (0, 1) or "::error::y" in line.partition("::error file")[2]


# JUnit ----------------------------------------------------------------------------------------------------------


def test_junit_counts_what_it_holds() -> None:
    made = result(finding(), ACCEPTED, OPEN, finding(rule="other"), problems=[PROBLEM])
    made.coverage.passed = {"store-encrypted": {"aws_s3_bucket": 3}, "other": {"aws_s3_bucket": 1}, "never-asked": {}}
    root = ET.fromstring(render("junit", made))
    assert dict(root.attrib) == {"name": "guardrail", "tests": "6", "failures": "2", "errors": "1", "skipped": "2"}
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["other", "store-encrypted", "store-public-acl", "the scan is complete"]
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        told = [int(suite.get(key, "")) for suite in root]
        assert sum(told) == len(root.findall(f".//{tag}")) == int(root.get(key, ""))
    assert sum(int(suite.get("tests", "0")) for suite in root) == len(root.findall(".//testcase")) == 6
    assert [case.get("message") for case in suites["store-public-acl"].findall(".//skipped")] == [
        "waiver: fine, OPS-7", "cannot tell",
    ]  # fmt: skip


def test_junit_says_where_and_how_to_mend_it() -> None:
    root = ET.fromstring(render("junit", result(finding())))
    case, failure = root.find(".//testcase"), root.find(".//failure")
    assert case is not None
    assert failure is not None
    assert dict(case.attrib) == {
        "classname": "store-public-acl", "name": "aws_s3_bucket.logs (main.tf:13)", "file": "main.tf", "line": "13",
    }  # fmt: skip
    assert dict(failure.attrib) == {"message": 'bucket "logs" is readable by everyone', "type": "critical"}
    assert (failure.text or "").splitlines() == [
        "main.tf:13",
        'default of var.acl = "public-read", variables.tf:3',
        "fix: Set `acl` to `private`, and grant what is needed in a bucket policy.",
    ]


def test_junit_is_xml_whatever_it_was_given() -> None:
    root = ET.fromstring(render("junit", result(ODD, problems=[Problem("syntax", HOSTILE, HOSTILE)])))
    assert len(root.findall(".//failure")) == 1


# Markdown -------------------------------------------------------------------------------------------------------


def test_markdown_is_a_table_of_the_hardest() -> None:
    lines = render("markdown", result(finding(severity="low"), finding(), ACCEPTED, problems=[PROBLEM])).splitlines()
    assert lines[0] == "## ⚠️ guardrail"
    assert "- `broken.tf:7`: no closing brace" in lines
    rows = [line for line in lines if line.startswith("| ") and "---" not in line][1:]
    what = 'bucket "logs" is readable by everyone (`aws_s3_bucket.logs`)'
    assert rows == [
        f"| {severity} | {what} | `main.tf:13` | `store-public-acl` |" for severity in ("critical", "low")
    ]


def test_markdown_fits_into_a_comment() -> None:
    many = [finding(message="m" * 900, span=Span(f"{number}.tf", 1, 1, 1, 2)) for number in range(MAX_FINDINGS + 7)]
    problems = [Problem("syntax", "p" * 900, f"{number}.tf", 1) for number in range(MAX_PROBLEMS + 3)]
    text = render("markdown", result(*many, problems=problems, notes=[Note("a", "b")]))
    assert len(text) < 60_000
    assert "7 findings more in the other reports." in text
    assert "- and 3 more" in text


def test_markdown_makes_nothing_of_scanned_text() -> None:
    text = render("markdown", result(ODD))
    words = re.sub(r"`[^`\n]*`", "", text)  # nothing has a meaning in a code span
    for markup in ("](", "<img", "@admin", "http://", " www.", "</failure>"):
        assert markup not in words
    [row] = [line for line in text.splitlines() if line.startswith("| critical")]
    assert row.replace("\\|", "").count("|") == 5


# CSV ------------------------------------------------------------------------------------------------------------


def test_csv_is_a_line_for_each_finding() -> None:
    rows = list(csv.DictReader(io.StringIO(render("csv", result(finding(), ACCEPTED, OPEN)))))
    assert [(row["state"], row["suppressed_by"], row["until"]) for row in rows] == [
        ("fail", "", ""), ("suppressed", "waiver", "2027-01-31"), ("undetermined", "", ""),
    ]  # fmt: skip
    assert rows[0]["frameworks"] == "cis-aws-3.0 2.1.4; nist-800-53-r5 AC-3"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"])
def test_csv_begins_no_formula(text: str) -> None:
    [row] = csv.DictReader(io.StringIO(render("csv", result(finding(message=text, resource=text)))))
    assert (row["message"], row["resource"]) == (f"'{text}", f"'{text}")
