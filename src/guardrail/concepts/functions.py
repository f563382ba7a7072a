"""What functions cannot have: those that a CDN runs at its edge stand in no network, and are neither traced nor have
they a queue for what they fail to handle.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.model import Inventory, Noun, Resource, Seq

_NOT_AT_THE_EDGE = ("vpc", "tracing", "dead_letter")
_EDGE = "edgelambda.amazonaws.com"


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """Takes fields from the `function` nouns that the resource has; makes none."""
    if resource.kind == "aws_lambda_function" and _at_the_edge(resource, inventory):
        for noun in resource.nouns["function"]:
            for name in _NOT_AT_THE_EDGE:
                noun.fields.pop(name, None)
    yield from ()


def _at_the_edge(function: Resource, inventory: Inventory) -> bool:
    """Whether a distribution runs it; or may, since who replicates functions to the edge may take its role, and there
    are versions of it, as there must be for that."""
    if any(
        other.kind == "aws_cloudfront_distribution" and "lambda_function_association" in path
        for other, path in inventory.referring_to(function)
    ):
        return True
    if not function.attributes.get("publish"):
        return False
    for role in inventory.referred_to_by(function, "role"):
        for grant in role.nouns.get("grant", ()):
            principals = grant.fields.get("principals")
            if grant.fields.get("class") == "trust" and isinstance(principals, Seq) and _EDGE in principals:
                return True
    return False
