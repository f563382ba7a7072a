"""Steps of GitHub's jobs and composite actions: a resource each, with the code it runs and the action it uses."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.packages import loose_installs, publishes
from guardrail.formats.secret_texts import veiled
from guardrail.formats.shell import DETECTIONS, evaluated, expanded_variables, may_evaluate
from guardrail.inputs.pipelines.expressions import find_expressions
from guardrail.inputs.pipelines.github_control import FIXED, control_of
from guardrail.inputs.pipelines.github_environment import environment_writes
from guardrail.inputs.pipelines.github_expressions import note_expressions
from guardrail.inputs.pipelines.github_file import PROVIDER, GithubFile, get_ci, places, shorten, steps_in
from guardrail.inputs.pipelines.github_guards import ruled_out
from guardrail.inputs.pipelines.github_javascript import is_value
from guardrail.inputs.pipelines.github_known import SCRIPT_INPUTS
from guardrail.inputs.pipelines.github_outputs import Names
from guardrail.inputs.pipelines.github_untrusted import (
    PRIVILEGED_EVENTS,
    Flow,
    Level,
    Scope,
    Taint,
    always_privileged,
    untrusted_in,
    variable_sources,
)
from guardrail.inputs.pipelines.github_uses import action_dependency, hands_folder_on, note_use
from guardrail.inputs.pipelines.vocabulary import (
    Draft,
    Keys,
    key_line,
    pipeline_resource,
    text_of,
)
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value

_SHELLS = frozenset(("bash", "sh", "pwsh", "powershell", "cmd"))

_WAITS = frozenset(("wait", "wait-all", "cancel"))  # for steps in the background, and nothing else
MAX_HITS = 200  # in one script; more would say no more


class Surroundings:
    """What a list of steps stands in: its address, the environment around it, and the shell that a step gets
    which names none."""

    __slots__ = (
        "called", "env", "events", "flow", "fragment", "guarded", "identity", "keys", "matrix",
        "privileged_trigger", "pulls_other_code", "releases", "risky_events", "shell", "shell_span", "types",
        "uploads",
    )  # fmt: skip

    def __init__(
        self, fragment: str, env: list[Level], shell: str | Unknown | None, shell_span: Span | None = None
    ) -> None:
        self.fragment, self.env, self.shell, self.shell_span = fragment, env, shell, shell_span
        self.keys = Keys()
        self.privileged_trigger = False
        self.guarded = False  # a condition of the job keeps outsiders out
        self.called = False  # by workflows whose triggers are not known here
        self.pulls_other_code = False  # an earlier step brought code into the workspace that isn't in the tree
        self.flow: Flow | None = None
        self.types: dict[str, str] = {}  # of the file's inputs
        self.matrix: Value = None  # as declared
        self.events: frozenset[str] = frozenset()  # by which outsiders start it
        self.risky_events: tuple[str, ...] = ()  # by which outsiders start it with the repository's rights
        self.identity: bool | None = None  # whether it may ask for an identity token; None where nobody knows
        self.releases = False  # what it makes goes out to others
        self.uploads: dict[int, bool | Unknown] = {}  # steps that hand the whole folder on as an artifact

    def uploaded_after(self, index: int) -> bool | Unknown:
        """Whether a later step hands the whole folder on."""
        later = [handed for at, handed in self.uploads.items() if at > index]
        return True if True in later else next(iter(later), False)


def step_resources(file: GithubFile, steps: Value, span: Span, around: Surroundings) -> list[Resource]:
    """One resource a step. What isn't a step is a problem of the file, and the others are read on."""
    if not isinstance(steps, Seq):
        file.problem("malformed", f"{around.fragment} is not a list of steps", span)
        return []
    found: list[Resource] = []
    for index, (at, step, place) in enumerate(steps_in(steps)):
        if not isinstance(step, Map):
            file.problem("malformed", f"{around.fragment}{at} is not a mapping", place)
            continue
        found.append(_step(file, step, index, at, around))
    return found


def uploads_in(file: GithubFile, steps: Value) -> dict[int, bool | Unknown]:
    """The steps that hand the whole folder on as an artifact, or may do so, by their number."""
    found: dict[int, bool | Unknown] = {}
    for index, (_, step, _) in enumerate(steps_in(steps)):
        uses = step.get("uses") if isinstance(step, Map) else None
        if isinstance(step, Map) and isinstance(uses, str):
            handed = hands_folder_on(file, uses, step.get("with"), step.spans["uses"])
            if handed is not False:
                found[index] = handed
    return found


def step_name(step: Map, index: int) -> str:
    """What a message calls a step."""
    for key in ("name", "id", "uses"):
        text = text_of(step.get(key))
        if text:
            return shorten(text)
    return f"step {index + 1}"


