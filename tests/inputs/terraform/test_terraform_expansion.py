"""Blocks of which nobody knows how many there are, and what has as many."""

from __future__ import annotations

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import EncodedUnknown, Perhaps, Reference, Resource, Unknown
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


ENABLED = """
variable "create" {
  default = false
}
variable "perhaps" {}
resource "aws_s3_bucket" "off" {
  bucket = "off"
  lifecycle {
    enabled = var.create
  }
}
resource "aws_s3_bucket" "on" {
  bucket = "on"
  lifecycle {
    enabled         = !var.create
    prevent_destroy = !var.create
    ignore_changes  = [tags]
  }
}
resource "aws_s3_bucket" "perhaps" {
  bucket = "perhaps"
  lifecycle {
    enabled = var.perhaps
  }
}
module "off" {
  source = "./queue"
  lifecycle {
    enabled = "false"
  }
}
module "on" {
  source = "./queue"
  lifecycle {
    enabled = true
  }
}
resource "a_b" "c" {
  off    = aws_s3_bucket.off == null ? "none" : aws_s3_bucket.off.bucket
  on     = aws_s3_bucket.on == null ? "none" : aws_s3_bucket.on.bucket
  id     = aws_s3_bucket.on.id
  module = module.off == null ? "none" : module.off.name
  name   = module.on.name
}
"""


def test_enabled_of_opentofu() -> None:
    queue = 'resource "aws_sqs_queue" "q" {\n  name = "q"\n}\noutput "name" {\n  value = aws_sqs_queue.q.name\n}\n'
    found = resources(ENABLED, queue=queue)
    managed = {address for address, resource in found.items() if resource.mode == "managed"}
    assert managed == {"aws_s3_bucket.on", "aws_s3_bucket.perhaps", "module.on.aws_sqs_queue.q", "a_b.c"}
    (lifecycle,) = found["aws_s3_bucket.on"].attributes["lifecycle"]
    assert (lifecycle["prevent_destroy"], list(lifecycle["ignore_changes"])) == (True, ["tags"])
    values = found["a_b.c"].attributes
    assert [values[name] for name in ("off", "on", "module", "name")] == ["none", "on", "none", "q"]
    assert isinstance(values["id"], Reference)


def test_enabled_is_instead_of_count_and_no_string_of_words() -> None:
    text = b'resource "a_b" "c" {\n  count = 2\n  lifecycle {\n    enabled = true\n  }\n}\n'
    text += b'resource "a_b" "d" {\n  lifecycle {\n    enabled = "perhaps"\n  }\n}\n'
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text}), ReadOptions())
    assert [(problem.line, problem.message) for problem in found.problems] == [
        (2, "a_b.c has both count and enabled"),
        (9, "enabled of a_b.d: a string stands where a bool is needed"),
    ]


def test_what_a_resource_has_once_it_is_made_is_not_null() -> None:
    """A module's argument that is optional, and handed the ARN of something."""
    found = resources(
        """
resource "aws_kms_key" "main" {}
resource "aws_cloudfront_distribution" "main" {}
module "bucket" {
  source  = "./bucket"
  key     = aws_kms_key.main.arn
  served  = aws_cloudfront_distribution.main.id
  comment = aws_cloudfront_distribution.main.comment
}
""",
        bucket="""
variable "key" { default = null }
variable "served" { default = null }
variable "comment" { default = null }
resource "aws_sqs_queue" "keyed" {
  count             = var.key != null ? 1 : 0
  kms_master_key_id = var.key
}
resource "aws_sqs_queue" "plain" {
  count = var.served == null ? 1 : 0
}
resource "aws_sqs_queue" "perhaps" {
  count = var.comment == null ? 1 : 0
}
""",
    )
    queues = {address: each for address, each in found.items() if "aws_sqs_queue" in address}
    assert set(queues) == {"module.bucket.aws_sqs_queue.keyed[0]", "module.bucket.aws_sqs_queue.perhaps"}
    assert queues["module.bucket.aws_sqs_queue.keyed[0]"].uncertain is None
    assert queues["module.bucket.aws_sqs_queue.perhaps"].uncertain is not None


