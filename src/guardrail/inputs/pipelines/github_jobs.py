"""Jobs of GitHub's workflows: the job's own nouns, its containers, and its steps."""

from __future__ import annotations

import re

from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.expressions import find_expressions, given_texts
from guardrail.inputs.pipelines.github_checkout import checks_out_untrusted, runs_untrusted
from guardrail.inputs.pipelines.github_containers import job_containers, registry_passwords
from guardrail.inputs.pipelines.github_control import input_types
from guardrail.inputs.pipelines.github_expressions import note_expressions
from guardrail.inputs.pipelines.github_file import (
    PROVIDER,
    GithubFile,
    condition_node,
    condition_text,
    steps_in,
    strings_in,
)
from guardrail.inputs.pipelines.github_guards import shut_out
from guardrail.inputs.pipelines.github_matrix import Matrix, choices
from guardrail.inputs.pipelines.github_permissions import may_identify, permissions_of, token_grant, token_scopes
from guardrail.inputs.pipelines.github_secrets import note_secrets
from guardrail.inputs.pipelines.github_steps import Surroundings, shell_name, step_resources, uploads_in
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS, UNTRUSTED_EVENTS, Level
from guardrail.inputs.pipelines.github_uses import action_dependency, publishes
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, key_line, pipeline_resource, text_of
from guardrail.model import NOWHERE, Map, OriginsOf, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

RISKY_EVENTS = ("pull_request_target", "workflow_run", "issue_comment")
# GitHub's own, and those of vendors who start a fresh machine for each job.
_HOSTED = lazy_regex(
    r"(?:ubuntu|windows|macos)-(?:latest|slim|\d[\d.]*)(?:-.+)?\Z"
    r"|(?:depot-|namespace-profile-|nscloud-|blacksmith-|buildjet-|warp-|ubicloud-).+\Z",
    re.IGNORECASE,
)


class Workflow:
    """What the jobs of one workflow share."""

    __slots__ = ("env", "file", "releases", "risky_events", "root", "triggers", "types")

    def __init__(self, file: GithubFile, triggers: Seq) -> None:
        self.file, self.root, self.triggers = file, file.root, triggers
        self.env = Level(file.root.get("env"))
        self.types = input_types(file.root)
        self.risky_events = tuple(event for event in triggers if event in RISKY_EVENTS)
        self.releases = _starts_releases(file.root.get("on", file.root.get("true")))

    def tell_triggers(self, draft: Draft) -> None:
        """What starts it; that outsiders can is said where the event that lets them is named."""
        draft.put("triggers", self.triggers, self.triggers.header)
        for field, events in (("untrusted", UNTRUSTED_EVENTS), ("privileged_trigger", PRIVILEGED_EVENTS)):
            places = [span for event, span in zip(self.triggers, self.triggers.spans, strict=True) if event in events]
            draft.put(field, bool(places), places[0] if places else self.triggers.header)


