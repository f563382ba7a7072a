"""Variables, expansion, module calls, references: one small configuration a case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.terraform import read
from guardrail.model import Map, Reference, Sensitive, Seq, Unknown, plain
from guardrail.model.resource import Edge
from guardrail.tree import Tree


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Reading]:
    """`reading({"main.tf": "..."}, options)`, or `reading("...")` for one file."""

    def run(files: dict[str, str] | str, options: ReadOptions | None = None, given: list[str] | None = None) -> Reading:
        if isinstance(files, str):
            files = {"main.tf": files}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        suffixes = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json")
        names = sorted(given if given is not None else [name for name in files if name.endswith(suffixes)])
        return read(names, Tree(str(tmp_path)), options or ReadOptions())

    return run


def found(reading):
    return {resource.address: resource for resource in reading.resources}


def told(reading):
    return [(problem.kind, problem.line) for problem in reading.problems]


def test_count_and_for_each(reading):
    made = reading("""
resource "a_b" "none" { count = 0 }
resource "a_b" "two" {
  count = 2
  n     = count.index
}
resource "a_b" "each" {
  for_each = { x = 1, y = 2 }
  n        = "${each.key}${each.value}"
}
resource "a_b" "set" {
  for_each = toset(["q\\"r"])
  n        = each.value
}
""")
    assert {a: r.attributes.get("n") for a, r in found(made).items()} == {
        "a_b.two[0]": 0, "a_b.two[1]": 1, 'a_b.each["x"]': "x1", 'a_b.each["y"]': "y2", 'a_b.set["q\\"r"]': 'q"r',
    }  # fmt: skip
    assert made.problems == []


def test_unknown_count_and_for_each_give_one_instance(reading):
    made = reading("""
variable "n" {}
resource "a_b" "counted" {
  count = var.n
  i     = count.index
}
resource "a_b" "each" {
  for_each = var.n
  k        = each.key
  v        = each.value.x
}
resource "a_b" "user" {
  one  = a_b.counted[0].id
  all  = a_b.counted[*].id
  each = a_b.each["x"].id
}
""")
    resources = found(made)
    assert set(resources) == {"a_b.counted", "a_b.each", "a_b.user", "var.n"}
    assert isinstance(resources["a_b.counted"].attributes["i"], Unknown)
    assert resources["a_b.each"].attributes["v"].reason == "var.n has no value"
    user = resources["a_b.user"]
    assert [(user.attributes[name].target, user.attributes[name].attribute) for name in ("one", "all", "each")] == [
        ("a_b.counted", "id"), ("a_b.counted", "id"), ("a_b.each", "id"),
    ]  # fmt: skip
    assert made.problems == []


def test_a_partly_known_for_each_keeps_its_known_instances(reading):
    made = reading("""
variable "more" {}
resource "a_b" "c" {
  for_each = merge(var.more, { x = 1 })
  v        = each.value
}
""")
    assert {a: plain(r.attributes) for a, r in found(made).items() if r.mode == "managed"} == {
        'a_b.c["x"]': {"v": 1}, "a_b.c": {"v": {"$unknown": "var.more has no value"}},
    }  # fmt: skip


def test_a_known_attribute_of_another_resource_keeps_its_edge(reading):
    made = reading("""
locals { name = aws_s3_bucket.b.bucket }
resource "aws_s3_bucket" "b" {
  bucket = "logs"
  versioning { enabled = true }
}
resource "aws_s3_bucket_policy" "p" {
  bucket  = local.name
  v       = aws_s3_bucket.b.versioning[0].enabled
  m       = aws_s3_bucket.b.versioning[0].mfa_delete
  policy  = jsonencode({ Resource = "${aws_s3_bucket.b.arn}/*", Effect = "Allow" })
  depends_on = [aws_s3_bucket.b, module.none]
}
""")
    policy = found(made)["aws_s3_bucket_policy.p"]
    assert policy.attributes["bucket"] == "logs"
    assert policy.attributes["v"] is True
    assert isinstance(policy.attributes["m"], Reference)
    assert policy.attributes["policy"].decoded["Effect"] == "Allow"
    assert policy.edges == [
        Edge("bucket", "aws_s3_bucket.b", "bucket"),
        Edge("v", "aws_s3_bucket.b", "versioning"),
        Edge("m", "aws_s3_bucket.b", "versioning"),
        Edge("policy", "aws_s3_bucket.b", "arn"),
        Edge("depends_on", "aws_s3_bucket.b", ""),
    ]
    assert [o.note for o in policy.attributes.origin_of("bucket")] == ["local.name", "aws_s3_bucket.b.bucket"]


def test_edges_of_expanded_resources_name_the_instance(reading):
    made = reading("""
resource "a_b" "c" { count = 2 }
resource "a_b" "d" { for_each = toset(["x"]) }
resource "a_b" "e" {
  one  = a_b.c[1].arn
  all  = a_b.c[*].id
  keyed = a_b.d["x"].id
  loop = [for k, v in a_b.d : v.arn]
}
""")
    assert found(made)["a_b.e"].edges == [
        Edge("one", "a_b.c[1]", "arn"),
        Edge("all", "a_b.c[0]", "id"),
        Edge("all", "a_b.c[1]", "id"),
        Edge("keyed", 'a_b.d["x"]', "id"),
        Edge("loop", "a_b.d", ""),
        Edge("loop", 'a_b.d["x"]', "arn"),
    ]


def test_a_reference_that_for_each_hands_on_is_an_edge_of_the_attribute(reading):
    made = reading("""
resource "a_b" "c" { for_each = toset(["x", "y"]) }
resource "a_b" "e" {
  for_each = { for k, v in a_b.c : k => v.id }
  block {
    of = each.value
  }
}
""")
    assert found(made)['a_b.e["y"]'].edges[-1] == Edge("block.of", 'a_b.c["y"]', "id")


def test_null_is_present_and_meta_arguments_are_not(reading):
    made = reading("""
resource "a_b" "c" {
  provider = a.west
  count    = 1
  x        = null
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags, rule[0].name]
    postcondition {
      condition     = self.y == "why"
      error_message = "no"
    }
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo ${self.id} ${self.y}"
  }
  y = "why"
}
""")
    attributes = found(made)["a_b.c[0]"].attributes
    assert list(attributes) == ["x", "y", "lifecycle", "provisioner"]
    assert attributes["x"] is None
    assert plain(attributes["lifecycle"]) == [{"prevent_destroy": True, "ignore_changes": ["tags", "rule"]}]
    assert attributes["provisioner"][0]["type"] == "local-exec"
    assert attributes["provisioner"][0]["when"] == "destroy"
    assert isinstance(attributes["provisioner"][0]["command"], Unknown)
    assert made.problems == []


def test_dynamic_blocks(reading):
    made = reading("""
