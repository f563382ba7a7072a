"""What starts a pipeline of Azure."""

from __future__ import annotations

from guardrail.inputs.pipelines.azure_expand import Level
from guardrail.inputs.pipelines.azure_walk import Walk
from guardrail.inputs.pipelines.vocabulary import key_line
from guardrail.model import Map, Seq, Span, Unknown, Value

_HOSTED_AT_GITHUB = ".github"
_BY_RESOURCE = ("pipelines", "builds", "containers", "packages", "webhooks")


class Triggers:
    """`events` as the file's keys spell them: trigger, pr, schedules, and the resources that start it."""

    __slots__ = ("events", "place", "untrusted")

    def __init__(self, events: Seq, untrusted: bool | Unknown, place: Span) -> None:
        self.events, self.untrusted, self.place = events, untrusted, place


def triggers_of(walk: Walk, level: Level, header: Span) -> Triggers:
    """What is written, and what Azure does where nothing is: it builds each push, and each pull request of a
    repository at GitHub or Bitbucket. Those of Azure Repos are a matter of branch policies, outside of the file; and
    what has a folder for GitHub may be a copy of it."""
    events = Seq(header)
    settled = walk.expander.settle(level, "trigger")
    if settled is None:
        events.add("trigger", header)
    elif not _none(settled.value):
        events.add("trigger", key_line(settled.span, "trigger"))
    untrusted: bool | Unknown = False
    place = header
    pr = walk.expander.settle(level, "pr")
    if pr is not None:
        place = key_line(pr.span, "pr")
        if isinstance(pr.value, Unknown):
            untrusted = pr.value
        elif not _none(pr.value):
            untrusted = True
            events.add("pr", place)
    else:
        untrusted = Unknown("whether pull requests start it depends on where the repository is hosted")
        if walk.library.tree.is_folder(_HOSTED_AT_GITHUB):
            events.add("pr", header)
    schedules = walk.expander.settle(level, "schedules")
    if schedules is not None and schedules.value:
        events.add("schedules", key_line(schedules.span, "schedules"))
    resources = walk.expander.settle(level, "resources")
    if resources is not None and isinstance(resources.value, Map):
        for kind in _BY_RESOURCE:
            listed = resources.value.get(kind)
            for item in listed if isinstance(listed, Seq) else ():
                starts = isinstance(item, Map) and (kind == "webhooks" or not _none(item.get("trigger")))
                if starts and kind not in events:
                    events.add(kind, item.place("trigger"))
    events.header = events.spans[0] if events else header
    return Triggers(events, untrusted, place)


def _none(value: Value) -> bool:
    """Nothing, or the word that turns a trigger off."""
    if isinstance(value, Map) and value.get("enabled") is False:
        return True
    return value is None or value is False or (isinstance(value, str) and value.strip().lower() in ("none", ""))
