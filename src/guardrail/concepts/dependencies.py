"""Code of others: the images of containers, the modules that Terraform calls, the providers that it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model import HOLE, Inventory, Map, Noun, OriginsOf, PartText, Resource, Sensitive, Span, Unknown, Value
from guardrail.model.image import image_facts
from guardrail.model.patterns import lazy_regex

FIELDS = ("ecosystem", "name", "owner", "version", "pin", "local")
_EXACT = lazy_regex(r"=?\s*v?\d+\.\d+\.\d+[\w.+-]*\Z")
_ANYTHING = lazy_regex(r"(?:\*|latest|>=?\s*v?0(?:\.0)*)?\Z")
_COMMIT = lazy_regex(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_VERSION_LIKE = lazy_regex(r"(?:[\w-]+[-/])?v?\d+(?:\.\d+)*[\w.+-]*\Z|[0-9a-f]{7,39}\Z")
_VERSION_IN_NAME = lazy_regex(r"[-_/]v?\d+\.\d+(?:\.\d+)*")
_REGISTRY = lazy_regex(r"(?:[\w.-]+\.[\w.-]+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?\Z")
_CODE_HOSTS = ("github.com/", "bitbucket.org/")
_SUBMODULE = lazy_regex(r"(?<!:)//")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform == "terraform" and resource.kind == "module":
        yield _module(resource)
    elif resource.platform == "terraform" and resource.kind == "terraform":
        yield from _providers(resource)
    else:
        for container in resource.nouns.get("container", ()):
            if container.fields.get("image") not in (None, ""):
                where = f"container {container.name}"
                yield image_noun(container.fields, "image", where, f"image/{container.key}")


def dependency_noun(
    name: Value, span: Span, label: str, key: str, values: dict[str, Value], origin: OriginsOf | None = None
) -> Noun:
    """A noun whose fields all stand at `span`. Values that are None are absent."""
    fields = Map(span, span)
    for field in FIELDS:
        fields.spans[field] = span
    fields["name"] = name
    for field, value in values.items():
        if value is not None:
            fields.put(field, value, span, origin)
    return Noun("dependency", label, fields, key)


def image_noun(holder: Map, entry: str, where: str, key: str) -> Noun:
    """The image that an entry names; `where` says in a message whose it is."""
    image = holder[entry]
    span = holder.place(entry)
    origin = holder.origins.get(entry) if holder.origins else None
    if isinstance(image, Sensitive):
        image = image.reveal()
    if not isinstance(image, (str, PartText)):
        reason = image if isinstance(image, Unknown) else Unknown("the image is not a string")
        values: dict[str, Value] = {"ecosystem": "image", "version": reason, "pin": reason, "owner": reason}
        return dependency_noun(reason, span, f"the image of {where}", key, {**values, "local": False}, origin)
    facts = image_facts(image.template, image) if isinstance(image, PartText) else image_facts(image)
    values = {
        "ecosystem": "image",
        "owner": facts.owner,
        "version": facts.version,
        "tag": facts.tag,
        "pin": facts.pin,
        "local": False,
    }
    label = f"the image {facts.shown} of {where}" if facts.shown != "*" else f"the image of {where}"
    return dependency_noun(facts.name, span, label, key, values, origin)


def version_pin(version: Value) -> Value:
    """What a version or a constraint on versions pins: version, range, or none where anything goes."""
    if isinstance(version, Unknown):
        return version
    if not isinstance(version, str) or _ANYTHING.match(version.strip()):
        return "none"
    return "version" if _EXACT.match(version.strip()) else "range"


def git_pin(reference: str) -> str:
    """digest for a whole commit id, tag for what looks like a version (or a short commit id), branch, none."""
    if not reference or reference == "HEAD":
        return "none"
    if _COMMIT.match(reference):
        return "digest"
    return "tag" if _VERSION_LIKE.match(reference.removeprefix("refs/tags/")) else "branch"


# Modules ------------------------------------------------------------------------------------------------------


def _module(resource: Resource) -> Noun:
    attributes = resource.attributes
    source, version = attributes.get("source"), attributes.get("version")
    span = attributes.place("source")
    label = resource.local
    origin = attributes.origins.get("source") if attributes.origins else None
    if isinstance(source, PartText):
        noun = _module_of_part(source, version, resource)
        if noun is not None:
            return noun
    if not isinstance(source, str):
        reason = source if isinstance(source, Unknown) else Unknown("the module's source is not a string")
        values: dict[str, Value] = {"version": reason, "pin": reason, "local": reason}
        return dependency_noun(reason, span, label, "module", {"ecosystem": "module", **values}, origin)
    if source.startswith(("./", "../", "/")) or source in (".", ".."):
        return dependency_noun(
            str(source), span, label, "module", {"ecosystem": "module", "local": True, "pin": "none"}, origin
        )
    if _REGISTRY.match(source) and not source.startswith(_CODE_HOSTS):
        name = _SUBMODULE.split(source)[0]
        values = {"owner": name.split("/")[-3], "version": version, "pin": version_pin(version), "local": False}
        # What has no version lacks it in the block, not in the source.
        span = attributes.place("version") if version is not None else resource.header
    else:
        name, _, query = source.partition("?")
        values = _located(name, query)
    return dependency_noun(name, span, label, "module", {"ecosystem": "module", **values}, origin)


def _module_of_part(source: PartText, version: Value, resource: Resource) -> Noun | None:
    """A module of whose source a part is unknown; None where it can't even be told whether it is local."""
    attributes, template = resource.attributes, source.template
    span, label = attributes.place("source"), resource.local
    origin = attributes.origins.get("source") if attributes.origins else None

    def known(value: Value) -> Value:
        return source.whole() if isinstance(value, str) and HOLE in value else value

    values: dict[str, Value] = {"ecosystem": "module"}
    if template.startswith(("./", "../", "/")):
        values |= {"local": True, "pin": "none"}
        return dependency_noun(source, span, label, "module", values, origin)
    if template.startswith((HOLE, "." + HOLE, ".." + HOLE)):
        return None
    if _REGISTRY.match(template.replace(HOLE, "x")) and not template.startswith(_CODE_HOSTS):
        if template.endswith(HOLE):  # it may go on to be an address
            return None
        name = _SUBMODULE.split(template)[0]
        values |= {"owner": known(name.split("/")[-3]), "version": version, "pin": version_pin(version), "local": False}
        span = attributes.place("version") if version is not None else resource.header
    else:
        name, mark, query = template.partition("?")
        found = _located(name, query)
        # What can't be known may bring the reference along, where it ends the source.
        if (not mark and name.endswith(HOLE)) or HOLE in query:
            if found["pin"] != "digest":
                found["pin"] = source.whole()
            found["version"] = source.whole()
        values |= {field: known(value) for field, value in found.items()}
    return dependency_noun(known(name), span, label, "module", values, origin)