variable "unknown" {}
resource "a_b" "c" {
  dynamic "outer" {
    for_each = { a = ["x", "y"] }
    content {
      name = outer.key
      dynamic "inner" {
        for_each = outer.value
        iterator = it
        content { v = "${outer.key}-${it.value}-${it.key}" }
      }
    }
  }
  dynamic "open" {
    for_each = var.unknown
    content { v = open.value }
  }
  mixed { v = 1 }
  dynamic "mixed" {
    for_each = var.unknown
    content { v = a_b.other.id }
  }
  dynamic "absent" {
    for_each = []
    content {}
  }
}
resource "a_b" "other" {}
""")
    attributes = found(made)["a_b.c"].attributes
    assert plain(attributes["outer"]) == [{"name": "a", "inner": [{"v": "a-x-0"}, {"v": "a-y-1"}]}]
    assert attributes["open"].reason == "var.unknown has no value"
    assert plain(attributes["mixed"]) == [{"v": 1}, {"$unknown": "var.unknown has no value"}]
    assert "absent" not in attributes
    assert found(made)["a_b.c"].edges == [Edge("mixed.v", "a_b.other", "id")]


MODULE = {
    "main.tf": """
variable "names" { default = ["a", "b"] }
module "m" {
  source = "./m"
  count  = 2
  name   = var.names[count.index]
}
resource "a_b" "use" {
  all  = module.m[*].name
  one  = module.m[1].name
  id   = module.m[0].id
  objs = [for k in module.m : k.name]
}
""",
    "m/main.tf": """
