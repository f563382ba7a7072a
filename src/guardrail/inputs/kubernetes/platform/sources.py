"""Repositories from which a cluster is made what it is, as `dependency` nouns: those of Argo CD, Flux and Cyclops.

Made by the reader rather than by a concept, since only the reader sees whether a source is this very repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

FIELDS = ("ecosystem", "name", "owner", "version", "pin", "local")
_COMMIT = lazy_regex(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_VERSION = lazy_regex(r"(?:[\w-]+[-/])?v?\d+(?:\.\d+)*[\w.+-]*\Z|[0-9a-f]{7,39}\Z")
_RANGE = lazy_regex(r"[*^~<>]|\b[xX]\b|\|\|")
_SCHEME = lazy_regex(r"\A(?:\w+://)?(?:[^@/]+@)?")


def add_sources(resources: Iterable[Resource], is_local: Callable[[Span], bool]) -> None:
    for resource in resources:
        if resource.kind not in _KINDS or resource.platform != "kubernetes":
            continue
        made = _MAKERS.get((group_of(resource.attributes), resource.kind))
        if made is not None:
            for noun in made(resource.attributes, is_local):
                resource.add_noun(noun)


def _application(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    yield from _of_spec(_at(value, "spec"), is_local)


def _application_set(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    yield from _of_spec(_at(value, "spec", "template", "spec"), is_local)


def _of_spec(spec: Map | None, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    one, several = (spec.get("source"), spec.get("sources")) if spec is not None else (None, None)
    for index, source in enumerate([one, *(several if isinstance(several, Seq) else ())]):
        if not isinstance(source, Map) or source.get("chart") is not None or source.get("repoURL") is None:
            continue
        revision = source.get("targetRevision")
        span = source.place("targetRevision") if revision is not None else source.place("repoURL")
        local = is_local(source.place("repoURL"))
        yield _noun(source["repoURL"], revision, git_pin(revision), local, span, f"source[{index}]")


def _git_repository(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    spec = _at(value, "spec")
    if spec is None or spec.get("url") is None:
        return
    reference = _at(spec, "ref") or Map(spec.header)
    for key, pin in (("commit", "digest"), ("name", ""), ("semver", "range"), ("tag", "tag"), ("branch", "branch")):
        version = reference.get(key)
        if version is not None:
            yield _noun(spec["url"], version, pin or git_pin(version), False, reference.place(key), "source")
            return
    yield _noun(spec["url"], None, "none", False, spec.place("url"), "source")


def _oci_repository(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    spec = _at(value, "spec")
    if spec is None or spec.get("url") is None:
        return
    reference = _at(spec, "ref") or Map(spec.header)
    for key, pin in (("digest", "digest"), ("semver", "range"), ("tag", "tag")):
        version = reference.get(key)
        if version is not None:
            pin = "none" if version == "latest" else pin
            yield _noun(spec["url"], version, pin, False, reference.place(key), "source", "artifact")
            return
    yield _noun(spec["url"], None, "none", False, spec.place("url"), "source", "artifact")


def _module(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    spec = _at(value, "spec")
    template = _at(spec, "template") or _at(spec, "templateRef")
    if template is not None:
        yield from _template(template, is_local(template.header))


def _template_store(value: Map, is_local: Callable[[Span], bool]) -> Iterator[Noun]:
    spec = _at(value, "spec")
    if spec is not None:
        yield from _template(spec, False)


def _template(holder: Map, local: bool) -> Iterator[Noun]:
    """Cyclops: a folder of a Git repository, or a chart of a registry, by URL, path and version."""
    key = next((key for key in ("repo", "URL", "url") if holder.get(key) is not None), "")
    if key:
        version = holder.get("version")
        span = holder.place("version") if version is not None else holder.place(key)
        yield _noun(holder[key], version, git_pin(version), local, span, "template")


_MAKERS: dict[tuple[str, str], Callable[[Map, Callable[[Span], bool]], Iterator[Noun]]] = {
    ("argoproj.io", "Application"): _application,
    ("argoproj.io", "ApplicationSet"): _application_set,
    ("source.toolkit.fluxcd.io", "GitRepository"): _git_repository,
    ("source.toolkit.fluxcd.io", "OCIRepository"): _oci_repository,
    ("cyclops-ui.com", "Module"): _module,
    ("cyclops-ui.com", "TemplateStore"): _template_store,
}


_KINDS = frozenset(kind for _, kind in _MAKERS)


def git_pin(revision: Value) -> Value:
    """digest for a whole commit id, range for a constraint, tag for what looks like a version, branch, none."""
    if revision is None or revision == "" or revision == "HEAD":
        return "none"
    if not isinstance(revision, str):
        return "tag"  # YAML makes a number of `1.2`
    if "{{" in revision or "${" in revision:
        return Unknown(f"{revision[:60]!r} is filled in later")
    if _COMMIT.match(revision):
        return "digest"
    if _RANGE.search(revision):
        return "range"
    return "tag" if _VERSION.match(revision.removeprefix("refs/tags/")) else "branch"


def _noun(url: Value, version: Value, pin: Value, local: bool, span: Span, key: str, ecosystem: str = "git") -> Noun:
    fields = Map(span, span)
    for field in FIELDS:
        fields.spans[field] = span
    text = str(url) if isinstance(url, str) else ""
    name = _SCHEME.sub("", text).removesuffix(".git").replace(":", "/")
    parts = name.split("/")
    values = {"ecosystem": ecosystem, "name": name, "owner": parts[1] if len(parts) > 2 else parts[0], "pin": pin,
              "local": local, "version": str(version) if isinstance(version, (int, float)) else version}  # fmt: skip
    for field, value in values.items():
        if value is not None:
            fields.put(field, value, span)
    return Noun("dependency", f"source {name}", fields, key)


def _at(value: Map | None, *path: str) -> Map | None:
    for step in path:
        inner = value.get(step) if value is not None else None
        value = inner if isinstance(inner, Map) else None
    return value
