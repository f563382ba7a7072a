"""One chart with all its profiles -> resources, what is told of it, and how far its files were read."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from guardrail.inputs.kubernetes.helm.chart import Chart
from guardrail.inputs.kubernetes.helm.engine import Engine
from guardrail.inputs.kubernetes.helm.layout import CHART, ChartFolders, is_template
from guardrail.inputs.kubernetes.helm.manifests import Failure, Rendered, root_of
from guardrail.inputs.kubernetes.helm.profiles import Profile, profiles_of
from guardrail.inputs.kubernetes.helm.rendering import Renderer
from guardrail.inputs.kubernetes.helm.values import switched_off
from guardrail.inputs.kubernetes.helm.workspace import Builder, TooMuch, Workspace
from guardrail.inputs.reader import Reading
from guardrail.model import Note, Problem
from guardrail.tree import Tree, Unreadable

MAX_NAMED = 5
_CLAIMED = (".yaml", ".yml", ".json")  # what a scan finds by itself


class Outcome(NamedTuple):
    """`files` of the reading is what the chart's rendering says of files, its own and those of charts that it depends
    on; `rest` is what is left to say of its own if no rendering does. `failures`: why Helm can't render it at all."""

    reading: Reading
    rest: dict[str, str]
    failures: list[Problem]


