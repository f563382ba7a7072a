"""What kustomizations say of the manifests beside and below them: which files are patches, and which
namespace the others are put into. Overlays that stand elsewhere are not looked for: two of them may say two
things of one file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.scopes import CLUSTER_SCOPED, address
from guardrail.model import Map, Origin, Resource, Seq, Span, Value
from guardrail.tree import Tree, Unreadable

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCH_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers",
                "generators", "configurations", "validators")  # fmt: skip
_RESOURCE_LISTS = ("resources", "bases", "components")
_MAX_LISTED = 10_000
_SELECTED = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


class _Kustomization(NamedTuple):
    folder: str
    patches: frozenset[str]
    resources: frozenset[str]
    namespace: str
    place: Span

    def origins(self) -> tuple[Origin, ...]:
        return (Origin(f"namespace of {self.place.file}", self.place, self.namespace),)


class Kustomizations:
    """Those of one tree; every folder is looked at once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._known: dict[str, _Kustomization | None] = {}

    def is_patch(self, path: str) -> bool:
        """True if a kustomization beside or above the file names it as a patch: part of an object, from
        which nothing follows for the whole."""
        return any(path in found.patches for found in self._around(path))

    def is_partial(self, path: str, resource: Resource) -> bool:
        """True for a workload beside a kustomization that no API server would take, for it has neither a
        selector nor an image: a patch that is not in use."""
        if resource.kind not in _SELECTED or self._of(posixpath.dirname(path)) is None:
            return False
        spec = resource.attributes.get("spec")
        if not isinstance(spec, Map) or "selector" in spec:
            return False
        template = spec.get("template")
        pod = template.get("spec") if isinstance(template, Map) else None
        containers = pod.get("containers") if isinstance(pod, Map) else None
        return not any(isinstance(c, Map) and "image" in c for c in (containers if isinstance(containers, Seq) else ()))

    def place_in_namespace(self, path: str, resource: Resource) -> None:
        """Gives a resource that names no namespace the one that the outermost kustomization around it sets."""
        metadata = resource.attributes.get("metadata")
        if resource.kind in CLUSTER_SCOPED or not isinstance(metadata, Map) or metadata.get("namespace") is not None:
            return
        for found in reversed(list(self._around(path))):
            if found.namespace and self._reaches(found, path):
                metadata.put("namespace", found.namespace, metadata.header, found.origins)
                name = resource.address[len(address(resource.kind, "", "")) :]
                resource.address = resource.local = address(resource.kind, found.namespace, name)
                return

    def _reaches(self, found: _Kustomization, path: str) -> bool:
        """Whether a kustomization takes a file, by its name or through those of folders, which it names."""
        if path in found.resources:
            return True
        folder = posixpath.dirname(path)
        while len(folder) > len(found.folder):  # inwards only, so that two which name each other come to an end
            if folder in found.resources:
                within = self._of(folder)
                return within is not None and self._reaches(within, path)
            folder = posixpath.dirname(folder)
        return False

    def _around(self, path: str) -> Iterator[_Kustomization]:
        """From the file's own folder outwards."""
        folder = posixpath.dirname(path)
        while True:
            found = self._of(folder)
            if found is not None:
                yield found
            if not folder:
                return
            folder = posixpath.dirname(folder)

    def _of(self, folder: str) -> _Kustomization | None:
        if folder not in self._known:
            self._known[folder] = self._read(folder)
        return self._known[folder]

    def _read(self, folder: str) -> _Kustomization | None:
        for name in _NAMES:
            path = posixpath.join(folder, name)
            if not self.tree.is_file(path):
                continue
            try:
                data = self.tree.read(path)
            except Unreadable:
                continue  # discovery meets the same file and tells
            for document in yaml.load(data, path, "kubernetes").documents:
                if isinstance(document.value, Map):
                    return self._understood(folder, document.value)
            return self._understood(folder, Map())
        return None

    def _understood(self, folder: str, value: Map) -> _Kustomization:
        namespace = value.get("namespace")
        return _Kustomization(
            folder,
            frozenset(path for key in _PATCH_LISTS for path in self._named(folder, value.get(key))),
            frozenset(path for key in _RESOURCE_LISTS for path in self._named(folder, value.get(key))),
            namespace if isinstance(namespace, str) and "$" not in namespace else "",
            value.place("namespace"),
        )

    def _named(self, folder: str, listed: Value) -> Iterator[str]:
        for item in listed[:_MAX_LISTED] if isinstance(listed, Seq) else ():
            name = item.get("path") if isinstance(item, Map) else item
            if isinstance(name, str) and "\n" not in name and "://" not in name:
                joined = self.tree.join(folder, name.rstrip("/"))
                if joined:
                    yield joined
