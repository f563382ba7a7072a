"""What data sources give back that follows from what is written of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import PartText, Sensitive, Unknown
from guardrail.tree import Tree


def taken(folder: Path, text: str, value: str, **others: str) -> Any:
    """What the expression `value` comes to beside `text`; `others` are files of the folder, name_tf for name.tf."""
    written = f'{text}\nresource "aws_ssm_parameter" "taken" {{\n  value = {value}\n}}\n'
    (folder / "main.tf").write_text(written, encoding="utf-8")
    for name, content in others.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    found = read(["main.tf"], Tree(str(folder)), ReadOptions())
    assert not found.problems
    return next(r for r in found.resources if r.kind == "aws_ssm_parameter").attributes.get("value")


def test_a_template_from_a_file(tmp_path: Path) -> None:
    rendered = taken(
        tmp_path,
        """
data "template_file" "policy" {
  count    = 2
  template = file("${path.module}/policy.tpl")
  vars     = { bucket = "logs-${count.index}", most = 3, open = true }
}
""",
        "data.template_file.policy[1].rendered",
        policy_tpl='{"Resource": "arn:aws:s3:::${bucket}/${most}/${open}", "Note": "$${kept}"}',
    )
    assert rendered == '{"Resource": "arn:aws:s3:::logs-1/3/true", "Note": "${kept}"}'


def test_a_template_without_variables(tmp_path: Path) -> None:
    template = 'data "template_file" "a" {\n  template = "plain"\n}\n'
    assert taken(tmp_path, template, "data.template_file.a.rendered") == "plain"


def test_what_is_rendered_is_seen_once(tmp_path: Path) -> None:
    """A secret in the template would be told of twice if both were attributes."""
    (tmp_path / "main.tf").write_text('data "template_file" "a" {\n  template = "plain"\n}\n')
    (resource,) = read(["main.tf"], Tree(str(tmp_path)), ReadOptions()).resources
    assert list(resource.attributes) == ["template"]


def test_variables_that_are_unknown_leave_the_rest_known(tmp_path: Path) -> None:
    template = """
variable "bucket" {}
data "template_file" "arn" {
  template = "arn:aws:s3:::$${bucket}/*"
  vars     = { bucket = var.bucket }
}
"""
    part = taken(tmp_path, template, "data.template_file.arn.rendered")
    assert isinstance(part, PartText)
    assert part.template.startswith("arn:aws:s3:::")


@pytest.mark.parametrize("missing", ["template = var.text", 'template = "a"\n  vars = var.text'])
def test_what_is_unknown_as_a_whole(tmp_path: Path, missing: str) -> None:
    template = f'variable "text" {{}}\ndata "template_file" "a" {{\n  {missing}\n}}\n'
    assert isinstance(taken(tmp_path, template, "data.template_file.a.rendered"), Unknown)


def test_what_is_sensitive_stays_so(tmp_path: Path) -> None:
    template = """
variable "password" {
  default   = "correct horse"
  sensitive = true
}
data "template_file" "a" {
  template = "login $${password}"
  vars     = { password = var.password }
}
"""
    assert isinstance(taken(tmp_path, template, "data.template_file.a.rendered"), Sensitive)


def test_what_cannot_be_rendered_is_unknown(tmp_path: Path) -> None:
    template = 'data "template_file" "a" {\n  template = "$${nothing}"\n}\n'
    rendered = taken(tmp_path, template, "data.template_file.a.rendered")
    assert isinstance(rendered, Unknown)
    assert 'no variable "nothing"' in rendered.reason


def test_what_is_handed_through(tmp_path: Path) -> None:
    source = 'data "null_data_source" "values" {\n  inputs = { acl = "public-read" }\n}\n'
    assert taken(tmp_path, source, 'data.null_data_source.values.outputs["acl"]') == "public-read"


def test_a_file_that_is_read_for_its_content(tmp_path: Path) -> None:
    source = 'data "local_file" "policy" {\n  filename = "${path.module}/policy.json"\n}\n'
    made = 'data "local_file" "policy" {\n  filename = "${path.module}/made.json"\n}\n'
    there = {"policy_json": '{"Version": "2012-10-17"}'}
    assert taken(tmp_path, source, "data.local_file.policy.content", **there) == there["policy_json"]
    assert isinstance(taken(tmp_path, made, "data.local_file.policy.content"), Unknown)


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.txt", "~/x"])
def test_no_file_outside_the_tree_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "tree").mkdir()
    source = f'data "local_file" "a" {{\n  filename = "{path}"\n}}\n'
    assert isinstance(taken(tmp_path / "tree", source, "data.local_file.a.content"), Unknown)
