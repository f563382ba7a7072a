"""Steps of CircleCI's jobs: commands taken apart, a resource for each step, with the code it runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from guardrail.formats.secret_texts import veiled
from guardrail.formats.shell import DETECTIONS, evaluated, expanded_variables
from guardrail.inputs.pipelines.circleci_config import Config, File, one_entry
from guardrail.inputs.pipelines.circleci_scope import EXPRESSION, Scope, bind, holds
from guardrail.inputs.pipelines.vocabulary import Draft, key_line, pipeline_resource, text_of
from guardrail.model import Map, Noun, Origin, PartText, Resource, Seq, Span, Unknown, Value

PROVIDER = "circleci"
MAX_NESTING = 12  # of commands within commands
MAX_STEPS = 20_000  # of one file
MAX_HITS = 200  # in one script; more would say no more
BUILT_IN = frozenset(
    ("run", "checkout", "setup_remote_docker", "save_cache", "restore_cache", "deploy", "store_artifacts",
     "store_test_results", "persist_to_workspace", "attach_workspace", "add_ssh_keys", "when", "unless", "steps")
)  # fmt: skip
# Environment variables that hold what the author of a commit writes: harmless until the shell reads them as code.
_BRANCHES = frozenset(("CIRCLE_BRANCH", "CIRCLE_TAG"))
_PUSHED = _BRANCHES | {"pipeline.git.branch", "pipeline.git.tag"}
_SHELLS = frozenset(("bash", "sh", "ash", "dash", "zsh", "pwsh", "powershell", "cmd"))
_NOTHING = (None,) * len(DETECTIONS)


class Step(NamedTuple):
    """One step as it runs: `kind` is its key, `body` what stands under that, as written; `maybe`: why it can't be
    known whether it runs; `names`: the commands that it is part of."""

    kind: str
    body: Value
    span: Span
    header: Span
    scope: Scope
    maybe: Unknown | None
    trace: tuple[Origin, ...]
    names: tuple[str, ...]


class Place(NamedTuple):
    """Where a list of steps stands."""

    config: Config
    scope: Scope
    maybe: Unknown | None = None
    trace: tuple[Origin, ...] = ()
    names: tuple[str, ...] = ()


def steps_of(file: File, listed: Value, span: Span, at: Place) -> Iterator[Step]:
    """The steps that a list comes to, commands and conditions taken apart."""
    if isinstance(listed, str) and at.scope.has_expression(listed):
        given = at.scope.resolve(listed, span)
        if isinstance(given.value, Seq):
            yield from steps_of(file, given.value, span, at._replace(scope=given.scope or at.scope))
            return
        if isinstance(given.value, Unknown):
            return
        listed = given.value
    if listed is None:
        return
    if not isinstance(listed, Seq):
        file.problem("malformed", "`steps` is not a list", span)
        return
    for item, place in zip(listed, listed.spans, strict=False):
        if file.steps >= MAX_STEPS:
            what = f"its jobs come to more than {MAX_STEPS:,} steps; the others are not read"
            file.problem("expansion", what, file.root.header)
            return
        yield from _one(file, item, place, at)


def _one(file: File, item: Value, span: Span, at: Place) -> Iterator[Step]:
    file.steps += 1
    if isinstance(item, str) and at.scope.has_expression(item):
        given = at.scope.resolve(item, span)
        if isinstance(given.value, Seq):
            yield from steps_of(file, given.value, span, at._replace(scope=given.scope or at.scope))
            return
        if isinstance(given.value, Unknown) or not given.value:
            return
        item = given.value
    if item is None or (isinstance(item, Map) and not item):
        return
    entry = one_entry(item)
    if entry is None and isinstance(item, Map):
        # `name:` beside `run:` instead of below it is a frequent slip; the first key says what it is.
        key = next((key for key in item if key in BUILT_IN), next(iter(item)))
        entry = key, item[key]
    if entry is None:
        file.problem("malformed", "a step is neither a name nor a mapping", span)
        return
    kind, body = entry
    header = item.header if isinstance(item, Map) else span
    where = item.spans.get(kind, span) if isinstance(item, Map) else span
    if kind in ("when", "unless") and isinstance(body, Map) and "steps" in body:
        yield from _conditional(file, kind, body, at)
    elif kind == "steps":
        yield from steps_of(file, body, where, at)
    elif kind in BUILT_IN:
        yield Step(kind, body, where, header, at.scope, at.maybe, at.trace, at.names)
    else:
        yield from _command(file, kind, body, where, header, at)


def _conditional(file: File, kind: str, body: Map, at: Place) -> Iterator[Step]:
    """The steps run where the condition holds. One that a run may find otherwise keeps them in doubt."""
    condition = body.get("condition")
    strict = holds(condition, at.scope, strict=True)
    if isinstance(strict, bool):
        if strict is (kind == "when"):
            yield from steps_of(file, body["steps"], body.spans["steps"], at)
        return
    default = holds(condition, at.scope)
    sure = isinstance(default, bool) and default is (kind == "when")
    maybe = at.maybe or (None if sure else Unknown(strict.reason))
    yield from steps_of(file, body["steps"], body.spans["steps"], at._replace(maybe=maybe))


def _command(file: File, name: str, body: Value, span: Span, header: Span, at: Place) -> Iterator[Step]:
    given = body if isinstance(body, Map) else None
    found = at.config.find("commands", name)
    trace = (*at.trace, Origin(f"command {name}", header, name))
    if found is None:
        if not at.config.is_elsewhere(name):
            if at.maybe is None and not at.scope.literal:
                file.missing("missing-command", f"{name} is neither a step nor a command of the file", header)
            return
        # What an orb of the registry does is not read, save the steps that it is handed.
        yield Step(name, body, span, header, at.scope, at.maybe, at.trace, at.names)
        why = at.maybe or Unknown(f"{name} comes from an orb that is not read")
        for key, value in given.items() if given is not None else ():
            if isinstance(value, Seq) and key.endswith("steps"):
                inner = at._replace(maybe=why, trace=trace)
                yield from steps_of(file, value, given.spans[key] if given is not None else span, inner)
        return
    if len(at.trace) >= MAX_NESTING:
        file.problem("too-deep", f"commands call each other over more than {MAX_NESTING} levels", header)
        return
    config, definition = found
    scope = bind(definition, given, at.scope, name)
    whose = f"orbs.{config.name}.commands" if config.name else "commands"
    inner = Place(config, scope, at.maybe, trace, (f"{whose}.{name.rpartition('/')[2]}",))
    if definition.get("steps") is None:
        file.problem("malformed", f"command {name} has no `steps`", definition.header)
        return
    yield from steps_of(file, definition["steps"], definition.spans["steps"], inner)


# Resources ----------------------------------------------------------------------------------------------------


def step_resource(file: File, step: Step, fragment: str, shell: str | Unknown | None, job: str) -> Resource:
    attributes = Map(step.span, step.header)
    body = step.scope.whole(step.body, step.span)
    inner: Value = Map(step.span, step.header) if body is None else body
    attributes.put(step.kind, inner, step.span)
    title = step_name(step, body)
    lasting = step_name(step, step.body)  # as written, so that all that it becomes shares it
    local = file.local(".".join((*(step.names or (job,)), f"steps.{lasting}")), step.header)
    resource = pipeline_resource(PROVIDER, "step", file.path, fragment, attributes, local)
    resource.trace, resource.uncertain = step.trace, step.maybe
    if step.kind in ("run", "deploy"):
        noun = _script(file, step, body, title, shell)
        if noun is not None:
            resource.add_noun(noun)
            if isinstance(inner, Map) and isinstance(step.body, Map):
                code = step.body.get("command")
                if isinstance(code, str) and isinstance(inner.get("command"), PartText):
                    inner["command"] = code  # its lines stay where they are in the file
    return resource


def step_name(step: Step, body: Value) -> str:
    """What a message calls a step."""
    name = text_of(body.get("name")) if isinstance(body, Map) else None
    if name:
        return _short(name)
    code = body.get("command") if isinstance(body, Map) else body
    if isinstance(code, Unknown):
        code = step.body.get("command") if isinstance(step.body, Map) else step.body
    if step.kind in ("run", "deploy") and text_of(code):
        return _short(f"run: {(text_of(code) or '').strip().partition(chr(10))[0]}", 50)
    return _short(step.kind)


def _short(text: str, limit: int = 60) -> str:
    text = " ".join(veiled(text, throwaway=True).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _script(file: File, step: Step, body: Value, title: str, shell: str | Unknown | None) -> Noun | None:
    holder = step.body if isinstance(step.body, Map) else None
    if holder is not None and holder.get("command") is None:
        file.problem("malformed", f"step {title!r} has no `command`", step.header)
        return None
    raw = holder["command"] if holder is not None else step.body
    entry = holder.spans["command"] if holder is not None else step.span
    given = step.scope.resolve(raw, entry)
    partly = isinstance(raw, str) and EXPRESSION.sub("", raw).strip() != ""
    code = raw if partly or not isinstance(given.value, str) else given.value
    draft = Draft("script", key_line(entry, "command"), entry)
    draft.put("name", title)
    draft.put("class", "step")
    own = body.get("shell") if isinstance(body, Map) else None
    kind = own if isinstance(own, Unknown) else shell_name(own) if isinstance(own, str) else shell
    if kind is not None:
        draft.put("shell", kind, holder.spans["shell"] if own is not None and holder is not None else None)
    draft.put("privileged_trigger", False)
    if not isinstance(code, str):
        if text_of(code) is None and not isinstance(given.value, Unknown):
            file.problem("malformed", f"the command of {title!r} is not text", entry)
            return None
        code = text_of(code) or ""
    unknown = given.value if isinstance(given.value, Unknown) and not partly else None
    draft.put("text", code if unknown is None else unknown, entry, given.origin)
    hits, chosen = _pasted(file, step, raw if isinstance(raw, str) else "", code, entry)
    draft.put("untrusted", hits, hits.header)
    if chosen:
        draft.put("expansions", chosen, chosen.header)
    is_shell = not isinstance(kind, str) or kind in _SHELLS
    all_found = _detected(masked_code(code)) if is_shell and unknown is None else _NOTHING
    for (field, _), found in zip(DETECTIONS, all_found, strict=True):
        if unknown is not None:
            draft.put(field, unknown)
        else:
            draft.put(field, found is not None, file.source.place(code, *found, entry) if found else None, given.origin)
    return draft.noun(title, "run")


def masked_code(code: str) -> str:
    """The code with a word in place of each expression, so that the shell's `<<` is not seen in it."""
    return EXPRESSION.sub(lambda match: "x" * len(match.group()), code) if "<<" in code else code


