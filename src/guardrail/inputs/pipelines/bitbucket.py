"""Bitbucket Pipelines: `bitbucket-pipelines.yml` -> pipelines and jobs.

Follows the reference of bitbucket-pipelines.yml. A step is a job: it gets a container of its own. A step that an anchor
puts into several pipelines is a job in each of them, at one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from guardrail.formats.secret_texts import veiled
from guardrail.inputs.pipelines.bitbucket_steps import PROVIDER, Setting, job_resource, registered_images
from guardrail.inputs.pipelines.document import Library, conclude
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Note, Noun, Problem, Resource, Seq, Span, Value

# What starts a pipeline, by the section that it stands in; all but the first and the last hold one for each pattern.
SECTIONS = ("default", "branches", "tags", "bookmarks", "pull-requests", "custom")
MAX_STEPS = 5000  # of one file, over all of its pipelines
MAX_FILES = 200


class Import(NamedTuple):
    """`import: ...` of a pipeline: what it names, and where."""

    what: str
    span: Span


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    imported: set[str] = set()
    for path in files:
        _File(path, library, reading, imported).read()
    conclude(reading, sorted(imported.union(files)), library)
    return reading


class _File:
    def __init__(self, path: str, library: Library, reading: Reading, imported: set[str]) -> None:
        self.path, self.library, self.reading, self.imported = path, library, reading, imported
        self.root = library.get(path).root or Map(Span(path, 1, 1, 1, 1))
        self.found: list[Resource] = []
        self.triggers = Seq()
        self.imports: list[Import] = []
        self.locals = Keys()

    def problem(self, kind: str, message: str, span: Span) -> None:
        self.reading.problems.append(Problem(kind, message, span.file or self.path, span.line))

    def read(self) -> None:
        if self.library.get(self.path).root is None:
            return
        root = self.root
        setting = Setting(root, self.library, self.problem)
        whole = pipeline_resource(PROVIDER, "pipeline", self.path, "", root)
        pipelines = root.get("pipelines")
        definitions = root.get("definitions")
        shared = definitions.get("pipelines") if isinstance(definitions, Map) else None
        if isinstance(pipelines, Map):
            for section in pipelines:
                self._section(section, pipelines, setting)
        elif pipelines is not None or not (isinstance(shared, Map) or root.get("export")):
            where = root.spans.get("pipelines", root.header)
            self.problem("malformed", "there is no mapping of `pipelines`", where)
        if isinstance(shared, Map):  # for other repositories to import
            for name in shared:
                self._pipeline(f"definitions.pipelines.{name}", shared, name, "import", setting)
        self._tell(whole, setting)
        self.reading.resources += [whole, *self.found]

    def _tell(self, whole: Resource, setting: Setting) -> None:
        root = self.root
        name = self.path.rpartition("/")[2]
        draft = Draft("pipeline", root.header, root.span)
        draft.put("name", name)
        draft.put("system", PROVIDER)
        if self.triggers:
            self.triggers.header = self.triggers.spans[0]
        draft.put("triggers", self.triggers, self.triggers.header if self.triggers else None)
        # Pull requests from forks start nothing here.
        draft.put("untrusted", False)
        draft.put("privileged_trigger", False)
        whole.add_noun(draft.noun(name, "pipeline"))
        keys = Keys()
        for one in self.imports:
            for noun in self._import(one, keys):
                whole.add_noun(noun)
        for noun in registered_images(setting, self.found):
            whole.add_noun(noun)

    # Pipelines --------------------------------------------------------------------------------------------

    def _section(self, section: str, pipelines: Map, setting: Setting) -> None:
        span = pipelines.spans[section]
        if section not in SECTIONS:
            self.problem("malformed", f"`{section}` starts no pipeline", span)
            return
        body = pipelines[section]
        if body is None:
            return
        self.triggers.add(section, _key(span, section))
        if section == "default":
            self._pipeline("pipelines.default", pipelines, "default", section, setting)
        elif isinstance(body, Map):
            for pattern in body:
                self._pipeline(f"pipelines.{section}.{pattern}", body, pattern, section, setting)
        else:
            self.problem("malformed", f"`{section}` is no mapping of pipelines", span)

    def _pipeline(self, fragment: str, holder: Map, key: str, section: str, setting: Setting) -> None:
        body, span = holder[key], holder.spans[key]
        if isinstance(body, Map) and "import" in body:
            what = text_of(body["import"]) or ""
            one = Import(what, body.spans["import"])
            if one not in self.imports:
                self.imports.append(one)
            self._follow(one, section)
            return
        trigger = Seq(_key(span, key))
        trigger.add(section, _key(span, key))
        if not isinstance(body, Seq):
            if body is not None:
                self.problem("malformed", f"{fragment} is not a list", span)
            return
        given = _given(body)
        for place, step, around in self._steps(fragment, body, span, None):
            if len(self.found) >= MAX_STEPS:
                self.problem("too-many", f"more than {MAX_STEPS:,} steps; the others are not judged", span)
                return
            lasting = f"{fragment}.{_lasting(step)}"
            self.found.append(
                job_resource(setting, self.path, place, self.locals.next(lasting), step, around, trigger, given)
            )

    def _steps(
        self, fragment: str, items: Seq, span: Span, around: Map | None, depth: int = 0
    ) -> Iterator[tuple[str, Map, Map | None]]:
        """(fragment, step, the stage around it)."""
        for index, item in enumerate(items):
            place = f"{fragment}[{index}]"
            where = items.place(index)
            if isinstance(item, Seq) and depth < 5:  # anchors of lists
                yield from self._steps(place, item, where, around, depth + 1)
            elif not isinstance(item, Map):
                self.problem("malformed", f"{place} is no step", where)
            elif isinstance(item.get("step"), Map):
                yield place, item["step"], around
            elif "parallel" in item and depth < 5:
                yield from self._group(place, item, "parallel", around, depth)
            elif "stage" in item and depth < 5:
                stage = item["stage"]
                yield from self._group(place, item, "stage", stage if isinstance(stage, Map) else around, depth)
            elif "variables" not in item:
                self.problem("malformed", f"{place} is no step", where)

    def _group(
        self, place: str, item: Map, key: str, around: Map | None, depth: int
    ) -> Iterator[tuple[str, Map, Map | None]]:
        body, span = item[key], item.spans[key]
        steps = body.get("steps") if isinstance(body, Map) else body
        if isinstance(steps, Seq):
            inner = f"{place}.{key}" if steps is body else f"{place}.{key}.steps"
            yield from self._steps(inner, steps, span, around, depth + 1)
        else:
            self.problem("malformed", f"`{key}` of {place} has no list of steps", span)

    # What is imported -------------------------------------------------------------------------------------

    def _sources(self) -> Map:
        definitions = self.root.get("definitions")
        imports = definitions.get("imports") if isinstance(definitions, Map) else None
        return imports if isinstance(imports, Map) else Map()

    def _source_of(self, one: Import) -> tuple[str, str, Span] | None:
        """(source as declared, the pipeline's name in it, place): of `name@source`, where the source is declared
        under `definitions: imports`, or of `repository:ref:name`."""
        sources = self._sources()
        first, mark, second = one.what.partition("@")
        if mark:
            for source, name in ((second, first), (first, second)):
                if source in sources:
                    return text_of(sources[source]) or "", name, sources.spans[source]
            return None
        source, mark, name = one.what.rpartition(":")
        return (source, name, one.span) if mark else None

    def _follow(self, one: Import, section: str) -> None:
        """Pipelines that are imported from a file of this repository are read like its own."""
        found = self._source_of(one)
        if found is None:
            self.problem("missing-import", f"{one.what} names no source of `definitions: imports`", one.span)
            return
        source, name, _ = found
        if not source.endswith((".yml", ".yaml")) or source.count(":"):
            what = f"the pipeline {one.what} is imported from another repository and not read"
            self.reading.notes.append(Note("remote-include", what, one.span.file, one.span.line))
            return
        path = self._beside(source)
        if path is None:
            self.problem("missing-import", f"{source} is not there", one.span)
            return
        if len(self.imported) >= MAX_FILES:
            return
        self.imported.add(path)
        root = self.library.get(path).root or Map()
        definitions = root.get("definitions")
        shared = definitions.get("pipelines") if isinstance(definitions, Map) else None
        if not isinstance(shared, Map) or not isinstance(shared.get(name), Seq):
            self.problem("missing-import", f"{source} defines no pipeline {name}", one.span)
            return
        inner = _File(path, self.library, self.reading, self.imported)
        setting = Setting(root, self.library, self.problem)
        inner._pipeline(f"definitions.pipelines.{name}", shared, name, section, setting)
        known = {resource.address for resource in self.reading.resources}
        self.reading.resources += [resource for resource in inner.found if resource.address not in known]

    def _beside(self, source: str) -> str | None:
        tree = self.library.tree
        folder = self.path.rpartition("/")[0]
        for base in dict.fromkeys((folder, "")):
            joined = tree.join(base, source.lstrip("/"))
            if joined and tree.is_file(joined):
                return joined
        return None

    def _import(self, one: Import, keys: Keys) -> Iterator[Noun]:
        found = self._source_of(one)
        if found is None:
            return
        source, name, span = found
        draft = Draft("dependency", one.span)
        draft.put("ecosystem", "include")
        local = source.endswith((".yml", ".yaml")) and ":" not in source
        draft.put("local", local)
        if local:
            draft.put("name", source)
        else:
            repository, _, rest = source.partition(":")
            ref = rest.partition(":")[0]
            draft.put("name", repository, span)
            if ref:
                draft.put("version", ref, span)
            draft.put("pin", git_pin(ref), span)
        yield draft.noun(f"{source}:{name}", keys.next(source))


def _key(span: Span, key: str) -> Span:
    return Span(span.file, span.line, span.column, span.line, span.column + len(key))


def _lasting(step: Map) -> str:
    """What a fingerprint calls a step: its name, or else the first line that it runs."""
    name = text_of(step.get("name"))
    if name:
        return name
    script = step.get("script")
    for item in script if isinstance(script, Seq) else ():
        text = text_of(item.get("pipe")) if isinstance(item, Map) else text_of(item)
        if text:
            return veiled(text.strip().partition("\n")[0], throwaway=True)[:40]
    return "step"


def _given(items: Seq) -> dict[str, Span]:
    """Variables of a custom pipeline into which whoever starts it writes what they like."""
    found: dict[str, Span] = {}
    for item in items:
        declared: Value = item.get("variables") if isinstance(item, Map) else None
        for variable in declared if isinstance(declared, Seq) else ():
            name = text_of(variable.get("name")) if isinstance(variable, Map) else None
            if name and "allowed-values" not in variable:
                found[name] = variable.header
    return found
