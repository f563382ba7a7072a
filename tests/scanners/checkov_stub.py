"""A `checkov` that behaves as badly as a test wants: what `checkov_process` asks of the real one, and no more."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

_RUNNER_FILTER = """
class RunnerFilter:
    def __init__(self, **options):
        self.options = options
"""
_REGISTRIES = {
    "common/checks/base_check_registry.py": """
        class Check:
            id = "CKV_DOCKER_2"

        class BaseCheckRegistry:
            @staticmethod
            def get_all_registered_checks():
                return [Check()]
        """,
    "common/checks_infra/registry.py": """
        class Registry:
            checks = []

        def get_graph_checks_registry(framework):
            return Registry()
        """,
}
_RUNNER = """
import os, socket, sys, time

class Record:
    check_name = "Ensure something"
    check_result = {{"suppress_comment": "because"}}

    def __init__(self, check, path, resource=None, first=1, last=1):
        self.check_id, self.file_abs_path = check, path
        self.resource = resource or path + "."
        self.file_line_range = [first, last]

class Report:
    check_type = "{framework}"

    def __init__(self):
        self.failed_checks, self.skipped_checks, self.passed_checks, self.parsing_errors = [], [], [], []

class Runner:
    def run(self, root_folder=None, files=None, runner_filter=None):
        report = Report()
{body}
        return report
"""
FRAMEWORKS = ("arm", "bicep", "cloudformation", "dockerfile", "openapi", "ansible")


def write_stub(folder: Path, body: str) -> None:
    """`body`: what its runner of container files does with `files`, for `report`."""
    sources = {"runner_filter.py": _RUNNER_FILTER, **_REGISTRIES}
    for framework in FRAMEWORKS:
        code = indent(dedent(body).strip(), " " * 8) if framework == "dockerfile" else " " * 8 + "pass"
        sources[f"{framework}/runner.py"] = _RUNNER.format(framework=framework, body=code)
    for name, text in sources.items():
        path = folder / "checkov" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    for path in [folder / "checkov", *(path for path in (folder / "checkov").rglob("*") if path.is_dir())]:
        (path / "__init__.py").touch()