def job_resources(workflow: Workflow, name: str, job: Map) -> list[Resource]:
    """The job and its steps."""
    file = workflow.file
    fragment = f"jobs.{name}"
    resource = pipeline_resource(PROVIDER, "job", file.path, fragment, job)
    matrix = Matrix(job.get("strategy"))
    calls = "uses" in job
    env = [Level(job.get("env")), workflow.env]
    draft = Draft("job", job.header, job.span)
    draft.put("name", name)
    draft.put("class", "call" if calls else "run", job.spans.get("uses"))
    draft.put("system", PROVIDER)
    workflow.tell_triggers(draft)
    outsiders = UNTRUSTED_EVENTS.intersection(workflow.triggers)
    guarded = bool(outsiders) and shut_out(workflow.root, job, outsiders)
    if guarded:
        draft.put("untrusted", False, job.spans.get("if"))
    runner = None if calls else _runner(draft, file, job, matrix, name)
    _timeout(draft, file, job, matrix)
    permissions_of(draft, file, job, workflow.root)
    _environment(draft, job, matrix)
    draft.take("concurrency", job if job.get("concurrency") is not None else workflow.root, "concurrency")
    condition = condition_text(job.get("if"))
    if condition is not None:
        draft.put("condition", condition, job.spans["if"])
        if condition and "${{" not in condition and condition_node(job["if"]) is None:
            file.problem("expression", f"the `if` of job {name} is no expression", job.spans["if"])
    draft.put("deploys", _deploys(name, job), job.spans.get("environment"))
    events = [*workflow.triggers, *sorted(file.called_on)]
    if file.called_on and PRIVILEGED_EVENTS.isdisjoint(workflow.triggers):
        draft.put("privileged_trigger", True, draft.fields.place("privileged_trigger"))
    verdict, span = checks_out_untrusted(file, job, events, env)
    draft.put("checks_out_untrusted", verdict, span)
    runs_untrusted(draft, file, job, events, env)
    note_secrets(draft, file, job, None if calls else workflow.root, workflow.triggers)
    if not calls:
        registry_passwords(draft, job)
    token_scopes(draft, file, job)
    resource.add_noun(draft.noun(name))
    if isinstance(job.get("permissions"), (Map, str)):
        resource.add_noun(token_grant(job, name))
    found = [resource]
    parts = [(key, job[key], job.spans[key]) for key in job if key != "steps"]
    note_expressions(file, resource, parts, not PRIVILEGED_EVENTS.isdisjoint(workflow.triggers))
    if calls:
        uses = job["uses"]
        if isinstance(uses, str) and uses.strip():
            resource.add_noun(action_dependency(file, uses.strip(), job.spans["uses"], ecosystem="workflow"))
        else:
            file.problem("malformed", f"`uses` of job {name} is not text", job.place("uses"))
        return found
    for noun in job_containers(file, job, matrix):
        resource.add_noun(noun)
    if "steps" in job:
        shell, shell_span = _default_shell(job, workflow.root, runner)
        around = Surroundings(f"{fragment}.steps", env, shell, shell_span)
        privileged = PRIVILEGED_EVENTS.intersection(workflow.triggers)
        around.privileged_trigger = bool(privileged) and not shut_out(workflow.root, job, privileged)
        around.called = "workflow_call" in workflow.triggers
        around.flow = file.flows.get(name.lower())
        around.types, around.events, around.guarded = workflow.types, outsiders, guarded
        if workflow.risky_events and not shut_out(workflow.root, job, workflow.risky_events):
            around.risky_events = workflow.risky_events
        around.identity = may_identify(job, workflow.root)
        strategy = job.get("strategy")
        around.matrix = strategy.get("matrix") if isinstance(strategy, Map) else strategy
        around.releases = workflow.releases or _publishes(job["steps"])
        around.uploads = uploads_in(file, job["steps"])
        found += step_resources(file, job["steps"], job.place("steps"), around)
    else:
        file.problem("malformed", f"job {name} has neither `steps` nor `uses`", job.header)
    return found


# The machine --------------------------------------------------------------------------------------------------


