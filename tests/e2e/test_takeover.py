"""The example of a repository that took guardrail up late, by the real command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import EXAMPLES

SEPTEMBER, DECEMBER, MARCH = "1788220800", "1796083200", "1803859200"  # the first days of these, 2026 and 2027


@pytest.fixture
def takeover(tmp_path: Path) -> Path:
    """A copy that stands alone."""
    target = tmp_path / "takeover"
    shutil.copytree(EXAMPLES / "takeover", target)
    (target / ".git").mkdir()
    return target


def scan(folder: Path, day: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "guardrail", "scan", ".", "-f", "json", "--no-cache"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": day}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    report["found"] = [
        (one["file"], one["line"], one["rule"], one["suppression"]["by"] if one["suppression"] else one["enforce"])
        for one in report["findings"]
    ]
    return report


ACCEPTED = [
    ("deploy/api.yaml", 18, "container-privileged", "baseline"),
    ("infra/agent.tf", 19, "container-privileged", "waiver"),
    ("infra/modules/queue/main.tf", 17, "store-encrypted", "baseline"),
]
PINS = [("deploy/api.yaml", 15, "image-pinned-by-digest"), ("infra/agent.tf", 17, "image-pinned-by-digest")]


def test_while_the_waivers_hold_the_gate_does(takeover: Path) -> None:
    report = scan(takeover, SEPTEMBER)
    waived = ("infra/main.tf", 21, "network-ssh-closed", "waiver")
    assert report["found"] == sorted([*ACCEPTED, waived, *((*pin, "warn") for pin in PINS)])
    assert (report["summary"]["exit_code"], report["problems"], report["notes"]) == (0, [], [])


def test_a_waiver_that_has_run_out_lets_nothing_through(takeover: Path) -> None:
    report = scan(takeover, DECEMBER)
    again = [("infra/main.tf", 21, "network-ssh-closed", "block"), ("guardrail.yaml", 18, "ignore-expired", "block")]
    assert report["found"] == sorted([*ACCEPTED, *again, *((*pin, "warn") for pin in PINS)])
    [opened] = [one for one in report["findings"] if one["rule"] == "network-ssh-closed"]
    assert [(note["note"], note["file"], note["line"]) for note in opened["evidence"][1:]] == [
        ("an entry of aws_ec2_managed_prefix_list.suppliers", "infra/main.tf", 38),
        ("a waiver of this ended on 2026-09-30", "guardrail.yaml", 18),
    ]
    assert report["summary"]["exit_code"] == 1


def test_from_its_day_on_a_rule_blocks(takeover: Path) -> None:
    assert [one for one in scan(takeover, MARCH)["found"] if one[2] == "image-pinned-by-digest"] == [
        (*pin, "block") for pin in PINS
    ]
