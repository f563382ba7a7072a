"""Stages and jobs of Azure's pipelines: the job's own nouns, its containers, and its steps."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.azure_alternatives import agreed
from guardrail.inputs.pipelines.azure_containers import job_containers
from guardrail.inputs.pipelines.azure_expand import Level, Piece, Settled
from guardrail.inputs.pipelines.azure_pools import Machine, machine_of
from guardrail.inputs.pipelines.azure_scope import Bound, Scope, Variables
from guardrail.inputs.pipelines.azure_steps import Steps, deploys_by_step, step_resource
from guardrail.inputs.pipelines.azure_triggers import Triggers
from guardrail.inputs.pipelines.azure_walk import PROVIDER, Around, Walk, as_written, known_text, place_of
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, key_line, text_of
from guardrail.model import Map, OneOf, Seq, Unknown, Value

HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
STRATEGIES = ("runOnce", "rolling", "canary")
DEFAULT_MINUTES = 60  # of a job that says nothing
HOSTED_MINUTES = 360  # what Microsoft's machines allow at the most


class Jobs:
    """Reads the jobs of one pipeline."""

    def __init__(self, walk: Walk, triggers: Triggers, name: str) -> None:
        self.walk, self.triggers, self.name = walk, triggers, name
        self.variables: Variables | None = None  # of the pipeline as a whole

    def content(self, item: Piece, level: Level, around: Around) -> None:
        """Whatever a pipeline's or a template's root lists: stages, jobs, steps, or what it extends."""
        walk = self.walk
        level, around = walk.enter(item, level, around, "pipeline")
        self.variables = self.variables or around.scope.variables
        walk.read_resources(level)
        around = self._inherit(level, around)
        for piece in level.get("extends", ()):
            if not isinstance(piece.value, Map):
                walk.problem("malformed", "`extends` is not a mapping", piece.span)
                continue
            scope = piece.scope.with_variables(around.scope.variables) if piece.scope is not None else None
            inner = walk.expander.level(piece.value, scope)
            for called in walk.call(inner, piece.value.header, "extends", around, scope):
                self.content(Piece(None, piece.span, None, None), called.level, called.around)
        for stage, inner, at in walk.each(level, "stages", around):
            self._stage(stage, inner, at)
        self._jobs(level, around)
        if "steps" in level and "stages" not in level and "jobs" not in level:
            if around.open is not None:
                machine = Machine(around.open, around.open, "", None)
                listed = Seq()
                self._steps(level, around, "steps", Steps(walk, machine, around.scope.variables), listed)
            else:
                self._job(item, level, around, self.name, "job", alone=True)
        while walk.strays:  # lists that were handed to a template somewhere else, which may make anything of them
            stray = walk.strays.pop()
            self.content(item, stray.level, stray.around)

    def _inherit(self, level: Level, around: Around) -> Around:
        settle = self.walk.expander.settle
        pool, lock = settle(level, "pool"), settle(level, "lockBehavior")
        return around._replace(pool=pool or around.pool, lock=lock or around.lock)

    def _stage(self, item: Piece, level: Level, around: Around) -> None:
        name = known_text(self.walk.expander.settle(level, "stage"))
        index = f"stages.{name}" if name else "stages[?]"
        outer = f"{around.fragment}." if around.fragment else ""
        place = (item.span.file or self.walk.path, as_written(level, "stage", "stage"))
        around = around._replace(fragment=outer + index, names=(*around.names, place))
        level, around = self.walk.enter(item, level, around, "stage")
        around = self._inherit(level, around).under(self.walk.expander.settle(level, "condition"))
        self._jobs(level, around)

    def _jobs(self, level: Level, around: Around) -> None:
        for item, inner, at in self.walk.each(level, "jobs", around):
            settled = self.walk.expander.settle(inner, "deployment") or self.walk.expander.settle(inner, "job")
            if settled is None:
                if item.maybe is None and at.open is None:
                    self.walk.problem("malformed", "an item of `jobs` is neither a job, a deployment nor a template",
                                      item.span)  # fmt: skip
                continue
            name = text_of(settled.value)
            outer = f"{at.fragment}." if at.fragment else ""
            self._job(item, inner, at, name or "job", f"{outer}jobs.{name}" if name else f"{outer}jobs[?]")

    # One job ----------------------------------------------------------------------------------------------

    def _job(self, item: Piece, level: Level, around: Around, name: str, fragment: str, alone: bool = False) -> None:
        """`alone`: the pipeline lists steps, and is itself the job."""
        walk, settle = self.walk, self.walk.expander.settle
        if not alone:
            level, around = walk.enter(item, level, around, "job")
        strategy = settle(level, "strategy") if "deployment" not in level else None
        variables = _with_matrix(around.scope.variables, strategy.value if strategy else None)
        around = around._replace(scope=around.scope.with_variables(variables))
        written = item.value if isinstance(item.value, Map) else walk.root
        own = Level({key: level[key] for key in level if key not in ("steps", "variables", *_OF_PIPELINE)})
        own.complete = level.complete
        if "deployment" in level:
            own.pop("strategy", None)
        attributes = walk.expander.whole_map(own, written, item.scope)
        if not alone:
            set_here = around.scope.variables.as_map(place_of(level, "variables", written.span), written.header)
            if set_here:
                attributes.put("variables", set_here, set_here.span)
        header = written.header if not alone else place_of(level, "steps", written.header)
        header = key_line(header, "steps") if alone else header
        attributes.header = header
        if alone:
            around = around._replace(names=((header.file, "job"),))
        else:
            lasting = as_written(level, "deployment", as_written(level, "job", "job"))
            around = around._replace(names=(*around.names, (header.file, f"jobs.{lasting}")))
        resource = walk.resource("job", fragment, around.names, attributes, around)
        draft = Draft("job", header, attributes.span)
        draft.put("name", name, place_of(level, "deployment", place_of(level, "job", header)))
        draft.put("class", "run")
        draft.put("system", PROVIDER)
        condition = settle(level, "condition")
        self.tell_triggers(draft, around.under(condition).away)
        pool = settle(level, "pool") or around.pool
        machine = machine_of(pool, variables, around.open)
        machine.tell(draft)
        _timeout(draft, walk, settle(level, "timeoutInMinutes"), variables, machine)
        environment = _environment(draft, settle(level, "environment"), variables)
        lock = settle(level, "lockBehavior") or around.lock
        if lock is not None:
            draft.put("concurrency", lock.value, lock.span, lock.origin)
        if condition is not None and condition.value is not None:
            draft.put("condition", condition.value if isinstance(condition.value, Unknown) else
                      text_of(condition.value) or "", condition.span, condition.origin)  # fmt: skip
        draft.put("checks_out_untrusted", False)
        draft.put("secrets_inherited", False)
        steps = Steps(walk, machine, variables)
        prefix = fragment.removesuffix("job") + "steps" if alone else f"{fragment}.steps"
        listed = Seq(place_of(level, "steps", written.span), place_of(level, "steps", header))
        if "deployment" in level:
            self._hooks(level, around, fragment, steps, listed, attributes)
        else:
            self._steps(level, around, prefix, steps, listed)
        if listed or "steps" in level:
            attributes.put("steps", listed, listed.span)
        deploys = "deployment" in level or self._deploys(name, settle(level, "displayName"), environment, listed)
        draft.put("deploys", deploys, place_of(level, "environment", place_of(level, "deployment", header)))
        secrets = Seq(header)
        for secret, span in steps.secrets:
            if secret not in secrets:
                secrets.add(secret, span)
        draft.put("secrets", secrets, secrets.spans[0] if secrets else header)
        resource.add_noun(draft.noun(name))
        for noun in job_containers(walk, settle(level, "container"), settle(level, "services"), variables):
            resource.add_noun(noun)

    def tell_triggers(self, draft: Draft, away: bool = False) -> None:
        """`away`: a condition keeps outsiders' pull requests out."""
        draft.put("triggers", self.triggers.events, self.triggers.events.header)
        draft.put("untrusted", False if away else self.triggers.untrusted, self.triggers.place)
        draft.put("privileged_trigger", False)

    def _steps(self, level: Level, around: Around, fragment: str, steps: Steps, listed: Seq) -> None:
        first = len(listed)
        for item, inner, at in self.walk.each(level, "steps", around):
            step = self.walk.expander.item(item)
            if not isinstance(step, Map):
                continue
            listed.add(step, item.span)
            step_resource(steps, step, inner, at, f"{fragment}[{len(listed) - 1 - first}]")

    def _hooks(
        self, level: Level, around: Around, fragment: str, steps: Steps, listed: Seq, attributes: Map
    ) -> None:
        """The steps of a deployment's strategy, which each have their own life cycle hook."""
        for path, hook, scope in self._hook_levels(level):
            at = around
            if scope is not None:
                at = around._replace(scope=scope.with_variables(around.scope.variables))
            first = len(listed)
            self._steps(hook, at, f"{fragment}.{path}.steps", steps, listed)
            if len(listed) > first and not listed.span.line:
                listed.span = listed.spans[first]
        for piece in level.get("strategy", ())[:1]:
            if isinstance(piece.value, Map):
                names = Map(piece.value.span, piece.value.header)
                for key in piece.value:
                    if key in STRATEGIES:
                        names.put(key, Map(piece.value.spans[key]), piece.value.spans[key])
                attributes.put("strategy", names, piece.span)

    def _hook_levels(self, level: Level) -> Iterator[tuple[str, Level, Scope | None]]:
        expander = self.walk.expander
        for piece in level.get("strategy", ()):
            if not isinstance(piece.value, Map):
                continue
            strategy = expander.level(piece.value, piece.scope, piece.maybe)
            for kind in STRATEGIES:
                for outer in strategy.get(kind, ()):
                    if not isinstance(outer.value, Map):
                        continue
                    hooks = expander.level(outer.value, outer.scope, outer.maybe)
                    for one in hooks.pop("on", ()):
                        if isinstance(one.value, Map):
                            for key, pieces in expander.level(one.value, one.scope, one.maybe).items():
                                hooks.setdefault(f"on.{key}", []).extend(pieces)
                    for name in (*HOOKS, "on.failure", "on.success"):
                        for hook in hooks.get(name, ()):
                            if isinstance(hook.value, Map):
                                inner = expander.level(hook.value, hook.scope, hook.maybe)
                                yield f"strategy.{kind}.{name}", inner, hook.scope

    def _deploys(self, name: str, title: Settled | None, environment: bool, steps: Seq) -> bool:
        names = f"{name} {known_text(title) or ''}"
        if deployments.says_so(names):
            return True
        if deployments.is_trial(names):
            return False
        return deploys_by_step(steps)


