"""Jenkins: declarative pipelines in a `Jenkinsfile` -> pipelines and jobs.

Follows the "Pipeline Syntax" page of Jenkins' user handbook. A stage that runs steps is a job. Scripted pipelines are
programs: their scripts, images and libraries are found, what they do with stages and machines is not followed.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.formats.groovy_nodes import Annotation, Call, Closure, Define, Node, walk
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.jenkins_agents import agent_nouns
from guardrail.inputs.pipelines.jenkins_attributes import block_attributes
from guardrail.inputs.pipelines.jenkins_file import PROVIDER, JenkinsFile
from guardrail.inputs.pipelines.jenkins_scope import Names, Scope, calls_in
from guardrail.inputs.pipelines.jenkins_stages import CHANGE_REQUEST, Around, Stages, names_changes, triggers_of
from guardrail.inputs.pipelines.jenkins_steps import Work, library_noun
from guardrail.inputs.pipelines.jenkins_taint import Taint
from guardrail.inputs.pipelines.vocabulary import Draft, pipeline_resource
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Note, Resource, Seq, Span

MAX_LOADED = 200
_PREPARES = frozenset(("library", "properties", "load"))
_SCRIPTED = frozenset(("node", "stage", "podTemplate", "parallel"))


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    waiting = list(files)
    seen = set(files)
    folders: dict[str, str] = {}  # of the workspace, in which the repository is
    for path in waiting:  # grows by what is loaded
        file = JenkinsFile(path, library.tree)
        if file.readable:
            folder = _folder(file) or folders.get(path, "")
            for loaded in _file(file, reading, path not in files):
                target = _target(path, loaded.removeprefix(folder), library) or _target(path, loaded, library)
                if target is None:
                    what = f"{loaded}, which is loaded, is not in the scanned tree; not followed"
                    reading.notes.append(Note("missing-file", what, path))
                elif target not in seen and len(seen) < len(files) + MAX_LOADED:
                    seen.add(target)
                    folders[target] = folder
                    waiting.append(target)
        reading.problems += file.problems
        reading.notes += file.notes
        state = "partial" if file.problems else "analysed"
        reading.files[path] = state if file.readable else "failed"
    reading.problems = list(dict.fromkeys(reading.problems))
    reading.notes = list(dict.fromkeys(reading.notes))
    return reading


def _target(path: str, loaded: str, library: Library) -> str | None:
    """A file that is loaded, seen from the workspace: the repository's root, or a folder above the pipeline's."""
    parts = path.split("/")[:-1]
    for base in ("", *("/".join(parts[:end]) for end in range(1, len(parts) + 1))):
        joined = library.tree.join(base, loaded)
        if joined and library.tree.is_file(joined):
            return joined
    return None


def _folder(file: JenkinsFile) -> str:
    """Where the pipeline has its repository, `folder/`; "" where that is the workspace itself."""
    for statement in file.script.statements:
        for node in walk(statement):
            if isinstance(node, Call) and node.name == "checkoutToSubdirectory" and node.args:
                written = file.plain(node.args[0])
                return f"{written.strip('/')}/" if written else ""
    return ""


def _file(file: JenkinsFile, reading: Reading, loaded: bool) -> list[str]:
    """Adds the file's resources; gives the files that it loads."""
    names = Names(file)
    taint = Taint(file, names)
    pipelines = [
        node for statement in file.script.statements for node in walk(statement)
        if isinstance(node, Call) and node.name == "pipeline" and node.receiver is None and node.body is not None
    ]  # fmt: skip
    pipeline = pipelines[0] if pipelines else None
    scope = Scope(names, (), {})
    attributes = Map(file.span(0, len(file.text)))
    if pipeline is not None and pipeline.body is not None:
        attributes = block_attributes(pipeline.body, scope)
        attributes.span, attributes.header = file.of(pipeline), file.head(pipeline)
    else:
        first = file.script.statements[0] if file.script.statements else None
        attributes.header = file.head(first) if first is not None else Span(file.path, 1, 1, 1, 1)
    whole = pipeline_resource(PROVIDER, "pipeline", file.path, "", attributes)
    around = Around(file, names, taint, scope, attributes)
    stages = Stages("stages")
    triggers = Seq(attributes.header)
    if pipeline is not None and pipeline.body is not None:
        if not any(calls_in(pipeline.body, "stages")):
            file.problem("malformed", "the pipeline has no `stages`", pipeline)
        around.limit_place = _limit_place(pipeline, file)
        for event, span in triggers_of(pipeline.body, file):
            triggers.add(event, span)
        around.triggers = triggers
        around.enter(pipeline.body, outermost=True)
    elif not loaded:
        _scripted(file)
    work = Work(whole, around.scope, taint, "the pipeline", around.secrets)
    for annotation in file.script.statements:
        if isinstance(annotation, Annotation) and annotation.call.name == "Library":
            for argument in annotation.call.args:
                for noun in library_noun(argument, scope, work.keys[2]):
                    whole.add_noun(noun)
    if pipeline is not None and pipeline.body is not None:
        for agent, inner in [around.agent] if around.agent else []:
            for noun in agent_nouns(agent, inner, work.keys[1]):
                whole.add_noun(noun)
        for block in calls_in(pipeline.body, "post", "libraries"):
            work.run([block])
        for block in calls_in(pipeline.body, "stages"):
            if block.body is not None:
                stages.all_of(block.body, around)
    work.run(_elsewhere(file, pipelines), {})
    for further in pipelines[1:]:
        file.problem("malformed", "a file has one `pipeline` block; this one is not judged", further)
    _tell(whole, file, around, triggers)
    reading.resources += [whole, *stages.found]
    return [*work.files, *stages.loaded]


