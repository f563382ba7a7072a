"""Entities of Backstage -> `entity` nouns, with the entities that they name spelled out in full."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.blocks import carry, take, word
from guardrail.inputs.kubernetes.platform.catalog import namespace_of, reference
from guardrail.model import Inventory, Map, Noun, Resource, Unknown

_PREFIX = "backstage."


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    value, here = resource.attributes, resource.header
    metadata, spec = value.get("metadata"), value.get("spec")
    metadata = metadata if isinstance(metadata, Map) else None
    spec = spec if isinstance(spec, Map) else None
    fields = Map(resource.span, here)
    take(fields, "name", metadata, "name", here, word)
    fields.put("class", resource.kind.removeprefix(_PREFIX).lower(), here)
    take(fields, "description", metadata, "description", here, word)
    for field in ("type", "lifecycle", "domain"):
        take(fields, field, spec, field, here, word)
    for field, kind in (("owner", "group"), ("system", "system")):
        if spec is None or spec.get(field) is None:
            fields.spans[field] = spec.header if spec is not None else here
            continue
        full = reference(spec[field], kind, namespace_of(value))
        unknown = Unknown(f"{str(spec[field])[:60]!r} is filled in later, or no reference to an entity")
        carry(fields, field, unknown if full is None else full, spec, field)
        if full is not None:
            found = _found(full, field, inventory)
            if found is not None:
                carry(fields, f"{field}_found", found, spec, field)
            if field == "owner":
                carry(fields, "owner_kind", full.partition(":")[0], spec, field)
    name = fields.get("name")
    yield Noun("entity", name if isinstance(name, str) else resource.local, fields)


def _found(full: str, field: str, inventory: Inventory) -> bool | None:
    """Whether the scanned set has the entity; None where it has none of its kind, which then is kept elsewhere."""
    kinds = ("Group", "User") if field == "owner" else ("System",)
    if not any(inventory.by_kind.get(_PREFIX + kind) for kind in kinds):
        return None
    known = inventory.indexes.get("entities")
    if not isinstance(known, frozenset):
        known = inventory.indexes["entities"] = frozenset(
            resource.address.lower() for resource in inventory.resources if resource.kind.startswith(_PREFIX)
        )
    return full in known
