"""What stands elsewhere about a store: a bucket's versioning and public access block, a grant to everybody, the
snapshot that decides whether a disk is encrypted, the alias that tells whose key it is.

The bindings in store.yaml say what a resource says of itself; this completes their nouns.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts import bucket_names, registry_scans, store_defaults
from guardrail.concepts.accounts import governing
from guardrail.concepts.bucket_policies import refuses_plain_http
from guardrail.concepts.lists import among
from guardrail.concepts.store_keys import SWITCHES, TAKEN, inherit_key, owned, switched_off
from guardrail.concepts.store_voices import (
    ATTACHED,
    NAMES,
    VOICES,
    attached,
    entry,
    hear,
    linked,
    listen,
    names,
    put,
    somebody,
    truth_of,
    written,
)
from guardrail.conditions import Leaf
from guardrail.model import Inventory, Map, Noun, Reference, Resource, Seq, Unknown

# Where encryption isn't written, it is as in what the thing was made from.
INHERITED: dict[str, tuple[str, tuple[str, ...]]] = {
    "aws_ebs_volume": ("encrypted", ("snapshot_id",)),
    "aws_ebs_snapshot_copy": ("encrypted", ("source_snapshot_id",)),
    "aws_db_instance": (
        "storage_encrypted", ("replicate_source_db", "snapshot_identifier", "restore_to_point_in_time"),
    ),
    "aws_rds_cluster": (
        "storage_encrypted", ("replication_source_identifier", "snapshot_identifier", "restore_to_point_in_time"),
    ),
    "aws_docdb_cluster": ("storage_encrypted", ("snapshot_identifier", "restore_to_point_in_time")),
    "aws_neptune_cluster": ("storage_encrypted", ("replication_source_identifier", "snapshot_identifier")),
    "aws_rds_global_cluster": ("storage_encrypted", ("source_db_cluster_identifier",)),
    "aws_docdb_global_cluster": ("storage_encrypted", ("source_db_cluster_identifier",)),
    "aws_neptune_global_cluster": ("storage_encrypted", ("source_db_cluster_identifier",)),
    **dict.fromkeys(("alicloud_disk", "alicloud_ecs_disk"), ("encrypted", ("snapshot_id",))),
}  # fmt: skip

# A replica is backed up and made redundant where its source is.
REPLICAS = {"aws_db_instance": "replicate_source_db", "google_sql_database_instance": "master_instance_name"}


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """Completes the `store` nouns that the resource has, or drops what is part of another's; makes none."""
    if resource.kind in ATTACHED and attached(resource, inventory):
        del resource.nouns["store"]
        return
    for noun in resource.nouns["store"]:
        fields = noun.fields
        if "name" not in fields:
            fields.put("name", noun.name, fields.header)
        if "customer_key" in fields:
            put(fields, "customer_key", owned(entry(fields, "customer_key"), inventory))
        if resource.kind in SWITCHES:
            switched_off(fields, resource)
        for voice in VOICES.get(resource.kind, ()):
            listen(fields, voice, resource, inventory, owned)
        if resource.kind.endswith(("_iam_member", "_iam_binding")):
            put(fields, "public", somebody(entry(fields, "public")))
        if resource.kind in store_defaults.OLDER or resource.kind in store_defaults.NEWER:
            store_defaults.restore(fields, resource, list(governing("terraform", resource, inventory)))
        special = _SPECIAL.get(resource.kind)
        if special is not None:
            special(fields, resource, inventory)
        if resource.kind in INHERITED:
            _inherit(fields, resource, inventory)
        if resource.kind in TAKEN:
            inherit_key(fields, resource, inventory)
        if resource.kind in REPLICAS:
            _as_replica(fields, resource)
    yield from ()


# Single kinds


def _s3_bucket(fields: Map, resource: Resource, inventory: Inventory) -> None:
    accounts = list(governing("aws_s3_account_public_access_block", resource, inventory))
    for account in accounts:
        leaf = hear("s3 blocks", account, inventory)
        if truth_of(leaf.value) is True:
            put(fields, "public_access_blocked", leaf)
    blocks = linked(resource, "aws_s3_bucket_public_access_block", "bucket", inventory)
    _mute(fields, [*blocks, *((account, True) for account in accounts)], "s3 ignores", inventory)
    owners = linked(resource, "aws_s3_bucket_ownership_controls", "bucket", inventory)
    _mute(fields, owners, "s3 ownership", inventory)
    if form := bucket_names.form(resource.attributes.get("bucket")):
        put(fields, "name_form", written(resource, "bucket", form))
    _takes_logs(fields, resource, inventory, (("aws_s3_bucket_logging", "target_bucket"), ("aws_s3_bucket", "logging")))
    policies = linked(resource, "aws_s3_bucket_policy", "bucket", inventory)
    if resource.attributes.get("policy") is not None or not policies:
        policies.append((resource, True))
    _refuse_plain_http(fields, policies)


def _s3_policy(fields: Map, resource: Resource, inventory: Inventory) -> None:
    _refuse_plain_http(fields, [(resource, True)])


