"""What a job runs of the artifacts of the run that its workflow follows: an outsider's pull request has filled them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats.builds import builds
from guardrail.formats.shell import expanded_variables
from guardrail.formats.shell_commands import parsed
from guardrail.inputs.pipelines.expressions import Path, find_expressions, pasted
from guardrail.inputs.pipelines.github_file import GithubFile, get_ci, shorten, steps_in
from guardrail.inputs.pipelines.github_guards import ruled_out, shut_out
from guardrail.inputs.pipelines.github_untrusted import Level
from guardrail.inputs.pipelines.vocabulary import key_line, text_of
from guardrail.model import Map, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_FOLDERS = 50  # of one job; what is fetched into more is not followed
_EVENT = frozenset(("workflow_run",))
_RUN: Path = ("github", "event", "workflow_run", "id")
_INPUTS = {"actions/download-artifact": "run-id", "dawidd6/action-download-artifact": "run_id"}
_DOWNLOADS = lazy_regex(r"\s*(?:\w+=\S*\s+)*gh\s+run\s+download\s")
_INTO = lazy_regex(r"\s(?:-D|--dir)[\s=]+(\S+)")
_ONE = lazy_regex(r"\s(?:-n|--name)[\s=]")
_GOES = lazy_regex(r"\s*(?:cd|pushd)\s+(\S+)\s*\Z")
_SETS = lazy_regex(r"\w+=[^$`]*\Z")  # what a command says is a command of its own, which is not looked into
_BEFORE = frozenset(("sudo", "env", "exec", "command", "nohup", "time", "then", "do", "else", "if", "!", "(", "{"))
_TAKES_A_FILE = frozenset(
    ("sh", "bash", "zsh", "dash", "ksh", "source", ".", "node", "python", "python3", "ruby", "perl", "php", "deno",
     "lua", "Rscript", "pwsh", "powershell")
)  # fmt: skip
_TAKES_A_FOLDER = frozenset(("-C", "--prefix", "--cwd", "--directory", "--dir", "-r", "--requirement"))
_WORKSPACE = ("./", "$GITHUB_WORKSPACE/", "${GITHUB_WORKSPACE}/")


class Run(NamedTuple):
    """What is run, where, and where the artifacts are fetched."""

    command: str
    place: Span
    fetched: Span


def runs_of_artifacts(file: GithubFile, job: Map, triggers: list[str], env: list[Level]) -> Iterator[Run]:
    """Steps that run a file out of such artifacts, or, where they lie in the workspace itself and may have replaced its
    files, whatever runs these."""
    if "workflow_run" not in triggers or shut_out(file.root, job, _EVENT, code=True):
        return
    held: dict[str, Span] = {}  # where artifacts lie; "" is the workspace itself
    for _, step, _ in steps_in(job.get("steps")):
        if not isinstance(step, Map) or ruled_out(step.get("if"), _EVENT, code=True):
            continue
        uses, run = step.get("uses"), step.get("run")
        levels = [Level(step.get("env")), *env]
        if isinstance(run, str):
            at = _starts_in(step, job, file.root)
            yield from _of_script(file, run, step.spans["run"], at, levels, held)
        elif isinstance(uses, str):
            inputs = step.get("with")
            name = uses.partition("@")[0].lower()
            if name == "actions/checkout" and _clears(step, inputs):
                for folder in [folder for folder in held if not folder.startswith(("/", "~", "$"))]:
                    del held[folder]
            elif name in _INPUTS and _is_the_run(text_of(get_ci(inputs, _INPUTS[name])[1]) or "", levels):
                folder = text_of(get_ci(inputs, "path")[1]) or ""
                if "${{" not in folder and len(held) < MAX_FOLDERS:
                    held.setdefault(_bare(folder), step.spans["uses"])
            elif uses.startswith("./"):
                fetched = next((span for folder, span in held.items() if _within(uses, folder)), None)
                if fetched is not None:
                    yield Run(uses, step.spans["uses"], fetched)


def _of_script(
    file: GithubFile, code: str, entry: Span, at: str, levels: list[Level], held: dict[str, Span]
) -> Iterator[Run]:
    if not held and "download" not in code:
        return
    building = {command.start for command in builds(code)}
    told = False
    for stages in parsed(code):
        for command in stages:
            moved = _GOES.match(command.text)
            if moved:
                at = _bare(moved[1])
            elif _DOWNLOADS.match(command.text):
                into = _INTO.search(command.text)
                folder = _bare(into[1]) if into else "" if _ONE.search(command.text) else None
                if folder is not None and len(held) < MAX_FOLDERS and _is_the_run(command.text, levels):
                    held.setdefault(folder, file.source.place(code, command.start, command.end, entry))
            elif held and not told:
                is_build = command.start in building
                fetched = next((held[folder] for folder in held if _runs(command.text, folder, at, is_build)), None)
                if fetched is not None:
                    told = True
                    yield Run(shorten(command.text), key_line(entry, "run"), fetched)


def _runs(command: str, folder: str, at: str, is_build: bool) -> bool:
    """Whether a command runs what lies in this folder."""
    if not folder:
        return is_build
    if at and _within(at, folder):
        return is_build and "../" not in command and "GITHUB_WORKSPACE" not in command
    words = command.split()
    while words and (words[0] in _BEFORE or _SETS.match(words[0])):
        words.pop(0)
    if not words:
        return False
    if _within(words[0], folder):
        return True
    if words[0].rpartition("/")[2] in _TAKES_A_FILE:
        named = next((word for word in words[1:] if not word.startswith("-")), "")
        return _within(named, folder)
    for option, value in zip(words, [*words[1:], ""], strict=True) if is_build else ():
        name, _, joined = option.partition("=")
        if name in _TAKES_A_FOLDER and _within(joined or value, folder):
            return True
    return False


def _starts_in(step: Map, job: Map, root: Map) -> str:
    said = step.get("working-directory")
    for holder in (job, root):
        if said is None:
            defaults = holder.get("defaults")
            run = defaults.get("run") if isinstance(defaults, Map) else None
            said = run.get("working-directory") if isinstance(run, Map) else None
    return _bare(text_of(said) or "")


def _clears(step: Map, inputs: Value) -> bool:
    """Whether a checkout surely leaves nothing in the workspace but what it checks out."""
    told = [text_of(get_ci(inputs, name)[1]) for name in ("path", "clean")]
    return not any(told) and step.get("if") is None


def _is_the_run(text: str, levels: list[Level]) -> bool:
    """Whether a text has the number of the run that was followed in it, be it by way of a variable."""
    if _names_the_run(text):
        return True
    variables = {name.lower() for name in expanded_variables(text)}
    for expression in find_expressions(text):
        if expression.node is not None:
            variables |= {str(p.path[1]).lower() for p in pasted(expression.node) if p.path[0] == "env" and p.path[1:]}
    for name in variables:
        level = next((level for level in levels if name in level.keys), None)
        if level is not None and _names_the_run(text_of(level.entries[level.keys[name]]) or ""):
            return True
    return False


def _names_the_run(text: str) -> bool:
    return "workflow_run" in text.lower() and any(
        paste.path == _RUN
        for expression in find_expressions(text)
        if expression.node is not None
        for paste in pasted(expression.node)
    )


def _bare(path: str) -> str:
    path = path.strip().strip("\"'")
    for start in _WORKSPACE:
        path = path.removeprefix(start)
    path = path.rstrip("/")
    return "" if path == "." else path


def _within(path: str, folder: str) -> bool:
    return not folder or (_bare(path) + "/").startswith(folder + "/")
