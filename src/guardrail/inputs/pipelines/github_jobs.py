"""Jobs of GitHub's workflows: the job's own nouns, its containers, and its steps."""

from __future__ import annotations

import re

from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.expressions import contexts, find_expressions
from guardrail.inputs.pipelines.github_checkout import checks_out_untrusted
from guardrail.inputs.pipelines.github_containers import job_containers
from guardrail.inputs.pipelines.github_file import (
    PROVIDER,
    GithubFile,
    condition_node,
    condition_text,
    places,
    strings_in,
)
from guardrail.inputs.pipelines.github_matrix import Matrix, choices
from guardrail.inputs.pipelines.github_steps import Surroundings, action_dependency, shell_name, step_resources
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS, UNTRUSTED_EVENTS, Level
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, key_line, pipeline_resource, text_of
from guardrail.model import NOWHERE, Map, Noun, OriginsOf, Resource, Seq, Span, Unknown, Value

MAX_SECRETS = 500  # names for one job
# GitHub's own, and those of vendors who start a fresh machine for each job.
_HOSTED = re.compile(
    r"(?:ubuntu|windows|macos)-(?:latest|slim|\d[\d.]*)(?:-.+)?\Z"
    r"|(?:depot-|namespace-profile-|nscloud-|blacksmith-|buildjet-|warp-|ubicloud-).+\Z",
    re.IGNORECASE,
)


class Workflow:
    """What the jobs of one workflow share."""

    __slots__ = ("env", "file", "root", "triggers")

    def __init__(self, file: GithubFile, triggers: Seq) -> None:
        self.file, self.root, self.triggers = file, file.root, triggers
        self.env = Level(file.root.get("env"))

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
    verdict, span = checks_out_untrusted(file, job, list(workflow.triggers), env)
    draft.put("checks_out_untrusted", verdict, span)
    _secrets(draft, file, job, None if calls else workflow.root)
    resource.add_noun(draft.noun(name))
    if isinstance(job.get("permissions"), (Map, str)):
        resource.add_noun(token_grant(job, name))
    found = [resource]
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
        around.privileged_trigger = not PRIVILEGED_EVENTS.isdisjoint(workflow.triggers)
        around.called = "workflow_call" in workflow.triggers
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
        if isinstance(declared.get("group"), str):
            group = declared["group"]
            unknown = Unknown(f"whose machines the runner group {group} has is set outside of the repository")
        wanted = declared.get("labels")
    singles = list(zip(wanted, wanted.spans, strict=False)) if isinstance(wanted, Seq) else [(wanted, entry)]
    known = unknown is None or wanted is not None
    for single, span in singles:
        for filled in matrix.fill(single):
            origin = origin or filled.origin
            value = filled.value
            options = choices(single) if isinstance(value, Unknown) else []
            if options and all(_HOSTED.match(option) for option in options):
                value = Seq()
                value.extend(options)
            for label in value if isinstance(value, Seq) else [value]:
                if isinstance(label, Unknown):
                    unknown, known = label, False
                elif text_of(label) is not None:
                    text = text_of(label) or ""
                    if text not in labels:
                        labels.add(text, span, filled.origin)
    lowered = [label.lower() for label in labels]
    hosted = bool(labels) and all(_HOSTED.match(label) for label in lowered)
    self_hosted = "self-hosted" in lowered
    draft.put("runner", labels if known else unknown, entry, origin)
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


def permissions_of(draft: Draft, file: GithubFile, *holders: Map) -> None:
    """The first of the holders that says something about the token's permissions."""
    for holder in holders:
        declared = holder.get("permissions")
        if isinstance(declared, (Map, str)):
            draft.take("permissions", holder, "permissions")
            return
        if declared is not None and holder is holders[0]:
            what = "`permissions` is neither a mapping nor read-all or write-all"
            file.problem("malformed", what, holder.place("permissions"))


def token_grant(holder: Map, name: str) -> Noun:
    """What the job's or the workflow's own `permissions` let its token do."""
    declared = holder["permissions"]
    header = holder.place("permissions")
    draft = Draft("grant", header, holder.spans["permissions"])
    actions = Seq(holder.spans["permissions"], header)
    if isinstance(declared, Map):
        for scope in declared:
            level = text_of(declared[scope])
            if level and level != "none":
                actions.add(f"{scope}:{level}", declared.spans[scope])
    elif declared == "write-all":
        actions.add("*", header)
    elif isinstance(declared, str):
        actions.add("*:read" if declared == "read-all" else declared, header)
    draft.put("effect", "allow")
    draft.put("class", "token")
    draft.put("actions", actions, header)
    draft.put("conditions", False)
    draft.put("anyone", False)
    draft.put("all_actions", declared == "write-all")
    draft.put("all_resources", False)
    draft.put("service_wildcard", False)
    return draft.noun(name, "token")


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
    steps = job.get("steps")
    used: list[str] = []
    run: list[str] = []
    for step in steps if isinstance(steps, Seq) else ():
        if isinstance(step, Map):
            used += [step["uses"]] if isinstance(step.get("uses"), str) else []
            run += [step["run"]] if isinstance(step.get("run"), str) else []
    if deployments.is_trial(names) or any(deployments.is_throwaway(text) for text in (*used, *run)):
        return False
    return any(deployments.says_so(uses.partition("@")[0].partition("/")[2]) for uses in used) or any(
        deployments.runs_deployment(code) for code in run
    )


def _secrets(draft: Draft, file: GithubFile, job: Map, root: Map | None) -> None:
    """Names of the secrets that the job sees, in the order of the file; its workflow's `env` is its own too."""
    inherited = job.get("secrets") == "inherit"
    entry = job.spans.get("secrets", job.header)
    draft.put("secrets_inherited", inherited, entry)
    found = Seq(job.span, job.header)
    if inherited:
        found.add("*", entry)
    texts = list(strings_in(job, job.span))
    if root is not None and isinstance(root.get("env"), Map):
        texts += strings_in(root["env"], root["env"].span)
    for text, span in texts:
        if "secrets" not in text.lower():
            continue
        for expression in find_expressions(text):
            if len(found) >= MAX_SECRETS:
                break
            for path in contexts(expression.node) if expression.node is not None else ():
                if path[0] != "secrets":
                    continue
                # GitHub keeps the names of secrets in capitals.
                name = path[1].upper() if len(path) > 1 and path[1] not in (None, "*") else "*"
                if name not in found:
                    found.add(name, places(file, text, expression, span))
    if found:
        found.header = found.spans[0]
    draft.put("secrets", found, found.header)


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