def _refuse_plain_http(fields: Map, policies: list[tuple[Resource, bool]]) -> None:
    """One that refuses is enough; of one that perhaps is another bucket's, nobody can tell."""
    told = [(refuses_plain_http(holder), holder, sure) for holder, sure in policies]
    told.sort(key=lambda item: (item[0].value is not True, not isinstance(item[0].value, Unknown), item[2]))
    leaf, holder, sure = told[0]
    if not sure and not isinstance(leaf.value, Unknown):
        leaf = leaf._replace(value=Unknown(f"{holder.address} may belong to it"))
    put(fields, "refuses_plain_http", leaf)


def _oss_bucket(fields: Map, resource: Resource, inventory: Inventory) -> None:
    blocks = linked(resource, "alicloud_oss_bucket_public_access_block", "bucket", inventory)
    _mute(fields, blocks, "oss block", inventory)
    ways = (("alicloud_oss_bucket_logging", "target_bucket"), ("alicloud_oss_bucket", "logging"))
    _takes_logs(fields, resource, inventory, ways)


def _oss_policy(fields: Map, resource: Resource, inventory: Inventory) -> None:
    put(fields, "public", hear("oss policy", resource, inventory))


def _alibaba_database(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """A key of this name is none."""
    if resource.attributes.get("encryption_key") == "disabled" and resource.attributes.get("tde_status") is None:
        put(fields, "encrypted", written(resource, "encryption_key", False))


def _s3_acl(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """An ACL of a bucket that isn't in the scan: a block of the same bucket still counts."""
    bucket = resource.attributes.get("bucket")
    for kind, says in (
        ("aws_s3_bucket_public_access_block", "s3 ignores"),
        ("aws_s3_bucket_ownership_controls", "s3 ownership"),
    ):
        same = [
            (other, True)
            for other in inventory.by_kind.get(kind, ())
            if other.scope == resource.scope and bucket is not None and other.attributes.get("bucket") == bucket
        ]
        _mute(fields, same, says, inventory)


def _mute(fields: Map, others: list[tuple[Resource, bool]], says: str, inventory: Inventory) -> None:
    """A public ACL has no effect where one of these says true."""
    for other, sure in others:
        if truth_of(fields.get("public")) is False:
            return
        leaf = hear(says, other, inventory)
        truth = truth_of(leaf.value)
        if truth is True and sure:
            put(fields, "public", leaf._replace(value=False))
        elif truth is not False:
            reason = leaf.value.reason if isinstance(leaf.value, Unknown) else f"{other.address} may belong to it"
            put(fields, "public", leaf._replace(value=Unknown(reason)))


def _takes_logs(fields: Map, resource: Resource, inventory: Inventory, ways: tuple[tuple[str, str], ...]) -> None:
    """A bucket that access logs are written to is not asked for access logs of its own."""
    if truth_of(fields.get("logging")) is not False:
        return
    acls = [resource, *(other for other, sure in linked(resource, "aws_s3_bucket_acl", "bucket", inventory) if sure)]
    if any(holder.attributes.get("acl") == "log-delivery-write" for holder in acls):
        fields.pop("logging", None)
        return
    targets = any(other.kind == kind and names(path, via) for other, path in inventory.referring_to(resource)
                  for kind, via in ways)  # fmt: skip
    name = resource.attributes.get(NAMES[resource.kind])
    if targets or (isinstance(name, str) and name in _log_targets(inventory)):
        fields.pop("logging", None)


def _log_targets(inventory: Inventory) -> set[str]:
    found = inventory.indexes.get("stores log targets")
    if not isinstance(found, set):
        found = set[str]()
        for kind in ("aws_s3_bucket_logging", "alicloud_oss_bucket_logging"):
            for other in inventory.by_kind.get(kind, ()):
                target = other.attributes.get("target_bucket")
                if isinstance(target, str):
                    found.add(target)
        for kind, name in (
            ("aws_s3_bucket", "target_bucket"),
            ("alicloud_oss_bucket", "target_bucket"),
            ("google_storage_bucket", "log_bucket"),
        ):
            for other in inventory.by_kind.get(kind, ()):
                blocks = other.attributes.get("logging")
                for block in blocks if isinstance(blocks, Seq) else ():
                    if isinstance(block, Map) and isinstance(block.get(name), str):
                        found.add(block[name])
        inventory.indexes["stores log targets"] = found
    return found


def _google_bucket(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """Public access prevention overrules every grant to everybody."""
    public, blocked = truth_of(fields.get("public")), truth_of(fields.get("public_access_blocked"))
    if public is not False and blocked is not False:
        leaf = entry(fields, "public_access_blocked")
        put(fields, "public", leaf._replace(value=leaf.value if blocked is None else False))
    _takes_logs(fields, resource, inventory, (("google_storage_bucket", "logging"),))


def _azure_account(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """Blobs keep no versions where they stand in folders, nor where there can be none."""
    if truth_of(fields.get("versioned")) is not False:
        return
    kind, folders = resource.attributes.get("account_kind"), resource.attributes.get("is_hns_enabled")
    files_alone = among(kind, ("FileStorage",))
    if files_alone is True or truth_of(folders) is True:
        fields.pop("versioned")
    elif isinstance(files_alone, Unknown):
        put(fields, "versioned", written(resource, "account_kind", files_alone))
    elif isinstance(folders, Unknown):
        put(fields, "versioned", written(resource, "is_hns_enabled", Unknown(folders.reason, folders.refs)))


def _azure_container(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """An account that lets nothing be public overrules its containers."""
    if truth_of(fields.get("public")) is False:
        return
    for via in ("storage_account_id", "storage_account_name"):
        for account in inventory.referred_to_by(resource, via):
            for name in ("allow_nested_items_to_be_public", "allow_blob_public_access"):
                allowed = account.attributes.get(name)
                if account.kind == "azurerm_storage_account" and allowed is not None:
                    truth = truth_of(allowed)
                    if truth is not True:
                        put(fields, "public", written(account, name, allowed if truth is None else False))
                        return


def _ebs_volume(fields: Map, resource: Resource, inventory: Inventory) -> None:
    _by_default(fields, resource, inventory, "aws_ebs_encryption_by_default", "enabled", True)
    if resource.attributes.get("kms_key_id") is None:
        for account in governing("aws_ebs_default_kms_key", resource, inventory):
            key = account.attributes.get("key_arn")
            if key is not None:
                put(fields, "customer_key", owned(written(account, "key_arn", key), inventory))


def _ecr_repository(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """The registry may look through what is pushed to all repositories, or to those of certain names."""
    for registry in governing("aws_ecr_registry_scanning_configuration", resource, inventory):
        scanned = registry_scans.scanned(registry.attributes.get("rule"), resource.attributes.get("name"))
        if scanned is not False and truth_of(fields.get("scanned")) is not True:
            put(fields, "scanned", written(registry, "rule", scanned))


def _alibaba_disk(fields: Map, resource: Resource, inventory: Inventory) -> None:
    _by_default(fields, resource, inventory, "alicloud_ecs_disk_encryption_by_default", "encrypted", False)


def _by_default(
    fields: Map, resource: Resource, inventory: Inventory, kind: str, attribute: str, unwritten: bool
) -> None:
    """Account and region may encrypt every new volume."""
    if resource.attributes.get("encrypted") is not None:
        return
    for account in governing(kind, resource, inventory):
        value = account.attributes.get(attribute)
        put(fields, "encrypted", written(account, attribute, unwritten if value is None else value))


_SPECIAL = {
    "alicloud_oss_bucket": _oss_bucket,
    "alicloud_oss_bucket_policy": _oss_policy,
    "alicloud_db_instance": _alibaba_database,
    "aws_s3_bucket": _s3_bucket,
    "aws_s3_bucket_acl": _s3_acl,
    "aws_s3_bucket_policy": _s3_policy,
    "google_storage_bucket": _google_bucket,
    "azurerm_storage_account": _azure_account,
    "azurerm_storage_container": _azure_container,
    "aws_ebs_volume": _ebs_volume,
    "aws_ecr_repository": _ecr_repository,
    "alicloud_disk": _alibaba_disk,
    "alicloud_ecs_disk": _alibaba_disk,
}


def _inherit(fields: Map, resource: Resource, inventory: Inventory) -> None:
    attribute, sources = INHERITED[resource.kind]
    if resource.attributes.get(attribute) is not None or truth_of(fields.get("encrypted")) is not False:
        return
    for source in sources:
        value = resource.attributes.get(source)
        if value is None or (isinstance(value, (str, Seq)) and not value):
            continue
        leaf = written(resource, source, Unknown(f"{source} decides, and what it names is not read"))
        targets = inventory.referred_to_by(resource, source)
        if len(targets) == 1:
            leaf = _source_encryption(targets[0], attribute, leaf, inventory)
        put(fields, "encrypted", leaf)
        return


def _source_encryption(source: Resource, attribute: str, leaf: Leaf, inventory: Inventory) -> Leaf:
    """Through at most one snapshot to the disk or database that is copied."""
    for name in ("volume_id", "db_instance_identifier", "db_cluster_identifier"):
        if name in source.attributes:
            behind = inventory.referred_to_by(source, name)
            source = behind[0] if len(behind) == 1 else source
    own = source.attributes.get(attribute)
    if own is not None:
        return written(source, attribute, own)
    made_from = INHERITED.get(source.kind)
    if made_from and source.mode == "managed" and all(source.attributes.get(name) is None for name in made_from[1]):
        return leaf._replace(value=False)
    return leaf


def _as_replica(fields: Map, resource: Resource) -> None:
    attribute = REPLICAS[resource.kind]
    value = resource.attributes.get(attribute)
    if value is None or value == "":
        return
    unclear = isinstance(value, Unknown) and not isinstance(value, Reference)
    for name in ("backup", "backup_days", "multi_zone"):
        if name in fields and not unclear:
            del fields[name]
        elif name in fields and truth_of(fields[name]) is not True:
            put(fields, name, written(resource, attribute, value))
