"""Stages of Jenkins' declarative pipelines: a job each, as far as they run steps of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from guardrail.formats.groovy_nodes import Call, Closure, MapOf, Node, Quote, walk
from guardrail.inputs.pipelines import deployments
from guardrail.inputs.pipelines.jenkins_agents import Agent, agent_nouns, agent_of, runner_of
from guardrail.inputs.pipelines.jenkins_attributes import stage_attributes
from guardrail.inputs.pipelines.jenkins_file import PROVIDER, JenkinsFile, literal
from guardrail.inputs.pipelines.jenkins_scope import Names, Scope, calls_in, environment_of, shortened
from guardrail.inputs.pipelines.jenkins_steps import SHELLS, Work
from guardrail.inputs.pipelines.jenkins_taint import CHANGES, Taint
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, pipeline_resource
from guardrail.model import Map, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_UNITS = {"NANOSECONDS": 1e-9, "MICROSECONDS": 1e-6, "MILLISECONDS": 0.001, "SECONDS": 1, "MINUTES": 60, "HOURS": 3600,
          "DAYS": 86400}  # fmt: skip
_WRAPPERS = frozenset(
    ("script", "ansiColor", "timestamps", "withCredentials", "withEnv", "dir", "container", "node", "wrap", "sshagent",
     "configFileProvider", "nodejs", "withMaven", "withAWS")
)  # fmt: skip
_ORDER = frozenset(("beforeAgent", "beforeInput", "beforeOptions"))  # when a condition is looked at
# Credentials that are a file: the variable holds its path.
_NAMES_FILE = lazy_regex(r"(?i)(?:kube[_-]?config|[_-]file)\Z")
CHANGE_REQUEST = "change_request"
MAX_STAGES = 2000
MAX_TRIGGERS = 50


class Limit(NamedTuple):
    """A time limit in seconds, and where it is set."""

    seconds: Value
    span: Span


class Around:
    """What a stage inherits. `limit_place`: where a limit would be set that held for it; `changes`: where it is
    said that changes of others are built; `secrets`: variables with credentials in them."""

    def __init__(self, file: JenkinsFile, names: Names, taint: Taint, scope: Scope, attributes: Map) -> None:
        self.file, self.names, self.taint, self.scope = file, names, taint, scope
        self.agent: tuple[Agent, Scope] | None = None
        self.outer_agents: list[tuple[Agent, Scope]] = []  # of stages around, which have no job to stand in
        self.limit: Limit | None = None
        self.limit_place = Span(file.path, 1, 1, 1, 1)
        self.lock: tuple[Value, Span] | None = None
        self.condition: list[tuple[str, Span]] = []
        self.triggers = Seq()
        self.changes: Span | None = None
        self.secrets: dict[str, str] = {}
        self.used: dict[str, Span] = {}
        self.attributes = attributes
        self.path: tuple[str, ...] = ()

    def copy(self) -> Around:
        new = Around.__new__(Around)
        new.__dict__.update(self.__dict__)
        new.outer_agents, new.condition = list(self.outer_agents), list(self.condition)
        return new

    def enter(self, closure: Closure, outermost: bool) -> None:
        """Takes up what a pipeline's or stage's block says for all that is in it."""
        level = environment_of(closure)
        self.scope = self.scope.inner(level)
        secrets = dict(self.secrets)
        for name, declared in level.items():
            secrets.pop(name, None)
            value = declared.value
            if isinstance(value, Call) and value.name == "credentials" and value.receiver is None:
                identity = (self.file.plain(value.args[0]) if value.args else None) or "credentials"
                if not (_NAMES_FILE.search(name) or _NAMES_FILE.search(identity)):
                    secrets[name] = secrets[f"{name}_PSW"] = identity
                self.used = {**self.used, identity: self.file.of(declared.entry)}
        self.secrets = secrets
        agent = agent_of(closure)
        if agent is not None:
            self.agent = (agent, self.scope)
            if not outermost:
                self.outer_agents.append(self.agent)
        for options in calls_in(closure, "options"):
            for option in options.body.statements if options.body is not None else ():
                if isinstance(option, Call):
                    self._option(option)
        for when in calls_in(closure, "when"):
            if when.body is not None:
                self.condition.append((self._condition(when.body), self.file.head(when)))
                change = next(
                    (c for c in walk(when.body) if isinstance(c, Call) and c.name == "changeRequest"), None
                )  # fmt: skip
                if change is not None:
                    self.changes = self.file.of(change)

    def _condition(self, body: Closure) -> str:
        parts = [
            self.file.written(statement) for statement in body.statements
            if not (isinstance(statement, Call) and statement.name in _ORDER)
        ]  # fmt: skip
        return shortened(" && ".join(parts), 200)

    def _option(self, option: Call) -> None:
        span = self.file.of(option)
        if option.name == "timeout":
            self.limit = Limit(seconds_of(option), span)
        elif option.name == "disableConcurrentBuilds":
            self.lock = (True, span)
        elif option.name == "lock":
            self.lock = (lock_name(option, self.file), span)


def seconds_of(call: Call) -> Value:
    """What `timeout(time: 1, unit: 'HOURS')` or `timeout(30)` says."""
    time = call.get("time") or next((arg for arg in call.args if not isinstance(arg, (Closure, MapOf))), None)
    amount = literal(time)
    unit = literal(call.get("unit")) if call.get("unit") is not None else "MINUTES"
    if isinstance(amount, str) and amount.isdecimal():
        amount = int(amount)
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or str(unit).upper() not in _UNITS:
        return Unknown("the limit is worked out when the pipeline runs")
    seconds = amount * _UNITS[str(unit).upper()]
    return int(seconds) if seconds == int(seconds) else seconds


def lock_name(call: Call, file: JenkinsFile) -> Value:
    node = call.get("resource") or call.get("label") or (call.args[0] if call.args else None)
    return file.plain(node) or True


def stage_name(call: Call, file: JenkinsFile) -> str:
    node = next((arg for arg in call.args if not isinstance(arg, Closure)), None) or call.get("name")
    if isinstance(node, Quote):
        return shortened(node.quoted.text)
    return shortened(file.written(node)) if node is not None else "stage"


class Stages:
    """Collects the jobs of one pipeline."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix  # of fragments: "stages"
        self.keys = Keys()
        self.found: list[Resource] = []
        self.loaded: list[str] = []

    def all_of(self, closure: Closure, around: Around) -> None:
        for call in calls_in(closure, "stage"):
            if len(self.found) >= MAX_STAGES:
                around.file.problem("too-many", f"more than {MAX_STAGES:,} stages; the others are not judged", call)
                return
            if call.body is not None:
                self._stage(call, call.body, around)

    def _stage(self, call: Call, body: Closure, outer: Around) -> None:
        around = outer.copy()
        name = stage_name(call, outer.file)
        around.path = (*outer.path, name)
        around.enter(body, outermost=False)
        inner = [block for block in calls_in(body, "stages", "parallel") if block.body is not None]
        for block in inner:
            assert block.body is not None
            self.all_of(block.body, around)
        for matrix in calls_in(body, "matrix"):
            if matrix.body is None:
                continue
            inner.append(matrix)
            cell = around.copy()
            cell.scope = around.scope.inner({}, around.names.axes_of(matrix.body))
            cell.enter(matrix.body, outermost=False)
            for block in calls_in(matrix.body, "stages"):
                if block.body is not None:
                    self.all_of(block.body, cell)
        if inner:
            posts = list(calls_in(body, "post"))
            if not posts:
                return
        elif not any(calls_in(body, "steps", "script")):
            around.file.problem("malformed", f"stage {name} has no steps and no stages", call)
        self._job(call, body, around, name, bool(inner))

    def _job(self, call: Call, body: Closure, around: Around, name: str, group: bool) -> None:
        """`group`: it has stages of its own; what is left to it is what it does after them."""
        file = around.file
        fragment = self.keys.next(f"{self.prefix}.{'.'.join(around.path)}")
        header = file.head(call)
        attributes = stage_attributes(call, around.scope)
        attributes.header = header
        resource = pipeline_resource(PROVIDER, "job", file.path, fragment, attributes, span=file.of(call))
        work = Work(resource, around.scope, around.taint, f"stage {name}", around.secrets)
        steps = [block for block in calls_in(body, "steps", "post") if block.body is not None]
        work.run([block.body for block in steps if block.body is not None])
        self.loaded += work.files
        draft = Draft("job", header, file.of(call))
        draft.put("name", name)
        draft.put("class", "run")
        draft.put("system", PROVIDER)
        triggers = Seq(around.triggers.span, around.triggers.header)
        for event, span in zip(around.triggers, around.triggers.spans, strict=True):
            triggers.add(event, span)
        # A file that reads what a change says is run for changes; a condition may keep a stage to something else.
        changes = around.changes or (names_changes(file) if not around.condition else None)
        if changes is not None:
            triggers.add(CHANGE_REQUEST, changes)
            draft.put("untrusted", True, changes)
        draft.put("triggers", triggers, triggers.header)
        draft.put("privileged_trigger", False)
        if around.agent is not None:
            agent, scope = around.agent
            place = file.head(agent.call)
            draft.put("runner", runner_of(agent, scope), place)
            draft.put("self_hosted", True, place)
        main = [block.body for block in calls_in(body, "steps") if block.body is not None]
        limit = _own_limit(main, file) or around.limit
        if limit is not None:
            draft.put("timeout", limit.seconds, limit.span)
        else:
            draft.fields.spans["timeout"] = around.limit_place
        lock = _own_lock(main, file) or around.lock
        if lock is not None:
            draft.put("concurrency", *lock)
        asked = _asked(body, main, file)
        if asked is not None:
            around.condition.append(("somebody's leave", asked))
        if around.condition:
            draft.put("condition", " && ".join(text for text, _ in around.condition), around.condition[-1][1])
        draft.put("deploys", not group and _deploys(name, resource))
        draft.put("checks_out_untrusted", False)
        draft.put("secrets_inherited", False)
        secrets = Seq(header)
        for identity, span in {**around.used, **work.used}.items():
            secrets.add(identity, span)
        draft.put("secrets", secrets, secrets.span)
        resource.add_noun(draft.noun(name))
        keys = Keys()
        for agent, scope in around.outer_agents:
            for noun in agent_nouns(agent, scope, keys):
                resource.add_noun(noun)
        self.found.append(resource)