@lru_cache(maxsize=2048)  # a command's code is the same in every job that runs it
def _detected(code: str) -> tuple[tuple[int, int] | None, ...]:
    return tuple(find(code) for _, find in DETECTIONS)


def _is_chosen(source: str) -> bool:
    """An outsider's pull request is built as `pull/<number>`."""
    return source.startswith("pipeline.parameters.") or source in _PUSHED


def _pasted(file: File, step: Step, raw: str, code: str, entry: Span) -> tuple[Seq, Seq]:
    """What outsiders may write of the code, and what those choose who may start the pipeline or push."""
    hits, chosen = Seq(entry, key_line(entry, "x")), Seq(entry, key_line(entry, "x"))

    def add(where: Span, expression: str, source: str) -> None:
        is_chosen = _is_chosen(source.rpartition(", which holds ")[2])
        into = chosen if is_chosen else hits
        if len(into) >= MAX_HITS:
            return
        item = Map(where)
        item.put("expression", expression, where)
        item.put("source", source, where)
        item.put("control" if is_chosen else "privileged", "chosen" if is_chosen else False, where)
        if not into:
            into.header = where
        into.add(item, where)

    for start, end, source in step.scope.sources_in(raw):
        add(file.source.place(raw, start, end, entry), raw[start:end], source)
    if "CIRCLE_" in code:
        masked = masked_code(code)
        for command, inner in evaluated(masked):
            for variable in dict.fromkeys(expanded_variables(inner)):
                if variable in _BRANCHES:
                    add(file.source.place(code, command.start, command.end, entry), f"${variable}", variable)
    return hits, chosen


def shell_name(shell: str) -> str | Unknown:
    """`/bin/bash -eo pipefail` -> bash."""
    if "<<" in shell:
        return Unknown("its shell is given by a parameter")
    word = (shell.split() or [""])[0].replace("\\", "/").rpartition("/")[2].lower()
    return word.removesuffix(".exe")
