"""GitHub Actions: workflows and actions -> pipelines, jobs, steps.

Follows GitHub's "Workflow syntax for GitHub Actions" and "Metadata syntax reference" for actions. What one
file calls in the repository is looked at as far as it changes what the callee's code gets; the callee is
a file of the scan in its own right.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.github_checkout import spread
from guardrail.inputs.pipelines.github_control import input_types
from guardrail.inputs.pipelines.github_expressions import is_telling, note_expressions
from guardrail.inputs.pipelines.github_file import PROVIDER, GithubFile, steps_in
from guardrail.inputs.pipelines.github_flow import trace
from guardrail.inputs.pipelines.github_jobs import Workflow, event_names, job_resources
from guardrail.inputs.pipelines.github_known import CONTAINED
from guardrail.inputs.pipelines.github_permissions import permissions_of, token_grant, token_scopes
from guardrail.inputs.pipelines.github_steps import Surroundings, step_resources, uploads_in
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, image_dependency, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Problem, Resource, Seq, Span, Value


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    parsed: dict[str, GithubFile] = {}
    for path in files:
        source = library.get(path)
        reading.problems += source.problems
        root = source.root
        if root is None:
            if source.is_odd:
                what = "is no mapping, so neither a workflow nor an action"
                reading.problems.append(Problem("malformed", what, path, 1))
            reading.files[path] = "failed"
        elif not any(key in root for key in ("on", "true", "jobs", "runs")):
            reading.files[path] = "failed" if source.problems else "skipped"
        else:
            parsed[path] = GithubFile(source, root, library)
    trace(parsed)
    spread(parsed)
    for path, file in parsed.items():
        library.get(path)  # tells those who take the time which file it is
        file.is_telling = is_telling(file.source.text)
        found = _action(file) if file.is_action else _workflow(file)
        file.check_expressions(file.root, file.root.span)
        problems = list(dict.fromkeys(file.problems))
        reading.resources += found
        reading.problems += problems
        reading.notes += file.notes
        reading.files[path] = "partial" if problems or file.source.problems else "analysed"
    return reading


def _workflow(file: GithubFile) -> list[Resource]:
    root = file.root
    resource = pipeline_resource(PROVIDER, "pipeline", file.path, "", root)
    key = "on" if "on" in root else "true"
    span = root.spans.get(key, root.header)
    triggers, wrong = event_names(root.get(key))
    _settle(triggers, root, key)
    if wrong or not triggers:
        what = f"`on` names something that is no event: {wrong[0]}" if wrong else "says nowhere what starts it (`on`)"
        file.problem("malformed", what, span)
    workflow = Workflow(file, triggers)
    draft = Draft("pipeline", root.header, root.span)
    name = text_of(root.get("name")) or file.path.rpartition("/")[2]
    draft.put("name", name, root.spans.get("name"))
    draft.put("system", PROVIDER)
    workflow.tell_triggers(draft)
    permissions_of(draft, file, root)
    draft.take("concurrency", root, "concurrency")
    if draft.fields.get("concurrency") is None:
        draft.fields.spans["concurrency"] = triggers.header
    token_scopes(draft, file, root)
    draft.put("contained", _contained(root.get("jobs")))
    resource.add_noun(draft.noun(name, "pipeline"))
    parts = [(key, root[key], root.spans[key]) for key in root if key not in ("jobs", "on")]
    note_expressions(file, resource, parts, not PRIVILEGED_EVENTS.isdisjoint(triggers))
    if isinstance(root.get("permissions"), (Map, str)):
        resource.add_noun(token_grant(root, name))
    found = [resource]
    jobs = root.get("jobs")
    if not isinstance(jobs, Map):
        what = "has no `jobs`" if jobs is None else "`jobs` is not a mapping"
        file.problem("malformed", what, root.place("jobs"))
        return found
    for job_name in jobs:
        job = jobs[job_name]
        if isinstance(job, Map):
            found += job_resources(workflow, job_name, job)
        else:
            file.problem("malformed", f"job {job_name} is not a mapping", jobs.place(job_name))
    return found


def _contained(jobs: Value) -> bool:
    """True where the jobs do nothing but call actions that are made for an outsider's event."""
    uses: list[Value] = []
    for job in jobs.values() if isinstance(jobs, Map) else ():
        steps = job.get("steps") if isinstance(job, Map) else None
        if not isinstance(steps, Seq):
            return False
        uses += [step.get("uses") if isinstance(step, Map) else None for _, step, _ in steps_in(steps)]
    return bool(uses) and all(isinstance(name, str) and name.partition("@")[0].lower() in CONTAINED for name in uses)


def _settle(triggers: Seq, root: Map, key: str) -> None:
    """Gives the list of events its place: the entry `on`, and its first line for a header."""
    if key not in root:
        triggers.span = triggers.header = root.header
        return
    entry = root.spans[key]
    triggers.span = entry
    place = root.place(key)
    triggers.header = place if place.line == place.end_line else Span(entry.file, entry.line, entry.column, entry.line,
                                                                     entry.column + len(key))  # fmt: skip
    triggers.spans = [span if span.line else entry for span in triggers.spans]


def _action(file: GithubFile) -> list[Resource]:
    resource = pipeline_resource(PROVIDER, "action", file.path, "", file.root)
    parts = [(key, file.root[key], file.root.spans[key]) for key in file.root if key != "runs"]
    note_expressions(file, resource, parts, False)
    runs = file.root["runs"]
    found = [resource]
    using = text_of(runs.get("using")) or ""
    image = runs.get("image")
    if using == "docker" and isinstance(image, str) and image.startswith("docker://"):
        resource.add_noun(image_dependency(image, None, runs.spans["image"], Keys()))
    if using == "composite":
        around = Surroundings("runs.steps", [], None)
        around.called = True
        around.flow = file.flows.get("")
        around.risky_events = ("whatever calls it",)
        around.uploads = uploads_in(file, runs.get("steps"))
        around.types = input_types(file.root)
        found += step_resources(file, runs.get("steps"), runs.place("steps"), around)
    elif not using:
        file.problem("malformed", "the action does not say what it runs with (`using`)", runs.header)
    return found
