"""Terragrunt: units, what they include, what they give to their modules. More in fixtures/terraform/trees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.table import is_terraform
from guardrail.inputs.terraform import components, read
from guardrail.model import Unknown, is_known, plain
from guardrail.tree import Tree

MODULE = 'variable "v" { default = "default" }\nresource "a_b" "c" { v = var.v }\n'


def reading(files: dict[str, str], options: ReadOptions | None = None) -> Reading:
    tree = Tree("/nonexistent", {name: text.encode() for name, text in files.items()})
    return read(sorted(name for name in files if is_terraform(name)), tree, options or ReadOptions())


def unit(inputs: str, before: str = "") -> dict[str, str]:
    """A unit `live/u` of the module `m`."""
    text = f'{before}\nterraform {{\n  source = "../../m"\n}}\ninputs = {{\n  v = {inputs}\n}}\n'
    return {"live/u/terragrunt.hcl": text, "m/main.tf": MODULE}


def value(made: Reading):
    return next(r for r in made.resources if r.kind == "a_b").attributes["v"]


def test_a_module_is_judged_with_the_inputs_of_its_unit_and_not_by_its_defaults():
    made = reading(unit('"given"'))
    (resource,) = (r for r in made.resources if r.kind == "a_b")
    assert (resource.attributes["v"], resource.root) == ("given", "live/u")
    (origin,) = resource.attributes.origin_of("v")
    assert (origin.note, origin.span.file, origin.span.line) == (
        "input v of live/u/terragrunt.hcl", "live/u/terragrunt.hcl", 6,
    )  # fmt: skip
    assert [(step.note, step.span.line) for step in resource.trace] == [("unit live/u/terragrunt.hcl", 3)]
    assert made.problems == []
    assert made.files == {"live/u/terragrunt.hcl": "analysed", "m/main.tf": "analysed"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("upper(local.x)", "X"),
        ("path_relative_to_include()", "."),
        ('get_env("SECRET", "fallback")', "fallback"),
        ("get_path_from_repo_root()", "live/u"),
        ("get_path_to_repo_root()", "../.."),
        ("basename(get_terragrunt_dir())", "u"),
        ('file("${get_terragrunt_dir()}/x.txt")', "text"),
        ('fileexists("x.txt")', True),
        ('read_terragrunt_config("other.hcl").locals.name', "other"),
        ('read_terragrunt_config("other.hcl").inputs.number', 4),
        ('read_terragrunt_config("none.hcl", { locals = { a = 1 } }).locals.a', 1),
        ('find_in_parent_folders("none.hcl", "fallback")', "fallback"),
        ('dirname(find_in_parent_folders("up.hcl")) == get_repo_root()', True),
        ('try(local.undeclared, "tried")', "tried"),
        ("feature.flag.value", True),
        ('templatefile("x.tftpl", { name = "ann" })', "hello ann"),
    ],
)
def test_what_can_be_known(expression, expected):
    before = 'locals {\n  x = "x"\n}\nfeature "flag" {\n  default = true\n}\n'
    files = {
        **unit(expression, before),
        "live/u/x.txt": "text",
        "live/u/x.tftpl": "hello ${name}",
        "live/u/other.hcl": 'locals {\n  name = "other"\n}\ninputs = { number = 4 }\n',
        "up.hcl": "",
    }
    made = reading(files)
    assert value(made) == expected
    assert made.problems == []


@pytest.mark.parametrize(
    "expression",
    ['get_env("SECRET")', "get_aws_account_id()", 'run_cmd("date")', "dependency.vpc.outputs.id",
     'sops_decrypt_file("x.yaml")', 'read_terragrunt_config("none.hcl").locals.x', "get_terragrunt_dir()",
     'jsonencode({ at = "${get_repo_root()}/x" })', 'base64encode(get_repo_root())', "values.name",
     'file("../../../outside")', 'find_in_parent_folders("none.hcl")',
     'read_terragrunt_config("other.hcl").generate'],
)  # fmt: skip
def test_what_only_a_run_knows_is_unknown(expression):
    before = 'dependency "vpc" {\n  config_path  = "../vpc"\n  mock_outputs = { id = "mock" }\n}\n'
    made = reading({**unit(expression, before), "live/u/other.hcl": "locals {}\n"})
    assert isinstance(value(made), Unknown)
    assert made.problems == []


def included(strategy: str) -> object:
    child = f"""
