"""Whether a job checks out code that an outsider wrote, and which conditions rule that out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from guardrail.formats.builds import builds
from guardrail.formats.shell import checkouts, expanded_variables
from guardrail.inputs.pipelines.expressions import Node, Path, find_expressions, pasted
from guardrail.inputs.pipelines.github_artifacts import Run, runs_of_artifacts
from guardrail.inputs.pipelines.github_file import GithubFile, get_ci, shorten, steps_in, strings_in
from guardrail.inputs.pipelines.github_guards import is_own, ruled_out, shut_out
from guardrail.inputs.pipelines.github_known import RUN_THE_FOLDER
from guardrail.inputs.pipelines.github_untrusted import PRIVILEGED_EVENTS, Level, Scope, spelt
from guardrail.inputs.pipelines.vocabulary import Draft, key_line, text_of
from guardrail.model import Map, Origin, OriginsOf, Seq, Span, Unknown, Value
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
# Of these, names that actions/checkout looks for among the branches and tags of the repository that it is told of:
# where that is not the fork, what it finds is not an outsider's, though nobody need have reviewed it. GitHub takes no
# branch that is named like a commit or begins with `refs/`.
_BRANCHES: frozenset[Path] = frozenset(
    tuple(name.split("."))
    for name in (
        "github.head_ref",
        "github.event.pull_request.head.ref",
        "github.event.workflow_run.head_branch",
        "github.event.check_suite.head_branch",
    )
)
_OF_OWN = Unknown("an outsider chooses which of the repository's own branches it is")
_VERSION = lazy_regex(r"v(\d{1,4})(?:\.(\d{1,4})(?:\.\d{1,4})?)?\Z")
# The first releases of actions/checkout, by major version, that take no code of a fork's pull request unless they are
# told to, and the commits of all such releases (its tags, as of November 2026). From version 7 on all do.
_REFUSES_FROM = {2: 8, 3: 7, 4: 4, 5: 1, 6: 1}
_REFUSING = frozenset(
    ("0717577d45739eb3c851188b29f50ed6c0b2194e", "a37ce9120846195fa4ece8f58b268e6043cb2f26",
     "11d5960a326750d5838078e36cf38b85af677262", "fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09",
     "d23441a48e516b6c34aea4fa41551a30e30af803", "9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0",
     "3d3c42e5aac5ba805825da76410c181273ba90b1")
)  # fmt: skip
_REFUSED_EVENTS = frozenset(("pull_request_target", "workflow_run"))
MAX_ROUNDS = 10  # calls of calls; GitHub allows fewer
_NAMES_CODE = ("ref", "sha", "head", "branch", "commit", "pull", "pr", "repo")


class _Sought(NamedTuple):
    """What counts as naming an outsider's code: whether the mere name of a branch does, and the inputs (in lower case)
    that callers hand such a name."""

    branches: bool
    handed: Collection[str]


def _sought(file: GithubFile, branches: bool = True) -> _Sought:
    return _Sought(branches, file.handed_code | file.handed_branches if branches else file.handed_code)


def spread(files: dict[str, GithubFile]) -> None:
    """Tells every workflow that others call which events of outsiders these start on with the repository's rights, and
    which of its inputs are handed code of outsiders."""
    for _ in range(MAX_ROUNDS):
        changed = False
        for file in files.values():
            events = _events(file)
            jobs = file.root.get("jobs")
            for job in jobs.values() if events and isinstance(jobs, Map) else ():
                uses = job.get("uses") if isinstance(job, Map) else None
                if not isinstance(uses, str) or not uses.startswith(("./", "$/")):
                    continue
                if shut_out(file.root, job, events, code=True):
                    continue
                callee = files.get(file.local_target(uses.strip()) or "")
                if callee is None or callee is file:
                    continue
                given = job.get("with")
                code, branches = (
                    {
                        key.lower()
                        for key, value in (given.items() if isinstance(given, Map) else ())
                        if isinstance(value, str) and _names_outsiders_code(value, Scope(), sought) is True
                    }
                    for sought in (_sought(file, branches=False), _sought(file))
                )
                changed = changed or not (
                    events <= callee.called_on and code <= callee.handed_code and branches <= callee.handed_branches
                )
                callee.called_on |= events
                callee.handed_code |= code
                callee.handed_branches |= branches
        if not changed:
            return


def _events(file: GithubFile) -> set[str]:
    """Events of outsiders on which its jobs have the repository's rights."""
    declared = file.root.get("on", file.root.get("true"))
    names = [declared] if isinstance(declared, str) else declared if isinstance(declared, (Map, Seq)) else []
    return file.called_on | {name for name in names if isinstance(name, str) and name in PRIVILEGED_EVENTS}


