"""What repositories of reusable modules are full of: long conditionals, defaults that callers replace, splats over
counts that nobody knows, optional files."""

from __future__ import annotations

import pytest

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Encoded, Reference, Text, Unknown
from guardrail.tree import Tree


def reading(files: dict[str, str] | str) -> Reading:
    if isinstance(files, str):
        files = {"main.tf": files}
    overlay = {name: text.encode() for name, text in files.items()}
    return read(sorted(overlay), Tree("/nowhere", overlay), ReadOptions())


def attribute(made: Reading, address: str, name: str):
    return next(r for r in made.resources if r.address == address).attributes.get(name)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : true ? 2 : 3", 2),
        ("false ? 1 : false ? 2 : true ? 3 : 4", 3),
        ("true ? false ? 1 : 2 : 3", 2),
        ("(true ? false : true) ? 1 : 2", 2),
        ('1 > 2 ? "x" : 2 > 1 ? "y" : "z"', "y"),
        ('[for n in [1] : n == 2 ? "x" : n == 1 ? "y" : "z"][0]', "y"),
        ('"a$$${b}c"', "a$${b}c"),
        ('"a$$${1}${1}"', "a$${1}1"),
        ('length(fileset("nowhere", "*.yaml"))', 0),
    ],
)
def test_values_are_terraforms(expression, value):
    made = reading(f'resource "a_b" "c" {{\n  v = {expression}\n}}\n')
    assert made.problems == []
    assert attribute(made, "a_b.c", "v") == value


def test_a_chain_of_conditionals_has_a_limit():
    made = reading(f'locals {{\n  v = {"true ? 1 : " * 5_000} 2\n}}\n')
    assert [problem.kind for problem in made.problems] == ["too-deep"]


def test_managed_resources_may_be_spelt_out():
    made = reading("""
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/8" }
resource "aws_subnet" "b" {
  vpc_id     = resource.aws_vpc.a.id
  cidr_block = resource.aws_vpc.a.cidr_block
  depends_on = [resource.aws_vpc.a]
}
""")
    assert made.problems == []
    assert attribute(made, "aws_subnet.b", "cidr_block") == "10.0.0.0/8"
    vpc = attribute(made, "aws_subnet.b", "vpc_id")
    assert isinstance(vpc, Reference)
    assert (vpc.target, vpc.attribute) == ("aws_vpc.a", "id")
    edges = next(r for r in made.resources if r.address == "aws_subnet.b").edges
    assert ("depends_on", "aws_vpc.a", "") in edges


@pytest.mark.parametrize(
    ("variable", "argument"),
    [
        ("default = null", 'name = "${var.x}.example.com"'),
        ("default = null", 'name = "a"\n  count = var.x ? 1 : 0'),
        ("default = null", 'name = "a"\n  for_each = local.l'),
        ("default = {}", "name = lookup(var.x, \"service\")"),
        ("default = []", "name = local.l[0]"),
        ("default = []", 'name = "a"\n  dynamic "b" {\n    for_each = var.x == [] ? null : 1\n    content {}\n  }'),
    ],
)
def test_a_default_that_cannot_be_meant_is_noted_and_its_value_unknown(variable, argument):
    made = reading(f'variable "x" {{\n  {variable}\n}}\nlocals {{\n  l = var.x\n}}\n'
                   f'resource "a_b" "c" {{\n  {argument}\n}}\n')  # fmt: skip
    assert made.problems == []
    if "dynamic" not in argument:
        assert [note.kind for note in made.notes] == ["default-insufficient"]
        assert "var.x" in made.notes[0].message
    assert [r.kind for r in made.resources if r.mode == "managed"] == ["a_b"]


BLAME = """
variable "names" {
  default = []
}
variable "level" {
  default = "error"
}
locals {
  sizes = { small = 1 }
  level = "${var.level}"
}
"""


@pytest.mark.parametrize(
    ("argument", "blamed"),
    [
        ('v = "${var.names[0]} ${var.level}"', "var.names"),
        ('v = "${var.level} ${var.names[0]}"', "var.names"),
        ('v = "${local.level} ${local.sizes["large"]}"', ""),
        ('v = "${local.sizes["large"]} ${var.names[0]}"', ""),
        ("v = local.sizes[local.level]", "var.level"),
        ('v = [{ a = var.level, b = local.sizes["large"] }]', ""),
        ("count = [var.level, -1][1]", ""),
        ('for_each = { x = var.level }\n  v = [each.value, local.sizes["large"]]', ""),
        ('for_each = { (var.level) = 1 }\n  v = local.sizes[each.key]', "var.level"),
    ],
)
def test_a_default_is_blamed_only_where_another_value_would_help(argument, blamed):
    made = reading(BLAME + f'resource "a_b" "c" {{\n  {argument}\n}}\n')
    notes = [note.message for note in made.notes if note.kind == "default-insufficient"]
    assert [blamed in note for note in notes] == [True] * bool(blamed), notes
    assert bool(made.problems) is not bool(blamed)


def test_both_defaults_are_to_blame_where_neither_alone_is():
    made = reading('variable "a" {\n  default = null\n}\nvariable "b" {\n  default = null\n}\n'
                   'resource "a_b" "c" {\n  v = "${var.a}${var.b}"\n}\n')  # fmt: skip
    assert (made.problems, [note.kind for note in made.notes]) == ([], ["default-insufficient"])


def test_a_given_value_that_cannot_be_meant_is_a_problem():
    code = 'variable "x" {\n  default = null\n}\nresource "a_b" "c" {\n  name = "${var.x}.example"\n}\n'
    made = reading({"main.tf": code, "terraform.tfvars": "x = null\n"})
    assert [(problem.kind, problem.line) for problem in made.problems] == [("evaluation", 5)]
    called = {"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": code}
    assert [(problem.file, problem.line) for problem in reading(called).problems] == [("m/main.tf", 5)]


