"""Jobs of CircleCI's configurations: the machine or images they run on, and what workflows make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.circleci_config import Config, File, Invocation, names_in
from guardrail.inputs.pipelines.circleci_scope import Scope, bind
from guardrail.inputs.pipelines.circleci_steps import (
    PROVIDER,
    Place,
    Step,
    masked_code,
    shell_name,
    step_resource,
    steps_of,
)
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, image_dependency, pipeline_resource, text_of
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value

FORKS = Unknown("whether pull requests of forks are built is set in the project's settings")


class Setting(NamedTuple):
    """An entry of a job or of its executor, as written, with what its expressions see."""

    value: Value
    span: Span
    scope: Scope


class Executor:
    """What a job runs on: its own settings before those of the executor that it names."""

    def __init__(self, file: File, config: Config, job: Map, scope: Scope) -> None:
        self.levels: list[tuple[Map, Scope]] = [(job, scope)]
        self.unknown: Unknown | None = None
        if job.get("executor") is None:
            return
        span = job.spans["executor"]
        given = scope.resolve(job["executor"], span)
        body = given.value if isinstance(given.value, Map) else None
        inner = given.scope or scope
        name = inner.resolve(body.get("name")).value if body is not None else given.value
        if isinstance(name, Unknown):
            self.unknown = name
            return
        text = text_of(name) or ""
        found = config.find("executors", text)
        if found is not None:
            self.levels.append((found[1], bind(found[1], body, inner, text)))
        elif config.is_elsewhere(text):
            self.unknown = Unknown(f"the executor {text} comes from an orb that is not read", (text,))
        else:
            self.unknown = Unknown(f"the executor {text} is nowhere", (text,))
            file.missing("missing-executor", f"the executor {text} is not in the file", span)

    def get(self, key: str) -> Setting | None:
        for holder, scope in self.levels:
            if holder.get(key) is not None:
                return Setting(holder[key], holder.spans[key], scope)
        return None


def job_resources(
    file: File, config: Config, name: str, job: Map, scope: Scope, uses: Sequence[Invocation], maybe: Unknown | None
) -> list[Resource]:
    """The job, as these invocations (all with the same parameters) run it, and its steps."""
    prefix = f"orbs.{config.name}.jobs" if config.name else "jobs"
    fragment = file.addresses.next(f"{prefix}.{name}")
    executor = Executor(file, config, job, scope)
    header = job.header
    steps, listed = _steps(file, config, job, scope, uses, maybe)
    shell = _shell(executor)
    attributes = _attributes(job, scope, executor)
    if listed is not None:
        attributes.put("steps", listed, job.spans.get("steps", job.span))
    local = file.local(f"{prefix}.{name}", header)
    resource = pipeline_resource(PROVIDER, "job", file.path, fragment, attributes, local, span=job.span)
    resource.header, resource.uncertain = header, maybe
    draft = Draft("job", header, job.span)
    draft.put("name", name)
    draft.put("class", "run")
    draft.put("system", PROVIDER)
    _tell_uses(draft, uses, header)
    _runner(draft, executor)
    draft.put("privileged_trigger", False)
    draft.put("checks_out_untrusted", False)
    draft.put("secrets_inherited", False)
    # What no workflow runs deploys nothing.
    draft.put("deploys", (bool(uses) or "workflows" not in file.root) and _deploys(name, steps))
    resource.add_noun(draft.noun(name))
    for noun in _containers(file, executor):
        resource.add_noun(noun)
    found = [resource]
    for index, step in enumerate(steps):
        found.append(step_resource(file, step, f"{fragment}.steps[{index}]", shell, f"{prefix}.{name}"))
    if listed is not None:
        for made in found[1:]:
            listed.add(made.attributes, made.header)
    if not steps and "steps" not in job:
        file.problem("malformed", f"job {name} has no `steps`", header)
    return found


def _attributes(job: Map, scope: Scope, executor: Executor) -> Map:
    """What the job says; its environment is that of its executor, too."""
    whole = Map(job.span, job.header)
    for key in job:
        if key not in ("steps", "parameters"):
            whole.put(key, scope.whole(job[key], job.spans[key]), job.spans[key])
    own = whole.get("environment")
    for holder, inner in executor.levels[1:] if own is None or isinstance(own, Map) else ():
        general = holder.get("environment")
        given = inner.whole(general, holder.spans["environment"]) if isinstance(general, Map) else None
        if isinstance(given, Map):
            together = Map(given.span, given.header)
            for source in (given, *([own] if isinstance(own, Map) else ())):
                for key in source:
                    together.copy_entry(source, key)
            whole.put("environment", together, (job if isinstance(own, Map) else holder).spans["environment"])
    return whole


def _steps(
    file: File, config: Config, job: Map, scope: Scope, uses: Sequence[Invocation], maybe: Unknown | None
) -> tuple[list[Step], Seq | None]:
    """The job's steps, with those that a workflow puts before and after them."""
    found: list[Step] = []
    first = next((use for use in uses if use.body is not None), None)
    outer = Place(file.config, first.scope, maybe) if first is not None else None
    span = job.spans.get("steps", job.span)
    for key in ("pre-steps", "steps", "post-steps"):
        if key == "steps":
            found += steps_of(file, job.get("steps"), span, Place(config, scope, maybe))
        elif first is not None and outer is not None and first.body is not None and first.body.get(key) is not None:
            found += steps_of(file, first.body[key], first.body.spans[key], outer)
    return found, Seq(span, span)


