"""Charts of the repository that kustomizations have Helm render: `helmCharts`, and the generator behind it
(https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_)."""

from __future__ import annotations

import posixpath

from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.kustomize.charts import chart_folder
from guardrail.inputs.kubernetes.platform.asked import Asked, items, mapping, text
from guardrail.model import Map, Seq


def helm_charts(value: Map, path: str, asked: Asked) -> None:
    """Of a kustomization."""
    home = text(mapping(value, "helmGlobals"), "chartHome")
    namespace = text(value, "namespace")
    for item in items(value, "helmCharts"):
        _chart(item, home, f"kustomization {path}", namespace, path, asked)


def generator(value: Map, path: str, asked: Asked) -> None:
    """The same as an object of its own."""
    _chart(value, text(value, "chartHome"), f"HelmChartInflationGenerator {path}", "", path, asked)


def _chart(item: Map, home: str, label: str, namespace: str, path: str, asked: Asked) -> None:
    own = posixpath.dirname(path)
    folder = chart_folder(item, home, own, asked.tree)
    if folder is None:
        return
    release = text(item, "releaseName")
    label = f"{label}, {release}" if release else label
    merge, inline = text(item, "valuesMerge"), mapping(item, "valuesInline")
    if merge == "merge" and inline:
        asked.note(f"{label} has the values of files win over its own; its chart is not rendered with them",
                   item.place("valuesMerge"))  # fmt: skip
        return
    files: list[str] = []
    more = item.get("additionalValuesFiles")
    for name in (item.get("valuesFile"), *(more if isinstance(more, Seq) else ())):
        if not isinstance(name, str) or not name or merge == "replace":
            continue
        found = asked.tree.join(own, name)
        if found is None or not asked.tree.is_file(found):
            asked.note(f"{label} takes values from {name!r}, which is not there; its chart is not rendered with them",
                       item.header)  # fmt: skip
            return
        files.append(found)
    origin = item.place("valuesFile") if "valuesFile" in item else item.header
    namespace = namespace or text(item, "namespace")
    asked.render(folder, Profile(label, tuple(files), inline, release, namespace, origin))
