"""A small real-looking configuration, read as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import components, read
from guardrail.model import EncodedUnknown, Map, Reference, Resource, Sensitive, Span, Unknown, plain
from guardrail.model.resource import Edge
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[2] / "fixtures/terraform"


def files_of(base: Path) -> list[str]:
    names = (str(path.relative_to(base)) for path in base.rglob("*") if path.suffix in (".tf", ".tfvars", ".tofu"))
    return sorted(name.replace(os.sep, "/") for name in names)


@pytest.fixture(scope="module")
def shop():
    base = FIXTURES / "shop"
    return read(files_of(base), Tree(str(base)), ReadOptions())


@pytest.fixture(scope="module")
def by_address(shop) -> dict[str, Resource]:
    return {resource.address: resource for resource in shop.resources}


def test_nothing_is_wrong_with_it(shop):
    assert shop.problems == []
    assert set(shop.files.values()) == {"analysed"}
    assert [(note.kind, note.file, note.line) for note in shop.notes] == [("remote-module", "main.tf", 59)]


def test_addresses_modes_and_scopes(shop, by_address):
    assert [r.address for r in shop.resources if r.mode == "managed"] == [
        "aws_security_group.web",
        "aws_s3_bucket_policy.logs",
        "aws_instance.web[0]",
        "aws_instance.web[1]",
        'module.bucket["logs"].aws_s3_bucket.this',
        'module.bucket["media"].aws_s3_bucket.this',
        "module.west.aws_s3_bucket.this",
    ]
    data = [r for r in shop.resources if r.mode == "data"]
    assert [r.address for r in data] == ["data.aws_iam_policy_document.read", "data.aws_ami.base"]
    config = {r.kind for r in shop.resources if r.mode == "config"}
    assert config == {"module", "provider", "terraform", "variable", "output", "locals", "tfvars"}
    bucket = by_address['module.bucket["logs"].aws_s3_bucket.this']
    assert (bucket.scope, bucket.local, bucket.provider, bucket.kind) == (
        "modules/bucket", "aws_s3_bucket.this", "aws", "aws_s3_bucket")  # fmt: skip
    assert by_address["aws_instance.web[1]"].local == "aws_instance.web"


def test_places(by_address):
    group = by_address["aws_security_group.web"]
    assert group.header == Span("main.tf", 63, 1, 63, 36)
    assert group.span == Span("main.tf", 63, 1, 85, 2)
    assert group.attributes.spans["name"] == Span("main.tf", 64, 3, 64, 17)
    egress = group.attributes["egress"][0]
    assert egress.header == Span("main.tf", 79, 3, 79, 9)
    assert egress["cidr_blocks"].spans == [Span("main.tf", 83, 20, 83, 32)]
    assert group.attributes.place("egress") == egress.header
    ingress = group.attributes["ingress"]
    assert ingress[0].header == Span("main.tf", 67, 3, 67, 20)
    assert ingress[1].place("cidr_blocks") == Span("main.tf", 75, 7, 75, 31)
    assert ingress[1]["cidr_blocks"].spans == [Span("main.tf", 40, 14, 40, 25)]


def test_dynamic_blocks_and_converted_defaults(by_address):
    ingress = by_address["aws_security_group.web"].attributes["ingress"]
    assert [(block["from_port"], list(block["cidr_blocks"])) for block in ingress] == [
        (80, ["0.0.0.0/0"]),
        (443, ["0.0.0.0/0"]),
    ]


def test_an_origin_leads_through_the_module_to_the_tfvars(by_address):
    bucket = by_address['module.bucket["logs"].aws_s3_bucket.this']
    assert bucket.attributes["acl"] == "public-read"
    assert [(o.note, o.span.file, o.span.line, o.value) for o in bucket.attributes.origin_of("acl")] == [
        ("argument acl of module.bucket", "main.tf", 48, "public-read"),
        ('"acl" in terraform.tfvars', "terraform.tfvars", 1, "public-read"),
    ]
    assert [(o.note, o.span) for o in bucket.trace] == [('module.bucket["logs"]', Span("main.tf", 43, 1, 43, 16))]


def test_an_origin_is_the_default_where_nothing_is_given(by_address):
    west = by_address["module.west.aws_s3_bucket.this"]
    assert [(o.note, o.span.file, o.span.line) for o in west.attributes.origin_of("acl")] == [
        ("default of var.acl", "modules/bucket/main.tf", 7)
    ]
    cidrs = by_address["aws_security_group.web"].attributes["ingress"][0]
    assert [(o.note, o.span.line) for o in cidrs.origin_of("cidr_blocks")] == [("local.open", 40)]
    assert [o.note for o in cidrs.origin_of("from_port")] == ["default of var.ports"]


def test_effective_tags(by_address):
    logs = by_address['module.bucket["logs"].aws_s3_bucket.this'].tags
    assert plain(logs) == {
        "Team": "shop", "Environment": "dev", "Owner": "ops", "CostCentre": "42", "Name": "shop-logs",
    }  # fmt: skip
    assert isinstance(logs, Map)
    assert logs.spans["Team"].line == 22
    assert logs.spans["Owner"] == Span("main.tf", 38, 21, 38, 34)
    assert logs.spans["CostCentre"].file == "terraform.tfvars"
    assert plain(by_address["module.west.aws_s3_bucket.this"].tags) == {"Team": "west", "Name": "shop-west"}
    assert by_address["aws_s3_bucket_policy.logs"].tags is None
    assert plain(by_address["aws_instance.web[0]"].tags) == {"Team": "shop", "Environment": "dev"}


def test_references_and_unknowns(by_address):
    policy = by_address["aws_s3_bucket_policy.logs"]
    target = policy.attributes["bucket"]
    assert isinstance(target, Reference)
    assert (target.target, target.attribute) == ('module.bucket["logs"].aws_s3_bucket.this', "id")
    assert Edge("bucket", 'module.bucket["logs"].aws_s3_bucket.this', "id") in policy.edges
    assert Edge("policy", "data.aws_iam_policy_document.read", "json") in policy.edges
    web = by_address["aws_instance.web[0]"]
    assert web.attributes["instance_type"].reason == "var.size has no value"
    assert web.attributes["subnet_id"].reason == "module.vpc comes from terraform-aws-modules/vpc/aws and is not read"
    assert isinstance(web.attributes["ami"], Reference)
    assert web.edges == [
        Edge("ami", "data.aws_ami.base", "id"),
        Edge("vpc_security_group_ids", "aws_security_group.web", "id"),
    ]


def test_a_policy_document_is_decoded_with_its_places(by_address):
    policy = by_address["aws_s3_bucket_policy.logs"].attributes["policy"]
    document = policy.decoded
    assert plain(document) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["*"],
                "Principal": {"AWS": ["*"]},
                "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
            }
        ],
    }
    assert document["Statement"][0].spans["Action"] == Span("main.tf", 90, 5, 90, 50)
    assert document["Statement"][0].place("Effect") == document["Statement"][0].header
    assert '"Resource": "*"' in policy
    assert not isinstance(policy, EncodedUnknown)


def test_templates_are_rendered(by_address):
    assert by_address["aws_instance.web[1]"].attributes["user_data"] == "#!/bin/sh\nhostname web-1\n"


def test_sensitive_values_stay_so(by_address):
    value = by_address["output.password"].attributes["value"]
    assert isinstance(value, Sensitive)
    assert value.reveal() == "pw: hunter2"
    assert plain(by_address["output.password"].attributes)["value"] == {"$sensitive": True}


def test_configuration(by_address):
    settings = by_address["terraform"].attributes
    assert plain(settings["required_providers"][0]["aws"]) == {
        "source": "hashicorp/aws", "version": "~> 5.0", "configuration_aliases": ["aws.west"],
    }  # fmt: skip
    assert by_address["provider.aws.west"].attributes["region"] == "us-west-2"
    assert by_address["module.vpc"].attributes["version"] == "5.1.0"
    assert by_address["var.ports"].attributes["type"] == "list(number)"
    assert plain(by_address["module.bucket"].attributes["tags"]) == {"Owner": "ops", "CostCentre": "42"}


def test_how_a_state_is_encrypted_is_evaluated(tmp_path):
    (tmp_path / "main.tf").write_text("""
