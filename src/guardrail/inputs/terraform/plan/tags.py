"""Effective tags: what the provider says that a resource will have, its own where it doesn't say."""

from __future__ import annotations

from guardrail.inputs.terraform.providers import _own, _path
from guardrail.model import Map, Resource, Sensitive, Unknown, Value

_EFFECTIVE = {"tags": ("tags_all",), "labels": ("effective_labels", "terraform_labels")}
_AT_GOOGLE = "goog-terraform-provisioned"  # which the provider adds by itself


def planned_tags(resource: Resource, source: Resource | None) -> Map | Unknown | None:
    """None where the kind takes none. `source` is the resource as its files have it, for the places of its tags."""
    if resource.mode == "data":
        return None
    path = _path(resource.kind, resource.attributes)
    if path is None:
        return None
    tags = _told(resource, path)
    if isinstance(tags, Unknown):
        return tags if source is None or not isinstance(source.tags, Map) else source.tags
    written = source.tags if source is not None else None
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


def _told(resource: Resource, path: str) -> Value:
    for name in _EFFECTIVE.get(path, ()):
        value = resource.attributes.get(name)
        if isinstance(value, Sensitive):
            value = value.reveal()
        if isinstance(value, Map):
            return value
    return _own(resource.attributes, path)
