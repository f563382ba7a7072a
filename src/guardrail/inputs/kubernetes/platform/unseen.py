"""What is deployed to a cluster from somewhere else: charts of registries, folders of other repositories. A note each,
and the namespaces in which nobody can tell what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.inputs.kubernetes.platform.asked import items, mapping, name_of, text
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Note, Resource, Span
from guardrail.tree import Tree

IsHere = Callable[[Span, object], bool]
"""Whether a source, by its place and its path, is in this repository."""


def add_unseen(reading: Reading, tree: Tree, is_local: Callable[[Span], bool]) -> None:
    def is_here(place: Span, path: object) -> bool:
        if is_local(place):
            return True
        found = tree.join("", path.strip("/") or ".") if isinstance(path, str) and "://" not in path else None
        return found is not None and tree.is_folder(found)

    seen: set[tuple[str, str, int]] = set()
    for resource in reading.resources:
        maker = _MAKERS.get((group_of(resource.attributes), resource.kind))
        if resource.platform != "kubernetes" or maker is None:
            continue
        for namespace, what, place in maker(resource, is_here):
            if namespace and "{" not in namespace:
                reading.unseen.add((namespace, resource.address.rpartition("/")[2]))
            if (what, place.file, place.line) not in seen:
                seen.add((what, place.file, place.line))
                label = f"{resource.kind} {name_of(resource.attributes)} deploys {what}"
                message = f"{label}, which is not in this repository; what comes of it is not judged"
                reading.notes.append(Note("remote", message, place.file, place.line))


Found = Iterator[tuple[str, str, Span]]  # namespace, what is deployed, where it says so


def _helm_release(resource: Resource, is_here: IsHere) -> Found:
    spec = mapping(resource.attributes, "spec")
    namespace = text(spec, "targetNamespace") or text(resource.attributes, "metadata", "namespace") or "default"
    chart = mapping(spec, "chart", "spec")
    if chart is not None:
        path = chart.get("chart") if text(chart, "sourceRef", "kind") in ("GitRepository", "Bucket") else None
        if not is_here(chart.place("chart"), path):
            yield namespace, f"the chart {chart.get('chart')}", chart.place("chart")
        return
    reference = mapping(spec, "chartRef")
    if reference is not None:
        what = f"the chart of {text(reference, 'kind')} {text(reference, 'name')}"
        yield namespace, what, reference.place("name")


def _kustomization(resource: Resource, is_here: IsHere) -> Found:
    spec = mapping(resource.attributes, "spec")
    source = mapping(spec, "sourceRef")
    if spec is None or source is None:
        return
    path = spec.get("path", ".") if source.get("kind") in ("GitRepository", "Bucket") else None
    if not is_here(spec.place("path"), path):
        named = f"{text(source, 'kind')} {text(source, 'name')}"
        yield text(spec, "targetNamespace"), f"{spec.get('path', '.')} of {named}", source.header


def _application(resource: Resource, is_here: IsHere) -> Found:
    yield from _of_spec(mapping(resource.attributes, "spec"), is_here)


def _application_set(resource: Resource, is_here: IsHere) -> Found:
    yield from _of_spec(mapping(resource.attributes, "spec", "template", "spec"), is_here)


def _of_spec(spec: Map | None, is_here: IsHere) -> Found:
    namespace = text(spec, "destination", "namespace")
    for source in (mapping(spec, "source"), *items(spec, "sources")):
        if source is None or (source.get("chart") is None and source.get("path") is None):
            continue  # one that others only take values from
        chart = source.get("chart")
        what = source.get("path") if chart is None else chart
        if isinstance(what, str) and "{{" in what:
            continue  # told where the set is read
        if chart is not None or not is_here(source.place("repoURL"), what):
            kind = "path" if chart is None else "chart"
            yield namespace, f"the {kind} {what} of {source.get('repoURL')}", source.place(kind)


_MAKERS: dict[tuple[str, str], Callable[[Resource, IsHere], Found]] = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _kustomization,
    ("argoproj.io", "Application"): _application,
    ("argoproj.io", "ApplicationSet"): _application_set,
}