terraform {
  required_version = ">= 1.7"
  encryption {
    key_provider "pbkdf2" "k" {
      passphrase = local.passphrase
    }
    method "aes_gcm" "m" {
      keys = key_provider.pbkdf2.k
    }
    state {
      method = method.aes_gcm.m
    }
  }
}
locals {
  passphrase = "correct-horse"
}
""")
    made = read(["main.tf"], Tree(str(tmp_path)), ReadOptions())
    assert not made.problems
    (settings,) = (resource for resource in made.resources if resource.kind == "terraform")
    assert settings.attributes["required_version"] == ">= 1.7"
    encryption = settings.attributes["encryption"][0]
    assert encryption["key_provider"][0]["passphrase"] == "correct-horse"
    assert isinstance(encryption["state"][0]["method"], Unknown)


def test_options_outrank_tfvars():
    base = FIXTURES / "shop"
    options = ReadOptions(variables=(("acl", "log-delivery-write"), ("size", "nano")))
    made = read(files_of(base), Tree(str(base)), options)
    found = {resource.address: resource for resource in made.resources}
    bucket = found['module.bucket["logs"].aws_s3_bucket.this']
    assert bucket.attributes["acl"] == "log-delivery-write"
    assert [o.note for o in bucket.attributes.origin_of("acl")][-1] == "--var acl"
    assert found["aws_instance.web[0]"].attributes["instance_type"] == "t3.nano"


def test_components_join_folders_that_call_each_other(tmp_path):
    for name, text in {
        "a/main.tf": 'module "x" {\n  source = "../lib"\n}\n',
        "a/x.tfvars": "",
        "lib/main.tf": "",
        "b/main.tf.json": '{"module": {"y": {"source": "./inner"}}}',
        "b/inner/main.tf": "",
        "c/main.tf": 'module "z" {\n  source = "registry/z/aws"\n}\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    files = ["a/main.tf", "a/x.tfvars", "b/inner/main.tf", "b/main.tf.json", "c/main.tf", "lib/main.tf"]
    assert components(files, Tree(str(tmp_path))) == [
        ["a/main.tf", "a/x.tfvars", "lib/main.tf"],
        ["b/inner/main.tf", "b/main.tf.json"],
        ["c/main.tf"],
    ]


def test_reading_is_the_same_every_time():
    base = FIXTURES / "shop"
    runs = [read(files_of(base), Tree(str(base)), ReadOptions()) for _ in range(2)]
    one, other = ([(r.address, plain(r.attributes), r.edges) for r in run.resources] for run in runs)
    assert one == other


def test_the_syntax_is_what_another_parser_takes():
    hcl2 = pytest.importorskip("hcl2")
    for path in sorted(FIXTURES.rglob("*.tf")):
        if "trees" in path.parts or "unknowns" in path.parts:
            continue  # files that go together, files that are wrong, a resource of which there is none
        with path.open(encoding="utf-8") as stream:
            theirs = hcl2.load(stream)
        base = path.parent
        made = read([path.name], Tree(str(base)), ReadOptions())
        assert [p for p in made.problems if p.kind == "syntax"] == []
        named = {f"{kind}.{name}" for block in theirs.get("resource", []) for kind, inner in block.items()
                 for name in inner}  # fmt: skip
        mine = {r.local for r in made.resources if r.mode == "managed" and r.scope == ""}
        assert mine == {name.replace('"', "") for name in named}


def test_unknown_has_no_value_in_a_module(by_address):
    assert isinstance(by_address["provider.aws"].attributes["region"], Unknown)
