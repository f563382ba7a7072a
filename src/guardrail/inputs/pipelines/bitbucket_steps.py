"""Steps of Bitbucket's pipelines: a job each, with its container, services, scripts and pipes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from guardrail.formats.shell import DETECTIONS, evaluated, expanded_variables
from guardrail.formats.shell_commands import VARIABLE
from guardrail.formats.shell_lines import detected_in
from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import (
    Draft,
    Filled,
    Keys,
    image_dependency,
    key_line,
    pipeline_resource,
    text_of,
)
from guardrail.model import HOLE, Map, Noun, PartText, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

PROVIDER = "bitbucket-pipelines"
# What the author of a commit or pull request writes. They are environment variables: harmless in a script until it has
# the shell read them as code.
PUSHED_VARIABLES = frozenset(("BITBUCKET_BRANCH", "BITBUCKET_TAG", "BITBUCKET_BOOKMARK"))
_VARIABLE = lazy_regex(r"\$\{?(\w+)\}?")
_SEMANTIC = lazy_regex(r"v?\d+(?:\.\d+)*[\w.+-]*\Z")
MAX_HITS = 200  # in one script; more would say no more
_MEGABYTE = 1024 * 1024
_SCRIPTS = ("script", "after-script")
Tell = Callable[[str, str, Span], None]


class Setting:
    """What the steps of one file share: its root, and the services that it defines."""

    def __init__(self, root: Map, library: Library, problem: Tell) -> None:
        self.root, self.library, self.problem = root, library, problem
        definitions = root.get("definitions")
        services = definitions.get("services") if isinstance(definitions, Map) else None
        self.services = services if isinstance(services, Map) else Map()
        options = root.get("options")
        self.options = options if isinstance(options, Map) else Map()


def job_resource(
    setting: Setting, path: str, fragment: str, local: str, step: Map, stage: Map | None, triggers: Seq,
    given: dict[str, Span],
) -> Resource:  # fmt: skip
    """`stage` is the one around the step; `given` are variables that whoever starts the pipeline writes."""
    resource = pipeline_resource(PROVIDER, "job", path, fragment, step, local)
    name = text_of(step.get("name")) or fragment
    draft = Draft("job", step.header, step.span)
    draft.put("name", name, step.spans.get("name"))
    calls = step.get("type") == "pipeline"
    draft.put("class", "call" if calls else "run")
    draft.put("system", PROVIDER)
    draft.put("triggers", triggers, triggers.header)
    draft.put("untrusted", False)
    draft.put("privileged_trigger", False)
    _runner(draft, step)
    _timeout(draft, setting, step)
    holder = step if step.get("deployment") is not None else stage
    place = text_of(holder.get("deployment")) if holder is not None else None
    if holder is not None and place:
        draft.put("environment", _filled(place).value, holder.spans["deployment"])
        # Bitbucket itself lets only one step at a time deploy to an environment.
        draft.put("concurrency", _filled(place).value, holder.spans["deployment"])
    condition = step.get("condition") or (stage.get("condition") if stage is not None else None)
    if isinstance(condition, Map):
        draft.put("condition", ", ".join(condition), condition.span)
    pipes = list(_pipes(step))
    draft.put("deploys", _deploys(name if "name" in step else "", bool(place), step, pipes))
    draft.put("checks_out_untrusted", False)
    draft.put("secrets", Seq(step.header))
    draft.put("secrets_inherited", False)
    resource.add_noun(draft.noun(name))
    if calls:
        return resource
    keys = (Keys(), Keys())
    for noun in _containers(setting, step, keys):
        resource.add_noun(noun)
    for pipe, entry in pipes:
        resource.add_noun(_pipe(pipe, entry, keys[1]))
    for key in _SCRIPTS:
        if isinstance(step.get(key), (Seq, str)):
            resource.add_noun(_script(setting, step, key, given))
        elif step.get(key) is not None:
            setting.problem("malformed", f"`{key}` of {name} is not a list", step.spans[key])
    if step.get("script") is None:
        setting.problem("malformed", f"step {name} has no `script`", step.header)
    return resource


# The machine --------------------------------------------------------------------------------------------------


def _runner(draft: Draft, step: Map) -> None:
    declared = step.get("runs-on")
    if declared is None:
        draft.put("self_hosted", False)
        return
    entry = step.spans["runs-on"]
    labels = Seq(entry, entry)
    several = isinstance(declared, Seq)
    for label, span in zip(declared, declared.spans, strict=False) if several else [(declared, entry)]:
        text = text_of(label)
        if text:
            labels.add(text, span)
    draft.put("runner", labels, entry)
    # Only runners of one's own are asked for by labels.
    draft.put("self_hosted", not all(label.startswith("atlassian") for label in labels), entry)


def _timeout(draft: Draft, setting: Setting, step: Map) -> None:
    holder = step if step.get("max-time") is not None else setting.options
    minutes = holder.get("max-time")
    if minutes is None:
        return
    entry = holder.spans["max-time"]
    if isinstance(minutes, str) and minutes.isdecimal():
        minutes = int(minutes)
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)):
        setting.problem("malformed", f"`max-time` {minutes!r} is no number of minutes", entry)
    else:
        draft.put("timeout", minutes * 60, entry)


def _deploys(name: str, placed: bool, step: Map, pipes: list[tuple[Map, Span]]) -> bool:
    """A `deployment` says so; so do names and commands of what doesn't try things out."""
    if placed:
        return True
    if deployments.is_trial(name):
        return False
    code = "\n".join(text for key in _SCRIPTS[:1] for text, _ in _lines(step.get(key), step.spans.get(key)))
    if deployments.is_throwaway(code):
        return False
    named = (text_of(pipe.get("pipe")) or "" for pipe, _ in pipes)
    return deployments.says_so(name) or deployments.runs_deployment(code) or any(map(deployments.says_so, named))


