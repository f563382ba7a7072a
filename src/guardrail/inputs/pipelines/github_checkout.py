"""Whether a job checks out code that an outsider wrote, and which conditions rule that out."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.builds import builds
from guardrail.formats.shell import checkouts, expanded_variables
from guardrail.inputs.pipelines.expressions import Node, Path, find_expressions, pasted
from guardrail.inputs.pipelines.github_file import GithubFile, get_ci, shorten
from guardrail.inputs.pipelines.github_guards import ruled_out
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS, Level, Scope, spelt
from guardrail.inputs.pipelines.vocabulary import Draft, key_line, text_of
from guardrail.model import Map, Origin, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

# What names code of a pull request, or of the run that a workflow_run follows. A path counts with all below it.
_OUTSIDERS_CODE: tuple[Path, ...] = tuple(
    tuple(name.split("."))
    for name in (
        "github.head_ref",
        "github.event.pull_request.head",
        "github.event.pull_request.merge_commit_sha",
        "github.event.workflow_run.head_branch",
        "github.event.workflow_run.head_sha",
        "github.event.workflow_run.head_commit",
        "github.event.workflow_run.head_repository",
        "github.event.workflow_run.pull_requests",
        "github.event.check_suite.head_sha",
        "github.event.check_suite.head_branch",
        "github.event.check_run.head_sha",
    )
)
_MAJOR = lazy_regex(r"v(\d{1,4})(?:\.|\Z)")
# Actions that run what the checked-out folder says.
_RUNS_THE_FOLDER = frozenset(
    ("pre-commit/action", "super-linter/super-linter", "github/super-linter", "oxsecurity/megalinter",
     "bridgecrewio/checkov-action", "docker/build-push-action", "docker/bake-action", "golangci/golangci-lint-action",
     "goreleaser/goreleaser-action", "ruby/setup-ruby", "bahmutov/npm-install", "cypress-io/github-action",
     "gradle/gradle-build-action", "reviewdog/action-eslint", "wearerequired/lint-action", "actions/jekyll-build-pages",
     "hashicorp/tfc-workflows-github", "cloudflare/wrangler-action", "pulumi/actions")
)  # fmt: skip
_NAMES_CODE = ("ref", "sha", "head", "branch", "commit", "pull", "pr", "repo")



def checks_out_untrusted(
    file: GithubFile, job: Map, triggers: list[str], env: list[Level]
) -> tuple[bool | Unknown, Span]:
    """True, with the place that says so, if a step brings in an outsider's code while an outsider's event
    runs the job with the repository's rights; Unknown if that hangs on what an earlier step gave out."""
    open_question: tuple[bool | Unknown, Span] | None = None
    for _, verdict, span in _checkouts(file, job, triggers, env):
        if verdict is True:
            return True, span
        open_question = open_question or (verdict, span)
    return open_question or (False, job.header)


def runs_untrusted(draft: Draft, file: GithubFile, job: Map, triggers: list[str], env: list[Level]) -> None:
    """Steps after an outsider's code is there that run some of it: a build, a test, a script or action of the
    repository."""
    first = next(((i, span) for i, verdict, span in _checkouts(file, job, triggers, env) if verdict is True), None)
    if first is None:
        return
    begins, checkout = first
    steps = job["steps"]
    items = Seq(job.span, job.header)
    privileged = {event for event in triggers if event in PRIVILEGED_EVENTS}
    hops = (Origin("the outsider's code is checked out here", checkout, None),)
    for index in range(begins, len(steps)):
        step = steps[index]
        if not isinstance(step, Map) or ruled_out(step.get("if"), privileged):
            continue
        uses, run = step.get("uses"), step.get("run")
        command, place = "", step.header
        if isinstance(run, str):
            entry = step.spans["run"]
            place = key_line(entry, "run")
            for build in builds(run):
                where = file.source.place(run, build.start, build.end, entry)
                if index > begins or (where.line, where.column) > (checkout.line, checkout.column):
                    command = shorten(build.text)
                    break
        elif isinstance(uses, str) and index > begins:
            place = step.spans["uses"]
            if uses.startswith("./") or uses.partition("@")[0].lower() in _RUNS_THE_FOLDER:
                command = uses
        if command:
            item = Map(place)
            item.put("command", command, place, lambda: hops)
            if not items:
                items.header = place
            items.add(item, place)
    if items:
        draft.put("runs_untrusted", items, items.header)


