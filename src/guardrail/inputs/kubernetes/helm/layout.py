"""Where the files of charts stand, told by names alone; discovery asks this about every YAML file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree

CHART = "Chart.yaml"
YAML = (".yaml", ".yml")
VALUES_NAME = lazy_regex(r"(?:values[-._].+|.+[-._]values|values)\.ya?ml\Z", re.I)  # values-prod.yaml, prod.values.yaml
VALUES_FOLDERS = ("values", "environments", "environment", "envs", "env", "profiles", "ci")


class ChartFolders:
    """Which folders of a tree are charts; each is looked at once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._charts: dict[str, bool] = {}
        self._of: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        """The folder of the chart that a file is rendered with: the innermost around it, or, where that stands in the
        `charts` folder of another, that one."""
        folder = posixpath.dirname(path)
        if folder not in self._of:
            self._of[folder] = self._around(folder)
        return self._of[folder]

    def _around(self, folder: str) -> str | None:
        found: str | None = None
        while True:
            if self.is_chart(folder):
                below = f"{folder}/charts/" if folder else "charts/"
                if found is None or found.startswith(below):
                    found = folder
            if not folder:
                return found
            folder = posixpath.dirname(folder)

    def is_chart(self, folder: str) -> bool:
        known = self._charts.get(folder)
        if known is None:
            known = self._charts[folder] = self.tree.is_file(_join(folder, CHART))
        return known


def is_template(below: str) -> bool:
    """Whether a file, named from its chart's folder, is a template, of the chart or of one in its `charts` folder."""
    parts = below.split("/")
    while len(parts) > 2 and parts[0] == "charts":
        parts = parts[2:]
    return len(parts) > 1 and parts[0] == "templates"


def is_named_as_values(path: str) -> bool:
    """Whether a file may hold values, by its name or by the folder that it stands in."""
    *folders, name = path.split("/")
    below = any(folder in VALUES_FOLDERS for folder in folders[-2:])
    return VALUES_NAME.match(name) is not None or (below and name.endswith(YAML))


def may_concern_charts(changed: Iterable[str], folders: ChartFolders) -> bool:
    """Whether a chart may have to be rendered to judge a change of these files."""
    return any(folders.of(path) is not None or is_named_as_values(path) for path in changed)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
