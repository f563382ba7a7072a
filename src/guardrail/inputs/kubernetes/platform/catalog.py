"""Backstage's software catalogue: `catalog-info.yaml`, and who owns what stands below it.

An entity looks like an object of Kubernetes and is none: no cluster takes it, and its kinds (`Group`, `Template`) mean
something else there. So it is a resource of the platform `catalog`, its kind is `backstage.Component`, and its address
the reference by which other entities name it, `component:default/shop`
(https://backstage.io/docs/features/software-catalog/descriptor-format).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from guardrail.model import Map, Resource, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

GROUP = lazy_regex(r"(?:[a-z0-9-]+\.)*backstage\.io/")
FILES = ("catalog-info.yaml", "catalog-info.yml")
_REFERENCE = lazy_regex(r"(?:([A-Za-z]+):)?(?:([\w.-]+)/)?([\w.-]+)\Z")


def is_entity(value: Map) -> bool:
    version = value.get("apiVersion")
    return isinstance(version, str) and GROUP.match(version) is not None


def is_skeleton(data: bytes) -> bool:
    """True for a file of which Backstage's scaffolder makes an entity."""
    return b"backstage.io/" in data and (b"${{" in data or b"{%" in data)


def entity(value: Map, path: str, span: Span) -> Resource:
    """The resource that an entity is."""
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Map) else None
    return Resource(
        "catalog",
        "backstage",
        f"backstage.{value['kind']}",
        f"{str(value['kind']).lower()}:{namespace_of(value)}/{name if isinstance(name, str) and name else '(unnamed)'}",
        value,
        span=span,
        scope=posixpath.dirname(path),
    )


def namespace_of(value: Map) -> str:
    metadata = value.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, Map) else None
    return namespace if isinstance(namespace, str) and namespace else "default"


def reference(text: Value, kind: str, namespace: str) -> str | None:
    """A reference in full, `group:default/payments`; None for what is no reference (yet). `kind` and `namespace` are
    those of one that says neither."""
    match = _REFERENCE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    return f"{(match[1] or kind).lower()}:{(match[2] or namespace).lower()}/{match[3].lower()}"


class Ownership:
    """Who owns the files of a tree: the nearest `catalog-info.yaml` beside or above a file says."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """The owner of what stands in a file, `group:default/payments`; "" where nobody says."""
        return self._folder(posixpath.dirname(path))

    def _folder(self, folder: str) -> str:
        known = self._known.get(folder)
        if known is None:
            files = [name for name in (posixpath.join(folder, name) for name in FILES) if self.tree.is_file(name)]
            if files:
                known = self._said(files)
            else:
                known = self._folder(posixpath.dirname(folder)) if folder else ""
            self._known[folder] = known
        return known

    def _said(self, files: list[str]) -> str:
        """Of several entities that disagree the one component has the say; of several components none."""
        owners: list[tuple[str, str]] = []
        for path in files:
            owners += self._owners(path)
        everybody = {owner for _, owner in owners}
        components = {owner for kind, owner in owners if kind == "Component"}
        for agreed in (everybody, components):
            if len(agreed) == 1:
                return agreed.pop()
        return ""

    def _owners(self, path: str) -> Iterator[tuple[str, str]]:
        try:
            data = self.tree.read(path)
        except Unreadable:
            return
        if is_skeleton(data):
            return
        from guardrail.formats import yaml  # not for every scan of a repository without a catalogue

        for document in yaml.load(data, path, "kubernetes").documents:
            value = document.value
            spec = value.get("spec") if isinstance(value, Map) and is_entity(value) else None
            owner = reference(spec.get("owner"), "group", namespace_of(value)) if isinstance(spec, Map) else None
            if owner is not None:
                yield str(value.get("kind")), owner
