"""What Helm puts out for one profile -> resources, each with its place in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from guardrail.inputs.kubernetes import documents
from guardrail.inputs.kubernetes.helm.chart import Chart
from guardrail.inputs.kubernetes.helm.engine import Job, Rendering
from guardrail.inputs.kubernetes.helm.generated import ANYTHING, Words, blank_out
from guardrail.inputs.kubernetes.helm.marks import Marker
from guardrail.inputs.kubernetes.helm.output import Output
from guardrail.inputs.kubernetes.helm.placed import Document, Placed
from guardrail.inputs.kubernetes.helm.places import Asked, FlowsOf, Placer
from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.helm.standins import settle
from guardrail.inputs.kubernetes.helm.values import SeenValues
from guardrail.inputs.kubernetes.helm.workspace import Instance, Part, owner_of
from guardrail.inputs.kubernetes.kinds import group_of
from guardrail.inputs.kubernetes.scopes import is_cluster_scoped
from guardrail.model import ELSEWHERE, Map, Origin, Problem, Resource, Seq, Span, Value

if TYPE_CHECKING:
    from guardrail.inputs.kubernetes.helm.rendering import Renderer

_TEST_HOOKS = frozenset(("test", "test-success", "test-failure"))


class Failure(NamedTuple):
    """A rendering that came to nothing: what Helm said, and where it says that the fault is."""

    profile: Profile
    message: str
    file: str
    line: int
    aborted: bool


class Rendered(NamedTuple):
    """What a chart came to. `templates`: those of the tree that came out with something in them; `empty`: those that
    did not, with any profile; `tests`: those that hold test hooks; `dropped`: what was left out so that the rest could
    be rendered."""

    resources: list[Resource]
    problems: list[tuple[str, Problem]]  # with the profile's name
    failures: list[Failure]
    profiles: list[Profile]  # those that rendered
    templates: dict[str, str]
    empty: list[str]
    tests: list[str]
    dropped: list[Failure]


def root_of(chart: Chart, profile: Profile) -> str:
    """What its resources have as `root`."""
    return f"{chart.folder}/Chart.yaml with {profile.name}".lstrip("/")


class ManifestReader:
    """Reads what one profile came to."""

    def __init__(self, renderer: Renderer, profile: Profile, job: Job, rendered: Rendered) -> None:
        self.renderer, self.profile, self.job, self.rendered = renderer, profile, job, rendered
        self._again: Rendering | None = None
        self.root = root_of(renderer.workspace.chart, profile)
        files = profile.files or (f"{renderer.workspace.chart.folder}/values.yaml".lstrip("/"),)
        self._deployed_from = (*files, *((profile.origin.file,) if profile.origin else ()))
        self.flows: FlowsOf = {}
        self._near: Rendering | None = None
        self._near_marker: Marker | None = None
        self.instances = list(renderer.workspace.instances(renderer.values_of(profile)))
        self._values: dict[int, SeenValues] = {}

    def _seen(self, values: Map) -> SeenValues:
        """Of an instance, which keeps them."""
        known = self._values.get(id(values))
        if known is None:
            known = self._values[id(values)] = SeenValues(values)
        return known

    def take(self, clean: Rendering, places: Rendering) -> None:
        for name in sorted(clean.manifests):
            text = clean.manifests[name]
            parts = name.split("/")
            if "templates" not in parts or parts[-1] == "NOTES.txt" or not text.strip():
                continue
            found = owner_of(name, self.instances)
            if found is not None:
                self._template(name, text, places.manifests.get(name), *found)

    def _template(self, name: str, text: str, marked: str | None, owner: Instance, own: str) -> None:
        renderer, part, seen = self.renderer, owner.part, self._seen(owner.values)
        inner = f"{part.where}/{own}" if part.where else own
        file = renderer.workspace.sources.get(inner, "")
        placed = renderer.placed.find((name, text, marked), seen)
        if placed is None:
            placed = self._placed(name, text, marked, part, inner, seen)
        problems = list(placed.problems)
        before = len(self.rendered.resources)
        for document in placed.documents:
            for item in document.value if isinstance(document.value, Seq) else (document.value,):
                put_into_namespace(item, self.job.namespace)
            for resource in _resources_in(document, file or part.place.file, problems):
                self._finish(resource, inner, document.segment, part)
                self.rendered.resources.append(resource)
        self.rendered.problems.extend((self.profile.name, problem) for problem in problems)
        if file:
            if placed.tests:
                self.rendered.tests.append(file)
            made = len(self.rendered.resources) > before
            status = "partial" if placed.broken else "analysed" if made else "skipped"
            known = self.rendered.templates.get(file, status)
            self.rendered.templates[file] = min(known, status, key=("partial", "analysed", "skipped").index)

    def _placed(
        self, name: str, text: str, marked: str | None, part: Part, inner: str, seen: SeenValues
    ) -> Placed:
        """What a template was rendered to, each value with its place, and kept where another profile may make the same
        of it."""
        renderer = self.renderer
        file = renderer.workspace.sources.get(inner, "")
        output = self._output(name, text, marked)
        fallback = Span(file, 1, 1, 1, 1) if file else part.place
        from guardrail.inputs.kubernetes.reader import untagged  # which asks for charts itself

        loaded = documents.load(text.encode("utf-8", "surrogatepass"), file or part.place.file)
        tests = False
        values = [untagged(document.value) for document in loaded.documents]
        stood_in = self.job in renderer.stood_in
        again = text if output.same and not stood_in else self._once_more(name, text)
        if again != text:
            blank_out(values, again, Words(*renderer.words, ELSEWHERE) if stood_in else ANYTHING)
        if stood_in:
            for value in values:
                settle(value)
        asked = Asked({}, set())
        made: list[Document] = []
        for value, document in zip(values, loaded.documents, strict=True):
            if not isinstance(value, (Map, Seq)) or not value:
                if stood_in and not isinstance(value, (Map, Seq)) and value is not None:
                    what = "what it puts out comes from a chart that is not in the repository; not judged"
                    loaded.problems.append(Problem("unrendered", what, file or part.place.file, document.line))
                continue
            if isinstance(value, Map) and _is_test(value):
                tests = True
                continue
            extent, segment = self._extent(output, inner, file, value.span, fallback)
            start = extent._replace(end_line=extent.line, end_column=extent.column)
            placer = Placer(output, seen, start, self.flows, asked)
            holder = value if isinstance(value, Map) else _held(value)
            placer.document(holder, holder.get("kind"))
            made.append(Document(value, extent, segment))
        broken = any(problem.kind != "duplicate-key" for problem in loaded.problems)
        if stood_in:
            loaded.problems[:] = map(_of_stand_ins, loaded.problems)
        told = [self._problem(problem, text, output, file, part, fallback) for problem in loaded.problems]
        placed = Placed(made, told, tests, broken)
        if again == text and len(renderer.profiles) > 1:
            renderer.placed.keep((name, text, marked), asked, placed)
        return placed

    def _once_more(self, name: str, text: str) -> str:
        """The output of a template that may make something else each time, or has stand-ins in it."""
        renderer = self.renderer
        stood_in = self.job in renderer.stood_in
        if not renderer.makes_anything and not stood_in:
            return text
        if self._again is None:
            self._again = renderer.again(self.job)
        if not stood_in:
            return self._again.manifests.get(name, text)
        again = self._again.manifests.get(name, "")
        # It may be left out there, for another profile can't do with it.
        return text.replace(*renderer.words) if self._again.error or not again.strip() else again

    def _output(self, name: str, text: str, marked: str | None) -> Output:
        renderer = self.renderer
        trails: list[tuple[str, Marker]] = []
        if marked is not None and renderer.full is not None:
            trails.append((marked, renderer.full))
        output = Output(text, trails, renderer.sources)
        if output.covered():
            return output
        if self._near is None:
            self._near = renderer.near(self.job)
            self._near_marker = renderer.fewer  # which another profile may change
        if name in self._near.manifests and self._near_marker is not None:
            trails.append((self._near.manifests[name], self._near_marker))
            output = Output(text, trails, renderer.sources)
        return output

    def _extent(self, output: Output, inner: str, file: str, rendered: Span, fallback: Span) -> tuple[Span, int]:
        """The part of its template that a document is made by, and its number there."""
        if not file or inner not in output.sources.templates:
            return fallback, 0
        template = output.sources.templates[inner]
        frames = output.frames(rendered.line, rendered.column)
        line = frames[0].span.line if frames and frames[0].span.file == file else 1
        segment = output.sources.segment_at(inner, line)
        first, last = output.sources.segments(inner)[segment]
        return Span(file, first, 1, last, len(template.line_text(last).rstrip()) + 1), segment

    def _finish(self, resource: Resource, inner: str, segment: int, part: Part) -> None:
        chart = self.renderer.workspace.chart
        resource.root = self.root
        resource.deployed_from = self._deployed_from
        sources = self.renderer.sources
        number = sources.ordinal(inner, segment, resource.kind) if inner in sources.templates else 0
        # What the fingerprint goes by: with other values, the object may have another name.
        where, below = (part.chart.folder, inner[len(part.where) :].lstrip("/")) if part.chart.place.file else (
            chart.folder, inner)  # fmt: skip
        resource.declared = f"{below}#{resource.kind}" + (f"[{number}]" if number else "")
        resource.scope = where
        place = resource.span._replace(end_line=resource.span.line, end_column=resource.span.column)
        resource.trace = (Origin(f"chart {chart.name} rendered with", place, self.profile.name),)

    def _problem(
        self, problem: Problem, text: str, output: Output, file: str, part: Part, fallback: Span
    ) -> Problem:
        line = 0
        if problem.line:
            of_text = text.split("\n")[problem.line - 1 : problem.line]
            column = next((len(each) - len(each.lstrip()) + 1 for each in of_text), 1)
            frames = output.frames(problem.line, column) or output.frames(problem.line, 10)
            own = [frame for frame in frames if frame.span.file == file]
            line = own[0].span.line if own else fallback.line
        return Problem(problem.kind, problem.message, file or part.place.file, line or fallback.line)


def _resources_in(document: Document, path: str, problems: list[Problem]) -> Iterator[Resource]:
    from guardrail.inputs.kubernetes.reader import resources_in  # which asks for charts itself

    return resources_in(document.value, path, problems, lambda _: document.extent)


def _held(value: Seq) -> Map:
    holder = Map(value.span, value.header)
    holder.put("items", value, value.span)
    return holder


def put_into_namespace(value: Value, namespace: str) -> None:
    """Does what Helm does when it installs a chart: what names no namespace goes into the release's."""
    if not isinstance(value, Map) or not isinstance(value.get("kind"), str):
        return
    items = value.get("items")
    if isinstance(items, Seq) and value["kind"].endswith("List"):
        for item in items:
            put_into_namespace(item, namespace)
        return
    metadata = value.get("metadata")
    if not isinstance(metadata, Map) or metadata.get("namespace") is not None:
        return
    if not is_cluster_scoped(value["kind"], group_of(value)):
        metadata.put("namespace", namespace, metadata.header)


def _of_stand_ins(problem: Problem) -> Problem:
    """What stands in for another text may have made it no YAML; nobody wrote that."""
    if problem.kind != "syntax":
        return problem
    what = "without what comes from a chart that is not in the repository, what it puts out is no YAML; not judged"
    return problem._replace(kind="unrendered", message=what)


def _is_test(value: Map) -> bool:
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Map) else None
    hooks = annotations.get("helm.sh/hook") if isinstance(annotations, Map) else None
    return isinstance(hooks, str) and not _TEST_HOOKS.isdisjoint(hook.strip() for hook in hooks.split(","))
