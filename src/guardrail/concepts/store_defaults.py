"""Defaults that a provider had before some major version, for configurations that are held to it.

store.yaml has the defaults of the current versions. They count unless `required_providers`, in the resource's own
folder or in one from which its module is called, allows only older ones (or, for what a new major version changed
that few have yet, only newer ones).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from guardrail.concepts.store_voices import put
from guardrail.conditions import Leaf
from guardrail.model import Map, Resource, Seq
from guardrail.model.patterns import lazy_regex


class Older(NamedTuple):
    """`field` is `value` where none of `attributes` is written and the provider is older than `major`."""

    field: str
    attributes: tuple[str, ...]
    provider: str
    major: int
    value: Any


_ALLOWS = ("allow_nested_items_to_be_public", "allow_blob_public_access")

# What became the default with a version that not all have yet: (field, attributes, provider, major, value).
NEWER: dict[str, tuple[Older, ...]] = {
    "azurerm_storage_account": (Older("public_access_blocked", _ALLOWS, "azurerm", 5, True),),
    "azurerm_redis_cache": (Older("tls_minimum", ("minimum_tls_version",), "azurerm", 5, 1.2),),
}

# Of several that apply to a field the last counts.
OLDER: dict[str, tuple[Older, ...]] = {
    "azurerm_storage_account": (
        Older("public_access_blocked", _ALLOWS, "azurerm", 3, True),
        Older("tls_minimum", ("min_tls_version",), "azurerm", 3, 1.0),
    ),
    "aws_redshift_cluster": (
        Older("encrypted", ("encrypted",), "aws", 6, False),
        Older("exposed", ("publicly_accessible",), "aws", 6, True),
    ),
}  # fmt: skip

_CLAUSE = lazy_regex(r"\s*(~>|<=|>=|!=|<|>|=)?\s*v?(\d+)((?:\.\d+)*)")


def restore(fields: Map, resource: Resource, settings: Sequence[Resource]) -> None:
    """`settings`: the `terraform` blocks that the resource is under."""
    attributes = resource.attributes
    for newer in NEWER.get(resource.kind, ()):
        if all(attributes.get(name) is None for name in newer.attributes) and any(
            _held_from(constraint, newer.major) for constraint in _constraints(settings, newer.provider)
        ):
            name = newer.attributes[0]
            put(fields, newer.field, Leaf(name, newer.value, attributes.place(name), attributes, name))
    for older in OLDER.get(resource.kind, ()):
        if any(attributes.get(name) is not None for name in older.attributes):
            continue
        if any(_held_below(constraint, older.major) for constraint in _constraints(settings, older.provider)):
            name = older.attributes[0]
            put(fields, older.field, Leaf(name, older.value, attributes.place(name), attributes, name))


def _constraints(settings: Sequence[Resource], provider: str) -> Iterable[str]:
    for block in settings:
        required = block.attributes.get("required_providers")
        for providers in required if isinstance(required, Seq) else (required,):
            wanted = providers.get(provider) if isinstance(providers, Map) else None
            version = wanted.get("version") if isinstance(wanted, Map) else wanted
            if isinstance(version, str):
                yield version


def _held_from(constraint: str, major: int) -> bool:
    """Whether a version constraint leaves only versions from `major` on."""
    for clause in constraint.split(","):
        match = _CLAUSE.match(clause)
        if match and match.group(1) in (None, "=", ">=", ">", "~>") and int(match.group(2)) >= major:
            return True
    return False


def _held_below(constraint: str, major: int) -> bool:
    """Whether a version constraint (Terraform's own language of them) leaves no version from `major` on."""
    for clause in constraint.split(","):
        match = _CLAUSE.match(clause)
        if match is None:
            continue
        operator, first, rest = match.groups()
        number = int(first)
        if operator == "<":
            held = number < major or (number == major and not rest.strip(".0"))
        elif operator == "~>":
            held = number < major and bool(rest)  # `~> 4` has no upper bound
        else:
            held = operator in (None, "=", "<=") and number < major
        if held:
            return True
    return False
