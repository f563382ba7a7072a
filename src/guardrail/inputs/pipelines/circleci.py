"""CircleCI: `.circleci/config.yml`, configurations that it is continued with, and orbs -> pipelines, jobs, steps.

Follows CircleCI's "Configuration reference" and "Reusable configuration reference". A job is read as the workflows run
it: once for each set of parameters that they give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrail.inputs.pipelines.circleci_config import (
    Config,
    File,
    Invocation,
    combinations,
    guards,
    one_entry,
)
from guardrail.inputs.pipelines.circleci_jobs import FORKS, invocation_noun, job_resources
from guardrail.inputs.pipelines.circleci_scope import Scope, bind, holds, pipeline_parameters
from guardrail.inputs.pipelines.circleci_steps import PROVIDER, Place, step_resource, steps_of
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, key_line, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Noun, Problem, Resource, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

# Keys of a job in a workflow that are not its parameters.
_OF_WORKFLOW = frozenset(
    ("requires", "context", "filters", "matrix", "type", "name", "pre-steps", "post-steps", "serial-group",
     "override-with", "max_auto_reruns")
)  # fmt: skip
_WITHOUT_CODE = ("approval", "no-op", "release", "lock", "unlock")
MAX_INVOCATIONS = 5000
MAX_USES = 128  # of one job, with different parameters
_EXACT = lazy_regex(r"\d+\.\d+\.\d+\Z")
_RANGE = lazy_regex(r"\d+(?:\.\d+)?\Z")


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    for path in files:
        source = library.get(path)
        reading.problems += source.problems
        root = source.root
        if root is None:
            if source.is_odd:
                reading.problems.append(Problem("malformed", "is no mapping, so no configuration", path, 1))
            reading.files[path] = "failed"
            continue
        if not any(key in root for key in ("jobs", "workflows", "commands", "executors", "orbs", "setup")):
            reading.files[path] = "failed" if source.problems else "skipped"
            continue
        file = File(source, root)
        reading.resources += _file(file)
        problems = list(dict.fromkeys(file.problems))
        reading.problems += problems
        reading.notes += list(dict.fromkeys(file.notes))
        reading.files[path] = "partial" if problems or source.problems else "analysed"
    return reading


def _file(file: File) -> list[Resource]:
    root = file.root
    version = text_of(root.get("version")) or ""
    scope = Scope({}, pipeline_parameters(root), literal=version in ("2", "2.0"))
    whole = pipeline_resource(PROVIDER, "pipeline", file.path, "", root)
    found = [whole]
    uses = list(_invocations(file, scope))
    draft = Draft("pipeline", root.header, root.span)
    name = file.path.rpartition("/")[2]
    draft.put("name", name)
    draft.put("system", PROVIDER)
    triggers = Seq(root.header)
    for use in uses:
        for event, span in zip(use.triggers, use.triggers.spans, strict=True):
            if event not in triggers:
                triggers.add(event, span)
    if not uses:
        triggers.add("push", root.header)
    triggers.header = triggers.spans[0]
    draft.put("triggers", triggers, triggers.header)
    scheduled = bool(uses) and all(use.scheduled for use in uses)
    draft.put("untrusted", False if scheduled else FORKS)
    draft.put("privileged_trigger", False)
    whole.add_noun(draft.noun(name, "pipeline"))
    for noun in _orbs(file.config, scope, Keys()):
        whole.add_noun(noun)
    found += _jobs(file, file.config, scope, uses)
    jobs = root.get("jobs")
    if jobs is not None and not isinstance(jobs, Map):
        file.problem("malformed", "`jobs` is not a mapping", root.place("jobs"))
    return found


# Workflows ----------------------------------------------------------------------------------------------------


def _invocations(file: File, scope: Scope) -> Iterator[Invocation]:
    workflows = file.root.get("workflows")
    if workflows is None:
        return
    if not isinstance(workflows, Map):
        file.problem("malformed", "`workflows` is not a mapping", file.root.place("workflows"))
        return
    count = 0
    for name in workflows:
        workflow = workflows[name]
        if name == "version":
            continue
        if not isinstance(workflow, Map):
            file.problem("malformed", f"workflow {name} is not a mapping", workflows.place(name))
            continue
        runs, maybe = _condition(workflow, scope)
        if not runs:
            continue
        triggers = _triggers(workflow)
        guarded = guards(workflow)
        jobs = workflow.get("jobs")
        if not isinstance(jobs, Seq):
            if jobs is not None:
                file.problem("malformed", f"`jobs` of workflow {name} is not a list", workflow.place("jobs"))
            continue
        for item, span in zip(jobs, jobs.spans, strict=False):
            entry = one_entry(item)
            if entry is None:
                file.problem("malformed", f"a job of workflow {name} is neither a name nor a mapping", span)
                continue
            job, body = entry
            details = body if isinstance(body, Map) else None
            header = item.header if isinstance(item, Map) else span
            for one in combinations(details, scope):
                count += 1
                if count > MAX_INVOCATIONS:
                    what = f"its workflows run more than {MAX_INVOCATIONS:,} jobs; the others are not read"
                    file.problem("too-many", what, header)
                    return
                inner = Scope({}, scope.pipeline, one, scope.literal)
                title = text_of(details.get("name")) if details is not None else None
                guard, place = guarded.get(title or job, ("", header))
                yield Invocation(job, details, header, inner, name, maybe, triggers, guard, place)


def _condition(workflow: Map, scope: Scope) -> tuple[bool, Unknown | None]:
    """Whether a workflow can run, and why it can't be known whether it does."""
    for key in ("when", "unless"):
        if key not in workflow:
            continue
        strict = holds(workflow[key], scope, strict=True)
        if isinstance(strict, Unknown):
            default = holds(workflow[key], scope)
            return True, None if default is (key == "when") else Unknown(strict.reason)
        if strict is not (key == "when"):
            return False, None
    return True, None


