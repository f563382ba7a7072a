"""Where an outsider's words go: from expressions and variables into the outputs of steps, jobs, actions and reusable
workflows, and into their inputs, over all files that call each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from guardrail.inputs.pipelines.github_file import GithubFile, get_ci, steps_in
from guardrail.inputs.pipelines.github_javascript import Script, handed_on
from guardrail.inputs.pipelines.github_known import OUTSIDERS_OUTPUTS, OUTSIDERS_VARIABLES
from guardrail.inputs.pipelines.github_outputs import written
from guardrail.inputs.pipelines.github_told import told_by_api
from guardrail.inputs.pipelines.github_untrusted import Level, Scope, Taint, sources_in, variable_sources
from guardrail.inputs.pipelines.vocabulary import text_of
from guardrail.model import Map, Origin, Seq, Value
from guardrail.model.patterns import lazy_regex

MAX_ROUNDS = 6  # over all files; a text that is handed on more often is lost
MAX_SOURCES = 20  # for one input or output; more would say no more

Outputs = dict[str, list[Taint]]


class JobFlow:
    """What the steps of one job (or of a composite action) hand on. `jobs` is where the others of its file are."""

    __slots__ = ("_matrix", "jobs", "outputs", "scope_inputs", "steps", "variables")

    def __init__(self, jobs: dict[str, JobFlow], inputs: Outputs) -> None:
        self.jobs, self.scope_inputs = jobs, inputs
        self.steps: dict[str, Outputs] = {}
        self.variables: Outputs = {}
        self.outputs: Outputs = {}
        self._matrix: Outputs = {}

    def variable(self, name: str) -> Sequence[Taint]:
        return self.variables.get(name, ())

    def step_output(self, step: str, name: str | None) -> Iterable[Taint]:
        return _output(self.steps.get(step), name)

    def job_output(self, job: str, name: str | None) -> Iterable[Taint]:
        flow = self.jobs.get(job)
        return _output(flow.outputs, name) if flow is not None else ()

    def matrix(self, name: str | None) -> Iterable[Taint]:
        return _output(self._matrix, name)

    def set_matrix(self, strategy: Value, scope: Scope) -> None:
        """Of what stands in the matrix itself, and of one that is made of a text."""
        declared = strategy.get("matrix") if isinstance(strategy, Map) else None
        for name, sources in _matrix_sources(declared, scope):
            _put(self._matrix, name, sources)


def _output(outputs: Outputs | None, name: str | None) -> Iterable[Taint]:
    if not outputs:
        return ()
    if name is None:
        return [source for name in sorted(outputs) for source in outputs[name]]
    found = outputs.get(name)
    if found is not None:
        return found
    for pattern in outputs:
        if "*" in pattern and fnmatchcase(name, pattern):
            return outputs[pattern]
    return ()


def _put(outputs: Outputs, name: str, sources: Iterable[Taint]) -> bool:
    known = outputs.get(name)
    added = False
    for source in sources:
        if known is None:
            known = outputs[name] = []
        if source not in known and len(known) < MAX_SOURCES:
            known.append(source)
            added = True
    return added


def _matrix_sources(declared: Value, scope: Scope) -> Iterator[tuple[str, list[Taint]]]:
    if isinstance(declared, str):
        found = sources_in(declared, scope)
        if found:
            yield "*", found
        return
    if not isinstance(declared, Map):
        return
    for key in declared:
        value = declared[key]
        hop = Origin(f"matrix.{key}", declared.spans[key], None)
        if key.lower() in ("include", "exclude"):
            for entry in value if isinstance(value, Seq) and key.lower() == "include" else ():
                for inner in entry if isinstance(entry, Map) else ():
                    found = sources_in(entry[inner], scope)
                    if found:
                        at = Origin(f"matrix.{inner}", entry.spans[inner], None)
                        yield inner.lower(), [s.through(f"matrix.{inner}, which holds {s}", at) for s in found]
            if isinstance(value, str):
                found = sources_in(value, scope)
                if found:
                    yield "*", found
            continue
        texts = value if isinstance(value, Seq) else [value]
        found = [source for text in texts for source in sources_in(text, scope)]
        if found:
            yield key.lower(), [s.through(f"matrix.{key}, which holds {s}", hop) for s in found]


# Over all files -----------------------------------------------------------------------------------------------


def trace(files: dict[str, GithubFile]) -> None:
    """Fills `inputs`, `outputs` and `flows` of every file with what outsiders put into them."""
    for file in files.values():
        _defaults(file)
    waiting = dict.fromkeys(sorted(files))
    callers: dict[str, set[str]] = {}
    for _ in range(MAX_ROUNDS):
        again: dict[str, None] = {}
        for path in waiting:
            for changed in _Pass(files, callers).run(files[path]):
                again[changed] = None
        waiting = dict.fromkeys(sorted(again))
        if not waiting:
            return


class _Pass:
    """One look at one file, which yields the paths of those that must be looked at again."""

    def __init__(self, files: dict[str, GithubFile], callers: dict[str, set[str]]) -> None:
        self.files, self.callers = files, callers
        self.changed: set[str] = set()

    def run(self, file: GithubFile) -> set[str]:
        root = file.root
        file.flows = {}
        runs = root.get("runs")
        if file.is_action and isinstance(runs, Map):
            flow = file.flows[""] = JobFlow(file.flows, file.inputs)
            self._steps(file, flow, runs.get("steps"), "runs.steps", [])
            self._give_out(file, root.get("outputs"), flow, "")
            return self.changed
        outer = Level(root.get("env"))
        jobs = root.get("jobs")
        if not isinstance(jobs, Map):
            return self.changed
        for name in jobs:
            file.flows[name.lower()] = JobFlow(file.flows, file.inputs)
        order = _in_order(jobs)
        for name in order:
            self._job(file, name, jobs[name], outer)
        events = root.get("on", root.get("true"))
        called = events.get("workflow_call") if isinstance(events, Map) else None
        outputs = called.get("outputs") if isinstance(called, Map) else None
        if isinstance(outputs, Map):
            self._give_out(file, outputs, JobFlow(file.flows, file.inputs), "jobs.")
        return self.changed

    def _job(self, file: GithubFile, name: str, job: Map, outer: Level) -> None:
        flow = file.flows[name.lower()]
        env = [Level(job.get("env")), outer]
        scope = Scope(env, file.inputs, flow, file.events)
        flow.set_matrix(job.get("strategy"), scope)
        uses = job.get("uses")
        if isinstance(uses, str):
            self._call(file, job, uses, f"{file.path}#jobs.{name}", scope, flow.outputs)
            return
        self._steps(file, flow, job.get("steps"), f"jobs.{name}.steps", env)
        outputs = job.get("outputs")
        if isinstance(outputs, Map):
            for key in outputs:
                hop = Origin(f"output {key} of job {name}", outputs.spans[key], outputs[key])
                _put(flow.outputs, key.lower(), [s.through(str(s), hop) for s in sources_in(outputs[key], scope)])

    def _give_out(self, file: GithubFile, declared: Value, flow: JobFlow, what: str) -> None:
        """Outputs of an action, or of a workflow that is called (`jobs.x.outputs.y`)."""
        if not isinstance(declared, Map):
            return
        changed = False
        for key in declared:
            body = declared[key]
            text = body.get("value") if isinstance(body, Map) else None
            if not isinstance(text, str) or "${{" not in text:
                continue
            if what:
                text = _JOBS.sub("needs.", text)
            hop = Origin(f"output {key}", body.spans["value"], None)
            found = [s.through(str(s), hop) for s in sources_in(text, Scope((), file.inputs, flow, file.events))]
            changed = _put(file.outputs, key.lower(), found) or changed
        if changed:
            self.changed |= self.callers.get(file.path, set())

    def _steps(self, file: GithubFile, flow: JobFlow, steps: Value, fragment: str, env: list[Level]) -> None:
        for position, step, _ in steps_in(steps):
            if not isinstance(step, Map):
                continue
            scope = Scope([Level(step.get("env")), *env], file.inputs, flow, file.events)
            name = text_of(step.get("id"))
            outputs: Outputs = flow.steps.setdefault(name.lower(), {}) if name else {}
            uses, run = step.get("uses"), step.get("run")
            if isinstance(run, str):
                for kind, key, sources, at in written(file, run, step.spans["run"], scope):
                    hop = Origin(f"{'variable' if kind == 'env' else 'output'} {key} of a step", at, None)
                    target = flow.variables if kind == "env" else outputs
                    _put(target, key.lower(), [s.through(str(s), hop) for s in sources])
            elif isinstance(uses, str):
                self._uses(file, step, uses.strip(), f"{file.path}#{fragment}{position}", scope, outputs, flow)

    def _uses(
        self, file: GithubFile, step: Map, uses: str, address: str, scope: Scope, outputs: Outputs, flow: JobFlow
    ) -> None:
        name = uses.partition("@")[0].lower()
        if uses.startswith(("./", "$/")):
            self._call(file, step, uses, address, scope, outputs)
            return
        known = OUTSIDERS_OUTPUTS.get(name)
        if known is not None:
            patterns, wanted = known
            place = step.spans["uses"]
            for pattern in patterns:
                if wanted:
                    _, value = get_ci(step.get("with"), wanted)
                    _put(outputs, pattern, sources_in(value, scope))
                else:
                    words = f"what {uses.partition('@')[0]} gives out"
                    _put(outputs, pattern, [Taint(words, (Origin(words, place, uses),))])
        for variable in OUTSIDERS_VARIABLES.get(name, ()):
            hop = Origin(f"variable {variable.upper()}", step.spans["uses"], uses)
            _put(flow.variables, variable, [Taint("github.head_ref", (hop,))])
        if name == "actions/github-script":
            self._javascript(file, step, scope, outputs, flow)

    def _javascript(self, file: GithubFile, step: Map, scope: Scope, outputs: Outputs, flow: JobFlow) -> None:
        inputs = step.get("with")
        key, value = get_ci(inputs, "script")
        if not isinstance(value, str) or not isinstance(inputs, Map):
            return
        names: Script | None = None
        for handed in handed_on(value):
            names = names or Script(value)
            origins = names.origins(handed.value)
            sources = [source for text in origins.texts for source in sources_in(text, scope)]
            for path in origins.payload:
                sources += sources_in("${{ github.event." + path + " }}", scope)
            for variable in origins.variables:
                sources += variable_sources(variable, scope)
            sources += [Taint(told) for answer in origins.answers if (told := told_by_api(*answer))]
            place = file.source.place(value, handed.start, handed.end, inputs.spans[key])
            hop = Origin(f"output {handed.name} of a step", place, None)
            target = outputs if handed.is_output else flow.variables
            _put(target, handed.name.lower(), [s.through(str(s), hop) for s in sources])

    def _call(
        self, file: GithubFile, caller: Map, uses: str, address: str, scope: Scope, outputs: Outputs
    ) -> None:
        """What is handed in, and what comes out again. What came in by one call does not come out of another."""
        target = file.local_target(uses.strip())
        callee = self.files.get(target) if target is not None else None
        if callee is None or callee is file:
            return
        self.callers.setdefault(callee.path, set()).add(file.path)
        given = caller.get("with")
        if not isinstance(given, Map):
            given = Map()
        for key in given:
            sources = sources_in(given[key], scope)
            if not sources:
                continue
            hop = Origin(f"input {key}, handed in by {address}", given.spans[key], given[key])
            handed = [
                Taint(
                    f"handed in by {address}: {source}",
                    (hop, *source.hops),
                    f"{address} {key.lower()}",
                    source.privileged or file.is_privileged,
                )
                for source in sources
            ]
            if _put(callee.inputs, key.lower(), handed):
                self.changed.add(callee.path)
        for key, sources in callee.outputs.items():
            ours = [s for s in sources if not s.parameter or s.parameter.startswith(address + " ")]
            _put(outputs, key, [Taint(str(s), s.hops, "", s.privileged) for s in ours])


_JOBS = lazy_regex(r"\bjobs\.")


def _in_order(jobs: Map) -> list[str]:
    """Names of the jobs, each after those that it needs; of a circle, in the order of the file."""
    names = {name.lower(): name for name in jobs if isinstance(jobs[name], Map)}
    done: dict[str, None] = {}
    under_way: set[str] = set()
    for first in names:
        stack = [first]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            needs = jobs[names[name]].get("needs")
            wanted = [needs] if isinstance(needs, str) else needs if isinstance(needs, Seq) else []
            open_ones = [
                need.lower()
                for need in wanted
                if isinstance(need, str) and need.lower() in names and need.lower() not in done
                and need.lower() not in under_way
            ]  # fmt: skip
            if open_ones and name not in under_way:
                under_way.add(name)
                stack += open_ones
            else:
                done[name] = None
                stack.pop()
    return [names[name] for name in done]


def _defaults(file: GithubFile) -> None:
    """An action's input may itself have an outsider's words as its default."""
    declared = file.root.get("inputs")
    if not file.is_action or not isinstance(declared, Map):
        return
    for name in declared:
        body = declared[name]
        text = body.get("default") if isinstance(body, Map) else None
        found = [
            source.through(f"by default {source}", Origin(f"default of {name}", body.spans["default"], text))
            for source in sources_in(text, Scope())
        ]
        if found:
            file.inputs[name.lower()] = found
