"""Blocks of which nobody knows how many there are, and what has as many."""

from __future__ import annotations

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Reference, Resource, Unknown
from guardrail.tree import Tree


def resources(text: str, **modules: str) -> dict[str, Resource]:
    files = {"main.tf": text.encode()} | {f"{name}/main.tf": content.encode() for name, content in modules.items()}
    found = read(list(files), Tree("/nowhere", files), ReadOptions())
    assert not found.problems
    return {resource.address: resource for resource in found.resources}


def test_one_of_several_of_unknown_number_is_one_of_them() -> None:
    found = resources("""
variable "environments" {}
resource "aws_s3_bucket" "logs" {
  for_each = toset(var.environments)
  bucket   = "logs-${each.key}"
}
resource "aws_s3_bucket_policy" "logs" {
  for_each = aws_s3_bucket.logs
  bucket   = each.value.id
  policy   = "{}"
}
""")
    bucket, policy = found["aws_s3_bucket.logs"], found["aws_s3_bucket_policy.logs"]
    value = policy.attributes["bucket"]
    assert isinstance(value, Reference)
    assert (value.target, value.attribute) == ("aws_s3_bucket.logs", "id")
    assert ("bucket", "aws_s3_bucket.logs", "id") in [(e.path, e.target, e.attribute) for e in policy.edges]
    assert policy.surely_beside(bucket)


def test_so_with_modules() -> None:
    found = resources(
        """
variable "environments" {}
module "bucket" {
  source   = "./bucket"
  for_each = toset(var.environments)
}
resource "aws_s3_bucket_policy" "logs" {
  for_each = module.bucket
  bucket   = each.value.name
  policy   = "{}"
}
""",
        bucket='resource "aws_s3_bucket" "a" {}\noutput "name" {\n  value = aws_s3_bucket.a.id\n}\n',
    )
    value = found["aws_s3_bucket_policy.logs"].attributes["bucket"]
    assert isinstance(value, Reference)
    assert value.target.endswith("aws_s3_bucket.a")


def test_one_of_a_collection_that_is_unknown_is_unknown() -> None:
    found = resources("""
variable "buckets" {}
resource "aws_s3_bucket_policy" "logs" {
  for_each = var.buckets
  bucket   = each.value.id
}
""")
    value = found["aws_s3_bucket_policy.logs"].attributes["bucket"]
    assert isinstance(value, Unknown)
    assert not isinstance(value, Reference)
