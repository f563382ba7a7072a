"""Code of others: the images of containers, the modules that Terraform calls, the providers that it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model import Inventory, Map, Noun, Resource, Span, Unknown, Value
from guardrail.model.image import parse_image

FIELDS = ("ecosystem", "name", "owner", "version", "pin", "local")
_EXACT = re.compile(r"=?\s*v?\d+\.\d+\.\d+[\w.+-]*\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_REGISTRY = re.compile(r"(?:[\w.-]+\.[\w.-]+/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?\Z")
_SUBMODULE = re.compile(r"(?<!:)//")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.kind == "module" and resource.platform == "terraform":
        yield _module(resource)
    elif resource.kind == "terraform" and resource.platform == "terraform":
        yield from _providers(resource)
    else:
        for container in resource.nouns.get("container", ()):
            if "image" in container.fields:
                yield _image(container, resource)


def _noun(name: Value, span: Span, label: str, key: str, values: dict[str, Value], source: Map, entry: str) -> Noun:
    fields = Map(span, span)
    for field in FIELDS:
        fields.spans[field] = span
    fields["name"] = name
    for field, value in values.items():
        if value is not None:
            fields.put(field, value, span, source.origins.get(entry) if source.origins else None)
    return Noun("dependency", label, fields, key)


def _image(container: Noun, resource: Resource) -> Noun:
    fields = container.fields
    image = fields["image"]
    span = fields.place("image")
    key = f"image/{container.key}"
    label = f"image of container {container.name}"
    if not isinstance(image, str):
        reason = image if isinstance(image, Unknown) else Unknown("the image is not a string")
        values: dict[str, Value] = {"ecosystem": "image", "version": reason, "pin": reason, "owner": reason}
        return _noun(reason, span, label, key, values, fields, "image")
    parts = parse_image(image)
    values = {
        "ecosystem": "image",
        "owner": parts.registry,
        "version": parts.digest or parts.tag or None,
        "pin": parts.pin,
        "local": False,
    }
    return _noun(parts.repository, span, label, key, values, fields, "image")


def _module(resource: Resource) -> Noun:
    attributes = resource.attributes
    source, version = attributes.get("source"), attributes.get("version")
    span = attributes.place("source")
    label = resource.local
    if not isinstance(source, str):
        reason = source if isinstance(source, Unknown) else Unknown("the module's source is not a string")
        values: dict[str, Value] = {"ecosystem": "module", "version": reason, "pin": reason, "local": reason}
        return _noun(reason, span, label, "module", values, attributes, "source")
    if source.startswith(("./", "../")):
        values = {"ecosystem": "module", "local": True, "pin": "none"}
        return _noun(str(source), span, label, "module", values, attributes, "source")
    if _REGISTRY.match(source):
        name = _SUBMODULE.split(source)[0]
        pin: Value = version if isinstance(version, Unknown) else _version_pin(version)
        values = {"ecosystem": "module", "owner": name.split("/")[-3], "version": version, "pin": pin, "local": False}
        if "version" in attributes:
            span = attributes.place("version")
        return _noun(name, span, label, "module", values, attributes, "source")
    name, _, query = source.partition("?")
    reference = next((part[4:] for part in query.split("&") if part.startswith("ref=")), "")
    values = {
        "ecosystem": "module",
        "owner": _owner(name),
        "version": reference or None,
        "pin": _git_pin(reference) if _is_git(name) else "none",
        "local": False,
    }
    return _noun(name, span, label, "module", values, attributes, "source")


def _is_git(source: str) -> bool:
    return source.startswith(("git::", "git@", "github.com/", "bitbucket.org/")) or source.endswith(".git")


def _owner(source: str) -> str:
    path = re.sub(r"^(?:git::)?(?:\w+://)?(?:[^@/]+@)?", "", source).replace(":", "/")
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 2 else parts[0] if parts else source


def _git_pin(reference: str) -> str:
    if not reference:
        return "none"
    if _COMMIT.match(reference):
        return "digest"
    return "tag" if re.match(r"(?:[\w-]+[-/])?v?\d+(?:\.\d+)*[\w.+-]*\Z", reference) else "branch"


def _version_pin(version: Value) -> str:
    if not isinstance(version, str) or not version.strip():
        return "none"
    return "version" if _EXACT.match(version.strip()) else "range"


def _providers(resource: Resource) -> Iterator[Noun]:
    blocks = resource.attributes.get("required_providers")
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Map):
            continue
        for local, wanted in block.items():
            span = block.place(local)
            if isinstance(wanted, Map):
                source, version = wanted.get("source", f"hashicorp/{local}"), wanted.get("version")
                if "version" in wanted:
                    span = wanted.place("version")
            elif isinstance(wanted, str):
                source, version = f"hashicorp/{local}", wanted
            else:
                continue
            values: dict[str, Value] = {
                "ecosystem": "provider",
                "owner": source.rpartition("/")[0].rpartition("/")[2] if isinstance(source, str) else source,
                "version": version,
                "pin": version if isinstance(version, Unknown) else _version_pin(version),
                "local": False,
            }
            yield _noun(source, span, f"provider {local}", f"provider/{local}", values, block, local)
