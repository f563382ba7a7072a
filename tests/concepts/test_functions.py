"""What functions cannot have."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())
FUNCTION = """
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({ Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = [SERVICES] } },
  ] })
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.r.arn
  publish       = PUBLISH
}
"""
RUN_BY_A_CDN = """
resource "aws_cloudfront_distribution" "d" {
  ordered_cache_behavior {
    lambda_function_association {
      event_type = "origin-request"
      lambda_arn = "${aws_lambda_function.f.arn}:${aws_lambda_function.f.version}"
    }
  }
}
"""
CALLED_BY_A_CDN = """
resource "aws_cloudfront_distribution" "d" {
  origin {
    domain_name = aws_lambda_function.f.function_name
  }
}
"""


@pytest.mark.parametrize(
    ("services", "publish", "more", "at_the_edge"),
    [
        ('"lambda.amazonaws.com"', "true", "", False),
        ('"lambda.amazonaws.com", "edgelambda.amazonaws.com"', "true", "", True),
        ('"lambda.amazonaws.com", "edgelambda.amazonaws.com"', "false", "", False),
        ('"lambda.amazonaws.com"', "false", RUN_BY_A_CDN, True),
        ('"lambda.amazonaws.com"', "true", CALLED_BY_A_CDN, False),
    ],
)
def test_a_function_at_the_edge_has_neither_network_nor_traces_nor_queue(
    services: str, publish: str, more: str, at_the_edge: bool
) -> None:
    text = FUNCTION.replace("SERVICES", services).replace("PUBLISH", publish) + more
    reading = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(reading.resources)
    assert not reading.problems
    assert not build(inventory, BINDINGS)
    (function,) = inventory.by_concept["function"]
    assert "timeout" in function.fields
    for name in ("vpc", "tracing", "dead_letter"):
        assert (name in function.fields) is not at_the_edge
