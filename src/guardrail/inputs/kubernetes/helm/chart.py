"""Chart.yaml: what a chart is called, what kind it is, what it depends on.

See https://helm.sh/docs/topics/charts/; charts of version v1 name their dependencies in requirements.yaml.
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.formats import yaml
from guardrail.inputs.kubernetes.helm.layout import CHART
from guardrail.model import Map, Seq, Span, Value
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

REQUIREMENTS = "requirements.yaml"
MAX_DEPENDENCIES = 200
_RELEASE = lazy_regex(r"[a-z0-9](?:[-a-z0-9]{0,51}[a-z0-9])?\Z")


class Dependency(NamedTuple):
    """`name` is the chart's, `key` what its values stand under (its alias). `span`: where it is asked for."""

    name: str
    key: str
    version: str
    repository: str
    condition: str
    span: Span

    @property
    def local(self) -> str | None:
        """The path of a `file://` dependency, relative to the chart."""
        return self.repository[len("file://") :] if self.repository.startswith("file://") else None


class Chart(NamedTuple):
    """`place` is the line with its name. `folder` and places are empty for what comes out of an archive."""

    folder: str
    name: str
    version: str
    library: bool
    dependencies: tuple[Dependency, ...]
    place: Span

    @property
    def release(self) -> str:
        """The release's name, as most who install it call it."""
        return self.name if _RELEASE.match(self.name) else "release"


def read_chart(folder: str, tree: Tree) -> Chart | None:
    """None where there is no chart that can be read; Helm says what is wrong."""
    path = _join(folder, CHART)
    try:
        data = tree.read(path)
        requirements = _join(folder, REQUIREMENTS)
        more = tree.read(requirements) if tree.is_file(requirements) else b""
    except Unreadable:
        return None
    return chart_from(data, more, folder, path)


def chart_from(data: bytes, requirements: bytes, folder: str = "", path: str = "") -> Chart | None:
    value = _mapping(data, path)
    if value is None or not isinstance(value.get("name"), str):
        return None
    listed = _dependencies(value)
    if not listed and requirements:
        other = _mapping(requirements, _join(folder, REQUIREMENTS) if path else "")
        listed = _dependencies(other) if other is not None else []
    return Chart(
        folder,
        value["name"],
        str(value.get("version") or ""),
        value.get("type") == "library",
        tuple(listed),
        value.place("name"),
    )


def _mapping(data: bytes, path: str) -> Map | None:
    documents = yaml.load(data, path).documents
    value: Value = documents[0].value if documents else None
    return value if isinstance(value, Map) else None


def _dependencies(value: Map) -> list[Dependency]:
    found: list[Dependency] = []
    listed = value.get("dependencies")
    if not isinstance(listed, Seq):
        return found
    for index, item in enumerate(listed[:MAX_DEPENDENCIES]):
        if not isinstance(item, Map) or not isinstance(item.get("name"), str):
            continue
        alias = item.get("alias")
        key = alias if isinstance(alias, str) and alias else item["name"]
        version, repository, condition = (str(item.get(word) or "") for word in ("version", "repository", "condition"))
        found.append(Dependency(item["name"], key, version, repository, condition, listed.spans[index]))
    return found


def without_dependencies(data: bytes, gone: list[Dependency]) -> bytes:
    """A Chart.yaml (or requirements.yaml) that does not ask for these any more; Helm renders nothing of a chart for
    which it would have to fetch another."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for dependency in gone:
        first, last = dependency.span.line, dependency.span.end_line
        if first and last <= len(lines) and lines[first - 1].lstrip().startswith("-"):
            for number in range(first, last + 1):
                lines[number - 1] = ""
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
