"""Tekton's objects, and what is in them: runs, pipelines and tasks, also those that stand inside of others.

Follows the references of Tasks, Pipelines, PipelineRuns and StepActions (tekton.dev/docs/pipelines), and of
TriggerTemplates, EventListeners and Triggers (tekton.dev/docs/triggers).
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.model import Map, Resource, Seq, Span, Value

GROUP = "tekton.dev"
TRIGGERS = "triggers.tekton.dev"
RUNS = frozenset(("PipelineRun", "TaskRun"))
OBJECTS = frozenset(("Task", "ClusterTask", "Pipeline", "PipelineRun", "TaskRun", "StepAction"))
_PAC = "pipelinesascode.tekton.dev/"
MAX_OBJECTS = 200  # in one TriggerTemplate


class Frame:
    """A stretch of an object in which one set of `$(params.x)` holds: a task, a pipeline, a run, a trigger's template.

    key: (kind, name) by which others call it; None for what stands where it is called. given: parameters that the
    caller hands over, whose values are the parent's text. declared: those that it names itself, with their defaults.
    """

    __slots__ = ("as_code", "declared", "given", "key", "label", "namespace", "parent", "pipeline", "root", "template")

    def __init__(
        self, label: str, root: Map, parent: Frame | None = None, *, key: tuple[str, str] | None = None,
        given: Value = None, declared: Value = None, namespace: str = "", as_code: bool = False,
    ) -> None:  # fmt: skip
        self.label, self.root, self.parent, self.key, self.namespace = label, root, parent, key, namespace
        self.given = parameters(given)
        self.declared = parameters(declared)
        self.as_code: bool = as_code or (parent is not None and parent.as_code)
        self.template: Frame | None = parent.template if parent is not None else None
        self.pipeline: Map | None = parent.pipeline if parent is not None else None  # whose tasks have results


def parameters(listed: Value) -> dict[str, Map]:
    """By name, from a list of mappings with `name`."""
    found: dict[str, Map] = {}
    for item in listed if isinstance(listed, Seq) else ():
        if isinstance(item, Map) and isinstance(item.get("name"), str):
            found.setdefault(item["name"], item)
    return found


class Job:
    """One thing of a pipeline that runs: a task with steps (`spec`), or a call of one that stands elsewhere (`ref`).
    `holder` is the mapping that it is written in, `run` the spec of the run around it."""

    __slots__ = ("frame", "holder", "last", "name", "ref", "run", "spec")

    def __init__(
        self, name: str, holder: Map, frame: Frame, spec: Map | None, ref: Map | None, run: Map | None, last: bool
    ) -> None:
        self.name, self.holder, self.frame, self.spec, self.ref = name, holder, frame, spec, ref
        self.run, self.last = run, last


class Object:
    """An object, or one that stands within another. `jobs` are the tasks of it."""

    __slots__ = ("frame", "jobs", "kind", "label", "name", "pipeline", "ref", "root", "spec")

    def __init__(self, root: Map, kind: str, name: str, label: str, frame: Frame) -> None:
        self.root, self.kind, self.name, self.label, self.frame = root, kind, name, label, frame
        self.spec: Map = mapping(root, "spec") or Map(root.span, root.header)
        self.ref: Map | None = None
        self.pipeline: Map | None = None
        self.jobs: list[Job] = []
        _fill(self)

    @property
    def annotations(self) -> Map:
        return mapping(self.root, "metadata", "annotations") or Map(self.root.span, self.root.header)


def objects_in(resource: Resource) -> list[Object]:
    """The resource itself where it is one of Tekton's, and those that it makes when an event comes."""
    version = resource.attributes.get("apiVersion")
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    if group == GROUP and resource.kind in OBJECTS:
        return [_object(resource.attributes, resource, None)]
    if group != TRIGGERS:
        return []
    found: list[Object] = []
    for frame, spec in templates_in(resource):
        for item in items(spec, "resourcetemplates"):
            version, kind = item.get("apiVersion"), item.get("kind")
            tekton = isinstance(version, str) and version.startswith(f"{GROUP}/")
            if tekton and kind in RUNS and len(found) < MAX_OBJECTS:
                found.append(_object(item, resource, frame))
    return found


def templates_in(resource: Resource) -> Iterator[tuple[Frame, Map]]:
    """TriggerTemplates: the resource, or those that stand in an EventListener's triggers."""
    attributes = resource.attributes
    if resource.kind == "TriggerTemplate":
        spec = mapping(attributes, "spec")
        if spec is not None:
            yield _template(spec, resource, attributes), spec
        return
    for trigger in triggers_in(resource):
        spec = mapping(trigger, "template", "spec")
        if spec is not None:
            frame = _template(spec, resource, attributes)
            frame.given = {"": trigger}  # the one trigger that fills it
            yield frame, spec


def _template(spec: Map, resource: Resource, attributes: Map) -> Frame:
    key = (resource.kind, name_of(attributes)) if resource.kind == "TriggerTemplate" else None
    frame = Frame(f"{resource.kind} {name_of(attributes)}", spec, key=key, declared=spec.get("params"),
                  namespace=namespace_of(attributes))  # fmt: skip
    frame.template = frame
    return frame


def triggers_in(resource: Resource) -> Iterator[Map]:
    """What an EventListener or a Trigger does with an event: its bindings, template and interceptors."""
    spec = mapping(resource.attributes, "spec")
    if spec is None:
        return
    if resource.kind == "Trigger":
        yield spec
    elif resource.kind == "EventListener":
        yield from items(spec, "triggers")
        for group in items(spec, "triggerGroups"):
            yield from items(group, "triggers")


