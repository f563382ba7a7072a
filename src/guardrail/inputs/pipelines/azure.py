"""Azure Pipelines: pipelines and their templates -> pipelines, jobs, steps.

Follows the "YAML schema reference for Azure Pipelines". A template is read as part of the pipelines that call it;
what it becomes there keeps its place in the template's file. One that nothing calls is read by itself, with the
defaults of its parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.pipelines.azure_containers import declared_images
from guardrail.inputs.pipelines.azure_expand import Piece, TooMuch
from guardrail.inputs.pipelines.azure_jobs import Jobs
from guardrail.inputs.pipelines.azure_scope import Variables
from guardrail.inputs.pipelines.azure_templates import BY_THE_RUN, bind, called_by
from guardrail.inputs.pipelines.azure_triggers import Triggers, triggers_of
from guardrail.inputs.pipelines.azure_walk import PROVIDER, Around, Walk
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.recognise import AZURE_PATH
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Noun, Problem, Resource, Seq, Unknown

_STARTS = ("trigger", "pr", "schedules", "pool", "resources", "lockBehavior")
_CONTENT = ("stages", "jobs", "steps", "extends")
TEMPLATE = "template"  # what stands for the trigger of what pipelines call


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    roots: dict[str, Map] = {}
    for path in files:
        source = library.get(path)
        reading.problems += source.problems
        if source.root is not None:
            roots[path] = source.root
            continue
        if source.is_odd:
            what = "is no mapping, so neither a pipeline nor a template"
            reading.problems.append(Problem("malformed", what, path, 1))
        reading.files[path] = "failed"
    calls = {path: set(called_by(root, path, library)) - {path} for path, root in roots.items()}
    called = set().union(*calls.values()) if calls else set()
    reached: set[str] = set()
    pipelines = [path for path, root in roots.items() if path not in called and _is_pipeline(path, root)]
    for path in pipelines:
        _pipeline(path, roots[path], library, reading, reached)
    for path in roots:
        if path in reached:
            _document(path, roots[path], reading)
    left = [path for path in roots if path not in pipelines and path not in reached]
    inner = set().union(*(calls[path] for path in left)) if left else set()
    for path in [*(path for path in left if path not in inner), *(path for path in left if path in inner)]:
        if path not in reached:
            _template(path, roots[path], library, reading, reached)
        else:
            _document(path, roots[path], reading)
    told = dict.fromkeys(reading.problems)
    for path in sorted(reached.difference(files)):
        told.update(dict.fromkeys(library.get(path).problems))
        reading.files[path] = "analysed" if library.get(path).root is not None else "failed"
    reading.problems = list(told)
    reading.notes = list(dict.fromkeys(reading.notes))
    broken = {problem.file for problem in reading.problems}
    for path in roots:
        reading.files[path] = "partial" if path in broken else "analysed"
    return reading


def _is_pipeline(path: str, root: Map) -> bool:
    """Whether a file that no other names is started by itself."""
    if any(key in root for key in _STARTS):
        return True
    if not any(key in root for key in _CONTENT):
        return False
    if AZURE_PATH.search(path) or "extends" in root:
        return True
    return "parameters" not in root and "template" not in path.lower()


def _pipeline(path: str, root: Map, library: Library, reading: Reading, reached: set[str]) -> None:
    walk = Walk(path, root, library, reached)
    resource = pipeline_resource(PROVIDER, "pipeline", path, "", root)
    walk.resources.append(resource)
    name = path.rpartition("/")[2]
    try:
        scope = bind(root, None, walk.expander, Variables(), BY_THE_RUN)
        level = walk.expander.level(root, scope)
        triggers = triggers_of(walk, level, root.header)
        jobs = Jobs(walk, triggers, name)
        draft = Draft("pipeline", root.header, root.span)
        draft.put("name", name)
        draft.put("system", PROVIDER)
        jobs.tell_triggers(draft)
        lock = walk.expander.settle(level, "lockBehavior")
        if lock is not None:
            draft.put("concurrency", lock.value, lock.span)
        resource.add_noun(draft.noun(name, "pipeline"))
        if not any(key in level for key in _CONTENT) and level.open is None:
            walk.problem("malformed", "has neither stages, jobs nor steps, and extends nothing", root.header)
        jobs.content(Piece(root, root.span, scope, None), level, Around("", (), scope))
        _with_variables(resource, jobs)
        for noun in (*declared_images(walk), *_includes(walk)):
            resource.add_noun(noun)
    except TooMuch as refusal:
        walk.problem(refusal.kind, str(refusal), root.header)
    _take(walk, reading)


def _with_variables(resource: Resource, jobs: Jobs) -> None:
    """The pipeline's variables by their names, in whichever way they are listed."""
    if jobs.variables is None or not isinstance(resource.attributes.get("variables"), Seq):
        return
    listed = resource.attributes
    attributes = Map(listed.span, listed.header)
    for key in listed:
        attributes.copy_entry(listed, key)
        attributes.spans[key] = listed.spans[key]
    attributes["variables"] = jobs.variables.as_map(listed.spans["variables"], listed["variables"].header)
    resource.attributes = attributes


