"""The objects of a repository that have charts and folders of the same repository deployed: found before charts are
rendered, for what they say is one more way to render them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.inputs.kubernetes.scopes import address, is_cluster_scoped
from guardrail.model import Map, Note, Origin, OriginsOf, Resource, Seq, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

if TYPE_CHECKING:
    from guardrail.inputs.kubernetes.helm.profiles import Profile
    from guardrail.inputs.kubernetes.platform.asked import Asked, Placement

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_MARKS = (b"argoproj.io/", b"toolkit.fluxcd.io/", b"cyclops-ui.com/", b"helmCharts", b"HelmChartInflationGenerator")
_KINDS = lazy_regex(
    rb"""kind["']?\s*:\s*["']?(?:Application|ApplicationSet|HelmRelease|Kustomization|Component|Module"""
    rb"""|HelmChartInflationGenerator)\b"""
)
_SCHEMA = lazy_regex(rb"""^kind:[ \t]*["']?CustomResourceDefinition\b""", re.M)
_DOCUMENT = lazy_regex(rb"^(?=---(?:\s|\Z))", re.M)


class Releases:
    """Those of the files claimed for a scan. Nothing is parsed where no file has the words."""

    def __init__(self, files: Sequence[str], tree: Tree) -> None:
        self._asked: Asked | None = None
        marked = [path for path in files if _has_marks(path, tree)]
        if marked:
            self._asked = _read(marked, files, tree)
        self.components: dict[str, Seq] = self._asked.added() if self._asked else {}  # of kustomizations, by folder

    def profiles_of(self, folder: str) -> Sequence[Profile]:
        """See `guardrail.inputs.kubernetes.helm.profiles.ProfilesOf`."""
        return self._asked.profiles.get(folder, ()) if self._asked else ()

    @property
    def charts(self) -> set[str]:
        """The folders of the charts that they deploy."""
        return set(self._asked.profiles) if self._asked else set()

    @property
    def notes(self) -> Sequence[Note]:
        return self._asked.notes if self._asked else ()

    def is_local(self, place: Span) -> bool:
        """Whether the source that is named at a place is this repository."""
        return self._asked is not None and place in self._asked.local

    def fill(self, resources: Iterable[Resource]) -> None:
        """Puts in the variables that Flux puts into what it deploys."""
        if self._asked is not None:
            from guardrail.inputs.kubernetes.platform.substitutions import fill

            fill(resources, self._asked)

    def place(self, resources: Iterable[Resource]) -> None:
        """Puts what is deployed into the namespace that it is deployed to, where all that deploy it agree on one."""
        if self._asked is None or not self._asked.placements:
            return
        by_folder: dict[str, list[Placement]] = {}
        for placement in self._asked.placements:
            by_folder.setdefault(placement.folder, []).append(placement)
        for resource in resources:
            if resource.platform == "kubernetes":
                found = _placement(resource, by_folder)
                if found is not None:
                    _move(resource, found)


def _has_marks(path: str, tree: Tree) -> bool:
    try:
        data = tree.read(path)
    except Unreadable:
        return False  # its reader tells
    return any(mark in data for mark in _MARKS)


def _read(marked: Sequence[str], files: Sequence[str], tree: Tree) -> Asked:
    from guardrail.inputs.kubernetes.platform import argo, cyclops, flux, inflated
    from guardrail.inputs.kubernetes.platform.asked import Asked
    from guardrail.inputs.kubernetes.platform.substitutions import (
        Patched,
        Substitutions,
        overlays,
        patched,
        substitution,
    )

    asked = Asked(tree)
    found = [(path, value) for path in marked for value in _objects(path, _wanted(tree.read(path)))]
    deployers = [value for _, value in found if _is(value, "kustomize.toolkit.fluxcd.io", "Kustomization")]
    wanted = {str(source.get("name")) for _, value in found for source in _taken_from(value)}
    config_maps = _config_maps(wanted, files, tree) if wanted else {}
    for value in deployers:
        flux.kustomization(value, asked)
    by_others = patched(deployers, overlays(files, tree)) if deployers else Patched(False, False)
    each = [substitution(value, asked, config_maps, by_others) for value in deployers]
    substitutions = Substitutions([one for one in each if one is not None])
    for path, value in found:
        group, kind = group_of(value), value.get("kind")
        if group == "argoproj.io" and kind == "Application":
            argo.application(value, asked)
        elif group == "argoproj.io" and kind == "ApplicationSet":
            argo.application_set(value, asked)
        elif group == "helm.toolkit.fluxcd.io" and kind == "HelmRelease":
            substitutions.fill_release(value, path)
            flux.helm_release(value, asked, config_maps)
        elif group == "cyclops-ui.com" and kind == "Module":
            cyclops.module(value, asked)
        elif kind == "HelmChartInflationGenerator":
            inflated.generator(value, path, asked)
        elif posixpath.basename(path) in KUSTOMIZATIONS:
            inflated.helm_charts(value, path, asked)
    return asked


