"""Which runs start the templates of Argo's workflows, and what these give them: service account, security context,
deadline are those of the workflow that runs, wherever the template stands.

Follows "Workflow Templates" of Argo Workflows: `workflowTemplateRef` merges both specs, the workflow's going before;
`templateRef` takes nothing but the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from guardrail.concepts.cluster_pipelines.argo_scope import Flow, Scope, Template, scope_of
from guardrail.concepts.operator_pods.building import mapping
from guardrail.model import Inventory, Map, Seq, Span, Value

TEMPLATES = frozenset(("WorkflowTemplate", "ClusterWorkflowTemplate"))
MAX_RUNS = 200  # of one template
_ADDED_UP = frozenset(("volumes", "parameters"))


class Run(NamedTuple):
    """A workflow that runs a template. `partial`: others may say more, who are not among the scanned files."""

    name: str
    spec: Map
    partial: bool


class Runs:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._of: dict[Flow, Run] = {}

    def of_template(self, template: Template) -> list[Run]:
        """A template that nobody in sight runs may be run as its workflow says."""
        starting = list(dict.fromkeys(self._starting(template))) or [template.flow]  # of a circle
        surely = [flow for flow in starting if flow.kind not in TEMPLATES]
        return [self.of(flow) for flow in islice(surely or starting, MAX_RUNS)]

    def of(self, flow: Flow) -> Run:
        found = self._of.get(flow)
        if found is None:
            reference = mapping(flow.spec, "workflowTemplateRef")
            others = self.scope.referred(reference, flow)
            spec = _merged(flow.spec, others[0].spec) if others else flow.spec
            partial = flow.kind in TEMPLATES or (reference is not None and not others)
            found = self._of[flow] = Run(flow.name, spec, partial)
        return found

    def _starting(self, template: Template) -> Iterator[Flow]:
        """The workflows at whose entry points the calls that lead to a template begin."""
        seen = {id(template)}
        waiting = [template]
        for current in waiting:
            calls = list(self.scope.calling(current))
            if not calls:
                yield from self.scope.callers(current.flow) or (current.flow,)
            for call in calls:
                if call.template is None:
                    yield call.flow
                elif id(call.template) not in seen:
                    seen.add(id(call.template))
                    waiting.append(call.template)


def _merged(first: Map, second: Map) -> Map:
    made = Map(first.span, first.header)
    for key in first:
        made.copy_entry(first, key)
    for key in second:
        own, other = first.get(key), second[key]
        if own is None:
            made.copy_entry(second, key)
        elif isinstance(own, Map) and isinstance(other, Map):
            made.put(key, _merged(own, other), first.place(key))
        elif key in _ADDED_UP and isinstance(own, Seq) and isinstance(other, Seq):
            made.put(key, _together(own, other), first.place(key))
    return made


def _together(first: Seq, second: Seq) -> Seq:
    """By name: the second's only where the first has none."""
    made = Seq(first.span, first.header)
    names = {_name(item) for item in first} - {None}
    entries: list[tuple[Value, Span]] = [(item, first.place(index)) for index, item in enumerate(first)]
    entries += [(item, second.place(index)) for index, item in enumerate(second) if _name(item) not in names]
    for item, place in entries:
        made.add(item, place)
    return made


def _name(item: Value) -> str | None:
    name = item.get("name") if isinstance(item, Map) else None
    return name if isinstance(name, str) else None


def runs_of(inventory: Inventory) -> Runs:
    found = inventory.indexes.get("argo-runs")
    if not isinstance(found, Runs):
        found = inventory.indexes["argo-runs"] = Runs(scope_of(inventory))
    return found