def _step(file: GithubFile, step: Map, index: int, at: str, around: Surroundings) -> Resource:
    name = step_name(step, index)
    run, uses = step.get("run"), step.get("uses")
    # The fingerprint's name of a step must survive steps that are put in before it.
    lasting = text_of(step.get("id")) or veiled(text_of(step.get("name")) or "", throwaway=True)
    if not lasting and isinstance(uses, str):
        lasting = uses.partition("@")[0]
    if not lasting:
        lasting = shorten((text_of(run) or "").strip().partition("\n")[0], 40) or "step"
    local = around.keys.next(f"{around.fragment}.{lasting}")
    resource = pipeline_resource(PROVIDER, "step", file.path, f"{around.fragment}{at}", step, local)
    scope = Scope([Level(step.get("env")), *around.env], file.inputs, around.flow, file.events)
    if "run" in step:
        code = text_of(run)
        if code is None:
            file.problem("malformed", f"`run` of {name!r} is not text", step.place("run"))
        else:
            noun = _run(file, step, name, code, scope, around)
            resource.add_noun(noun)
    elif uses is None and _WAITS.isdisjoint(step):
        file.problem("malformed", f"{name!r} has neither `run` nor `uses`", step.header)
    if "uses" in step:
        if isinstance(uses, str) and uses.strip():
            dependency = action_dependency(file, uses.strip(), step.spans["uses"], around.pulls_other_code)
            resource.add_noun(dependency)
            note_use(resource, step, uses.strip(), name, around.releases, around.uploaded_after(index), dependency)
            for script in _action_scripts(file, step, name, uses, scope, around):
                resource.add_noun(script)
            around.pulls_other_code = around.pulls_other_code or _brings_code(uses, step.get("with"))
        else:
            file.problem("malformed", f"`uses` of {name!r} is not text", step.place("uses"))
    note_expressions(file, resource, [("step", step, step.span)], around.privileged_trigger)
    return resource


def _brings_code(uses: str, inputs: Value) -> bool:
    action = uses.partition("@")[0].lower()
    if action == "actions/checkout":
        return any(get_ci(inputs, name)[1] for name in ("path", "repository"))
    if "checkout" in action:  # someone's own, which hands the folder on
        return bool(get_ci(inputs, "path")[1])
    return action in ("actions/download-artifact", "actions/cache", "actions/cache/restore")


def _run(file: GithubFile, step: Map, name: str, code: str, scope: Scope, around: Surroundings) -> Noun:
    entry = step.spans["run"]
    draft = Draft("script", key_line(entry, "run"), entry)
    draft.put("name", name, step.place("name") if "name" in step else None)
    draft.put("class", "step")
    shell = step.get("shell")
    kind: str | Unknown | None = around.shell
    if isinstance(shell, str):
        kind = shell_name(shell)
        draft.put("shell", kind, step.spans["shell"])
    elif around.shell is not None:
        draft.put("shell", around.shell, around.shell_span)
    _fill_code(file, draft, step, code, entry, scope, around)
    draft.put("privileged_trigger", around.privileged_trigger)
    is_shell = not isinstance(kind, str) or kind in _SHELLS
    _detect(file, draft, code, entry, is_shell)
    if is_shell:
        _commands(file, draft, step, code, entry, around, scope)
    return draft.noun(name, "run")


def _commands(
    file: GithubFile, draft: Draft, step: Map, code: str, entry: Span, around: Surroundings, scope: Scope
) -> None:
    """What is worth a finding of its own, command by command."""
    writes, installs, releases = Seq(entry, draft.header), Seq(entry, draft.header), Seq(entry, draft.header)
    for trigger, command, target in _environment_writes(step, code, around, scope):
        _item(writes, key_line(entry, "run"), command=shorten(command), file=target, trigger=trigger)
    for use in loose_installs(code):
        where = file.source.place(code, use.command.start, use.command.end, entry)
        _item(installs, where, command=shorten(use.command.text), tool=use.tool)
    own = around.identity is None or "GITHUB_TOKEN" in str(step.get("env")) or "github.token" in str(step.get("env"))
    for use in publishes(code) if not own else ():  # GitHub's own registry takes the job's token
        where = file.source.place(code, use.command.start, use.command.end, entry)
        _item(releases, where, command=shorten(use.command.text), tool=use.tool)
        releases[-1].put("trusted", around.identity, where)
    for field, items in (("environment_writes", writes), ("loose_installs", installs), ("publishes", releases)):
        if items:
            draft.put(field, items, items.header)


