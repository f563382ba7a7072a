"""Helm charts, rendered offline by real Helm and brought back to the lines that a person would edit.

The way of a chart: `chart` reads Chart.yaml, `profiles` finds the values to render it with, `workspace` copies it out
of the tree, `rendering` has `engine` (with `child`) run Helm, `manifests` makes resources of what comes out, and
`places` gives each value its place, by what `marks`, `output`, `syntax`, `flows` and `values` tell. Little of that is
imported before there is a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guardrail.inputs.kubernetes.helm.layout import ChartFolders
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.tree import Tree

if TYPE_CHECKING:
    from guardrail.inputs.kubernetes.helm.profiles import ProfilesOf

__all__ = ["ChartFolders", "read_charts"]


def read_charts(
    files: Sequence[str], tree: Tree, options: ReadOptions, asked_for: ProfilesOf | None = None
) -> Reading:
    """What the charts that these files belong to are rendered to. `files` of the result has every file that the charts
    account for; the others are for the reader of manifests. `asked_for`: a chart's folder -> profiles that something
    other than a values file's name asks for."""
    folders = ChartFolders(tree)
    belonging: dict[str, list[str]] = {}
    for path in files:
        folder = folders.of(path)
        if folder is not None:
            belonging.setdefault(folder, []).append(path)
    if not belonging:
        return Reading()
    from guardrail.inputs.kubernetes.helm.reading import read_belonging

    return read_belonging(belonging, tree, options, asked_for)