def test_an_undeclared_variable_is_a_problem_whatever_else_has_a_default():
    made = reading('variable "x" {\n  default = 1\n}\nresource "a_b" "c" {\n  name = var.nobody\n}\n')
    assert [problem.line for problem in made.problems] == [5]


DOCUMENT = """
variable "n" {}
data "aws_iam_policy_document" "d" {
  count = var.n
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
"""


@pytest.mark.parametrize(
    "expression",
    ['join("", X.*.json)', "one(X[*].json)", 'one(X[*]["json"])', "(X[*].json)[0]", "element(X[*].json, 0)",
     'try(X[0].json, "")'],
)  # fmt: skip
def test_the_one_document_that_there_may_be_is_read(expression):
    expression = expression.replace("X", "data.aws_iam_policy_document.d")
    made = reading(f'{DOCUMENT}resource "aws_iam_policy" "p" {{\n  policy = {expression}\n}}\n')
    assert made.problems == []
    policy = attribute(made, "aws_iam_policy.p", "policy")
    assert isinstance(policy, Encoded)
    assert policy.decoded["Statement"][0]["Action"] in ("s3:GetObject", ["s3:GetObject"])


@pytest.mark.parametrize("function", ["length({})", "concat({}, [1])", "one({})", 'join("", {})', "{}"])
def test_a_list_of_unknown_length_is_unknown_though_its_items_are_known(function):
    made = reading(
        'variable "n" {}\nresource "a_b" "c" {\n  count = var.n\n  name = "x"\n}\n'
        f'resource "a_b" "d" {{\n  v = {function.replace("{}", "a_b.c[*].name")}\n}}\n'
    )
    assert made.problems == []
    assert isinstance(attribute(made, "a_b.d", "v"), Unknown)


def test_an_index_of_what_has_no_instances_is_rejected():
    made = reading('resource "a_b" "c" {\n  n = "x"\n}\nresource "a_b" "d" {\n  v = a_b.c["n"]\n}\n')
    assert isinstance(attribute(made, "a_b.d", "v"), Unknown)
    assert [(problem.kind, problem.line) for problem in made.problems] == [("evaluation", 5)]


def test_null_in_a_nested_block_is_for_the_provider_to_fill_in():
    made = reading("""
resource "google_compute_instance" "a" {
  network_interface {
    network_ip = null
  }
}
resource "a_b" "c" {
  v = "${google_compute_instance.a.network_interface[0].network_ip}/32"
}
""")
    assert made.problems == []
    assert isinstance(attribute(made, "a_b.c", "v"), Unknown)


def test_a_heredoc_that_is_handed_on_knows_its_file():
    made = reading({
        "main.tf": 'module "m" {\n  source = "./m"\n  text   = <<-E\n    one\n    two\n  E\n}\n',
        "m/main.tf": 'variable "text" {}\nresource "a_b" "c" {\n  v = var.text\n}\n',
    })  # fmt: skip
    text = attribute(made, "module.m.a_b.c", "v")
    assert isinstance(text, Text)
    place = text.place("m/main.tf", 4, 7)
    assert (place.file, place.line, place.column) == ("main.tf", 5, 5)


def test_what_a_value_is_comes_before_what_decided_it():
    made = reading({
        "main.tf": 'module "m" {\n  source = "./m"\n  size   = 5\n}\n',
        "m/main.tf": 'variable "size" {}\nvariable "on" {\n  default = true\n}\n'
                     'resource "a_b" "c" {\n  size = var.on ? var.size : null\n}\n',
    })  # fmt: skip
    attributes = next(r for r in made.resources if r.address == "module.m.a_b.c").attributes
    notes = [origin.note for origin in attributes.origin_of("size")]
    assert notes == ["argument size of module.m", "default of var.on"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('file(abspath("${path.module}/x.txt"))', "here"),
        ('file("${abspath(path.module)}/x.txt")', "here"),
        ('file("${abspath("")}/m/../m/x.txt")', "here"),
        ('fileexists(abspath("m/x.txt"))', True),
        ('join(",", fileset(abspath(path.module), "*.txt"))', "x.txt"),
        ('templatefile(abspath("${path.module}/x.txt"), {})', "here"),
        ('file(pathexpand("${path.module}/x.txt"))', "here"),
        ("local.text", "here"),
        ('abspath("m/x.txt")', None),
        ('templatestring(local.folder, {})', None),
        ('file("${abspath(path.module)}${var.name}")', None),
        ('file("/etc${abspath(path.module)}/x.txt")', None),
        ('file(abspath("../../../../etc/hostname"))', None),
        ('file("${abspath(path.module)}/../../../../etc/hostname")', None),
        ('file("${abspath("/")}/etc/hostname")', None),
        ('file("${abspath("~")}/x.txt")', None),
    ],
)
def test_a_file_is_the_same_wherever_terraform_runs(tmp_path, expression, value):
    module = """
variable "name" {
}
locals {
  folder = abspath(path.module)
  text   = file("${local.folder}/x.txt")
}
"""
    (tmp_path / "m").mkdir()
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./m"\n  name   = plantimestamp()\n}\n')
    (tmp_path / "m/main.tf").write_text(f'{module}resource "a_b" "c" {{\n  v = {expression}\n}}\n')
    (tmp_path / "m/x.txt").write_text("here")
    made = read(["main.tf", "m/main.tf"], Tree(str(tmp_path)), ReadOptions())
    assert made.problems == []
    found = attribute(made, "module.m.a_b.c", "v")
    assert isinstance(found, Unknown) if value is None else found == value