def _environment_writes(step: Map, code: str, around: Surroundings, scope: Scope) -> Iterator[tuple[str, str, str]]:
    """(event, command, file) of what outsiders may have a say in: where they bring along code, files and branches, all
    that is worked out; with other events, their own words."""
    if around.risky_events:
        if not ruled_out(step.get("if"), around.risky_events):
            for command, target in environment_writes(code, scope.env):
                yield around.risky_events[0], command, target
        return
    events = PRIVILEGED_EVENTS & around.events
    if events and not around.guarded and not ruled_out(step.get("if"), events):
        for command, target in environment_writes(code, scope.env):
            if any(variable_sources(name, scope) for name in expanded_variables(command)):
                yield min(events), command, target


def _item(items: Seq, where: Span, **facts: str) -> None:
    item = Map(where)
    for name, value in facts.items():
        item.put(name, value, where)
    if not items:
        items.header = where
    items.add(item, where)


def _detect(file: GithubFile, draft: Draft, code: str, entry: Span, is_shell: bool) -> None:
    for field, find in DETECTIONS:
        found = find(code) if is_shell else None
        draft.put(field, found is not None, file.source.place(code, *found, entry) if found else None)


def _action_scripts(
    file: GithubFile, step: Map, name: str, uses: str, scope: Scope, around: Surroundings
) -> list[Noun]:
    known = SCRIPT_INPUTS.get(uses.strip().partition("@")[0].lower())
    inputs = step.get("with")
    if not known or not isinstance(inputs, Map):
        return []
    found: list[Noun] = []
    for wanted in known[0]:
        key, value = get_ci(inputs, wanted)
        code = text_of(value)
        if code is None:
            continue
        entry = inputs.spans[key]
        draft = Draft("script", key_line(entry, key), entry)
        draft.put("name", name, step.place("name") if "name" in step else None)
        draft.put("class", "action-script")
        draft.put("shell", known[1])
        _fill_code(file, draft, step, code, entry, scope, around, known[1] == "javascript")
        draft.put("privileged_trigger", around.privileged_trigger)
        _detect(file, draft, code, entry, known[1] in _SHELLS)
        found.append(draft.noun(name, key))
    return found


def _fill_code(
    file: GithubFile,
    draft: Draft,
    step: Map,
    code: str,
    entry: Span,
    scope: Scope,
    around: Surroundings,
    is_javascript: bool = False,
) -> None:
    # Where only insiders get to it, what would be an outsider's is a text that they choose.
    guarded = around.guarded or (bool(around.events) and ruled_out(step.get("if"), around.events))
    draft.put("text", code, entry)
    hits, others = Seq(entry, draft.header), Seq(entry, draft.header)
    told: set[int] = set()
    for hit in untrusted_in(code, scope)[:MAX_HITS] if not guarded else ():
        if is_javascript and is_value(code, hit.expression):
            continue
        told.add(hit.expression.start)
        where = places(file, code, hit.expression, entry)
        _hit(hits, code[hit.expression.start : hit.expression.end], hit.source, where, around)
    for words, taint, start, end in _evaluated(code, scope) if not guarded else ():
        _hit(hits, words, taint, file.source.place(code, start, end, entry), around)
    if "${{" in code:
        for expression in find_expressions(code):
            if expression.node is None or expression.start in told or len(others) >= MAX_HITS:
                continue
            control, source = control_of(expression.node, scope, around.types, around.matrix)
            if is_javascript and is_value(code, expression):
                control = FIXED
            where = places(file, code, expression, entry)
            words = code[expression.start : expression.end]
            _item(others, where, expression=words, source=source or shorten(expression.body), control=control)
    draft.put("untrusted", hits, hits.header)
    if others:
        draft.put("expansions", others, others.header)


def _hit(hits: Seq, words: str, source: Taint, where: Span, around: Surroundings) -> None:
    item = Map(where)
    item.put("expression", words, where)
    hops = source.hops
    item.put("source", str(source), where, (lambda: hops) if hops else None)
    privileged = around.privileged_trigger or source.privileged or (around.called and always_privileged(source))
    item.put("privileged", privileged, where)
    if not hits:
        hits.header = where
    hits.add(item, where)


def _evaluated(code: str, scope: Scope) -> list[tuple[str, Taint, int, int]]:
    """Variables that hold an outsider's words and that the script takes for code (`eval`, `sh -c`)."""
    found: list[tuple[str, Taint, int, int]] = []
    if not may_evaluate(code):
        return found
    names = Names(code, scope)
    for command, arguments in evaluated(code):
        for name in dict.fromkeys(expanded_variables(arguments)):
            for source in names.variable(name, command.start):
                found.append((f"${name}", source.through(f"the variable {name}, {source}"), command.start, command.end))
    return found[:MAX_HITS]


def shell_name(shell: str) -> str | Unknown:
    """`bash -el {0}` -> bash."""
    if "${{" in shell:
        return Unknown("its shell is worked out when the pipeline runs")
    word = (shell.split() or [""])[0].replace("\\", "/").rpartition("/")[2].lower()
    return word.removesuffix(".exe")
