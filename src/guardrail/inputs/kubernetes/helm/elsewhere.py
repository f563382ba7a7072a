"""Charts that another one names by a registry, and that stand in the same tree, as they do where charts are published
from."""

from __future__ import annotations

import posixpath

from guardrail.inputs.kubernetes.helm.chart import Chart, Dependency, read_chart
from guardrail.inputs.kubernetes.helm.layout import CHART, ChartFolders
from guardrail.inputs.kubernetes.helm.versions import satisfies
from guardrail.tree import Tree


class Elsewhere:
    """Finds them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._folders = ChartFolders(tree)

    def find(self, folder: str, entry: Dependency) -> Chart | None:
        """What a dependency of the chart in `folder` names, in a version that will do: the chart beside it, or the only
        one in the tree, in a folder of its name."""
        if entry.local is not None or "/" in entry.name:
            return None
        beside = read_chart(posixpath.join(posixpath.dirname(folder), entry.name), self.tree)
        if beside is not None and _fits(beside, entry):
            return beside
        paths = [path for path in self.tree.files_named(CHART) if path.endswith(f"/{entry.name}/{CHART}")]
        folders = {posixpath.dirname(path): path for path in paths}
        charts = [read_chart(at, self.tree) for at, path in folders.items() if self._folders.of(path) == at]
        fitting = [
            chart for chart in charts if chart is not None and _fits(chart, entry) and not _wraps(chart, entry.name)
        ]
        return fitting[0] if len(fitting) == 1 else None


def _fits(chart: Chart, entry: Dependency) -> bool:
    return chart.name == entry.name and satisfies(chart.version, entry.version)


def _wraps(chart: Chart, name: str) -> bool:
    """Whether a chart is there for the values of another one of its name, of somebody else's."""
    return any(entry.name == name for entry in chart.dependencies)
