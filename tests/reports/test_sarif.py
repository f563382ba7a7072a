"""SARIF is valid against the OASIS schema and says what code-scanning services rely on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from result_builder import excerpt, finding, mixed, result

from guardrail.model import Evidence, Excerpt, Problem, Result, Span, Suppression
from guardrail.reports import render
from guardrail.reports.sarif import uri

FIXTURE = Path(__file__).parents[1] / "fixtures" / "sarif" / "sarif-schema-2.1.0.json"
VALIDATOR = Draft4Validator(
    json.loads(FIXTURE.read_text("utf-8")), format_checker=Draft4Validator.FORMAT_CHECKER
)


def run_of(made: Result) -> dict[str, Any]:
    document = json.loads(render("sarif", made))
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_schema_can_say_no() -> None:
    document = json.loads(render("sarif", mixed()))
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("made", [mixed(), Result(), result(finding())])
def test_valid(made: Result) -> None:
    run_of(made)


def test_levels_and_kinds() -> None:
    told = {r["ruleId"]: (r["kind"], r["level"]) for r in run_of(mixed())["results"] if not r["suppressions"]}
    assert told == {
        "store-public-acl": ("fail", "error"),
        "container-memory-limit": ("fail", "warning"),
        "dependency-pinned": ("fail", "error"),
        "store-encrypted": ("open", "none"),
        "job-timeout": ("fail", "note"),
    }


def test_rules_are_sorted_and_indexed() -> None:
    run = run_of(mixed())
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert ids == sorted(set(ids))
    for found in run["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]


@pytest.mark.parametrize(
    ("severity", "score"), [("critical", "9.5"), ("high", "8.0"), ("medium", "5.5"), ("low", "3.0"), ("info", "0.0")]
)
def test_security_severity(severity: str, score: str) -> None:
    (rule,) = run_of(result(finding(severity=severity)))["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == score
    assert "security" in rule["properties"]["tags"]


def test_help_says_why_and_what_to_do() -> None:
    (rule,) = run_of(result(finding()))["tool"]["driver"]["rules"]
    for text in rule["help"].values():
        assert "someone reads" in text
        assert "Set `acl` to `private`" in text
        assert "CKV_AWS_20" in text
        assert "guardrail rules show store-public-acl" in text


def test_rule_without_a_card() -> None:
    (rule,) = run_of(result(finding(), rules={}))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Stores are not public"


def test_location_and_snippets() -> None:
    (found,) = run_of(result(finding()))["results"]
    (location,) = found["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "main.tf", "uriBaseId": "%SRCROOT%"}
    region = physical["region"]
    assert region == {
        "startLine": 13, "startColumn": 12, "endLine": 13, "endColumn": 19, "snippet": {"text": "var.acl"},
    }  # fmt: skip
    assert physical["contextRegion"]["startLine"] == 11
    assert physical["contextRegion"]["endLine"] == 15
    assert location["logicalLocations"] == [{"fullyQualifiedName": "aws_s3_bucket.logs", "kind": "resource"}]
    assert found["partialFingerprints"] == {"guardrail/v1": "a" * 64}


def test_snippet_over_lines_and_outside_the_excerpt() -> None:
    across = finding(span=Span("main.tf", 11, 10, 13, 6))
    (found,) = run_of(result(across))["results"]
    text = found["locations"][0]["physicalLocation"]["region"]["snippet"]["text"]
    assert text == '"aws_s3_bucket" "logs" {\n  bucket = "acme-logs"\n  acl'
    for part in (excerpt(first=12), Excerpt(11, ()), excerpt(first=40)):
        (found,) = run_of(result(finding(span=Span("main.tf", 11, 1, 11, 9), excerpt=part)))["results"]
        assert "snippet" not in found["locations"][0]["physicalLocation"]["region"]


def test_a_whole_file_stands_at_line_one() -> None:
    (found,) = run_of(result(finding(span=Span("a.tf", 0, 0, 0, 0), excerpt=None)))["results"]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_no_local_path() -> None:
    run = run_of(mixed())
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"description": {"text": "The folder that was scanned."}}}


def test_evidence_is_related() -> None:
    (found,) = run_of(result(finding()))["results"]
    (related,) = found["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "variables.tf"
    assert related["message"]["text"] == 'default of var.acl = "public-read"'


def test_suppressions_are_on_all_results_or_none() -> None:
    found = {r["partialFingerprints"]["guardrail/v1"][0]: r["suppressions"] for r in run_of(mixed())["results"]}
    assert found["a"] == []
    (inline,) = found["e"]
    assert (inline["kind"], inline["justification"], inline["status"]) == ("inSource", "moves to team B", "accepted")
    assert inline["location"]["physicalLocation"]["region"]["startLine"] == 10
    (waiver,) = found["f"]
    assert waiver["kind"] == "external"
    assert waiver["properties"] == {"by": "waiver", "until": "2031-01-31"}


def test_problems_and_notes_are_notifications() -> None:
    run = run_of(mixed())
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 3
    told = [(n["level"], n["descriptor"]["id"]) for n in invocation["toolExecutionNotifications"]]
    assert told == [("error", "empty-scan"), ("error", "syntax"), ("note", "remote-module")]
    ids = [descriptor["id"] for descriptor in run["tool"]["driver"]["notifications"]]
    for notification in invocation["toolExecutionNotifications"]:
        assert ids[notification["descriptor"]["index"]] == notification["descriptor"]["id"]


def test_success_without_problems_though_the_gate_is_broken() -> None:
    (invocation,) = run_of(result(finding()))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a b/ü#?.tf", "a%20b/%C3%BC%23%3F.tf"),
        ("c:/x.tf", "c%3A/x.tf"),
        ("100%.tf", "100%25.tf"),
        ("caf\udce9.tf", "caf%E9.tf"),
        ("\ud800.tf", "%3F.tf"),
    ],
)
def test_uris(file: str, expected: str) -> None:
    assert uri(file) == expected


def test_scanned_text_makes_no_link_and_no_placeholder() -> None:
    (found,) = run_of(result(finding(message="see [here](javascript:alert) {0} ${{ x }} \x1b[2J")))["results"]
    assert found["message"]["text"] == "see [here] (javascript:alert) {{0}} ${{ x }} \\x1b[2J"


awkward = st.text(st.characters(exclude_categories=()), max_size=30)


@settings(max_examples=25, deadline=None)
@given(awkward.filter(bool), awkward, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_always_valid(file: str, text: str, line: int, column: int, more: int, end: int) -> None:
    span = Span(file, line, column, line + more, end)
    made = result(
        finding(span=span, message=text, title=text, resource=text, evidence=(Evidence(text, text, span, text),),
                excerpt=Excerpt(max(1, line), (text, text))),
        problems=[Problem("odd", text, file, line)],
    )  # fmt: skip
    render("sarif", made).encode("utf-8")
    run_of(made)


def test_schema_is_the_official_one() -> None:
    assert os.path.getsize(FIXTURE) > 100_000
    assert json.loads(FIXTURE.read_text("utf-8"))["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")


def test_a_rule_has_no_more_tags_than_services_take() -> None:
    many = [f"CC{number}.1" for number in range(30)]
    (rule,) = run_of(result(finding(category="supply-chain", frameworks={"soc2": many, "iso": ["A.1"]})))[
        "tool"
    ]["driver"]["rules"]  # fmt: skip
    tags, controls = rule["properties"]["tags"], rule["properties"]["controls"]
    assert tags[:3] == ["security", "supply-chain", "iso/A.1"]
    assert len(tags) == 20
    assert set(controls) == {"iso/A.1", *(f"soc2/{control}" for control in many)}
    assert tags[2:] == controls[:18]


def test_a_rule_without_many_controls_has_all_of_them_as_tags() -> None:
    (rule,) = run_of(result(finding(category="cost", frameworks={"soc2": ["CC6.1"]})))["tool"]["driver"]["rules"]
    assert rule["properties"]["tags"] == ["cost", "soc2/CC6.1"]


def test_a_run_has_no_more_results_than_services_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrail.reports.sarif.MAX_RESULTS", 3)
    waived = Suppression("waiver", "known")
    made = result(
        finding(message="low", severity="low"),
        finding(message="waived", severity="critical", suppression=waived),
        finding(message="open", severity="critical", verdict="undetermined"),
        finding(message="high", severity="high"),
        finding(message="critical", severity="critical"),
    )
    run = run_of(made)
    assert {told["message"]["text"] for told in run["results"]} == {"low", "high", "critical"}
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["descriptor"] == {"id": "left-out", "index": 0}
    assert note["message"]["text"].startswith("2 of 5 findings are left out")
    assert run["tool"]["driver"]["notifications"] == [{"id": "left-out"}]
    monkeypatch.setattr("guardrail.reports.sarif.MAX_RESULTS", 5)
    assert len(run_of(made)["results"]) == 5
    assert not run_of(made)["invocations"][0]["toolExecutionNotifications"]
