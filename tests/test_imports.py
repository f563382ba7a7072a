"""What a scan in text mode may import. Start-up is most of what a commit hook takes, and is lost module by module."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from harness import EXAMPLES

# What a scan of files of one platform imports besides the standard library and guardrail.
PACKAGES = {
    "infra/envs/dev": {"click", "tree_sitter", "tree_sitter_hcl", "yaml", "_yaml"},  # for its guardrail.yaml
    "deploy/base/worker.yaml": {"click", "yaml", "_yaml"},
    ".github/workflows/release.yml": {"click", "yaml", "_yaml"},
}
# Heavy ones of the standard library, and why nobody needs them there.
HEAVY = {
    "asyncio", "email", "hashlib", "http", "logging", "multiprocessing", "socket", "sqlite3", "ssl", "subprocess",
    "tempfile", "unittest", "urllib.request", "xml", "zipfile",
}  # fmt: skip
# Rooms of guardrail that such a scan never enters.
ELSEWHERE = ("guardrail.kit", "guardrail.cli.rules", "guardrail.reports.html_report", "guardrail.reports.sarif",
             "guardrail.policy.loading", "guardrail.policy.packs", "guardrail.examples",
             "guardrail.inputs.kubernetes.helm.engine", "guardrail.inputs.kubernetes.kustomize.build")  # fmt: skip
READERS = {
    "infra/envs/dev": ("guardrail.inputs.kubernetes.reader", "guardrail.inputs.pipelines.github"),
    "deploy/base/worker.yaml": ("guardrail.inputs.terraform.reader", "guardrail.inputs.pipelines.github"),
    ".github/workflows/release.yml": ("guardrail.inputs.terraform.reader", "guardrail.inputs.kubernetes.reader"),
}

_SCAN = """
import json, sys
before = set(sys.modules)
from guardrail.__main__ import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - before)))
"""


_CLICK = """
import json, sys
before = set(sys.modules)
import click
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def modules(arguments: list[str], cache: Path, code: str = _SCAN) -> set[str]:
    def run() -> str:
        command = [sys.executable, "-c", code, *arguments]
        environment = {"GUARDRAIL_CACHE": str(cache), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    run()  # compiles the rules, for which more is needed
    found: list[str] = json.loads(run().splitlines()[-1])
    return set(found)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("part", list(PACKAGES))
def test_a_scan_imports_what_it_needs(part: str, cache: Path) -> None:
    found = modules(["scan", "-q", str(EXAMPLES / "webshop" / part)], cache)
    standard = sys.stdlib_module_names
    tops = {name.partition(".")[0] for name in found} - standard - {"guardrail"}
    packages = {name for name in tops if "cython" not in name}  # which PyYAML brings along
    assert packages <= PACKAGES[part]
    assert not HEAVY & (found - modules([], cache, _CLICK))  # click's own: Python 3.10's `platform` needs subprocess
    assert not [name for name in found if name.startswith((*ELSEWHERE, *READERS[part]))]


def test_the_version_costs_nothing(cache: Path) -> None:
    found = modules(["--version"], cache)
    assert {name for name in found if name.startswith("guardrail.")} <= {
        "guardrail.__main__", "guardrail._version", "guardrail.cli", "guardrail.errors",
    }  # fmt: skip


def test_a_changed_manifest_is_nothing_to_terraform(cache: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "deploy" / "pod.yaml"
    manifest.parent.mkdir()
    manifest.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    (tmp_path / "main.tf").write_text('resource "a_b" "c" {}\n')
    found = modules(["scan", "-q", "--changed", str(manifest)], cache)
    assert "guardrail.inputs.kubernetes.reader" in found
    terraform = {name for name in found if name.startswith(("guardrail.inputs.terraform.", "guardrail.formats.hcl"))}
    assert terraform <= {"guardrail.inputs.terraform.grouping"}
