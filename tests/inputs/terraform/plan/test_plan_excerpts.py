"""A plan is one line, with everybody's secrets on it: no report quotes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness import Run

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {"resources": []}},
    "resource_changes": [
        {
            "address": address, "mode": "managed", "type": kind, "name": "x",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {}},
        }
        for address, kind, after in (
            ("aws_sqs_queue.x", "aws_sqs_queue", {"name": "jobs", "sqs_managed_sse_enabled": False}),
            ("aws_db_instance.x", "aws_db_instance", {"identifier": "db", "password": "correct-horse-7"}),
        )
    ],
    "configuration": {},
}  # fmt: skip


def test_nothing_of_a_plan_is_quoted(tmp_path: Path, guardrail: Callable[..., Run]) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    for form in ("text", "json", "sarif", "html"):
        done = guardrail("scan", tmp_path, "-f", form)
        assert done.code == 1
        assert "aws_sqs_queue.x" in done.out
        assert "correct-horse" not in done.out
