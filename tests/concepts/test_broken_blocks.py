"""What a block that is broken off may have further on is unknown to every concept, and no reason to crash."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, Unknown
from guardrail.tree import Tree


@pytest.mark.parametrize(
    ("block", "concept", "field"),
    [
        ('resource "aws_lambda_function" "a" {\n  s3_key = "x"\n', "dependency", "name"),
        ('resource "aws_security_group" "a" {\n  ingress {\n    from_port = 22\n', "network_rule", "description"),
        ('resource "aws_security_group_rule" "a" {\n  type = "ingress"\n', "network_rule", "description"),
        ('resource "alicloud_security_group_rule" "a" {\n  type = "ingress"\n', "network_rule", "action"),
        ('resource "nifcloud_security_group_rule" "a" {\n  type = "IN"\n', "network_rule", "description"),
        ('resource "kubernetes_pod" "a" {\n  spec {\n    host_network = true\n', "workload", "automount_token"),
    ],
)
def test_a_block_that_is_broken_off(block: str, concept: str, field: str) -> None:
    reading = load(BY_NAME["terraform"])(["main.tf"], Tree("/nowhere", {"main.tf": block.encode()}), ReadOptions())
    assert [problem.kind for problem in reading.problems][:1] == ["syntax"]
    inventory = Inventory(reading.resources)
    assert not build(inventory, {})
    noun = inventory.by_concept[concept][0]
    assert isinstance(noun.fields.get(field), Unknown)
