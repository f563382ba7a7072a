"""Effective tags: what the provider says that a resource will have, its own where it doesn't say."""

from __future__ import annotations

from typing import Any

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.terraform.functions.collections import merged
from guardrail.inputs.terraform.plan.document import mapping
from guardrail.inputs.terraform.providers import own_tags, tags_path
from guardrail.model import Map, Resource, Sensitive, Unknown, Value

_EFFECTIVE = {"tags": ("tags_all",), "labels": ("effective_labels", "terraform_labels")}
_AT_GOOGLE = "goog-terraform-provisioned"  # which the provider adds by itself


def planned_tags(
    resource: Resource, source: Resource | None, unknown: Any = None, inherited: Value = None
) -> Map | Unknown | None:
    """None where the kind takes none. `source` is the resource as its files have it, for the places of its tags;
    `unknown` is the plan's `after_unknown`; `inherited`: what its provider's configuration adds, which counts where the
    plan doesn't tell."""
    if resource.mode == "data":
        return None
    path = tags_path(resource.kind, resource.attributes)
    if path is None:
        return None
    written = source.tags if source is not None else None
    tags = _told(resource, path, mapping(unknown))
    if tags is None:
        if any(mapping(unknown).get(name) is True for name in _EFFECTIVE.get(path, ())):
            if isinstance(written, (Map, Unknown)):
                return written
            tags = merged([inherited, own_tags(resource.attributes, path)])
        else:
            tags = own_tags(resource.attributes, path)
    if isinstance(tags, Unknown):
        return written if isinstance(written, Map) else tags
    if isinstance(tags, PartialMap):
        return tags
    own = resource.attributes.get(path.partition(".")[0])
    made = Map(resource.span, resource.header)
    if isinstance(written, Map):
        made.span, made.header = written.span, written.header
    elif isinstance(own, Map):
        made.span, made.header = own.span, own.header
    for key, value in tags.items() if isinstance(tags, Map) else ():
        if value is None or key == _AT_GOOGLE:
            continue
        if isinstance(written, Map) and key in written:
            made.copy_entry(written, key)
            made[key] = value
        else:
            made[key] = value
            if source is None and isinstance(tags, Map) and key in tags.spans:
                made.spans[key] = own.spans[key] if isinstance(own, Map) and key in own.spans else tags.spans[key]
    return made


def _told(resource: Resource, path: str, unknown: dict[str, Any]) -> Map | None:
    """What the provider says that they will be; the values of some may be known only after apply."""
    for name in _EFFECTIVE.get(path, ()):
        value = resource.attributes.get(name)
        if isinstance(value, Sensitive):
            value = value.reveal()
        if isinstance(value, Map) and unknown.get(name) is not True:
            later = [key for key, is_so in mapping(unknown.get(name)).items() if is_so and key not in value]
            if not later:
                return value
            copy = Map(value.span, value.header)
            copy.update(value)
            copy.spans = value.spans
            for key in later:
                copy[key] = Unknown(f"{resource.address}.{name}.{key} is known only after apply")
            return copy
    return None
