"""Steps of GitHub's jobs and composite actions: a resource each, with the code it runs and the action it uses."""

from __future__ import annotations

from guardrail.formats.shell import DETECTIONS
from guardrail.inputs.pipelines.github_file import PROVIDER, GithubFile, get_ci, places, shorten
from guardrail.inputs.pipelines.github_untrusted import Level, Scope, always_privileged, untrusted_in
from guardrail.inputs.pipelines.vocabulary import (
    Draft,
    Keys,
    git_pin,
    image_dependency,
    key_line,
    pipeline_resource,
    text_of,
)
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value

# Actions that run what they are handed: the input, and what its code is written in.
SCRIPT_INPUTS: dict[str, tuple[str, str]] = {
    "actions/github-script": ("script", "javascript"),
    "addnab/docker-run-action": ("run", "sh"),
    "amadevus/pwsh-script": ("script", "pwsh"),
    "appleboy/ssh-action": ("script", "bash"),
    "azure/cli": ("inlinescript", "bash"),
    "azure/powershell": ("inlinescript", "pwsh"),
    "cardinalby/js-eval-action": ("expression", "javascript"),
    "cross-platform-actions/action": ("run", "sh"),
    "google-github-actions/ssh-compute": ("command", "bash"),
    "jannekem/run-python-script-action": ("script", "python"),
    "mikefarah/yq": ("cmd", "bash"),
    "nick-fields/retry": ("command", "bash"),
    "nick-invision/retry": ("command", "bash"),
    "reactivecircus/android-emulator-runner": ("script", "sh"),
    "uraimo/run-on-arch-action": ("run", "sh"),
    "vmactions/freebsd-vm": ("run", "sh"),
    "wandalen/wretry.action": ("command", "bash"),
}
_SHELLS = frozenset(("bash", "sh", "pwsh", "powershell", "cmd"))

MAX_HITS = 200  # in one script; more would say no more


class Surroundings:
    """What a list of steps stands in: its address, the environment around it, and the shell that a step gets
    which names none."""

    __slots__ = (
        "called", "env", "fragment", "keys", "privileged_trigger", "pulls_other_code", "shell", "shell_span",
    )  # fmt: skip

    def __init__(
        self, fragment: str, env: list[Level], shell: str | Unknown | None, shell_span: Span | None = None
    ) -> None:
        self.fragment, self.env, self.shell, self.shell_span = fragment, env, shell, shell_span
        self.keys = Keys()
        self.privileged_trigger = False
        self.called = False  # by workflows whose triggers are not known here
        self.pulls_other_code = False  # an earlier step brought code into the workspace that isn't in the tree


def step_resources(file: GithubFile, steps: Value, span: Span, around: Surroundings) -> list[Resource]:
    """One resource a step. What isn't a step is a problem of the file, and the others are read on."""
    if not isinstance(steps, Seq):
        file.problem("malformed", f"{around.fragment} is not a list of steps", span)
        return []
    found: list[Resource] = []
    for index, step in enumerate(steps):
        if not isinstance(step, Map):
            file.problem("malformed", f"{around.fragment}[{index}] is not a mapping", steps.place(index))
            continue
        found.append(_step(file, step, index, around))
    return found


def step_name(step: Map, index: int) -> str:
    """What a message calls a step."""
    for key in ("name", "id", "uses"):
        text = text_of(step.get(key))
        if text:
            return shorten(text)
    return f"step {index + 1}"


def _step(file: GithubFile, step: Map, index: int, around: Surroundings) -> Resource:
    name = step_name(step, index)
    run, uses = step.get("run"), step.get("uses")
    # The fingerprint's name of a step must survive steps that are put in before it.
    lasting = text_of(step.get("id")) or text_of(step.get("name")) or ""
    if not lasting and isinstance(uses, str):
        lasting = uses.partition("@")[0]
    if not lasting:
        lasting = shorten((text_of(run) or "").strip().partition("\n")[0], 40) or "step"
    local = around.keys.next(f"{around.fragment}.{lasting}")
    resource = pipeline_resource(PROVIDER, "step", file.path, f"{around.fragment}[{index}]", step, local)
    scope = Scope([Level(step.get("env")), *around.env], file.inputs)
    if "run" in step:
        code = text_of(run)
        if code is None:
            file.problem("malformed", f"`run` of {name!r} is not text", step.place("run"))
        else:
            noun = _run(file, step, name, code, scope, around)
            resource.add_noun(noun)
    elif uses is None:
        file.problem("malformed", f"{name!r} has neither `run` nor `uses`", step.header)
    if "uses" in step:
        if isinstance(uses, str) and uses.strip():
            resource.add_noun(action_dependency(file, uses.strip(), step.spans["uses"], around.pulls_other_code))
            script = _action_script(file, step, name, uses, scope, around)
            if script:
                resource.add_noun(script)
            around.pulls_other_code = around.pulls_other_code or _brings_code(uses, step.get("with"))
        else:
            file.problem("malformed", f"`uses` of {name!r} is not text", step.place("uses"))
    return resource


