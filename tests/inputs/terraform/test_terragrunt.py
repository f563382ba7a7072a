"""Terragrunt: units, what they include, what they give to their modules. More in fixtures/terraform/trees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.table import is_terraform
from guardrail.inputs.terraform import components, read
from guardrail.model import Reference, Unknown, is_known, plain
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
        ('jsondecode(read_tfvars_file("x.tfvars")).a', 5),
        ("deep_merge({ a = { b = 1 } }, { a = { c = 2 } }).a", {"b": 1, "c": 2}),
        ('contains(get_terraform_commands_that_need_vars(), "plan")', True),
    ],
)
def test_what_can_be_known(expression, expected):
    before = 'locals {\n  x = "x"\n}\nfeature "flag" {\n  default = true\n}\n'
    files = {
        **unit(expression, before),
        "live/u/x.txt": "text",
        "live/u/x.tfvars": "a = 5\n",
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
     'read_terragrunt_config("other.hcl").generate', 'read_tfvars_file("none.tfvars")'],
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


# ---- what is left out ----


@pytest.mark.parametrize(
    ("block", "is_judged"),
    [
        ("skip = true", False),
        ("skip = false", True),
        ('exclude {\n  if      = true\n  actions = ["all"]\n}', False),
        ('exclude {\n  if      = true\n  actions = ["plan", "apply"]\n}', False),
        ("exclude {\n  if = true\n}", False),
        ('exclude {\n  if      = true\n  actions = ["destroy"]\n}', True),
        ('exclude {\n  if      = false\n  actions = ["all"]\n}', True),
        ('exclude {\n  if      = get_env("CI")\n  actions = ["all"]\n}', True),  # perhaps it is made
    ],
)
def test_units_that_are_never_run(block, is_judged):
    made = reading(unit('"x"', block + "\n"))
    assert [r.root for r in made.resources if r.kind == "a_b"] == (["live/u"] if is_judged else ["m"])


# ---- extra_arguments ----


def with_arguments(body: str, **more: str):
    text = (
        'terraform {\n  source = "../../m"\n  extra_arguments "values" {\n'
        f"    commands = get_terraform_commands_that_need_vars()\n{body}\n  }}\n}}\ninputs = {{ v = \"input\" }}\n"
    )
    return reading({"live/u/terragrunt.hcl": text, "m/main.tf": MODULE, "live/one.tfvars": 'v = "one"\n',
                    "live/two.tfvars": 'v = "two"\n', **more})  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('required_var_files = ["${get_terragrunt_dir()}/../one.tfvars"]', "one"),
        ('required_var_files = ["../one.tfvars", "../two.tfvars"]', "two"),
        ('optional_var_files = ["../one.tfvars", "../absent.tfvars"]', "one"),
        ('optional_var_files = ["../absent.tfvars"]', "input"),
        ('env_vars = { TF_VAR_v = "environment", OTHER = "x" }', "environment"),
        ('arguments = ["-var", "v=argument", "-lock=false"]', "argument"),
        ('arguments = ["-var=v=a=b"]', "a=b"),
        ('arguments = ["-var v=argument"]', "argument"),
        ('arguments = ["-var-file=../one.tfvars"]', "one"),
        ('arguments = ["-var-file", "${get_terragrunt_dir()}/../one.tfvars"]', "one"),
        ('arguments = ["-compact-warnings"]', "input"),
    ],
)
def test_extra_arguments_give_values(body, expected):
    made = with_arguments(body)
    assert value(made) == expected
    assert made.problems == []


def test_extra_arguments_count_in_terraforms_order():
    files = {"m/terraform.tfvars": 'v = "tfvars"\n'}
    assert value(with_arguments('env_vars = { TF_VAR_v = "environment" }', **files)) == "tfvars"
    assert value(with_arguments('required_var_files = ["../one.tfvars"]', **files)) == "one"
    assert value(with_arguments('required_var_files = ["../one.tfvars"]\narguments = ["-var=v=last"]')) == "last"


@pytest.mark.parametrize(
    "body", ['required_var_files = ["secret.tfvars"]', 'optional_var_files = ["${get_env("HOME")}/x.tfvars"]',
             'optional_var_files = ["/etc/x.tfvars"]', 'arguments = ["-var-file=../../../x.tfvars"]'],
)  # fmt: skip
def test_a_file_of_values_that_is_not_here_leaves_values_unknown(body):
    made = with_arguments(body)
    assert isinstance(value(made), Unknown)
    assert [note.kind for note in made.notes] == ["values-not-read"]
    assert made.problems == []
    last = 'extra_arguments "last" {\n commands = ["plan"]\n arguments = ["-var=v=known"]\n}'
    assert value(with_arguments(f"{body}\n}}\n{last}\nhooks {{")) == "known"


def test_arguments_of_other_commands_give_nothing():
    text = (
        'terraform {\n  source = "../../m"\n  extra_arguments "x" {\n    commands = ["destroy"]\n'
        '    arguments = ["-var=v=destroyed"]\n  }\n}\n'
    )
    assert value(reading({"live/u/terragrunt.hcl": text, "m/main.tf": MODULE})) == "default"


def test_a_units_arguments_count_more_than_those_of_the_same_name_in_what_it_includes():
    def terraform(value: str, source: str = "") -> str:
        return (
            f'terraform {{\n{source}  extra_arguments "x" {{\n    commands = ["plan"]\n'
            f'    env_vars = {{ TF_VAR_v = "{value}" }}\n  }}\n}}\n'
        )

    files = {
        "root.hcl": terraform("root"),
        "live/u/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        + terraform("unit", '  source = "../../m"\n'),
        "live/w/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        'terraform {\n  source = "../../m"\n}\n',
        "m/main.tf": MODULE,
    }
    made = reading(files)
    assert {(r.root, r.attributes["v"]) for r in made.resources if r.kind == "a_b"} == {
        ("live/u", "unit"), ("live/w", "root"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ('"${get_env("E") == "prod" ? "git::https://x.example/m.git" : "../../m"}"', True),
        ('get_env("E") == "prod" ? (get_env("F") == "x" ? "git::https://x.example/m" : "../../m") : "../..//m"', True),
        ('get_env("E") == "prod" ? "git::https://x.example/m.git" : get_env("M")', False),
        ('get_env("E") == "prod" ? "../../m" : "../../n"', False),
        ('get_env("E") == "prod" ? "git::https://x.example/m.git" : "../../none"', False),
    ],
)
def test_a_condition_that_is_not_known_chooses_the_module_in_the_tree(source, module):
    made = reading({
        "live/u/terragrunt.hcl": f"terraform {{\n  source = {source}\n}}\ninputs = {{ v = 1 }}\n",
        "m/main.tf": MODULE, "n/main.tf": MODULE,
    })  # fmt: skip
    ((kind, line, message),) = [(note.kind, note.line, note.message) for note in made.notes]
    assert (kind, line, "taken to be" in message) == ("remote-module", 2, module)
    assert {r.root for r in made.resources if r.kind == "a_b"} >= ({"live/u"} if module else {"m", "n"})
    assert made.problems == []


# ---- generate ----

ROOT = """
locals {
  environment = "prod"
}
generate "provider" {
  path      = "provider.tf"
  if_exists = "%s"
  contents  = <<-EOF
    provider "aws" {
      region = "${get_env("REGION")}"
      default_tags {
        tags = {
          Environment = "${local.environment}"
          Unit        = "${path_relative_to_include()}"
          Region      = "${get_env("REGION")}"
        }
      }
    }
  EOF
}
"""


def generated(how: str = "overwrite_terragrunt", root: str = ROOT, **files: str):
    return reading({
        "root.hcl": root.replace("%s", how),
        "live/u/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        'terraform {\n  source = "../../m"\n}\n',
        "m/main.tf": 'resource "aws_sns_topic" "t" {\n  tags = { Own = "yes" }\n}\n',
        **files,
    })  # fmt: skip


def tags(made: Reading):
    return next(r for r in made.resources if r.kind == "aws_sns_topic").tags


def test_a_generated_provider_gives_its_default_tags():
    made = generated()
    assert made.problems == []
    assert made.notes == []
    found = tags(made)
    assert {key: value for key, value in found.items() if key != "Region"} == {
        "Environment": "prod", "Unit": "live/u", "Own": "yes",
    }  # fmt: skip
    assert isinstance(found["Region"], Unknown)
    (provider,) = (r for r in made.resources if r.kind == "provider")
    assert (provider.header.file, provider.header.line) == ("root.hcl", 9)
    assert provider.attributes.place("region").line == 10
    assert isinstance(provider.attributes["region"], Unknown)


def test_a_generated_file_replaces_the_one_that_is_there_or_leaves_it():
    there = {"m/provider.tf": 'provider "aws" {\n  default_tags {\n    tags = { Old = "yes" }\n  }\n}\n'}
    assert set(tags(generated("overwrite", **there))) == {"Environment", "Unit", "Region", "Own"}
    assert set(tags(generated("skip", **there))) == {"Old", "Own"}
    assert "Environment" in tags(generated("skip"))


@pytest.mark.parametrize(
    ("contents", "noted"),
    [
        ('get_env("X")', True),
        ('"provider \\"aws\\" {"', True),
        ('"not terraform"', True),
        ("run_cmd(\"make\")", True),
        ('"provider \\"aws\\" {}"', False),
    ],
)
def test_what_cannot_be_known_of_a_generated_file_is_noted(contents, noted):
    root = f'generate "p" {{\n  path      = "p.tf"\n  if_exists = "overwrite"\n  contents  = {contents}\n}}\n'
    made = generated(root=root)
    assert [note.kind for note in made.notes] == (["generated"] if noted else [])
    assert made.problems == []


def test_files_that_are_not_terraforms_and_those_switched_off_are_passed_over():
    root = (
        'generate "a" {\n  path = ".terraform-version"\n  if_exists = "overwrite"\n  contents = get_env("V")\n}\n'
        'generate "b" {\n  path = "b.tf"\n  disable = true\n  if_exists = "overwrite"\n  contents = "nonsense"\n}\n'
        'generate "c" {\n  path = "c.tf.json"\n  if_exists = "overwrite"\n'
        '  contents = jsonencode({ provider = { aws = { default_tags = { tags = { Json = "yes" } } } } })\n}\n'
    )
    made = generated(root=root)
    assert (made.notes, made.problems) == ([], [])
    assert tags(made) == {"Own": "yes", "Json": "yes"}


def test_a_file_of_the_tree_is_generated_with_its_own_lines():
    root = (
        'generate "variables" {\n  path      = "common.tf"\n  if_exists = "overwrite"\n'
        '  contents  = file("envs/variables.tf")\n}\n'
    )
    variables = 'variable "region" {\n  default = "eu-west-1"\n}\n'
    use = 'resource "a_b" "x" {\n  r = var.region\n}\n'
    made = generated(root=root, **{"envs/variables.tf": variables, "m/use.tf": use})
    assert (made.notes, made.problems) == ([], [])
    (resource,) = (r for r in made.resources if r.kind == "a_b")
    assert resource.attributes["r"] == "eu-west-1"
    (origin,) = resource.attributes.origin_of("r")
    assert (origin.span.file, origin.span.line) == ("envs/variables.tf", 2)


def test_what_stands_for_whole_values_and_blocks_may_be_unknown():
    root = """\
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite"
  contents  = <<EOF