variable "name" {}
resource "a_b" "in" {
  name = var.name
}
output "name" { value = upper(a_b.in.name) }
output "id" { value = a_b.in.id }
""",
}


def test_module_instances_and_outputs(reading):
    made = reading(MODULE)
    resources = found(made)
    assert [a for a in resources if a.endswith("a_b.in")] == ["module.m[0].a_b.in", "module.m[1].a_b.in"]
    use = resources["a_b.use"]
    assert plain(use.attributes)["all"] == ["A", "B"] == plain(use.attributes)["objs"]
    assert use.attributes["one"] == "B"
    assert use.attributes["id"].target == "module.m[0].a_b.in"
    assert Edge("one", "module.m[1].a_b.in", "name") in use.edges
    inner = resources["module.m[1].a_b.in"]
    assert [(o.note, o.span.line) for o in inner.attributes.origin_of("name")] == [
        ("argument name of module.m", 6),
        ("default of var.names", 2),
    ]
    assert made.problems == []


def test_a_module_that_nobody_calls_is_read_by_its_defaults(reading):
    made = reading({"lib/main.tf": 'variable "x" {}\nresource "a_b" "c" { x = var.x }\n'})
    assert found(made)["a_b.c"].attributes["x"].reason == "var.x has no value"


def test_modules_outside_the_given_files_are_read_through_the_tree(reading):
    made = reading(MODULE, given=["main.tf"])
    assert "module.m[0].a_b.in" in found(made)
    assert made.files == {"main.tf": "analysed"}


@pytest.mark.parametrize(
    ("source", "kind"),
    [("../../up", "missing-module"), ("./none", "missing-module"), ("./", "module-cycle"), ("/etc", None),
     ("git::https://x/y.git?ref=v1", None)],
)  # fmt: skip
def test_modules_that_cannot_be_read(reading, source, kind):
    made = reading(f'module "m" {{\n  source = "{source}"\n}}\nresource "a_b" "c" {{ x = module.m.y }}\n')
    assert [problem.kind for problem in made.problems] == ([kind] if kind else [])
    assert [note.kind for note in made.notes] == ([] if kind else ["remote-module"])
    assert isinstance(found(made)["a_b.c"].attributes["x"], Unknown)


def test_modules_that_call_each_other_in_a_circle(reading):
    made = reading({
        "a/main.tf": 'module "b" {\n  source = "../b"\n}\nresource "x_y" "a" {}\n',
        "b/main.tf": 'module "a" {\n  source = "../a"\n}\nresource "x_y" "b" {}\n',
    })  # fmt: skip
    assert {problem.kind for problem in made.problems} == {"module-cycle"}
    assert {"x_y.a", "module.b.x_y.b"} <= set(found(made))


def test_tfvars_in_their_order(reading):
    made = reading(
        {
            "main.tf": "\n".join(f'variable "{v}" {{ default = 0 }}' for v in "abcde")
            + '\nresource "x_y" "z" { v = [var.a, var.b, var.c, var.d, var.e] }\n',
            "terraform.tfvars": "b = 1\nc = 1\nd = 1\ne = 1\n",
            "1.auto.tfvars": "c = 2\nd = 2\ne = 2\n",
            "other.tfvars": "a = 9\n",
            "env/prod.tfvars": "d = 3\ne = 3\n",
        },
        ReadOptions(variables=(("e", "4"),), var_files=("env/prod.tfvars",)),
    )
    assert list(found(made)["x_y.z"].attributes["v"]) == [0, 1, 2, 3, "4"]
    assert made.files["other.tfvars"] == "analysed"
    assert made.files["env/prod.tfvars"] == "analysed"


def test_variables_are_converted_to_their_types(reading):
    made = reading("""
variable "o" {
  type    = object({ a = number, b = optional(string, "x"), c = optional(bool) })
  default = { a = "1", extra = true }
}
variable "wrong" {
  type    = list(string)
  default = { a = 1 }
}
resource "a_b" "c" {
  o = var.o
  w = var.wrong
}
""")
    attributes = found(made)["a_b.c"].attributes
    assert plain(attributes["o"]) == {"a": 1, "b": "x", "c": None}
    assert isinstance(attributes["w"], Unknown)
    assert told(made) == [("evaluation", 8)]


def test_what_terraform_rejects_is_told_once_and_the_rest_goes_on(reading):
    made = reading("""
