"""Jobs of GitLab's pipelines: machine, limits, images, scripts."""

from __future__ import annotations

import re

from guardrail.inputs.pipelines import deployments, gitlab_taint
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.gitlab_images import images
from guardrail.inputs.pipelines.gitlab_include import includes_of, is_own
from guardrail.inputs.pipelines.gitlab_resolve import Resolver, Variables
from guardrail.inputs.pipelines.gitlab_scripts import SCRIPTS, Surroundings, handed_on, run_steps, script
from guardrail.inputs.pipelines.gitlab_taint import Taint
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, key_line, pipeline_resource, text_of
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

PROVIDER = "gitlab-ci"
MERGE_REQUEST = "merge_request_event"
UNTRUSTED_EVENTS = frozenset((MERGE_REQUEST, "external_pull_request_event"))
_SOURCE = lazy_regex(
    r"\$\{?CI_PIPELINE_SOURCE\}?\s*==\s*[\"']([a-z_]+)[\"']|[\"']([a-z_]+)[\"']\s*==\s*\$CI_PIPELINE_SOURCE\b"
)
_REFS = {
    "merge_requests": MERGE_REQUEST, "schedules": "schedule", "branches": "push", "tags": "push", "pushes": "push",
    "web": "web", "api": "api", "triggers": "trigger", "pipelines": "pipeline", "chat": "chat",
    "external_pull_requests": "external_pull_request_event",
}  # fmt: skip
_DURATION = lazy_regex(r"([\d.]+)\s*([a-z]*)\s*(?:,|and\b)?\s*")
_SECONDS = {
    unit: seconds
    for seconds, units in (
        (1, " s sec secs second seconds"),
        (60, "m min mins minute minutes"),
        (3600, "h hr hrs hour hours"),
        (86400, "d day days"),
        (604800, "w wk wks week weeks"),
        (2592000, "mo mon mos month months"),
        (31557600, "y yr yrs year years"),
    )
    for unit in units.split(" ")
}


def job_resource(
    resolver: Resolver, root: Map, name: str, triggers: Seq, library: Library, handed: dict[str, Taint]
) -> Resource:
    """`handed`: by job, the variables with an outsider's words that it leaves to those after it."""
    job = resolver.job(name)
    path = job.header.file or job.span.file
    resource = pipeline_resource(PROVIDER, "job", path, name, job)
    variables = Variables(job, root)
    gap = resolver.missing.get(name)
    draft = Draft("job", job.header, job.span)
    draft.put("name", name)
    draft.put("class", "call" if job.get("trigger") is not None else "run", job.spans.get("trigger"))
    draft.put("system", PROVIDER)
    own = triggers_of(job) or triggers
    draft.put("triggers", own, own.header if own.header.line else job.header)
    untrusted = [span for event, span in zip(own, own.spans, strict=True) if event in UNTRUSTED_EVENTS]
    draft.put("untrusted", bool(untrusted), untrusted[0] if untrusted else None)
    draft.put("privileged_trigger", False)
    _runner(draft, job, variables, gap)
    _timeout(draft, resolver, job, variables, gap)
    _environment(draft, job, variables, gap)
    draft.take("concurrency", job, "resource_group")
    condition = " || ".join(_conditions(job))
    if condition:
        draft.put("condition", condition, job.spans.get("rules") or job.spans.get("only"))
    draft.put("deploys", _deploys(name, job), job.spans.get("environment"))
    draft.put("checks_out_untrusted", False)
    trigger = job.get("trigger")
    forward = trigger.get("forward") if isinstance(trigger, Map) else None
    # Only another project does not have them anyway.
    elsewhere = isinstance(trigger, Map) and trigger.get("project") is not None
    hands_on = elsewhere and isinstance(forward, Map) and forward.get("pipeline_variables") is True
    draft.put("secrets_inherited", hands_on, job.spans.get("trigger"))
    secrets = job.get("secrets")
    names = Seq(job.spans.get("secrets", job.header))
    for key in secrets if isinstance(secrets, Map) else ():
        names.add(key, secrets.spans[key] if isinstance(secrets, Map) else job.header)
    draft.put("secrets", names, names.span)
    resource.add_noun(draft.noun(name))
    for noun in images(resolver, job, variables) if job.get("trigger") is None else ():
        resource.add_noun(noun)
    taint = gitlab_taint.of_job(job, variables, _conditions(job), _handed(job, handed))
    event = next((event for event in own if event in UNTRUSTED_EVENTS), "")
    around = Surroundings(library, taint, gitlab_taint.dotenv_of(job), event)
    hooks = job.get("hooks")
    blocks = [(job, key, "step") for key in SCRIPTS]
    if isinstance(hooks, Map):
        blocks.insert(0, (hooks, "pre_get_sources_script", "hook"))
    for holder, key, kind in blocks:
        if holder.get(key) is None:
            continue
        if key == "after_script":  # in a shell of its own
            around.taint = taint
        code, odd = script(holder, key, kind, around)
        resource.add_noun(code)
        if odd is not None:
            hint = " (a line with `: ` in it wants quotes)" if isinstance(holder[key], Seq) else ""
            resolver.problem("malformed", f"`{key}` holds what is no text{hint}", odd)
    run_steps(job, resource, around)
    if isinstance(trigger, Map) and "include" in trigger:
        keys = Keys()
        for include in includes_of(trigger["include"], trigger.spans["include"]):
            found = include_dependency(include.kind, include.what, include.body, include.span, keys)
            if found:
                resource.add_noun(found)
    runs = any(job.get(key) is not None for key in ("script", "trigger", "run", "release"))
    if not runs and gap is None and resolver.strict and not resolver.config.open:
        resolver.problem("malformed", f"job {name} has neither `script` nor `trigger`", job.header)
    return resource


