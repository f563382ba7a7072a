"""The machines that Azure's `pool:` asks for."""

from __future__ import annotations

import re

from guardrail.inputs.pipelines.azure_alternatives import agreed
from guardrail.inputs.pipelines.azure_expand import Settled
from guardrail.inputs.pipelines.azure_scope import Variables
from guardrail.inputs.pipelines.vocabulary import Draft, text_of
from guardrail.model import Map, OneOf, OriginsOf, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

# The pool of Microsoft's machines, and those that it had before there were images to choose.
_HOSTED_POOL = lazy_regex(r"azure pipelines\Z|hosted(?: .+)?\Z", re.IGNORECASE)
_WINDOWS = lazy_regex(r"windows|vs20\d\d|win(?:1|20)", re.IGNORECASE)
_POSIX = lazy_regex(r"ubuntu|linux|macos|mac-", re.IGNORECASE)


class Machine:
    """`runner`: the image, or the pool's name; `self_hosted`: whether it is one's own; `system`: windows, posix or
    empty where that isn't told."""

    __slots__ = ("origin", "runner", "self_hosted", "span", "system")

    def __init__(
        self, runner: Value, self_hosted: bool | Unknown, system: str, span: Span | None,
        origin: OriginsOf | None = None,
    ) -> None:  # fmt: skip
        self.runner, self.self_hosted, self.system, self.span, self.origin = runner, self_hosted, system, span, origin

    def tell(self, draft: Draft) -> None:
        """Of a pool that isn't known, only that nobody knows whose it is."""
        told = isinstance(self.runner, OneOf) and not isinstance(self.self_hosted, Unknown)
        told = told or not isinstance(self.runner, Unknown)
        if self.runner is not None and (self.self_hosted is False or told):
            draft.put("runner", self.runner, self.span, self.origin)
        draft.put("self_hosted", self.self_hosted, self.span, self.origin)


def machine_of(pool: Settled | None, variables: Variables, open: Unknown | None = None) -> Machine:
    """Without a pool it is Microsoft's Ubuntu. `open`: why the pool may be set somewhere else."""
    if pool is None or pool.value is None:
        return Machine(open, open, "", None) if open is not None else Machine(None, False, "posix", None)
    value, span = pool.value, pool.span
    alternatives = _alternatives(value)
    if alternatives is not None:
        why, choices = alternatives
        return _one_of([machine_of(pool._replace(value=one), variables, open) for one in choices], pool, why)
    if isinstance(value, Unknown):
        return Machine(value, value, "", span, pool.origin)
    labels = Seq(span, span)
    unknown: Unknown | None = None
    hosted: list[bool] = []
    origin = pool.origin
    image = value.get("vmImage") if isinstance(value, Map) else None
    name = value.get("name") if isinstance(value, Map) else value
    if isinstance(value, Map):
        where = value.spans.get("name") or value.spans.get("vmImage") or value.header
        span = where if where.line else span
    for wanted, is_pool in ((name, True), (image, False)):
        if wanted is None or wanted == "":
            continue
        if isinstance(value, Map) and value.origins:
            origin = origin or value.origins.get("name" if is_pool else "vmImage")
        for filled in variables.fill(text_of(wanted) if not isinstance(wanted, Unknown) else wanted):
            origin = origin or filled.origin
            text = text_of(filled.value)
            if text is None:
                unknown = unknown or filled.unknown or Unknown("the pool's name is no text")
            elif text.strip() and text not in labels:
                labels.add(text, span, filled.origin)
                if is_pool:
                    hosted.append(bool(_HOSTED_POOL.match(text.strip())) or text.strip() == "server")
    if image is not None and not hosted:
        # An image that isn't known is Microsoft's all the same.
        names = name is None or name == ""
        return Machine(labels if unknown is None else unknown, False if names else unknown or False,
                       _system(labels) if unknown is None else "", span, origin)  # fmt: skip
    if unknown is not None and not hosted:
        return Machine(unknown, unknown, "", span, origin)
    own: bool | Unknown = not all(hosted) if hosted else False
    if unknown is not None and own is False:
        own = unknown
    demands = value.get("demands") if isinstance(value, Map) else None
    system = _system(labels)
    if not system and demands is not None:
        system = _system([str(item) for item in (demands if isinstance(demands, list) else [demands])])
    if not system and isinstance(value, Map) and isinstance(value.get("os"), str):
        system = _system([value["os"]])
    return Machine(labels, own, system, span, origin)


def _alternatives(pool: Value) -> tuple[Unknown, list[Value]] | None:
    """The pools that it is one of, where its name or one entry is one of a few; and what decides."""
    if isinstance(pool, OneOf):
        return pool.whole(), list(pool.choices)
    choices = [(key, value) for key, value in pool.items() if isinstance(value, OneOf)] if isinstance(pool, Map) else []
    if len(choices) != 1 or not isinstance(pool, Map):
        return None
    key, one_of = choices[0]
    found: list[Value] = []
    for choice in one_of.choices:
        whole = Map(pool.span, pool.header)
        for other in pool:
            whole.copy_entry(pool, other)
        whole[key] = choice
        found.append(whole)
    return one_of.whole(), found


def _one_of(machines: list[Machine], pool: Settled, why: Unknown) -> Machine:
    own = agreed(why, [machine.self_hosted for machine in machines])
    systems = {machine.system for machine in machines}
    return Machine(
        agreed(why, [machine.runner for machine in machines]), own if isinstance(own, bool) else why,
        systems.pop() if len(systems) == 1 else "", machines[0].span or pool.span, pool.origin,
    )  # fmt: skip


def _system(labels: list[str] | Seq) -> str:
    kinds = {
        "windows" if _WINDOWS.search(label) else "posix" if _POSIX.search(label) else "" for label in labels
    } - {""}
    return kinds.pop() if len(kinds) == 1 else ""
