"""Assignments put into the text of a file."""

from __future__ import annotations

import pytest

from guardrail.fixing import terraform, yaml_values
from guardrail.fixing.assignments import Assignment, assignment_of
from guardrail.model import Span

DATABASE = '''\
resource "aws_db_instance" "orders" {
  count = 2

  engine              = "postgres"
  publicly_accessible = true # for the import
  multi_az            = var.multi_az
  name                = <<-EOT
    not
  EOT

  timeouts {
    create = "40m"
  }
}

resource "aws_db_instance" "empty" {}

resource "aws_db_instance" "one" { engine = "postgres" }

resource "aws_instance" "web" {
  metadata_options {
    http_tokens = "optional"
  }
}

module "database" {
  source = "./database"
}
'''


def at(line: int, column: int = 1) -> Span:
    return Span("main.tf", line, column, line, column + 1)


def changed(before: str, after: bytes | None) -> list[str]:
    """The lines that are new."""
    assert after is not None
    old = before.split("\n")
    return [line for line in after.decode().split("\n") if line not in old]


@pytest.mark.parametrize(
    ("remedy", "found"),
    [
        ("Set `publicly_accessible = false`.", Assignment(("publicly_accessible",), "false", True)),
        ('Set `min_tls_version = "TLS1_2"`, or more.', Assignment(("min_tls_version",), '"TLS1_2"', True)),
        ("Set `days = 30` and `mode`.", None),
        ("Set `days = 30` and `mode = 1`.", None),
        ("Set `days = 30` in `logs` and add a `bucket`.", None),
        ("Set `days = 30`, and a `bucket`.", None),
        ("Set `days = 30` (or more), and a `bucket`.", None),
        ("Set `days = 30` (and `mode = 1` later).", None),
        ("Set `days = 30` with a certificate, or redirect.", None),
        ("Set `days = 30` in `logs`, with a bucket.", None),
        ("Set `days = 30`, or leave it out, and add a `bucket`.", None),
        ("Set `days = 30` where nobody minds.", None),
        ("Set `days = 30` then wait.", None),
        ("Set `days = 30` in `a` of `b` and in every `c`.", Assignment(("days",), "30", True)),
        ("Set `days = 30` (a month) or more, with care.", Assignment(("days",), "30", True)),
        ("Set `days = 30`, or `mode` with a `bucket` beside it.", Assignment(("days",), "30", True)),
        ("Set `days = 30`; it can be less, and with reason.", Assignment(("days",), "30", True)),
        ("Set `days = 30`. Less is possible, and allowed.", Assignment(("days",), "30", True)),
        ("Set `hostNetwork: false`.", Assignment(("hostNetwork",), "false", False)),
        ("Set `with: {persist: false}` on it.", Assignment(("with", "persist"), "false", False)),
        ("Set `a: {b: {c: d}}`.", Assignment(("a", "b", "c"), "d", False)),
        ("Set `a: {b: 1, c: 2}`.", None),
        ("Set `policy: AlwaysAllow` (or another).", Assignment(("policy",), "AlwaysAllow", False)),
        ("Set `key = aws_kms_key.this.arn`.", None),
        ('Set `name = "${var.x}"`.', None),
        ("Set `a.b = true`.", None),
        ("Drop it, or set `x = true`.", None),
        ("Set `x`.", None),
        ("", None),
    ],
)
def test_remedies_that_are_assignments(remedy: str, found: Assignment | None) -> None:
    assert assignment_of(remedy) == found


@pytest.mark.parametrize(
    ("span", "name", "value", "line"),
    [
        (at(5, 3), "publicly_accessible", "false", "  publicly_accessible = false # for the import"),
        (at(1), "publicly_accessible", "false", "  publicly_accessible = false # for the import"),
        (at(22, 5), "http_tokens", '"required"', '    http_tokens = "required"'),
        (at(21, 3), "http_tokens", '"required"', '    http_tokens = "required"'),
    ],
)
def test_a_literal_is_replaced(span: Span, name: str, value: str, line: str) -> None:
    made = terraform.edited(DATABASE.encode(), span, Assignment((name,), value, True))
    assert changed(DATABASE, made) == [line]
    assert made is not None
    assert len(made.splitlines()) == len(DATABASE.splitlines())