def _triggers(workflow: Map) -> Seq:
    """A push, or the schedule of the workflow."""
    found = Seq(workflow.header)
    listed = workflow.get("triggers")
    if isinstance(listed, Seq) and listed:
        for item, span in zip(listed, listed.spans, strict=False):
            entry = one_entry(item)
            if entry is not None:
                found.add(entry[0], key_line(span, entry[0]))
    if not found:
        found.add("push", workflow.header)
    found.header = found.spans[0]
    return found


# Jobs ---------------------------------------------------------------------------------------------------------


def _jobs(file: File, config: Config, scope: Scope, uses: list[Invocation]) -> list[Resource]:
    found: list[Resource] = []
    by_name: dict[str, list[Invocation]] = {}
    for use in uses:
        by_name.setdefault(use.name, []).append(use)
    for owner, name, job in _all_jobs(config):
        label = f"{owner.name.rpartition('.')[2]}/{name}" if owner.name else name
        if not isinstance(job, Map):
            holder = owner.root["jobs"]
            file.problem("malformed", f"job {name} is not a mapping", holder.place(name))
            continue
        ours = by_name.pop(label, [])
        for group in _grouped(job, ours, label):
            inner = bind(job, _parameters(group[0]), group[0].scope, label)
            unsure = [use.maybe for use in group if use.maybe is not None]
            maybe = unsure[0] if len(unsure) == len(group) else None
            found += job_resources(file, owner, name, job, inner, group, maybe)
        if not ours:
            workflows = isinstance(file.root.get("workflows"), Map)
            unused = Unknown("no workflow of the file runs it") if workflows else None
            inner = bind(job, None, scope, label, "whoever runs the job")
            found += job_resources(file, owner, name, job, inner, [], unused)
    for name, left in by_name.items():
        found += _elsewhere(file, config, name, left)
    return found


def _all_jobs(config: Config) -> Iterator[tuple[Config, str, Value]]:
    jobs = config.root.get("jobs")
    for name in jobs if isinstance(jobs, Map) else ():
        if isinstance(jobs, Map) and not (isinstance(jobs[name], Map) and _has_no_code(jobs[name])):
            yield config, name, jobs[name]
    for orb in config.inline.values():
        yield from _all_jobs(orb)


def _has_no_code(job: Map) -> bool:
    """A job that waits for somebody, or only stands for others."""
    return text_of(job.get("type")) in _WITHOUT_CODE and "steps" not in job


def _parameters(use: Invocation) -> Map | None:
    if use.body is None and not use.scope.matrix:
        return None
    given = Map(use.span)
    for key in use.body or ():
        if use.body is not None and key not in _OF_WORKFLOW:
            given.copy_entry(use.body, key)
            given.spans[key] = use.body.spans[key]
    for name, cell in use.scope.matrix.items():
        given.put(name, f"<< matrix.{name} >>", cell.span if cell.span.line else use.span)
    return given


