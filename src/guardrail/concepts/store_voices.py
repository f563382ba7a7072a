"""Which resources speak of a store that isn't their own: a bucket's versioning and ACL, a grant to everybody.

Where it can't be known whether one speaks of this store, what it would change is unknown too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from guardrail.concepts.binding import Field, compile_field
from guardrail.concepts.store_names import Name, may_be_one, name_of
from guardrail.conditions import MISSING, Leaf, Scope
from guardrail.model import (
    Inventory,
    Map,
    PartText,
    Reference,
    Resource,
    Sensitive,
    Unknown,
    Value,
    without_instance_key,
)
from guardrail.model.patterns import lazy_regex

_EVERYBODY = ["allUsers", "allAuthenticatedUsers"]
_PUBLIC_GROUPS = ["/AllUsers", "/AuthenticatedUsers"]
_PUBLIC_ACLS = ["public-read", "public-read-write", "authenticated-read"]
_PUBLIC_PREDEFINED = ["publicRead", "publicReadWrite", "authenticatedRead"]
_BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


_ATTRIBUTE = lazy_regex(r"(?:module\.[^.]+\.)*(?:data\.)?(?!terraform_)[a-z0-9]+_\w+\.[\w-]+(?:\[[^\]]*\])?\.")


class Voice(NamedTuple):
    """That resources of `kind` say `field` of the store that they name at `via`. One that says true is enough;
    of a voice that `restricts`, one that says false."""

    kind: str
    via: str
    field: str
    says: str  # a key of _SAYINGS
    restricts: bool = False


_SAYINGS: dict[str, Any] = {
    "yes": {"value": True},
    "versioning": {"path": "versioning_configuration.status", "map": {"Enabled": True, "*": False}, "default": False},
    "s3 key": {"path": "rule.apply_server_side_encryption_by_default.kms_master_key_id", "default": False},
    "s3 lifecycle": {"test": {"rule": {"some": {"status": "Enabled"}}}},
    "s3 versions": {"test": {"rule": {"some": {"status": "Enabled", "any": [
        {"noncurrent_version_expiration": {"set": True}}, {"noncurrent_version_transition": {"set": True}},
    ]}}}},
    "s3 blocks": {"test": {"all": [{name: True} for name in _BLOCKS]}},
    "s3 acl": {
        "test": {
            "any": [
                {"acl": {"in": _PUBLIC_ACLS}},
                {"access_control_policy.grant": {"some": {"grantee.uri": {"ends_with": _PUBLIC_GROUPS}}}},
            ]
        }
    },
    "s3 ownership": {
        "path": "rule.object_ownership", "map": {"BucketOwnerEnforced": True, "*": False}, "default": True,
    },
    "s3 ignores": {"path": "ignore_public_acls", "default": False},
    "efs backup": {"path": "backup_policy.status", "map": {"ENABLED": True, "*": False}, "default": False},
    "azure network": {"path": "default_action", "map": {"Allow": True, "*": False}},
    "azure key": {"first": ["key_vault_key_id", "managed_hsm_key_id", "key_name"], "default": False},
    "azure tde": {"first": ["key_vault_key_id", "managed_hsm_key_id"], "default": False},
    "azure audit": {"path": "enabled", "default": True},
    "member": {"test": {"member": {"in": _EVERYBODY}}},
    "members": {"test": {"members": {"some": {"in": _EVERYBODY}}}},
    "entity": {"test": {"entity": {"in": _EVERYBODY}}},
    "gcs acl": {
        "test": {
            "any": [
                {"predefined_acl": {"in": _PUBLIC_PREDEFINED}},
                {"default_acl": {"in": _PUBLIC_PREDEFINED}},
                {"role_entity": {"some": {"matches": ":all(Authenticated)?Users$"}}},
            ]
        }
    },
    "oss versioning": {"path": "status", "map": {"Enabled": True, "*": False}, "default": False},
    "oss key": {"path": "kms_master_key_id", "default": False},
    "oss acl": {"test": {"acl": {"in": ["public-read", "public-read-write"]}}},
    "oss policy": {
        "test": {
            "policy.Statement": {
                "some": {"Effect": "Allow", "Principal": {"some": {"equals": "*"}}, "Condition": {"set": False}}
            }
        }
    },
    "oss block": {"path": "block_public_access"},
    "dataset access": {
        "test": {"any": [{"special_group": "allAuthenticatedUsers"}, {"iam_member": {"in": _EVERYBODY}}]},
    },
}  # fmt: skip


def _granted(kind: str, via: str) -> tuple[Voice, ...]:
    return (
        Voice(f"{kind}_iam_member", via, "public", "member"),
        Voice(f"{kind}_iam_binding", via, "public", "members"),
    )


_PLANNED = Voice("aws_backup_selection", "resources", "backup", "yes")

VOICES: dict[str, tuple[Voice, ...]] = {
    "aws_s3_bucket": (
        Voice("aws_s3_bucket_versioning", "bucket", "versioned", "versioning"),
        Voice("aws_s3_bucket_server_side_encryption_configuration", "bucket", "customer_key", "s3 key"),
        Voice("aws_s3_bucket_logging", "bucket", "logging", "yes"),
        Voice("aws_s3_bucket_lifecycle_configuration", "bucket", "lifecycle", "s3 lifecycle"),
        Voice("aws_s3_bucket_lifecycle_configuration", "bucket", "versions_expire", "s3 versions"),
        Voice("aws_s3_bucket_public_access_block", "bucket", "public_access_blocked", "s3 blocks"),
        Voice("aws_s3_bucket_acl", "bucket", "public", "s3 acl"),
        Voice("aws_s3_bucket_ownership_controls", "bucket", "acls_disabled", "s3 ownership", True),
    ),
    "aws_efs_file_system": (Voice("aws_efs_backup_policy", "file_system_id", "backup", "efs backup"), _PLANNED),
    "aws_rds_cluster": (_PLANNED,),
    "aws_db_instance": (_PLANNED,),
    "aws_dynamodb_table": (_PLANNED,),
    "aws_docdb_cluster": (_PLANNED,),
    "aws_neptune_cluster": (_PLANNED,),
    "aws_ecr_repository": (Voice("aws_ecr_lifecycle_policy", "repository", "lifecycle", "yes"),),
    "aws_redshift_cluster": (Voice("aws_redshift_logging", "cluster_identifier", "logging", "yes"),),
    "azurerm_storage_account": (
        Voice("azurerm_storage_account_network_rules", "storage_account_id", "exposed", "azure network", True),
        Voice("azurerm_storage_account_customer_managed_key", "storage_account_id", "customer_key", "azure key"),
    ),
    "azurerm_mssql_server": (
        Voice("azurerm_mssql_server_extended_auditing_policy", "server_id", "logging", "azure audit"),
        Voice("azurerm_mssql_server_transparent_data_encryption", "server_id", "customer_key", "azure tde"),
    ),
    "alicloud_oss_bucket": (
        Voice("alicloud_oss_bucket_versioning", "bucket", "versioned", "oss versioning"),
        Voice("alicloud_oss_bucket_server_side_encryption", "bucket", "encrypted", "yes"),
        Voice("alicloud_oss_bucket_server_side_encryption", "bucket", "customer_key", "oss key"),
        Voice("alicloud_oss_bucket_logging", "bucket", "logging", "yes"),
        Voice("alicloud_oss_bucket_acl", "bucket", "public", "oss acl"),
        Voice("alicloud_oss_bucket_policy", "bucket", "public", "oss policy"),
    ),
    "google_storage_bucket": (
        *_granted("google_storage_bucket", "bucket"),
        Voice("google_storage_bucket_acl", "bucket", "public", "gcs acl"),
        Voice("google_storage_default_object_acl", "bucket", "public", "gcs acl"),
        Voice("google_storage_bucket_access_control", "bucket", "public", "entity"),
        Voice("google_storage_default_object_access_control", "bucket", "public", "entity"),
    ),
    "google_bigquery_dataset": (
        *_granted("google_bigquery_dataset", "dataset_id"),
        Voice("google_bigquery_dataset_access", "dataset_id", "public", "dataset access"),
    ),
    "google_bigquery_table": _granted("google_bigquery_table", "table_id"),
    "google_pubsub_topic": _granted("google_pubsub_topic", "topic"),
    "google_artifact_registry_repository": _granted("google_artifact_registry_repository", "repository"),
    "google_secret_manager_secret": _granted("google_secret_manager_secret", "secret_id"),
    "google_secret_manager_regional_secret": _granted("google_secret_manager_regional_secret", "secret_id"),
}  # fmt: skip

# The attribute by which others may call one without referring to it.
NAMES = {
    "alicloud_oss_bucket": "bucket",
    "aws_s3_bucket": "bucket", "aws_ecr_repository": "name", "aws_redshift_cluster": "cluster_identifier",
    "aws_cloudwatch_log_group": "name",
    "google_storage_bucket": "name", "google_bigquery_dataset": "dataset_id", "google_pubsub_topic": "name",
    "google_artifact_registry_repository": "repository_id", "google_secret_manager_secret": "secret_id",
    "google_secret_manager_regional_secret": "secret_id",
}  # fmt: skip


# What speaks of a store, and is judged for itself only where that store isn't in the scan.
ATTACHED = {
    "azurerm_storage_account_network_rules": ("storage_account_id", "azurerm_storage_account"),
    **dict.fromkeys(
        ("alicloud_oss_bucket_acl", "alicloud_oss_bucket_policy", "alicloud_oss_bucket_versioning"),
        ("bucket", "alicloud_oss_bucket"),
    ),
    **dict.fromkeys(
        ("aws_s3_bucket_acl", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", "aws_s3_bucket_versioning",
         "aws_s3_bucket_ownership_controls"), ("bucket", "aws_s3_bucket"),
    ),
    **dict.fromkeys(
        ("google_storage_bucket_iam_member", "google_storage_bucket_iam_binding", "google_storage_bucket_acl",
         "google_storage_default_object_acl", "google_storage_bucket_access_control",
         "google_storage_default_object_access_control"), ("bucket", "google_storage_bucket"),
    ),
    **{
        f"{kind}_iam_{form}": (via, kind)
        for kind, via in (
            ("google_pubsub_topic", "topic"), ("google_artifact_registry_repository", "repository"),
            ("google_bigquery_dataset", "dataset_id"), ("google_bigquery_table", "table_id"),
        )
        for form in ("member", "binding")
    },
}  # fmt: skip


def attached(resource: Resource, inventory: Inventory) -> bool:
    """Whether what the resource speaks of is in the scan."""
    return is_scanned(resource, *ATTACHED[resource.kind], inventory)


def is_scanned(resource: Resource, via: str, kind: str, inventory: Inventory) -> bool:
    """Whether what the resource names at `via` is one of this kind in the scan."""
    if any(target.kind == kind for target in inventory.referred_to_by(resource, via)):
        return True
    name = name_of(resource, via)
    return name is not None and kind in NAMES and name in _named(kind, inventory)


def _named(kind: str, inventory: Inventory) -> set[Name]:
    key = f"stores {kind}"
    found = inventory.indexes.get(key)
    if not isinstance(found, set):
        written = (name_of(store, NAMES[kind]) for store in inventory.by_kind.get(kind, ()))
        found = inventory.indexes[key] = {name for name in written if name is not None}
    return found


class _Links(NamedTuple):
    """The resources of one kind by the literal name at one attribute, and those whose name is not known."""

    named: dict[Name, list[Resource]]
    unclear: list[Resource]


def linked(resource: Resource, kind: str, via: str, inventory: Inventory) -> list[tuple[Resource, bool]]:
    """The resources of a kind that name this one at `via`; False with those that may or may not."""
    if kind not in inventory.by_kind:
        return []
    links = _links(kind, via, inventory)
    attribute = NAMES.get(resource.kind, "")
    name = name_of(resource, attribute)
    named = {id(other) for other in links.named.get(name, ())} if name is not None else set()
    found: list[tuple[Resource, bool]] = []
    seen: set[int] = set()
    for other, path in inventory.referring_to(resource):
        if other.kind == kind and id(other) not in seen and names(path, via):
            seen.add(id(other))
            plainly = id(other) in named or _plainly(other, via)
            found.append((other, plainly and other.surely_beside(resource)))
    if name is not None:
        found += [(o, o.surely_beside(resource)) for o in links.named.get(name, ()) if id(o) not in seen]
        seen |= named
    stores = _named(resource.kind, inventory) if resource.kind in NAMES else set()
    for other in links.unclear:
        if other.scope == resource.scope and id(other) not in seen and name_of(other, via) not in stores:
            written = other.attributes.get(via)
            if not isinstance(written, PartText) or may_be_one(written, resource.attributes.get(attribute)):
                found.append((other, False))
    return found


def names(path: str, via: str) -> bool:
    return path == via or path.startswith((via + ".", via + "["))


def _plainly(other: Resource, via: str) -> bool:
    """Whether a reference at `via` is to one block only: not `var.a ? x.id : y.id`."""
    value = other.attributes.get(via)
    if not isinstance(value, Unknown) or isinstance(value, Reference):
        return True
    return len({without_instance_key(edge.target) for edge in other.edges if names(edge.path, via)}) == 1


def _links(kind: str, via: str, inventory: Inventory) -> _Links:
    key = f"stores {kind}.{via}"
    found = inventory.indexes.get(key)
    if not isinstance(found, _Links):
        found = _Links({}, [])
        for other in inventory.by_kind[kind]:
            value = other.attributes.get(via)
            name = name_of(other, via)
            if name is not None:
                found.named.setdefault(name, []).append(other)
            if isinstance(value, Unknown) and not isinstance(value, Reference) and not _elsewhere(other, via, value):
                found.unclear.append(other)
        inventory.indexes[key] = found
    return found


def _elsewhere(other: Resource, via: str, value: Unknown) -> bool:
    """True if the unknown name is plainly that of something else: referred to, of a data source, or what a
    module that isn't read gives out."""
    if any(names(edge.path, via) for edge in other.edges):
        return True
    return bool(value.refs) and all(ref.startswith(("module.", "data.")) for ref in value.refs)