provider "aws" {
  region              = "${get_env("R")}"
  allowed_account_ids = [${get_env("ACCOUNT")}]
  default_tags {
    tags = { Environment = "prod" }
  }
}
%{ if get_env("STAGE") == "prod" }
provider "aws" {
  alias = "other"
}
%{ endif }
EOF
}
"""
    made = generated(root=root)
    assert [(note.kind, "condition" in note.message) for note in made.notes] == [("generated", True)]
    assert made.problems == []
    assert tags(made) == {"Environment": "prod", "Own": "yes"}
    (provider,) = (r for r in made.resources if r.kind == "provider")
    assert isinstance(provider.attributes["region"], Unknown)
    assert isinstance(provider.attributes["allowed_account_ids"][0], Unknown)
    assert provider.attributes.place("allowed_account_ids").line == 7


def test_what_one_unit_generates_is_not_anothers():
    files = {"live/w/terragrunt.hcl": 'terraform {\n  source = "../../m"\n}\n'}
    made = generated(**files)
    assert {r.root: set(r.tags) for r in made.resources if r.kind == "aws_sns_topic"} == {
        "live/u": {"Environment", "Unit", "Region", "Own"}, "live/w": {"Own"},
    }  # fmt: skip


# ---- stacks ----

STACK = {
    "live/prod/terragrunt.stack.hcl": """