# Images -------------------------------------------------------------------------------------------------------


def _filled(text: str) -> Filled:
    """A text whose variables are set in Bitbucket's settings."""
    if "$" not in text:
        return Filled(text, text, None, None)
    name = next(iter(_VARIABLE.findall(text)), text)
    unknown = Unknown(f"${name} is set outside of the file", (name,))
    template = _VARIABLE.sub(HOLE, text)
    value = PartText(unknown.reason, unknown.refs, template) if HOLE in template else unknown
    return Filled(value, template, unknown, None)


def _containers(setting: Setting, step: Map, keys: tuple[Keys, Keys]) -> Iterator[Noun]:
    holder = step if step.get("image") is not None else setting.root
    if holder.get("image") is not None and _is_plain(step):
        yield from _container(setting, holder["image"], holder.spans["image"], "job", "container", None, keys)
    wanted = step.get("services")
    listed = list(zip(wanted, wanted.spans, strict=False)) if isinstance(wanted, Seq) else []
    for service, span in listed:
        name = text_of(service) or ""
        body = setting.services.get(name)
        if isinstance(body, Map):
            image = body.get("image")
            entry = body.spans.get("image", body.header)
            yield from _container(setting, image, entry, "service", name, body, keys)
        elif name != "docker":
            setting.problem("missing-reference", f"the service {name} is not defined", span)


def _is_plain(step: Map) -> bool:
    """Whether a step runs in a container: on some machines of one's own there is none."""
    labels = step.get("runs-on")
    return not isinstance(labels, Seq) or not any(label in ("windows", "macos", "linux.shell") for label in labels)


def _container(
    setting: Setting, image: Value, entry: Span, kind: str, name: str, service: Map | None, keys: tuple[Keys, Keys]
) -> Iterator[Noun]:
    body = image if isinstance(image, Map) else None
    text = text_of(body.get("name")) if body is not None else text_of(image)
    header = service.header if service is not None else body.header if body is not None else entry
    if body is not None:
        entry = body.spans.get("name", body.header)
    if text is None and (service is None or image is not None):
        setting.problem("malformed", "`image` names no image", header)
        return
    draft = Draft("container", header)
    draft.put("name", name)
    draft.put("class", kind)
    draft.put("long_running", False)
    draft.put("serves", False)
    draft.put("privileged", False)
    dependency: Noun | None = None
    if text is not None:
        filled = _filled(text)
        dependency = image_dependency(filled.template, filled.unknown, entry, keys[1])
        draft.put("image", filled.value, entry)
    if body is not None and body.get("run-as-user") is not None:
        draft.put("run_as_user", body["run-as-user"], body.spans["run-as-user"])
    if service is not None:
        memory = service.get("memory")
        if isinstance(memory, (int, float)) and not isinstance(memory, bool):
            draft.put("limits.memory", int(memory * _MEGABYTE), service.spans["memory"])
        for key in ("variables", "environment"):
            if isinstance(service.get(key), Map):
                draft.put("env", _environment(service[key]), service.spans[key])
    yield draft.noun(name, keys[0].next(name))
    if dependency is not None:
        yield dependency


def _environment(variables: Map) -> Seq:
    items = Seq(variables.span, variables.header)
    for key in variables:
        span = variables.spans[key]
        item = Map(span)
        item.put("name", key, span)
        text = text_of(variables[key])
        if text is not None:
            item.put("value", _filled(text).value, span)
        items.add(item, span)
    return items


def registered_images(setting: Setting, jobs: Iterable[Resource]) -> Iterator[Noun]:
    """Images that the file names and none of its steps uses: services that nothing asks for, the file's own image
    where every step has another."""
    used = {noun.fields.place("name") for job in jobs for noun in job.nouns.get("dependency", ())}
    keys = (Keys(), Keys())
    found: list[Noun] = []
    if setting.root.get("image") is not None:
        found += _container(setting, setting.root["image"], setting.root.spans["image"], "job", "container", None, keys)
    for name, body in setting.services.items():
        if isinstance(body, Map) and body.get("image") is not None:
            found += _container(setting, body["image"], body.spans["image"], "service", name, body, keys)
    for noun in found:
        if noun.concept == "dependency" and noun.fields.place("name") not in used:
            yield noun


# Pipes --------------------------------------------------------------------------------------------------------