# What workflows say --------------------------------------------------------------------------------------------


def _tell_uses(draft: Draft, uses: Sequence[Invocation], header: Span) -> None:
    """Triggers, contexts and what keeps runs apart, over all invocations."""
    triggers = Seq(header)
    contexts = Seq(header)
    for use in uses:
        for event, span in zip(use.triggers, use.triggers.spans, strict=True):
            if event not in triggers:
                triggers.add(event, span)
        if use.body is None:
            continue
        if use.body.get("context") is not None:
            place = use.body.spans["context"]
            for name in names_in(use.body["context"], use.scope):
                if name not in contexts:
                    contexts.add(name, place)
        if use.body.get("serial-group") is not None:
            draft.put("concurrency", use.body["serial-group"], use.body.spans["serial-group"])
    if uses and all(use.guard for use in uses):
        draft.put("condition", uses[0].guard, uses[0].guard_span)
    if triggers:
        triggers.header = triggers.spans[0]
    draft.put("triggers", triggers, triggers.header)
    only_scheduled = bool(uses) and all(use.scheduled for use in uses)
    draft.put("untrusted", False if only_scheduled else FORKS, triggers.header)
    if contexts:
        contexts.header = contexts.spans[0]
    draft.put("secrets", contexts, contexts.header)


def invocation_noun(use: Invocation, maybe: Unknown) -> Noun:
    """The noun of a workflow's job that an orb of the registry has."""
    draft = Draft("job", use.span)
    draft.put("name", use.name)
    draft.put("class", "call")
    draft.put("system", PROVIDER)
    _tell_uses(draft, [use], use.span)
    draft.put("privileged_trigger", False)
    draft.put("checks_out_untrusted", False)
    draft.put("secrets_inherited", False)
    draft.put("runner", maybe)
    draft.put("self_hosted", maybe)
    draft.put("deploys", deployments.says_so(use.name.partition("/")[2]))
    return draft.noun(use.name)


# The machine --------------------------------------------------------------------------------------------------


def _runner(draft: Draft, executor: Executor) -> None:
    """The resource class, or what stands in its place; a namespace before it is that of one's own runners."""
    setting = executor.get("resource_class")
    machine = executor.get("machine")
    if setting is None and machine is not None and isinstance(machine.value, Map):
        inner = machine.value.get("resource_class")
        if inner is not None:
            setting = Setting(inner, machine.value.spans["resource_class"], machine.scope)
    if setting is not None:
        given = setting.scope.resolve(setting.value, setting.span)
        text = text_of(given.value)
        if text is None:
            unknown = given.value if isinstance(given.value, Unknown) else Unknown("its resource class is no text")
            draft.put("runner", unknown, setting.span, given.origin)
            draft.put("self_hosted", unknown, setting.span, given.origin)
            return
        labels = Seq(setting.span, setting.span)
        labels.add(text, setting.span, given.origin)
        draft.put("runner", labels, setting.span, given.origin)
        draft.put("self_hosted", "/" in text, setting.span, given.origin)
        return
    if executor.unknown is not None:
        draft.put("runner", executor.unknown)
        draft.put("self_hosted", executor.unknown)
        return
    if machine is not None:
        image = machine.value.get("image") if isinstance(machine.value, Map) else None
        chosen = machine.scope.resolve(image)
        if text_of(chosen.value) is not None:
            labels = Seq(machine.span, machine.span)
            labels.add(text_of(chosen.value), machine.span, chosen.origin)
            draft.put("runner", labels, machine.span, chosen.origin)
    draft.put("self_hosted", False)


