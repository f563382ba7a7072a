"""What the bindings can't say of a store: other resources, inheritance, keys, older defaults."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts.build import build
from guardrail.concepts.store_defaults import NEWER, OLDER, _held_below, _held_from
from guardrail.concepts.store_voices import ATTACHED, NAMES, VOICES
from guardrail.concepts.stores import INHERITED, REPLICAS
from guardrail.conditions import parse_path
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, Noun, Unknown
from guardrail.policy.catalogue import bindings_of, load_concepts
from guardrail.policy.vocabulary import attribute_tree, cloud_kinds
from guardrail.tree import Tree

BINDINGS = bindings_of(load_concepts())
FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'


def stores(source: str | dict[str, str]) -> dict[str, Noun]:
    files = {"main.tf": source} if isinstance(source, str) else source
    tree = Tree("/nowhere", {name: text.encode() for name, text in files.items()})
    reading = load(BY_NAME["terraform"])(sorted(files), tree, ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    assert not build(inventory, BINDINGS)
    return {noun.resource.address: noun for noun in inventory.by_concept.get("store", ())}


def field(source: str | dict[str, str], name: str, address: str = "aws_s3_bucket.b") -> Any:
    value = stores(source)[address].fields.get(name)
    return "unknown" if isinstance(value, Unknown) else value


def line(source: str, name: str, address: str = "aws_s3_bucket.b") -> int:
    return stores(source)[address].fields.place(name).line


def versioning(status: str, bucket: str = "aws_s3_bucket.b.id", more: str = "") -> str:
    return (
        f'resource "aws_s3_bucket_versioning" "v" {{\n  {more}\n  bucket = {bucket}\n'
        f'  versioning_configuration {{\n    status = "{status}"\n  }}\n}}\n'
    )


@pytest.mark.parametrize(
    ("bucket", "found"),
    [
        ("aws_s3_bucket.b.id", True),
        ("aws_s3_bucket.b.bucket", True),
        ('"b"', True),
        ('"${aws_s3_bucket.b.id}"', True),
        ('try(aws_s3_bucket.b.id, "")', True),
        ('"another"', False),
        ("var.bucket", "unknown"),
        ("var.bucket == 1 ? aws_s3_bucket.b.id : aws_s3_bucket.c.id", "unknown"),
        ("data.aws_s3_bucket.c.id", False),
        ("aws_s3_bucket.c.id", False),
    ],
)
def test_whose_versioning_it_is(bucket: str, found: object) -> None:
    others = 'variable "bucket" {}\ndata "aws_s3_bucket" "c" {\n  bucket = "c"\n}\nresource "aws_s3_bucket" "c" {}\n'
    assert field(BUCKET + others + versioning("Enabled", bucket), "versioned") == found


def test_suspended_versioning_is_told_where_it_is_suspended() -> None:
    source = BUCKET + versioning("Suspended")
    assert field(source, "versioned") is False
    assert line(source, "versioned") == source.splitlines().index('    status = "Suspended"') + 1


def test_what_is_attached_to_a_bucket_is_no_store_of_its_own() -> None:
    assert list(stores(BUCKET + versioning("Enabled"))) == ["aws_s3_bucket.b"]
    assert list(stores(versioning("Enabled", '"elsewhere"'))) == ["aws_s3_bucket_versioning.v"]


def test_instances_have_their_own_companions() -> None:
    source = """
    resource "aws_s3_bucket" "b" {
      for_each = toset(["one", "two"])
      bucket   = each.key
    }
    """ + versioning("Enabled", "aws_s3_bucket.b[each.key].id", 'for_each = toset(["one"])')
    assert field(source, "versioned", 'aws_s3_bucket.b["one"]') is True
    assert field(source, "versioned", 'aws_s3_bucket.b["two"]') is False


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(FLAGS), st.booleans()))
def test_public_access_is_blocked_by_all_four_or_not_at_all(flags: dict[str, bool]) -> None:
    written = "".join(f"  {name} = {str(value).lower()}\n" for name, value in flags.items())
    source = f'resource "aws_s3_bucket_public_access_block" "p" {{\n  bucket = aws_s3_bucket.b.id\n{written}}}\n'
    acl = 'resource "aws_s3_bucket_acl" "a" {\n  bucket = aws_s3_bucket.b.id\n  acl = "public-read"\n}\n'
    fields = stores(BUCKET + source + acl)["aws_s3_bucket.b"].fields
    assert fields["public_access_blocked"] is all(flags.get(name) is True for name in FLAGS)
    assert fields["public"] is not flags.get("ignore_public_acls", False)


@pytest.mark.parametrize(("value", "public"), [("true", False), ("false", True), ("var.x", "unknown")])
def test_whether_a_public_acl_is_ignored(value: str, public: object) -> None:
    source = f"""
    variable "x" {{}}
    resource "aws_s3_bucket" "b" {{
      acl = "public-read"
    }}
    resource "aws_s3_bucket_public_access_block" "p" {{
      bucket             = aws_s3_bucket.b.id
      ignore_public_acls = {value}
    }}
    """
    assert field(source, "public") == public


def test_an_acl_of_a_bucket_elsewhere_is_muted_by_the_block_beside_it() -> None:
    source = """
    variable "bucket" {}
    resource "aws_s3_bucket_acl" "a" {
      bucket = var.bucket
      acl    = "public-read"
    }
    """
    block = """
    resource "aws_s3_bucket_public_access_block" "p" {
      bucket             = var.bucket
      ignore_public_acls = true
    }
    """
    assert field(source, "public", "aws_s3_bucket_acl.a") is True
    assert field(source + block, "public", "aws_s3_bucket_acl.a") is False


def test_the_account_covers_the_modules_that_it_calls_and_no_other_folder() -> None:
    flags = "".join(f"  {flag} = true\n" for flag in FLAGS)
    account = f'resource "aws_s3_account_public_access_block" "a" {{\n{flags}}}\n'
    called = {"main.tf": account + 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": BUCKET}
    assert field(called, "public_access_blocked", "module.m.aws_s3_bucket.b") is True
    assert field({"one/main.tf": account, "two/main.tf": BUCKET}, "public_access_blocked") is False


def test_a_bucket_that_takes_logs_needs_none_of_its_own() -> None:
    source = BUCKET + 'resource "aws_s3_bucket" "d" {\n  logging {\n    target_bucket = aws_s3_bucket.b.id\n  }\n}\n'
    assert "logging" not in stores(source)["aws_s3_bucket.b"].fields
    assert field(source, "logging", "aws_s3_bucket.d") is True


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ('"alias/aws/sqs"', False),
        ('"arn:aws:kms:eu-central-1:111122223333:alias/aws/sqs"', False),
        ('"alias/team"', True),
        ("aws_kms_key.k.arn", True),
        ("data.aws_kms_alias.theirs.target_key_arn", False),
        ("data.aws_kms_alias.ours.target_key_arn", True),
        ("data.aws_kms_alias.some.target_key_arn", "unknown"),
        ("var.key", "unknown"),
        ("null", False),
        ('""', False),
    ],
)
def test_whose_key_it_is(key: str, own: object) -> None:
    source = f"""
    variable "key" {{}}
    resource "aws_kms_key" "k" {{}}
    data "aws_kms_alias" "theirs" {{
      name = "alias/aws/sqs"
    }}
    data "aws_kms_alias" "ours" {{
      name = "alias/team"
    }}
    data "aws_kms_alias" "some" {{
      name = var.key
    }}
    resource "aws_sqs_queue" "q" {{
      kms_master_key_id = {key}
    }}
    """
    assert field(source, "customer_key", "aws_sqs_queue.q") == own


@pytest.mark.parametrize(
    ("made_from", "encrypted"),
    [
        ("", False),
        ('snapshot_id = "snap-1"', "unknown"),
        ('snapshot_id = "snap-1"\n  encrypted = false', False),
        ("snapshot_id = aws_ebs_snapshot.s.id", True),
        ("snapshot_id = aws_ebs_snapshot.t.id", False),
    ],
)
def test_a_disk_is_encrypted_as_what_it_is_made_from(made_from: str, encrypted: object) -> None:
    source = f"""
    resource "aws_ebs_volume" "s" {{
      encrypted = true
    }}
    resource "aws_ebs_snapshot" "s" {{
      volume_id = aws_ebs_volume.s.id
    }}
    resource "aws_ebs_volume" "t" {{}}
    resource "aws_ebs_snapshot" "t" {{
      volume_id = aws_ebs_volume.t.id
    }}
    resource "aws_ebs_volume" "v" {{
      {made_from}
    }}
    """
    assert field(source, "encrypted", "aws_ebs_volume.v") == encrypted


@pytest.mark.parametrize(
    ("enabled", "encrypted"), [("", True), ("enabled = false", False), ("enabled = var.e", "unknown")]
)
def test_the_account_may_encrypt_every_disk(enabled: str, encrypted: object) -> None:
    source = f"""
    variable "e" {{}}
    resource "aws_ebs_encryption_by_default" "e" {{
      {enabled}
    }}
    resource "aws_ebs_volume" "v" {{}}
    """
    assert field(source, "encrypted", "aws_ebs_volume.v") == encrypted


@pytest.mark.parametrize(
    ("kind", "block", "customer_key"),
    [
        ("aws_dynamodb_table", "server_side_encryption { enabled = true }", True),
        ("aws_dynamodb_table", "server_side_encryption { enabled = false }", False),
        ("aws_dynamodb_table", "server_side_encryption { enabled = var.e }", "unknown"),
        ("aws_ecr_repository", 'encryption_configuration { encryption_type = "KMS" }', True),
        ("aws_ecr_repository", 'encryption_configuration { encryption_type = "AES256" }', False),
        ("aws_ecr_repository", "encryption_configuration { }", False),
    ],
)
def test_a_key_that_is_named_and_not_used_is_nobodys(kind: str, block: str, customer_key: object) -> None:
    key = "kms_key_arn" if kind == "aws_dynamodb_table" else "kms_key"
    key += ' = "arn:aws:kms:eu-west-1:111122223333:key/1"'
    body = block.replace("{ ", f"{{\n{key}\n").replace("}", "\n}")
    text = f'variable "e" {{}}\nresource "{kind}" "x" {{\n{body}\n}}'
    assert field(text, "customer_key", f"{kind}.x") == customer_key


@pytest.mark.parametrize(
    ("bucket", "more", "logging"),
    [
        ('acl = "log-delivery-write"', "", None),
        ("", 'resource "aws_s3_bucket_acl" "a" {\n  bucket = "b"\n  acl = "log-delivery-write"\n}', None),
        ('acl = "private"', "", False),
    ],
)
def test_a_bucket_that_takes_logs_by_its_acl_is_not_asked_for_its_own(bucket: str, more: str, logging: object) -> None:
    text = f'resource "aws_s3_bucket" "b" {{\n  bucket = "b"\n  {bucket}\n}}\n{more}'
    assert field(text, "logging") == logging


@pytest.mark.parametrize(
    ("key", "own", "customer_key"),
    [
        ('"arn:aws:kms:eu-west-1:111122223333:key/1"', "", True),
        ('"arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs"', "", False),
        ('"arn:aws:kms:eu-west-1:111122223333:key/1"', 'kms_key_id = "alias/aws/ebs"', False),
        ("var.k", "", "unknown"),
    ],
)
def test_the_account_may_have_a_key_for_every_disk(key: str, own: str, customer_key: object) -> None:
    source = f"""
    variable "k" {{}}
    resource "aws_ebs_default_kms_key" "k" {{
      key_arn = {key}
    }}
    resource "aws_ebs_volume" "v" {{
      encrypted = true
      {own}
    }}
    """
    assert field(source, "customer_key", "aws_ebs_volume.v") == customer_key


@pytest.mark.parametrize(
    ("source", "backup"), [("aws_db_instance.p.identifier", None), ("var.p", "unknown"), ("null", False)]
)
def test_a_replica_is_backed_up_where_its_source_is(source: str, backup: object) -> None:
    text = f"""
    variable "p" {{}}
    resource "aws_db_instance" "p" {{}}
    resource "aws_db_instance" "r" {{
      replicate_source_db = {source}
    }}
    """
    assert field(text, "backup", "aws_db_instance.r") == backup


@pytest.mark.parametrize(
    ("prevention", "public"), [("", True), ('public_access_prevention = "enforced"', False),
                               ("public_access_prevention = var.p", "unknown")]
)  # fmt: skip
def test_public_access_prevention_overrules_grants(prevention: str, public: object) -> None:
    source = f"""
    variable "p" {{}}
    resource "google_storage_bucket" "b" {{
      name = "b"
      {prevention}
    }}
    resource "google_storage_bucket_iam_binding" "g" {{
      bucket  = google_storage_bucket.b.name
      role    = "roles/storage.objectViewer"
      members = ["user:a@example.com", "allUsers"]
    }}
    """
    assert field(source, "public", "google_storage_bucket.b") == public


@pytest.mark.parametrize(
    ("member", "public"),
    [
        ('"allUsers"', True),
        ('"group:team@example.com"', False),
        ('"serviceAccount:${google_service_account.a.email}"', False),
        ("module.m.member", False),
        ("var.member", "unknown"),
        ("data.terraform_remote_state.s.outputs.member", "unknown"),
    ],
)
@pytest.mark.parametrize("topic", ["google_pubsub_topic.t.id", '"projects/p/topics/t"'])
def test_an_account_that_is_not_there_yet_is_not_everybody(member: str, public: object, topic: str) -> None:
    main = f"""
    variable "member" {{}}
    data "terraform_remote_state" "s" {{
      backend = "gcs"
    }}
    resource "google_service_account" "a" {{}}
    module "m" {{
      source = "./m"
    }}
    resource "google_pubsub_topic" "t" {{
      name = "t"
    }}
    resource "google_pubsub_topic_iam_member" "g" {{
      topic  = {topic}
      member = {member}
    }}
    """
    account = """
    resource "google_service_account" "a" {}
    output "member" {
      value = google_service_account.a.member
    }
    """
    address = "google_pubsub_topic.t" if topic.startswith("google") else "google_pubsub_topic_iam_member.g"
    assert field({"main.tf": main, "m/main.tf": account}, "public", address) == public


@pytest.mark.parametrize(
    ("constraint", "held"),
    [("~> 4.0", True), ("~> 4", False), (">= 3.0", False), (">= 3.0, < 5.0", True), ("< 5.1", False), ("= 4.2.1", True),
     ("4.2.1", True), ("<= 5.0", False), ("~> 5.0", False), ("!= 4.0", False), ("", False), ("latest", False)],
)  # fmt: skip
def test_constraints_that_leave_only_versions_before_5(constraint: str, held: bool) -> None:
    assert _held_below(constraint, 5) is held


@pytest.mark.parametrize(
    ("constraint", "held"),
    [("~> 5.0", True), (">= 5.0", True), ("5.1.2", True), (">= 4.0", False), ("~> 4.20", False),
     (">= 4.0, >= 5.2", True), ("< 6.0", False), ("!= 5.0", False), ("", False)],
)  # fmt: skip
def test_constraints_that_leave_only_versions_from_5(constraint: str, held: bool) -> None:
    assert _held_from(constraint, 5) is held


def test_a_default_that_is_new_counts_where_the_provider_is() -> None:
    account = 'resource "azurerm_storage_account" "a" {}\n'
    pinned = 'terraform {\n  required_providers {\n    azurerm = {\n      version = "VERSION"\n    }\n  }\n}\n'
    address = "azurerm_storage_account.a"
    assert field(account, "public_access_blocked", address) is False
    assert field(pinned.replace("VERSION", ">= 5.0") + account, "public_access_blocked", address) is True
    assert field(pinned.replace("VERSION", "~> 4.0") + account, "public_access_blocked", address) is False
    written = account.replace("{}", "{\n  allow_nested_items_to_be_public = true\n}")
    assert field(pinned.replace("VERSION", ">= 5.0") + written, "public_access_blocked", address) is False


def test_an_older_provider_has_its_own_defaults() -> None:
    account = 'resource "azurerm_storage_account" "a" {}\n'
    pinned = 'terraform {\n  required_providers {\n    azurerm = {\n      version = "~> 2.99"\n    }\n  }\n}\n'
    address = "azurerm_storage_account.a"
    assert field(account, "tls_minimum", address) == 1.2
    assert field(pinned + account, "tls_minimum", address) == 1.0
    called = {"main.tf": pinned + 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": account}
    assert field(called, "tls_minimum", "module.m." + address) == 1.0


def test_every_kind_and_attribute_in_the_tables_exists() -> None:
    wanted = [(kind, NAMES[kind]) for kind in NAMES]
    wanted += [(voice.kind, voice.via) for voices in VOICES.values() for voice in voices]
    wanted += [(kind, via) for kind, (via, _) in ATTACHED.items()]
    wanted += [(kind, name) for kind, (attribute, sources) in INHERITED.items() for name in (attribute, *sources)]
    wanted += list(REPLICAS.items())
    wanted += [(kind, one.attributes[0]) for table in (OLDER, NEWER) for kind, each in table.items() for one in each]
    assert [pair for pair in wanted if pair[1] not in (attribute_tree(pair[0]) or ())] == []


RENAMED = {
    "allow_blob_public_access", "enable_https_traffic_only", "enable_non_ssl_port", "encryption_settings.enabled",
    "retention_policy.enabled", "soft_delete_enabled", "logging.enable", "settings.ip_configuration.require_ssl",
    "cluster_config.multi_az_with_standby_enabled", "disk_encryption_key.kms_key_name",
    "disk_encryption_key.kms_key_self_link", "member", "members", "entity", "predefined_acl", "default_acl",
    "parameters.encrypted", "parameters.kmsKeyId",
}  # fmt: skip
"""Paths that other versions, or other kinds of the same binding, have; keys of maps."""


def test_every_path_of_a_binding_exists() -> None:
    declared = set(load_concepts()["store"]["fields"])
    lost = []
    for kind, bindings in BINDINGS.items():
        tree = None if kind in cloud_kinds() else attribute_tree(kind)  # those list what rules name, not all they have
        for binding in (data for concept, data in bindings if concept == "store"):
            assert set(binding["fields"]) <= declared
            for path in [] if tree is None else [*_paths(binding.get("when")), *_field_paths(binding["fields"])]:
                found: Any = tree
                for step in (step for step in parse_path(path).steps if isinstance(step, str)):
                    found = found.get(step) if isinstance(found, dict) else None
                if found is None and path not in RENAMED:
                    lost.append((kind, path))
    assert lost == []


def _field_paths(fields: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for spec in fields.values():
        if isinstance(spec, str):
            found.append(spec)
        elif "first" in spec:
            found += _field_paths(dict(enumerate(spec["first"])))  # type: ignore[arg-type]
        elif "test" in spec:
            found += _paths(spec["test"])
        elif "path" in spec:
            found.append(spec["path"])
    return found


def _paths(condition: Any) -> list[str]:
    if isinstance(condition, list):
        return [path for item in condition for path in _paths(item)]
    found: list[str] = []
    for key, wanted in (condition or {}).items():
        if key != "related":  # of whose words the rules' own check knows
            found += _paths(wanted) if key in ("all", "any", "not") else [key]
    return found


OBJECT = 'resource "aws_s3_object" "o" {{\n  key = "a"\n  bucket = {}\n{}}}\n'


@pytest.mark.parametrize(
    ("bucket", "more", "found"),
    [
        ("aws_s3_bucket.b.id", "", None),  # the bucket is told of
        ('"b"', "", None),
        ('"elsewhere"', "", "unknown"),
        ("var.bucket", "", "unknown"),
        ("aws_s3_bucket.b.id", '  server_side_encryption = "AES256"\n', False),
        ("aws_s3_bucket.b.id", '  server_side_encryption = "aws:kms"\n', False),  # AWS' own key
        ("aws_s3_bucket.b.id", '  kms_key_id = "arn:aws:kms:eu-west-1:1:key/k"\n', True),
        ("aws_s3_bucket.b.id", '  kms_key_id = "alias/aws/s3"\n', False),
    ],
)
def test_an_object_has_the_key_of_its_bucket(bucket: str, more: str, found: Any) -> None:
    """Seen in modernisation-platform-environments: a hundred objects, each of them told of."""
    source = BUCKET + 'variable "bucket" {}\n' + OBJECT.format(bucket, more)
    assert field(source, "customer_key", "aws_s3_object.o") == found


@pytest.mark.parametrize(
    ("kind", "source", "target", "found"),
    [
        ("google_bigquery_table", "dataset_id", "google_bigquery_dataset.d.dataset_id", None),
        ("google_bigquery_table", "dataset_id", '"elsewhere"', "unknown"),
        ("aws_db_instance", "replicate_source_db", "aws_db_instance.d.identifier", None),
        ("aws_db_instance", "snapshot_identifier", '"snap-1"', "unknown"),
        ("aws_db_instance", "snapshot_identifier", "null", False),
        ("aws_ebs_volume", "snapshot_id", '"snap-1"', "unknown"),
        ("aws_rds_cluster", "snapshot_identifier", '"snap-1"', "unknown"),
        ("aws_neptune_cluster", "snapshot_identifier", '"snap-1"', "unknown"),
    ],
)
def test_what_is_made_from_something_has_its_key(kind: str, source: str, target: str, found: Any) -> None:
    others = 'resource "google_bigquery_dataset" "d" {\n  dataset_id = "d"\n}\nresource "aws_db_instance" "d" {}\n'
    made = f'{others}resource "{kind}" "x" {{\n  {source} = {target}\n}}\n'
    assert field(made, "customer_key", f"{kind}.x") == found


def test_a_list_of_buckets_whose_names_are_known_in_part() -> None:
    buckets = "".join(
        f'resource "aws_s3_bucket" "{name}" {{\n  bucket = "{name}-${{var.environment}}"\n}}\n' for name in ("b", "c")
    )
    names = "locals {\n  names = [aws_s3_bucket.b.id, aws_s3_bucket.c.bucket]\n}\n"
    declared = f'variable "environment" {{}}\n{buckets}{names}'
    both = declared + versioning("Enabled", "local.names[count.index]", "count = 2")
    assert [field(both, "versioned", f"aws_s3_bucket.{name}") for name in ("b", "c")] == [True, True]
    one = declared + versioning("Enabled", "local.names[1]")
    assert field(one, "versioned", "aws_s3_bucket.c") is True


NAMES_UNKNOWN = (
    'variable "a" {}\nvariable "b" {}\nmodule "label" {\n  source = "example/label/null"\n}\n'
    'resource "random_pet" "a" {}\nresource "random_pet" "b" {}\n'
)


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ("var.a", "var.a", True),
        ("module.label.id", "module.label.id", True),
        ("random_pet.a.id", "random_pet.a.id", True),
        ("random_pet.a.id", "random_pet.b.id", False),
        ("module.label.id", "module.label.name", False),
        ("var.a", "var.b", "unknown"),
        ("var.a", "upper(var.a)", "unknown"),
        ("var.a[0]", "var.a[1]", "unknown"),
        ('"b"', "var.a", "unknown"),
    ],
)
def test_a_name_that_nobody_knows_is_the_same_wherever_it_is_taken_from(ours: str, theirs: str, found: object) -> None:
    bucket = f'resource "aws_s3_bucket" "b" {{\n  bucket = {ours}\n}}\n'
    assert field(NAMES_UNKNOWN + bucket + versioning("Enabled", theirs), "versioned") == found


def test_a_name_that_is_another_buckets_is_not_ours() -> None:
    buckets = "".join(f'resource "aws_s3_bucket" "{name}" {{\n  bucket = var.{name}\n}}\n' for name in ("a", "b"))
    text = NAMES_UNKNOWN + buckets + versioning("Enabled", "var.a")
    assert [field(text, "versioned", f"aws_s3_bucket.{name}") for name in ("a", "b")] == [True, False]


def test_names_of_each_instance_are_its_own() -> None:
    text = (
        'variable "a" {}\nresource "aws_s3_bucket" "b" {\n  for_each = var.a\n  bucket   = each.value\n}\n'
        + versioning("Enabled", "each.value", "for_each = var.a")
    )
    assert field(text, "versioned") == "unknown"


def test_a_variable_of_another_root_module_is_another() -> None:
    shared = 'module "s" {\n  source = "../shared"\n}\nvariable "a" {}\n'
    found = stores({
        "one/main.tf": shared + 'resource "aws_s3_bucket" "b" {\n  bucket = var.a\n}\n',
        "two/main.tf": shared + versioning("Enabled", "var.a"),
        "shared/main.tf": 'variable "x" {\n  default = 1\n}\n',
    })
    assert found["aws_s3_bucket.b"].fields["versioned"] is False
