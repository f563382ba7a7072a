"""The JSON report keeps its published shape and can always be written and read."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from result_builder import finding, mixed, result

from guardrail.model import Coverage, Evidence, Problem, Result, Sensitive, Span
from guardrail.reports import render
from guardrail.reports.hostile import json_value

SCHEMA = json.loads((files("guardrail.reports") / "result.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def loaded(made: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("json", made))
    VALIDATOR.validate(document)
    return document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("coverage"),
        lambda d: d["findings"][0].pop("fingerprint"),
        lambda d: d["findings"][0].update(verdict="pass"),
        lambda d: d["findings"][0].update(line="12"),
        lambda d: d["summary"]["by_severity"].update(awful=1),
        lambda d: d["summary"].update(exit_code=2),
        lambda d: d["problems"][0].pop("message"),
    ],
)
def test_the_schema_says_no(spoil: Any) -> None:
    document = loaded(mixed())
    spoil(document)
    assert not VALIDATOR.is_valid(document)


def test_exact_keys() -> None:
    document = loaded(mixed())
    assert list(document) == ["schema", "tool", "summary", "findings", "problems", "notes", "coverage"]
    assert list(document["findings"][0]) == [
        "rule", "title", "severity", "category", "verdict", "enforce", "resource", "instances", "kind", "platform",
        "provider", "file", "line", "column", "end_line", "end_column", "message", "remedy", "evidence", "replaces",
        "frameworks", "fingerprint", "suppression",
    ]  # fmt: skip
    assert document["schema"] == 1
    assert document["coverage"] == {
        "files": {"analysed": 40, "partial": 1, "skipped": 3, "failed": 0},
        "resources": 120,
        "rules": 60,
        "passes": 900,
    }


def test_summary_counts_what_is_active() -> None:
    summary = loaded(mixed())["summary"]
    assert (summary["failures"], summary["undetermined"], summary["suppressed"], summary["problems"]) == (4, 1, 2, 2)
    assert summary["by_severity"] == {"critical": 1, "high": 1, "medium": 1, "low": 0, "info": 1}
    assert sum(summary["by_category"].values()) == 4
    assert summary["gate"] == {"fail_on": "low", "broken": True}
    assert summary["exit_code"] == 3


def test_suppressed_findings_stay() -> None:
    by = {f["suppression"]["by"]: f["suppression"] for f in loaded(mixed())["findings"] if f["suppression"]}
    assert by["inline"] == {"by": "inline", "reason": "moves to team B", "file": "main.tf", "line": 10, "until": None}
    assert by["waiver"] == {
        "by": "waiver", "reason": "until the cut-over", "file": None, "line": None, "until": "2031-01-31",
    }  # fmt: skip


def test_sorted_by_place() -> None:
    places = [(f["file"], f["line"], f["column"]) for f in loaded(mixed())["findings"]]
    assert places == sorted(places)


def test_evidence() -> None:
    (item,) = loaded(result(finding()))["findings"][0]["evidence"]
    assert item == {
        "path": "", "value": "public-read", "file": "variables.tf", "line": 3, "note": "default of var.acl",
    }  # fmt: skip


def test_no_secret_slips_through() -> None:
    item = Evidence("password", {"a": [Sensitive("hunter2")]}, Span("a.tf", 1, 1, 1, 2), "")
    made = result(finding(evidence=(item,)))
    assert "hunter2" not in render("json", made)
    assert loaded(made)["findings"][0]["evidence"][0]["value"] == {"a": [{"$sensitive": True}]}


def test_a_name_that_is_not_utf8() -> None:
    text = render("json", result(finding(span=Span("caf\udce9.tf", 1, 1, 1, 2), message="\ud800")))
    text.encode("utf-8")
    (found,) = json.loads(text)["findings"]
    assert found["file"] == "caf\\xe9.tf"
    assert found["message"] == "\\ud800"


def test_numbers_that_json_lacks() -> None:
    assert json_value({"a": math.inf, "b": [math.nan], "c": -0.5}) == {"a": "inf", "b": ["nan"], "c": -0.5}
    huge = json_value(16**9000)
    assert huge.startswith("0x1000")


def test_empty_result() -> None:
    document = loaded(Result(coverage=Coverage()))
    assert document["findings"] == []
    assert document["summary"]["exit_code"] == 0


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=())), json_like)
def test_any_text_and_value_can_be_written(text: str, value: Any) -> None:
    where = Span(text, 1, 1, 1, 1)
    one = finding(message=text, span=where, evidence=(Evidence(text, value, where, ""),))
    made = result(one, problems=[Problem("x", text, text)])
    render("json", made).encode("utf-8")
    loaded(made)
