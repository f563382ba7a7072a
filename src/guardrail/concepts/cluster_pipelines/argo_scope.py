"""What reaches the parameters of Argo's workflows, and from where: events by way of sensors, workflows and templates.

Follows "Fields" and "Workflow Variables" of Argo Workflows and "Sensor" of Argo Events.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from guardrail.concepts.cluster_pipelines import webhooks
from guardrail.concepts.cluster_pipelines.drafting import MAX_HOPS, Events, Paste, Source, distinct
from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.model import Inventory, Map, Resource, Seq, Value
from guardrail.model.patterns import lazy_regex

GROUP = "argoproj.io"
WORKFLOWS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
_VARIABLE = lazy_regex(r"\{\{\s*([A-Za-z][\w.*-]{1,200}(?:\[[^\]{}\n]{1,100}\])?[\w.]*)\s*\}\}")
_EXPRESSION = lazy_regex(r"\{\{=([^\n]{1,2000}?)\}\}")
_NAMED = lazy_regex(
    r"""(?<![\w.'"])((?:inputs|workflow)\.parameters)(?:\.([\w-]+)|\[\s*['"]([^'"\]\n]{1,200})['"]\s*\])"""
)
_BODY = lazy_regex(r"\.Input\.body((?:\.\w+){0,20})")
_PARAMETER = lazy_regex(r"spec\.(?:workflowSpec\.)?arguments\.parameters\.(\d{1,4}|-1|#\([^)]*\))(?:\.value)?\Z")
MAX_DEPTH = 50
MAX_TEMPLATES = 2000  # in one workflow


class Flow:
    """A workflow: a resource, or one that a sensor submits. `spec` is a workflow's spec."""

    __slots__ = ("fed", "kind", "label", "name", "namespace", "resource", "root", "sensor", "spec", "templates")

    def __init__(self, resource: Resource, root: Map, kind: str, name: str, label: str, spec: Map) -> None:
        self.resource, self.root, self.kind, self.name, self.label, self.spec = resource, root, kind, name, label, spec
        self.namespace = _text(mapping(root, "metadata"), "namespace")
        self.templates = [Template(self, item, _text(item, "name") or f"templates[{index}]")
                          for index, item in enumerate(_templates(spec))]  # fmt: skip
        self.fed: list[Feed] = []  # by sensors
        self.sensor: Resource | None = None

    @property
    def arguments(self) -> dict[str, Map]:
        return _parameters(mapping(self.spec, "arguments"))


class Template:
    __slots__ = ("flow", "inputs", "name", "root")

    def __init__(self, flow: Flow, root: Map, name: str) -> None:
        self.flow, self.root, self.name = flow, root, name
        self.inputs = _parameters(mapping(root, "inputs"))


class Call(NamedTuple):
    """That a step or task of a template runs another with these arguments."""

    template: Template | None  # None: the workflow itself does
    flow: Flow
    arguments: dict[str, Map]


class Feed(NamedTuple):
    """That a sensor puts something of an event into a workflow's parameter."""

    parameter: str
    item: Map
    key: str
    sources: tuple[Source, ...]


def _templates(spec: Map) -> Iterator[Map]:
    for template in islice(items(spec, "templates"), MAX_TEMPLATES):
        yield template
        for step in steps_of(template):
            inline = mapping(step, "inline")
            if inline is not None:
                yield inline


def steps_of(template: Map) -> Iterator[Map]:
    """The tasks of a graph, or the steps of all groups."""
    yield from items(mapping(template, "dag"), "tasks")
    groups = template.get("steps")
    for group in groups if isinstance(groups, Seq) else ():
        listed = group if isinstance(group, Seq) else group.get("steps") if isinstance(group, Map) else None
        for step in listed if isinstance(listed, Seq) else ():
            if isinstance(step, Map):
                yield step


def spec_of(root: Map, kind: str) -> Map | None:
    return mapping(root, "spec", "workflowSpec") if kind == "CronWorkflow" else mapping(root, "spec")


def _text(holder: Map | None, key: str) -> str:
    value = holder.get(key) if holder is not None else None
    return value if isinstance(value, str) else ""


