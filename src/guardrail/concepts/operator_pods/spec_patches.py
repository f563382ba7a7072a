"""Argo's `podSpecPatch`: a strategic merge patch, as text, on the pod that is made of a template
(https://argo-workflows.readthedocs.io/en/latest/fields/#template)."""

from __future__ import annotations

from guardrail.inputs.kubernetes.kustomize.files import written_inside
from guardrail.inputs.kubernetes.kustomize.merge import Merge
from guardrail.inputs.kubernetes.kustomize.merge_keys import BUILT_IN
from guardrail.inputs.kubernetes.kustomize.objects import Budget, Failed, Refused, copied
from guardrail.model import Map, Seq, Text, Value

DOUBT = "a podSpecPatch may set what is not written here"
_OWN = frozenset(("init", "wait"))  # containers that Argo adds to each pod, which are not those of the template


def patched(pod: Map, holders: tuple[Map, ...]) -> tuple[Map, str]:
    """The pod with the patches of `holders` (the workflow's, then the template's), and what stands in doubt: nothing,
    unless one is filled in later or can't be merged."""
    made, doubt = pod, ""
    for holder in holders:
        if holder.get("podSpecPatch") is None:
            continue
        result = _patched(made, holder)
        if result is None:
            doubt = DOUBT
        else:
            made = result
    return made, doubt


def _patched(pod: Map, holder: Map) -> Map | None:
    text = holder["podSpecPatch"]
    if not isinstance(text, str) or "{{" in text:
        return None
    if isinstance(text, Text) and text.file and text.file != holder.place("podSpecPatch").file:
        text = str(text)  # its lines are not those of this file
    budget = Budget()
    try:
        written = written_inside(text, holder, "podSpecPatch")
        if not written:
            return pod
        patch = written[0]
        if len(written) > 1 or not isinstance(patch, Map) or not _named(patch):
            return None
        whole, change = _as_pod(copied(pod, budget)), _as_pod(patch)
        if not Merge(BUILT_IN, budget).apply(whole, change):
            return None
    except (Failed, Refused):
        return None
    merged = whole.get("spec")
    return _without_own(merged, pod) if isinstance(merged, Map) else None


def _as_pod(spec: Value) -> Map:
    made = Map()
    made["apiVersion"], made["kind"] = "v1", "Pod"
    made.put("spec", spec, spec.header if isinstance(spec, Map) else made.header)
    return made


def _named(patch: Map) -> bool:
    """Whether each container says which one it is: an API server merges no others."""
    for key in ("containers", "initContainers"):
        listed = patch.get(key)
        for item in listed if isinstance(listed, Seq) else ():
            if not isinstance(item, Map) or not (item.get("name") or "$patch" in item):
                return False
    return True


def _without_own(merged: Map, pod: Map) -> Map:
    for key in ("containers", "initContainers"):
        listed = merged.get(key)
        if not isinstance(listed, Seq):
            continue
        before = pod.get(key)
        there = {item.get("name") for item in before if isinstance(item, Map)} if isinstance(before, Seq) else set()
        kept = Seq(listed.span, listed.header)
        for index, item in enumerate(listed):
            name = item.get("name") if isinstance(item, Map) else None
            if name not in _OWN or name in there:
                kept.add(item, listed.place(index))
        merged.put(key, kept, merged.place(key))
    return merged