locals {
  name = "shop"
}
unit "queue" {
  source = "../../units/queue"
  path   = "queue"
  values = {
    name = "${local.name}-queue"
    size = 3
  }
}
unit "elsewhere" {
  source = "git::https://x.example/catalog.git//units/vpc?ref=v1"
  path   = "vpc"
}
stack "jobs" {
  source = "${get_repo_root()}/stacks/jobs"
  path   = "jobs"
  values = { name = local.name }
}
""",
    "stacks/jobs/terragrunt.stack.hcl": """
unit "queue" {
  source = "${get_repo_root()}/units/queue"
  path   = "inner"
  values = { name = "${values.name}-jobs" }
}
""",
    "units/queue/terragrunt.hcl": """
include "root" {
  path = find_in_parent_folders("root.hcl")
}
terraform {
  source = "${get_repo_root()}/m"
}
inputs = {
  v = [values.name, try(values.size, 1), file("note.txt"), path_relative_to_include()]
}
""",
    "units/queue/note.txt": "note",
    "live/root.hcl": "",
    "root.hcl": "",
    "m/main.tf": MODULE,
}


def test_a_stack_makes_units_of_what_it_names_with_its_values():
    made = reading(STACK)
    assert made.problems == []
    assert {r.root: r.attributes["v"] for r in made.resources if r.kind == "a_b"} == {
        "live/prod/.terragrunt-stack/queue": ["shop-queue", 3, "note", "prod/.terragrunt-stack/queue"],
        "live/prod/.terragrunt-stack/jobs/.terragrunt-stack/inner": [
            "shop-jobs", 1, "note", "prod/.terragrunt-stack/jobs/.terragrunt-stack/inner",
        ],
    }  # fmt: skip
    assert [(note.kind, note.line) for note in made.notes] == [("remote-module", 13)]
    assert set(made.files.values()) == {"analysed"}
    (queue,) = (r for r in made.resources if r.root == "live/prod/.terragrunt-stack/queue" and r.kind == "a_b")
    assert [step.note for step in queue.trace] == [
        "unit queue of live/prod/terragrunt.stack.hcl", "unit live/prod/.terragrunt-stack/queue/terragrunt.hcl",
    ]  # fmt: skip


def test_what_a_stack_makes_several_of_or_none():
    stack = """
