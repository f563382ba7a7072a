"""Checkov itself, beside guardrail. It brings a `hcl2` that is not the one that other tests need, so it has an
environment of its own: `pip install -e ".[checkov]" pytest hypothesis`, then `pytest -m checkov tests/scanners`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import REPOSITORY, Run

from guardrail.scanners.checkov import FRAMEWORKS, found_in

FIXTURES = REPOSITORY / "tests/fixtures/checkov"
TREE = FIXTURES / "tree"
pytestmark = pytest.mark.checkov


@pytest.fixture(scope="module", autouse=True)
def _checkov() -> None:
    if found_in() is None:
        if os.environ.get("REQUIRE_CHECKOV"):
            pytest.fail("Checkov is not installed, and REQUIRE_CHECKOV is set")
        pytest.skip("Checkov is not installed")


Scan = Callable[..., dict[str, Any]]


@pytest.fixture
def scan(guardrail: Callable[..., Run]) -> Scan:
    def run(*options: str | Path) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(guardrail("scan", TREE, "-f", "json", "--no-cache", *options).out)
        for one in report["findings"]:
            one["file"] = one["file"].removeprefix(f"{TREE.relative_to(REPOSITORY)}/")
        return report

    return run


def test_its_findings_stand_at_their_lines(scan: Scan) -> None:
    report = scan("--config", FIXTURES / "settings.yaml")
    expected = yaml.safe_load((FIXTURES / "expected.yaml").read_text())
    found = [
        {
            "file": one["file"],
            "line": one["line"],
            "rule": one["rule"],
            "severity": one["severity"],
            **({"suppressed": one["suppression"]["by"]} if one["suppression"] else {}),
        }
        for one in report["findings"]
    ]
    assert found == expected
    assert report["problems"] == []


def test_they_are_those_of_its_own_command_line(scan: Scan, tmp_path: Path) -> None:
    command = [
        os.path.join(os.path.dirname(sys.executable), "checkov"), "-d", str(TREE), "--compact", "-o", "json",
        "--skip-download", "--framework", *FRAMEWORKS,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    own = {
        (of_framework["check_type"], record["check_id"], record["file_path"].lstrip("/"), record["file_line_range"][0])
        for of_framework in json.loads(done.stdout)
        for record in of_framework["results"]["failed_checks"]
    }
    found = {
        (one["platform"], one["rule"], one["file"], one["line"])
        for one in scan("--scanner", "checkov")["findings"]
        if not one["suppression"] or "checkov:skip" not in one["suppression"]["reason"]
    }
    assert found == own
    assert {framework for framework, *_ in own} == set(FRAMEWORKS)
