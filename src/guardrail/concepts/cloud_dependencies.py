"""Images that a cloud service runs and that no container of the model stands for, and Helm charts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.concepts.dependencies import dependency_noun, image_noun, version_pin
from guardrail.model import HOLE, Inventory, Map, Noun, PartText, Resource, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

# kind -> where an image is named, block by block
IMAGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws_apprunner_service": (("source_configuration", "image_repository", "image_identifier"),),
    "aws_codebuild_project": (("environment", "image"),),
    "aws_lambda_function": (("image_uri",),),
    "aws_sagemaker_model": (("primary_container", "image"), ("container", "image")),
    "azurerm_linux_web_app": (("site_config", "application_stack", "docker_image_name"),),
    "docker_container": (("image",),),
    "docker_image": (("name",),),
    "google_app_engine_flexible_app_version": (("deployment", "container", "image"),),
}
CHARTS = ("helm_release", "HelmRelease", "Application")
KINDS = (*IMAGES, *CHARTS)
_IMAGE_ID = lazy_regex(r"sha256:[0-9a-f]{64}\Z")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed":
        return
    if resource.kind == "helm_release":
        yield _helm_release(resource)
    elif resource.kind == "HelmRelease":
        yield from _flux_release(resource)
    elif resource.kind == "Application":
        yield from _argo_application(resource)
    else:
        for path in IMAGES.get(resource.kind, ()):
            yield from _images(resource, path)


def _images(resource: Resource, path: tuple[str, ...]) -> Iterator[Noun]:
    holders = [resource.attributes]
    for step in path[:-1]:
        holders = [inner for holder in holders for inner in _blocks(holder.get(step))]
    for index, holder in enumerate(holders):
        image = holder.get(path[-1])
        if image in (None, "") or (resource.kind == "aws_codebuild_project" and _provided(image)):
            continue
        if isinstance(image, str) and _IMAGE_ID.match(image):  # an id on the machine, not a name to fetch
            continue
        key = f"image/{'.'.join(path)}[{index}]"
        yield image_noun(holder, path[-1], resource.local, key)


def _provided(image: Value) -> bool:
    """AWS's own build images, which are named by version only."""
    written = image.template if isinstance(image, PartText) else image
    return isinstance(written, str) and written.startswith("aws/codebuild/")


def _blocks(value: Value) -> list[Map]:
    if isinstance(value, Seq):
        return [item for item in value if isinstance(item, Map)]
    return [value] if isinstance(value, Map) else []


# Charts -------------------------------------------------------------------------------------------------------


def _helm_release(resource: Resource) -> Noun:
    attributes = resource.attributes
    chart, repository, version = (attributes.get(key) for key in ("chart", "repository", "version"))
    written = chart.template if isinstance(chart, PartText) else chart
    local = isinstance(written, str) and repository is None and written.startswith((".", "/"))
    values: dict[str, Value] = {
        "ecosystem": "chart",
        "owner": repository,
        "version": version,
        "pin": "none" if local else version_pin(version),
        "local": local,
    }
    span = attributes.place("version") if version is not None else resource.header
    name = chart if chart is not None else Unknown("it names no chart")
    if isinstance(chart, str) and not local:
        archive = re.search(r"-(\d+\.\d+\.\d+[\w.+-]*)\.tgz\Z", chart)
        if archive and version is None:
            values |= {"version": archive.group(1), "pin": "version"}
    if isinstance(chart, PartText) and not local and version is None and chart.template.endswith((HOLE, ".tgz")):
        values |= {"version": chart.whole(), "pin": chart.whole()}  # an archive's name may hold its version
    label = f"chart {chart}" if isinstance(chart, str) else f"chart of {resource.local}"
    return dependency_noun(name, span, label, "chart", values)


def _flux_release(resource: Resource) -> Iterator[Noun]:
    """Flux's `spec.chart.spec`; a `chartRef` leads to a source that has its own version."""
    spec = _at(resource.attributes, "spec", "chart", "spec")
    if spec is None or not isinstance(spec.get("chart"), str):
        return
    reference = spec.get("sourceRef")
    kind = reference.get("kind") if isinstance(reference, Map) else None
    if kind != "HelmRepository":  # a chart in a Git repository or bucket has the version of that
        return
    version = spec.get("version")
    values: dict[str, Value] = {"ecosystem": "chart", "version": version, "pin": version_pin(version), "local": False}
    owner = reference.get("name") if isinstance(reference, Map) else None
    span = spec.place("version") if version is not None else spec.header
    yield dependency_noun(spec["chart"], span, f"chart {spec['chart']}", "chart", {**values, "owner": owner})


def _argo_application(resource: Resource) -> Iterator[Noun]:
    """Argo CD's sources: a chart of a Helm repository, or a folder of a Git repository."""
    group = resource.attributes.get("apiVersion")
    spec = _at(resource.attributes, "spec")
    if spec is None or not isinstance(group, str) or not group.startswith("argoproj.io/"):
        return
    sources = [*_blocks(spec.get("source")), *_blocks(spec.get("sources"))]
    for index, source in enumerate(sources):
        chart, repository, revision = (source.get(key) for key in ("chart", "repoURL", "targetRevision"))
        if not isinstance(chart, str) or not isinstance(repository, str):
            continue
        values: dict[str, Value] = {
            "ecosystem": "chart",
            "owner": repository,
            "version": revision,
            "pin": version_pin(revision),
            "local": False,
        }
        span = source.place("targetRevision") if revision is not None else source.header
        yield dependency_noun(chart, span, f"chart {chart}", f"chart[{index}]", values)


def _at(value: Map, *path: str) -> Map | None:
    for step in path:
        inner = value.get(step)
        if not isinstance(inner, Map):
            return None
        value = inner
    return value
