"""Flux's HelmReleases and Kustomizations (https://fluxcd.io/flux/components/)."""

from __future__ import annotations

from collections.abc import Mapping

from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.helm.values import merged
from guardrail.inputs.kubernetes.kustomize.files import written_inside
from guardrail.inputs.kubernetes.kustomize.objects import Failed
from guardrail.inputs.kubernetes.platform.asked import (
    Asked,
    Placement,
    items,
    mapping,
    name_of,
    set_value,
    text,
    typed,
)
from guardrail.model import Map, Sensitive, Seq

ConfigMaps = Mapping[tuple[str, str], Map]  # (namespace, name) -> the object
_CHANGES = ("patches", "patchesStrategicMerge", "patchesJson6902", "images", "components", "namePrefix", "nameSuffix",
            "commonMetadata")  # fmt: skip


def helm_release(value: Map, asked: Asked, config_maps: ConfigMaps) -> None:
    spec = mapping(value, "spec")
    chart = mapping(spec, "chart", "spec")
    if spec is None or chart is None or text(chart, "sourceRef", "kind") not in ("GitRepository", "Bucket"):
        return
    folder = asked.folder(chart.get("chart"))
    if folder is None or not asked.is_chart(folder):
        return
    namespace, name = text(value, "metadata", "namespace"), name_of(value)
    label = f"HelmRelease {f'{namespace}/{name}' if namespace else name}"
    asked.local.add(chart.place("chart"))
    files: list[str] = []
    listed = chart.get("valuesFiles")
    for index, item in enumerate(listed if isinstance(listed, Seq) else ()):
        path = asked.tree.join("", item) if isinstance(item, str) else None
        if path and asked.tree.is_file(path):
            files.append(path)
        elif chart.get("ignoreMissingValuesFiles") is not True:
            what = f"{label} takes values from {item!r}, which is not there; its chart is not rendered with them"
            asked.note(what, listed.place(index) if isinstance(listed, Seq) else chart.header)
            return
    values = _values(spec, namespace, label, asked, config_maps)
    if values is None:
        return
    if spec.get("postRenderers"):
        asked.note(f"{label} changes what its chart is rendered to; that is judged without the changes",
                   spec.place("postRenderers"))  # fmt: skip
    target = text(spec, "targetNamespace")
    release = text(spec, "releaseName") or (f"{target}-{name}" if target else name)
    origin = spec.place("values") if "values" in spec else chart.place("chart")
    asked.render(folder, Profile(label, tuple(files), values or None, release, target or namespace, origin))


def _values(spec: Map, namespace: str, label: str, asked: Asked, config_maps: ConfigMaps) -> Map | None:
    """What other objects say, then what stands in place; None where that can't be known."""
    values = Map(spec.span, spec.header)
    for source in items(spec, "valuesFrom"):
        found = _from(source, values, namespace, config_maps)
        if found is not None:
            values = found
        elif source.get("optional") is not True:
            whose = f"{text(source, 'kind')} {text(source, 'name')}"
            what = f"{label} takes values from {whose}, which are not known here; its chart is not rendered with them"
            asked.note(what, source.header)
            return None
    own = mapping(spec, "values")
    return merged(values, own) if own is not None else values


def _from(source: Map, values: Map, namespace: str, config_maps: ConfigMaps) -> Map | None:
    found = config_maps.get((namespace, text(source, "name"))) if text(source, "kind") == "ConfigMap" else None
    data = mapping(found, "data")
    key = text(source, "valuesKey") or "values.yaml"
    written = data.get(key) if data is not None else None
    if data is None or not isinstance(written, str) or isinstance(written, Sensitive):
        return None
    if target := text(source, "targetPath"):
        return set_value(values, target, typed(written), data.place(key))
    try:
        for value in written_inside(written, data, key):
            if isinstance(value, Map):
                values = merged(values, value)
    except Failed:
        return None
    return values


def kustomization(value: Map, asked: Asked) -> None:
    spec = mapping(value, "spec")
    if spec is None or text(spec, "sourceRef", "kind") not in ("GitRepository", "Bucket"):
        return
    folder = asked.folder(spec.get("path", "."))
    if folder is None:
        return
    label = f"Flux Kustomization {name_of(value)}"
    built = asked.is_kustomization(folder)
    if built:
        asked.components.setdefault(folder, []).append(_components(spec, folder, asked))
    changes = [key for key in _CHANGES if spec.get(key) and not (built and key == "components")]
    if changes:
        asked.note(f"{label} changes what stands in {folder or '.'} ({', '.join(changes)}); that is judged without the "
                   "changes", spec.place(changes[0]))  # fmt: skip
    target = text(spec, "targetNamespace")
    asked.deploy(folder, Placement(folder, True, target, True, label, spec.place("targetNamespace")))


def _components(spec: Map, folder: str, asked: Asked) -> Seq:
    """Those that it adds to what the folder's kustomization names, by paths from there."""
    listed = spec.get("components")
    found = Seq(spec.span, spec.place("components"))
    for index, item in enumerate(listed if isinstance(listed, Seq) else ()):
        if not isinstance(item, str) or "${" in item:
            continue
        path = asked.tree.join(folder, item)
        if spec.get("ignoreMissingComponents") is True and (path is None or not asked.tree.is_folder(path)):
            continue
        found.add(item, listed.place(index) if isinstance(listed, Seq) else found.header)
    return found