def test_what_is_missing_comes_after_the_attributes() -> None:
    made = terraform.edited(DATABASE.encode(), at(1), Assignment(("deletion_protection",), "true", True))
    assert made is not None
    assert made.decode() == DATABASE.replace("  EOT\n", "  EOT\n\n  deletion_protection = true\n")


def test_in_a_block_without_attributes_it_comes_first() -> None:
    made = terraform.edited(DATABASE.encode(), at(20), Assignment(("monitoring",), "true", True))
    assert made is not None
    assert made.decode() == DATABASE.replace('"web" {\n', '"web" {\n  monitoring = true\n\n')


def test_in_an_empty_one_it_is_all() -> None:
    made = terraform.edited(DATABASE.encode(), at(16), Assignment(("multi_az",), "true", True))
    assert made is not None
    assert made.decode() == DATABASE.replace('"empty" {}', '"empty" {\n  multi_az = true\n}')


def test_line_ends_are_those_of_the_file() -> None:
    source = DATABASE.replace("\n", "\r\n").encode()
    made = terraform.edited(source, at(1), Assignment(("deletion_protection",), "true", True))
    assert made is not None
    assert made.count(b"\n") == made.count(b"\r\n") == source.count(b"\n") + 2


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (at(6, 3), Assignment(("multi_az",), "true", True)),  # an expression
        (at(5, 3), Assignment(("publicly_accessible",), "true", True)),  # it is so already
        (at(5, 3), Assignment(("multi_az",), "true", True)),  # another attribute
        (at(1), Assignment(("no_such_thing",), "true", True)),
        (at(1), Assignment(("timeouts",), "true", True)),  # a block
        (at(18), Assignment(("multi_az",), "true", True)),  # all on one line
        (at(26), Assignment(("multi_az",), "true", True)),  # what a module takes is not known
        (at(5, 4), Assignment(("publicly_accessible",), "false", True)),  # nothing begins there
        (at(99), Assignment(("multi_az",), "true", True)),
        (at(1), Assignment(("multi_az",), "true", False)),  # meant for YAML
    ],
)
def test_what_cannot_be_done_is_left_alone(span: Span, wanted: Assignment) -> None:
    assert terraform.edited(DATABASE.encode(), span, wanted) is None


def test_broken_files_are_left_alone() -> None:
    wanted = Assignment(("multi_az",), "true", True)
    assert terraform.edited(b'resource "aws_db_instance" "a" {\n', at(1), wanted) is None


def test_columns_count_characters_not_bytes() -> None:
    source = 'locals { ä = "ö" }\nresource "aws_kms_key" "k" { # ü\n  enable_key_rotation = false\n}\n'
    made = terraform.edited(source.encode(), at(3, 3), Assignment(("enable_key_rotation",), "true", True))
    assert changed(source, made) == ["  enable_key_rotation = true"]


POD = """\
spec:
  hostNetwork: true  # for now
  containers:
    - {name: a, privileged: true}
    - "stdin": 'true'
      tty: true
      args: [hostNetwork: true]
  name: &x yes-and no
"""


@pytest.mark.parametrize(
    ("span", "name", "line"),
    [
        (at(2, 3), "hostNetwork", "  hostNetwork: false  # for now"),
        (at(4, 17), "privileged", "    - {name: a, privileged: false}"),
        (at(5, 7), "stdin", '    - "stdin": false'),
        (at(6, 7), "tty", "      tty: false"),
    ],
)
def test_a_value_of_yaml_is_replaced(span: Span, name: str, line: str) -> None:
    assert changed(POD, yaml_values.edited(POD.encode(), span, Assignment((name,), "false", False))) == [line]


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (at(2, 3), Assignment(("hostPID",), "false", False)),
        (at(2, 3), Assignment(("hostNetwork",), "true", False)),
        (at(3, 3), Assignment(("containers",), "false", False)),
        (at(8, 3), Assignment(("name",), "false", False)),
        (at(2, 3), Assignment(("hostNetwork",), "false", True)),
        (at(0, 0), Assignment(("hostNetwork",), "false", False)),
        (at(40, 1), Assignment(("hostNetwork",), "false", False)),
    ],
)
def test_what_is_no_plain_value_there_is_left_alone(span: Span, wanted: Assignment) -> None:
    assert yaml_values.edited(POD.encode(), span, wanted) is None


