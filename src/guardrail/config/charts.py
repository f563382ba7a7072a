"""`helm:` of guardrail.yaml: the values that charts are rendered with beside those that their files' names tell."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.config.source import ConfigFile, Place
from guardrail.errors import ConfigError
from guardrail.model import Map, Span
from guardrail.tree import Tree


class HelmProfile(NamedTuple):
    """`chart` is a folder, `values_files` are files of the tree, the later ones winning; `values` (from `set`, with
    places) win over all of them. `release` and `namespace` are "" where nothing is said."""

    chart: str
    name: str
    values_files: tuple[str, ...]
    values: Map | None
    release: str
    namespace: str
    place: Span


def helm_profiles(source: ConfigFile | None, tree: Tree) -> tuple[HelmProfile, ...]:
    """Raises ConfigError for a chart or values file that is not there, and for two profiles of one name."""
    found: list[HelmProfile] = []
    listed = source.helm.get("profiles") if source and source.helm else None
    if source is None or not listed:
        return ()
    for index, item in enumerate(listed):
        at = Place(source.file, listed.spans[index].line, listed.spans[index].column)
        chart = tree.join("", item["chart"].rstrip("/"))
        if chart is None or not tree.is_file(f"{chart}/Chart.yaml" if chart else "Chart.yaml"):
            span = item.spans["chart"]
            raise ConfigError(f'there is no chart in "{item["chart"]}"', source.file, span.line, span.column)
        files = tuple(_file(tree, name, source.file, span) for name, span in _values(item))
        if any(other.chart == chart and other.name == item["name"] for other in found):
            raise ConfigError(f'two profiles of {item["chart"]} are called "{item["name"]}"', *at)
        said = item.get("set")
        place = Span(source.file, at.line, at.column, at.line, at.column)
        found.append(
            HelmProfile(
                chart,
                item["name"],
                files,
                _nested(said) if isinstance(said, Map) else None,
                item.get("release") or "",
                item.get("namespace") or "",
                place,
            )
        )
    return tuple(found)


def _values(item: Map) -> list[tuple[str, Span]]:
    values = item.get("values")
    return list(zip(values, values.spans, strict=True)) if values else []


def _file(tree: Tree, name: str, file: str, span: Span) -> str:
    path = tree.join("", name)
    if path is None:
        raise ConfigError(f'"{name}" leads out of the tree', file, span.line, span.column)
    if not tree.is_file(path):
        raise ConfigError(f'there is no file "{name}"', file, span.line, span.column)
    return path


def _nested(said: Map) -> Map:
    """`image.tag: x` as `image: {tag: x}`, as Helm's --set has it; a dot that belongs to a key is written `\\.`."""
    result = Map(said.span, said.header)
    for key, value in said.items():
        span = said.spans[key]
        holder = result
        *outer, last = [part.replace("\0", ".") for part in key.replace("\\.", "\0").split(".")]
        for name in outer:
            inner = holder.get(name)
            if not isinstance(inner, Map):
                inner = Map(span, span)
                holder.put(name, inner, span)
            holder = inner
        holder.put(last, value, span)
    return result