include "one" {{
  path           = find_in_parent_folders("one.hcl")
  merge_strategy = "{strategy}"
}}
include "two" {{
  path           = find_in_parent_folders("two.hcl")
  merge_strategy = "{strategy}"
}}
terraform {{
  source = "../../m"
}}
inputs = {{
  v = {{ child = 1, all = "child", list = ["child"] }}
}}
"""
    made = reading({
        "live/u/terragrunt.hcl": child,
        "m/main.tf": MODULE + 'variable "w" { default = "default" }\noutput "w" { value = var.w }\n',
        "one.hcl": 'inputs = {\n  v = { one = 1, all = "one", list = ["one"] }\n  w = "one"\n}\n',
        "two.hcl": 'inputs = {\n  v = { two = 1, all = "two", list = ["two"] }\n  w = "two"\n}\n',
    })  # fmt: skip
    output = next(r for r in made.resources if r.kind == "output")
    return plain(value(made)), output.attributes["value"]


def test_merging():
    child = {"child": 1, "all": "child", "list": ["child"]}
    assert included("shallow") == (child, "two")
    assert included("no_merge") == (child, "default")
    deep, other = included("deep")
    assert deep == {"one": 1, "two": 1, "child": 1, "all": "child", "list": ["one", "two", "child"]}
    assert other == "two"


def test_inputs_that_are_partly_unknown_may_set_any_variable():
    files = unit('"known"')
    start = files["live/u/terragrunt.hcl"].partition("inputs")[0]
    known = reading({**files, "live/u/terragrunt.hcl": start + 'inputs = merge(get_env("X"), { v = "known" })\n'})
    assert value(known) == "known"
    perhaps = reading({**files, "live/u/terragrunt.hcl": start + 'inputs = merge({ v = "known" }, get_env("X"))\n'})
    assert isinstance(value(perhaps), Unknown)


def test_tfvars_count_more_than_inputs():
    made = reading({**unit('"input"'), "m/terraform.tfvars": 'v = "tfvars"\n'})
    assert value(made) == "tfvars"


def test_units_of_one_module_are_roots_of_their_own():
    files = unit('"one"')
    files["live/w/terragrunt.hcl"] = files["live/u/terragrunt.hcl"].replace("one", "two")
    made = reading(files)
    assert {(r.root, r.address, r.attributes["v"]) for r in made.resources if r.kind == "a_b"} == {
        ("live/u", "a_b.c", "one"), ("live/w", "a_b.c", "two"),
    }  # fmt: skip


def test_a_file_that_others_include_is_no_unit():
    source = 'terraform {{\n  source = "{}"\n}}\n'.format
    made = reading({
        "terragrunt.hcl": source("./${path_relative_to_include()}/nowhere") + 'inputs = { v = "up" }\n',
        "live/u/terragrunt.hcl": "include {\n  path = find_in_parent_folders()\n}\n" + source("../../m"),
        "m/main.tf": MODULE,
    })  # fmt: skip
    assert value(made) == "up"
    assert made.problems == []


def test_a_module_elsewhere_is_noted():
    files = {"u/terragrunt.hcl": 'terraform {\n  source = "git::https://x.example/m.git?ref=v1"\n}\n'}
    made = reading(files)
    assert [(note.kind, note.line) for note in made.notes] == [("remote-module", 2)]
    assert made.files == {"u/terragrunt.hcl": "analysed"}


def test_units_are_grouped_with_their_modules_and_apart_from_others():
    files = {
        **unit('"x"'),
        "other/main.tf": MODULE,
        "live/v/terragrunt.hcl": 'include "r" {\n  path = "../../root.hcl"\n}\n',
        "root.hcl": 'terraform {\n  source = "${get_repo_root()}/modules//deep/one"\n}\n',
        "modules/deep/one/main.tf": MODULE,
    }
    names = sorted(name for name in files if is_terraform(name))
    tree = Tree("/nonexistent", {name: text.encode() for name, text in files.items()})
    assert components(names, tree) == [
        ["live/u/terragrunt.hcl", "m/main.tf"],
        ["live/v/terragrunt.hcl", "modules/deep/one/main.tf"],
        ["other/main.tf"],
    ]


HOSTILE: dict[str, Callable[[], dict[str, str]]] = {
    "reads itself": lambda: unit('read_terragrunt_config("terragrunt.hcl").inputs.v'),
    "includes itself": lambda: unit('"x"', 'include {\n  path = "terragrunt.hcl"\n}\n'),
    "a circle of reading": lambda: {
        **unit('read_terragrunt_config("a.hcl").locals.x'),
        "live/u/a.hcl": 'locals {\n  x = read_terragrunt_config("b.hcl").locals.x\n}\n',
        "live/u/b.hcl": 'locals {\n  x = read_terragrunt_config("a.hcl").locals.x\n}\n',
    },
    "locals in a circle": lambda: unit("local.a", "locals {\n  a = local.b\n  b = local.a\n}\n"),
    "inputs that read twice at every step": lambda: {
        **unit('read_terragrunt_config("f0.hcl").inputs.x'),
        **{f"live/u/f{n}.hcl": f'inputs = {{\n  x = [read_terragrunt_config("f{n + 1}.hcl").inputs.x, '
           f'read_terragrunt_config("f{n + 1}.hcl").inputs.x]\n}}\n' for n in range(25)},
    },
    "reads twice at every step": lambda: {
        **unit('read_terragrunt_config("f0.hcl").locals.x'),
        **{f"live/u/f{n}.hcl": f'locals {{\n  x = [read_terragrunt_config("f{n + 1}.hcl").locals.x, '
           f'read_terragrunt_config("f{n + 1}.hcl").locals.x]\n}}\n' for n in range(25)},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_units_are_refused(name):
    made = reading(HOSTILE[name]())
    assert {problem.kind for problem in made.problems} <= {"evaluation", "too-deep", "expansion"}
    assert name == "includes itself" or not is_known(value(made))


WORDS = st.sampled_from(
    ['"x"', "local.a", "get_terragrunt_dir()", "find_in_parent_folders()", 'read_terragrunt_config("terragrunt.hcl")',
     "include.r.locals", "dependency.a.outputs", "path_relative_to_include(1)", "get_env()", 'get_env("A", [])', "{}",
     "null", "merge({}, local.a)", 'file("terragrunt.hcl")', "[]", "include", "feature.x.value"],
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS, WORDS, WORDS, st.sampled_from(["terragrunt.hcl", "u/terragrunt.hcl"]))
def test_no_unit_raises(source, path, local, inputs, name):
    text = (
        f'include "r" {{\n  path = {path}\n  expose = true\n}}\nlocals {{\n  a = {local}\n}}\n'
        f"terraform {{\n  source = {source}\n}}\ninputs = {inputs}\n"
    )
    made = reading({"terragrunt.hcl": text, name: text, "main.tf": MODULE, "u/main.tf": MODULE})
    for resource in made.resources:
        plain(resource.attributes)
        for key in resource.attributes:
            resource.attributes.origin_of(key)
