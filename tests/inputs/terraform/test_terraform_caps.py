"""What one root module may take is its own."""

from __future__ import annotations

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import calls, read
from guardrail.tree import Tree

MODULE = 'resource "aws_sqs_queue" "q" {}\n'
CALL = 'module "{name}" {{\n  source = "../m"\n}}\n'


def root(count: int) -> bytes:
    return "".join(CALL.format(name=f"c{number}") for number in range(count)).encode()


@pytest.mark.parametrize(("counts", "problems"), [((2, 2), 0), ((3, 3), 0), ((4, 2), 1)])
def test_module_calls_are_counted_for_each_root(
    monkeypatch: pytest.MonkeyPatch, counts: tuple[int, int], problems: int
) -> None:
    monkeypatch.setattr(calls, "MAX_MODULES", 3)
    files = {"m/main.tf": MODULE.encode(), "a/main.tf": root(counts[0]), "b/main.tf": root(counts[1])}
    reading = read(sorted(files), Tree("/does/not/exist", files), ReadOptions())
    assert [problem.kind for problem in reading.problems] == ["expansion"] * problems
    queues = [resource for resource in reading.resources if resource.kind == "aws_sqs_queue"]
    assert len(queues) == min(counts[0], 3) + min(counts[1], 3)
