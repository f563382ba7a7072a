"""What a configuration asserts of itself, and what else is told of it that no plan shows."""

from __future__ import annotations

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import EncodedUnknown, Inventory, Unknown
from guardrail.tree import Tree


def reading(text, files=(), **options):
    contents = {"main.tf": text.encode(), **{name: body.encode() for name, body in files}}
    names = sorted(name for name in contents if name.endswith((".tf", ".tfvars")))
    return read(names, Tree("/nonexistent", contents), ReadOptions(**options))


def told(items):
    return [(item.kind, item.file, item.line, item.message) for item in items]


STAGE = """variable "stage" {
  default = "qa"
  validation {
    condition     = contains(["dev", "prod"], var.stage)
    error_message = "No such stage:
 ${var.stage}."
  }
}
""".replace(":\n", ":")


def test_a_value_that_is_given_and_not_valid_is_a_problem_where_it_is_given():
    made = reading(STAGE, [("terraform.tfvars", '\nstage = "live"\n')])
    assert told(made.problems) == [
        ("evaluation", "terraform.tfvars", 2, "the value of var.stage is not valid: No such stage: live.")
    ]
    assert made.notes == []


def test_a_default_that_is_not_valid_is_for_others_to_replace():
    made = reading(STAGE)
    assert made.problems == []
    assert told(made.notes) == [
        ("default-insufficient", "main.tf", 1,
         "the value of var.stage is not valid: No such stage: qa. (with the default of var.stage)")
    ]  # fmt: skip


def test_a_default_that_does_not_fit_a_module_is_for_others_to_replace():
    lib = ("lib/main.tf", 'variable "tags" {\n  type = map(any)\n}\n')
    call = 'module "m" {\n  source = "./lib"\n  tags   = local.tags\n}\nlocals {\n  tags = var.tags\n}\n'
    message = "the value of var.tags does not fit its type: a map is required, a string is given"
    made = reading(f'variable "tags" {{\n  default = ""\n}}\n{call}', [lib])
    assert made.problems == []
    assert told(made.notes) == [
        ("default-insufficient", "main.tf", 6, f"{message} (with the default of var.tags); it is taken for unknown")
    ]
    written = reading(call.replace("var.tags", '""'), [lib])
    assert told(written.problems) == [("evaluation", "main.tf", 3, message)]
    given = reading(f'variable "tags" {{\n  default = ""\n}}\n{call}', [lib], variables=(("tags", "x"),))
    assert told(given.problems) == [("evaluation", "main.tf", 6, message)]
    assert written.notes == given.notes == []


def test_a_value_from_the_command_line_is_told_at_the_variable():
    made = reading(STAGE, variables=(("stage", "x"),))
    assert [(problem.file, problem.line) for problem in made.problems] == [("main.tf", 1)]
    assert reading(STAGE, variables=(("stage", "prod"),)).problems == []


@pytest.mark.parametrize("expression", ["aws_vpc.v.id", "var.other", 'var.other == "" ? "dev" : "x"'])
def test_what_is_not_known_is_left_to_terraform(expression):
    lib = ("lib/main.tf", STAGE)
    made = reading(
        f'variable "other" {{}}\nresource "aws_vpc" "v" {{}}\nmodule "m" {{\n  source = "./lib"\n'
        f"  stage = {expression}\n}}\n",
        [lib],
    )
    assert made.problems == made.notes == []


def test_a_secret_is_not_shown():
    secret = STAGE.replace("default", "sensitive = true\n  default")
    made = reading(secret, [("terraform.tfvars", 'stage = "s3cret"\n')])
    assert [problem.message for problem in made.problems] == ["the value of var.stage is not valid"]


CONDITION = """variable "n" {}
resource "aws_instance" "i" {
  for_each = { a = 1, b = 2 }
  ami      = "x"
  lifecycle {
    precondition {
      condition     = each.value <= var.n
      error_message = "Too many."
    }
    postcondition {
      condition     = self.ami != "x" || self.public_ip != ""
      error_message = "No address."
    }
  }
}
"""


def test_conditions_are_held_against_each_instance():
    made = reading(CONDITION, variables=(("n", "1"),))
    assert told(made.problems) == [
        ("evaluation", "main.tf", 7, 'aws_instance.i["b"]: its precondition fails: Too many.')
    ]
    assert reading(CONDITION, variables=(("n", "2"),)).problems == []
    assert reading(CONDITION).problems == []


def test_nothing_is_asserted_of_what_perhaps_is_not():
    unknown = CONDITION.replace("{ a = 1, b = 2 }", "toset(aws_vpc.v.n)").replace("each.value <= var.n", "var.n > 5")
    assert reading(unknown + 'resource "aws_vpc" "v" {}\n', variables=(("n", "1"),)).problems == []


def test_a_check_that_fails_is_a_note():
    made = reading(
        'locals { n = 1 }\ncheck "c" {\n  assert {\n    condition = local.n > 1\n    error_message = "One."\n  }\n}\n'
    )
    assert made.problems == []
    assert told(made.notes) == [("check", "main.tf", 4, "check.c fails: One.")]


def test_a_condition_that_looks_at_nothing_is_rejected():
    made = reading(
        'output "o" {\n  value = 1\n  precondition {\n    condition = true\n    error_message = "x"\n  }\n}\n'
    )
    assert [(problem.kind, problem.line) for problem in made.problems] == [("evaluation", 4)]


def test_ephemeral_resources_have_a_mode_and_a_kind_of_their_own():
    made = reading(
        'ephemeral "aws_kms_secrets" "s" {\n  count = 1\n}\nresource "aws_db_instance" "d" {\n'
        "  password_wo = ephemeral.aws_kms_secrets.s[0].plaintext\n}\n"
    )
    one, other = sorted(made.resources, key=lambda resource: resource.mode)
    assert (one.address, one.mode, one.kind) == ("ephemeral.aws_kms_secrets.s[0]", "ephemeral", "aws_kms_secrets")
    assert one.tags is None
    assert other.edges[0].target == one.address
    assert "aws_kms_secrets" not in Inventory(made.resources).by_kind


def test_a_document_in_a_heredoc_keeps_its_places():
    made = reading(
        'resource "a_b" "c" {\n  v = jsondecode(<<-EOT\n    {\n      "a": [1, {"b": "x"}]\n    }\n  EOT\n  )\n}\n'
    )
    value = made.resources[0].attributes["v"]
    assert value == {"a": [1, {"b": "x"}]}
    place = value["a"][1].spans["b"]
    assert (place.file, place.line, place.column, place.end_column) == ("main.tf", 4, 17, 25)


def test_the_first_of_several_documents_is_known_in_part():
    made = reading(
        'resource "a_b" "c" {\n  v = coalesce(null, jsonencode({ a = aws_vpc.v.id, b = 1 }), "x")\n}\n'
        'resource "aws_vpc" "v" {}\n'
    )
    value = next(resource for resource in made.resources if resource.kind == "a_b").attributes["v"]
    assert isinstance(value, EncodedUnknown)
    assert value.decoded["b"] == 1


def test_a_map_of_which_nothing_is_known_is_unknown():
    made = reading('resource "a_b" "c" {\n  v = { (aws_vpc.v.id) = 1 }\n}\nresource "aws_vpc" "v" {}\n')
    assert isinstance(made.resources[0].attributes["v"], Unknown)
