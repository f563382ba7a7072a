"""A chart as Helm is given it: its files, and those of all that it depends on, copied from the tree.

Helm reads only these copies. Left out are links out of the tree, values.schema.json (a schema may send Helm to the
network), NOTES.txt, and dependencies that are not there, which Helm would want to download.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.archives import BadArchive, unpack
from guardrail.inputs.kubernetes.helm.chart import (
    REQUIREMENTS,
    Chart,
    Dependency,
    chart_from,
    read_chart,
    without_dependencies,
)
from guardrail.inputs.kubernetes.helm.elsewhere import Elsewhere
from guardrail.inputs.kubernetes.helm.layout import CHART
from guardrail.inputs.kubernetes.helm.order import in_order
from guardrail.inputs.kubernetes.helm.values import load_values, of_subchart
from guardrail.model import Map, Problem, Span
from guardrail.tree import Tree, Unreadable

MAX_FILES = 4000
MAX_BYTES = 60 * 1024 * 1024
MAX_CHARTS = 100  # in one
MAX_DEPTH = 8
_NOT_COPIED = frozenset((".git", "node_modules", ".terraform", ".venv", "__pycache__"))
_FIRST = ("templates", "charts")  # copied before everything else
_NOT_FOR_HELM = ("values.schema.json", "templates/NOTES.txt")


class TooMuch(Exception):
    """A chart that is past a limit; the message says which."""


@dataclass
class Part:
    """A chart, or one that it depends on, in the copy. `where` is its folder there ("" for the chart itself);
    `place`: where a finding stands if the tree does not have the part's own files."""

    chart: Chart
    where: str
    place: Span
    values: Map
    parts: list[Part] = field(default_factory=list)


class Instance(NamedTuple):
    """A part under the name that Helm's output has for it, with what it sees of the values."""

    name: str
    part: Part
    values: Map


def owner_of(template: str, instances: Iterable[Instance]) -> tuple[Instance, str] | None:
    """Whose template that is, by the name that Helm's output has for it, and what it is called there."""
    fitting = [instance for instance in instances if template.startswith(instance.name + "/")]
    best = max(fitting, key=lambda instance: len(instance.name), default=None)
    return None if best is None else (best, template[len(best.name) + 1 :])


