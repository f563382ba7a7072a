"""What compares resources with each other, which conditions cannot."""

import guardrail

TWICE = """
resource "aws_s3_bucket" "logs" {
  bucket = "shop-logs" # guardrail:expect
}

resource "aws_s3_bucket" "old_logs" {
  bucket = "shop-logs" # guardrail:expect
}
"""
ONCE = """
resource "aws_s3_bucket" "logs" {
  bucket = "shop-logs"
}

resource "aws_s3_bucket" "assets" {
  bucket = "shop-assets"
}
"""
UNKNOWN = """
variable "name" {}

resource "aws_s3_bucket" "logs" {
  bucket = var.name # guardrail:expect
}
"""


@guardrail.rule(
    id="bucket-clashes",
    on="aws_s3_bucket",
    title="No two buckets have the same name",
    severity="medium",
    category="reliability",
    why="Only one of them can be made; the other fails when it is applied.",
    remedy="Give one of the buckets another name.",
    examples=[{"fail": TWICE}, {"pass": ONCE}, {"undetermined": UNKNOWN}],
)
def bucket_clashes(bucket, inventory):
    name = bucket.attributes.get("bucket")
    if name is None:
        return None  # Terraform makes one up
    if isinstance(name, guardrail.Unknown):
        return guardrail.undetermined(at="bucket")
    others = [
        other.local
        for other in inventory.by_kind["aws_s3_bucket"]
        if other is not bucket and other.attributes.get("bucket") == name
    ]
    if others:
        return guardrail.failed(f"{bucket.local} is called {name}, as is {', '.join(others)}", at="bucket")
    return guardrail.passed()
