"""Which variables Flux's Kustomizations put into what they deploy (`spec.postBuild`), and into which objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from guardrail.inputs.kubernetes.platform.asked import items, mapping, text
from guardrail.inputs.kubernetes.platform.releases import KUSTOMIZATIONS
from guardrail.inputs.kubernetes.platform.variables import Filling, Substitution, Variable, agreed
from guardrail.inputs.kubernetes.scopes import address, group_of
from guardrail.model import Map, Resource, Seq, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_ITSELF = lazy_regex(r"\bsubstitute\b")
_TARGETS = lazy_regex(rb"""\bkind["']?\s*:\s*["']?Kustomization\b""")


class Patched(NamedTuple):
    """What others may do to the variables of Kustomizations before these are applied."""

    adds: bool
    changes: bool


def patched(kustomizations: Iterable[Map], files: Iterable[str], tree: Tree) -> Patched:
    """By the patches of Kustomizations that deploy others, and those of the kustomizations that these stand in."""
    texts = [patch for value in kustomizations for patch in _patches(value)]
    adds = False
    for path in files:
        if posixpath.basename(path) not in KUSTOMIZATIONS:
            continue
        try:
            data = tree.read(path)
        except Unreadable:
            continue  # its reader tells
        if b"postBuild" in data:
            texts.append(data.decode("utf-8", "replace"))
        adds = adds or (b"atch" in data and len(_TARGETS.findall(data)) > 1)
    said = [patch for patch in texts if "postBuild" in patch]
    return Patched(adds or bool(said), any(map(_ITSELF.search, said)))


def _patches(value: Map) -> Iterator[str]:
    spec = mapping(value, "spec")
    if mapping(spec, "sourceRef") is None:
        yield " ".join(_words(value))  # one itself
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for patch in items(spec, key):
            yield " ".join(_words(patch))


def _words(root: Value) -> Iterator[str]:
    stack: list[Value] = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, Map):
            yield from value
            stack.extend(value.values())
        elif isinstance(value, Seq):
            stack.extend(value)
        elif isinstance(value, str):
            yield value


def substitution(
    value: Map, folder: str, deep: bool, label: str, config_maps: Mapping[tuple[str, str], Map], by_others: Patched
) -> Substitution | None:
    """The variables that are known here: those of ConfigMaps of the repository, one after another, and what stands in
    the Kustomization itself, which wins."""
    post_build = mapping(value, "spec", "postBuild")
    own, sources = mapping(post_build, "substitute"), items(post_build, "substituteFrom")
    if not own and not sources:
        return None
    found: dict[str, Variable] = {}
    closed = not by_others.adds
    for source in sources:
        key = (text(value, "metadata", "namespace"), text(source, "name"))
        config_map = config_maps.get(key) if text(source, "kind") == "ConfigMap" else None
        data = mapping(config_map, "data")
        if config_map is None or data is None or "sops" in config_map:
            found.clear()  # it may have any of them
            closed = False
        else:
            closed = _take(data, f"ConfigMap {key[1]}", found) and closed
    if own:
        closed = _take(own, label, found) and closed
    if by_others.changes:
        found.clear()
        closed = False
    return Substitution(folder, deep, found, closed)


def _take(entries: Map, origin: str, found: dict[str, Variable]) -> bool:
    """False where there are some that can't be known."""
    whole = True
    for name, value in entries.items():
        if isinstance(value, str) and "${" not in value and not value.startswith("ENC["):
            found[name] = Variable(value.replace("\n", ""), name, origin, entries.place(name))
        else:
            found.pop(name, None)
            whole = False
    return whole


class Substitutions:
    """Of a whole scan, by the folders that they are for."""

    def __init__(self, several: Sequence[Substitution]) -> None:
        by_folder: dict[str, list[Substitution]] = {}
        for one in several:
            by_folder.setdefault(one.folder, []).append(one)
        self._by_folder = {folder: agreed(found) for folder, found in by_folder.items()}
        self._filling = Filling()

    def fill(self, resource: Resource) -> None:
        if resource.platform != "kubernetes":
            return
        root = resource.root
        if root and posixpath.basename(root) not in KUSTOMIZATIONS:
            return  # of a chart, into which its values come
        found = self._nearest(posixpath.dirname(root or resource.span.file), bool(root))
        if found is None:
            return
        before = _address(resource)
        if self._filling.fill(resource.attributes, found) and before == resource.address:
            resource.address = _address(resource)
            if resource.local == before:
                resource.local = resource.address

    def fill_release(self, value: Map, path: str) -> None:
        """A HelmRelease before its chart is rendered, as it stands in a file."""
        found = self._nearest(posixpath.dirname(path), True)
        if found is not None:
            self._filling.fill(value, found)

    def _nearest(self, own: str, built: bool) -> Substitution | None:
        folder = own
        while True:
            found = self._by_folder.get(folder)
            if found is not None:
                return found if found.deep or (folder == own and built) else None
            if not folder:
                return None
            folder = posixpath.dirname(folder)


def _address(resource: Resource) -> str:
    name, namespace = text(resource.attributes, "metadata", "name"), text(resource.attributes, "metadata", "namespace")
    return address(resource.kind, namespace, name, group_of(resource.attributes)) if name else resource.address