def test_documents_and_arns_are_something() -> None:
    """What `compact` and `coalesce` leave of a list does not hang on what is in them."""
    found = resources("""
variable "more" {}
resource "aws_s3_bucket" "a" {}
locals {
  document = jsonencode({ Resource = aws_s3_bucket.a.arn })
}
resource "aws_sqs_queue" "compact" {
  tags = { kept = length(compact(["", local.document, aws_s3_bucket.a.id, "x-${aws_s3_bucket.a.region}", null])) }
}
resource "aws_sqs_queue" "open" {
  tags = { kept = length(compact([local.document, var.more])) }
}
resource "aws_sqs_queue" "first" {
  kms_master_key_id = coalesce(aws_s3_bucket.a.arn, "alias/own")
  name              = coalesce(aws_s3_bucket.a.region, "alias/own")
}
""")
    assert found["aws_sqs_queue.compact"].attributes["tags"]["kept"] == 3
    assert isinstance(found["aws_sqs_queue.open"].attributes["tags"]["kept"], Unknown)
    first = found["aws_sqs_queue.first"].attributes
    assert isinstance(first["kms_master_key_id"], Reference)
    assert isinstance(first["name"], Unknown)
    assert not isinstance(first["name"], Reference)


def test_statements_that_may_be_there() -> None:
    """One that allows something counts, whatever it speaks of; one that forbids something does so conditionally."""
    found = resources("""
variable "secrets" {}
data "aws_iam_policy_document" "a" {
  statement {
    actions   = ["logs:PutLogEvents"]
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = var.secrets
    content {
      actions   = ["ssm:GetParameter"]
      resources = [statement.value]
    }
  }
  dynamic "statement" {
    for_each = var.secrets
    content {
      effect    = "Deny"
      actions   = ["s3:*"]
      resources = ["*"]
    }
  }
}
data "aws_iam_policy_document" "alone" {
  dynamic "statement" {
    for_each = var.secrets
    iterator = secret
    content {
      actions   = [secret.value]
      resources = ["*"]
    }
  }
}
""")
    _, allowed, denied = found["data.aws_iam_policy_document.a"].attributes["json"].decoded["Statement"]
    assert allowed["Action"] == ["ssm:GetParameter"]
    assert isinstance(allowed["Resource"][0], Unknown)
    assert denied["Effect"] == "Deny"
    assert isinstance(denied["Condition"], Unknown)
    [alone] = found["data.aws_iam_policy_document.alone"].attributes["json"].decoded["Statement"]
    assert isinstance(alone["Action"][0], Unknown)
    assert alone["Resource"] == ["*"]


def test_of_two_statements_that_may_be_there_both_count() -> None:
    """Whichever it is, and though everything in them is known, nobody knows the document's text."""
    found = resources("""
variable "wide" {}
data "aws_iam_policy_document" "a" {
  dynamic "statement" {
    for_each = var.wide ? [1] : []
    content {
      sid       = "Read"
      actions   = ["s3:*"]
      resources = ["*"]
    }
  }
  dynamic "statement" {
    for_each = var.wide ? [] : [1]
    content {
      sid       = "Read"
      actions   = ["s3:GetObject"]
      resources = ["arn:aws:s3:::a/*"]
    }
  }
}
""")
    document = found["data.aws_iam_policy_document.a"].attributes["json"]
    assert isinstance(document, EncodedUnknown)
    assert [statement["Action"] for statement in document.decoded["Statement"]] == [["s3:*"], ["s3:GetObject"]]


def test_a_block_after_one_that_may_be_there() -> None:
    """It does not take the other's place."""
    found = resources("""
variable "rules" {}
resource "aws_security_group" "a" {
  dynamic "ingress" {
    for_each = var.rules
    content {
      from_port = ingress.value
    }
  }
  ingress {
    from_port = 443
  }
}
""")
    perhaps, one = found["aws_security_group.a"].attributes["ingress"]
    assert isinstance(perhaps, Perhaps)
    assert one["from_port"] == 443