def _asked(body: Closure, main: list[Closure], file: JenkinsFile) -> Span | None:
    """Where somebody is asked before the stage goes on: its `input`, or the step of that name."""
    found = next(calls_in(body, "input"), None)
    for closure in main if found is None else ():
        steps = (call for call in walk(closure) if isinstance(call, Call) and call.receiver is None)
        found = next((call for call in steps if call.name == "input"), None)
    return file.head(found) if found is not None else None


def _own_limit(bodies: list[Closure], file: JenkinsFile) -> Limit | None:
    """The limit of a `timeout` that holds for all of the steps."""
    call = _around_all(bodies, "timeout")
    return Limit(seconds_of(call), file.of(call)) if call is not None else None


def _own_lock(bodies: list[Closure], file: JenkinsFile) -> tuple[Value, Span] | None:
    call = _around_all(bodies, "lock")
    return (lock_name(call, file), file.head(call)) if call is not None else None


def _around_all(bodies: list[Closure], name: str) -> Call | None:
    """The step of this name that all others of the blocks stand in."""
    node: Node | None = bodies[0] if len(bodies) == 1 else None
    while isinstance(node, Closure):
        calls = [statement for statement in node.statements if isinstance(statement, Call)]
        weighty = [call for call in calls if call.body is not None or call.name in SHELLS]
        if len(weighty) != 1 or len(calls) != len(node.statements) or weighty[0].body is None:
            return None
        call = weighty[0]
        if call.name == name:
            return call
        if call.name not in (*_WRAPPERS, "timeout", "lock", "retry"):
            return None
        node = call.body
    return None


def _deploys(name: str, resource: Resource) -> bool:
    if deployments.is_trial(name):
        return False
    if deployments.says_so(name):
        return True
    return any(
        isinstance(text := noun.fields.get("text"), str) and deployments.runs_deployment(text)
        for noun in resource.nouns.get("script", ())
    )


_NAMES_CHANGES = lazy_regex(r"\b(?:CHANGE_ID|" + "|".join(CHANGES) + r"|CHANGE_FORK|changeRequest\s*\()")


@lru_cache(maxsize=1)  # every stage of a file asks
def names_changes(file: JenkinsFile) -> Span | None:
    """Where a file first deals with changes of others: what it reads of them."""
    found = _NAMES_CHANGES.search(file.text)
    return file.span(found.start(), found.end()) if found else None


def triggers_of(closure: Closure, file: JenkinsFile) -> Iterator[tuple[str, Span]]:
    for block in islice(calls_in(closure, "triggers"), 1):
        for statement in block.body.statements[:MAX_TRIGGERS] if block.body is not None else ():
            if isinstance(statement, Call):
                yield statement.name, file.of(statement)