def handed_by(resolver: Resolver, root: Map, names: list[str]) -> dict[str, Taint]:
    """By job, the variables with an outsider's words that it leaves to those after it."""
    found: dict[str, Taint] = {}
    for name in names:
        if "artifacts" not in resolver.extended(name, ()) and "default" not in root:
            continue
        job = resolver.job(name)
        if not gitlab_taint.dotenv_of(job):
            continue
        variables = Variables(job, root)
        left = handed_on(job, gitlab_taint.of_job(job, variables, _conditions(job), _handed(job, found)))
        if left:
            found[name] = left
    return found


def _handed(job: Map, handed: dict[str, Taint]) -> Taint:
    """What the jobs that this one takes artifacts from leave to it."""
    if not handed:
        return {}
    wanted: set[str] | None = None
    needs = job.get("needs")
    if isinstance(needs, Seq):
        wanted = {
            text_of(need.get("job") if isinstance(need, Map) else need) or ""
            for need in needs
            if not (isinstance(need, Map) and need.get("artifacts") is False)
        }
    if isinstance(job.get("dependencies"), Seq):
        named = {text_of(item) or "" for item in job["dependencies"]}
        wanted = named if wanted is None else wanted & named
    return {
        name: tainted.through(f"handed on by job {giver}", tainted.hops[0].span if tainted.hops else job.header, name)
        for giver, left in handed.items()
        if wanted is None or giver in wanted
        for name, tainted in left.items()
    }


# What starts it -----------------------------------------------------------------------------------------------


def triggers_of(holder: Map) -> Seq | None:
    """Sources of the pipelines that `rules` or `only` let through, None where neither names one."""
    found = Seq()
    for key in ("rules", "only"):
        declared = holder.get(key)
        span = holder.spans.get(key, holder.header)
        if isinstance(declared, Map) and key == "only":
            declared = declared.get("refs")
        items = list(zip(declared, declared.spans, strict=False)) if isinstance(declared, Seq) else [(declared, span)]
        for item, place in items:
            for event in _events(item):
                if event not in found:
                    found.add(event, place)
        if found and not found.span.line:
            found.span, found.header = span, key_line(span, key)
    return found if found else None


def _events(item: Value) -> list[str]:
    if isinstance(item, str):  # `only`
        return [_REFS.get(item, "push")]
    if not isinstance(item, Map) or item.get("when") == "never" or not isinstance(item.get("if"), str):
        return []
    condition = item["if"]
    events = [one or other for one, other in _SOURCE.findall(condition)]
    if not events:
        # A variable that only merge request pipelines have, or only others.
        if re.search(r"\$\{?CI_MERGE_REQUEST_", condition):
            events = [MERGE_REQUEST]
        elif re.search(r"\$\{?CI_(?:COMMIT_(?:BRANCH|TAG|REF_NAME)|DEFAULT_BRANCH)\b", condition):
            events = ["push"]
    return events


def _conditions(job: Map) -> list[str]:
    rules = job.get("rules")
    return [
        rule["if"]
        for rule in (rules if isinstance(rules, Seq) else ())
        if isinstance(rule, Map) and isinstance(rule.get("if"), str) and rule.get("when") != "never"
    ]


# The machine, limits ------------------------------------------------------------------------------------------