def _pipes(step: Map) -> Iterator[tuple[Map, Span]]:
    for key in _SCRIPTS:
        items = step.get(key)
        for item in _flat(items, 0) if isinstance(items, Seq) else ():
            if isinstance(item, Map) and text_of(item.get("pipe")):
                yield item, item.spans["pipe"]


def _flat(items: Seq, depth: int) -> Iterator[Value]:
    for item in items:
        if isinstance(item, Seq) and depth < 5:
            yield from _flat(item, depth + 1)
        else:
            yield item


def _pipe(pipe: Map, entry: Span, keys: Keys) -> Noun:
    """`account/repository:version`, or an image: `docker://account/name:tag`."""
    text = (text_of(pipe.get("pipe")) or "").strip()
    filled = _filled(text)
    if text.startswith("docker://"):
        return image_dependency(filled.template[len("docker://") :], filled.unknown, entry, keys)
    draft = Draft("dependency", entry)
    draft.put("ecosystem", "pipe")
    draft.put("local", False)
    reference, at, digest = filled.template.partition("@")
    name, mark, version = reference.partition(":")
    unknown = filled.unknown
    draft.put("name", unknown if unknown and HOLE in name else name)
    draft.put("owner", unknown if unknown and HOLE in name.partition("/")[0] else name.partition("/")[0])
    if at:
        draft.put("version", digest)
        draft.put("pin", "digest")
    elif unknown and HOLE in version:
        draft.put("version", unknown)
        draft.put("pin", unknown)
    elif mark and version:
        draft.put("version", version)
        draft.put("pin", "none" if version == "latest" else "tag" if _SEMANTIC.match(version) else "branch")
    else:
        draft.put("pin", unknown if unknown and HOLE in name else "none")
    shown = name.replace(HOLE, "*")
    return draft.noun(f"the pipe {shown}", keys.next(shown))


# Scripts ------------------------------------------------------------------------------------------------------


def _lines(value: Value, span: Span | None, depth: int = 0) -> Iterator[tuple[str, Span]]:
    """The lines of a script, without its pipes."""
    if isinstance(value, Seq) and depth < 5:
        for item, place in zip(value, value.spans, strict=False):
            yield from _lines(item, place, depth + 1)
    elif span is not None and (text := text_of(value)) is not None:
        yield text, span


@lru_cache(maxsize=4096)  # an anchor's code is the same in every step that it is put into
def _evaluated(text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """Commands that take their arguments for code, with the variables in those."""
    return tuple(
        (command.start, command.end, tuple(dict.fromkeys(expanded_variables(code))))
        for command, code in evaluated(text)
    )


def _whole(text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    return ((0, len(text), tuple(dict.fromkeys(VARIABLE.findall(text)))),)


def _remote_commands(items: Value) -> Iterator[tuple[str, Span]]:
    """What the pipes of a script have another machine's shell run: Bitbucket puts the variables in before."""
    for item in _flat(items, 0) if isinstance(items, Seq) else ():
        name = text_of(item.get("pipe")) if isinstance(item, Map) else None
        variables = item.get("variables") if isinstance(item, Map) else None
        if name and name.startswith("atlassian/ssh-run:") and isinstance(variables, Map):
            text = text_of(variables.get("COMMAND"))
            if text is not None and variables.get("MODE") != "script":
                yield text, variables.spans["COMMAND"]


def _script(setting: Setting, step: Map, key: str, given: dict[str, Span]) -> Noun:
    entry = step.spans[key]
    lines = list(_lines(step[key], entry))
    draft = Draft("script", key_line(entry, key), entry)
    draft.put("name", key)
    draft.put("class", "step")
    draft.put("text", "\n".join(text for text, _ in lines), entry)
    chosen = Seq(entry, draft.header)
    detected: dict[str, Span] = {}
    for field, hit in detected_in([text for text, _ in lines]).items():
        text, span = lines[hit.line]
        source = setting.library.get(span.file) if span.file else None
        detected[field] = source.place(text, hit.start, hit.end, span) if source else span
    commands = list(_remote_commands(step[key]))
    for index, (text, span) in enumerate([*lines, *commands]):
        source = setting.library.get(span.file) if span.file else None
        if "$" not in text or source is None:
            continue
        for start, end, variables in _evaluated(text) if index < len(lines) else _whole(text):
            for variable in variables:
                if (variable in PUSHED_VARIABLES or variable in given) and len(chosen) < MAX_HITS:
                    place = source.place(text, start, end, span)
                    item = Map(place)
                    item.put("expression", f"${variable}", place)
                    told = variable if variable in PUSHED_VARIABLES else f"{variable}, given by who starts it"
                    item.put("source", told, place)
                    item.put("control", "chosen", place)
                    chosen.header = chosen.header if chosen else place
                    chosen.add(item, place)
    draft.put("untrusted", Seq(entry, draft.header))  # Bitbucket builds no fork's pull request
    draft.put("expansions", chosen, chosen.header)
    draft.put("privileged_trigger", False)
    for field, _ in DETECTIONS:
        draft.put(field, field in detected, detected.get(field))
    return draft.noun(key)
