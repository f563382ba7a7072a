"""When something runs by itself: cron jobs, workflows and backups of a cluster, workflows of GitHub -> `schedule`."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts import cron
from guardrail.concepts.selectors import spelled
from guardrail.model import Inventory, Map, Noun, PartText, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_GROUPS = {"CronJob": ("batch/",), "CronWorkflow": ("argoproj.io/",), "Schedule": ("velero.io/",)}
_FILLED_IN_LATER = lazy_regex(r"[${}%<>]")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.mode != "managed":
        return
    if resource.kind == "pipeline":
        for value, place in _of_github(resource):
            yield _noun(resource, value, place, shorthands=False)
        return
    kind, attributes, spelling = spelled(resource)
    if not isinstance(attributes, Map):
        return
    version = attributes.get("apiVersion")
    groups = _GROUPS.get(kind)
    if groups and not (isinstance(version, str) and version.startswith(groups)):
        return
    spec = spelling.block(attributes, "spec")
    if not isinstance(spec, Map):
        return
    written = [(spec.get("schedule"), spec.place("schedule"))]
    several = spec.get("schedules") if kind == "CronWorkflow" else None
    if isinstance(several, Seq):
        written += [(item, several.place(index)) for index, item in enumerate(several)]
    for value, place in written:
        if isinstance(value, Unknown) or (isinstance(value, str) and value):
            yield _noun(resource, value, place, zone=kind == "Schedule")


def _of_github(resource: Resource) -> Iterator[tuple[Value, Span]]:
    events = resource.attributes.get("on") if resource.provider == "github-actions" else None
    listed = events.get("schedule") if isinstance(events, Map) else None
    for item in listed if isinstance(listed, Seq) else ():
        if isinstance(item, Map) and isinstance(item.get("cron"), str):
            yield item["cron"], item.place("cron")


def _noun(resource: Resource, value: Value, place: Span, shorthands: bool = True, zone: bool = False) -> Noun:
    fields = Map(resource.span, place)
    fields.put("text", value, place)
    if isinstance(value, Unknown):
        fields.put("fault", value.whole() if isinstance(value, PartText) else value, place)
    elif isinstance(value, str) and not _FILLED_IN_LATER.search(value):
        found = cron.fault(value, shorthands, zone)
        if found:
            fields.put("fault", found, place)
        elif resource.kind == "pipeline":
            fields.put("runs_a_day", cron.runs_a_day(value), place)
    return Noun("schedule", resource.local, fields, f"schedule/{place.line}:{place.column}")
