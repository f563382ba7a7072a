"""What stands elsewhere about machines on AWS."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Inventory, Noun, Unknown
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())
FROM_TEMPLATE = """
resource "aws_instance" "i" {
  launch_template {
    id = aws_launch_template.t.id
  }
}
"""
TEMPLATE = """
resource "aws_launch_template" "t" {
  block_device_mappings {
    ebs {
      encrypted = ENCRYPTED
    }
  }
  metadata_options {
    http_endpoint = "disabled"
  }
  monitoring {
    enabled = true
  }
}
"""
ENCRYPTED_BY_ACCOUNT = 'resource "aws_ebs_encryption_by_default" "e" {}'
COPY = """
resource "aws_ami_copy" "c" {
  encrypted = ENCRYPTED
}
"""


def machine(text: str, kind: str = "aws_instance") -> Noun:
    reading = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    inventory = Inventory(reading.resources)
    assert not reading.problems
    assert not build(inventory, BINDINGS)
    (resource,) = inventory.by_kind[kind]
    return resource.nouns["machine"][0]


def test_what_an_instance_leaves_out_its_template_says() -> None:
    fields = machine(FROM_TEMPLATE + TEMPLATE.replace("ENCRYPTED", "true")).fields
    assert [fields[name] for name in ("disk_encrypted", "metadata_protected", "monitoring")] == [True, True, True]


def test_a_template_that_is_not_encrypted_makes_no_encrypted_disk() -> None:
    found = machine(FROM_TEMPLATE + TEMPLATE.replace("ENCRYPTED", "false"))
    assert found.fields["disk_encrypted"] is False


@pytest.mark.parametrize("identity", ["var.template", "data.aws_launch_template.t.id", '"lt-1"'])
def test_what_a_template_says_that_is_not_in_the_scan_is_unknown(identity: str) -> None:
    text = (
        f'resource "aws_instance" "i" {{\n  launch_template {{\n    id = {identity}\n  }}\n}}\n'
        'variable "template" {}\ndata "aws_launch_template" "t" { name = "t" }\n'
    )
    fields = machine(text).fields
    for name in ("disk_encrypted", "metadata_protected", "monitoring"):
        value = fields[name]
        assert isinstance(value, Unknown)
        assert value.reason == "what its launch template says is not read"


def test_what_is_unknown_of_a_template_is_told_at_each_of_the_two() -> None:
    text = FROM_TEMPLATE + TEMPLATE.replace("ENCRYPTED", "var.encrypted") + 'variable "encrypted" {}\n'
    fields = machine(text).fields
    assert isinstance(fields["disk_encrypted"], Unknown)
    assert fields.place("disk_encrypted").line == 3


def test_what_an_instance_says_overrules_its_template() -> None:
    text = TEMPLATE.replace("ENCRYPTED", "true") + """
    resource "aws_instance" "i" {
      launch_template {
        id = aws_launch_template.t.id
      }
      monitoring = false
      root_block_device {
        volume_size = 8
      }
      metadata_options {
        http_tokens = "optional"
      }
    }
    """
    fields = machine(text).fields
    assert [fields[name] for name in ("disk_encrypted", "metadata_protected", "monitoring")] == [False, False, False]


@pytest.mark.parametrize(
    ("kind", "body", "encrypted"),
    [
        ("aws_instance", "", True),
        ("aws_instance", "root_block_device { volume_size = 8 }", True),
        ("aws_instance", "ebs_block_device { encrypted = false }", False),
        ("aws_launch_configuration", "", True),
        ("aws_launch_configuration", 'root_block_device { encrypted = "false" }', False),
        ("aws_launch_template", "block_device_mappings { ebs { volume_size = 8 } }", True),
        ("aws_launch_template", "block_device_mappings { ebs { encrypted = false } }", False),
    ],
)
def test_an_account_may_encrypt_every_disk_that_is_not_asked_to_be_plain(
    kind: str, body: str, encrypted: bool
) -> None:
    body = body.replace("{ ", "{\n").replace(" }", "\n}")
    text = f'{ENCRYPTED_BY_ACCOUNT}\nresource "{kind}" "i" {{\n{body}\n}}'
    assert machine(text, kind).fields["disk_encrypted"] is encrypted


def test_an_account_that_does_not_encrypt_changes_nothing() -> None:
    text = ENCRYPTED_BY_ACCOUNT.replace("{}", "{ enabled = false }") + '\nresource "aws_instance" "i" {}'
    assert machine(text).fields["disk_encrypted"] is False


@pytest.mark.parametrize(
    ("copied", "disks", "encrypted"),
    [
        ("true", "", True),
        ("true", "ebs_block_device {\nencrypted = true\n}", True),
        ("true", "ebs_block_device {\nvolume_size = 8\n}", False),
        ("true", "root_block_device {\nencrypted = false\n}", False),
        ("false", "", False),
    ],
)
def test_a_machine_from_an_encrypted_copy_of_an_image_is_encrypted(copied: str, disks: str, encrypted: bool) -> None:
    text = COPY.replace("ENCRYPTED", copied) + f'resource "aws_instance" "i" {{\nami = aws_ami_copy.c.id\n{disks}\n}}'
    assert machine(text).fields["disk_encrypted"] is encrypted


@pytest.mark.parametrize(
    ("account", "own", "protected"),
    [
        ('http_tokens = "required"', "", True),
        ('http_tokens = "required"', "metadata_options {\nhttp_put_response_hop_limit = 1\n}", True),
        ('http_tokens = "required"', 'metadata_options {\nhttp_tokens = "optional"\n}', False),
        ('http_tokens = "no-preference"', "", False),
        ('http_endpoint = "disabled"', "", True),
    ],
)
def test_what_an_account_has_of_metadata_holds_where_a_machine_says_nothing(
    account: str, own: str, protected: bool
) -> None:
    defaults = f'resource "aws_ec2_instance_metadata_defaults" "d" {{\n{account}\n}}\n'
    text = f'{defaults}resource "aws_instance" "i" {{\n{own}\n}}'
    assert machine(text).fields["metadata_protected"] is protected


def test_an_account_whose_setting_is_unknown_leaves_it_unknown() -> None:
    text = (
        'variable "tokens" {}\nresource "aws_ec2_instance_metadata_defaults" "d" {\n  http_tokens = var.tokens\n}\n'
        'resource "aws_instance" "i" {}'
    )
    assert isinstance(machine(text).fields["metadata_protected"], Unknown)
