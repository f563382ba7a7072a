"""Who calls the reusable workflows and local actions of a repository, and which inputs carry an outsider's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrail.inputs.pipelines.expressions import find_expressions, pasted
from guardrail.inputs.pipelines.github_file import GithubFile
from guardrail.inputs.pipelines.github_untrusted import Level, Scope, sources_of
from guardrail.model import Map, Seq

MAX_HOPS = 4
MAX_SOURCES = 20  # for one input; more would say no more


def trace_inputs(files: dict[str, GithubFile]) -> None:
    """Fills `inputs` of every file that another of the files calls with something an outsider controls.
    Inputs that are handed on are followed over a few calls."""
    calls = [call for path in sorted(files) for call in _calls(files[path]) if call[1] in files]
    for file in files.values():
        _defaults(file)
    for _ in range(MAX_HOPS):
        changed = False
        for caller, target, address, given, env in calls:
            scope = Scope(env, caller.inputs)
            inputs = files[target].inputs
            for key in given:
                text = given[key]
                if not isinstance(text, str) or "${{" not in text:
                    continue
                for source in _sources(text, scope):
                    known = inputs.setdefault(key.lower(), [])
                    told = f"handed in by {address}: {source}"
                    if told not in known and len(known) < MAX_SOURCES:
                        known.append(told)
                        changed = True
                if not inputs.get(key.lower(), True):
                    del inputs[key.lower()]
        if not changed:
            return


def _sources(text: str, scope: Scope) -> Iterable[str]:
    return [
        source
        for expression in find_expressions(text)
        if expression.node is not None
        for paste in pasted(expression.node)
        for source in sources_of(paste, scope)
    ]


_Call = tuple[GithubFile, str, str, Map, list[Level]]


def _calls(file: GithubFile) -> Iterator[_Call]:
    """Each `uses: ./...` that hands in something: file, target, address of the caller, `with`, environment."""
    root = file.root
    outer = Level(root.get("env"))
    runs = root.get("runs")
    if file.is_action and isinstance(runs, Map):
        yield from _step_calls(file, runs.get("steps"), "runs.steps", [])
        return
    jobs = _map(root.get("jobs")) or Map()
    for name in jobs:
        job = jobs[name]
        if not isinstance(job, Map):
            continue
        if isinstance(job.get("uses"), str):
            yield from _call(file, job, f"{file.path}#jobs.{name}", [])
        else:
            yield from _step_calls(file, job.get("steps"), f"jobs.{name}.steps", [Level(job.get("env")), outer])


def _step_calls(file: GithubFile, steps: object, fragment: str, env: list[Level]) -> Iterator[_Call]:
    for index, step in enumerate(steps if isinstance(steps, Seq) else ()):
        if isinstance(step, Map):
            yield from _call(file, step, f"{file.path}#{fragment}[{index}]", [Level(step.get("env")), *env])


def _call(file: GithubFile, caller: Map, address: str, env: list[Level]) -> Iterator[_Call]:
    uses, given = caller.get("uses"), caller.get("with")
    if isinstance(uses, str) and uses.startswith("./") and isinstance(given, Map):
        target = file.local_target(uses.strip())
        if target is not None:
            yield file, target, address, given, env


def _defaults(file: GithubFile) -> None:
    """An action's input may itself have an outsider's words as its default."""
    declared = file.root.get("inputs")
    if not file.is_action or not isinstance(declared, Map):
        return
    for name in declared:
        body = declared[name]
        text = body.get("default") if isinstance(body, Map) else None
        if isinstance(text, str) and "${{" in text:
            found = [f"by default {source}" for source in _sources(text, Scope())]
            if found:
                file.inputs[name.lower()] = found


def _map(value: object) -> Map | None:
    return value if isinstance(value, Map) else None
