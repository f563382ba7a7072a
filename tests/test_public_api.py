"""The public API, frozen: changing it takes a deliberate change here, and a line in the changelog."""

from __future__ import annotations

import inspect
from pathlib import Path

import guardrail

NAMES = [
    "ConfigError", "Evidence", "Finding", "GuardrailError", "InternalFault", "Problem", "Result", "RuleError", "Span",
    "Unknown", "UsageError", "__version__", "failed", "passed", "rule", "scan", "undetermined",
]  # fmt: skip


def test_names() -> None:
    assert guardrail.__all__ == NAMES
    for name in NAMES:
        assert getattr(guardrail, name) is not None


def test_scan_takes_what_it_takes() -> None:
    parameters = inspect.signature(guardrail.scan).parameters
    assert [(p.name, p.default) for p in parameters.values()] == [("paths", inspect.Parameter.empty), ("config", None)]


def test_scan_twice(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n")
    for _ in range(2):  # a submodule called like the function would have replaced it by now
        result = guardrail.scan([str(tmp_path)])
        assert isinstance(result, guardrail.Result)
        assert result.coverage.resources == 1
        assert result.exit_code == 0


def test_result_attributes() -> None:
    public = {name for name in vars(guardrail.Result(base="")) if not name.startswith("_")}
    assert public == {
        "base", "coverage", "coverage_of", "fail_on", "findings", "notes", "problems", "repositories", "rules",
    }  # fmt: skip
    fields = set(guardrail.Finding.__annotations__)
    assert fields == {
        "category", "effective", "enforce", "environments", "evidence", "excerpt", "fingerprint", "frameworks",
        "instances", "kind", "message", "owner", "platform", "provider", "remedy", "replaces", "resource", "rule",
        "severity", "span", "suppression", "title", "verdict",
    }  # fmt: skip
