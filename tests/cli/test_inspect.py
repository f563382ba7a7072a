"""`guardrail inspect` shows the model as JSON that every parser takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run

NUMBERS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: numbers, namespace: x}
data: {all: .inf, none: .nan, large: 1e400}
"""


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def test_numbers_that_json_lacks(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "numbers.yaml").write_text(NUMBERS)
    run = guardrail("inspect", tmp_path, "--format", "json")
    assert run.code == 0
    shown = json.loads(run.out, parse_constant=_no_constant)
    assert shown["resources"][0]["attributes"]["data"] == {"all": "inf", "none": "nan", "large": "inf"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_where_the_terminal_lacks_a_character(tmp_path: Path, form: str) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_kms_key" "k" {\n  description = "ключ"\n}\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "guardrail", "inspect", str(tmp_path), "--format", form],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, check=True,
    )  # fmt: skip
    if form == "json":  # which is UTF-8 everywhere
        assert json.loads(done.stdout)["resources"][0]["attributes"] == {"description": "ключ"}
    else:
        assert rb'description: "\u043a\u043b\u044e\u0447"' in done.stdout
