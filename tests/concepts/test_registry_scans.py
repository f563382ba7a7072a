"""What a registry of Amazon's scans of what is pushed to it."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory, Unknown
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())
REGISTRY = """
variable "name" {}
resource "aws_ecr_registry_scanning_configuration" "r" {
  rule {
    scan_frequency = "FREQUENCY"
    repository_filter {
      filter      = "PATTERN"
      filter_type = "WILDCARD"
    }
  }
}
resource "aws_ecr_repository" "x" {
  name = NAME
}
"""


@pytest.mark.parametrize(
    ("frequency", "pattern", "name", "scanned"),
    [
        ("SCAN_ON_PUSH", "*", '"app"', True),
        ("CONTINUOUS_SCAN", "*", "var.name", True),
        ("MANUAL", "*", '"app"', False),
        ("SCAN_ON_PUSH", "prod", '"repo-prod-repo"', True),
        ("SCAN_ON_PUSH", "prod*", '"prod-repo"', True),
        ("SCAN_ON_PUSH", "prod*", '"repo-prod"', False),
        ("SCAN_ON_PUSH", "*prod", '"repo-prod"', True),
        ("SCAN_ON_PUSH", "*prod", '"prod-repo"', False),
        ("SCAN_ON_PUSH", "a*b*b", '"a-b-b"', True),
        ("SCAN_ON_PUSH", "a*b*b", '"a-b"', False),
        ("SCAN_ON_PUSH", "prod*", "var.name", "unknown"),
        ("SCAN_ON_PUSH", "${var.name}*", '"app"', "unknown"),
        ("${var.name}", "*", '"app"', "unknown"),
    ],
)
def test_a_registry_scans_what_its_filters_name(frequency: str, pattern: str, name: str, scanned: object) -> None:
    text = REGISTRY.replace("FREQUENCY", frequency).replace("PATTERN", pattern).replace("NAME", name)
    reading = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(reading.resources)
    assert not reading.problems
    assert not build(inventory, BINDINGS)
    (repository,) = inventory.by_kind["aws_ecr_repository"]
    value = repository.nouns["store"][0].fields["scanned"]
    assert ("unknown" if isinstance(value, Unknown) else value) == scanned