def test_what_for_makes_of_several_of_unknown_number_is_of_one_of_them() -> None:
    found = resources("""
variable "environments" {}
resource "aws_s3_bucket" "logs" {
  for_each = toset(var.environments)
  bucket   = "logs-${each.key}"
}
resource "aws_s3_bucket_policy" "logs" {
  for_each = { for name, bucket in aws_s3_bucket.logs : name => bucket.id }
  bucket   = each.value
}
resource "aws_s3_bucket_policy" "some" {
  for_each = { for name, bucket in aws_s3_bucket.logs : name => bucket.id if bucket.tags.public }
  bucket   = each.value
}
resource "a_b" "c" {
  ids   = [for bucket in aws_s3_bucket.logs : bucket.id]
  first = [for bucket in aws_s3_bucket.logs : bucket.id][0]
  name  = [for bucket in aws_s3_bucket.logs : bucket.id].name
  none  = [for bucket in aws_s3_bucket.logs : bucket.lifecycle.none]
}
""")
    policy, some = found["aws_s3_bucket_policy.logs"], found["aws_s3_bucket_policy.some"]
    assert policy.attributes["bucket"] == Reference("aws_s3_bucket.logs", "id")
    assert policy.surely_beside(found["aws_s3_bucket.logs"])
    assert not isinstance(some.attributes["bucket"], Reference)
    assert {type(value) for value in found["a_b.c"].attributes.values()} == {Unknown}


def test_a_set_of_what_is_known_once_it_is_made_has_an_instance_for_each() -> None:
    files = {"main.tf": b"""
resource "aws_s3_bucket" "logs" {}
resource "aws_s3_bucket" "data" {}
resource "aws_s3_bucket_policy" "all" {
  for_each = toset([aws_s3_bucket.logs.id, aws_s3_bucket.data.id, "written-out"])
  bucket   = each.value
}
resource "a_b" "c" {
  bucket = aws_s3_bucket_policy.all[aws_s3_bucket.data.id].bucket
  other  = aws_s3_bucket_policy.all[aws_s3_bucket.data.arn].bucket
}
"""}
    found = read(list(files), Tree("/nowhere", files), ReadOptions())
    policies = [resource for resource in found.resources if resource.kind == "aws_s3_bucket_policy"]
    assert [policy.attributes["bucket"] for policy in policies] == [
        "written-out",
        Reference("aws_s3_bucket.logs", "id"),
        Reference("aws_s3_bucket.data", "id"),
    ]
    assert [(edge.path, edge.target) for edge in policies[1].edges][-1] == ("bucket", "aws_s3_bucket.logs")
    assert all(policy.uncertain is None for policy in policies)
    taken = found.resources[-1].attributes
    assert taken["bucket"] == Reference("aws_s3_bucket.data", "id")
    assert type(taken["other"]) is Unknown
    assert not found.problems


def test_what_for_makes_of_modules_whose_keys_are_unknown_is_no_module() -> None:
    files = {
        "main.tf": b"""
resource "aws_kms_key" "k" {}
module "queue" {
  source   = "./queue"
  for_each = toset([aws_kms_key.k.arn])
}
resource "a_b" "c" {
  queues = [for queue in module.queue : queue.arn]
  one    = module.queue[aws_kms_key.k.arn].arn
}
""",
        "queue/main.tf": b'resource "aws_sqs_queue" "q" {}\noutput "arn" {\n  value = aws_sqs_queue.q.arn\n}\n',
    }
    found = read(list(files), Tree("/nowhere", files), ReadOptions())
    made = next(resource for resource in found.resources if resource.kind == "a_b")
    assert type(made.attributes["queues"]) is Unknown
    assert isinstance(made.attributes["one"], Unknown)
