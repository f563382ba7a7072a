"""`effective`: the day from which on a rule blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Run

BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "acme"\n}\n'
DAYS = {"2026-12-31": "1798675200", "2027-01-01": "1798761600"}


@pytest.fixture
def scan(tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """(enforce, effective, exit code) of the one finding of `store-versioned`, on a day."""

    def run(config: str, day: str, *options: str) -> tuple[str, str, int]:
        (tmp_path / "guardrail.yaml").write_text(config)
        (tmp_path / "main.tf").write_text(BUCKET)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", DAYS[day])
        done = guardrail("scan", tmp_path, "-f", "json", "--rule", "store-versioned", *options)
        [found] = json.loads(done.out)["findings"]
        return found["enforce"], found.get("effective", ""), done.code

    return run


def test_it_warns_until_the_day_before_and_then_blocks(scan: Callable[..., Any]) -> None:
    config = "rules: {store-versioned: {severity: high, effective: 2027-01-01}}\n"
    assert scan(config, "2026-12-31") == ("warn", "2027-01-01", 0)
    assert scan(config, "2027-01-01") == ("block", "", 1)


@pytest.mark.parametrize(
    ("config", "before"),
    [
        ("rules: {'store-*': {effective: 2027-01-01}}", ("warn", "2027-01-01", 0)),
        ("rules: {store-versioned: {effective: 2027-01-01, enforce: warn}}", ("warn", "", 0)),
        ("rules: {'store-*': {effective: 2027-01-01}, store-versioned: {enforce: block}}", ("warn", "2027-01-01", 0)),
        ("rules: {'*': off, store-versioned: {effective: 2027-01-01}}", ("warn", "2027-01-01", 0)),
        ("paths: [{match: ['*.tf'], rules: {store-versioned: {effective: 2020-01-01}}}]\n"
         "rules: {store-versioned: {effective: 2027-01-01}}", ("block", "", 1)),
    ],
)  # fmt: skip
def test_where_it_may_be_said(scan: Callable[..., Any], config: str, before: tuple[str, str, int]) -> None:
    assert scan(config, "2026-12-31") == before


def test_another_day_is_not_what_the_cache_has(
    scan: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guardrail import running

    monkeypatch.setattr(running, "WORTH_KEEPING", 0)
    config = "rules: {store-versioned: {effective: 2027-01-01}}\n"
    for _ in range(2):
        assert scan(config, "2026-12-31") == ("warn", "2027-01-01", 0)
        assert scan(config, "2027-01-01") == ("block", "", 1)


def test_text_says_from_when(tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guardrail.yaml").write_text("rules: {store-versioned: {effective: 2027-01-01}}\n")
    (tmp_path / "main.tf").write_text(BUCKET)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAYS["2026-12-31"])
    done = guardrail("scan", tmp_path, "--rule", "store-versioned")
    assert "warns only, blocks from 2027-01-01 on" in done.out
    assert "effective: 2027-01-01  (guardrail.yaml:1)" in guardrail("config", "show", tmp_path / "main.tf").out


@pytest.mark.parametrize("day", ["soon", "2027-02-30", "20270101", "2027-W01-1"])
def test_what_is_no_day_ends_the_run(tmp_path: Path, guardrail: Callable[..., Run], day: str) -> None:
    (tmp_path / "guardrail.yaml").write_text(f'rules: {{store-versioned: {{effective: "{day}"}}}}\n')
    done = guardrail("scan", tmp_path)
    assert (done.code, f'"{day}" is no day such as 2027-01-31' in done.err) == (2, True)
