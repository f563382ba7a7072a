"""The charts of a tree -> resources: each chart with each of its profiles is a world of its own (`Resource.root`)."""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections import deque
from collections.abc import Sequence

from guardrail.inputs.kubernetes.helm.chart import Chart, read_chart
from guardrail.inputs.kubernetes.helm.engine import Engine, find_engine
from guardrail.inputs.kubernetes.helm.layout import CHART, ChartFolders, is_template
from guardrail.inputs.kubernetes.helm.manifests import Failure, Rendered
from guardrail.inputs.kubernetes.helm.profiles import Profile, ProfilesOf, profiles_of
from guardrail.inputs.kubernetes.helm.rendering import Renderer
from guardrail.inputs.kubernetes.helm.values import SeenValues
from guardrail.inputs.kubernetes.helm.workspace import Builder, TooMuch, Workspace
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Note, Problem, Value
from guardrail.tree import Tree, Unreadable

NO_HELM = (
    "there is no Helm to render it with, so nothing of it is judged: `pip install 'guardrail-scan[helm]'`, or put helm "
    "on PATH"
)
MAX_NAMED = 5
AHEAD = 2  # charts that Helm is at while another one is read
_CLAIMED = (".yaml", ".yml", ".json")  # what a scan finds by itself


def read_belonging(
    belonging: dict[str, list[str]], tree: Tree, options: ReadOptions, asked_for: ProfilesOf | None
) -> Reading:
    """`belonging`: the charts' folders and the files that belong to each. See `read_charts`."""
    reading = Reading()
    charts = {folder: read_chart(folder, tree) for folder in sorted(belonging)}
    used: set[str] = set()
    libraries: list[_Chart] = []
    claimed = frozenset(path for files in belonging.values() for path in files)
    with tempfile.TemporaryDirectory(prefix="guardrail-helm-") as home:
        engine = find_engine(home)
        try:
            begun: deque[_Chart] = deque()
            for number, (folder, chart) in enumerate(charts.items()):
                known = _Chart(folder, chart, belonging[folder], tree, reading)
                known.claimed = claimed
                if chart is None:
                    known.fail("it has no name, or is no YAML; not rendered")
                elif chart.library:
                    libraries.append(known)
                elif engine is None:
                    known.fail(NO_HELM)
                else:
                    at = os.path.join(home, str(number))
                    os.mkdir(at)
                    wanted = [*_configured(options, folder), *(asked_for(folder) if asked_for else ())]
                    if known.start(chart, engine, at, wanted, sorted(charts)):
                        begun.append(known)
                    if len(begun) > AHEAD:
                        used |= begun.popleft().finish()
            while begun:
                used |= begun.popleft().finish()
            for known in libraries:
                known.library(known.folder in used)
        finally:
            if engine is not None:
                engine.close()
    return reading


def _configured(options: ReadOptions, folder: str) -> list[Profile]:
    """The profiles that guardrail.yaml has for a chart."""
    return [
        Profile(found.name, found.values_files, found.values, found.release, found.namespace, found.place)
        for found in options.helm_profiles
        if found.chart == folder
    ]


