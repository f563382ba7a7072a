"""One chart with all its profiles: handed to Helm, and what comes back made into resources."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from guardrail.formats.text import decode
from guardrail.inputs.kubernetes.helm.engine import Engine, Job, Rendering
from guardrail.inputs.kubernetes.helm.generated import at_another_time, makes_anything
from guardrail.inputs.kubernetes.helm.manifests import Failure, ManifestReader, Rendered
from guardrail.inputs.kubernetes.helm.marks import Marker
from guardrail.inputs.kubernetes.helm.messages import TEMPLATE, without_secrets
from guardrail.inputs.kubernetes.helm.output import Sources
from guardrail.inputs.kubernetes.helm.placed import PlacedTemplates
from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.helm.standins import PARTIAL, Calls, StandIns, names_in, words
from guardrail.inputs.kubernetes.helm.syntax import NotATemplate, Template
from guardrail.inputs.kubernetes.helm.values import load_values, merged, switched_off
from guardrail.inputs.kubernetes.helm.workspace import Workspace, owner_of
from guardrail.model import Map, Problem, plain
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

_PLACE = lazy_regex(rf"({TEMPLATE}?):(\d+)")
_NAMED = lazy_regex(f"({TEMPLATE})")
MAX_MESSAGE = 500
MAX_DROPPED = 40  # templates that are left out
DROPPING_SECONDS = 30.0  # to find them with all profiles, and once more with one
AHEAD = 2  # profiles that are rendered for places before they are asked for
MAX_SPARED = 10  # times that marks are taken away from templates that cannot do with them


class Renderer:
    """Renders the chart of one workspace. `folder` is an empty folder on disk that is its alone."""

    def __init__(self, workspace: Workspace, tree: Tree, engine: Engine, folder: str) -> None:
        self.workspace, self.tree, self.engine, self.folder = workspace, tree, engine, folder
        self.sources = self._parse()
        self.makes_anything = makes_anything(template.text for template in self.sources.templates.values())
        self.values_files: dict[str, str] = {}
        self.unreadable: list[Problem] = []
        self.full: Marker | None = None  # the marks of the renderings that `take` gets
        self.fewer: Marker | None = None  # those of `near`
        self.started_near: dict[Job, Future[Rendering]] = {}
        self.dropped: dict[str, bytes] = {}
        self.spared: set[str] = set()  # templates without marks
        self.profiles: Sequence[Profile] = ()
        self.placed = PlacedTemplates()
        self.stood_in: dict[Job, Job] = {}  # with stand-ins: with other ones
        self.stand_ins: dict[str, None] = {}  # what they are for
        self.words = ("", "")
        self.partials: Sequence[bytes] = ()
        self.others_written = False

    def _parse(self) -> Sources:
        workspace = self.workspace
        templates: dict[str, Template] = {}
        for name in workspace.templates():
            text, problem = decode(workspace.files[name], name)
            if problem is None:
                try:
                    templates[name] = Template(text)
                except NotATemplate:
                    continue  # Helm says what is wrong with it
        return Sources(templates, workspace.sources)

    def start(self, profiles: Sequence[Profile]) -> None:
        """Has Helm begin; `finish` waits for what comes of it."""
        self.profiles = profiles
        self.workspace.write(self._copy("chart"), self.workspace.files)
        self.jobs = [self._job(profile) for profile in profiles]
        self.clean = [self.engine.start(job) for job in self.jobs]
        self.marked: list[Future[Rendering]] = []
        if not self.workspace.missing:  # with what is missing it is not yet known what to put marks into
            self._start_marked()

    def finish(self) -> Rendered:
        name = self.workspace.chart.name
        first = [rendering.result() for rendering in self.clean]
        rendered = Rendered([], [], [], [], {}, [], [], [])
        if self.workspace.missing:
            self._with_stand_ins(first)
            if all(rendering.error for rendering in first):
                self._without_what_fails(first, rendered)
            self._start_marked(first)
        for profile, job, clean, marked in zip(self.profiles, self.jobs, first, self.marked, strict=True):
            if clean.error:
                rendered.failures.append(self._failure(profile, clean))
                continue
            rendered.profiles.append(profile)
            ManifestReader(self, profile, job, rendered).take(clean, marked.result())
        own = {f"{name}/{template}": source for template, source in self._own_templates()}
        rendered.empty.extend(source for source in own.values() if source not in rendered.templates)
        return rendered

    def _start_marked(self, clean: Sequence[Rendering] = ()) -> None:
        """`clean`: what came without marks, where templates may be left out that other profiles can do with."""
        self.full = self._write_marked("marked")
        copies = {tuple(self.dropped): "marked"}
        for index, job in enumerate(self.jobs):
            dropped = tuple(name for name in self.dropped if not (clean and self._puts_out(name, clean[index])))
            if dropped not in copies:
                copies[dropped] = f"marked{len(copies)}"
                self._write_marked(copies[dropped], dropped)
            self.marked.append(self.engine.start(self._for_places(job, copies[dropped])))

    def _puts_out(self, template: str, rendering: Rendering) -> bool:
        return bool(rendering.manifests.get(f"{self.workspace.chart.name}/{template}", "").strip())

    def _with_stand_ins(self, first: list[Rendering]) -> None:
        """Renders a chart that lacks dependencies with something in the place of what it asks them for."""
        missing = {entry.key: entry for entry in self.workspace.chart.dependencies if entry in self.workspace.missing}
        defined = {name for template in self.sources.templates.values() for name in template.defines}
        calls = Calls(self.sources.templates.values(), defined)
        apart = {name: calls.told_apart(template) for name, template in self.sources.templates.items()}
        renamed = {name: text.encode("utf-8", "surrogatepass") for name, (text, called) in apart.items() if called}
        self.workspace.files.update(renamed)
        self.sources = self._parse()
        templates = self.sources.templates
        own = [template for name, template in templates.items() if not name.startswith("charts/")]
        stand_ins = StandIns(Calls(templates.values(), defined), own, missing)
        if not stand_ins:
            return
        pair = self.words = words(self.workspace.files.values())
        self.partials = [stand_ins.partial(word) for word in pair]
        self.workspace.write(self._copy("chart"), {**renamed, PARTIAL: self.partials[0]})
        tried: list[tuple[int, Job, Future[Rendering]]] = []
        for index, (profile, job) in enumerate(zip(self.profiles, self.jobs, strict=True)):
            values = self.values_of(profile)

            def is_missing(key: str, values: Map = values) -> bool:
                return not switched_off(missing[key].condition, values)

            files = [self._said(stand_ins.values(values, is_missing, word)) for word in pair]
            one = job._replace(values=(files[0], *job.values))
            self.stood_in[one] = one._replace(chart=self._copy("other"), values=(files[1], *job.values))
            self.stand_ins.update(dict.fromkeys(names_in(stand_ins.values(values, is_missing, pair[0]))))
            tried.append((index, one, self.engine.start(one)))
        for index, one, started in tried:
            rendering = started.result()
            if first[index].error or not rendering.error:  # what goes without them goes without them
                first[index], self.jobs[index] = rendering, one
        called = (name for _, names in apart.values() for name in names)
        self.stand_ins.update(dict.fromkeys(f"template {name}" for name in called))

    def _without_what_fails(self, first: list[Rendering], rendered: Rendered) -> None:
        """Renders a chart that lacks dependencies without those of its templates that cannot do without them. Where
        that takes long, it is looked for with one profile, and the others go without what that one goes without."""
        begin = time.monotonic()
        for _ in range(MAX_DROPPED):
            failing = [index for index, rendering in enumerate(first) if rendering.error and not rendering.aborted]
            periods = (time.monotonic() - begin) / DROPPING_SECONDS
            tried = failing if periods < 1 else failing[:1]
            if periods >= 2 or not self._drop(tried, first, rendered):
                if periods >= 1 and self.dropped:
                    self._render_again(failing, first)
                return
            self._render_again(tried, first)

    def _drop(self, failing: Sequence[int], first: Sequence[Rendering], rendered: Rendered) -> bool:
        """Leaves out the templates that renderings have failed at."""
        dropped: dict[str, bytes] = {}
        for index in failing:
            failure = self._failure(self.profiles[index], first[index])
            own = next((name for name, file in self.workspace.sources.items() if file == failure.file), "")
            if failure.file and own not in self.dropped and not own.rsplit("/", 1)[-1].startswith("_"):
                dropped[own] = b""
                rendered.dropped.append(failure)
        self.dropped.update(dropped)
        self.workspace.write(self._copy("chart"), dropped)
        return bool(dropped)

    def _render_again(self, indices: Iterable[int], first: list[Rendering]) -> None:
        started = [(index, self.engine.start(self.jobs[index])) for index in indices]
        for index, again in started:
            first[index] = again.result()

    def _own_templates(self) -> Iterator[tuple[str, str]]:
        """The chart's own templates that are meant to come out as manifests."""
        for name, source in self.workspace.sources.items():
            base = name.rsplit("/", 1)[-1]
            if name.startswith("templates/") and not base.startswith("_") and base.endswith((".yaml", ".yml", ".json")):
                template = self.sources.templates.get(name)
                if template is None or any(action.prints for action in template.actions) or _has_text(template):
                    yield name, source

    def _write_marked(self, copy: str, without: Iterable[str] | None = None) -> Marker:
        """Puts the chart on disk with marks: everywhere in `marked`, none in its `define`s in other copies. `without`:
        templates that are left out, if not all that any profile can't do with."""
        marker = Marker(template.text for template in self.sources.templates.values())
        marked = {
            name: at_another_time(marker.instrumented(name, template, copy.startswith("marked")))
            for name, template in self.sources.templates.items()
            if name not in self.spared
        }
        written = {name: text.encode("utf-8", "surrogatepass") for name, text in marked.items()}
        dropped = self.dropped if without is None else dict.fromkeys(without, b"")
        self.workspace.write(self._copy(copy), {**self.workspace.files, **written, **dropped, **self._partial(0)})
        return marker

    def _copy(self, name: str) -> str:
        return os.path.join(self.folder, name, _safe(self.workspace.chart.name))

    def _for_places(self, job: Job, copy: str) -> Job:
        return job._replace(chart=self._copy(copy), for_places=True)

    def _partial(self, number: int) -> dict[str, bytes]:
        return {PARTIAL: self.partials[number]} if self.partials else {}

    def again(self, job: Job) -> Rendering:
        """The same once more and at another time, of which something else may come."""
        if not self.others_written:
            self.others_written = True
            texts = {name: at_another_time(template.text) for name, template in self.sources.templates.items()}
            other = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
            files = {**self.workspace.files, **other, **self.dropped, **self._partial(1)}
            self.workspace.write(self._copy("other"), files)
        return self.engine.render(self.stood_in.get(job) or job._replace(chart=self._copy("other")))

    def near(self, job: Job) -> Rendering:
        """Once more for places, with fewer marks, those of `fewer`. Profiles that come after one that needs this mostly
        need it, too."""
        if not self.spared:
            if self.fewer is None:
                self.fewer = self._write_marked("near")
            first = self.jobs.index(job)
            for each in self.jobs[first : first + 1 + AHEAD]:
                if each not in self.started_near:
                    self.started_near[each] = self.engine.start(self._for_places(each, "near"))
            rendering = self.started_near[job].result()
        else:
            rendering = self.engine.render(self._for_places(job, "spared"))
        for _ in range(MAX_SPARED):
            if not rendering.error or rendering.aborted or not self._spare(rendering):
                break
            self.fewer = self._write_marked("spared")
            rendering = self.engine.render(self._for_places(job, "spared"))
        return rendering

    def _spare(self, rendering: Rendering) -> bool:
        """Takes the marks from the template that failed for them, and from those that it speaks of, whose output it may
        read (`include ... | fromYaml`). False where that changes nothing."""
        file, _ = self._place_in(rendering.error)
        own = next((name for name, source in self.workspace.sources.items() if source == file), "")
        template = self.sources.templates.get(own)
        if template is None:
            return False
        spoken_of = {name for name in self.sources.templates if name.rpartition("/")[2] in template.text}
        known = len(self.spared)
        self.spared |= {own, *spoken_of}
        return len(self.spared) > known

    def _job(self, profile: Profile) -> Job:
        files = [path for name in profile.files if (path := self._values_file(name)) is not None]
        if profile.values is not None:
            files.append(self._said(plain(profile.values)))
        release = profile.release or self.workspace.chart.release
        # Nobody knows yet where it will be installed; not in the default namespace, one hopes.
        return Job(self._copy("chart"), tuple(files), release, profile.namespace or release)

    def _said(self, values: Any) -> str:
        """Values that are in no file, in one."""
        path = os.path.join(self.folder, f"said{len(os.listdir(self.folder))}.json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(values, stream)
        return path

    def _values_file(self, name: str) -> str | None:
        if name not in self.values_files:
            try:
                data = self.tree.read(name)
            except Unreadable as error:
                self.unreadable.append(error.problem)
                return None
            path = os.path.join(self.folder, f"values{len(self.values_files)}.yaml")
            with open(path, "wb") as stream:
                stream.write(data)
            self.values_files[name] = path
        return self.values_files[name]

    def values_of(self, profile: Profile) -> Map:
        values = self.workspace.root.values
        for name in profile.files:
            if name in self.values_files:
                values = merged(values, load_values(self.tree.read(name), name))
        return merged(values, profile.values) if profile.values is not None else values

    def _failure(self, profile: Profile, rendering: Rendering) -> Failure:
        said = rendering.error.replace(self.folder + os.sep, "").replace(self.folder, "")
        seen = [instance.values for instance in self.workspace.instances(self.values_of(profile))]
        message = without_secrets(" ".join(said.split()), seen)
        if len(message) > MAX_MESSAGE:
            message = message[: MAX_MESSAGE - 3] + "..."
        return Failure(profile, message, *self._place_in(said), rendering.aborted)

    def _place_in(self, said: str) -> tuple[str, int]:
        """The file that an error speaks of, and the line; "" and 0 where it names none."""
        for match in _PLACE.finditer(said):
            source = self.source_of(match.group(1))
            if source:
                return source, int(match.group(2))
        named = _NAMED.search(said)
        return (named and self.source_of(named.group(1))) or "", 0

    def source_of(self, name: str) -> str | None:
        """The file in the tree of a template as Helm calls it."""
        found = owner_of(name, self.workspace.instances(self.workspace.root.values))
        if found is None:
            return None
        where, own = found[0].part.where, found[1]
        return self.workspace.sources.get(f"{where}/{own}" if where else own)


def _has_text(template: Template) -> bool:
    return any(unit is None and template.text[start:end].strip() for start, end, unit in template.texts)


def _safe(name: str) -> str:
    """A chart's name as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).strip(".") or "chart"
