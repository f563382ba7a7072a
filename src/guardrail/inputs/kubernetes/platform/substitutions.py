"""Which variables Flux's Kustomizations put into what they deploy (`spec.postBuild`), and into which objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.inputs.kubernetes.platform.asked import Asked, items, mapping, name_of, text
from guardrail.inputs.kubernetes.platform.releases import KUSTOMIZATIONS
from guardrail.inputs.kubernetes.platform.variables import Filling, Substitution, Variable, agreed
from guardrail.inputs.kubernetes.scopes import address
from guardrail.model import Map, Resource, Seq, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

GROUP = "kustomize.toolkit.fluxcd.io"
_ITSELF = lazy_regex(r"\bsubstitute\b")
_TARGETS = lazy_regex(rb"""\bkind["']?\s*:\s*["']?Kustomization\b""")


MAX_LEVELS = 3  # Kustomizations that deploy Kustomizations
ConfigMaps = Mapping[tuple[str, str], Map]  # (namespace, name) -> the object


class Patched(NamedTuple):
    """What others may do to the variables of Kustomizations before these are applied."""

    adds: bool
    changes: bool


def patched(kustomizations: Iterable[Map], texts: Iterable[str] = ()) -> Patched:
    """By the patches of Kustomizations that deploy others, and by other texts."""
    said = [patch for value in kustomizations for patch in _patches(value) if "postBuild" in patch]
    said += texts
    return Patched(bool(said), any(map(_ITSELF.search, said)))


def overlays(files: Iterable[str], tree: Tree) -> Iterator[str]:
    """What kustomizations that patch Kustomizations of Flux may do to their variables."""
    for path in files:
        if posixpath.basename(path) not in KUSTOMIZATIONS:
            continue
        try:
            data = tree.read(path)
        except Unreadable:
            continue  # its reader tells
        if b"postBuild" in data:
            yield data.decode("utf-8", "replace")
        elif b"atch" in data and len(_TARGETS.findall(data)) > 1:
            yield ""


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


def substitution(value: Map, asked: Asked, config_maps: ConfigMaps, by_others: Patched) -> Substitution | None:
    """What a Kustomization puts into what it deploys. The variables that are known here: those of ConfigMaps of the
    repository, one after another, and what stands in the Kustomization itself, which wins."""
    spec = mapping(value, "spec")
    if spec is None or text(spec, "sourceRef", "kind") not in ("GitRepository", "Bucket"):
        return None
    own, sources = mapping(spec, "postBuild", "substitute"), items(mapping(spec, "postBuild"), "substituteFrom")
    folder = asked.folder(spec.get("path", ".")) if own or sources else None
    if folder is None:
        return None
    label = f"Flux Kustomization {name_of(value)}"
    found: dict[str, Variable | None] = {}
    closed = not by_others.adds
    for source in sources:
        key = (text(value, "metadata", "namespace"), text(source, "name"))
        config_map = config_maps.get(key) if text(source, "kind") == "ConfigMap" else None
        data = mapping(config_map, "data")
        if config_map is None or data is None or "sops" in config_map:
            found.clear()  # it may have any of them
            closed = False
        else:
            _take(data, f"ConfigMap {key[1]}", found)
    if own:
        _take(own, label, found)
    if by_others.changes:
        found.clear()
        closed = False
    return Substitution(folder, not asked.is_kustomization(folder), found, closed, label, spec.place("postBuild"))


def _take(entries: Map, origin: str, found: dict[str, Variable | None]) -> None:
    for name, value in entries.items():
        known = isinstance(value, str) and "${" not in value and not value.startswith("ENC[")
        found[name] = Variable(value.replace("\n", ""), name, origin, entries.place(name)) if known else None


def fill(resources: Iterable[Resource], asked: Asked) -> None:
    """Puts the variables into the objects as they are built: first into Kustomizations that others deploy."""
    objects = [one for one in resources if one.platform == "kubernetes"]
    deployers = [one for one in objects if one.kind == "Kustomization" and group_of(one.attributes) == GROUP]
    if not any(mapping(one.attributes, "spec", "postBuild") for one in deployers):
        return
    config_maps = _ConfigMaps(objects)
    by_others = patched(one.attributes for one in deployers if mapping(one.attributes, "spec", "sourceRef"))
    for _ in range(MAX_LEVELS):
        each = [substitution(one.attributes, asked, config_maps.beside(one), by_others) for one in deployers]
        found = Substitutions([one for one in each if one is not None])
        filled = [one for one in deployers if found.fill(one)]
        if not filled:
            break
    for one in objects:
        found.fill(one)
    for left in found.left:
        asked.note(f"{left.label} puts in variables that are not known here; what it deploys is judged without them",
                   left.place)  # fmt: skip


class _ConfigMaps:
    """Those of a scan, for each that asks those that are built with it first."""

    def __init__(self, objects: Iterable[Resource]) -> None:
        self._all: dict[tuple[str, str], Map] = {}
        self._by_root: dict[str, dict[tuple[str, str], Map]] = {}
        differ: set[tuple[str, str]] = set()
        for one in objects:
            if one.kind != "ConfigMap":
                continue
            key = text(one.attributes, "metadata", "namespace"), text(one.attributes, "metadata", "name")
            if one.root:
                self._by_root.setdefault(one.root, {})[key] = one.attributes
            if self._all.setdefault(key, one.attributes).get("data") != one.attributes.get("data"):
                differ.add(key)
        for key in differ:
            del self._all[key]

    def beside(self, asker: Resource) -> ConfigMaps:
        own = self._by_root.get(asker.root) if asker.root else None
        return {**self._all, **own} if own else self._all


class Substitutions:
    """Of a whole scan, by the folders that they are for. `left`: those with which something is left to be put in."""

    def __init__(self, several: Sequence[Substitution]) -> None:
        by_folder: dict[str, list[Substitution]] = {}
        for one in several:
            by_folder.setdefault(one.folder, []).append(one)
        self._by_folder = {folder: agreed(found) for folder, found in by_folder.items()}
        self._filling = Filling()
        self.left: list[Substitution] = []

    def fill(self, resource: Resource) -> bool:
        """Whether anything was put into it."""
        root = resource.root
        if root and posixpath.basename(root) not in KUSTOMIZATIONS:
            return False  # of a chart, into which its values come
        found = self._nearest(posixpath.dirname(root or resource.span.file), bool(root))
        if found is None:
            return False
        before = _address(resource)
        changed, left = self._filling.fill(resource.attributes, found)
        if left and found not in self.left:
            self.left.append(found)
        if changed and before == resource.address:
            resource.address = _address(resource)
            if resource.local == before:
                resource.local = resource.address
        return changed

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