def _template(path: str, root: Map, library: Library, reading: Reading, reached: set[str]) -> None:
    """A template that no pipeline of the tree calls."""
    walk = Walk(path, root, library, reached)
    reached.add(path)
    events = Seq(root.header)
    events.add(TEMPLATE, root.header)
    why = Unknown(f"{path} is a template, and what takes it in is not known")
    jobs = Jobs(walk, Triggers(events, False, root.header), path.rpartition("/")[2])
    try:
        scope = bind(root, None, walk.expander, Variables(), "whoever takes in the template")
        level = walk.expander.level(root, scope)
        walk.open = True
        around = Around("", (), scope, open=why)
        jobs.content(Piece(root, root.span, scope, None), level, around)
    except TooMuch as refusal:
        walk.problem(refusal.kind, str(refusal), root.header)
    document = _document(path, root, reading)
    for noun in _includes(walk):
        document.add_noun(noun)
    _take(walk, reading)


def _document(path: str, root: Map, reading: Reading) -> Resource:
    """The template as it is written, branches that are not taken and all: credentials may stand there too."""
    resource = pipeline_resource(PROVIDER, "template", path, "", root)
    reading.resources.append(resource)
    return resource


def _take(walk: Walk, reading: Reading) -> None:
    reading.resources += walk.resources
    reading.problems += walk.problems
    reading.notes += walk.notes


def _includes(walk: Walk) -> list[Noun]:
    """Templates as dependencies: those of other repositories with what pins the repository."""
    found: list[Noun] = []
    keys = Keys()
    seen: set[tuple[str, str]] = set()
    for path, alias, span in walk.includes:
        repository = walk.repositories.get(alias.lower()) if alias else None
        mark = (alias.lower(), "") if repository is not None else (alias.lower(), path)
        if mark in seen:
            continue
        seen.add(mark)
        if repository is None:
            draft = Draft("dependency", span)
            draft.put("ecosystem", "include")
            draft.put("name", f"{path}@{alias}" if alias else path)
            draft.put("local", not alias)
            if alias:
                unknown = Unknown(f"the repository {alias} is not named in the file")
                draft.put("version", unknown)
                draft.put("pin", unknown)
            found.append(draft.noun(f"{path}@{alias}" if alias else path, keys.next(path)))
            continue
        found.append(_repository(repository, alias, keys))
    return found


def _repository(repository: Map, alias: str, keys: Keys) -> Noun:
    place = repository.spans.get("name") or repository.header
    draft = Draft("dependency", place)
    name = repository.get("name")
    draft.put("ecosystem", "include")
    draft.put("local", False)
    draft.put("name", name if isinstance(name, (str, Unknown)) else alias, place)
    if isinstance(name, str):
        draft.put("owner", name.partition("/")[0])
    ref = repository.get("ref")
    if isinstance(ref, Unknown):
        draft.put("version", ref, repository.spans["ref"])
        draft.put("pin", ref, repository.spans["ref"])
    elif text_of(ref):
        draft.put("version", text_of(ref), repository.spans["ref"])
        draft.put("pin", git_pin(text_of(ref) or ""), repository.spans["ref"])
    else:
        draft.put("pin", "none")
    label = name if isinstance(name, str) else alias
    return draft.noun(label, keys.next(label))