resource "a_b" "c" {
  count = 3
  a     = var.nothing
  b     = local.nothing
  c     = nonsense("x")
  d     = upper("a", "b")
  e     = a_b.missing.id
  f     = "ok"
  g     = [1][4]
}
resource "a_b" "c" { h = 1 }
""")
    assert told(made) == [("evaluation", line) for line in (4, 5, 6, 7, 8, 10, 12)]
    assert found(made)["a_b.c[2]"].attributes["f"] == "ok"
    assert isinstance(found(made)["a_b.c[2]"].attributes["a"], Unknown)
    assert made.files == {"main.tf": "partial"}
    assert len([r for r in made.resources if r.kind == "a_b"]) == 4


def test_cycles_are_told(reading):
    made = reading("""
locals {
  a = local.b
  b = local.a
}
resource "a_b" "c" { x = local.a }
""")
    assert [problem.kind for problem in made.problems] == ["evaluation"]
    assert isinstance(found(made)["a_b.c"].attributes["x"], Unknown)


def test_places_survive_merge_concat_and_for(reading):
    made = reading("""
locals {
  base = { A = "1", B = "2" }
  list = ["x", "y"]
  objs = [
    { n = 1 },
    { n = 2 },
  ]
}
resource "a_b" "c" {
  m = merge(local.base, { B = "3" })
  l = concat(local.list, ["z"])
  f = [for o in local.objs : o if o.n > 1]
  g = { for k, v in local.base : k => v }
}
""")
    attributes = found(made)["a_b.c"].attributes
    assert [attributes["m"].spans[key].line for key in "AB"] == [3, 11]
    assert [span.line for span in attributes["l"].spans] == [4, 4, 12]
    assert attributes["f"].spans[0].line == 7
    assert [attributes["g"].spans[key].line for key in "AB"] == [3, 3]
    assert attributes.place("m") == attributes.spans["m"]


def test_what_fails_in_an_instance_that_perhaps_is_not_there_is_a_note(reading):
    made = reading({"main.tf": """
data "aws_availability_zones" "here" {}
resource "aws_egress_only_internet_gateway" "gateway" {
  count = 0
}
resource "aws_route" "egress" {
  for_each   = toset([for zone in data.aws_availability_zones.here.names : zone if zone == "x"])
  gateway_id = aws_egress_only_internet_gateway.gateway[0].id
  name       = local.nothing
}
module "route" {
  source = "./route"
  count  = data.aws_availability_zones.here.id == "x" ? 1 : 0
}
module "surely" {
  source = "./route"
}
""", "route/main.tf": """
locals {
  first = [][0]
}
resource "aws_route" "r" {
  gateway_id = local.first
}
"""})
    assert [(problem.file, problem.message) for problem in made.problems] == [
        ("main.tf", "name: local.nothing is not declared"),
        ("route/main.tf", "local.first: there is no item 0 in a list of 0"),
    ]
    notes = [(note.file, note.line) for note in made.notes if note.kind == "instance-unknown"]
    assert notes == [("main.tf", 8), ("route/main.tf", 3)]


@pytest.mark.parametrize("source", ["./n", "acme/n/aws"])
def test_what_rejects_the_arguments_of_a_call_that_perhaps_is_none(reading, source):
    """As of a resource's: an evaluation error there says nothing, but that of a call that surely is does."""
    made = reading({"main.tf": f"""
data "aws_availability_zones" "here" {{
}}
locals {{
  tags = null
}}
module "perhaps" {{
  source = "{source}"
  count  = length(data.aws_availability_zones.here.names)
  tags   = local.tags["x"]
}}
module "surely" {{
  source = "{source}"
  tags   = local.tags["x"]
}}
""", "n/main.tf": 'variable "tags" {\n}\n'})
    assert [(problem.file, problem.line) for problem in made.problems] == [("main.tf", 14)]
    assert ("main.tf", 10) in [(note.file, note.line) for note in made.notes if note.kind == "instance-unknown"]