class ChartReading:
    """One chart: what becomes of its files, and what there is to tell of it."""

    def __init__(
        self, folder: str, chart: Chart | None, files: list[str], tree: Tree, claimed: frozenset[str]
    ) -> None:
        """`claimed`: the files of all charts."""
        self.folder, self.chart, self.tree, self.files, self.claimed = folder, chart, tree, files, claimed
        self.folders = ChartFolders(tree)
        self.path = posixpath.join(folder, CHART)
        self.asked_for: list[Profile] = []
        self.outcome = Outcome(Reading(), {}, [])

    @property
    def reading(self) -> Reading:
        return self.outcome.reading

    def judged(self) -> dict[str, str]:
        """The templates of which something came, its own and those of charts that it depends on -> its folder."""
        return {path: self.folder for path, word in self.reading.files.items() if word in ("analysed", "partial")}

    def add_to(self, all_charts: Reading, judged: Mapping[str, str]) -> None:
        """After that of the charts before it. `judged`: what `judged` says of all charts."""
        reading, rest, failures = self.outcome
        all_charts.resources += reading.resources
        all_charts.problems += reading.problems
        all_charts.notes += reading.notes
        all_charts.lacking |= reading.lacking
        all_charts.files.update(reading.files)
        wholes = {judged[path] for path in self._manifests() if path in judged} if failures else ()
        if wholes:
            told = f"judged only as a part of {_listed(sorted(wholes))}"
            all_charts.notes += (
                Note("part-of-chart", f"{told}: {problem.message}", problem.file, problem.line) for problem in failures
            )
        else:
            all_charts.problems += failures
        for path, word in rest.items():
            all_charts.files.setdefault(path, "skipped" if wholes else word)

    def _manifests(self) -> Iterator[str]:
        """Its templates but those that only define others."""
        for path in self.files:
            if is_template(self._below(path)) and not posixpath.basename(path).startswith("_"):
                yield path

    def _below(self, path: str) -> str:
        """A file of the chart, named from its folder."""
        return path[len(self.folder) + 1 :] if self.folder else path

    def fail(self, why: str) -> None:
        """Its templates are lost; what there is beside them of plain manifests is read as such."""
        self.reading.problems.append(Problem("unrendered", why, self.path))
        self._settle({}, failed=True)

    def library(self, used: bool) -> None:
        if not used:
            what = "a library chart, and no chart here that uses it: nothing of it is judged"
            self.reading.notes.append(Note("library-chart", what, self.path))
        self._settle({}, failed=False)

    at: str
    """A folder on disk, not yet made, to render it in."""
    without: tuple[Engine, Sequence[str]] | None
    """What to `start` with once more, without what stands elsewhere in the tree, where that can't be rendered."""

    def start(self, engine: Engine, folders: Sequence[str], elsewhere: bool = True) -> bool:
        """Has Helm begin. False if it is not to be rendered. `folders`: those of all charts. `elsewhere`: whether what
        it depends on may stand anywhere in the tree."""
        chart = self.chart
        assert chart is not None
        try:
            workspace = Builder(self.tree, elsewhere).build(chart)
        except TooMuch as error:
            self.fail(f"not rendered: {error}")
            return False
        keys = [*workspace.root.values, "global", *(entry.key for entry in chart.dependencies)]
        profiles, left_out = profiles_of(self.folder, self.tree, keys, self.asked_for, folders)
        if left_out:
            what = f"{left_out} further values files are not rendered with; name those that count in guardrail.yaml"
            self.reading.problems.append(Problem("unrendered", what, self.path))
        os.mkdir(self.at)
        self.renderer = Renderer(workspace, self.tree, engine, self.at)
        self.renderer.start(profiles)
        self.without = (engine, folders) if workspace.siblings else None
        return True

    def finish(self) -> set[str]:
        """The folders of the charts that were rendered as part of it."""
        renderer, workspace, profiles = self.renderer, self.renderer.workspace, self.renderer.profiles
        del self.renderer  # with all that was rendered
        parts = {instance.part.chart.folder for instance in workspace.instances(workspace.root.values)}
        rendered = renderer.finish()
        shutil.rmtree(self.at, ignore_errors=True)  # Helm may still be at something that turned out not to be needed
        if self.without is not None and _fails_elsewhere(rendered, workspace):
            # It wants values that nobody has written here; without it the chart itself can be judged.
            self.outcome = Outcome(Reading(), {}, [])
            self.at += "-alone"
            return self.finish() if self.start(*self.without, elsewhere=False) else set()
        self.reading.problems += (*workspace.problems, *renderer.unreadable)
        self._missing(workspace, renderer, profiles)
        self._dropped(rendered, workspace.chart)
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
        self.reading.files.update(status)
        rest = self.outcome.rest
        for path in self.files:
            below = self._below(path)
            name = below.rsplit("/", 1)[-1]
            if name == CHART:
                rest[path] = "failed" if failed else "analysed"
            elif is_template(below):
                if not failed:
                    rest[path] = "skipped"
                elif b"{{" in self._head(path):
                    rest[path] = "failed"

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
            lacking = [p for p in profiles if not switched_off(entry.condition, renderer.values_of(p))]
            self.reading.lacking.update(root_of(workspace.chart, profile) for profile in lacking)
            if not lacking:
                note = f"{what}; switched off by {entry.condition}"
                self.reading.notes.append(Note("not-vendored", note, entry.span.file, entry.span.line))
            else:
                more = "what it brings is not judged; `helm dependency build` fetches it"
                self.reading.problems.append(
                    Problem("unrendered", f"{what}: {more}", entry.span.file or self.path, entry.span.line)
                )

        if renderer.stand_ins:
            what = f"unknown, since what they come from is not here: {_listed(list(renderer.stand_ins))}"
            self.reading.notes.append(Note("stood-in", what, self.path))

    def _dropped(self, rendered: Rendered, chart: Chart) -> None:
        """Templates that need what is missing: one problem for all of them, where the first fails."""
        if rendered.dropped and rendered.profiles:
            self.reading.lacking.update(root_of(chart, profile) for profile in rendered.profiles)
            first = rendered.dropped[0]
            names = [posixpath.relpath(path, self.folder or ".") for path in {f.file: 0 for f in rendered.dropped}]
            told = f"not rendered, for want of what it depends on: {_listed(names)}; Helm says {first.message}"
            self.reading.problems.append(Problem("unrendered", told, first.file, first.line))

    def _failures(self, rendered: Rendered) -> None:
        """Values that are meant to be completed by others need not be enough by themselves: where the chart can be
        rendered with others, that values.yaml alone does not do is a note. Where it can be with none, it may still be a
        part of another chart."""
        same: dict[tuple[str, str, int], list[Failure]] = {}
        for failure in rendered.failures:
            same.setdefault((failure.message, failure.file, failure.line), []).append(failure)
        for (message, file, line), failures in same.items():
            names = [failure.profile.name for failure in failures]
            first = failures[0]
            # Without a template to name, it is the values that Helm could make nothing of.
            place = (file, line) if file else (first.profile.files[-1] if first.profile.files else self.path, 0)
            if not rendered.profiles and len(same) == 1:
                self.outcome.failures.append(Problem("unrendered", f"Helm cannot render the chart: {message}", *place))
            elif rendered.profiles and len(failures) == 1 and _is_base(first.profile) and not first.aborted:
                told = f"not rendered with {names[0]} alone, which is not all that it needs: {message}"
                self.reading.notes.append(Note("incomplete-values", told, *place))
            else:
                told = f"Helm cannot render the chart with {_listed(names)}: {message}"
                problems = self.reading.problems if rendered.profiles else self.outcome.failures
                problems.append(Problem("unrendered", told, *place))

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


def _fails_elsewhere(rendered: Rendered, workspace: Workspace) -> bool:
    """Whether nothing is rendered, and that is because of charts that stand elsewhere in the tree."""
    folders = tuple(f"{chart.folder}/" for _, chart in workspace.siblings)
    return not rendered.profiles and all(failure.file.startswith(folders) for failure in rendered.failures)


def _is_base(profile: Profile) -> bool:
    """Whether it is the chart's own values and nothing else."""
    return not profile.files and profile.values is None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    return f"{shown} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else shown
