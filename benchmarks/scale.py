"""Trees with very many things in them, to see that time grows with their number and not faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.kubernetes import manifests
from benchmarks.terraform import SETTINGS
from benchmarks.words import Words

FILES_PER_ROOT = 50
RESOURCES_PER_FILE = 10
DEPTH = 6


class Scale(NamedTuple):
    """What `files` makes as many of as it is asked for; `whole` is how many the tree has."""

    unit: str
    whole: int
    files: Callable[[int], Iterator[tuple[str, str]]]


def resources(count: int) -> Iterator[tuple[str, str]]:
    """Roots of 50 files, each with ten resources: blocks of their own, and instances by count and for_each."""
    words = Words("terraform-resources")
    per_root = FILES_PER_ROOT * RESOURCES_PER_FILE
    for root in range(max(1, count // per_root)):
        yield f"root-{root:03}/main.tf", SETTINGS
        for number in range(FILES_PER_ROOT - 1):
            yield f"root-{root:03}/{number:02}-{words.name()}.tf", _ten(words)


def one_root(count: int) -> Iterator[tuple[str, str]]:
    """The same in one folder, which nothing can part among workers."""
    words = Words("terraform-one-root")
    yield "main.tf", SETTINGS
    for number in range(max(1, count // RESOURCES_PER_FILE)):
        yield f"{number:04}-{words.name()}.tf", _ten(words)


def _ten(words: Words) -> str:
    """Ten resources in five blocks."""
    name = words.name().replace("-", "_")
    queues = ", ".join(f'"{words.name()}"' for _ in range(3))
    return f"""\
resource "aws_security_group" "{name}" {{
  name        = "{name}-${{var.environment}}"
  description = "What reaches {name}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, {{ Name = "{name}" }})

  ingress {{
    description = "service"
    from_port   = {words.number(1024, 9999)}
    to_port     = 9999
    protocol    = "tcp"
    cidr_blocks = [local.networks.{words.pick(["office", "partners", "internal"])}]
  }}
}}

resource "aws_s3_bucket" "{name}" {{
  bucket = "{name}-${{var.environment}}"
}}

resource "aws_sqs_queue" "{name}" {{
  for_each                  = toset([{queues}])
  name                      = "{name}-${{each.key}}"
  message_retention_seconds = local.production ? 1209600 : 86400
  sqs_managed_sse_enabled   = {words.pick(["true", "false"])}
}}

resource "aws_ebs_volume" "{name}" {{
  count             = 4
  availability_zone = "${{var.region}}${{element(["a", "b", "c"], count.index)}}"
  size              = {words.number(8, 500)}
  encrypted         = {words.pick(["true", "true", "false"])}
}}

resource "aws_cloudwatch_log_group" "{name}" {{
  name              = "/app/{name}"
  retention_in_days = {words.pick([7, 30, 365])}
}}
"""


def nested(count: int) -> Iterator[tuple[str, str]]:
    """Roots that call a chain of modules six deep, `count` times in all, with inputs of their own each time."""
    for level in range(DEPTH):
        yield f"modules/level-{level}/main.tf", _level(level)
    words = Words("terraform-nested")
    for root in range(max(1, count // 100)):
        calls = "\n".join(
            f'    {words.name()}-{number} = {{ port = {words.number(1, 65535)}, networks = ["10.{number}.0.0/16"] }}'
            for number in range(min(count, 100))
        )
        yield (
            f"stacks/{root:02}/main.tf",
            f"""\
locals {{
  services = {{
{calls}
  }}
}}

module "service" {{
  source   = "../../modules/level-0"
  for_each = local.services
  name     = "s{root}-${{each.key}}"
  service  = each.value
  tags     = {{ Stack = "{root}", Owner = "{words.name()}" }}
}}
""",
        )


_INTERFACE = """\
variable "name" {
  type = string
}

variable "service" {
  type = object({
    port     = number
    networks = list(string)
    protocol = optional(string, "tcp")
  })
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  tags = merge(var.tags, { Level = "%d" })
}

"""


def _level(level: int) -> str:
    text = _INTERFACE % level
    if level < DEPTH - 1:
        return text + f"""\
module "next" {{
  source  = "../level-{level + 1}"
  name    = "${{var.name}}-{level}"
  service = merge(var.service, {{ networks = concat(var.service.networks, ["10.{level}.0.0/24"]) }})
  tags    = local.tags
}}

output "id" {{
  value = module.next.id
}}
"""
    return text + """\
resource "aws_security_group" "this" {
  name        = var.name
  description = "Who may reach ${var.name}"
  tags        = local.tags

  dynamic "ingress" {
    for_each = toset(var.service.networks)
    content {
      description = "from ${ingress.value}"
      from_port   = var.service.port
      to_port     = var.service.port
      protocol    = var.service.protocol
      cidr_blocks = [ingress.value]
    }
  }
}

output "id" {
  value = aws_security_group.this.id
}
"""


def objects(count: int) -> Iterator[tuple[str, str]]:
    """Manifests as the benchmark makes them elsewhere, until there are `count` of them."""
    made = 0
    for path, text in manifests(Words("kubernetes-objects"), 1 << 62):
        yield path, text
        made += text.count("\n---\n") + 1
        if made >= count:
            return


SCALES = {
    "terraform-resources": Scale("resources", 20_000, resources),
    "terraform-one-root": Scale("resources", 20_000, one_root),
    "terraform-nested": Scale("calls, each six deep", 1_000, nested),
    "kubernetes-objects": Scale("manifests", 10_000, objects),
}
QUARTER, WHOLE = 4, 1


class Made(NamedTuple):
    name: str
    number: int
    unit: str
    folder: Path
    files: int
    size: int


def make(name: str, part: int, folder: Path) -> Made:
    scale = SCALES[name]
    number = scale.whole // part
    place = folder / f"{name}-{number}"
    files = size = 0
    for path, text in scale.files(number):
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        file.write_bytes(data)
        files += 1
        size += len(data)
    return Made(name, number, scale.unit, place, files, size)