@dataclass
class Workspace:
    """`files`: name in the copy -> contents; `sources`: name in the copy -> name in the tree, for those that
    have one. `missing`: dependencies that are nowhere; `siblings`: those that were found elsewhere in the tree."""

    chart: Chart
    root: Part
    files: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    missing: list[Dependency] = field(default_factory=list)
    siblings: list[tuple[Dependency, Chart]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def templates(self) -> Iterator[str]:
        """Names of the templates, those of dependencies included."""
        for name in self.files:
            parts = name.split("/")
            if "templates" in parts[:-1]:
                yield name

    def write(self, folder: str, files: dict[str, bytes]) -> None:
        """Puts files of the copy into a folder on disk, over those that are there."""
        made: set[str] = set()
        for name, data in files.items():
            if "/templates/" in f"/{name}":
                data = in_order(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            path = os.path.join(folder, *name.split("/"))
            parent = os.path.dirname(path)
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            with open(path, "wb") as stream:
                stream.write(data)

    def instances(self, values: Map) -> Iterator[Instance]:
        """The chart and all that it depends on, under each name that they are depended on by."""
        stack = [(self.chart.name, self.root, values, 0)]
        count = 0
        while stack:
            name, part, seen, depth = stack.pop()
            count += 1
            if count > MAX_CHARTS * 4:
                return
            yield Instance(name, part, seen)
            if depth >= MAX_DEPTH:
                continue
            for below in part.parts:
                keys = [entry.key for entry in part.chart.dependencies if entry.name == below.chart.name]
                for key in keys or [below.chart.name]:
                    stack.append((f"{name}/charts/{key}", below, of_subchart(below.values, seen, key), depth + 1))


class Builder:
    """Makes the copy of one chart. Raises TooMuch. `elsewhere`: whether what is not in its `charts` folder may be taken
    from elsewhere in the tree."""

    def __init__(self, tree: Tree, elsewhere: bool = True) -> None:
        self.tree = tree
        self.elsewhere = Elsewhere(tree) if elsewhere else None

    def build(self, chart: Chart) -> Workspace:
        self.bytes = self.charts = 0
        part = Part(chart, "", chart.place, Map())
        self.workspace = Workspace(chart, part)
        self._fill(part, chart.folder, 0, (chart.folder,))
        return self.workspace

    def _add(self, name: str, data: bytes, source: str | None) -> None:
        workspace = self.workspace
        self.bytes += len(data)
        if len(workspace.files) >= MAX_FILES:
            raise TooMuch(f"it has more than {MAX_FILES:,} files")
        if self.bytes > MAX_BYTES:
            raise TooMuch(f"it has more than {MAX_BYTES:,} bytes")
        workspace.files[name] = data
        if source is not None:
            workspace.sources[name] = source

    def _fill(self, part: Part, folder: str, depth: int, above: tuple[str, ...]) -> None:
        """Copies a chart that stands in a folder of the tree."""
        if depth > MAX_DEPTH:
            raise TooMuch(f"its dependencies go deeper than {MAX_DEPTH}")
        self.charts += 1
        if self.charts > MAX_CHARTS:
            raise TooMuch(f"it depends on more than {MAX_CHARTS} charts")
        tree = self.tree
        for path in self._walk(folder):
            name = path[len(folder) + 1 :] if folder else path
            if name in _NOT_FOR_HELM or name.startswith("charts/"):
                continue
            try:
                data = tree.read(path)
            except Unreadable as error:
                self.workspace.problems.append(error.problem)
                continue
            self._add(_join(part.where, name), data, path)
        values = _join(part.where, "values.yaml")
        if values in self.workspace.files:
            part.values = load_values(self.workspace.files[values], _join(folder, "values.yaml"))
        self._dependencies(part, folder, depth, above)

    def _walk(self, folder: str) -> Iterator[str]:
        """The files of a chart without those in `charts`, its templates first."""
        tree = self.tree
        for name in tree.names_in(folder):
            yield _join(folder, name)
        below = [name for name in tree.folders_in(folder) if name not in _NOT_COPIED and name != "charts"]
        below.sort(key=lambda name: (name not in _FIRST, name))
        seen: set[str] = set()
        stack = [_join(folder, name) for name in reversed(below)]
        while stack:
            at = stack.pop()
            real = os.path.realpath(tree.absolute(at))
            if real in seen or tree.is_file(_join(at, CHART)):  # another chart, which isn't this one's
                continue
            seen.add(real)
            for name in tree.names_in(at):
                yield _join(at, name)
            stack += [_join(at, name) for name in reversed(tree.folders_in(at)) if name not in _NOT_COPIED]

    def _dependencies(self, part: Part, folder: str, depth: int, above: tuple[str, ...]) -> None:
        wanted = {entry.name: entry for entry in part.chart.dependencies}
        there: set[str] = set()
        for entry in part.chart.dependencies:
            local = self._local(folder, entry)
            chart = read_chart(local, self.tree) if local is not None else None
            if local is not None and chart is not None and local not in above and entry.name not in there:
                there.add(chart.name)
                self._below(part, chart, local, entry, depth, above)
        charts = _join(folder, "charts")
        if self.tree.is_folder(charts):
            for name in self.tree.folders_in(charts):
                at = _join(charts, name)
                chart = read_chart(at, self.tree) if not name.startswith((".", "_")) else None
                if chart is not None and chart.name not in there:
                    there.add(chart.name)
                    self._below(part, chart, at, None, depth, above)
            for name in self.tree.names_in(charts):
                if name.endswith((".tgz", ".tar.gz")) and not name.startswith((".", "_")):
                    self._archive(part, _join(charts, name), wanted, there, depth)
        for entry in part.chart.dependencies:
            sibling = self.elsewhere.find(folder, entry) if self.elsewhere and entry.name not in there else None
            if sibling is not None and sibling.folder not in above:
                there.add(entry.name)
                self.workspace.siblings.append((entry, sibling))
                self._below(part, sibling, sibling.folder, entry, depth, above)
        gone = [entry for entry in part.chart.dependencies if entry.name not in there]
        if gone:
            self.workspace.missing += gone
            for name in (CHART, REQUIREMENTS):
                path = _join(part.where, name)
                asked = [entry for entry in gone if entry.span.file == _join(folder, name)]
                if path in self.workspace.files and asked:
                    self.workspace.files[path] = without_dependencies(self.workspace.files[path], asked)

    def _local(self, folder: str, entry: Dependency) -> str | None:
        if entry.local is None:
            return None
        return self.tree.join(folder, entry.local)

    def _below(
        self, part: Part, chart: Chart, folder: str, entry: Dependency | None, depth: int, above: tuple[str, ...]
    ) -> None:
        where = _join(part.where, f"charts/{chart.name}")
        below = Part(chart, where, entry.span if entry else chart.place, Map())
        part.parts.append(below)
        self._fill(below, folder, depth + 1, (*above, folder))

    def _archive(self, part: Part, path: str, wanted: dict[str, Dependency], there: set[str], depth: int) -> None:
        try:
            files = unpack(self.tree.read(path))
        except Unreadable as error:
            self.workspace.problems.append(error.problem)
            return
        except BadArchive as error:
            self.workspace.problems.append(Problem("unrendered", f"the packaged chart is not read: {error}", path))
            return
        finally:
            self.tree.forget([path])
        chart = chart_from(files.get(CHART, b""), files.get(REQUIREMENTS, b""))
        if chart is None:
            self.workspace.problems.append(Problem("unrendered", "the packaged chart has no Chart.yaml", path))
            return
        if chart.name in there:
            return
        there.add(chart.name)
        entry = wanted.get(chart.name)
        place = entry.span if entry is not None else part.chart.place
        self._packed(part, chart, _join(part.where, f"charts/{chart.name}"), files, "", place, depth + 1)

    def _packed(
        self, part: Part, chart: Chart, where: str, files: dict[str, bytes], prefix: str, place: Span, depth: int
    ) -> None:
        """A chart out of an archive, and those packed in with it."""
        self.charts += 1
        if self.charts > MAX_CHARTS or depth > MAX_DEPTH:
            raise TooMuch(f"it depends on more than {MAX_CHARTS} charts")
        values = load_values(files.get(prefix + "values.yaml", b""), "")
        below = Part(chart, where, place, values)
        part.parts.append(below)
        inner: dict[str, str] = {}
        nested: list[str] = []
        for name in sorted(files):
            if not name.startswith(prefix):
                continue
            own = name[len(prefix) :]
            if own.startswith("charts/"):
                pieces = own.split("/")
                if len(pieces) == 3 and pieces[2] == CHART:
                    inner[pieces[1]] = f"{prefix}charts/{pieces[1]}/"
                elif len(pieces) == 2 and own.endswith(".tgz"):
                    nested.append(name)
            elif own not in _NOT_FOR_HELM:
                self._add(_join(where, own), files[name], None)
        there: set[str] = set()
        for at in inner.values():
            packed = chart_from(files[at + CHART], files.get(at + REQUIREMENTS, b""))
            if packed is not None and packed.name not in there:
                there.add(packed.name)
                self._packed(below, packed, _join(where, f"charts/{packed.name}"), files, at, place, depth + 1)
        for name in nested:
            try:
                unpacked = unpack(files[name])
            except BadArchive as error:
                message = f"a chart packed in {chart.name} is not read: {error}"
                self.workspace.problems.append(Problem("unrendered", message, place.file, place.line))
                continue
            packed = chart_from(unpacked.get(CHART, b""), unpacked.get(REQUIREMENTS, b""))
            if packed is not None and packed.name not in there:
                there.add(packed.name)
                self._packed(below, packed, _join(where, f"charts/{packed.name}"), unpacked, "", place, depth + 1)
        gone = [entry for entry in chart.dependencies if entry.name not in there]
        self.workspace.missing += [entry._replace(span=place) for entry in gone]
        for name in (CHART, REQUIREMENTS):
            path = _join(where, name)
            if gone and path in self.workspace.files:
                self.workspace.files[path] = without_dependencies(self.workspace.files[path], gone)


def _join(folder: str, name: str) -> str:
    return posixpath.join(folder, name) if folder else name