def _is(value: Map, group: str, kind: str) -> bool:
    return value.get("kind") == kind and group_of(value) == group


def _taken_from(value: Map) -> list[Map]:
    """The objects that a HelmRelease takes values from, or a Kustomization variables."""
    spec = value.get("spec")
    post_build = spec.get("postBuild") if isinstance(spec, Map) else None
    listed = spec.get("valuesFrom") if isinstance(spec, Map) else None
    if listed is None and isinstance(post_build, Map):
        listed = post_build.get("substituteFrom")
    return [item for item in listed if isinstance(item, Map)] if isinstance(listed, Seq) else []


def _config_maps(names: set[str], files: Sequence[str], tree: Tree) -> dict[tuple[str, str], Map]:
    """By namespace and name; not those of which there are several that differ, one for each cluster."""
    found: dict[tuple[str, str], Map] = {}
    several: set[tuple[str, str]] = set()
    for path in files:
        try:
            data = tree.read(path)
        except Unreadable:
            continue
        if b"ConfigMap" in data and any(name.encode() in data for name in names):
            for value in _objects(path, data):
                metadata = value.get("metadata")
                if value.get("kind") == "ConfigMap" and isinstance(metadata, Map) and metadata.get("name") in names:
                    key = str(metadata.get("namespace") or ""), str(metadata["name"])
                    if found.setdefault(key, value).get("data") != value.get("data"):
                        several.add(key)
    return {key: value for key, value in found.items() if key not in several}


def _wanted(data: bytes) -> bytes:
    """The documents that may hold what deploys something, at their lines. An installation of Argo CD is megabytes of
    schemas in which its words stand."""
    parts = _DOCUMENT.split(data)
    for index, part in enumerate(parts):
        if _SCHEMA.search(part) or not any(mark in part for mark in _MARKS) or not _KINDS.search(part):
            parts[index] = b"\n" * part.count(b"\n")
    return b"".join(parts) if len(parts) > 1 else data


def _objects(path: str, data: bytes) -> list[Map]:
    """The objects of a file, those in lists too; what is wrong with it its reader tells."""
    from guardrail.inputs.kubernetes import documents

    found: list[Map] = []
    for document in documents.load(data, path).documents:
        stack: list[Value] = [document.value]
        while stack:
            value = stack.pop()
            if isinstance(value, Seq):
                stack.extend(reversed(value))
            elif isinstance(value, Map) and (isinstance(value.get("kind"), str) or "helmCharts" in value):
                if value.get("kind") == "List" and isinstance(value.get("items"), Seq):
                    stack.append(value["items"])
                else:
                    found.append(value)
    return found


def _placement(resource: Resource, by_folder: dict[str, list[Placement]]) -> Placement | None:
    """The nearest placement of the folder that it is deployed from: where it is built, the folder of its kustomization,
    else its own."""
    if resource.root and posixpath.basename(resource.root) not in KUSTOMIZATIONS:
        return None  # a chart's, which is rendered with its namespace
    own = posixpath.dirname(resource.root or resource.span.file)
    folder = own
    while True:
        found = [placement for placement in by_folder.get(folder, ()) if placement.deep or folder == own]
        if found:
            agreed = {(placement.namespace, placement.wins) for placement in found}
            return found[0] if len(agreed) == 1 else None
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _move(resource: Resource, placement: Placement) -> None:
    metadata = resource.attributes.get("metadata")
    group = group_of(resource.attributes)
    if is_cluster_scoped(resource.kind, group) or not isinstance(metadata, Map):
        return
    named = metadata.get("namespace")
    if named is not None and (not placement.wins or named == placement.namespace):
        return
    before = address(resource.kind, named if isinstance(named, str) else "", "", group)
    if not resource.address.startswith(before):
        return
    name = resource.address[len(before) :]
    metadata.put("namespace", placement.namespace, metadata.place("namespace"), _origin(placement))
    was = resource.address
    resource.address = address(resource.kind, placement.namespace, name, group)
    if resource.local == was:
        resource.local = resource.address


def _origin(placement: Placement) -> OriginsOf:
    origin = Origin(f"namespace that {placement.origin} deploys to", placement.place, placement.namespace)
    return lambda: (origin,)
