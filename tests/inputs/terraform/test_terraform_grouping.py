"""Which folders are looked at together."""

from __future__ import annotations

import pytest

from guardrail.inputs.terraform.grouping import components
from guardrail.tree import Tree


def folders(files: dict[str, str]) -> list[list[str]]:
    tree = Tree("/nowhere-at-all", {name: text.encode() for name, text in files.items()})
    return [sorted({path.rpartition("/")[0] for path in group}) for group in components(sorted(files), tree)]


MODULES = {"modules/a/main.tf": "", "modules/b/main.tf": "", "elsewhere/main.tf": ""}


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ('module "m" { source = "../modules/a" }', ["live", "modules/a"]),
        ('module "m" { source = "hashicorp/consul/aws" }', ["live"]),
        ('variable "s" { default = "../modules/b" }\nmodule "m" { source = var.s }', ["live", "modules/b"]),
        ('locals { s = "../modules" }\nmodule "m" { source = "${local.s}/b" }', ["live"]),
        ('module "m" { source = "../modules/${var.kind}" }', ["live", "modules/a", "modules/b"]),
        ('module "m" { source = "../modules/${var.kind}/x" }', ["live", "modules/a", "modules/b"]),
        ('resource "aws_s3_object" "o" { source = "${path.module}/files/x" }', ["live"]),
        ('variable "s" { default = "../modules/b" }\nmodule "m" { source = "../modules/a" }', ["live", "modules/a"]),
    ],
)
def test_what_a_module_calls_is_with_it(text: str, together: list[str]) -> None:
    [group] = [group for group in folders({"live/main.tf": text, **MODULES}) if "live" in group]
    assert group == together


def test_the_source_may_stand_in_another_file_of_the_folder() -> None:
    files = {"live/main.tf": 'module "m" { source = var.s }', "live/terraform.tfvars": 's = "../modules/a"', **MODULES}
    assert ["live", "modules/a"] in folders(files)
