"""Whose key a store is encrypted with: what the name of a key tells, and where none is named, the key of what the thing
lies in or was made from.
"""

from __future__ import annotations

from guardrail.concepts.store_voices import is_scanned, put
from guardrail.conditions import Leaf
from guardrail.model import HOLE, Inventory, Map, PartText, Reference, Resource, Sensitive, Seq, Unknown, Value

# What says which key; what it is taken from where nothing does; the kind that is told of its own key.
TAKEN: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    **dict.fromkeys(
        ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy"),
        (("kms_key_id", "server_side_encryption"), ("bucket",), "aws_s3_bucket"),
    ),
    "google_bigquery_table": (("encryption_configuration",), ("dataset_id",), "google_bigquery_dataset"),
    "aws_ebs_volume": (("kms_key_id",), ("snapshot_id",), ""),
    "aws_db_instance": (
        ("kms_key_id",), ("replicate_source_db", "snapshot_identifier", "restore_to_point_in_time"), "aws_db_instance",
    ),
    "aws_rds_cluster": (("kms_key_id",), ("snapshot_identifier", "restore_to_point_in_time"), "aws_rds_cluster"),
    "aws_docdb_cluster": (("kms_key_id",), ("snapshot_identifier", "restore_to_point_in_time"), "aws_docdb_cluster"),
    "aws_neptune_cluster": (("kms_key_arn",), ("snapshot_identifier",), ""),
}  # fmt: skip

# A key that is named there is used only where the block also says one of these.
SWITCHES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "aws_dynamodb_table": ("server_side_encryption", "enabled", ("true",)),
    "aws_ecr_repository": ("encryption_configuration", "encryption_type", ("KMS", "KMS_DSSE")),
}


def switched_off(fields: Map, resource: Resource) -> None:
    """A key in a block that leaves encryption with it off is nobody's."""
    name, switch, on = SWITCHES[resource.kind]
    blocks = resource.attributes.get(name)
    for block in blocks if isinstance(blocks, Seq) else ():
        if not isinstance(block, Map) or fields.get("customer_key") is not True:
            continue
        value = block.get(switch)
        if isinstance(value, Unknown):
            put(fields, "customer_key", Leaf(switch, value, block.place(switch), block, switch))
        elif (str(value).lower() if isinstance(value, bool) else value) not in on:
            put(fields, "customer_key", Leaf(switch, False, block.place(switch), block, switch))


def inherit_key(fields: Map, resource: Resource, inventory: Inventory) -> None:
    """A thing without a key of its own has that of its source, and is not told of where the source is in the scan:
    whoever gives that a key gives it to all."""
    written, sources, kind = TAKEN[resource.kind]
    if "customer_key" not in fields or any(resource.attributes.get(name) for name in written):
        return
    for source in sources:
        value = resource.attributes.get(source)
        if not isinstance(value, Unknown) and not value:
            continue
        if kind and is_scanned(resource, source, kind, inventory):
            del fields["customer_key"]
            return
        reason = Unknown(f"{source} decides, and what it names is not read")
        place = resource.attributes.place(source)
        put(fields, "customer_key", Leaf(source, reason, place, resource.attributes, source))
        return


def owned(leaf: Leaf, inventory: Inventory) -> Leaf:
    """A key's name, alias or ARN -> whether it is the customer's own: AWS' own have aliases under alias/aws/."""
    value = leaf.value.reveal() if isinstance(leaf.value, Sensitive) else leaf.value
    if isinstance(value, Reference):
        return leaf._replace(value=_referred(value, inventory))
    if isinstance(value, str):
        return leaf._replace(value=value != "" and "alias/aws/" not in value)
    if isinstance(value, (Seq, Map)):
        return leaf._replace(value=bool(value))
    if isinstance(value, PartText):
        return leaf._replace(value=_owned_in_part(value))
    return leaf


def _owned_in_part(value: PartText) -> bool | Unknown:
    before, alias, name = value.template.partition("alias/")
    if alias and HOLE not in before.rpartition(":")[2]:
        start = name.partition(HOLE)[0]
        if start.startswith("aws/"):
            return False
        return value.whole() if "aws/".startswith(start) and HOLE in name else True
    return True if ":key/" in value.template else value.whole()


def _referred(value: Reference, inventory: Inventory) -> Value:
    for target in inventory.at(value.target):
        if target.mode == "data" and target.kind in ("aws_kms_alias", "aws_kms_key"):
            name = target.attributes.get("name" if target.kind == "aws_kms_alias" else "key_id")
            if isinstance(name, Unknown) and not isinstance(name, Reference):
                return name
            if isinstance(name, str) and "alias/aws/" in name:
                return False
    return True
