"""The charts that a kustomization has Helm render: where one of them is, if it is in the tree."""

from __future__ import annotations

import posixpath

from guardrail.model import Map, Value
from guardrail.tree import Tree


def chart_folder(item: Map, home: Value, folder: str, tree: Tree) -> str | None:
    """The folder of the chart of one entry of `helmCharts`. `home`: `chartHome`, which is relative to the
    kustomization's folder."""
    name, version = item.get("name"), item.get("version")
    above = home if isinstance(home, str) and home else "charts"
    if not isinstance(name, str) or not name:
        return None
    # Where it was pulled to by its version, else by its name.
    for path in (f"{above}/{name}-{version}/{name}", f"{above}/{name}"):
        found = tree.join(folder, path)
        if found is not None and tree.is_file(posixpath.join(found, "Chart.yaml")):
            return found
    return None