def test_a_null_is_of_its_variables_type(reading):
    made = reading("""
variable "pool" {
  type = object({
    cidr      = optional(list(string))
    size      = optional(number)
    others    = optional(map(object({ cidr = optional(list(string)) })), { a = {} })
    sub_pools = optional(any)
  })
  default = { size = 16 }
}
variable "words" {
  type    = list(string)
  default = null
}
locals {
  cidr  = var.pool.cidr
  sizes = var.pool.cidr == null ? [var.pool.size] : var.pool.cidr
}
resource "aws_vpc_ipam_pool_cidr" "each" {
  for_each = toset(local.sizes)
  size     = each.key
}
resource "aws_vpc_ipam_pool_cidr" "other" {
  for_each = var.pool.others
  a        = jsonencode(each.value.cidr == null ? [1] : each.value.cidr)
  b        = jsonencode(var.words == null ? [true] : var.words)
  c        = jsonencode(local.cidr != null ? local.cidr : [2])
  d        = jsonencode(var.pool.sub_pools == null ? [3] : var.pool.sub_pools)
  e        = jsonencode(var.pool.others["a"].cidr == null ? [4] : var.pool.others["a"].cidr)
}
""")
    assert not made.problems
    every, other = found(made)['aws_vpc_ipam_pool_cidr.each["16"]'], found(made)['aws_vpc_ipam_pool_cidr.other["a"]']
    assert every.attributes["size"] == "16"
    values = [str(other.attributes[name]) for name in "abcde"]
    assert values == ['["1"]', '["true"]', '["2"]', "[3]", '["4"]']


def test_a_sensitive_null_fits_every_type(reading):
    made = reading({"main.tf": """
variable "extensions" {
  type      = map(object({ settings = optional(object({ url = string }), null), tags = optional(map(string)) }))
  sensitive = true
  default   = { a = {} }
}
module "extension" {
  source   = "./extension"
  settings = var.extensions["a"].settings
  tags     = var.extensions["a"].tags
}
""", "extension/main.tf": """
variable "settings" {
  type = object({ url = string })
}
variable "tags" {
  type = map(string)
}
"""})
    assert not made.problems


def test_sensitive_values_pass_through_operations(reading):
    made = reading("""
variable "s" {
  sensitive = true
  default   = "top"
}
resource "a_b" "c" {
  a = "x${var.s}"
  b = { k = upper(var.s), l = 1 }
  c = var.s == "top" ? 1 : 2
  d = nonsensitive(var.s)
}
""")
    attributes = found(made)["a_b.c"].attributes
    assert attributes["a"] == Sensitive("xtop")
    assert attributes["b"]["k"] == Sensitive("TOP")
    assert attributes["b"]["l"] == 1
    assert attributes["c"] == Sensitive(1)
    assert attributes["d"] == "top"


def test_overrides_of_another_configuration_are_not_judged(reading):
    over = 'locals {\n  x = var.y\n}\nresource "a_b" "c" {\n  y = 3\n}\n'
    made = reading({"examples/tags/main_override.tf": over})
    assert (made.problems, made.resources) == ([], [])
    assert [note.kind for note in made.notes] == ["template"]
    assert made.files == {"examples/tags/main_override.tf": "skipped"}
    beside = reading({"main_override.tf": over, "main.tf": "locals {\n  z = 1\n}\n"})
    assert len(beside.problems) >= 2


def test_every_instance_hands_its_own_things_to_a_module_that_is_not_read(reading):
    made = reading({
        "main.tf": """
module "one" {
  source = "./m"
}
module "many" {
  source   = "./m"
  for_each = toset(["a", "b"])
}
""",
        "m/main.tf": """
resource "aws_security_group" "g" {
  count = 2
}
module "function" {
  source = "acme/function/aws"
  count  = 2
  groups = [aws_security_group.g[count.index].id]
}
""",
    })  # fmt: skip
    calls = [call for call in made.resources if call.kind == "module" and "acme" in str(call.attributes)]
    assert [call.address for call in calls] == ["module.one.module.function"]
    groups = [resource.address for resource in made.resources if resource.kind == "aws_security_group"]
    assert [edge.target for edge in calls[0].edges] == groups
    assert len(groups) == 6