def _runner(draft: Draft, file: GithubFile, job: Map, matrix: Matrix, name: str) -> Value:
    """The labels that the job asks for, over all instances of a matrix; also put into the draft."""
    if job.get("runs-on") is None:
        file.problem("malformed", f"job {name} has neither `runs-on` nor `uses`", job.header)
        return None
    declared = job["runs-on"]
    entry = job.spans["runs-on"]
    labels = Seq(entry, entry)
    unknown: Unknown | None = None
    hosted = self_hosted = True
    origin: OriginsOf | None = None
    wanted: Value = declared
    if isinstance(declared, Map):
        unknown, wanted = _of_group(declared), declared.get("labels")
    singles = list(zip(wanted, wanted.spans, strict=False)) if isinstance(wanted, Seq) else [(wanted, entry)]
    known = unknown is None or wanted is not None
    for single, span in singles:
        for filled in matrix.fill(single):
            origin = origin or filled.origin
            value = filled.value
            if isinstance(value, Map):  # a matrix of groups
                of_group, value = _of_group(value), value.get("labels")
                unknown, known = of_group or unknown, known and (of_group is None or value is not None)
            options = choices(single) if isinstance(value, Unknown) else []
            if options and all(_HOSTED.match(option) for option in options):
                value = Seq()
                value.extend(options)
            for label in value if isinstance(value, Seq) else [value]:
                if isinstance(label, Unknown):
                    unknown, known = _of_label(single, label), False
                elif text_of(label) is not None:
                    text = text_of(label) or ""
                    if text not in labels:
                        labels.add(text, span, filled.origin)
    lowered = [label.lower() for label in labels]
    hosted = bool(labels) and all(_HOSTED.match(label) for label in lowered)
    self_hosted = "self-hosted" in lowered
    draft.put("runner", labels if known else unknown, entry, origin)
    named = self_hosted or any(_may_name_own(text) for text, _ in strings_in(declared, entry))
    draft.put("names_own_runner", named or (isinstance(declared, Map) and "group" in declared), entry)
    if self_hosted:
        draft.put("self_hosted", True, entry, origin)
    elif unknown is not None:
        draft.put("self_hosted", unknown, entry, origin)
    elif hosted:
        draft.put("self_hosted", False, entry, origin)
    else:
        other = next((label for label in labels if not _HOSTED.match(label)), "")
        why = Unknown(f"which machines carry the label {other} is set outside of the repository")
        draft.put("self_hosted", why, entry)
    return labels if known else unknown


def _of_group(runner: Map) -> Unknown | None:
    group = runner.get("group")
    if not isinstance(group, str):
        return None
    return Unknown(f"whose machines the runner group {group} has is set outside of the repository")


def _of_label(text: Value, label: Unknown) -> Unknown:
    """Why nobody can tell who carries a label that is not known: `codebuild-shop-${{ github.run_id }}` begins with a
    name of one's own, whatever its end is."""
    begin = text.partition("${{")[0] if isinstance(text, str) else ""
    if not begin or begin.startswith(("ubuntu-", "windows-", "macos-")):
        return label
    return Unknown(f"which machines carry labels such as {begin}... is set outside of the repository", label.refs)


def _may_name_own(text: str) -> bool:
    """Whether an expression may come out as a label that is `self-hosted`; what it only compares with doesn't count."""
    return "self-hosted" in text.lower() and any(
        "self-hosted" in literal.lower()
        for expression in find_expressions(text)
        if expression.node is not None
        for literal in given_texts(expression.node)
    )


def _default_shell(job: Map, root: Map, runner: Value) -> tuple[str | Unknown | None, Span | None]:
    for holder in (job, root):
        defaults = holder.get("defaults")
        run = defaults.get("run") if isinstance(defaults, Map) else None
        if isinstance(run, Map) and isinstance(run.get("shell"), str):
            return shell_name(run["shell"]), run.spans["shell"]
    if job.get("container") is not None:
        return "sh", None
    if isinstance(runner, Unknown):
        return Unknown("its runner cannot be known"), None
    kinds = {_system(label.lower()) for label in runner or ()} - {""}
    if len(kinds) == 1:
        return ("pwsh" if kinds == {"windows"} else "bash"), None
    return Unknown("its runners differ" if kinds else "the system of its runner cannot be known"), None


def _system(label: str) -> str:
    if label.startswith("windows"):
        return "windows"
    return "posix" if label.startswith(("ubuntu", "macos", "linux")) else ""


# Limits and rights --------------------------------------------------------------------------------------------


