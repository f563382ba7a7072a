"""Which files are templates of a Helm chart: no manifests that could be judged as they stand."""

from __future__ import annotations

import posixpath

from guardrail.tree import Tree

_CHART_NAMES = ("Chart.yaml", "Chart.yml")


class Surroundings:
    """What stands around the manifests of one tree; every folder is looked at once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._charts: dict[str, bool] = {}

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

    def _is_file(self, path: str) -> bool:
        known = self._charts.get(path)
        if known is None:
            known = self._charts[path] = self.tree.is_file(path)
        return known