def test_override_files(reading):
    made = reading({
        "main.tf": 'resource "a_b" "c" {\n  x = 1\n  y = 2\n  z { v = 1 }\n}\n',
        "main_override.tf": 'resource "a_b" "c" {\n  y = 3\n  z { v = 2 }\n}\n',
    })  # fmt: skip
    assert plain(found(made)["a_b.c"].attributes) == {"x": 1, "y": 3, "z": [{"v": 2}]}


def test_a_tofu_file_stands_in_for_its_tf_file(reading):
    made = reading({"a.tf": 'resource "a_b" "c" { x = 1 }', "a.tofu": 'resource "a_b" "c" { x = 2 }'})
    assert found(made)["a_b.c"].attributes["x"] == 2
    assert made.problems == []


def test_json_syntax_is_the_same(reading):
    native = reading("""
variable "n" { default = "logs" }
resource "aws_s3_bucket" "b" {
  for_each = toset(["x"])
  bucket   = "${var.n}-${each.key}"
  tags     = { A = var.n, "B" = "c" }
  versioning { enabled = true }
  lifecycle { ignore_changes = [tags] }
  dynamic "cors_rule" {
    for_each = ["GET"]
    content { allowed_methods = [cors_rule.value] }
  }
}
""")
    json_text = """{
  "variable": {"n": {"default": "logs"}},
  "resource": {"aws_s3_bucket": {"b": {
    "//": "a comment",
    "for_each": "${toset([\\"x\\"])}",
    "bucket": "${var.n}-${each.key}",
    "tags": {"A": "${var.n}", "B": "c"},
    "versioning": {"enabled": true},
    "lifecycle": {"ignore_changes": ["tags"]},
    "dynamic": {"cors_rule": {"for_each": ["GET"], "content": {"allowed_methods": ["${cors_rule.value}"]}}}
  }}}
}"""
    other = read(["main.tf.json"], Tree("/nonexistent", {"main.tf.json": json_text.encode()}), ReadOptions())
    assert other.problems == []
    ours, theirs = found(native)['aws_s3_bucket.b["x"]'], found(other)['aws_s3_bucket.b["x"]']
    assert plain(theirs.attributes) == plain(ours.attributes)
    assert theirs.attributes.spans["bucket"].line == 6
    assert theirs.header.line == 3
    assert plain(theirs.tags) == {"A": "logs", "B": "c"}


def test_tags_of_other_providers(reading):
    made = reading("""
provider "google" { default_labels = { team = "x" } }
provider "aws" {
  default_tags { tags = var.unknown }
}
variable "unknown" {}
resource "google_storage_bucket" "b" { labels = { env = "dev" } }
resource "azurerm_storage_account" "a" { tags = { env = "dev" } }
resource "azurerm_role_assignment" "r" {}
resource "aws_sqs_queue" "q" { tags = { env = "dev" } }
resource "aws_autoscaling_group" "g" {
  tag {
    key                 = "env"
    value               = "prod"
    propagate_at_launch = true
  }
}
resource "kubernetes_namespace" "n" {
  metadata { labels = { app = "x" } }
}
resource "aws_iam_policy_attachment" "p" {}
""")
    tags = {address: resource.tags for address, resource in found(made).items() if resource.mode == "managed"}
    assert plain(tags["google_storage_bucket.b"]) == {"team": "x", "env": "dev"}
    assert plain(tags["azurerm_storage_account.a"]) == {"env": "dev"}
    assert tags["azurerm_role_assignment.r"] is None
    assert plain(tags["aws_sqs_queue.q"]) == {"env": "dev", "$unknown": "var.unknown has no value"}
    assert isinstance(tags["aws_sqs_queue.q"].get("Owner"), Unknown)
    assert plain(tags["aws_autoscaling_group.g"]) == {"env": "prod"}
    assert plain(tags["kubernetes_namespace.n"]) == {"app": "x"}
    assert tags["aws_iam_policy_attachment.p"] is None


def test_a_block_that_did_not_parse_lacks_nothing(reading):
    made = reading('resource "a_b" "c" {\n  x = [1 2]\n  y = 3\n}\nresource "a_b" "d" { z = 4 }\n')
    assert told(made) == [("syntax", 2)]
    broken = found(made)["a_b.c"].attributes
    assert broken["y"] == 3
    assert isinstance(broken.get("x"), Unknown)
    assert found(made)["a_b.d"].attributes.get("x") is None