def _shell(executor: Executor) -> str | Unknown | None:
    setting = executor.get("shell")
    if setting is not None:
        value = setting.scope.resolve(setting.value).value
        return value if isinstance(value, Unknown) else shell_name(value) if isinstance(value, str) else None
    if executor.unknown is not None:
        return executor.unknown
    machine = executor.get("machine")
    if machine is not None and isinstance(machine.value, Map):
        image = text_of(machine.scope.resolve(machine.value.get("image")).value) or ""
        if "windows" in image:
            return "powershell"
    return "bash"


def _containers(file: File, executor: Executor) -> list[Noun]:
    """The images of `docker:`, the first of which runs the steps."""
    setting = executor.get("docker")
    if setting is None:
        return []
    listed, scope = setting.value, setting.scope
    if isinstance(listed, str):
        given = scope.resolve(listed, setting.span)
        listed, scope = given.value, given.scope or scope
    if not isinstance(listed, Seq):
        if not isinstance(listed, Unknown):
            file.problem("malformed", "`docker` is not a list of images", setting.span)
        return []
    found: list[Noun] = []
    keys = (Keys(), Keys())
    for index, item in enumerate(listed):
        if not isinstance(item, Map) or item.get("image") is None:
            file.problem("malformed", "an item of `docker` names no image", listed.place(index))
            continue
        filled = scope.fill(item["image"])
        if not isinstance(filled.value, (str, Unknown)):
            file.problem("malformed", "an image is not text", item.spans["image"])
            continue
        entry = item.spans["image"]
        dependency = image_dependency(filled.template, filled.unknown, entry, keys[1], filled.origin)
        name = text_of(item.get("name")) or ("container" if index == 0 else dependency.key.partition("#")[0])
        draft = Draft("container", item.header)
        draft.put("name", name)
        draft.put("class", "service" if index else "job")
        draft.put("image", filled.value, entry, filled.origin)
        draft.put("long_running", False)
        draft.put("serves", False)
        _settings(draft, item, scope)
        found += [draft.noun(name, keys[0].next(name)), dependency]
    return found


def _settings(draft: Draft, item: Map, scope: Scope) -> None:
    draft.put("privileged", False)
    user = scope.resolve(item.get("user"))
    if text_of(user.value):
        draft.put("run_as_user", user.value, item.spans["user"], user.origin)
    command = Seq(item.span, item.header)
    for key in ("entrypoint", "command"):
        words = item.get(key)
        for word in words if isinstance(words, Seq) else [words] if words is not None else []:
            command.add(scope.resolve(word).value, item.spans[key])
    if command:
        command.header = command.span = command.spans[0]
        draft.put("command", command, command.span)
    environment = item.get("environment")
    if isinstance(environment, Map):
        items = Seq(environment.span, environment.header)
        for key in environment:
            one = Map(environment.spans[key])
            one.put("name", key, environment.spans[key])
            given = scope.resolve(environment[key])
            if isinstance(given.value, Unknown) or text_of(given.value) is not None:
                value = given.value if isinstance(given.value, Unknown) else text_of(given.value)
                one.put("value", value, environment.spans[key], given.origin)
            items.add(one, environment.spans[key])
        draft.put("env", items, item.spans["environment"])


def _deploys(name: str, steps: Sequence[Step]) -> bool:
    if deployments.says_so(name):
        return True
    if deployments.is_trial(name):
        return False
    codes = [masked_code(code) for step in steps for code in [_code(step)] if code]
    if any(deployments.is_throwaway(code) for code in codes):
        return False
    return any(step.kind == "deploy" for step in steps) or any(deployments.runs_deployment(code) for code in codes)


def _code(step: Step) -> str | None:
    if step.kind != "run":
        return None
    return text_of(step.body.get("command") if isinstance(step.body, Map) else step.body)
