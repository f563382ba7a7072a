"""What reaches Tekton's parameters, and from where: webhooks by way of bindings, templates, runs and pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.concepts.cluster_pipelines import webhooks
from guardrail.concepts.cluster_pipelines.drafting import MAX_HOPS, Events, Paste, Source, distinct
from guardrail.concepts.cluster_pipelines.tekton_events import annotated_events, filtered_events
from guardrail.concepts.cluster_pipelines.tekton_objects import (
    OBJECTS,
    Frame,
    Job,
    Object,
    given_to,
    name_of,
    objects_in,
    triggers_in,
)
from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.model import Inventory, Map, Resource, Seq, Span, Text, Value
from guardrail.model.patterns import lazy_regex

KINDS = (*sorted(OBJECTS), "TriggerTemplate", "EventListener", "Trigger")
BINDINGS = ("TriggerBinding", "ClusterTriggerBinding")
_EXPRESSION = lazy_regex(
    r"""\$\(([A-Za-z][\w-]*(?:\.[\w*-]+|\[(?:"[^"\]\n]{1,200}"|'[^'\]\n]{1,200}'|\*|\d{1,9})\])*)\)"""
)
MAX_DEPTH = 50  # of calls within calls
_FILLED_IN = lazy_regex(r"\{\{\s*([^{}\n]{1,500}?)\s*\}\}")
# Of Pipelines-as-Code: what it takes out of the event by names of its own.
_AS_CODE = {"source_branch": False, "event_title": True, "trigger_comment": True, "git_tag": False}


class Call(NamedTuple):
    """That a frame's text hands parameters to something by name."""

    given: dict[str, Map]
    frame: Frame
    owner: Object


class Delivery(NamedTuple):
    """That a trigger fills a TriggerTemplate."""

    trigger: Map
    resource: Resource


class Scope:
    """All of Tekton's objects in an inventory, and who calls whom."""

    def __init__(self, inventory: Inventory) -> None:
        self.objects: dict[str, list[Object]] = {}
        self.calls: dict[tuple[str, str], list[Call]] = {}
        self.deliveries: dict[str, list[Delivery]] = {}
        self.bindings: dict[str, list[Resource]] = {}
        self.named: dict[tuple[str, str], list[Object]] = {}
        self._sources: dict[tuple[Frame, tuple[str, ...]], tuple[Source, ...]] = {}
        self._depth = 0
        self._events: dict[int, Events] = {}
        for kind in KINDS:
            for resource in inventory.by_kind.get(kind, ()):
                if resource.platform == "kubernetes":
                    self._add(resource)
        for kind in BINDINGS:
            for resource in inventory.by_kind.get(kind, ()):
                self.bindings.setdefault(name_of(resource.attributes), []).append(resource)

    def _add(self, resource: Resource) -> None:
        # An address may stand for several: the same task in several versions' folders.
        found = objects_in(resource)
        self.objects.setdefault(str(id(resource)), []).extend(found)
        for one in found:
            if one.frame.key is not None and one.frame.key[1]:
                self.named.setdefault(one.frame.key, []).append(one)
            for job in one.jobs:
                self._note_calls(one, job)
        for trigger in triggers_in(resource):
            template = mapping(trigger, "template") or Map()
            for key in ("ref", "name"):
                name = template.get(key)
                if isinstance(name, str):
                    self.deliveries.setdefault(name, []).append(Delivery(trigger, resource))
                    break

    def _note_calls(self, owner: Object, job: Job) -> None:
        kind, name = called(job)
        if name:
            self.calls.setdefault((kind, name), []).append(Call(given_to(job), job.frame, owner))
        for step in items(job.spec, "steps"):
            ref = mapping(step, "ref")
            if ref is not None and isinstance(ref.get("name"), str):
                call = Call({item["name"]: item for item in items(step, "params") if isinstance(item.get("name"), str)},
                            job.frame, owner)  # fmt: skip
                self.calls.setdefault(("StepAction", ref["name"]), []).append(call)

    def of(self, resource: Resource) -> list[Object]:
        return self.objects.get(str(id(resource)), [])

    def _calling(self, frame: Frame) -> Iterator[Call]:
        if frame.key is None:
            return
        for call in self.calls.get(frame.key, ()):
            other = call.frame.namespace or _namespace(call.frame)
            if not frame.namespace or not other or other == frame.namespace:
                yield call

    # Outsiders' words ---------------------------------------------------------------------------------------------

    def pastes(self, frame: Frame, text: str) -> Iterator[Paste]:
        """What the text of a frame pastes that outsiders write."""
        if "$(" in text:
            for match in _EXPRESSION.finditer(text):
                for source in self.sources(frame, webhooks.segments(match[1])):
                    yield Paste(match.start(), match.end(), source)
        if frame.as_code and "{{" in text:
            for match in _FILLED_IN.finditer(text):
                for source in _as_code(match[1]):
                    yield Paste(match.start(), match.end(), source)

    def sources_in(self, frame: Frame, value: Value) -> tuple[Source, ...]:
        """The same for a value: a text, or a list or mapping of texts."""
        found: list[Source] = []
        stack = [value]
        while stack and len(found) < 100:
            item = stack.pop()
            if isinstance(item, str):
                found += [paste.source for paste in self.pastes(frame, item)]
            elif isinstance(item, Seq):
                stack += list(item)
            elif isinstance(item, Map):
                stack += list(item.values())
        return distinct(found)

    def sources(self, frame: Frame | None, path: tuple[str, ...]) -> tuple[Source, ...]:
        if frame is None or len(path) < 2:
            return ()
        if path[:2] == ("inputs", "params"):
            path = path[1:]
        known = self._sources.get((frame, path))
        if known is not None or self._depth > MAX_DEPTH:
            return known or ()
        self._sources[frame, path] = ()  # what leads back to itself adds nothing
        self._depth += 1
        if path[0] == "params" and len(path) > 1:
            found = self._parameter(frame, path[1])
        elif path[:2] == ("tt", "params") and len(path) > 2:
            found = self._filled(frame.template, path[2])
        elif path[0] == "tasks" and len(path) > 3 and path[2] == "results":
            found = self._result(frame, path[1], path[3])
        else:
            found = ()
        self._depth -= 1
        self._sources[frame, path] = found
        return found

    def _parameter(self, frame: Frame, name: str) -> tuple[Source, ...]:
        if frame is frame.template:
            return self._filled(frame, name)  # the way of v1alpha1
        if name in frame.given:
            above = frame.parent
            return self._given(above, frame.given, name, frame.label) if above is not None else ()
        found: list[Source] = []
        for call in self._calling(frame):
            if name in call.given:
                found += self._given(call.frame, call.given, name, frame.label)
        if name not in frame.declared and frame.parent is not None:
            found += self.sources(frame.parent, ("params", name))
        return distinct(found)

    def _given(self, frame: Frame, given: dict[str, Map], name: str, label: str) -> tuple[Source, ...]:
        item = given[name]
        value = item.get("value")
        note = f"params.{name} of {label}"
        found = self.sources_in(frame, value)
        return tuple(source.by_way_of(note, item.place("value"), _shown(value)) for source in found
                     if len(source.hops) < MAX_HOPS)  # fmt: skip

    def _filled(self, template: Frame | None, name: str) -> tuple[Source, ...]:
        """What triggers put into a parameter of a TriggerTemplate."""
        if template is None:
            return ()
        own = template.given.get("")
        triggers = [own] if own is not None else []
        if template.key is not None:
            triggers += [delivery.trigger for delivery in self.deliveries.get(template.key[1], ())]
        found: list[Source] = []
        for trigger in triggers:
            for item, label in self._bound(trigger, name):
                for source in self._of_event(item.get("value"), trigger):
                    found.append(source.by_way_of(f"{name} of {label}", item.place("value"), _shown(item.get("value"))))
        return distinct(found)

    def _bound(self, trigger: Map, name: str) -> Iterator[tuple[Map, str]]:
        for binding in items(trigger, "bindings"):
            if binding.get("name") == name and "value" in binding:
                yield binding, "the trigger"
            for item in items(mapping(binding, "spec"), "params"):
                if item.get("name") == name:
                    yield item, "the trigger"
            ref = binding.get("ref")
            for resource in self.bindings.get(ref, ()) if isinstance(ref, str) else ():
                for item in items(mapping(resource.attributes, "spec"), "params"):
                    if item.get("name") == name:
                        yield item, f"{resource.kind} {ref}"

    def _of_event(self, value: Value, trigger: Map) -> Iterator[Source]:
        """Outsiders' words in a binding's `$(body.x)`, or in what an interceptor has made of it."""
        if not isinstance(value, str):
            return
        for match in _EXPRESSION.finditer(value):
            path = webhooks.segments(match[1])
            if path[:1] == ("body",):
                anyone = webhooks.outsiders(path[1:])
                if anyone is not None:
                    yield Source(match[1], anyone)
            elif path[:1] == ("extensions",):
                yield from _of_interceptor(path[1:], trigger)

    def _result(self, frame: Frame, task: str, result: str) -> tuple[Source, ...]:
        """What a task writes to a result on a line that pastes an outsider's words."""
        if frame.pipeline is None:
            return ()
        found: list[Source] = []
        for section in ("tasks", "finally"):
            for item in items(frame.pipeline, section):
                if item.get("name") != task:
                    continue
                spec = mapping(item, "taskSpec")
                if spec is not None:
                    own = Frame(f"task {task}", spec, frame, given=item.get("params"), declared=spec.get("params"))
                    found += self._written(own, spec, result)
                ref = mapping(item, "taskRef")
                name = ref.get("name") if ref is not None else None
                for other in self.named.get(("Task", name), ()) if isinstance(name, str) else ():
                    given = {one["name"]: one for one in items(item, "params") if isinstance(one.get("name"), str)}
                    called_frame = Frame(other.frame.label, other.spec, frame, given=item.get("params"),
                                         declared=other.spec.get("params"))  # fmt: skip
                    if given:
                        found += self._written(called_frame, other.spec, result)
        return distinct(found)

    def _written(self, frame: Frame, spec: Map, result: str) -> Iterator[Source]:
        mark = f"results.{result}.path"
        for step in items(spec, "steps"):
            script = step.get("script")
            if not isinstance(script, str) or mark not in script:
                continue
            for number, line in enumerate(script.split("\n")):
                if mark in line:
                    for paste in self.pastes(frame, line):
                        place = step.place("script")
                        if isinstance(script, Text) and script.exact:
                            row = script.first_line + number
                            place = Span(place.file, row, script.indent + 1, row, script.indent + 1 + len(line))
                        yield paste.source.by_way_of(f"result {result} of {frame.label}", place, line.strip())

    # Events -------------------------------------------------------------------------------------------------------

    def events(self, found: Object) -> Events:
        """What starts an object, as far as the scanned set says."""
        known = self._events.get(id(found))
        if known is not None:
            return known
        self._events[id(found)] = Events()
        made = self._own_events(found)
        if made.place is None:
            others = [self.events(call.owner) for call in self._calling(found.frame)]
            others = [other for other in others if other.place is not None]
            if others:
                names = tuple(dict.fromkeys(name for other in others for name in other.names))
                said = [other.outsiders for other in others]
                outsiders = True if True in said else None if None in said else False
                made = Events(names, found.root.header, outsiders)
        self._events[id(found)] = made
        return made

    def _own_events(self, found: Object) -> Events:
        made = annotated_events(found)
        if made.place is not None:
            return made
        names: list[str] = []
        template = found.frame.template
        if template is None:
            return Events()
        triggers = [template.given[""]] if "" in template.given else []
        if template.key is not None:
            triggers += [delivery.trigger for delivery in self.deliveries.get(template.key[1], ())]
        if not triggers:
            return Events()
        whole = True
        for trigger in triggers:
            own = list(dict.fromkeys(filtered_events(trigger)))
            whole = whole and bool(own)
            names += own or ["webhook"]
        outsiders = any(map(webhooks.is_outsiders_event, names)) or (False if whole else None)
        return Events(tuple(dict.fromkeys(names)), found.root.header, outsiders)


def scope_of(inventory: Inventory) -> Scope:
    found = inventory.indexes.get("tekton")
    if not isinstance(found, Scope):
        found = inventory.indexes["tekton"] = Scope(inventory)
    return found


def called(job: Job) -> tuple[str, str]:
    """Kind and name of what a job calls in its cluster; ("", "") for what comes from elsewhere or is not known."""
    ref = job.ref
    name = ref.get("name") if ref is not None else None
    if ref is None or not isinstance(name, str) or "bundle" in ref or "$(" in name or "{{" in name:
        return "", ""
    kind = ref.get("kind")
    plain = "Pipeline" if kind == "Pipeline" or "pipelineRef" in job.holder or _is_run(job.holder) else "Task"
    return plain, name


def _is_run(holder: Map) -> bool:
    spec = mapping(holder, "spec")
    return spec is not None and "pipelineRef" in spec


def _namespace(frame: Frame) -> str:
    above: Frame | None = frame
    while above is not None:
        if above.namespace:
            return above.namespace
        above = above.parent
    return ""


def _shown(value: Value) -> Value:
    return value if isinstance(value, str) else None


def in_cel(expression: str) -> Iterator[Source]:
    for path in webhooks.in_cel(expression):
        anyone = webhooks.outsiders(path)
        if anyone is not None:
            yield Source("body." + ".".join(path), anyone)


def _of_interceptor(path: tuple[str, ...], trigger: Map) -> Iterator[Source]:
    """What an interceptor adds to an event: worked out from its body, or a pull request that it has fetched."""
    wanted = ".".join(path)
    for overlay in _overlays(trigger):
        key, expression = overlay.get("key"), overlay.get("expression")
        if isinstance(key, str) and isinstance(expression, str) and f"{wanted}.".startswith(f"{key}."):
            for source in in_cel(expression):
                yield source.by_way_of(f"extensions.{key}", overlay.place("expression"), expression)
            return
    for index, name in enumerate(path[:-1]):
        anyone = webhooks.outsiders(("pull_request", *path[index + 1 :])) if "pull_request" in name else None
        if anyone is not None:
            yield Source(f"extensions.{wanted}", anyone)


def _as_code(inner: str) -> Iterator[Source]:
    """Outsiders' words in one of Pipelines-as-Code's `{{ ... }}`."""
    if inner in _AS_CODE:
        yield Source(inner, _AS_CODE[inner])
    elif inner.startswith("cel:"):
        yield from in_cel(inner[4:])
    elif inner.startswith("body."):
        path = webhooks.segments(inner[4:])
        anyone = webhooks.outsiders(path) if path else None
        if anyone is not None:
            yield Source(inner, anyone)


def _overlays(trigger: Map) -> Iterator[Map]:
    for interceptor in items(trigger, "interceptors"):
        for item in items(interceptor, "params"):
            if item.get("name") == "overlays":
                yield from items(item, "value")
        yield from items(mapping(interceptor, "cel"), "overlays")