def chain(first: str, step: str) -> str:
    """Many locals, each made of the one before it, and a resource that has the last."""
    steps = "".join(f"  l{i} = {step.replace('PREVIOUS', f'local.l{i - 1}')}\n" for i in range(1, 300))
    return f'locals {{\n  l0 = {first}\n{steps}}}\nresource "a_b" "c" {{\n  x = local.l299\n}}\n'


HOSTILE = {
    "billion laughs": chain("[1]", "[PREVIOUS, PREVIOUS]"),
    "growing text": chain('"xxxxxxxxxx"', '"${PREVIOUS}${PREVIOUS}"'),
    "deep values": chain("1", "[PREVIOUS]"),
    "a long chain": "".join(f"locals {{\n  l{i} = local.l{i + 1}\n}}\n" for i in range(3000)) + "locals { l3000 = 1 }",
    "many instances": 'resource "a_b" "c" {\n  count = 1000000000\n}\n',
    "nested loops": "locals {\n  a = [for x in range(1000) : [for y in range(1000) : [for z in range(1000) : z]]]\n}\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_part(reading, name):
    made = reading(HOSTILE[name])
    assert {problem.kind for problem in made.problems} <= {"expansion", "too-deep"}
    assert made.problems
    assert len(made.resources) <= 1000


def test_many_modules_of_many_instances_are_capped(reading):
    files = {"main.tf": 'module "m" {\n  source = "./m1"\n  count = 900\n}\n'}
    for depth in range(1, 4):
        files[f"m{depth}/main.tf"] = f'module "m" {{\n  source = "../m{depth + 1}"\n  count = 900\n}}\n'
    files["m4/main.tf"] = 'resource "a_b" "c" {}\n'
    made = reading(files)
    assert "expansion" in {problem.kind for problem in made.problems}


ONE_ARGUMENT = ("merge", "length", "jsonencode", "toset", "try", "can", "flatten", "keys", "upper", "coalesce", "join",
                "concat", "sensitive", "values", "tolist", "distinct", "yamlencode", "base64encode", "sort", "alltrue",
                "one")  # fmt: skip
TWO_ARGUMENTS = ("merge", "lookup", "element", "contains", "join", "format", "zipmap", "setunion", "regex", "concat",
                 "formatlist", "templatefile", "setproduct", "split", "replace", "coalescelist")  # fmt: skip
EXPRESSION = st.recursive(
    st.sampled_from(["1", '"a"', "true", "null", "var.u", "local.a", "local.b", "a_b.d.id", "a_b.n[0].x", "each.key",
                     "module.m.x", "[]", "{}", "path.module", "data.q.r.s", "timestamp()"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "==", "&&", "<", "%"]), inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{ k = {}, ({}) = 1 }}".format, inner, inner),
        st.builds("[for v in {} : v]".format, inner),
        st.builds("{{ for k, v in {} : k => v }}".format, inner),
        st.builds('"${{{}}}-x"'.format, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({})[*].id".format, inner),
        st.builds("{}({})".format, st.sampled_from(ONE_ARGUMENT), inner),
        st.builds("{}({}, {})".format, st.sampled_from(TWO_ARGUMENTS), inner, inner),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSION, EXPRESSION, EXPRESSION)
def test_no_expression_raises(one, two, three):
    text = f"""
variable "u" {{}}
locals {{
  a = {one}
  b = {two}
}}
resource "a_b" "c" {{
  x = {two}
  y {{ z = {three} }}
}}
resource "a_b" "d" {{}}
resource "a_b" "n" {{
  count = 1
  x     = {one}
}}
"""
    made = read(["main.tf"], Tree("/nonexistent", {"main.tf": text.encode()}), ReadOptions())
    assert {problem.kind for problem in made.problems} <= {"evaluation", "syntax"}
    resource = next(r for r in made.resources if r.address == "a_b.c")
    assert isinstance(resource.attributes, Map)
    assert isinstance(resource.attributes["y"], Seq)
    plain(resource.attributes)
    for origin in resource.attributes.origin_of("x"):
        assert origin.note


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["main.tf", "main.tf.json", "terraform.tfvars", "terraform.tfvars.json"]))
def test_no_file_raises(text, name):
    files = {"base.tf": b'variable "x" {}\n', name: text.encode("utf-8", "replace")}
    made = read(sorted(files), Tree("/nonexistent", files), ReadOptions())
    assert set(made.files.values()) <= {"analysed", "partial", "failed", "skipped"}