def _brings_code(uses: str, inputs: Value) -> bool:
    action = uses.partition("@")[0].lower()
    if action == "actions/checkout":
        return any(get_ci(inputs, name)[1] for name in ("path", "repository"))
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
    _fill_code(file, draft, code, entry, scope, around)
    draft.put("privileged_trigger", around.privileged_trigger)
    _detect(file, draft, code, entry, not isinstance(kind, str) or kind in _SHELLS)
    return draft.noun(name, "run")


def _detect(file: GithubFile, draft: Draft, code: str, entry: Span, is_shell: bool) -> None:
    for field, find in DETECTIONS:
        found = find(code) if is_shell else None
        draft.put(field, found is not None, file.source.place(code, *found, entry) if found else None)


def _action_script(
    file: GithubFile, step: Map, name: str, uses: str, scope: Scope, around: Surroundings
) -> Noun | None:
    known = SCRIPT_INPUTS.get(uses.strip().partition("@")[0].lower())
    inputs = step.get("with")
    if not known or not isinstance(inputs, Map):
        return None
    key, value = get_ci(inputs, known[0])
    code = text_of(value)
    if code is None:
        return None
    entry = inputs.spans[key]
    draft = Draft("script", key_line(entry, key), entry)
    draft.put("name", name, step.place("name") if "name" in step else None)
    draft.put("class", "action-script")
    draft.put("shell", known[1])
    _fill_code(file, draft, code, entry, scope, around)
    draft.put("privileged_trigger", around.privileged_trigger)
    _detect(file, draft, code, entry, known[1] in _SHELLS)
    return draft.noun(name, key)


def _fill_code(
    file: GithubFile, draft: Draft, code: str, entry: Span, scope: Scope, around: Surroundings
) -> None:
    draft.put("text", code, entry)
    hits = Seq(entry, draft.header)
    for hit in untrusted_in(code, scope)[:MAX_HITS]:
        where = places(file, code, hit.expression, entry)
        item = Map(where)
        item.put("expression", code[hit.expression.start : hit.expression.end], where)
        item.put("source", hit.source, where)
        item.put("privileged", around.privileged_trigger or (around.called and always_privileged(hit.source)), where)
        if not hits:
            hits.header = where
        hits.add(item, where)
    draft.put("untrusted", hits, hits.header)


def shell_name(shell: str) -> str | Unknown:
    """`bash -el {0}` -> bash."""
    if "${{" in shell:
        return Unknown("its shell is worked out when the pipeline runs")
    word = (shell.split() or [""])[0].replace("\\", "/").rpartition("/")[2].lower()
    return word.removesuffix(".exe")


# What `uses:` names -------------------------------------------------------------------------------------------


def action_dependency(
    file: GithubFile, uses: str, entry: Span, elsewhere: bool = False, ecosystem: str = "action"
) -> Noun:
    """The noun of a step's or a job's `uses:`. `elsewhere`: the workspace may hold code of other repositories,
    so that a local action that isn't in the tree is no fault."""
    if uses.startswith("docker://"):
        return image_dependency(uses[len("docker://") :], None, entry, Keys())
    draft = Draft("dependency", entry)
    draft.put("ecosystem", ecosystem)
    if uses.startswith((".", "/")):
        draft.put("name", uses)
        draft.put("local", True)
        _check_local(file, uses, entry, elsewhere, ecosystem)
        return draft.noun(uses)
    if "${{" in uses:
        unknown = Unknown("its name is worked out when the pipeline runs")
        for field in ("name", "owner", "version", "pin"):
            draft.put(field, unknown)
        draft.put("local", False)
        return draft.noun(uses)
    name, _, version = uses.partition("@")
    draft.put("name", name)
    draft.put("owner", name.partition("/")[0])
    if version:
        draft.put("version", version)
    draft.put("pin", git_pin(version))
    draft.put("local", False)
    return draft.noun(name)


def _check_local(file: GithubFile, uses: str, entry: Span, elsewhere: bool, ecosystem: str) -> None:
    if file.local_target(uses) is not None or file.local_dockerfile(uses):
        return
    what = "workflow" if ecosystem == "workflow" else "action"
    if file.in_place and not elsewhere:
        file.problem("missing-action", f"the local {what} {uses} is not there", entry)
    else:
        file.note("missing-action", f"the local {what} {uses} is not in the scanned tree; not followed", entry)