def test_templates_of_charts_are_left_alone() -> None:
    source = b"spec:\n  hostNetwork: true\n  name: {{ .Values.name }}\n"
    assert yaml_values.edited(source, at(2, 3), Assignment(("hostNetwork",), "false", False)) is None


WORKFLOW = """\
jobs:
  build:
    steps:
      - uses: actions/checkout@v4 # pinned by Renovate
      - name: Sources
        uses: actions/checkout@v4
        with: # all of it
          # for the changelog
          fetch-depth: 0
      - {uses: actions/checkout@v4}
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - uses: >-
          actions/checkout@v4
      - uses: actions/checkout@v4
        with:
          persist-credentials: true
"""
KEPT = Assignment(("with", "persist-credentials"), "false", False)


@pytest.mark.parametrize(
    ("span", "after", "new"),
    [
        (at(4, 9), "@v4 # pinned by Renovate\n", "        with:\n          persist-credentials: false\n"),
        (at(6, 9), "        with: # all of it\n", "          persist-credentials: false\n"),
        (at(7, 9), "        with: # all of it\n", "          persist-credentials: false\n"),
    ],
)
def test_keys_are_put_into_mappings_by_whole_lines(span: Span, after: str, new: str) -> None:
    made = yaml_values.edited(WORKFLOW.encode(), span, KEPT)
    assert made is not None
    assert made.decode() == WORKFLOW.replace(after, after + new)
    windows = yaml_values.edited(WORKFLOW.replace("\n", "\r\n").encode(), span, KEPT)
    assert windows == made.replace(b"\n", b"\r\n")
    assert yaml_values.edited(WORKFLOW.replace("\n", "\r").encode(), span, KEPT) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_behind_a_last_line_without_an_end(end: str) -> None:
    source = f"steps:{end}  - uses: actions/checkout@v4"
    made = yaml_values.edited(source.encode(), at(2, 5), KEPT)
    assert made is not None
    assert made.decode() == f"{source}{end}    with:{end}      persist-credentials: false"


def test_line_ends_are_those_of_the_lines_around() -> None:
    source = b"on: push\nsteps:\r\n  - uses: actions/checkout@v4\r\n"
    made = yaml_values.edited(source, at(3, 5), KEPT)
    assert made == source + b"    with:\r\n      persist-credentials: false\r\n"


def test_a_key_that_is_there_already_gets_its_value() -> None:
    made = yaml_values.edited(WORKFLOW.encode(), at(17, 11), KEPT)
    assert changed(WORKFLOW, made) == ["          persist-credentials: false"]


@pytest.mark.parametrize(
    "span",
    [at(10, 10), at(11, 9), at(13, 9), at(15, 9), at(1), at(99)],
    ids=["flow", "flow-below", "folded", "there", "no-list", "nowhere"],
)
def test_what_whole_lines_cannot_do_is_left_alone(span: Span) -> None:
    if span == at(1):
        made = yaml_values.edited(WORKFLOW.encode(), span, Assignment(("jobs", "build"), "false", False))
    else:
        made = yaml_values.edited(WORKFLOW.encode(), span, KEPT)
    assert made is None


def test_several_keys_may_be_missing() -> None:
    source = "containers:\n  - name: a\n    image: b\n"
    wanted = Assignment(("securityContext", "seccompProfile", "type"), "RuntimeDefault", False)
    made = yaml_values.edited(source.encode(), at(2, 5), wanted)
    assert made is not None
    new = "    securityContext:\n      seccompProfile:\n        type: RuntimeDefault\n"
    assert made.decode() == source.replace("name: a\n", f"name: a\n{new}")


def test_aliases_that_go_round_come_to_an_end() -> None:
    assert yaml_values.edited(b"a: &x\n  b: *x\n", at(9, 9), KEPT) is None