def checks_out_untrusted(
    file: GithubFile, job: Map, triggers: list[str], env: list[Level]
) -> tuple[bool | Unknown, Span]:
    """True, with the place that says so, if a step brings in an outsider's code while an outsider's event
    runs the job with the repository's rights; Unknown if that hangs on what an earlier step gave out."""
    open_question: tuple[bool | Unknown, Span] | None = None
    for _, verdict, span, _ in _checkouts(file, job, triggers, env):
        if verdict is True:
            return True, span
        open_question = open_question or (verdict, span)
    return open_question or (False, job.header)


def runs_untrusted(draft: Draft, file: GithubFile, job: Map, triggers: list[str], env: list[Level]) -> None:
    """Steps after an outsider's code is there that run some of it: a build, a test, a script or action of the
    repository; and those that run what an outsider's run has left."""
    items = Seq(job.span, job.header)
    for note, runs in (
        ("the outsider's code is checked out here", _runs_of_checkouts(file, job, triggers, env)),
        ("the outsider's artifacts are fetched here", runs_of_artifacts(file, job, triggers, env)),
    ):
        for command, place, fetched in runs:
            if place in items.spans:
                continue
            item = Map(place)
            item.put("command", command, place, _told((Origin(note, fetched, None),)))
            if not items:
                items.header = place
            items.add(item, place)
    if items:
        draft.put("runs_untrusted", items, items.header)


def _told(hops: tuple[Origin, ...]) -> OriginsOf:
    return lambda: hops


def _runs_of_checkouts(file: GithubFile, job: Map, triggers: list[str], env: list[Level]) -> Iterator[Run]:
    found = _checkouts(file, job, triggers, env)
    brought = [(index, span, folder) for index, verdict, span, folder in found if verdict is True]
    if not brought:
        return
    begins, checkout, _ = brought[0]
    privileged = {event for event in triggers if event in PRIVILEGED_EVENTS}
    for index, (_, step, _) in enumerate(steps_in(job["steps"])):
        if index < begins or not isinstance(step, Map) or ruled_out(step.get("if"), privileged, code=True):
            continue
        if not _touches([folder for i, _, folder in brought if i <= index], step, job, file.root):
            continue
        uses, run = step.get("uses"), step.get("run")
        if isinstance(run, str):
            entry = step.spans["run"]
            for build in builds(run):
                where = file.source.place(run, build.start, build.end, entry)
                if index > begins or (where.line, where.column) > (checkout.line, checkout.column):
                    yield Run(shorten(build.text), key_line(entry, "run"), checkout)
                    break
        elif isinstance(uses, str) and index > begins:
            inputs = step.get("with")
            if uses.startswith("./") or _runs_the_folder(uses, inputs):
                yield Run(uses, step.spans["uses"], checkout)


def _touches(folders: list[str], step: Map, job: Map, root: Map) -> bool:
    """Whether a step has to do with one of these folders of the workspace; "" is the workspace itself."""
    if "" in folders:
        return True
    uses = step.get("uses")
    if isinstance(uses, str) and uses.startswith("./"):
        return any((uses[2:] + "/").startswith(folder + "/") for folder in folders)
    said = [text for holder in (step, job.get("env"), root.get("env")) for text, _ in strings_in(holder, step.span)]
    for holder in (job, root):
        said += [text for text, _ in strings_in(holder.get("defaults"), step.span)]
    first = "|".join(re.escape(folder.partition("/")[0]) for folder in folders)
    return any(re.search(rf"(?<![\w-])(?:{first})(?![\w-])", text) for text in said)


def _runs_the_folder(uses: str, inputs: Value) -> bool:
    name = uses.partition("@")[0].lower()
    if name == "actions/setup-node":  # asks the package manager for its cache, and Yarn is what .yarnrc.yml says
        cache = (text_of(get_ci(inputs, "cache")[1]) or "").strip().lower()
        return cache == "yarn" or "${{" in cache
    return name in RUN_THE_FOLDER