def _grouped(job: Map, uses: list[Invocation], label: str) -> list[list[Invocation]]:
    """Invocations that give the job the same parameters, and the same steps around its own."""
    groups: dict[str, list[Invocation]] = {}
    for use in uses:
        inner = bind(job, _parameters(use), use.scope, label)
        around = [repr(use.body.get(key)) for key in ("pre-steps", "post-steps")] if use.body is not None else []
        mark = repr([(name, given.value) for name, given in inner.parameters.items()] + around)
        if mark in groups or len(groups) < MAX_USES:
            groups.setdefault(mark, []).append(use)
    return list(groups.values())


def _elsewhere(file: File, config: Config, name: str, uses: list[Invocation]) -> list[Resource]:
    """Jobs of a workflow that the file doesn't have: an orb's of the registry, or none at all."""
    found: list[Resource] = []
    for use in uses:
        waits = use.body is not None and text_of(use.body.get("type")) in _WITHOUT_CODE
        declared = file.root.get("jobs")
        if waits or (isinstance(declared, Map) and name in declared):
            continue
        if not config.is_elsewhere(name):
            groups = file.root.get("job-groups")
            if not (isinstance(groups, Map) and name in groups) and use.maybe is None:
                file.missing("missing-job", f"{name} is no job of the file", use.span)
            continue
        why = Unknown(f"{name} comes from an orb that is not read", (name,))
        attributes = use.body if use.body is not None else Map(use.span)
        fragment = file.addresses.next(f"workflows.{use.workflow}.jobs.{name}")
        local = file.local(f"workflows.{use.workflow}.jobs.{name}", use.span)
        resource = pipeline_resource(PROVIDER, "job", file.path, fragment, attributes, local, span=use.span)
        resource.header, resource.uncertain = use.span, use.maybe
        resource.add_noun(invocation_noun(use, why))
        found.append(resource)
        for key in use.body or ():
            if use.body is None or not key.endswith("steps") or not isinstance(use.body[key], Seq):
                continue
            place = Place(file.config, use.scope, use.maybe)
            for number, step in enumerate(steps_of(file, use.body[key], use.body.spans[key], place)):
                found.append(step_resource(file, step, f"{fragment}.{key}[{number}]", why, local))
    return found


# Orbs ---------------------------------------------------------------------------------------------------------


def _orbs(config: Config, scope: Scope, keys: Keys) -> Iterator[Noun]:
    orbs = config.root.get("orbs")
    for alias in orbs if isinstance(orbs, Map) else ():
        if not isinstance(orbs, Map):
            return
        written, span = orbs[alias], orbs.spans[alias]
        draft = Draft("dependency", key_line(span, alias))
        draft.put("ecosystem", "orb")
        if isinstance(written, Map):
            draft.put("name", alias)
            draft.put("local", True)
            yield draft.noun(alias, keys.next(alias))
            continue
        draft.put("local", False)
        text = text_of(written) or ""
        name, _, version = text.partition("@")
        filled = scope.fill(name)
        draft.put("name", filled.value, None, filled.origin)
        label = filled.value if isinstance(filled.value, str) else alias
        if isinstance(filled.value, str):
            draft.put("owner", name.partition("://")[2].partition("/")[0] if "://" in name else name.partition("/")[0])
        given = scope.resolve(version)
        if isinstance(given.value, Unknown) or given.free is not None:
            unknown = given.value if isinstance(given.value, Unknown) else given.free
            draft.put("version", unknown, None, given.origin)
            draft.put("pin", unknown, None, given.origin)
        elif version:
            draft.put("version", given.value, None, given.origin)
            draft.put("pin", orb_pin(text_of(given.value) or ""), None, given.origin)
        else:
            draft.put("pin", "none")
        yield draft.noun(label, keys.next(label))
    for alias in config.inline:
        yield from _orbs(config.inline[alias], scope, keys)


def orb_pin(version: str) -> str:
    """A whole version is immutable; `5` and `5.1` are the newest release of their line, `volatile` the newest of all,
    and what begins with `dev:` can be published again."""
    if _EXACT.match(version):
        return "version"
    if _RANGE.match(version):
        return "range"
    return "branch" if version.startswith("dev:") else "none"
