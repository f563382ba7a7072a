"""Tekton: the steps and sidecars of a task are the containers of one pod (https://tekton.dev/docs/pipelines/tasks/)."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.operator_pods.building import (
    CONTAINER_KEYS,
    POD_KEYS,
    Standing,
    bearer,
    fill_in,
    items,
    left_to_runs,
    listed,
    mapping,
    put,
    taken,
    with_code,
)
from guardrail.concepts.pod_kinds import Bearer
from guardrail.model import Inventory, Map
from guardrail.model.patterns import lazy_regex

_PARAMETER = lazy_regex(r"""\$\((?:inputs\.)?params(?:\.([\w-]+)|\[["']([\w.-]+)["']\])\)""")
# What only a run can ask for is asked of the run.
_ASKED_OF_RUNS = ("appArmorProfile", "seLinuxOptions", "seccompProfile", "sysctls", "windowsOptions")


def bearers(kind: str, group: str, attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    spec = mapping(attributes, "spec")
    if spec is None:
        return
    if group == "triggers.tekton.dev" and kind == "TriggerTemplate":
        yield from _made(spec, inventory)
    if group != "tekton.dev":
        return
    if kind in ("Task", "ClusterTask"):
        yield from _task(spec, None, None, "")
    elif kind == "StepAction":
        step = _step(spec, None, "step", _defaults(spec, {}, spec))
        if step is not None:
            pod = Map(spec.span, spec.header)
            pod.put("containers", listed([step], spec), spec.header)
            left_to_runs(pod)
            yield bearer(pod, "task")
    elif kind == "TaskRun":
        task = mapping(spec, "taskSpec")
        if task is not None:
            yield from _task(task, spec, mapping(spec, "podTemplate"), "", _defaults(task, {}, spec))
        else:
            yield from _of_named_task(spec, mapping(spec, "podTemplate"))
    elif kind == "Pipeline":
        yield from _tasks(spec, None, None)
    elif kind == "PipelineRun":
        pipeline = mapping(spec, "pipelineSpec")
        run = mapping(spec, "taskRunTemplate") or spec
        if pipeline is not None:
            yield from _tasks(pipeline, run, mapping(run, "podTemplate"), _defaults(pipeline, {}, spec))
        else:
            yield from _of_named_task(run, mapping(run, "podTemplate"))


def _of_named_task(run: Map, pod_template: Map | None) -> Iterator[Bearer]:
    """The pods of a run whose tasks stand elsewhere, where it asks for more than these can."""
    context = mapping(pod_template, "securityContext") or Map()
    asks = context.get("runAsUser") == 0 or any(context.get(key) is not None for key in _ASKED_OF_RUNS)
    if pod_template is None or not (asks or pod_template.get("hostNetwork")):
        return
    pod = taken(pod_template, POD_KEYS)
    taken(run, ("serviceAccountName",), pod)
    put(pod, "restartPolicy", "Never")
    yield bearer(pod, "task")


def _made(template: Map, inventory: Inventory) -> Iterator[Bearer]:
    """The pods of the runs that a TriggerTemplate makes when an event comes."""
    for index, item in enumerate(items(template, "resourcetemplates")):
        version, kind = item.get("apiVersion"), item.get("kind")
        if isinstance(version, str) and version.startswith("tekton.dev/") and kind in ("TaskRun", "PipelineRun"):
            metadata = mapping(item, "metadata") or Map()
            name = metadata.get("name") or metadata.get("generateName")
            label = name.rstrip("-") if isinstance(name, str) else f"resourcetemplates[{index}]"
            for found in bearers(kind, "tekton.dev", item, inventory):
                yield found._replace(label=f"{label}/{found.label}" if found.label else label)


def _defaults(spec: Map, outer: dict[str, Standing], call: Map | None) -> dict[str, Standing]:
    """What parameters stand for within a spec: what `call` gives, its own defaults, what is seen from outside."""
    values = dict(outer)
    for item in items(spec, "params"):
        name = item.get("name")
        if isinstance(name, str):
            values.pop(name, None)
            if "default" in item:
                values[name] = Standing(item["default"], f"default of params.{name}", item.place("default"))
    if call is not spec:
        for item in items(call, "params"):
            name = item.get("name")
            if isinstance(name, str) and "value" in item:
                passed = Map(item.span, item.header)
                passed.copy_entry(item, "value")
                fill_in(passed, "value", _PARAMETER, outer)
                values[name] = Standing(passed["value"], f"params.{name}", item.place("value"))
    return values


def _tasks(
    pipeline: Map, run: Map | None, pod_template: Map | None, values: dict[str, Standing] | None = None
) -> Iterator[Bearer]:
    if values is None:
        values = _defaults(pipeline, {}, pipeline)
    for key in ("tasks", "finally"):
        for index, task in enumerate(items(pipeline, key)):
            spec = mapping(task, "taskSpec")
            if spec is not None:
                name = task.get("name")
                label = name if isinstance(name, str) else f"{key}[{index}]"
                yield from _task(spec, run, pod_template, label, _defaults(spec, values, task))


def _task(
    spec: Map, run: Map | None, pod_template: Map | None, label: str, values: dict[str, Standing] | None = None
) -> Iterator[Bearer]:
    """`run`: what says under which account it runs; None where that is said elsewhere."""
    defaults = mapping(spec, "stepTemplate")
    if values is None:
        values = _defaults(spec, {}, spec)
    steps = [step for index, item in enumerate(items(spec, "steps"))
             if (step := _step(item, defaults, f"step[{index}]", values)) is not None]  # fmt: skip
    if not steps:
        return
    pod = Map(spec.span, spec.header)
    if pod_template is not None:
        taken(pod_template, POD_KEYS, pod)
    if run is not None:
        taken(run, ("serviceAccountName",), pod)
    else:
        left_to_runs(pod)
    put(pod, "restartPolicy", "Never")
    volumes = [*items(spec, "volumes"), *items(pod_template, "volumes")]
    if volumes:
        pod.put("volumes", listed(volumes, spec), (spec if "volumes" in spec else pod).place("volumes"))
    pod.put("containers", listed(steps, spec), spec.place("steps"))
    beside = []
    for index, sidecar in enumerate(items(spec, "sidecars")):
        made = _step(sidecar, None, f"sidecar[{index}]", values)
        if made is not None:
            put(made, "restartPolicy", "Always")
            beside.append(made)
    if beside:
        pod.put("initContainers", listed(beside, spec), spec.place("sidecars"))
    yield bearer(pod, "task", None, label)


def _step(item: Map, defaults: Map | None, name: str, values: dict[str, Standing]) -> Map | None:
    """A step as a container; None for one that stands elsewhere (`ref`)."""
    made = Map(item.span, item.header)
    for source in (item, defaults):
        if source is not None:
            taken(source, {"computeResources": "resources"}, made)
            taken(source, CONTAINER_KEYS, made)
    if "image" not in made:
        return None
    fill_in(made, "image", _PARAMETER, values)
    if "script" in item:
        made.copy_entry(item, "script")
        with_code(made, None, "script")
    if "name" not in made:
        put(made, "name", name)
    return made
