"""What was decoded from a text stands where that is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULE = json.dumps([{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}])
CONTAINER = json.dumps([{"name": "a", "image": "b", "privileged": True}])


@pytest.mark.parametrize(
    ("kind", "argument", "rule", "line"),
    [
        ("aws_security_group", f"ingress = jsondecode({json.dumps(RULE)})", "network-ssh-closed", 2),
        ("aws_security_group", f"ingress = concat(\n  [], jsondecode({json.dumps(RULE)}))", "network-ssh-closed", 1),
        (
            "aws_ecs_task_definition",
            f"container_definitions = jsonencode(jsondecode({json.dumps(CONTAINER)}))",
            "container-privileged",
            2,
        ),
        (
            "aws_ecs_task_definition",
            f"container_definitions = jsonencode([\n  yamldecode({json.dumps(CONTAINER[1:-1])}),\n  ])",
            "container-privileged",
            3,
        ),
    ],
)
def test_what_was_decoded(
    tmp_path: Path, guardrail: Callable[..., Any], kind: str, argument: str, rule: str, line: int
) -> None:
    (tmp_path / "main.tf").write_text(f'resource "{kind}" "a" {{\n  {argument}\n}}\n', encoding="utf-8")
    findings = json.loads(guardrail("scan", tmp_path, "--format", "json").out)["findings"]
    assert [(found["file"], found["line"]) for found in findings if found["rule"] == rule] == [("main.tf", line)]
    assert all(found["file"] for found in findings)