def _parameters(holder: Map | None) -> dict[str, Map]:
    found: dict[str, Map] = {}
    for item in items(holder, "parameters"):
        if isinstance(item.get("name"), str):
            found.setdefault(item["name"], item)
    return found


class Scope:
    def __init__(self, inventory: Inventory) -> None:
        self.flows: dict[int, list[Flow]] = {}
        self.named: dict[tuple[str, str], list[Flow]] = {}
        self.calls: dict[tuple[int, str], list[Call]] = {}
        self.event_sources: dict[str, list[Map]] = {}
        self._sources: dict[tuple[Flow, Template | None, str, str], tuple[Source, ...]] = {}
        self._templates: dict[int, Template] = {}
        self._depth = 0
        self._callers: dict[Flow, list[Flow]] = {}
        for kind in WORKFLOWS:
            for resource in inventory.by_kind.get(kind, ()):
                self._add(resource)
        for resource in inventory.by_kind.get("EventSource", ()):
            if _is_argo(resource.attributes):
                name = _text(mapping(resource.attributes, "metadata"), "name")
                self.event_sources.setdefault(name, []).append(resource.attributes)
        for resource in inventory.by_kind.get("Sensor", ()):
            if resource.platform == "kubernetes" and _is_argo(resource.attributes):
                self._sensor(resource)
        for flows in list(self.flows.values()):
            for flow in flows:
                self._note_calls(flow)
                self._templates.update((id(template.root), template) for template in flow.templates)

    def of(self, resource: Resource) -> list[Flow]:
        return self.flows.get(id(resource), [])

    def _add(self, resource: Resource) -> None:
        if resource.platform != "kubernetes" or not _is_argo(resource.attributes):
            return
        spec = spec_of(resource.attributes, resource.kind)
        if spec is None:
            return
        name = _name(resource.attributes)
        flow = Flow(resource, resource.attributes, resource.kind, name, "", spec)
        self.flows.setdefault(id(resource), []).append(flow)
        self.named.setdefault((resource.kind, name), []).append(flow)

    # Calls --------------------------------------------------------------------------------------------------------

    def _note_calls(self, flow: Flow) -> None:
        spec = flow.spec
        others = self.referred(mapping(spec, "workflowTemplateRef"), flow)
        for other in others:
            self._callers.setdefault(other, []).append(flow)
        for key in ("entrypoint", "onExit"):
            own = _text(spec, key)
            if own:
                self._note(flow, own, Call(None, flow, flow.arguments))
            for other in others:
                name = own or _text(other.spec, key)
                if name:
                    self._note(other, name, Call(None, flow, flow.arguments))
        for template in flow.templates:
            for step in steps_of(template.root):
                call = Call(template, flow, _parameters(mapping(step, "arguments")))
                self._call(flow, step, call)
                hooks = mapping(step, "hooks")
                for hook in hooks.values() if hooks is not None else ():
                    if isinstance(hook, Map):
                        self._call(flow, hook, Call(template, flow, _parameters(mapping(hook, "arguments"))))
                inline = mapping(step, "inline")
                if inline is not None:
                    self.calls.setdefault((id(inline), ""), []).append(call)

    def _call(self, flow: Flow, step: Map, call: Call) -> None:
        name = _text(step, "template")
        if name:
            self._note(flow, name, call)
        reference = mapping(step, "templateRef")
        for other in self.referred(reference, flow):
            self._note(other, _text(reference, "template"), call)

    def _note(self, flow: Flow, template: str, call: Call) -> None:
        self.calls.setdefault((id(flow), template), []).append(call)

    def referred(self, reference: Map | None, flow: Flow) -> list[Flow]:
        """The templates of the scanned set that a reference means."""
        if reference is None:
            return []
        kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") is True else "WorkflowTemplate"
        found = self.named.get((kind, _text(reference, "name")), [])
        return [one for one in found if not flow.namespace or not one.namespace or one.namespace == flow.namespace]

    def calling(self, template: Template) -> Iterator[Call]:
        yield from self.calls.get((id(template.flow), template.name), ())
        yield from self.calls.get((id(template.root), ""), ())

    def callers(self, flow: Flow) -> list[Flow]:
        """Those that are made of a workflow's template."""
        return self._callers.get(flow, [])

    def at(self, root: Map) -> Template | None:
        """The template that stands there."""
        return self._templates.get(id(root))

    # Outsiders' words ---------------------------------------------------------------------------------------------

    def pastes(self, flow: Flow, template: Template | None, text: str) -> Iterator[Paste]:
        if "{{" not in text:
            return
        for match in _VARIABLE.finditer(text):
            for source in self._variable(flow, template, match[1]):
                yield Paste(match.start(), match.end(), source)
        for match in _EXPRESSION.finditer(text):
            found: list[Source] = []
            for inner in _NAMED.finditer(match[1]):
                found += self._parameter(flow, template, inner[1].partition(".")[0], inner[2] or inner[3])
            for source in distinct(found):
                yield Paste(match.start(), match.end(), source)

    def sources_in(self, flow: Flow, template: Template | None, value: Value) -> tuple[Source, ...]:
        return distinct(paste.source for paste in self.pastes(flow, template, value)) if isinstance(value, str) else ()

    def _variable(self, flow: Flow, template: Template | None, name: str) -> tuple[Source, ...]:
        if name.startswith("inputs.parameters."):
            return self._parameter(flow, template, "inputs", name.removeprefix("inputs.parameters."))
        if name.startswith("workflow.parameters."):
            return self._parameter(flow, template, "workflow", name.removeprefix("workflow.parameters."))
        if name in ("workflow.parameters", "workflow.parameters.json"):
            names = flow.arguments
            return distinct(source for key in names for source in self._parameter(flow, template, "workflow", key))
        return ()

    def _parameter(self, flow: Flow, template: Template | None, kind: str, name: str) -> tuple[Source, ...]:
        key = (flow, template, kind, name)
        known = self._sources.get(key)
        if known is not None or self._depth > MAX_DEPTH:
            return known or ()
        self._sources[key] = ()  # what leads back to itself adds nothing
        self._depth += 1
        if kind == "workflow":
            found = self._of_workflow(flow, name)
            if template is not None:  # of the workflow that calls it from elsewhere
                others = [call for call in self.calling(template) if call.flow is not flow]
                further = (self._parameter(call.flow, call.template, kind, name) for call in others)
                found = distinct((*found, *(source for sources in further for source in sources)))
        else:
            found = self._of_template(template, name) if template is not None else ()
        self._depth -= 1
        self._sources[key] = found
        return found

    def _of_template(self, template: Template, name: str) -> tuple[Source, ...]:
        found: list[Source] = []
        for call in self.calling(template):
            if call.template is None:
                found += self._parameter(call.flow, None, "workflow", name)
            elif name in call.arguments:
                item = call.arguments[name]
                note = f"{name} of template {template.name}"
                for source in self.sources_in(call.flow, call.template, item.get("value")):
                    if len(source.hops) < MAX_HOPS:
                        found.append(source.by_way_of(note, item.place("value"), item.get("value")))
        return distinct(found)

    def _of_workflow(self, flow: Flow, name: str) -> tuple[Source, ...]:
        found: list[Source] = []
        for feed in flow.fed:
            if feed.parameter == name:
                note = f"parameter {name} of {flow.kind} {flow.name}".rstrip()
                found += [source.by_way_of(note, feed.item.place(feed.key), _shown(feed.item.get(feed.key)))
                          for source in feed.sources]  # fmt: skip
        for caller in self.callers(flow):
            found += self._parameter(caller, None, "workflow", name)
        return distinct(found)

    # Sensors ------------------------------------------------------------------------------------------------------

    def _sensor(self, resource: Resource) -> None:
        spec = mapping(resource.attributes, "spec")
        for index, trigger in enumerate(items(spec, "triggers")):
            template = mapping(trigger, "template")
            for key in ("argoWorkflow", "k8s"):
                body = mapping(template, key)
                made = mapping(body, "source", "resource")
                if body is None or made is None or made.get("kind") not in WORKFLOWS or not _is_argo(made):
                    continue
                kind = str(made["kind"])
                inner = spec_of(made, kind)
                if inner is None:
                    continue
                name = _name(made)
                label = _text(template, "name") or f"triggers[{index}]"
                flow = Flow(resource, made, kind, name.rstrip("-") or label, label, inner)
                flow.sensor = resource
                flow.fed = list(_feeds(body, flow))
                self.flows.setdefault(id(resource), []).append(flow)

    def events(self, flow: Flow) -> Events:
        """What starts a workflow: a schedule, or the events that a sensor waits for."""
        if flow.kind == "CronWorkflow" and flow.sensor is None:
            spec = mapping(flow.root, "spec")
            if spec is not None and ("schedule" in spec or "schedules" in spec):
                place = spec.place("schedule" if "schedule" in spec else "schedules")
                return Events(("schedule",), place, False)
        if flow.sensor is not None:
            return self._awaited(flow, flow.sensor)
        if flow.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
            others = [self.events(caller) for caller in self.callers(flow) if caller.kind not in
                      ("WorkflowTemplate", "ClusterWorkflowTemplate")]  # fmt: skip
            others = [other for other in others if other.place is not None]
            if others:
                said = [other.outsiders for other in others]
                outsiders = True if True in said else None if None in said else False
                names = tuple(dict.fromkeys(name for other in others for name in other.names))
                return Events(names, flow.root.header, outsiders)
        return Events()

    def _awaited(self, flow: Flow, sensor: Resource) -> Events:
        names: list[str] = []
        whole = True
        for dependency in items(mapping(sensor.attributes, "spec"), "dependencies"):
            source, event = _text(dependency, "eventSourceName"), _text(dependency, "eventName")
            found = list(self._named_events(source, event))
            whole = whole and bool(found) and "webhook" not in found
            names += found or [event or "event"]
        outsiders = any(map(webhooks.is_outsiders_event, names)) or (False if whole else None)
        return Events(tuple(dict.fromkeys(names)), flow.root.header, outsiders)

    def _named_events(self, source: str, event: str) -> Iterator[str]:
        for root in self.event_sources.get(source, ()):
            spec = mapping(root, "spec")
            for kind in spec if spec is not None else ():
                body = mapping(spec, kind, event)
                if body is None:
                    continue
                listed = body.get("events")
                if isinstance(listed, Seq) and listed:
                    yield from (item for item in listed if isinstance(item, str))
                else:
                    yield "schedule" if kind == "calendar" else kind


