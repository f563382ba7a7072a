"""Checkov's own process: files in, records out, a line of JSON for each tree and framework.

Started by `scanners.checkov` in an empty folder and with an environment of its own. It asks Checkov's runners rather
than its command line, which would read configuration from the scanned tree and look for news of itself.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from guardrail.scanners.checkov import FRAMEWORKS

MAX_MEMORY = 4 << 30
MAX_ERROR = 200  # characters

def main() -> None:
    jobs = json.loads(sys.stdin.buffer.read())
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Checkov prints is no record
    _bound()
    for framework in FRAMEWORKS:  # all of them: Bicep has most of its checks from ARM's
        import_module(f"checkov.{framework}.runner")
    for number, job in enumerate(jobs):
        for framework, files in job.items():
            record = _run(framework, files)
            results.write(json.dumps({"job": number, "framework": framework, **record}) + "\n")
            results.flush()
    results.write(json.dumps({"ids": sorted(_ids({name for job in jobs for name in job}))}) + "\n")
    results.close()


def _bound() -> None:
    """Hostile files: no network on their behalf, and no more memory than that."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError("guardrail lets nothing on the network")

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refuse)
    socket.getaddrinfo = refuse
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MAX_MEMORY if hard == resource.RLIM_INFINITY else min(MAX_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _run(framework: str, files: Sequence[str]) -> dict[str, Any]:
    """What a runner says of all files together; where one of them brings it down, of each by itself."""
    try:
        return _records(framework, files)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told of as a problem of that file
        if len(files) == 1:
            return {"failed": [], "skipped": [], "passed": [], "unparsed": [], "errors": [[files[0], _said(error)]]}
    whole: dict[str, list[Any]] = {}
    for file in files:
        for key, found in _run(framework, [file]).items():
            whole.setdefault(key, []).extend(found)
    return whole


def _records(framework: str, files: Sequence[str]) -> dict[str, Any]:
    only = import_module("checkov.runner_filter").RunnerFilter(
        framework=[framework], runners=[framework], show_progress_bar=False, download_external_modules=False
    )
    only.run_image_referencer = False
    runner = import_module(f"checkov.{framework}.runner").Runner()
    found = runner.run(root_folder=None, files=list(files), runner_filter=only)
    reports = found if isinstance(found, list) else [found]
    kept = [report for report in reports if report is not None and report.check_type == framework]
    return {
        "failed": [_record(record) for report in kept for record in report.failed_checks],
        "skipped": [_record(record) for report in kept for record in report.skipped_checks],
        "passed": [
            [record.check_id, record.file_abs_path, record.resource]
            for report in kept
            for record in report.passed_checks
        ],
        "unparsed": sorted({str(path) for report in kept for path in report.parsing_errors}),
        "errors": [],
    }


def _record(record: Any) -> dict[str, Any]:
    """What reports show, and nothing that a secret could stand in: no code, no details, no values."""
    first, last = (record.file_line_range or [0, 0])[:2]
    return {
        "id": record.check_id,
        "name": record.check_name,
        "path": record.file_abs_path,
        "first": first,
        "last": last,
        "resource": record.resource,
        "reason": (record.check_result or {}).get("suppress_comment") or "",
    }


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_ERROR]


def _ids(frameworks: Iterable[str]) -> set[str]:
    """The ids of all checks that were there to run."""
    registries = import_module("checkov.common.checks.base_check_registry").BaseCheckRegistry
    of_graphs = import_module("checkov.common.checks_infra.registry").get_graph_checks_registry
    found = {check.id for check in registries.get_all_registered_checks()}
    for framework in frameworks:
        found.update(check.id for check in of_graphs(framework).checks)
    return found


if __name__ == "__main__":
    main()
