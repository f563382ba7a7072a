"""Which files are templates of a Helm chart, and which are patches of a kustomization: neither is a manifest
that could be judged as it stands."""

from __future__ import annotations

import posixpath

from guardrail.formats import yaml
from guardrail.model import Map, Seq, Value
from guardrail.tree import Tree, Unreadable

_CHART_NAMES = ("Chart.yaml", "Chart.yml")
_KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCH_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers",
                "generators", "configurations", "validators")  # fmt: skip
_MAX_LISTED = 10_000


class Surroundings:
    """What stands around the manifests of one tree; every folder is looked at once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._charts: dict[str, bool] = {}
        self._patches: dict[str, frozenset[str]] = {}

    def chart_of(self, path: str) -> str | None:
        """The Chart.yaml whose `templates` folder the file stands in, or None."""
        folder = posixpath.dirname(path)
        while folder:
            above, name = posixpath.split(folder)
            if name == "templates":
                for chart_name in _CHART_NAMES:
                    chart = posixpath.join(above, chart_name)
                    if self._is_file(chart):
                        return chart
            folder = above
        return None

    def is_patch(self, path: str) -> bool:
        """True if a kustomization beside or above the file names it as a patch: part of an object, from
        which nothing follows for the whole."""
        folder = posixpath.dirname(path)
        while True:
            if path in self._patches_of(folder):
                return True
            if not folder:
                return False
            folder = posixpath.dirname(folder)

    def _is_file(self, path: str) -> bool:
        known = self._charts.get(path)
        if known is None:
            known = self._charts[path] = self.tree.is_file(path)
        return known

    def _patches_of(self, folder: str) -> frozenset[str]:
        known = self._patches.get(folder)
        if known is None:
            known = self._patches[folder] = frozenset(self._read_patches(folder))
        return known

    def _read_patches(self, folder: str) -> set[str]:
        found: set[str] = set()
        for name in _KUSTOMIZATION_NAMES:
            path = posixpath.join(folder, name)
            if not self.tree.is_file(path):
                continue
            try:
                data = self.tree.read(path)
            except Unreadable:
                continue  # discovery meets the same file and tells
            for document in yaml.load(data, path, "kubernetes").documents:
                if isinstance(document.value, Map):
                    for key in _PATCH_LISTS:
                        found.update(self._named(folder, document.value.get(key)))
        return found

    def _named(self, folder: str, listed: Value) -> list[str]:
        names: list[str] = []
        for item in listed[:_MAX_LISTED] if isinstance(listed, Seq) else ():
            name = item.get("path") if isinstance(item, Map) else item
            if isinstance(name, str) and "\n" not in name:
                joined = self.tree.join(folder, name)
                if joined:
                    names.append(joined)
        return names