def _timeout(draft: Draft, file: GithubFile, job: Map, matrix: Matrix) -> None:
    declared = job.get("timeout-minutes")
    if declared is None:
        return
    entry = job.spans["timeout-minutes"]
    values = matrix.fill(declared)
    for filled in values:
        if isinstance(filled.value, Unknown):
            draft.put("timeout", filled.value, entry, filled.origin)
            return
    seconds: list[tuple[float, Filled]] = []
    for filled in values:
        minutes = _minutes(filled.value)
        if minutes is None:
            file.problem("malformed", "`timeout-minutes` is not a number", entry)
            return
        seconds.append((minutes * 60, filled))
    # Instances of a matrix may differ; the longest is what the job may take.
    most, filled = max(seconds, key=lambda pair: pair[0])
    draft.put("timeout", int(most) if float(most).is_integer() else most, entry, filled.origin)


def _minutes(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e12 else None


def _environment(draft: Draft, job: Map, matrix: Matrix) -> None:
    declared = job.get("environment")
    entry = job.spans.get("environment")
    if isinstance(declared, Map):
        entry = declared.spans.get("name", entry)
        declared = declared.get("name")
    if text_of(declared) is None:
        return
    values = matrix.fill(text_of(declared))
    if len(values) == 1:
        draft.put("environment", values[0].value, entry, values[0].origin)
    else:
        draft.put("environment", Unknown("it differs between the matrix's instances"), entry, values[0].origin)


def _deploys(name: str, job: Map) -> bool:
    """Whether it names a place to deploy to, or is plainly a deployment."""
    environment = job.get("environment")
    if isinstance(environment, Map):
        environment = environment.get("name")
    if isinstance(environment, str) and deployments.is_place(environment):
        return True
    title = job.get("name")
    names = f"{name} {title}" if isinstance(title, str) else name
    if deployments.says_so(names):
        return True
    used: list[str] = []
    run: list[str] = []
    for _, step, _ in steps_in(job.get("steps")):
        if isinstance(step, Map):
            used += [step["uses"]] if isinstance(step.get("uses"), str) else []
            run += [step["run"]] if isinstance(step.get("run"), str) else []
    if deployments.is_trial(names) or any(deployments.is_throwaway(text) for text in (*used, *run)):
        return False
    return any(deployments.says_so(uses.partition("@")[0].partition("/")[2]) for uses in used) or any(
        deployments.runs_deployment(code) for code in run
    )


def _publishes(steps: Value) -> bool:
    return any(
        isinstance(step, Map) and isinstance(step.get("uses"), str) and publishes(step["uses"], step.get("with"))
        for _, step, _ in steps_in(steps)
    )


def _starts_releases(events: Value) -> bool:
    """Whether it starts on what one releases with: a release, tags, or branches named so and no others, for what tests
    pull requests and the main branch also tests the branches of releases."""
    if not isinstance(events, Map):
        return events == "release" or (isinstance(events, Seq) and "release" in events)
    if "release" in events:
        return True
    push = events.get("push")
    if not isinstance(push, Map):
        return False
    branches = push.get("branches")
    listed = branches if isinstance(branches, Seq) else [branches]
    names = [name for name in listed if isinstance(name, str) and not name.startswith("!")]
    if "tags" in push or "tags-ignore" in push:
        return True
    return bool(names) and all("release" in name for name in names) and "pull_request" not in events


def event_names(declared: Value) -> tuple[Seq, list[str]]:
    """The events of `on:` with their places, and what in it is none."""
    found = Seq()
    wrong: list[str] = []
    if isinstance(declared, Map):
        for key in declared:
            found.add(key, key_line(declared.spans[key], key))
    elif isinstance(declared, Seq):
        for item, span in zip(declared, declared.spans, strict=False):
            if isinstance(item, str):
                found.add(item, span)
            else:
                wrong.append(str(item))
    elif isinstance(declared, str):
        found.add(declared, NOWHERE)
    elif declared is not None:
        wrong.append(str(declared))
    return found, wrong
