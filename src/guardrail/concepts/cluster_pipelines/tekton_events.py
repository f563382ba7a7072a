"""Which events start Tekton's runs: by Pipelines-as-Code's annotations, or by what interceptors let through."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.concepts.cluster_pipelines import webhooks
from guardrail.concepts.cluster_pipelines.drafting import Events
from guardrail.concepts.cluster_pipelines.tekton_objects import Object, annotation
from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.model import Map, Seq, Value
from guardrail.model.patterns import lazy_regex

_EVENT = lazy_regex(r"""\bevent(?:_type)?\s*==\s*["'](\w+)["']""")
_EVENT_IN = lazy_regex(r"""\bevent(?:_type)?\s+in\s*\[([^\]\n]{1,300})\]""")
_WORD = lazy_regex(r"""["'](\w[\w ]*)["']""")
_HEADER = lazy_regex(
    r"""header(?:\.match\(\s*|\[|\.canonical\(\s*)["']X-(?:GitHub|Gitlab|Gitea)-Event["'][\])]?"""
    r"""\s*(?:(?:,|==|in)\s*)?(?:\[\s*)?["']([\w :-]+)["']""",
    re.IGNORECASE,
)


def annotated_events(found: Object) -> Events:
    """Of a run that Pipelines-as-Code starts; without a place where it does not."""
    value, place = annotation(found, "on-event")
    names: list[str] = _annotated(value) if isinstance(value, str) else []
    for key in ("on-comment", "on-label"):
        other, where = annotation(found, key)
        if isinstance(other, str):
            names.append("comment" if key == "on-comment" else "label")
            place = place if isinstance(value, str) else where
    cel, where = annotation(found, "on-cel-expression")
    if isinstance(cel, str):
        names += _EVENT.findall(cel)
        names += [word for match in _EVENT_IN.finditer(cel) for word in _WORD.findall(match[1])]
        place = where
    if names:
        names = list(dict.fromkeys(names))
        return Events(tuple(names), place, any(map(webhooks.is_outsiders_event, names)))
    return Events()


def _annotated(value: str) -> list[str]:
    """`[pull_request, push]` or one name."""
    return [name.strip().strip("\"'") for name in value.strip().strip("[]").split(",") if name.strip()]


def filtered_events(trigger: Map) -> Iterator[str]:
    """Names of the events that interceptors let through."""
    for interceptor in items(trigger, "interceptors"):
        for kind in ("github", "gitlab", "bitbucket"):
            holder = mapping(interceptor, kind)
            if holder is not None:
                yield from _texts(holder.get("eventTypes"))
        cel = mapping(interceptor, "cel")
        if cel is not None and isinstance(cel.get("filter"), str):
            yield from _HEADER.findall(cel["filter"])
        for item in items(interceptor, "params"):
            if item.get("name") == "eventTypes":
                yield from _texts(item.get("value"))
            elif item.get("name") == "filter" and isinstance(item.get("value"), str):
                yield from _HEADER.findall(item["value"])


def _texts(value: Value) -> Iterator[str]:
    for item in value if isinstance(value, Seq) else ():
        if isinstance(item, str):
            yield item
