"""`guardrail inspect` shows the model as JSON that every parser takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

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