def test_oracles_defined_tags_are_tags_beside_its_own() -> None:
    text = """
resource "oci_core_vcn" "main" {
  freeform_tags = { Owner = "shop" }
  defined_tags  = { "Operations.CostCenter" = "42" }
}
resource "yandex_vpc_network" "main" {
  labels = { owner = "shop" }
}
resource "oci_identity_domains_user" "main" {
  user_name = "shop"
}
"""
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    tags = {resource.address: resource.tags for resource in found.resources}
    assert tags["oci_core_vcn.main"] == {"Owner": "shop", "Operations.CostCenter": "42"}
    assert tags["yandex_vpc_network.main"] == {"owner": "shop"}
    assert tags["oci_identity_domains_user.main"] is None


MAPPED = """
resource "a_b" "logs" {}
resource "a_b" "data" { name = "data" }
locals {
  buckets = {
    logs = a_b.logs
    data = { id = a_b.data.id, name = a_b.data.name, arns = [a_b.data.arn] }
  }
  merged = merge(local.buckets, {})
}
"""


@pytest.mark.parametrize(
    ("expression", "target"),
    [
        ("local.buckets.logs.id", "a_b.logs"),
        ('local.buckets["data"].name', "a_b.data"),  # which is a known text
        ("[local.buckets.data.id]", "a_b.data"),
        ("local.buckets.data.arns", "a_b.data"),
        ('local.merged["data"].id', "a_b.data"),  # by what comes of it
    ],
)
def test_an_entry_of_a_map_refers_to_what_it_names_alone(reading, expression, target):
    made = reading(MAPPED + f'resource "a_p" "p" {{ bucket = {expression} }}')
    assert made.problems == []
    assert {edge.target for edge in found(made)["a_p.p"].edges} == {target}


def test_an_entry_of_a_map_by_an_instances_key(reading):
    made = reading(MAPPED + """
resource "a_p" "p" {
  for_each = toset(["logs"])
  bucket   = [local.buckets[each.key].id]
}
""")
    assert {edge.target for edge in found(made)['a_p.p["logs"]'].edges} == {"a_b.logs"}


def test_a_map_may_not_refer_to_itself_by_its_entries(reading):
    made = reading("""
locals {
  m = { a = 1, b = local.m.a }
}
resource "a_b" "c" { n = local.m.b }
""")
    assert told(made) == [("evaluation", 3)]


def test_labels_that_configure_a_thing_are_no_tags(reading):
    made = reading("""
resource "google_monitoring_notification_channel" "c" {
  type        = "slack"
  labels      = { channel_name = "#alerts" }
  user_labels = { owner = "web" }
}
""")
    assert dict(found(made)["google_monitoring_notification_channel.c"].tags) == {"owner": "web"}


@pytest.mark.parametrize(
    ("files", "how"),
    [
        ({".gitmodules": '[submodule "x"]\n\tpath = shared/\n\turl = https://example.com/x.git\n'},
         "a git submodule that is not there"),
        ({".gitignore": "/live/../\nshared/*/vpc\n"}, "a folder that git ignores"),
        ({"shared/.gitignore": "modules/\n"}, "a folder that git ignores"),
        ({".gitignore": "*.tfvars\n", ".gitmodules": "[submodule]\n\tpath = shared/modules/v\n"}, ""),
    ],
)  # fmt: skip
def test_a_module_that_is_brought_before_terraform_runs(reading, files, how):
    made = reading({
        **files,
        "live/main.tf": 'module "vpc" {\n  source = "../shared/modules/vpc"\n}\n'
        'resource "a_b" "c" {\n  n = module.vpc.id\n}\n',
    })
    if how:
        assert made.problems == []
        (note,) = made.notes
        assert (note.kind, note.line) == ("remote-module", 2)
        assert how in note.message
        assert how in found(made)["a_b.c"].attributes["n"].reason
    else:
        assert told(made) == [("missing-module", 2)]
        assert made.notes == []
