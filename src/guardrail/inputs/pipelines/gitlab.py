"""GitLab CI: `.gitlab-ci.yml` and what it includes -> pipelines and jobs.

Follows GitLab's "CI/CD YAML syntax reference". A file that another one includes is read as part of that one;
its jobs keep their own file in their addresses and places.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrail.inputs.pipelines.document import Library, conclude
from guardrail.inputs.pipelines.gitlab_include import (
    Merged,
    given_to,
    includes_of,
    local_files,
    merged,
    own_files,
)
from guardrail.inputs.pipelines.gitlab_jobs import (
    PROVIDER,
    UNTRUSTED_EVENTS,
    handed_by,
    include_dependency,
    job_resource,
    triggers_of,
)
from guardrail.inputs.pipelines.gitlab_resolve import Resolver
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, pipeline_resource, text_of
from guardrail.inputs.reader import Reading
from guardrail.model import Map, Note, Problem, Resource, Seq, Value

GLOBAL_KEYS = frozenset(
    ("after_script", "before_script", "cache", "default", "image", "include", "services", "spec", "stages", "types",
     "variables", "workflow")
)  # fmt: skip
MAX_PIPELINES = 1000


def read(files: Sequence[str], library: Library) -> Reading:
    reading = Reading()
    seen: set[str] = set()  # addresses
    read_files: set[str] = set()
    waiting = _roots(files, library)
    given: dict[str, Value] = {}  # inputs of child pipelines
    for path in waiting:  # grows by the child pipelines that are found
        if path in read_files or len(read_files) > MAX_PIPELINES:
            continue
        config = merged(path, library, given.get(path))
        if config is None:
            read_files.add(path)
            continue
        read_files.update(config.files)
        _pipeline(path, config, library, reading, seen)
        waiting += [child for child in config.children if child not in read_files]
        for child, inputs in config.given.items():
            given.setdefault(child, inputs)
    conclude(reading, sorted(read_files.union(files)), library)
    return reading


def _roots(files: Sequence[str], library: Library) -> list[str]:
    """The files that stand for a pipeline of their own: those that none of the others includes. Where they
    include each other in a circle, the first of them."""
    reached: dict[str, set[str]] = {path: _closure(path, library) for path in files}
    included = {target for path in files for target in reached[path] if target != path}
    roots = [path for path in files if path not in included]
    covered = {target for path in roots for target in reached[path]}.union(roots)
    for path in files:
        if path not in covered:
            roots.append(path)
            covered |= reached[path] | {path}
    return roots


def _closure(path: str, library: Library) -> set[str]:
    found: set[str] = set()
    stack = [path]
    while stack:
        current = stack.pop()
        root = library.get(current).root
        if root is None or "include" not in root:
            continue
        for include in includes_of(root["include"], root.spans["include"]):
            own = own_files(current, include, library) or []
            if (include.kind == "local" and "$" not in include.what) or own:
                for target in own or local_files(current, include.what, library):
                    if target not in found and len(found) < MAX_PIPELINES:
                        found.add(target)
                        stack.append(target)
    return found


def _pipeline(path: str, config: Merged, library: Library, reading: Reading, seen: set[str]) -> None:
    # A part that nothing scanned includes can't be expected to be whole.
    strict = path.rpartition("/")[2].startswith(".gitlab-ci.")
    resolver = Resolver(config, strict)
    root = resolver.resolved_root()
    names = [
        name for name in config.root if name not in GLOBAL_KEYS and not name.startswith(".") and _is_job(name, config)
    ]
    workflow = root.get("workflow")
    triggers = _triggers(root, workflow, config)
    found: list[Resource] = []
    handed = handed_by(resolver, root, names)
    for name in names:
        resource = job_resource(resolver, root, name, triggers, library, handed)
        if resource.address not in seen:
            seen.add(resource.address)
            found.append(resource)
        _children(path, resource.attributes, library, config)
    events = Seq(triggers.span, triggers.header)
    for holder in [triggers] + [job.nouns["job"][0].fields["triggers"] for job in found]:
        for event, span in zip(holder, holder.spans, strict=True):
            if event not in events:
                events.add(event, span)
    whole = pipeline_resource(PROVIDER, "pipeline", path, "", root)
    draft = Draft("pipeline", root.header, root.span)
    title = text_of(workflow.get("name")) if isinstance(workflow, Map) else None
    name = title or path.rpartition("/")[2]
    draft.put("name", name, workflow.spans["name"] if title and isinstance(workflow, Map) else None)
    draft.put("system", PROVIDER)
    draft.put("triggers", events, triggers.header)
    untrusted = [span for event, span in zip(events, events.spans, strict=True) if event in UNTRUSTED_EVENTS]
    draft.put("untrusted", bool(untrusted), untrusted[0] if untrusted else triggers.header)
    draft.put("privileged_trigger", False)
    whole.add_noun(draft.noun(name, "pipeline"))
    keys = Keys()
    for include in config.includes:
        noun = include_dependency(include.kind, include.what, include.body, include.span, keys)
        if noun:
            whole.add_noun(noun)
    reading.resources += [whole, *found]
    reading.problems += config.problems
    reading.notes += config.notes


def _is_job(name: str, config: Merged) -> bool:
    value = config.root[name]
    if isinstance(value, Map):
        return True
    # A key with anything else is for anchors (`.x` by custom, but a plain name passes in templates).
    span = config.root.spans[name]
    config.problems.append(Problem("malformed", f"job {name} is not a mapping", span.file, span.line))
    return False


def _triggers(root: Map, workflow: object, config: Merged) -> Seq:
    """What `workflow:rules` lets through; without them, a push."""
    found = triggers_of(workflow) if isinstance(workflow, Map) else None
    if found is not None:
        return found
    plain = Seq(root.header)
    plain.add("push", root.header)
    for include in config.includes:
        if include.kind == "template" and "MergeRequest-Pipelines" in include.what:
            plain.add("merge_request_event", include.span)
    return plain


def _children(path: str, job: Map, library: Library, config: Merged) -> None:
    """Pipelines that a job starts from files of the repository are read like any other."""
    trigger = job.get("trigger")
    if not isinstance(trigger, Map) or "include" not in trigger:
        return
    for include in includes_of(trigger["include"], trigger.spans["include"]):
        where = include.span.file, include.span.line
        if include.kind == "local" and "$" not in include.what:
            targets = local_files(path, include.what, library)
            config.children += targets
            inputs = given_to(include)
            for target in targets if inputs is not None else ():
                config.given.setdefault(target, inputs)
            if not targets:
                config.problems.append(Problem("missing-include", f"{include.what} is not there", *where))
        elif include.kind not in ("", "artifact"):
            what = f"the {include.kind} include {include.what} is not read"
            config.notes.append(Note("remote-include", what, *where))