class _Chart:
    """One chart: what becomes of its files, and what there is to tell of it."""

    def __init__(self, folder: str, chart: Chart | None, files: list[str], tree: Tree, reading: Reading) -> None:
        self.folder, self.tree, self.reading, self.files = folder, tree, reading, files
        self.folders = ChartFolders(tree)
        self.path = posixpath.join(folder, CHART)
        self.line = chart.place.line if chart is not None else 0

    claimed: frozenset[str]  # the files of all charts

    def fail(self, why: str) -> None:
        """Its templates are lost; what there is beside them of plain manifests is read as such."""
        self.reading.problems.append(Problem("unrendered", why, self.path))
        self._settle({}, failed=True)

    def library(self, used: bool) -> None:
        if not used:
            what = "a library chart, and no chart here that uses it: nothing of it is judged"
            self.reading.notes.append(Note("library-chart", what, self.path))
        self._settle({}, failed=False)

    def start(self, chart: Chart, engine: Engine, at: str, asked_for: list[Profile], charts: list[str]) -> bool:
        """Has Helm begin. False if it is not to be rendered."""
        try:
            workspace = Builder(self.tree).build(chart)
        except TooMuch as error:
            self.fail(f"not rendered: {error}")
            return False
        keys = [*workspace.root.values, "global", *(entry.key for entry in chart.dependencies)]
        profiles, left_out = profiles_of(self.folder, self.tree, keys, asked_for, charts)
        if left_out:
            what = f"{left_out} further values files are not rendered with; name those that count in guardrail.yaml"
            self.reading.problems.append(Problem("unrendered", what, self.path))
        self.renderer = Renderer(workspace, self.tree, engine, at)
        self.renderer.start(profiles)
        return True

    def finish(self) -> set[str]:
        """The folders of the charts that were rendered as part of it."""
        renderer, workspace, profiles = self.renderer, self.renderer.workspace, self.renderer.profiles
        parts = {instance.part.chart.folder for instance in workspace.instances(workspace.root.values)}
        rendered = renderer.finish()
        self.reading.problems += (*workspace.problems, *renderer.unreadable)
        self._missing(workspace, renderer, profiles)
        self._dropped(rendered)
        self._failures(rendered)
        self._problems(rendered)
        if not rendered.profiles:
            self._settle({}, failed=True)
            return parts
        self._empty(rendered)
        whole = self.path in self.files or any(path in renderer.values_files for path in self.files)
        excluded = self._excluded(rendered) if whole else set()
        for path in excluded:
            del rendered.templates[path]
        self.reading.resources += (
            resource
            for resource in rendered.resources
            if (resource.span.file not in excluded if whole else resource.span.file in self.files)
        )
        status = dict.fromkeys(rendered.empty, "skipped")
        status.update(dict.fromkeys((failure.file for failure in rendered.dropped), "failed"))
        status.update(rendered.templates)
        status.update(dict.fromkeys(renderer.values_files, "analysed"))
        for name, source in workspace.sources.items():
            own = name.rsplit("/", 1)[-1]
            if own in ("values.yaml", CHART) or ("templates/" in name and own.startswith("_")):
                status.setdefault(source, "analysed")
        self._settle(status, failed=False)
        return parts

    def _excluded(self, rendered: Rendered) -> set[str]:
        """Templates of the chart that the scan was to leave out: by .gitignore, or `exclude` of guardrail.yaml."""
        found = {
            path
            for path in rendered.templates
            # Of a chart that was found by itself all was found that is not to be left out.
            if path.endswith(_CLAIMED) and path not in self.claimed and self._chart_of(path) in self.claimed
        }
        if found:
            names = [posixpath.relpath(path, self.folder or ".") for path in sorted(found)]
            what = f"rendered, but not judged, since the scan leaves them out: {_listed(names)}"
            self.reading.notes.append(Note("left-out", what, self.path))
        return found

    def _chart_of(self, path: str) -> str:
        """The Chart.yaml of the chart that a file of the tree is rendered with."""
        return posixpath.join(self.folders.of(path) or "", CHART)

    def _settle(self, status: dict[str, str], failed: bool) -> None:
        """Says of each file how far it was read. Left to the reader of manifests: what is no part of the chart's
        rendering, and, where there was none, templates that are manifests as they stand."""
        taken = self.reading.files
        for path, word in status.items():
            taken[path] = word
        for path in self.files:
            if path in taken:
                continue
            below = path[len(self.folder) + 1 :] if self.folder else path
            name = below.rsplit("/", 1)[-1]
            if name == CHART:
                taken[path] = "failed" if failed else "analysed"
            elif is_template(below):
                if not failed:
                    taken[path] = "skipped"
                elif b"{{" in self._head(path):
                    taken[path] = "failed"

    def _head(self, path: str) -> bytes:
        try:
            return self.tree.read(path)
        except Unreadable:
            return b""

    def _missing(self, workspace: Workspace, renderer: Renderer, profiles: Sequence[Profile]) -> None:
        """Dependencies that are asked for and not there: a problem, unless they are switched off with all profiles."""
        for entry, sibling in dict.fromkeys(workspace.siblings):
            source = entry.repository or "elsewhere"
            what = f"{entry.name} {sibling.version} is taken from {sibling.folder}, not from {source}"
            self.reading.notes.append(Note("sibling-chart", what, entry.span.file, entry.span.line))
        for entry in dict.fromkeys(workspace.missing):
            version = f" {entry.version}" if entry.version else ""
            source = f" of {entry.repository}" if entry.repository else ""
            what = f"it depends on {entry.name}{version}{source}, which is not in its charts folder"
            if all(_switched_off(entry.condition, renderer.values_of(profile)) for profile in profiles):
                note = f"{what}; switched off by {entry.condition}"
                self.reading.notes.append(Note("not-vendored", note, entry.span.file, entry.span.line))
            else:
                more = "what it brings is not judged; `helm dependency build` fetches it"
                self.reading.problems.append(
                    Problem("unrendered", f"{what}: {more}", entry.span.file or self.path, entry.span.line)
                )

    def _dropped(self, rendered: Rendered) -> None:
        """Templates that need what is missing: one problem for all of them, where the first fails."""
        if rendered.dropped and rendered.profiles:
            first = rendered.dropped[0]
            names = [posixpath.relpath(path, self.folder or ".") for path in {f.file: 0 for f in rendered.dropped}]
            told = f"not rendered, for want of what it depends on: {_listed(names)}; Helm says {first.message}"
            self.reading.problems.append(Problem("unrendered", told, first.file, first.line))

    def _failures(self, rendered: Rendered) -> None:
        """Values that are meant to be completed by others need not be enough by themselves: where the chart can be
        rendered with others, that values.yaml alone does not do is a note."""
        same: dict[tuple[str, str, int], list[Failure]] = {}
        for failure in rendered.failures:
            same.setdefault((failure.message, failure.file, failure.line), []).append(failure)
        for (message, file, line), failures in same.items():
            names = [failure.profile.name for failure in failures]
            first = failures[0]
            # Without a template to name, it is the values that Helm could make nothing of.
            place = (file, line) if file else (first.profile.files[-1] if first.profile.files else self.path, 0)
            if not rendered.profiles and len(same) == 1:
                self.reading.problems.append(Problem("unrendered", f"Helm cannot render the chart: {message}", *place))
            elif rendered.profiles and len(failures) == 1 and _is_base(first.profile) and not first.aborted:
                told = f"not rendered with {names[0]} alone, which is not all that it needs: {message}"
                self.reading.notes.append(Note("incomplete-values", told, *place))
            else:
                told = f"Helm cannot render the chart with {_listed(names)}: {message}"
                self.reading.problems.append(Problem("unrendered", told, *place))

    def _problems(self, rendered: Rendered) -> None:
        """What is wrong with the output, once for all profiles."""
        same: dict[Problem, list[str]] = {}
        for profile, problem in rendered.problems:
            same.setdefault(problem, []).append(profile)
        for problem, names in same.items():
            unique = list(dict.fromkeys(names))
            message = f"{problem.message} (rendered with {_listed(unique)})"
            # The API server takes what Helm sends it with the last of the two.
            if problem.kind == "duplicate-key":
                self.reading.notes.append(Note(problem.kind, message, problem.file, problem.line))
            else:
                self.reading.problems.append(Problem(problem.kind, message, problem.file, problem.line))

    def _empty(self, rendered: Rendered) -> None:
        dropped = {failure.file for failure in rendered.dropped}
        empty = sorted(path for path in rendered.empty if path not in dropped)
        names = [posixpath.relpath(path, self.folder or ".") for path in empty]
        if names:
            which = "1 template comes" if len(names) == 1 else f"{len(names)} templates come"
            profiles = _listed([profile.name for profile in rendered.profiles])
            what = f"{which} out empty with {profiles}: {_listed(names)}; nothing of that is judged"
            self.reading.notes.append(Note("empty-template", what, self.path))
        tests = [posixpath.relpath(path, self.folder or ".") for path in sorted(set(rendered.tests))]
        if tests:
            what = f"runs only for `helm test`, so it is not judged: {_listed(tests)}"
            self.reading.notes.append(Note("test-hook", what, self.path))


def _is_base(profile: Profile) -> bool:
    """Whether it is the chart's own values and nothing else."""
    return not profile.files and profile.values is None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    return f"{shown} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else shown


def _switched_off(condition: str, values: Map) -> bool:
    """Whether the first of a dependency's conditions that is there says no, as Helm takes them."""
    for path in filter(None, (part.strip() for part in condition.split(","))):
        found = SeenValues(values).find(tuple(path.split(".")))
        value: Value = found[0].value if found else None
        if isinstance(value, bool):
            return not value
    return False

