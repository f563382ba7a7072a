"""Argo Workflows: a pod for each template that has a container, a script or a set of containers
(https://argo-workflows.readthedocs.io/en/latest/fields/#template)."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.cluster_pipelines.argo_runs import TEMPLATES, Run, runs_of
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
from guardrail.model import Inventory, Map, Seq
from guardrail.model.patterns import lazy_regex

_TYPES = ("container", "script", "containerSet", "dag", "steps", "resource", "suspend", "http", "data", "plugin")
_IN_EXPRESSION = r"""(inputs|workflow)\.parameters(?:\.(\w+)|\[\s*["']([^"'\]\n]{1,200})["']\s*\])"""
# The last alternative is any other expression: what it comes to is not known.
PARAMETER = lazy_regex(
    r"\{\{(?:\s*(inputs|workflow)\.parameters\.([\w-]+)\s*|=\s*" + _IN_EXPRESSION + r"\s*"
    r"|=\s*sprig\.trim\(\s*" + _IN_EXPRESSION + r"\s*\)\s*|=[^\n]{1,2000}?)\}\}"
)
_SUBMITTED = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")


def bearers(kind: str, group: str, attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    if group != "argoproj.io":
        return
    if kind == "Sensor":
        yield from _submitted(attributes, inventory)
        return
    spec = mapping(attributes, "spec", "workflowSpec") if kind == "CronWorkflow" else mapping(attributes, "spec")
    if spec is None:
        return
    for index, template in enumerate(_templates(spec)):
        name = template.get("name")
        label = name if isinstance(name, str) else f"templates[{index}]"
        yield from _run(template, spec, label, kind in TEMPLATES, inventory)


def _run(template: Map, spec: Map, label: str, partial: bool, inventory: Inventory) -> Iterator[Bearer]:
    """The pods of a template, as the runs that start it have them: one where all of them come to the same."""
    runs = runs_of(inventory)
    standing = runs.scope.at(template)
    different: list[Map] = []
    for run in runs.of_template(standing) if standing is not None else [Run("", spec, partial)]:
        found = _bearer(template, run, f"{label}@{run.name}" if different else label)
        if found is None:
            return
        if isinstance(found.template, Map) and found.template not in different:
            different.append(found.template)
            yield found


def _submitted(attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    """The pods of the workflows that a sensor submits."""
    for index, trigger in enumerate(items(mapping(attributes, "spec"), "triggers")):
        template = mapping(trigger, "template")
        for key in ("argoWorkflow", "k8s"):
            made = mapping(template, key, "source", "resource")
            version = made.get("apiVersion") if made is not None else None
            if made is None or not isinstance(version, str) or made.get("kind") not in _SUBMITTED:
                continue
            name = template.get("name") if template is not None else None
            label = name if isinstance(name, str) else f"triggers[{index}]"
            for found in bearers(str(made["kind"]), version.rpartition("/")[0], made, inventory):
                yield found._replace(label=f"{label}/{found.label}")


def _templates(spec: Map) -> Iterator[Map]:
    """Those with a name, and those that stand in the steps and tasks of others."""
    for template in items(spec, "templates"):
        yield template
        for task in items(template.get("dag"), "tasks"):
            if (inline := mapping(task, "inline")) is not None:
                yield inline
        steps = template.get("steps")
        for group in steps if isinstance(steps, Seq) else ():
            for step in group if isinstance(group, Seq) else ():
                if (inline := mapping(step, "inline")) is not None:
                    yield inline


def _bearer(template: Map, run: Run, label: str) -> Bearer | None:
    spec = run.spec
    defaults = mapping(spec, "templateDefaults")
    whole = template if defaults is None else _with_defaults(template, defaults)
    values = values_of(whole, spec)
    containers = [taken(item, CONTAINER_KEYS) for item in items(whole.get("containerSet"), "containers")]
    if (main := mapping(whole, "container")) is not None:
        containers.append(_named(main, "main"))
    if (script := mapping(whole, "script")) is not None:
        made = taken(script, ("source",), _named(script, "main"))
        with_code(made, script.get("command"), "source")
        containers.append(made)
    if not containers:
        return None
    for container in containers:
        fill_in(container, "image", PARAMETER, values)
    pod = taken(whole, POD_KEYS)
    taken(spec, POD_KEYS, pod)
    if run.partial:
        left_to_runs(pod, "securityContext" not in whole)
    volumes = [*items(spec, "volumes"), *items(whole, "volumes")]
    if volumes:
        pod.put("volumes", listed(volumes, whole), (whole if "volumes" in whole else spec).place("volumes"))
    if "restartPolicy" not in pod:
        put(pod, "restartPolicy", "Never")
    pod.put("containers", listed(containers, whole), whole.header)
    beside = []
    for sidecar in items(whole, "sidecars"):
        made = taken(sidecar, CONTAINER_KEYS)
        fill_in(made, "image", PARAMETER, values)
        put(made, "restartPolicy", "Always")
        beside.append(made)
    before = [*beside, *items(whole, "initContainers")]
    if before:
        pod.put("initContainers", listed(before, whole), whole.header)
    metadata = mapping(whole, "metadata") or mapping(spec, "podMetadata")
    doubt = ""
    if "podSpecPatch" in whole or "podSpecPatch" in spec:
        from guardrail.concepts.operator_pods.spec_patches import patched

        pod, doubt = patched(pod, (spec, whole))
    return bearer(pod, "task", metadata, label, doubt)


def values_of(template: Map, spec: Map) -> dict[str, Standing]:
    """What parameters stand for, unless whoever runs the template or the workflow says otherwise."""
    found: dict[str, Standing] = {}
    for kind, holder in (("workflow", mapping(spec, "arguments")), ("inputs", mapping(template, "inputs"))):
        for item in items(holder, "parameters"):
            key = "value" if "value" in item else "default"
            if isinstance(item.get("name"), str) and key in item:
                note = f"default of {kind}.parameters.{item['name']}"
                found[f"{kind}.{item['name']}"] = Standing(item[key], note, item.place(key))
    return found


def _with_defaults(template: Map, defaults: Map) -> Map:
    """What all templates of a workflow have, unless they say otherwise; it doesn't make a container of what is none."""
    whole = taken(template, tuple(template))
    taken(defaults, tuple(key for key in defaults if key not in _TYPES), whole)
    for key in _TYPES:
        own, general = mapping(template, key), mapping(defaults, key)
        if own is not None and general is not None:
            whole[key] = taken(general, tuple(general), taken(own, tuple(own)))
    return whole


def _named(container: Map, name: str) -> Map:
    made = taken(container, CONTAINER_KEYS)
    if "name" not in made:
        put(made, "name", name)
    return made