# Keys of a pipeline that are no part of the job that it is.
_OF_PIPELINE = ("trigger", "pr", "schedules", "resources", "parameters", "stages", "jobs", "extends", "name",
                "appendCommitMessageToRunName")  # fmt: skip


def _with_matrix(outer: Variables, strategy: Value) -> Variables:
    """The job's variables, which its matrix sets differently for each instance."""
    matrix = strategy.get("matrix") if isinstance(strategy, Map) else None
    inner = Variables(outer)
    if isinstance(strategy, Unknown) or (matrix is not None and not isinstance(matrix, Map)):
        inner.instances = None
    elif isinstance(matrix, Map):
        inner.instances = []
        for leg in list(matrix)[:200]:
            values = matrix[leg]
            if isinstance(values, Map):
                inner.instances.append({
                    key.lower(): Bound(values[key], values.spans[key], f"value of {key} in {leg}") for key in values
                })  # fmt: skip
        inner.instances = inner.instances or [{}]
    return inner


def _timeout(
    draft: Draft, walk: Walk, settled: Settled | None, variables: Variables, machine: Machine
) -> None:
    """In seconds. Zero stands for as long as the machine allows."""
    if settled is None or settled.value is None:
        draft.put("timeout", DEFAULT_MINUTES * 60)
        return
    if isinstance(settled.value, OneOf):
        drafts = [Draft("job", draft.header) for _ in settled.value.choices]
        for one, choice in zip(drafts, settled.value.choices, strict=True):
            _timeout(one, walk, settled._replace(value=choice), variables, machine)
        draft.put("timeout", agreed(settled.value.whole(), [one.fields.get("timeout") for one in drafts]), settled.span)
        return
    values = variables.fill(settled.value)
    seconds: list[tuple[int, Filled]] = []
    for filled in values:
        origin = filled.origin or settled.origin
        if filled.unknown is not None or isinstance(filled.value, Unknown):
            draft.put("timeout", filled.unknown or filled.value, settled.span, origin)
            return
        minutes = _minutes(filled.value)
        if minutes is None:
            walk.problem("malformed", "`timeoutInMinutes` is not a number", settled.span)
            return
        if minutes == 0:
            if machine.self_hosted is not False:
                unknown = machine.self_hosted if isinstance(machine.self_hosted, Unknown) else None
                if unknown is not None:
                    draft.put("timeout", unknown, settled.span)
                else:
                    draft.fields.spans["timeout"] = settled.span  # none at all
                return
            minutes = HOSTED_MINUTES
        seconds.append((int(minutes * 60), filled))
    most, filled = max(seconds, key=lambda pair: pair[0])
    draft.put("timeout", most, settled.span, filled.origin or settled.origin)


def _minutes(value: Value) -> float | None:
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number < 1e9 else None


def _environment(draft: Draft, settled: Settled | None, variables: Variables) -> bool:
    """`environment: name` or `name.resource`, or a mapping with a name."""
    if settled is None:
        return False
    value, span = settled.value, settled.span
    if isinstance(value, Map):
        span = value.spans.get("name", span)
        value = value.get("name")
    if text_of(value) is None and not isinstance(value, Unknown):
        return False
    values = variables.fill(value if isinstance(value, Unknown) else text_of(value))
    first = values[0]
    if len(values) == 1:
        draft.put("environment", first.value, span, first.origin or settled.origin)
    else:
        draft.put("environment", Unknown("it differs between the matrix's instances"), span, first.origin)
    return True
