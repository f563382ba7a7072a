from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.container_scripts import code_index
from guardrail.concepts.scripts import script_noun
from guardrail.formats.shell import DETECTIONS
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, Map, Noun, Sensitive, Seq, Span, Unknown
from guardrail.tree import Tree

PIPE = "curl -s https://x.example | sh"
ENCODED = base64.b64encode(PIPE.encode()).decode()
SPAN = Span("f", 1, 1, 1, 2)


def scripts(text: str, reader: str = "terraform") -> list[Noun]:
    name = "main.tf" if reader == "terraform" else "manifest.yaml"
    reading = load(BY_NAME[reader])([name], Tree("/nowhere", {name: text.encode()}), ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    assert not build(inventory, {})
    return inventory.by_concept.get("script", [])


def only(text: str, reader: str = "terraform") -> Noun:
    (noun,) = scripts(text, reader)
    return noun


@pytest.mark.parametrize(
    ("arguments", "kind", "name", "line"),
    [
        (f'user_data = "{PIPE}"', "user-data", "aws_x.y user_data", 2),
        (f"user_data = <<-E\n  #!/bin/sh\n  {PIPE}\nE", "user-data", "aws_x.y user_data", 4),
        (f"user_data = base64encode(<<-E\n  #!/bin/sh\n  {PIPE}\nE\n)", "user-data", "aws_x.y user_data", 4),
        (f'user_data_base64 = "{ENCODED}"', "user-data", "aws_x.y user_data_base64", 2),
        (f'custom_data = "{PIPE}"', "user-data", "aws_x.y custom_data", 2),
        (f'metadata_startup_script = "{PIPE}"', "user-data", "aws_x.y metadata_startup_script", 2),
        (f'metadata = {{\n  startup-script = "{PIPE}"\n}}', "user-data", "aws_x.y startup-script", 3),
        (f'os_profile {{\n  custom_data = "{PIPE}"\n}}', "user-data", "aws_x.y os_profile.custom_data", 3),
        (f'provisioner "local-exec" {{\n  command = "{PIPE}"\n}}', "provisioner", "provisioner of aws_x.y", 3),
        (f'provisioner "remote-exec" {{\n  inline = [\n    "ls",\n    "{PIPE}",\n  ]\n}}', "provisioner",
         "provisioner of aws_x.y", 5),
    ],
)  # fmt: skip
def test_where_terraform_has_code(arguments: str, kind: str, name: str, line: int) -> None:
    noun = only('resource "aws_x" "y" {\n' + arguments + "\n}\n")
    assert (noun.fields["class"], noun.name) == (kind, name)
    assert noun.fields["remote_pipe"] is True
    assert noun.fields.place("remote_pipe").line == line


def test_each_provisioner_is_a_script() -> None:
    text = 'resource "aws_x" "y" {\n' + '  provisioner "local-exec" {\n    command = "ls"\n  }\n' * 2 + "}\n"
    nouns = scripts(text)
    assert [noun.key for noun in nouns] == ["provisioner[0]", "provisioner[1]"]
    assert [noun.fields["remote_pipe"] for noun in nouns] == [False, False]


def test_code_that_is_given_from_outside() -> None:
    noun = only('variable "v" {}\nresource "aws_x" "y" {\n  user_data = var.v\n}\n')
    assert isinstance(noun.fields["remote_pipe"], Unknown)
    assert noun.fields["text"].reason == "var.v has no value"


def test_a_known_line_decides_before_an_unknown_one() -> None:
    noun = only(
        f'variable "v" {{}}\nresource "aws_x" "y" {{\n  provisioner "remote-exec" {{\n'
        f'    inline = [var.v, "{PIPE}"]\n  }}\n}}\n'
    )
    assert noun.fields["remote_pipe"] is True
    assert isinstance(noun.fields["text"], Unknown)


def test_parts_of_a_data_source_are_judged_where_they_are_written() -> None:
    noun = only(
        f'data "cloudinit_config" "c" {{\n  part {{\n    content = "{PIPE}"\n  }}\n}}\n'
        'resource "aws_x" "y" {\n  user_data = data.cloudinit_config.c.rendered\n}\n'
    )
    assert noun.resource.address == "data.cloudinit_config.c"
    assert noun.fields["remote_pipe"] is True


def test_where_a_value_came_from_stays_known() -> None:
    noun = only(f'variable "v" {{\n  default = "{PIPE}"\n}}\nresource "aws_x" "y" {{\n  user_data = var.v\n}}\n')
    assert [origin.span.line for origin in noun.fields.origin_of("remote_pipe")] == [2]


def test_hidden_code_stays_hidden_and_is_looked_at() -> None:
    holder = Map(SPAN)
    holder.put("user_data", Sensitive(PIPE), SPAN)
    noun = script_noun(holder, "user_data", "user-data", "x", "x")
    assert isinstance(noun.fields["text"], Sensitive)
    assert noun.fields["remote_pipe"] is True


def test_what_a_container_is_told_to_run() -> None:
    noun = only(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "    - name: web\n      command: [/bin/sh, -ec]\n      args:\n        - |\n          ls\n"
        f"          {PIPE}\n    - name: api\n      command: [api, -c, config]\n",
        "kubernetes",
    )
    assert (noun.name, noun.fields["class"]) == ("command of container web", "container")
    assert noun.fields["remote_pipe"] is True
    assert noun.fields.place("remote_pipe").line == 11


@pytest.mark.parametrize(
    ("words", "index"),
    [
        (["sh", "-c", "x"], 2),
        (["/usr/bin/env", "bash", "-lc", "x"], 3),
        (["tini", "--", "sh", "-e", "-c", "x"], 5),
        (["sh", "-c"], None),
        (["sh", "script.sh"], None),
        (["python", "-c", "x"], None),
        ([], None),
        ([Unknown("?"), "-c", "x"], None),
    ],
)
def test_where_in_a_command_the_code_is(words: list[object], index: int | None) -> None:
    sequence = Seq(SPAN)
    for word in words:
        sequence.add(word, SPAN)
    assert code_index(sequence) == index


@given(st.one_of(st.text(max_size=200), st.integers(), st.booleans(), st.lists(st.text(max_size=20), max_size=4)))
def test_whatever_an_attribute_holds_is_a_script(value: object) -> None:
    holder = Map(SPAN)
    if isinstance(value, list):
        sequence = Seq(SPAN)
        for item in value:
            sequence.add(item, SPAN)
        value = sequence
    holder.put("user_data", value, SPAN)
    fields = script_noun(holder, "user_data", "user-data", "x", "x").fields
    for field, _ in DETECTIONS:
        assert isinstance(fields[field], (bool, Unknown))


def test_metadata_that_is_known_in_part_is_one_script() -> None:
    noun = only(
        'variable "more" {}\nresource "google_compute_instance" "a" {\n'
        '  metadata = merge(var.more, { serial-port-enable = "true" })\n}\n'
    )
    assert isinstance(noun.fields["text"], Unknown)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("apt-get install ${var.x}", False),
        ("aws s3 sync . s3://${var.x}", False),
        ("curl https://${var.x}/install | sh", True),
        ("${var.x}", None),
        ("set -e; ${var.x} start", None),
        ("bash -c '${var.x}'", None),
    ],
)
def test_what_fills_in_a_word_is_no_code(code: str, found: bool | None) -> None:
    noun = only(f'variable "x" {{}}\nresource "aws_instance" "a" {{\n  user_data = "echo\\n{code}"\n}}\n')
    pipe = noun.fields["remote_pipe"]
    assert isinstance(pipe, Unknown) if found is None else pipe is found
