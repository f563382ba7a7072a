"""Patches of a kustomization: what they are, and doing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from guardrail.inputs.kubernetes.kustomize import json_patch
from guardrail.inputs.kubernetes.kustomize.files import Files, written_inside
from guardrail.inputs.kubernetes.kustomize.merge import Merge
from guardrail.inputs.kubernetes.kustomize.merge_keys import Schema
from guardrail.inputs.kubernetes.kustomize.objects import (
    Absent,
    Budget,
    Built,
    Failed,
    Id,
    drop,
    effective,
    entry_of,
    group_version,
    map_in,
    map_of,
    word,
)
from guardrail.inputs.kubernetes.kustomize.selectors import Target
from guardrail.model import Map, Seq, Span, Value


class Patch(NamedTuple):
    """`merges` or `operations`, and for which objects: those of the same ids where `target` is None. `remembers`:
    whether what an object was called before a JSON patch can still be used to call it."""

    merges: tuple[Map, ...]
    operations: tuple[json_patch.Operation, ...]
    target: Target | None
    span: Span
    rename: bool = False
    rekind: bool = False
    remembers: bool = True


def read_patch(item: Map, folder: str, files: Files, inline: str = "patch", remembers: bool = True) -> Patch:
    """An item of `patches` or of patchesJson6902, which does not remember. Raises Failed."""
    text, path = item.get(inline), word(item.get("path"))
    if (not isinstance(text, str) or not text.strip()) and not path:
        raise Failed(f"a patch has a `path` or a `{inline}`", item.header)
    if isinstance(text, str) and text.strip():
        if path:
            raise Failed(f"a patch has a `path` or a `{inline}`, not both", item.header)
        documents, span = written_inside(text, item, inline), item.place(inline)
    else:
        span = item.place("path")
        documents = files.documents(files.path_of(folder, path, span))
    target = Target(item["target"]) if isinstance(item.get("target"), Map) else None
    options = map_of(item, "options")
    return _patch(documents, target, span, options)._replace(remembers=remembers)


def read_strategic(listed: Seq, index: int, folder: str, files: Files) -> Patch:
    """An item of patchesStrategicMerge: a file, or the patch itself. Raises Failed."""
    entry = entry_of(listed, index)
    text = entry.value
    if isinstance(text, Map):
        return _patch([text], None, entry.span, Map())
    if not isinstance(text, str):
        raise Failed("a patch is a file, or what it says", entry.span)
    if "\n" in text.strip() or text.lstrip().startswith("{"):
        return _patch(written_inside(text, listed, index), None, entry.span, Map())
    return _patch(files.documents(files.path_of(folder, text, entry.span)), None, entry.span, Map())


def _patch(documents: list[Value], target: Target | None, span: Span, options: Map) -> Patch:
    rename, rekind = options.get("allowNameChange") is True, options.get("allowKindChange") is True
    if len(documents) == 1 and isinstance(documents[0], Seq):
        if target is None:
            raise Failed("a JSON patch needs a target", span)
        return Patch((), tuple(json_patch.operations_of(documents[0])), target, span)
    merges: list[Map] = []
    for document in documents:
        if not isinstance(document, Map):
            raise Failed("this is neither an object nor a list of operations", span)
        merges += _objects(document)
    if not merges:
        raise Failed("the patch is empty", span)
    if target is None and not all(word(patch.get("kind")) for patch in merges):
        raise Failed("a patch without a target says by its kind and name what it is for", merges[0].header)
    if target is not None and len(merges) > 1:
        raise Failed("a target can have only one patch in an item", span)
    return Patch(tuple(merges), (), target, span, rename, rekind)


def _objects(document: Map) -> list[Map]:
    """The patch, or those in a `List`."""
    items = document.get("items")
    if word(document.get("kind")).endswith("List") and isinstance(items, Seq):
        return [item for item in items if isinstance(item, Map)]
    return [document]


class Patching:
    """Does patches to the objects of a build; takes out of the list what they delete."""

    def __init__(self, objects: list[Built], schema: Schema, budget: Budget, tell: Callable[[Failed], None]) -> None:
        self.objects, self.schema, self.budget, self.tell = objects, schema, budget, tell
        self._index: dict[Id, list[Built]] | None = None

    def apply(self, patch: Patch) -> bool:
        """False if it is for none of the objects, where that is no failure."""
        if patch.operations:
            return self._json(patch)
        if patch.target is not None:
            selected = self._selected(patch.target)
            for built in selected:
                self._merge(built, patch.merges[0], patch)
            return bool(selected)
        for one in patch.merges:
            wanted = _id_of(one)
            found = self._by_id().get(wanted, [])
            if len(found) == 1:
                self._merge(found[0], one, patch)
            else:
                what, fault = ("more than one object is", Failed) if found else ("there is no object", Absent)
                self.tell(fault(f"{what} {wanted}, which this patch is for", one.header, "patch-target"))
        return True

    def _selected(self, target: Target) -> list[Built]:
        self.budget.spend(len(self.objects))
        return [built for built in self.objects if target.selects(built)]

    def _by_id(self) -> dict[Id, list[Built]]:
        if self._index is None:
            self._index = {}
            self.budget.spend(len(self.objects))
            for built in self.objects:
                for identity in dict.fromkeys(built.ids):
                    self._index.setdefault(identity, []).append(built)
        return self._index

    def _merge(self, built: Built, patch: Map, options: Patch) -> None:
        """What an object is called stays, unless the options say otherwise."""
        value = built.value
        kept = {key: entry_of(value, key) for key in ("apiVersion", "kind") if key in value}
        names = {key: entry_of(built.metadata, key) for key in ("name", "namespace") if key in built.metadata}
        if options.rename or options.rekind:
            built.remember()
            self._index = None
        try:
            if not Merge(self.schema, self.budget).apply(value, patch):
                self.objects[:] = [other for other in self.objects if other is not built]
                self._index = None
                return
        except Failed as error:
            self.tell(error)
        for key, entry in kept.items():
            if key == "apiVersion" or not options.rekind:
                entry.put(value, key)
        metadata = map_in(value, "metadata")
        for key in ("name", "namespace"):
            if key == "name" and options.rename and metadata.get("name"):
                continue
            if key in names:
                names[key].put(metadata, key)
            else:
                drop(metadata, key)

    def _json(self, patch: Patch) -> bool:
        selected = self._selected(patch.target) if patch.target is not None else []
        self._index = None if selected else self._index
        for built in selected:
            if patch.remembers:
                built.remember()
                _annotate(built.value)
            try:
                built.value = json_patch.apply(built.value, list(patch.operations), self.budget)
            except Failed as error:
                self.tell(Failed(f"{error.message} ({built.id})", error.span, error.kind))
            metadata = built.value.get("metadata")
            if isinstance(metadata, Map) and metadata.get("annotations") == {}:
                drop(metadata, "annotations")
        return bool(selected)


def _annotate(value: Map) -> None:
    """kustomize remembers in annotations, so a patch may add to them even where nobody wrote any."""
    metadata = value.get("metadata")
    if isinstance(metadata, Map) and metadata.get("annotations") is None:
        metadata.put("annotations", Map(metadata.span, metadata.header), metadata.header)


def _id_of(patch: Map) -> Id:
    group, version = group_version(patch.get("apiVersion"))
    kind = word(patch.get("kind"))
    metadata = patch.get("metadata")
    name, namespace = "", ""
    if isinstance(metadata, Map):
        name, namespace = word(metadata.get("name")), word(metadata.get("namespace"))
    return Id(group, version, kind, name, effective(group, version, kind, namespace))
