"""References to resources that are not declared: a problem each, and set all the same."""

from __future__ import annotations

from pathlib import Path

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Reference, Unknown
from guardrail.tree import Tree


def read_text(tmp_path: Path, text: str) -> Reading:
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    return read(["main.tf"], Tree(str(tmp_path)), ReadOptions())


def test_a_resource_that_is_not_declared_is_a_problem_and_a_reference(tmp_path: Path) -> None:
    found = read_text(tmp_path, """
resource "azurerm_managed_disk" "data" {
  disk_encryption_set_id = azurerm_disk_encryption_set.main.id
  tags                   = { owner = data.azurerm_client_config.current.object_id, name = "data" }
  zones                  = [azurerm_zone.a.name, "2"]
}
""")
    assert [(problem.line, problem.message.split(": ")[1]) for problem in found.problems] == [
        (3, "azurerm_disk_encryption_set.main is not declared"),
        (4, "data.azurerm_client_config.current is not declared"),
        (5, "azurerm_zone.a is not declared"),
    ]
    attributes = next(r for r in found.resources if r.kind == "azurerm_managed_disk").attributes
    key = attributes["disk_encryption_set_id"]
    assert isinstance(key, Reference)
    assert (key.target, key.attribute) == ("azurerm_disk_encryption_set.main", "id")
    assert attributes["tags"]["name"] == "data"
    assert isinstance(attributes["tags"]["owner"], Reference)
    assert isinstance(attributes["zones"][0], Reference)
    assert attributes["zones"][1] == "2"


def test_a_local_that_refers_to_one_is_told_of_where_it_stands(tmp_path: Path) -> None:
    found = read_text(tmp_path, """
locals {
  key = aws_kms_key.gone.arn
}

resource "aws_sqs_queue" "a" {
  kms_master_key_id = local.key
}

resource "aws_sqs_queue" "b" {
  kms_master_key_id = [aws_iam_role.gone.arn, local.key][1]
}
""")
    assert [problem.line for problem in found.problems] == [3, 11]
    keys = [r.attributes["kms_master_key_id"] for r in found.resources if r.kind == "aws_sqs_queue"]
    assert [(key.target, key.attribute) for key in keys] == [("aws_kms_key.gone", "arn")] * 2


def test_what_else_is_not_declared_stays_unknown(tmp_path: Path) -> None:
    found = read_text(tmp_path, """
resource "aws_sqs_queue" "a" {
  name              = var.name
  kms_master_key_id = local.key
  policy            = try(aws_iam_policy.gone.nonsense[0].more, "none")
}
""")
    assert len(found.problems) == 3
    attributes = next(r for r in found.resources if r.kind == "aws_sqs_queue").attributes
    for name in ("name", "kms_master_key_id"):
        assert isinstance(attributes[name], Unknown)
        assert not isinstance(attributes[name], Reference)
    assert attributes["policy"] != "none"


def test_a_broken_policy_document_has_unknowns(tmp_path: Path) -> None:
    text = 'data "aws_iam_policy_document" "d" {\n  statement {\n    actio\n    resources = ["*"]\n  }\n  polic\n}\n'
    reading = read_text(tmp_path, text)
    assert {problem.kind for problem in reading.problems} == {"syntax"}
    assert [resource.address for resource in reading.resources] == ["data.aws_iam_policy_document.d"]


def test_a_resource_that_is_its_own_input_is_a_problem(tmp_path: Path) -> None:
    reading = read_text(tmp_path, 'resource "terraform_data" "part" {\n  input = terraform_data.part\n}\n')
    assert "refers to itself" in reading.problems[0].message
    assert reading.problems[0].line == 2


def test_a_provisioner_may_name_its_resource(tmp_path: Path) -> None:
    reading = read_text(tmp_path, """
resource "aws_instance" "web" {
  ami = "ami-1"

  provisioner "remote-exec" {
    inline = ["echo ${aws_instance.web.ami} ${self.ami}", "echo ${aws_instance.web.public_ip}"]

    connection {
      host = aws_instance.web.public_ip
    }
  }
}
""")
    assert not reading.problems
    (web,) = reading.resources
    (provisioner,) = web.attributes["provisioner"]
    assert provisioner["inline"][0] == "echo ami-1 ami-1"
    assert isinstance(provisioner["connection"][0]["host"], Reference)


def test_what_triggers_actions_is_words(tmp_path: Path) -> None:
    reading = read_text(tmp_path, """
action "aws_lambda_invoke" "warm" {
  config {
    function_name = aws_lambda_function.f.function_name
  }
}

resource "aws_lambda_function" "f" {
  function_name = "f"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.aws_lambda_invoke.warm]
    }
  }
}
""")
    assert not reading.problems