def _runner(draft: Draft, job: Map, variables: Variables, gap: Unknown | None) -> None:
    tags = job.get("tags")
    if not isinstance(tags, (Seq, str)):
        if gap is not None and tags is None:
            draft.put("runner", gap)
            draft.put("self_hosted", gap)
        return
    entry = job.spans["tags"]
    labels = Seq(entry, entry)
    unknown: Unknown | None = None
    for tag, span in zip(tags, tags.spans, strict=False) if isinstance(tags, Seq) else [(tags, entry)]:
        for filled in variables.fill(text_of(tag)):
            if isinstance(filled.value, str) and filled.value not in labels:
                labels.add(filled.value, span, filled.origin)
            unknown = unknown or filled.unknown
    draft.put("runner", unknown or labels, entry)
    if unknown is not None:
        draft.put("self_hosted", unknown, entry)
    elif labels:
        # Tags pick runners that someone has registered, unless they are GitLab's own.
        draft.put("self_hosted", not all(label.startswith(("saas-", "gitlab-org")) for label in labels), entry)


def _timeout(draft: Draft, resolver: Resolver, job: Map, variables: Variables, gap: Unknown | None) -> None:
    declared = job.get("timeout")
    if declared is None:
        if gap is not None:
            draft.put("timeout", gap)
        return
    entry = job.spans["timeout"]
    filled = variables.one(text_of(declared))
    if filled.unknown is not None:
        draft.put("timeout", filled.unknown, entry, filled.origin)
        return
    seconds = duration(filled.value) if isinstance(filled.value, str) else None
    if seconds is None:
        resolver.problem("malformed", f"`timeout` {declared!r} is no duration", entry)
    else:
        origin = job.origins.get("timeout") if job.origins else None
        draft.put("timeout", seconds, entry, filled.origin or origin)


def duration(text: str) -> int | float | None:
    """`1h 30m`, `3600 seconds`, `2 hours 20 minutes` in seconds; a bare number is seconds already."""
    rest = text.strip().lower()
    if not rest or len(rest) > 100:
        return None
    total = 0.0
    at = 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if not match or match.group(2) not in _SECONDS:
            return None
        try:
            total += float(match.group(1)) * _SECONDS[match.group(2)]
        except ValueError:
            return None
        at = match.end()
    if total > 1e15:
        return None
    return int(total) if total.is_integer() else total


def _environment(draft: Draft, job: Map, variables: Variables, gap: Unknown | None) -> None:
    declared = job.get("environment")
    entry = job.spans.get("environment")
    if declared is None:
        if gap is not None:
            draft.put("environment", gap)
        return
    if isinstance(declared, Map):
        entry = declared.spans.get("name", entry)
        declared = declared.get("name")
    filled = variables.one(text_of(declared))
    if filled.value is not None:
        draft.put("environment", filled.value, entry, filled.origin)


_VARIABLE = lazy_regex(r"\$(?:\{\w+\}|\w+)")
_OF_A_PLACE = ("url", "on_stop", "auto_stop_in", "kubernetes", "deployment_tier")


def _deploys(name: str, job: Map) -> bool:
    """An environment is what GitLab deploys to, unless the job only looks at it or takes it down. One may also just
    keep secrets for certain jobs (`pypi-upload`, `sign-macos`), so that more than its name has to say so. Without one
    it is the job's name, and the commands of what doesn't try things out."""
    place = environment = job.get("environment")
    if deployments.says_so(name):
        return not _only_looks(environment)
    if environment is None:
        code = "\n".join(_code(job, key) for key in ("before_script", "script"))
        return not (deployments.is_trial(name) or deployments.is_throwaway(code)) and deployments.runs_deployment(code)
    if isinstance(environment, Map):
        if _only_looks(environment):
            return False
        if any(environment.get(key) is not None for key in _OF_A_PLACE):
            return True
        place = environment.get("name")
    written = _VARIABLE.sub(" ", place) if isinstance(place, str) else ""
    if not any(character.isalnum() for character in written) or deployments.is_place(written):
        return True
    return deployments.runs_deployment(_code(job, "script"))


def _code(job: Map, key: str) -> str:
    lines = job.get(key)
    if isinstance(lines, Seq):
        return "\n".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""


def _only_looks(environment: Value) -> bool:
    return isinstance(environment, Map) and environment.get("action", "start") != "start"


# Includes -----------------------------------------------------------------------------------------------------


def include_dependency(kind: str, what: str, body: Map | None, span: Span, keys: Keys) -> Noun | None:
    from guardrail.inputs.pipelines.gitlab_pins import include_parts

    parts = include_parts(kind, what, body)
    if parts is None:
        return None
    draft = Draft("dependency", span)
    draft.put("ecosystem", "component" if kind == "component" else "include")
    draft.put("local", kind == "local" or is_own(kind, what, body))
    for field, value in parts.items():
        place = body.spans["ref"] if field in ("version", "pin") and body is not None and "ref" in body else span
        draft.put(field, value, place)
    name = parts["name"] if isinstance(parts.get("name"), str) else what
    return draft.noun(name, keys.next(name))