def _checkouts(
    file: GithubFile, job: Map, triggers: list[str], env: list[Level]
) -> Iterator[tuple[int, bool | Unknown, Span]]:
    """Each step that brings in code of an outsider, surely or perhaps."""
    privileged = {event for event in triggers if event in PRIVILEGED_EVENTS}
    steps = job.get("steps")
    if not privileged or not isinstance(steps, Seq) or ruled_out(job.get("if"), privileged):
        return
    for index, step in enumerate(steps):
        if not isinstance(step, Map) or ruled_out(step.get("if"), privileged):
            continue
        for verdict, span in _step(file, step, env, privileged):
            yield index, verdict, span


def _step(
    file: GithubFile, step: Map, env: list[Level], privileged: set[str]
) -> Iterator[tuple[bool | Unknown, Span]]:
    scope = Scope([Level(step.get("env")), *env], file.inputs)
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str) and uses.partition("@")[0].lower() == "actions/checkout":
        inputs = step.get("with")
        if _refuses(uses, inputs, privileged):
            return
        for name in ("ref", "repository"):
            key, value = get_ci(inputs, name)
            text = text_of(value)
            if text and isinstance(inputs, Map):
                verdict = _names_outsiders_code(text, scope)
                if verdict is not False:
                    yield verdict, inputs.spans[key]
    if isinstance(run, str):
        entry = step.spans["run"]
        for command, plainly in checkouts(run):
            verdict = True if plainly else _names_outsiders_code(command.text, scope)
            if verdict is False:
                verdict = _through_variables(command.text, scope)
            if verdict is not False:
                yield verdict, file.source.place(run, command.start, command.end, entry)


def _refuses(uses: str, inputs: Value, privileged: set[str]) -> bool:
    """From version 7 on, actions/checkout takes no code of a fork's pull request unless it is told to."""
    major = _MAJOR.match(uses.partition("@")[2])
    if not major or int(major[1]) < 7 or not privileged <= {"pull_request_target"}:
        return False
    text = text_of(get_ci(inputs, "allow-unsafe-pr-checkout")[1])
    return text is None or text.strip().lower() == "false"


def _names_outsiders_code(text: str, scope: Scope, hops: int = 0) -> bool | Unknown:
    found: bool | Unknown = False
    if text.startswith(("refs/pull/", "pull/")) and text != "refs/pull/":
        return True
    for expression in find_expressions(text):
        if expression.node is None:
            continue
        if _has_pull_ref(expression.node):
            return True
        for paste in pasted(expression.node):
            path = paste.path
            if any(_below(path, wanted) for wanted in _OUTSIDERS_CODE):
                return True
            if path[0] in ("steps", "needs") and "outputs" in path:
                name = str(path[-1])
                if any(word in name for word in _NAMES_CODE):
                    found = Unknown(f"{spelt(path)} is known only when the pipeline runs", (spelt(path),))
            elif path[0] == "env" and hops < 4:
                inner = _variable(path[1] if len(path) > 1 else None, scope, hops)
                if inner is True:
                    return True
                found = inner or found
    return found


def _has_pull_ref(node: Node) -> bool:
    """`format('refs/pull/{0}/merge', ...)`."""
    if node[0] == "call" and node[1] == "format" and node[2]:
        first = node[2][0]
        return first[0] == "literal" and isinstance(first[1], str) and first[1].startswith("refs/pull/")
    return False


def _variable(name: str | None, scope: Scope, hops: int) -> bool | Unknown:
    for number, level in enumerate(scope.env):
        key = level.keys.get(name.lower()) if name is not None else None
        if key is not None:
            text = text_of(level.entries[key])
            outer = Scope(scope.env[number + 1 :], scope.inputs)
            return _names_outsiders_code(text, outer, hops + 1) if text else False
    return False


def _through_variables(command: str, scope: Scope) -> bool | Unknown:
    found: bool | Unknown = False
    for name in expanded_variables(command):
        if name == "GITHUB_HEAD_REF":
            return True
        verdict = _variable(name, scope, 0)
        if verdict is True:
            return True
        found = verdict or found
    return found


def _below(path: Path, wanted: Path) -> bool:
    if len(path) < len(wanted):
        return False
    return all(
        segment == want or segment in ("*", None) for segment, want in zip(path[: len(wanted)], wanted, strict=True)
    )  # fmt: skip
