"""What is one of a few values: a conditional whose condition is not known, a map asked for an unknown key."""

from __future__ import annotations

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import OneOf, Unknown
from guardrail.tree import Tree

GIVEN = """
variable "v" {}
locals {
  sizes = { dev = "t3.small", prod = "m5.large", live = "m5.large" }
  sets  = {
    dev  = { size = "t3.small", days = 1, tags = { Owner = "a", Env = "dev" }, only = true }
    prod = { size = "m5.large", days = 1, tags = { Owner = "a", Env = "prod" } }
  }
}
resource "aws_x" "y" {
  a = %s
}
"""


def value_of(expression):
    text = GIVEN % expression
    made = read(["main.tf"], Tree("/nonexistent", {"main.tf": text.encode()}), ReadOptions())
    assert made.problems == []
    return next(r for r in made.resources if r.kind == "aws_x").attributes["a"]


@pytest.mark.parametrize(
    ("expression", "choices"),
    [
        ('var.v == "a" ? 1 : 2', (1, 2)),
        ('var.v == "a" ? 1 : var.v == "b" ? 2 : 3', (1, 2, 3)),
        ('var.v == "a" ? "x" : null', ("x", None)),
        ('var.v == "a" ? ["10.0.0.0/8"] : []', (["10.0.0.0/8"], [])),
        ("local.sizes[var.v]", ("t3.small", "m5.large")),
        ('local.sizes[var.v == "a" ? "prod" : "nowhere"]', ("m5.large",)),
        ('local.sizes["${var.v}d"]', ("m5.large",)),
        ("local.sets[var.v].size", ("t3.small", "m5.large")),
        ("local.sets[var.v].days", (1,)),
        ("local.sets[var.v].tags.Owner", ("a",)),
        ("local.sets[var.v].only", (True,)),  # where there is none, there is no plan
        ('lookup(local.sizes, var.v, "t3.nano")', ("t3.small", "m5.large", "t3.nano")),
        ('contains(keys(local.sizes), var.v) ? local.sizes[var.v] : "t3.nano"', ("t3.small", "m5.large", "t3.nano")),
        ('local.sizes[var.v] == "t2.micro"', (False,)),
        ('try(local.sizes[var.v], "t3.nano")', None),
        ("can(local.sizes[var.v])", None),
        ('"${local.sizes[var.v]}-x" == "q"', (False,)),
        ("length(local.sizes[var.v])", None),
        ('sensitive(var.v == "a") ? "x" : sensitive("y")', None),
    ],
)
def test_choices(expression, choices):
    value = value_of(expression)
    if choices is None:
        assert isinstance(value, Unknown)
        assert not isinstance(value, OneOf)
    elif len(choices) == 1:
        assert (value,) == choices
    else:
        assert isinstance(value, OneOf)
        assert tuple(value.choices) == choices
        assert value.reason == "var.v has no value"


def test_entries_that_all_have_are_there():
    value = value_of("local.sets[var.v]")
    assert sorted(value) == ["days", "size", "tags"]
    assert value["days"] == 1
    assert value["tags"]["Owner"] == "a"
    assert value["tags"]["Env"].choices == ("dev", "prod")
    assert isinstance(value.get("only"), Unknown)


def test_many_entries_are_no_choices():
    many = ", ".join(f"k{i} = {i}" for i in range(30))
    assert type(value_of(f"{{ {many} }}[var.v]")) is Unknown
