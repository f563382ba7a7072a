"""Scans of files that a test writes, on a day of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from harness import Run


@pytest.fixture
def findings_in(
    tmp_path: Path, guardrail: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, Any]]]:
    """The findings of these rules in these files, on 15 June 2026."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1781481600")

    def scan(
        files: dict[str, str], *rules: str, paths: Sequence[str] = (".",), cached: bool = False
    ) -> list[dict[str, Any]]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(dedent(text), encoding="utf-8")
        chosen = [word for rule in rules for word in ("--rule", rule)]
        options = [] if cached else ["--no-cache"]
        report = guardrail("scan", *(tmp_path / path for path in paths), "-f", "json", *chosen, *options).out
        findings: list[dict[str, Any]] = json.loads(report)["findings"]
        return findings

    return scan
