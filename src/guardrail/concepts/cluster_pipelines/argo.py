"""Argo Workflows: pipelines, jobs, scripts and what they depend on.

A pipeline is a workflow, or a template of one, and what a sensor submits; a job is each template of it that has a pod.
Steps and tasks only call templates, so that they are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from guardrail.concepts.cluster_pipelines.argo_runs import Run, Runs, runs_of
from guardrail.concepts.cluster_pipelines.argo_scope import Flow, Scope, Template, scope_of, steps_of
from guardrail.concepts.cluster_pipelines.drafting import (
    Code,
    code_of,
    deploys,
    environment,
    script,
    seconds,
    secrets_of,
)
from guardrail.concepts.dependencies import dependency_noun
from guardrail.concepts.operator_pods.building import BY_RUN, Standing, fill_in, items, mapping, taken
from guardrail.concepts.operator_pods.workflows import PARAMETER, values_of
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin
from guardrail.model import Inventory, Map, Noun, Resource, Span, Unknown, Unsaid, Value
from guardrail.model.patterns import lazy_regex

SYSTEM = "argo-workflows"
_PODS = ("container", "script", "containerSet", "resource", "data")
_KEPT_APART = ("Forbid", "Replace")
_VERSION = lazy_regex(r"(?<![\w.])v?\d+\.\d+(?:\.\d+)*")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform != "kubernetes":
        return
    scope = scope_of(inventory)
    for flow in scope.of(resource):
        yield from _of(flow, scope, runs_of(inventory))


def _of(flow: Flow, scope: Scope, runs: Runs) -> Iterator[Noun]:
    events = scope.events(flow)
    prefix = f"{flow.label}/" if flow.label else ""
    draft = Draft("pipeline", flow.root.header, flow.root.span)
    draft.put("name", flow.name)
    draft.put("system", SYSTEM)
    events.put(draft)
    concurrency, place = _concurrency(flow, None)
    if concurrency is not None:
        draft.put("concurrency", concurrency, place)
    yield draft.noun(flow.name, f"{prefix}pipeline")
    keys = Keys()
    callers = _conditions(flow)
    for template in flow.templates:
        if not any(kind in template.root for kind in _PODS):
            continue
        key = keys.next(prefix + template.name)
        codes = list(_codes(template))
        yield _job(flow, template, scope, runs, [code for code, _, _ in codes], key, callers.get(template.name))
        step_keys = Keys()
        for code, name, container in codes:
            env = environment(container, partial(scope.sources_in, flow, template))
            pastes = partial(scope.pastes, flow, template)
            yield script(code, name, step_keys.next(f"{key}/{name}"), pastes, env, events.outsiders)
    if not flow.templates and mapping(flow.spec, "workflowTemplateRef") is not None:
        yield _call(flow, scope, runs, prefix)
    yield from _dependencies(flow, scope)


def _job(
    flow: Flow, template: Template, scope: Scope, runs: Runs, codes: list[Code], key: str,
    condition: tuple[str, Span] | None,
) -> Noun:  # fmt: skip
    root = template.root
    draft = Draft("job", root.header, root.span)
    draft.put("name", template.name, root.spans.get("name"))
    draft.put("class", "run")
    draft.put("system", SYSTEM)
    scope.events(flow).put(draft)
    _timeout(draft, runs.of_template(template), root)
    concurrency, place = _concurrency(flow, root)
    if concurrency is not None:
        draft.put("concurrency", concurrency, place)
    if condition is not None:
        draft.put("condition", *condition)
    draft.put("deploys", deploys(template.name, codes))
    draft.put("checks_out_untrusted", False)
    containers = [container for container, _, _, _ in _containers(template)]
    volumes = [*items(root, "volumes"), *items(flow.spec, "volumes")]
    draft.put("secrets", secrets_of(containers, volumes, root.header))
    draft.put("secrets_inherited", False)
    return draft.noun(template.name, key)


def _call(flow: Flow, scope: Scope, runs: Runs, prefix: str) -> Noun:
    """A workflow that only names the template that it is made of."""
    draft = Draft("job", flow.root.header, flow.root.span)
    draft.put("name", flow.name)
    draft.put("class", "call")
    draft.put("system", SYSTEM)
    scope.events(flow).put(draft)
    _timeout(draft, [runs.of(flow)], Map())
    concurrency, place = _concurrency(flow, None)
    if concurrency is not None:
        draft.put("concurrency", concurrency, place)
    draft.put("deploys", False)
    draft.put("checks_out_untrusted", False)
    draft.put("secrets_inherited", False)
    return draft.noun(flow.name, f"{prefix}call")


def _timeout(draft: Draft, runs: list[Run], root: Map) -> None:
    """Of the template, what all templates have, or of the workflow as a whole. Without one it may run for ever: if any
    of its runs may, so may the job."""
    found: Map | None = None
    for run in runs:
        holders = (root, mapping(run.spec, "templateDefaults"), run.spec)
        setting = (one for one in holders if one is not None and _deadline(one) is not None)
        holder = next(setting, None)
        if holder is None and run.partial:
            draft.put("timeout", Unsaid(BY_RUN))
        if holder is None:
            break
        found = found or holder
    else:
        if found is not None:
            draft.put("timeout", _deadline(found), found.place("activeDeadlineSeconds"))
            return
    value = seconds(root["timeout"]) if root.get("timeout") is not None else None
    if value is not None:
        draft.put("timeout", value, root.place("timeout"))


def _deadline(holder: Map) -> Value:
    value = holder.get("activeDeadlineSeconds")
    return seconds(value) if value is not None else None


def _concurrency(flow: Flow, root: Map | None) -> tuple[Value, Span]:
    """A lock of the template or the workflow, or what a schedule does while the last run still goes on."""
    for holder in (root, flow.spec):
        if holder is not None and mapping(holder, "synchronization") is not None:
            return holder["synchronization"], holder.place("synchronization")
    spec = mapping(flow.root, "spec") if flow.kind == "CronWorkflow" else None
    if spec is not None and spec.get("concurrencyPolicy") in _KEPT_APART:
        return spec["concurrencyPolicy"], spec.place("concurrencyPolicy")
    return None, flow.root.header


def _conditions(flow: Flow) -> dict[str, tuple[str, Span]]:
    """`when` of the steps and tasks that run a template, where all of them have one."""
    found: dict[str, tuple[str, Span] | None] = {}
    for template in flow.templates:
        for step in steps_of(template.root):
            name, when = step.get("template"), step.get("when")
            if isinstance(name, str):
                own = (when, step.place("when")) if isinstance(when, str) else None
                found[name] = own if own is None or name not in found else found[name] and own
    return {name: own for name, own in found.items() if own is not None}


# Scripts ------------------------------------------------------------------------------------------------------


def _containers(template: Template) -> Iterator[tuple[Map, str, str, Value]]:
    """(container, its name, the key of its code, what interprets that)."""
    root = template.root
    main = mapping(root, "container")
    if main is not None:
        yield main, template.name, "", None
    code = mapping(root, "script")
    if code is not None:
        yield code, template.name, "source", code.get("command")
    for holder, key in ((mapping(root, "containerSet"), "containers"), (root, "initContainers"), (root, "sidecars")):
        for index, container in enumerate(items(holder, key)):
            name = container.get("name")
            yield container, name if isinstance(name, str) else f"{key}[{index}]", "", None


def _codes(template: Template) -> Iterator[tuple[Code, str, Map]]:
    for container, name, key, interpreter in _containers(template):
        code = code_of(container, key, interpreter)
        if code is not None:
            yield code, name, container


# Dependencies -------------------------------------------------------------------------------------------------


def _dependencies(flow: Flow, scope: Scope) -> Iterator[Noun]:
    keys = Keys()
    references = [mapping(flow.spec, "workflowTemplateRef")]
    holders = [(mapping(flow.spec, "arguments"), values_of(Map(), flow.spec))]
    for template in flow.templates:
        values = values_of(template.root, flow.spec)
        holders.append((mapping(template.root, "inputs"), values))
        for step in steps_of(template.root):
            references.append(mapping(step, "templateRef"))
            holders.append((mapping(step, "arguments"), values))
    for reference in references:
        if reference is not None and scope.referred(reference, flow):
            name = str(reference.get("name"))
            fields: dict[str, Value] = {"ecosystem": "workflow", "pin": "none", "local": True}
            yield dependency_noun(name, reference.place("name"), f"the template {name}", keys.next(name), fields)
    for holder, values in holders:
        for artifact in items(holder, "artifacts"):
            yield from _artifact(artifact, keys, values)


def _artifact(artifact: Map, keys: Keys, values: dict[str, Standing]) -> Iterator[Noun]:
    """What a step is given that comes from elsewhere: a repository, or a file at an address."""
    label = f"the artifact {artifact.get('name')}"
    git = _filled(mapping(artifact, "git"), ("repo", "revision", "branch"), values)
    if git is not None and git.get("repo") is not None:
        repo = git["repo"]
        key = "revision" if git.get("revision") is not None else "branch"
        wanted = git.get(key)
        place = git.place(key) if wanted is not None else git.place("repo")
        version: Value = wanted if wanted is None or isinstance(wanted, (str, Unknown)) else str(wanted)
        pin: Value
        if isinstance(version, Unknown) or (isinstance(version, str) and "{{" in version):
            version = pin = _when_it_runs(version)
        else:
            pin = git_pin(version or "")
        if key == "branch" and isinstance(version, str):
            pin = "branch"
        yield _other("git", repo, version, pin, place, label, keys)
    http = _filled(mapping(artifact, "http"), ("url",), values)
    if http is not None and http.get("url") is not None:
        url = http["url"]
        found = _VERSION.search(url) if isinstance(url, str) else None
        pin = "tag" if found else _when_it_runs(url) if isinstance(url, Unknown) or "{{" in str(url) else "none"
        yield _other("artifact", url, found.group() if found else None, pin, http.place("url"), label, keys)


def _other(ecosystem: str, name: Value, version: Value, pin: Value, place: Span, label: str, keys: Keys) -> Noun:
    owner: Value = name
    if isinstance(name, Unknown):
        name = owner = _when_it_runs(name)
    elif isinstance(name, str):
        if "{{" in name:
            name = owner = _when_it_runs(name)
        else:
            path = (name.partition("://")[2] or name.replace(":", "/", 1)).rpartition("@")[2]
            parts = [part for part in path.split("/") if part]
            owner = parts[1] if len(parts) > 2 else parts[0] if parts else name
    values: dict[str, Value] = {
        "ecosystem": ecosystem, "owner": owner, "version": version, "pin": pin, "local": False,
    }  # fmt: skip
    return dependency_noun(name, place, label, keys.next(label), values)


def _filled(holder: Map | None, keys: tuple[str, ...], values: dict[str, Standing]) -> Map | None:
    """A mapping with the defaults of parameters in its texts."""
    if holder is None:
        return None
    made = taken(holder, tuple(holder))
    for key in keys:
        fill_in(made, key, PARAMETER, values)
    return made


def _when_it_runs(value: str | Unknown) -> Unknown:
    if isinstance(value, Unknown):
        return Unknown(value.reason, value.refs)
    return Unknown(f"{value[:60]} is known only when the workflow runs")


