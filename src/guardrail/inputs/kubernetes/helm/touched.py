"""Which charts have to be rendered to judge a change."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from guardrail.inputs.kubernetes.helm.chart import read_chart
from guardrail.inputs.kubernetes.helm.elsewhere import Elsewhere
from guardrail.inputs.kubernetes.helm.layout import ChartFolders
from guardrail.inputs.kubernetes.helm.profiles import candidates
from guardrail.tree import Tree


def charts_touched(changed: Collection[str], charts: Sequence[str], folders: ChartFolders) -> set[str]:
    """Of the charts' folders, those with a changed file, those that are rendered with a changed values file, and those
    that depend on one of them by `file://`, or by a registry that it is published to."""
    tree: Tree = folders.tree
    touched = {folder for path in changed if (folder := folders.of(path)) is not None}
    for folder in charts:
        if folder not in touched and not set(changed).isdisjoint(candidates(folder, tree, charts)):
            touched.add(folder)
    local: dict[str, set[str]] = {}
    elsewhere = Elsewhere(tree)
    for folder in charts:
        chart = read_chart(folder, tree)
        for entry in chart.dependencies if chart is not None else ():
            found = elsewhere.find(folder, entry)
            at = tree.join(folder, entry.local) if entry.local is not None else found.folder if found else None
            if at is not None:
                local.setdefault(at, set()).add(folder)
    waiting = list(touched)
    while waiting:
        for folder in local.get(waiting.pop(), set()) - touched:
            touched.add(folder)
            waiting.append(folder)
    return touched