def scope_of(inventory: Inventory) -> Scope:
    found = inventory.indexes.get("argo-workflows")
    if not isinstance(found, Scope):
        found = inventory.indexes["argo-workflows"] = Scope(inventory)
    return found


def _shown(value: Value) -> Value:
    return value if isinstance(value, str) else None


def _is_argo(root: Map) -> bool:
    version = root.get("apiVersion")
    return isinstance(version, str) and version.startswith(f"{GROUP}/")


def _name(root: Map) -> str:
    metadata = mapping(root, "metadata")
    return _text(metadata, "name") or _text(metadata, "generateName")


def _feeds(body: Map, flow: Flow) -> Iterator[Feed]:
    """What a sensor's trigger writes into the workflow that it submits, by the place or by name."""
    declared = list(items(mapping(flow.spec, "arguments"), "parameters"))
    for item in items(body, "parameters"):
        source = mapping(item, "src")
        match = _PARAMETER.match(_text(item, "dest"))
        if source is None or match is None:
            continue
        index = match[1]
        if index.isdecimal() and int(index) < len(declared):
            for key in ("dataKey", "dataTemplate"):
                found = tuple(_of_event(source.get(key), key))
                if found:
                    yield Feed(_text(declared[int(index)], "name"), source, key, found)


def _of_event(value: Value, key: str) -> Iterator[Source]:
    if not isinstance(value, str):
        return
    paths = [value.removeprefix("body")] if key == "dataKey" else [match[1] for match in _BODY.finditer(value)]
    if key == "dataKey" and value != "body" and not value.startswith("body."):
        return
    for text in paths:
        path = tuple("*" if part == "#" else part for part in text.strip(".").split(".") if part)
        anyone = webhooks.outsiders(path)
        if anyone is not None:
            yield Source(".".join(("body", *path)), anyone)