def name_of(root: Map) -> str:
    metadata = mapping(root, "metadata") or Map()
    for key in ("name", "generateName"):
        if isinstance(metadata.get(key), str):
            return str(metadata[key])
    return ""


def namespace_of(root: Map) -> str:
    namespace = (mapping(root, "metadata") or Map()).get("namespace")
    return namespace if isinstance(namespace, str) else ""


def by_code(root: Map, path: str) -> bool:
    """Whether Pipelines-as-Code fills in its `{{ ... }}` before the object gets to the cluster."""
    annotations = mapping(root, "metadata", "annotations") or Map()
    return any(key.startswith(_PAC) for key in annotations) or ".tekton" in path.split("/")[:-1]


def annotation(found: Object, name: str) -> tuple[Value, Span]:
    """One of Pipelines-as-Code's, with its place; (None, ...) where there is none."""
    annotations = found.annotations
    return annotations.get(_PAC + name), annotations.place(_PAC + name)


def pac_annotations(found: Object) -> Iterator[tuple[str, Value, Span]]:
    for key, value in found.annotations.items():
        if key.startswith(_PAC):
            yield key.removeprefix(_PAC), value, found.annotations.place(key)


def _object(root: Map, resource: Resource, template: Frame | None) -> Object:
    kind, name = str(root["kind"]), name_of(root)
    key = (("Task" if kind == "ClusterTask" else kind), name) if template is None and kind not in RUNS else None
    frame = Frame(f"{kind} {name}".rstrip(), root, template, key=key, namespace=namespace_of(root),
                  as_code=by_code(root, resource.header.file))  # fmt: skip
    return Object(root, kind, name, "" if template is None else name.rstrip("-") or kind, frame)


# Jobs ---------------------------------------------------------------------------------------------------------


def _fill(found: Object) -> None:
    """Finds the jobs. A run's own parameters are seen in all that stands in it."""
    kind, spec, frame = found.kind, found.spec, found.frame
    if kind in ("Task", "ClusterTask"):
        own = Frame(frame.label, spec, frame, key=frame.key, declared=spec.get("params"), namespace=frame.namespace)
        found.jobs.append(Job(found.name, found.root, own, spec, None, None, False))
    elif kind == "TaskRun":
        outer = Frame(frame.label, spec, frame, given=spec.get("params"))
        task = mapping(spec, "taskSpec")
        own = outer
        if task is not None:
            own = Frame(frame.label, task, outer, given=spec.get("params"), declared=task.get("params"))
        found.ref = mapping(spec, "taskRef")
        if task is not None or found.ref is not None:
            found.jobs.append(Job(found.name, found.root, own, task, found.ref, spec, False))
    elif kind == "Pipeline":
        own = Frame(frame.label, spec, frame, key=frame.key, declared=spec.get("params"), namespace=frame.namespace)
        _tasks(found, spec, own, None)
    elif kind == "PipelineRun":
        found.ref = mapping(spec, "pipelineRef")
        outer = Frame(frame.label, spec, frame, given=spec.get("params"))
        pipeline = mapping(spec, "pipelineSpec")
        if pipeline is not None:
            own = Frame(frame.label, pipeline, outer, given=spec.get("params"), declared=pipeline.get("params"))
            _tasks(found, pipeline, own, spec)
        elif found.ref is not None:
            found.jobs.append(Job(found.name, found.root, outer, None, found.ref, spec, False))


def _tasks(found: Object, pipeline: Map, frame: Frame, run: Map | None) -> None:
    found.pipeline = frame.pipeline = pipeline
    for section in ("tasks", "finally"):
        for index, task in enumerate(items(pipeline, section)):
            name = task.get("name")
            name = name if isinstance(name, str) else f"{section}[{index}]"
            spec = mapping(task, "taskSpec") or mapping(task, "pipelineSpec")
            ref = mapping(task, "taskRef") or mapping(task, "pipelineRef")
            own = frame
            if spec is not None:
                given = _with_matrix(task)
                own = Frame(f"task {name} of {frame.label}", spec, frame, given=given, declared=spec.get("params"))
            if spec is not None and "tasks" in spec and len(found.jobs) < MAX_OBJECTS:  # a pipeline in a pipeline
                _inner(found, spec, own, run)
            else:
                found.jobs.append(Job(name, task, own, spec, ref, run, section == "finally"))


def _inner(found: Object, spec: Map, frame: Frame, run: Map | None) -> None:
    outer = found.pipeline
    depth = 0
    above: Frame | None = frame
    while above is not None:
        depth, above = depth + 1, above.parent
    if depth < 12:
        _tasks(found, spec, frame, run)
    found.pipeline = outer


def _with_matrix(task: Map) -> Seq:
    """What a task is given: its `params`, and each of its matrix's with all its values."""
    given = Seq(task.span, task.header)
    matrix = mapping(task, "matrix")
    for holder in (task, matrix, *items(matrix, "include")):
        for item in items(holder, "params"):
            given.add(item, item.header)
    return given


def given_to(job: Job) -> dict[str, Map]:
    """Parameters that a call hands over."""
    return parameters(_with_matrix(job.holder)) if "params" in job.holder or "matrix" in job.holder else job.frame.given