@cache
def _saying(name: str) -> Field:
    return compile_field(_SAYINGS[name])


def hear(name: str, other: Resource, inventory: Inventory) -> Leaf:
    leaf = _saying(name)(Scope(other.attributes, other, inventory))
    names_somebody = name in ("member", "members") or (name == "oss policy" and ".Principal" in leaf.path)
    return somebody(leaf) if names_somebody else leaf


def somebody(leaf: Leaf) -> Leaf:
    """An unknown member of a grant that is made of other resources' attributes (the address of a service account)
    is somebody, not everybody."""
    value = leaf.value
    if isinstance(value, Unknown) and value.refs and all(_ATTRIBUTE.match(ref) for ref in value.refs):
        return leaf._replace(value=False)
    return leaf


def listen(
    fields: Map, voice: Voice, resource: Resource, inventory: Inventory, owned: Callable[[Leaf, Inventory], Leaf]
) -> None:
    """Put together what the store says of itself and what this voice says. `owned`: a key's name -> whose it is."""
    heard = linked(resource, voice.kind, voice.via, inventory)
    if not heard:
        return
    own = entry(fields, voice.field)
    enough = not voice.restricts
    unclear: Leaf | None = None
    first: Leaf | None = None
    for other, sure in heard:
        leaf = hear(voice.says, other, inventory)
        if voice.field == "customer_key":
            leaf = owned(leaf, inventory)
        truth = truth_of(leaf.value)
        if not sure and truth is not (not enough):
            leaf = leaf._replace(value=Unknown(f"whether {other.address} belongs to it cannot be known"))
            truth = None
        if truth is enough:
            put(fields, voice.field, leaf)
            return
        if truth is None:
            unclear = unclear or leaf
        elif sure:
            first = first or leaf
    if truth_of(own.value) is enough and own.value is not MISSING:
        return
    chosen = unclear or (None if truth_of(own.value) is None else first)
    if chosen is not None:
        put(fields, voice.field, chosen)


# Fields


def truth_of(value: Any) -> bool | None:
    if isinstance(value, Sensitive):
        value = value.reveal()
    if isinstance(value, Unknown):
        return None
    return False if value is MISSING or value is None or value == "false" else bool(value)


def entry(fields: Map, name: str) -> Leaf:
    return Leaf(name, fields.get(name, MISSING), fields.place(name), fields, name)


def put(fields: Map, name: str, leaf: Leaf) -> None:
    """The leaf as a field, with its place and origin."""
    if leaf.value is MISSING:
        return
    origins: Any = leaf.holder.origins if leaf.holder is not None else None
    origin = origins.get(leaf.key) if origins else None
    if fields.origins:
        fields.origins.pop(name, None)
    fields.put(name, leaf.value, leaf.span, origin)


def written(resource: Resource, attribute: str, value: Value) -> Leaf:
    """A value that stands for what the resource has at the attribute."""
    return Leaf(attribute, value, resource.attributes.place(attribute), resource.attributes, attribute)
