"""The images of GitLab's jobs and of the services beside them."""

from __future__ import annotations

from guardrail.inputs.pipelines.gitlab_resolve import Resolver, Variables
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, Keys, image_dependency, text_of
from guardrail.model import Map, Noun, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_MACHINE_IMAGE = lazy_regex(r"macos-\d+-xcode-\d+\Z")
_MACHINE_TAG = lazy_regex(r"(?:saas-|shared-)(?:macos|windows)")


def _runs_on_a_machine(job: Map) -> bool:
    """Whether it runs on GitLab's own machines with macOS or Windows, whose images are no container's."""
    image, tags = job.get("image"), job.get("tags")
    name = image.get("name") if isinstance(image, Map) else image
    labels = tags if isinstance(tags, Seq) else (tags,)
    return any(isinstance(label, str) and _MACHINE_TAG.match(label) for label in labels) or (
        isinstance(name, str) and _MACHINE_IMAGE.match(name) is not None
    )


def images(resolver: Resolver, job: Map, variables: Variables) -> list[Noun]:
    keys = (Keys(), Keys())
    found: list[Noun] = []
    if _runs_on_a_machine(job):
        return found
    if job.get("image") is not None:
        found += _image(resolver, job["image"], job, job.spans["image"], "image", "job", variables, keys)
    services = job.get("services")
    if isinstance(services, Seq):
        for service, span in zip(services, services.spans, strict=False):
            found += _image(resolver, service, job, span, "services", "service", variables, keys)
    elif isinstance(services, (str, Map)):
        found += _image(resolver, services, job, job.spans["services"], "services", "service", variables, keys)
    return found


def _image(
    resolver: Resolver, declared: Value, job: Map, span: Span, key: str, kind: str, variables: Variables,
    keys: tuple[Keys, Keys],
) -> list[Noun]:  # fmt: skip
    body = declared if isinstance(declared, Map) else None
    header = body.header if body is not None else span
    image = body.get("name") if body is not None else declared
    entry = body.spans.get("name", header) if body is not None else span
    if isinstance(image, Unknown):
        fills = [Filled(image, "\0", image, None)]
    elif isinstance(image, str):
        fills = variables.fill(image)
    else:
        resolver.problem("malformed", f"`{key}` names no image", header)
        return []
    found: list[Noun] = []
    inherited = job.origins.get(key) if job.origins else None
    for filled in fills:
        alias = text_of(body.get("alias")) if body is not None else None
        dependency = image_dependency(filled.template, filled.unknown, entry, keys[1], filled.origin or inherited)
        name = alias or ("container" if kind == "job" else dependency.key.partition("#")[0])
        draft = Draft("container", header)
        draft.put("name", name)
        draft.put("class", kind)
        draft.put("image", filled.value, entry, filled.origin or inherited)
        draft.put("long_running", False)
        draft.put("serves", False)
        if body is not None:
            _settings(draft, body)
        found += [draft.noun(name, keys[0].next(name)), dependency]
    return found


def _settings(draft: Draft, body: Map) -> None:
    command = Seq(body.spans.get("entrypoint") or body.spans.get("command") or body.header)
    for key in ("entrypoint", "command"):
        words = body.get(key)
        if isinstance(words, Seq):
            for word, span in zip(words, words.spans, strict=False):
                command.add(word, span)
    if command:
        draft.put("command", command, command.span)
    policy = body.get("pull_policy")
    if isinstance(policy, Seq) and policy:
        policy = policy[0]
    if isinstance(policy, str):
        draft.put("image_pull_policy", {"always": "Always", "if-not-present": "IfNotPresent", "never": "Never"}.get(
            policy, policy), body.spans["pull_policy"])  # fmt: skip
    docker = body.get("docker")
    if isinstance(docker, Map) and text_of(docker.get("user")):
        draft.put("run_as_user", docker["user"], docker.spans["user"])
    variables = body.get("variables")
    if isinstance(variables, Map):
        items = Seq(variables.span, variables.header)
        for key in variables:
            item = Map(variables.spans[key])
            item.put("name", key, variables.spans[key])
            text = text_of(variables[key])
            if text is not None:
                item.put("value", text, variables.spans[key])
            items.add(item, variables.spans[key])
        draft.put("env", items, body.spans["variables"])
