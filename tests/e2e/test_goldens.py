"""The real command line over the examples, byte for byte, under two hash seeds and with one and two workers.

`pytest tests/e2e --update-goldens` writes what comes out now; read the difference before you keep it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {"text": "txt", "json": "json", "sarif": "sarif"}
# Ignores in the examples have dates; their day must not pass while nobody looks.
DAY = "1767225600"  # 2026-01-01


@pytest.fixture
def webshop(tmp_path: Path) -> Path:
    """A copy that stands alone, so that names don't depend on where this checkout is."""
    target = tmp_path / "webshop"
    shutil.copytree(EXAMPLES / "webshop", target)
    (target / ".git").mkdir()
    return target


def scan(folder: Path, out: Path, seed: str, workers: int) -> int:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": DAY, "COLUMNS": "200", "NO_COLOR": "1"}
    arguments = ["scan", ".", "--workers", str(workers), "-q"]
    for form, suffix in FORMATS.items():
        arguments += ["-o", f"{form}={out}/webshop.{suffix}"]
    done = subprocess.run([sys.executable, "-m", "guardrail", *arguments], cwd=folder, env=environment, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert done.stderr == ""
    return done.returncode


@pytest.mark.parametrize(("seed", "workers"), [("0", 1), ("0", 2), ("4711", 1), ("4711", 2)])
def test_webshop(webshop: Path, tmp_path: Path, seed: str, workers: int, request: pytest.FixtureRequest) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert scan(webshop, out, seed, workers) == 1
    for suffix in FORMATS.values():
        written = (out / f"webshop.{suffix}").read_bytes()
        golden = GOLDEN / f"webshop.{suffix}"
        if request.config.getoption("--update-goldens") and (seed, workers) == ("0", 1):
            golden.parent.mkdir(exist_ok=True)
            golden.write_bytes(written)
        assert written.decode() == golden.read_text(encoding="utf-8"), suffix


def test_the_working_directory_does_not_matter(webshop: Path, tmp_path: Path) -> None:
    outputs = []
    for folder, path in ((webshop, "."), (webshop / "infra", ".."), (tmp_path, "webshop")):
        done = subprocess.run(
            [sys.executable, "-m", "guardrail", "scan", path, "-f", "json"], cwd=folder, capture_output=True, text=True,
            check=False, env={**os.environ, "SOURCE_DATE_EPOCH": DAY},
        )  # fmt: skip
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1] == outputs[2]


def test_the_paved_road_is_clean(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "paved-road", tmp_path / "paved-road")
    command = [sys.executable, "-m", "guardrail", "scan", str(tmp_path / "paved-road")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("no findings")
