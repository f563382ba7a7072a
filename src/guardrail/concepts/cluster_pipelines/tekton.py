"""Tekton: pipelines, jobs, scripts and what they depend on.

A pipeline is a `Pipeline` or a `PipelineRun`, a job a task of it: one that is written there has steps, one that is
named is a call. A `Task` is a job of nobody's in particular, a `StepAction` a script.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.cluster_pipelines.drafting import (
    Code,
    Events,
    Paste,
    code_of,
    deploys,
    environment,
    script,
    seconds,
    secrets_of,
)
from guardrail.concepts.cluster_pipelines.tekton_objects import Frame, Job, Object, annotation
from guardrail.concepts.cluster_pipelines.tekton_references import references
from guardrail.concepts.cluster_pipelines.tekton_scope import Scope, scope_of
from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.formats.builds import builds
from guardrail.formats.secret_texts import veiled
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, key_line
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

SYSTEM = "tekton"
DEFAULT_TIMEOUT = 3600  # seconds: default-timeout-minutes of the cluster's configuration, unless that says otherwise
_CHECKOUT = lazy_regex(r"git-clone|git-batch-merge|(?:\A|-)checkout(?:\Z|-)")
_OUTSIDERS_CODE = lazy_regex(
    r"\{\{\s*(?:revision|source_branch|source_url|body\.pull_request\.head\.[\w.]+|pull_request_number)\s*\}\}"
)
_GIT = lazy_regex(r"\bgit\s[^\n]{0,200}?\b(?:clone|fetch|checkout|pull|switch)\b")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform != "kubernetes":
        return
    scope = scope_of(inventory)
    for found in scope.of(resource):
        yield from _of(found, scope)


def _of(found: Object, scope: Scope) -> Iterator[Noun]:
    events = scope.events(found)
    prefix = f"{found.label}/" if found.label else ""
    if found.kind in ("Pipeline", "PipelineRun"):
        yield _pipeline(found, events, prefix)
    keys = Keys()
    for job in found.jobs:
        key = keys.next(prefix + (job.name or found.kind))
        codes = list(_codes(job)) if job.spec is not None else []
        yield _job(job, found, events, [code for code, _, _, _ in codes], key)
        # The pods of a task are at one place, so that the keys of its steps are those of its job.
        step_keys = Keys()
        for code, name, container, frame in codes:
            yield _script(code, name, step_keys.next(f"{key}/{name}"), container, frame, events, scope)
    if found.kind == "StepAction":
        action = code_of(found.spec, "script")
        if action is not None:
            frame = _frame_of_action(found)
            yield _script(action, found.name, f"{prefix}step", found.spec, frame, events, scope)
    yield from references(found, scope)


def _frame_of_action(found: Object) -> Frame:
    return Frame(found.frame.label, found.spec, found.frame, key=found.frame.key,
                 declared=found.spec.get("params"), namespace=found.frame.namespace)  # fmt: skip


def _pipeline(found: Object, events: Events, prefix: str) -> Noun:
    draft = Draft("pipeline", found.root.header, found.root.span)
    draft.put("name", found.name)
    draft.put("system", SYSTEM)
    events.put(draft)
    concurrency, place = _concurrency(found)
    if concurrency is not None:
        draft.put("concurrency", concurrency, place)
    return draft.noun(found.name, f"{prefix}pipeline")


def _concurrency(found: Object) -> tuple[Value, Span]:
    """Pipelines-as-Code can stop the runs that a new push makes pointless; Tekton itself keeps nothing apart."""
    return annotation(found, "cancel-in-progress")


def _job(job: Job, found: Object, events: Events, codes: list[Code], key: str) -> Noun:
    holder = job.holder
    draft = Draft("job", holder.header, holder.span)
    named = holder.spans.get("name") if holder is not found.root else None
    draft.put("name", job.name, named)
    draft.put("class", "run" if job.spec is not None else "call")
    draft.put("system", SYSTEM)
    events.put(draft)
    timeout, place = _timeout(job, found)
    if timeout is not None:
        draft.put("timeout", timeout, place)
    elif place is not None:
        draft.fields.spans["timeout"] = place
    condition, place = _condition(holder)
    if condition is not None:
        draft.put("condition", condition, place)
    concurrency, place = _concurrency(found)
    if concurrency is not None:
        draft.put("concurrency", concurrency, place)
    draft.put("deploys", job.spec is not None and deploys(job.name, codes))
    # Pipelines-as-Code is there to check out what a pull request brings; what matters is whether that is run.
    draft.put("checks_out_untrusted", False)
    ran = _runs_untrusted(found, events, codes)
    if ran:
        draft.put("runs_untrusted", ran, ran.header)
    spec = job.spec
    if spec is not None:
        containers = [*items(spec, "steps"), *items(spec, "sidecars")]
        defaults = mapping(spec, "stepTemplate")
        draft.put("secrets", secrets_of([*containers, *([defaults] if defaults is not None else [])],
                                        items(spec, "volumes"), holder.header))  # fmt: skip
    draft.put("secrets_inherited", False)
    return draft.noun(job.name, key)


def _timeout(job: Job, found: Object) -> tuple[Value, Span | None]:
    """Effective seconds and the place that says so; None for no limit: 0 switches it off."""
    places: list[tuple[Map, str]] = []
    own = job.holder if job.holder is not found.root else None
    if own is not None:
        places.append((own, "timeout"))
    if job.run is not None:
        timeouts = mapping(job.run, "timeouts")
        if timeouts is not None:
            places += [(timeouts, "finally" if job.last else "tasks"), (timeouts, "pipeline")]
        places.append((job.run, "timeout"))
    for holder, key in places:
        if holder.get(key) is None:
            continue
        value = seconds(holder[key])
        if value == 0 and not isinstance(value, Unknown):
            return None, holder.place(key)
        if value is not None:
            return value, holder.place(key)
    return DEFAULT_TIMEOUT, None


def _condition(holder: Map) -> tuple[Value, Span | None]:
    """`when` as one text: `$(params.branch) in [main]`."""
    terms: list[str] = []
    for item in items(holder, "when"):
        if isinstance(item.get("cel"), str):
            terms.append(str(item["cel"]))
            continue
        values = item.get("values")
        listed = ", ".join(str(value) for value in values) if isinstance(values, Seq) else str(values)
        terms.append(f"{item.get('input')} {item.get('operator')} [{listed}]")
    return (" && ".join(terms), holder.place("when")) if terms else (None, None)


def _runs_untrusted(found: Object, events: Events, codes: list[Code]) -> Seq:
    """What runs, on the event of an outsider, something that the code decides which the pipeline has checked out. Only
    Pipelines-as-Code says plainly whose code that is."""
    items = Seq(found.root.header)
    if not (events.outsiders and found.frame.as_code and _takes_outsiders_code(found)):
        return items
    for code in codes:
        text = code.text
        first = next(builds(text), None) if isinstance(text, str) else None
        if first is not None:
            place = key_line(code.place, "script")
            item = Map(place)
            item.put("command", veiled(first.text.strip().partition("\n")[0], throwaway=True)[:80], place)
            if not items:
                items.header = place
            items.add(item, place)
    return items


def _takes_outsiders_code(found: Object) -> bool:
    """Whether a task clones what the event names: Pipelines-as-Code fills that into the run's parameters, mostly."""
    given = [str(item.get("value")) for item in items(found.spec, "params")]
    from_event = any(_OUTSIDERS_CODE.search(value) for value in given)
    for job in found.jobs:
        called = job.ref.get("name") if job.ref is not None else None
        own = " ".join(str(item.get("value")) for item in items(job.holder, "params"))
        if called is None and job.ref is not None:
            called = next((item.get("value") for item in items(job.ref, "params") if item.get("name") == "name"), None)
        if isinstance(called, str) and _CHECKOUT.search(called) and (from_event or _OUTSIDERS_CODE.search(own)):
            return True
        for step in items(job.spec, "steps"):
            text = step.get("script")
            if isinstance(text, str) and _GIT.search(text) and (_OUTSIDERS_CODE.search(text) or from_event):
                return True
    return False