def _limit_place(pipeline: Call, file: JenkinsFile) -> Span:
    options = next(calls_in(pipeline.body, "options"), None)
    return file.head(options if options is not None else pipeline)


def _elsewhere(file: JenkinsFile, pipelines: list[Call]) -> list[Node]:
    """The code beside the pipeline: functions, and what runs before it."""
    inside = {id(pipeline) for pipeline in pipelines}
    found: list[Node] = []
    stack = list(reversed(file.script.statements))
    while stack:
        node = stack.pop()
        if id(node) in inside:
            continue
        if isinstance(node, (Define, Closure)) or any(id(inner) in inside for inner in walk(node)):
            stack.extend(reversed(list(node.children())))
        else:
            found.append(node)
    return found


def _scripted(file: JenkinsFile) -> None:
    for statement in file.script.statements:
        for node in walk(statement):
            if isinstance(node, Call) and node.receiver is None and node.name in _SCRIPTED:
                what = "a scripted pipeline: its scripts and images are judged, not what it does with them"
                file.note("scripted", what, node)
                return
    calls = [s for s in file.script.statements if isinstance(s, Call) and s.receiver is None]
    first = next((call for call in calls if call.name not in _PREPARES), None)
    if first is not None:
        file.note("scripted", f"what runs is in `{first.name}`, which stands elsewhere and is not read", first)


def _tell(whole: Resource, file: JenkinsFile, around: Around, triggers: Seq) -> None:
    name = file.path.rpartition("/")[2]
    draft = Draft("pipeline", whole.header, whole.span)
    draft.put("name", name)
    draft.put("system", PROVIDER)
    changes = around.changes or names_changes(file)
    told = Seq(triggers.span, triggers.header)
    for event, span in zip(triggers, triggers.spans, strict=True):
        told.add(event, span)
    if changes is not None:
        told.add(CHANGE_REQUEST, changes)
        draft.put("untrusted", True, changes)
    draft.put("triggers", told, told.header)
    draft.put("privileged_trigger", False)
    if around.lock is not None:
        draft.put("concurrency", *around.lock)
    whole.add_noun(draft.noun(name, "pipeline"))