def _located(name: str, query: str) -> dict[str, Value]:
    """A module that is fetched from where its source says, in the ways of go-getter."""
    asked = dict(part.partition("=")[::2] for part in query.split("&"))
    reference = asked.get("ref") or asked.get("rev") or asked.get("checksum") or ""
    if asked.get("checksum"):
        pin = "digest"
    elif reference or name.startswith(("git::", "git@", "hg::", *_CODE_HOSTS)) or ".git" in name:
        pin = git_pin(reference)
    else:  # an archive: its name may hold its version
        pin = "tag" if _VERSION_IN_NAME.search(name) else "none"
    return {"owner": _owner(name), "version": reference or None, "pin": pin, "local": False}


def _owner(source: str) -> str:
    path = re.sub(r"^(?:\w+::)?(?:\w+://)?(?:[^@/]+@)?", "", source).replace(":", "/")
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 2 else parts[0] if parts else source


# Providers ----------------------------------------------------------------------------------------------------


def _providers(resource: Resource) -> Iterator[Noun]:
    blocks = resource.attributes.get("required_providers")
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Map):
            continue
        for local, wanted in block.items():
            span = block.place(local)
            if isinstance(wanted, Map):
                source, version = wanted.get("source", f"hashicorp/{local}"), wanted.get("version")
                if version is not None:
                    span = wanted.place("version")
            elif isinstance(wanted, str):
                source, version = f"hashicorp/{local}", wanted
            else:
                continue
            if isinstance(source, str) and source.startswith("terraform.io/builtin/"):
                continue
            values: dict[str, Value] = {
                "ecosystem": "provider",
                "owner": source.rpartition("/")[0].rpartition("/")[2] if isinstance(source, str) else source,
                "version": version,
                "pin": version_pin(version),
                "local": False,
            }
            yield dependency_noun(source, span, f"provider {local}", f"provider/{local}", values)
