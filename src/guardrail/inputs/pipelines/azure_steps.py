"""Steps of Azure's jobs: a resource each, with the code it runs and the task it uses."""

from __future__ import annotations

from functools import lru_cache

from guardrail.formats.secret_texts import veiled
from guardrail.formats.shell import DETECTIONS
from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.azure_expand import CODE_KEYS, Level
from guardrail.inputs.pipelines.azure_expressions import pasted
from guardrail.inputs.pipelines.azure_pools import Machine
from guardrail.inputs.pipelines.azure_scope import MACRO, Scope, Variables, chosen_for_a_run, is_chosen
from guardrail.inputs.pipelines.azure_tasks import (
    BUILT_IN,
    DEPLOYS,
    DEPLOYS_BY_INPUT,
    FIRST_PARTY,
    SCRIPT_INPUTS,
    ScriptInput,
    short,
    task_name,
)
from guardrail.inputs.pipelines.azure_walk import Around, Walk, as_written
from guardrail.inputs.pipelines.expressions import find_expressions
from guardrail.inputs.pipelines.vocabulary import Draft, key_line, text_of
from guardrail.model import Map, Noun, PartText, Seq, Span, Text, Unknown, Value

SHELLS = ("script", "bash", "pwsh", "powershell")
MAX_HITS = 200  # in one script; more would say no more
_SHELL_LIKE = frozenset(("bash", "sh", "pwsh", "powershell", "cmd"))


class Steps:
    """What the steps of one job share. `secrets` takes in the names of those that they use."""

    __slots__ = ("machine", "secrets", "variables", "walk")

    def __init__(self, walk: Walk, machine: Machine, variables: Variables) -> None:
        self.walk, self.machine, self.variables = walk, machine, variables
        self.secrets: list[tuple[str, Span]] = []


def step_resource(steps: Steps, step: Map, level: Level, around: Around, fragment: str) -> None:
    title = step_name(step)
    lasting = as_written(level, "name", as_written(level, "displayName", title))
    names = (*around.names, (step.header.file, f"steps.{_short(lasting)}"))
    resource = steps.walk.resource("step", fragment, names, step, around)
    scope = steps.walk.expander.scope_of(step)
    for key in SHELLS:
        if step.get(key) is not None:
            noun = _script(steps, step, key, title, scope, _shell(key, steps.machine), "step")
            if noun:
                resource.add_noun(noun)
            break
    task = step.get("task")
    if isinstance(task, str) and task.strip():
        resource.add_noun(_task(task, step.spans["task"]))
        inputs = step.get("inputs")
        if isinstance(inputs, Map):
            noun = _task_script(steps, inputs, task, title, scope)
            if noun:
                resource.add_noun(noun)
            _vault_secrets(steps, task, inputs)
    elif isinstance(task, Unknown):
        draft = Draft("dependency", step.spans["task"])
        draft.put("ecosystem", "task")
        for field in ("name", "owner", "version", "pin"):
            draft.put(field, task)
        draft.put("local", False)
        resource.add_noun(draft.noun("a task"))
    env = step.get("env")
    if isinstance(env, Map):
        for key, text in env.items():
            if isinstance(text, str) and "$(system.accesstoken)" in text.lower():
                steps.secrets.append(("System.AccessToken", env.spans[key]))


def step_name(step: Map) -> str:
    """What a message calls a step."""
    for key in ("displayName", "name"):
        text = text_of(step.get(key))
        if text:
            return _short(text)
    for key in ("task", *SHELLS):
        text = text_of(step.get(key))
        if text is not None:
            first = text.strip().partition("\n")[0]
            return _short(first.partition("@")[0] if key == "task" else f"{key}: {first}", 50)
    for key in ("checkout", "download", "publish", "getPackage", "downloadBuild", "reviewApp"):
        if key in step:
            return _short(f"{key}: {text_of(step[key]) or ''}")
    return "step"