def _checkouts(
    file: GithubFile, job: Map, triggers: list[str], env: list[Level]
) -> Iterator[tuple[int, bool | Unknown, Span, str]]:
    """Each step that brings in code of an outsider, surely or perhaps, and the folder that it goes to."""
    privileged = {event for event in triggers if event in PRIVILEGED_EVENTS}
    if not privileged or shut_out(file.root, job, privileged, code=True):
        return
    steps = [step for _, step, _ in steps_in(job.get("steps"))]
    for index, step in enumerate(steps):
        if not isinstance(step, Map) or ruled_out(step.get("if"), privileged, code=True):
            continue
        path = text_of(get_ci(step.get("with"), "path")[1]) if "uses" in step else None
        folder = (path or "").strip().removeprefix("./").strip("/")
        for verdict, span in _step(file, step, steps[index + 1 :], env, privileged):
            yield index, verdict, span, "" if "${{" in folder or folder == "." else folder


def _step(
    file: GithubFile, step: Map, later: Sequence[Value], env: list[Level], privileged: set[str]
) -> Iterator[tuple[bool | Unknown, Span]]:
    scope = Scope([Level(step.get("env")), *env], file.inputs)
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str) and uses.partition("@")[0].lower() == "actions/checkout":
        inputs = step.get("with")
        if _refuses(uses, inputs, privileged):
            return
        of_own = _is_own(text_of(get_ci(inputs, "repository")[1]) or "")
        for name in ("ref", "repository"):
            key, value = get_ci(inputs, name)
            text = text_of(value)
            if text and isinstance(inputs, Map):
                verdict = _names_outsiders_code(text, scope, _sought(file, branches=not of_own))
                if verdict is False and of_own and _names_outsiders_code(text, scope, _sought(file)) is True:
                    verdict = _OF_OWN
                if verdict is not False:
                    yield verdict, inputs.spans[key]
    if isinstance(run, str):
        entry = step.spans["run"]
        sought = _sought(file)  # git looks among pull requests, too, and a branch may be called `pull/1/head`
        scripts = (code for one in later if isinstance(one, Map) and isinstance(code := one.get("run"), str))
        for command, plainly in checkouts(run, scripts):
            verdict = True if plainly else _names_outsiders_code(command.text, scope, sought)
            if verdict is False:
                verdict = _through_variables(command.text, scope, sought)
            if verdict is not False:
                yield verdict, file.source.place(run, command.start, command.end, entry)


def _is_own(repository: str) -> bool:
    """Whether an action is told of no repository, or of one that no outsider's event chooses."""
    return all(
        expression.node is not None and all(is_own(paste.path) for paste in pasted(expression.node))
        for expression in find_expressions(repository)
    )


def _refuses(uses: str, inputs: Value, privileged: set[str]) -> bool:
    """Whether this release of actions/checkout takes no code of a fork's pull request. What `v4` stands for is another
    thing on a server of one's own than on github.com, and is not counted."""
    if not privileged <= _REFUSED_EVENTS:
        return False
    told = text_of(get_ci(inputs, "allow-unsafe-pr-checkout")[1]) or ""
    if told.strip().lower() == "true" or "${{" in told:
        return False
    name = uses.partition("@")[2].strip()
    version = _VERSION.match(name)
    if not version:
        return name.lower() in _REFUSING
    major = int(version[1])
    return major >= 7 or (version[2] is not None and int(version[2]) >= _REFUSES_FROM.get(major, 10**6))


def _names_outsiders_code(text: str, scope: Scope, sought: _Sought, hops: int = 0) -> bool | Unknown:
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
            counts = sought.branches or path not in _BRANCHES
            if counts and any(_below(path, wanted) for wanted in _OUTSIDERS_CODE):
                return True
            if path[0] in ("steps", "needs") and "outputs" in path:
                name = str(path[-1])
                if any(word in name for word in _NAMES_CODE):
                    found = Unknown(f"{spelt(path)} is known only when the pipeline runs", (spelt(path),))
            elif path[0] == "inputs" and len(path) > 1 and str(path[1]).lower() in sought.handed:
                return True
            elif path[0] == "env" and hops < 4:
                inner = _variable(path[1] if len(path) > 1 else None, scope, sought, hops)
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


def _variable(name: str | None, scope: Scope, sought: _Sought, hops: int) -> bool | Unknown:
    for number, level in enumerate(scope.env):
        key = level.keys.get(name.lower()) if name is not None else None
        if key is not None:
            text = text_of(level.entries[key])
            outer = Scope(scope.env[number + 1 :], scope.inputs)
            return _names_outsiders_code(text, outer, sought, hops + 1) if text else False
    return False


def _through_variables(command: str, scope: Scope, sought: _Sought) -> bool | Unknown:
    found: bool | Unknown = False
    for name in expanded_variables(command):
        if name == "GITHUB_HEAD_REF":
            return True
        verdict = _variable(name, scope, sought, 0)
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