unit "shard" {
  expansion {
    for_each = toset(["api", "web"])
  }
  source = "../../units/queue"
  path   = "shard/${each.key}"
  values = { name = each.key }
}
unit "numbered" {
  expansion {
    count = 2
  }
  enabled = count.index == 1
  source  = "../../units/queue"
  path    = "n/${count.index}"
  values  = { name = "n${count.index}" }
  autoinclude {
    inputs = { w = [dependency.vpc.outputs.id, "added"] }
  }
}
unit "off" {
  enabled = false
  source  = "../../units/queue"
  path    = "off"
}
"""
    module = MODULE + 'variable "w" { default = null }\nresource "a_b" "w" { w = var.w }\n'
    made = reading({**STACK, "live/prod/terragrunt.stack.hcl": stack, "m/main.tf": module})
    made_dir = "live/prod/.terragrunt-stack"
    assert made.problems == []
    found = {r.root: r.attributes["v"][0] for r in made.resources if r.address == "a_b.c"}
    # The stack that no other one makes any more is judged by itself, without values.
    alone = found.pop("stacks/jobs/.terragrunt-stack/inner")
    assert alone.reason == "values.name comes from a stack"
    assert found == {f"{made_dir}/shard/api": "api", f"{made_dir}/shard/web": "web", f"{made_dir}/n/1": "n1"}
    (added,) = (r.attributes["w"] for r in made.resources if r.address == "a_b.w" and r.root == f"{made_dir}/n/1")
    assert isinstance(added[0], Unknown)
    assert added[1] == "added"


def test_a_stack_is_grouped_with_what_it_is_made_of():
    names = sorted(name for name in STACK if is_terraform(name))
    tree = Tree("/nonexistent", {name: text.encode() for name, text in STACK.items()})
    assert components([*names, "other/main.tf"], tree) == [names, ["other/main.tf"]]


def test_what_is_missing_of_a_stack():
    files = {**STACK, "live/prod/terragrunt.stack.hcl": 'unit "a" {\n  source = "./nowhere"\n  path = "a"\n}\n'
             'unit "b" {\n  source = get_env("S")\n  path = "b"\n}\n'}  # fmt: skip
    made = reading(files)
    assert [(problem.kind, problem.line) for problem in made.problems] == [("missing-module", 1)]
    assert [(note.kind, note.line) for note in made.notes] == [("remote-module", 5)]


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
    "stacks in a circle": lambda: {
        **unit('"x"'), "terragrunt.stack.hcl": 'stack "a" {\n  source = "."\n  path = "a"\n}\n'
        'stack "b" {\n  source = "./live/.."\n  path = "b"\n}\n',
    },
    "stacks that double at every step": lambda: {
        **unit('"x"'),
        **{f"s{n}/terragrunt.stack.hcl": "".join(
            f'stack "{which}" {{\n  source = "${{get_repo_root()}}/s{n + 1}"\n  path = "{which}"\n}}\n'
            for which in "ab") for n in range(25)},
        "s25/terragrunt.stack.hcl": "",
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
    if name.startswith("stacks"):
        assert made.problems
    else:
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


SKELETON = 'inputs = {\n  {{ range .requiredVariables }}\n  {{ .Name }} = {{ .DefaultValue }}\n  {{ end }}\n}\n'


@pytest.mark.parametrize(
    ("path", "beside", "told"),
    [
        ("m/.boilerplate/terragrunt.hcl", "m/.boilerplate/boilerplate.yml", False),
        ("b/envs/dev/main.tf", "b/boilerplate.yml", False),
        ("main.tf", "boilerplate.yml", False),
        ("{{cookiecutter.name}}/main.tf", "cookiecutter.json", False),
        ("m/terragrunt.hcl", "elsewhere/boilerplate.yml", True),
    ],
)
def test_what_a_scaffolder_fills_in_is_no_configuration_yet(path: str, beside: str, told: bool):
    made = reading({path: SKELETON, beside: "variables: []\n"})
    assert bool(made.problems) is told
    assert ("template" in [note.kind for note in made.notes]) is not told
    assert (made.files[path] == "skipped") is not told


def test_boilerplate_that_is_configuration_is_read_as_such():
    made = reading({"b/boilerplate.yml": "", "b/main.tf": 'resource "a_b" "c" {\n  v = "{{ .Name }}"\n}\n'})
    assert (made.problems, len(made.resources)) == ([], 1)


def test_what_many_units_generate_is_parsed_once(monkeypatch):
    from guardrail.inputs.terraform.terragrunt import generated as module

    parsed: list[str] = []
    real = module.parse
    monkeypatch.setattr(module, "parse", lambda data, path: parsed.append(path) or real(data, path))
    root = 'generate "provider" {\n  path = "p.tf"\n  contents = <<-EOF\n    provider "aws" {}\n  EOF\n}\n'
    unit_ = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\nterraform {\n  source = "../../m"\n}\n'
    units = {f"live/u{number}/terragrunt.hcl": unit_ for number in range(5)}
    made = reading({"root.hcl": root, "m/main.tf": 'resource "aws_sns_topic" "t" {}\n', **units})
    assert len([resource for resource in made.resources if resource.kind == "provider"]) == 5
    assert parsed == ["root.hcl"]


def test_text_for_a_list_is_read_as_a_list():
    made = reading({
        **unit('get_env("DOMAINS", "[\\"a.example\\", \\"b.example\\"]")'),
        "m/main.tf": 'variable "v" {\n  type = list(string)\n}\nresource "a_b" "c" {\n  v = var.v\n}\n',
    })
    assert made.problems == []
    assert list(value(made)) == ["a.example", "b.example"]
    text = reading({
        **unit("\"[x]\""),
        "m/main.tf": 'variable "v" {\n  type = string\n}\nresource "a_b" "c" {\n  v = var.v\n}\n',
    })
    assert value(text) == "[x]"


def test_an_output_of_another_unit_is_there_as_an_attribute_of_a_resource_is():
    before = 'dependency "kms" {\n  config_path = "../kms"\n}\n'
    made = reading(unit("dependency.kms.outputs.key_arn", before))
    found = value(made)
    assert isinstance(found, Reference)
    assert (found.target, found.attribute) == ("dependency.kms", "outputs.key_arn")
    assert found.reason == "outputs of dependency.kms are known only after apply"
    assert not isinstance(value(reading(unit("dependency.kms.outputs", before))), Reference)
    mixed = value(reading(unit('{ "a" = dependency.kms.outputs.keys["main"].arn }', before)))
    assert (mixed["a"].target, mixed["a"].attribute) == ("dependency.kms", "outputs.keys.main.arn")