# Scripts ------------------------------------------------------------------------------------------------------


def _codes(job: Job) -> Iterator[tuple[Code, str, Map, Frame]]:
    spec = job.spec
    defaults = mapping(spec, "stepTemplate")
    for kind in ("steps", "sidecars"):
        for index, step in enumerate(items(spec, kind)):
            name = step.get("name")
            name = name if isinstance(name, str) and name else f"{kind[:-1]}[{index}]"
            code = code_of(step, "script")
            if code is None and defaults is not None and kind == "steps" and "ref" not in step:
                merged = Map(step.span, step.header)
                for source in (step, defaults):
                    for key in ("command", "args"):
                        if source.get(key) is not None and key not in merged:
                            merged.copy_entry(source, key)
                code = code_of(merged, "")
            if code is not None:
                yield code, name, step, job.frame


def _script(code: Code, name: str, key: str, container: Map, frame: Frame, events: Events, scope: Scope) -> Noun:
    env = environment(container, lambda text: scope.sources_in(frame, text))

    def pastes(text: str) -> Iterator[Paste]:
        for paste in scope.pastes(frame, text):
            # The branch of a push is named by who may push, that of a pull request by anyone.
            if paste.source.words == "source_branch" and events.outsiders:
                paste = paste._replace(source=paste.source._replace(privileged=True))
            yield paste

    return script(code, name, key, pastes, env, events.outsiders)
