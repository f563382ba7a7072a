"""Terraform with modules two deep: stacks that call shared modules, with for_each over what they run."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.terraform import KINDS, SETTINGS
from benchmarks.words import CENTRES, ENVIRONMENTS, REGIONS, TEAMS, Words

_FIREWALL = """\
variable "name" {
  type = string
}

variable "vpc_id" {
  type    = string
  default = null
}

variable "rules" {
  description = "Ports, and the networks that may reach them."
  type = map(object({
    port     = number
    networks = list(string)
    protocol = optional(string, "tcp")
  }))
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "${var.name} and who may reach it"
  vpc_id      = var.vpc_id
  tags        = var.tags

  dynamic "ingress" {
    for_each = var.rules
    content {
      description = ingress.key
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = ingress.value.protocol
      cidr_blocks = ingress.value.networks
    }
  }
}

output "id" {
  value = aws_security_group.this.id
}
"""

_SERVICE = """\
variable "name" {
  type = string
}

variable "service" {
  type = object({
    image       = string
    cpu         = optional(number, 256)
    memory      = optional(number, 512)
    replicas    = optional(number, 2)
    environment = optional(map(string), {})
    public      = optional(bool, false)
    rules = optional(map(object({
      port     = number
      networks = list(string)
    })), {})
  })
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  tags = merge({ Name = var.name, Module = "service" }, var.tags)
}

module "firewall" {
  source = "../firewall"
  name   = var.name
  rules  = var.service.rules
  tags   = local.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.service.cpu
  memory                   = var.service.memory
  container_definitions = jsonencode([{
    name                   = var.name
    image                  = var.service.image
    readonlyRootFilesystem = true
    environment = [
      for key in sort(keys(var.service.environment)) : { name = key, value = var.service.environment[key] }
    ]
  }])
  tags = local.tags
}

resource "aws_ecs_service" "this" {
  name            = var.name
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.service.replicas
  network_configuration {
    subnets          = []
    security_groups  = [module.firewall.id]
    assign_public_ip = var.service.public
  }
  tags = local.tags
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.service.replicas > 2 ? 90 : 14
  tags              = local.tags
}

output "service" {
  value = { id = aws_ecs_service.this.id, firewall = module.firewall.id }
}
"""

_BUCKET = """\
variable "name" {
  type = string
}

variable "versioned" {
  type    = bool
  default = true
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  count  = var.versioned ? 1 : 0
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
"""


AREA = 400_000  # bytes: a department's stacks with their own modules


def files(size: int) -> Iterator[tuple[str, str]]:
    words = Words("terraform-modules")
    areas = max(1, round(size / AREA))
    for number in range(areas):
        yield from stacks(words, size // areas, f"{words.pick(TEAMS)}-{number}/")


def stacks(words: Words, size: int, prefix: str) -> Iterator[tuple[str, str]]:
    """Stacks of about `size` bytes that share one folder of modules."""
    modules = {"firewall": _FIREWALL, "service": _SERVICE, "bucket": _BUCKET}
    made = 0
    for name, text in modules.items():
        made += len(text)
        yield f"{prefix}modules/{name}/main.tf", text
    while made < size:
        stack = words.name()
        for environment in words.some(ENVIRONMENTS, 1, 3):
            for name, text in _root(words, stack, environment):
                made += len(text)
                yield f"{prefix}stacks/{stack}/{environment}/{name}", text


def _root(words: Words, stack: str, environment: str) -> Iterator[tuple[str, str]]:
    yield "settings.tf", SETTINGS
    yield "terraform.tfvars", f'environment = "{environment}"\nregion      = "{words.pick(REGIONS)}"\n'
    services = "\n".join(_entry(words) for _ in range(words.number(3, 12)))
    buckets = ", ".join(f'"{words.name()}"' for _ in range(words.number(1, 4)))
    yield (
        "main.tf",
        f"""\
locals {{
  owner    = {{ Owner = "{words.pick(TEAMS)}", CostCenter = "{words.pick(CENTRES)}" }}
  services = {{
{services}
  }}
}}

module "service" {{
  source   = "../../../modules/service"
  for_each = local.services
  name     = "{stack}-${{each.key}}-${{var.environment}}"
  service  = each.value
  tags     = merge(local.tags, local.owner)
}}

module "bucket" {{
  source    = "../../../modules/bucket"
  for_each  = toset([{buckets}])
  name      = "{stack}-${{each.value}}"
  versioned = {words.pick(["true", "local.production"])}
  tags      = merge(local.tags, local.owner, {{ Bucket = each.value }})
}}

output "firewalls" {{
  value = {{ for name, made in module.service : name => made.service.firewall }}
}}
""",
    )
    for _ in range(words.number(0, 2)):
        name = words.name()
        yield f"{name}.tf", words.pick(KINDS)(words, name)


def _entry(words: Words) -> str:
    rules = "\n".join(
        f'        {rule} = {{ port = {port}, networks = ["{words.pick(["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"])}"] }}'
        for rule, port in words.some([("http", 80), ("https", 443), ("ssh", 22), ("metrics", 9100)], 1, 3)
    )
    return f"""\
    {words.name()} = {{
      image       = "registry.example.com/{words.name()}:{words.number(1, 9)}.{words.number(0, 30)}"
      cpu         = {words.pick([256, 512, 1024])}
      memory      = {words.pick([512, 1024, 2048])}
      replicas    = {words.number(1, 6)}
      public      = {words.pick(["true", "false", "false"])}
      environment = {{ LOG_LEVEL = "info", SHARD = "{words.number(0, 15)}", TEAM = "{words.pick(TEAMS)}" }}
      rules = {{
{rules}
      }}
    }}"""