def _short(text: str, limit: int = 60) -> str:
    text = " ".join(veiled(text, throwaway=True).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Code ---------------------------------------------------------------------------------------------------------


def _shell(key: str, machine: Machine) -> str | Unknown:
    if key != "script":
        return key
    if machine.system:
        return "cmd" if machine.system == "windows" else "bash"
    return Unknown("the system of its machine cannot be known")


def _script(
    steps: Steps, holder: Map, key: str, name: str, scope: Scope | None, shell: str | Unknown, kind: str
) -> Noun | None:
    value, entry = holder[key], holder.spans[key]
    code = text_of(value)
    if code is None and not isinstance(value, Unknown):
        steps.walk.problem("malformed", f"`{key}` of {name!r} is not text", entry)
        return None
    draft = Draft("script", key_line(entry, key), entry)
    draft.put("name", name)
    draft.put("class", kind)
    draft.put("shell", shell)
    origin = holder.origins.get(key) if holder.origins else None
    draft.put("text", value if code is None else code, entry, origin)
    draft.put("privileged_trigger", False)
    if code is None:
        literal = value.template if isinstance(value, PartText) else ""
        _pasted(draft, steps, value, literal, entry, scope)
        for field, _ in DETECTIONS:
            draft.put(field, Unknown(value.reason, value.refs))
        return draft.noun(name, key)
    _pasted(draft, steps, code, code, entry, scope)
    is_shell = not isinstance(shell, str) or shell in _SHELL_LIKE
    for (field, _), found in zip(DETECTIONS, _detected(code) if is_shell else _NOTHING, strict=True):
        draft.put(field, found is not None, _place(steps, code, *found, entry) if found else None, origin)
    return draft.noun(name, key)


_NOTHING = (None,) * len(DETECTIONS)


@lru_cache(maxsize=4096)  # a template's code is the same in every job that it is put into
def _detected(code: str) -> tuple[tuple[int, int] | None, ...]:
    return tuple(find(code) for _, find in DETECTIONS)


@lru_cache(maxsize=4096)
def _deploys(code: str) -> bool | None:
    """None where a cluster is set up that goes away with the job, so that nothing in it is a deployment."""
    return None if deployments.is_throwaway(code) else deployments.runs_deployment(code)


def _place(steps: Steps, code: str, start: int, end: int, entry: Span) -> Span:
    """Where a part of the code stands, which may be in the file of a caller."""
    file = code.file if isinstance(code, Text) and code.file else entry.file
    if not file:
        return entry
    return steps.walk.library.get(file).place(code, start, end, entry)


def _pasted(draft: Draft, steps: Steps, value: Value, code: str, entry: Span, scope: Scope | None) -> None:
    """What others may write of the code: outsiders, and those who may push or start it."""
    hits, chosen = Seq(entry, key_line(entry, "x")), Seq(entry, key_line(entry, "x"))
    seen: set[tuple[int, str]] = set()

    def add(start: int, end: int, sources: list[str]) -> None:
        for source in sources:
            by_choice = is_chosen(source)
            into = chosen if by_choice else hits
            if (start, source) in seen or len(into) >= MAX_HITS:
                continue
            seen.add((start, source))
            where = _place(steps, code, start, end, entry) if isinstance(value, str) else entry
            item = Map(where)
            item.put("expression", code[start:end], where)
            item.put("source", source, where)
            item.put("control" if by_choice else "privileged", "chosen" if by_choice else False, where)
            if not into:
                into.header = where
            into.add(item, where)

    known: dict[str, list[str]] = {}
    for match in MACRO.finditer(code):
        name = match.group(1)
        if name not in known:
            known[name] = list(dict.fromkeys(steps.variables.sources(name)))
        if known[name]:
            add(match.start(), match.end(), known[name])
    for expression in find_expressions(code) if scope is not None and "${{" in code else ():
        if expression.node is None or scope is None:
            continue
        found: list[str] = []
        for path in pasted(expression.node):
            name = ".".join(str(part) for part in path[1:])
            if path[0] == "variables" and steps.variables.find(name) is None:
                found += steps.variables.sources(name)
            else:
                value_of = steps.walk.expander.value_of
                sources = [
                    *steps.variables.sources_in(value_of(("context", path), scope, [])),
                    *chosen_for_a_run(value_of(("context", path), scope, [], True)),
                ]
                about = ".".join(str(part) for part in path)
                found += [f"{about}, which holds {source}" for source in sources]
        add(expression.start, expression.end, list(dict.fromkeys(found)))
    if isinstance(value, Unknown):
        add(0, len(code), list(dict.fromkeys(steps.variables.sources_in(value))))
    draft.put("untrusted", hits, hits.header)
    draft.put("expansions", chosen, chosen.header)


def _task_script(steps: Steps, inputs: Map, task: str, title: str, scope: Scope | None) -> Noun | None:
    known = SCRIPT_INPUTS.get(short(task_name(task)[0]))
    if known is None or not _is_inline(inputs, known):
        return None
    key = _key(inputs, known.name)
    if key is None or inputs[key] is None:
        return None
    return _script(steps, inputs, key, title, scope, _task_shell(inputs, known, steps.machine), "action-script")


def _is_inline(inputs: Map, known: ScriptInput) -> bool:
    switch = _key(inputs, known.switch) if known.switch else None
    if switch is None:
        return True
    said = inputs[switch]
    return isinstance(said, Unknown) or (text_of(said) or "").lower().startswith(known.inline)


def _task_shell(inputs: Map, known: ScriptInput, machine: Machine) -> str | Unknown:
    if known.name == "inlinescript":
        key = _key(inputs, "scripttype")
        kind = (text_of(inputs[key]) or "").lower() if key else ""
        found = {"bash": "bash", "pscore": "pwsh", "ps": "powershell", "batch": "cmd"}.get(kind)
        return found or Unknown("the language of its script is not told")
    if known.shell == "powershell":
        key = _key(inputs, "pwsh")
        return "pwsh" if key and (text_of(inputs[key]) or "").lower() == "true" else "powershell"
    return known.shell or _shell("script", machine)


def _key(inputs: Map, name: str) -> str | None:
    """Inputs are taken in any case."""
    return next((key for key in inputs if key.lower() == name), None)


# Tasks --------------------------------------------------------------------------------------------------------


def _task(task: str, span: Span) -> Noun:
    name, publisher, version = task_name(task)
    draft = Draft("dependency", span)
    draft.put("ecosystem", "task")
    draft.put("name", name)
    if short(name) in BUILT_IN or publisher.lower().startswith(FIRST_PARTY):
        draft.put("owner", "microsoft")
    elif publisher:
        draft.put("owner", publisher)
    if version:
        draft.put("version", version)
    parts = version.split(".")
    draft.put("pin", "none" if not version else "version" if len(parts) > 2 else "range")
    draft.put("local", False)
    return draft.noun(name)


def _vault_secrets(steps: Steps, task: str, inputs: Map) -> None:
    """The secrets that AzureKeyVault makes variables of: those of its filter, all by default."""
    if short(task_name(task)[0]) != "azurekeyvault":
        return
    key = _key(inputs, "secretsfilter")
    wanted = text_of(inputs[key]) if key else "*"
    span = inputs.spans[key] if key else inputs.header
    for name in (wanted or "").split(","):
        if name.strip():
            steps.secrets.append((name.strip(), span))


def deploys_by_step(steps: Seq) -> bool:
    """Whether a step is a task that deploys, or runs a command that does."""
    codes: list[str] = []
    for step in steps:
        task = step.get("task") if isinstance(step, Map) else None
        inputs = step.get("inputs") if isinstance(step, Map) else None
        if isinstance(task, str):
            name = short(task_name(task)[0])
            if name in DEPLOYS:
                return True
            known = DEPLOYS_BY_INPUT.get(name.rstrip("0123456789"))
            key = _key(inputs, known[0]) if known and isinstance(inputs, Map) else None
            if known and key and isinstance(inputs, Map) and (text_of(inputs[key]) or "").lower() in known[1]:
                return True
        for holder in (step, inputs):
            for key, value in holder.items() if isinstance(holder, Map) else ():
                if key.lower() in CODE_KEYS:
                    code = text_of(value)
                    codes += [code] if code else []
    found = [_deploys(code) for code in codes]
    return None not in found and True in found
