"""The whole way of a scan: discover -> read -> judge -> except -> Result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail import process as processing
from guardrail.concepts.surroundings import Unread
from guardrail.config import Config, did_you_mean
from guardrail.config import load as load_config
from guardrail.discover import Discovery, discover, find_base
from guardrail.errors import ConfigError, UsageError
from guardrail.inputs.groups import Group, groups_of
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Coverage, Finding, Problem, Result, Span
from guardrail.policy.assembly import assemble, check_settings
from guardrail.policy.bundle import Bundle, cache_folder
from guardrail.policy.findings import numbered
from guardrail.policy.judge import Setting
from guardrail.policy.rule import Rule
from guardrail.process import Part, Task
from guardrail.timings import Timings, stage
from guardrail.tree import Tree

if TYPE_CHECKING:
    from datetime import date

    from guardrail.cache import Cache

PARALLEL_BYTES = 10_000
"""Less than this, beside the largest group, is read sooner than another process has started."""

WORTH_KEEPING = 100_000
"""Bytes to read. Less is judged in the time that looking for it takes."""

GARBAGE = 800_000
"""So many objects more than at the last collection (some 80 to 120 MB) are worth another one."""


class Request(NamedTuple):
    """What a scan is asked for. `fail_on`, `variables` and `var_files` add to what guardrail.yaml says.
    `environment` and `actions`: as in `ReadOptions`, whose default stands where `actions` is empty. `only`: ids of the
    rules to apply, all where empty. `today`: what the dates of ignores are held against.
    `workers`: processes; 0 chooses. `cache`: whether what earlier scans found may serve, and is kept for later ones.
    `packs`: folders of rules beside those that guardrail.yaml names. `profiles`: instead of those that it names.
    `timings` gets where the time goes, if all is done in one process and nothing comes from the cache."""

    paths: tuple[str, ...] = (".",)
    config: str | None = None
    changed: bool = False
    fail_on: str | None = None
    only: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    var_files: tuple[str, ...] = ()
    environment: bool = False
    actions: tuple[str, ...] = ()
    stdin: bytes | None = None
    stdin_filename: str = ""
    workers: int = 0
    today: date | None = None
    cache: bool = False
    packs: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    timings: Timings | None = None


class Plan(NamedTuple):
    """What is going to be done: the files found, in groups, and what they are judged with."""

    found: Discovery
    config: Config
    bundle: Bundle
    groups: tuple[Group, ...]
    task: Task


def scan(request: Request) -> Result:
    """Raises UsageError, ConfigError and RuleError; what is wrong with the scanned files is in the result."""
    return carry_out(prepare(request), request)


def carry_out(plan: Plan, request: Request) -> Result:
    """What `prepare` made of the same request."""
    parts = _remembered(plan, request) if request.cache else list(_run(plan, request.workers))
    return _result(plan, parts, request)


def prepare(request: Request) -> Plan:
    tree = Tree(find_base(request.paths))
    config = load_config(tree, request.config)
    with stage(request.timings, "discovery"):
        found = discover(
            request.paths,
            tree,
            config,
            changed=request.changed,
            stdin=request.stdin,
            stdin_filename=request.stdin_filename,
        )
    with stage(request.timings, "rules"):
        bundle = assemble(config, tree, request.packs, request.profiles)
    for names in found.claimed.values():
        for name in names:
            config.for_path(name)  # reads the guardrail.yaml on its way, so that all of them are checked
    check_settings(config, bundle)
    rules = _chosen(bundle, request.only)
    options = ReadOptions(
        variables=(*config.variables, *request.variables),
        var_files=(*config.var_files, *(_inside(tree, name) for name in request.var_files)),
        environment=request.environment,
        actions=request.actions or ReadOptions().actions,
        helm_profiles=config.helm_profiles,
        processes=_processes(request.workers),
    )
    setting_of = SettingsOf(config, bundle) if config.files or config.under else None
    unread = Unread(tree, found.unread) if found.unread else None
    task = Task(tree, bundle, rules, setting_of, options, request.today or _today(), request.timings, unread)
    groups = tuple(groups_of(found.claimed, tree))
    return Plan(found, config, bundle, groups, task)


def _today() -> date:
    """The day that the dates of ignores are held against. SOURCE_DATE_EPOCH (reproducible-builds.org) sets it for
    those who need the same bytes on another day.
    """
    import os
    from datetime import date, datetime, timezone

    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if fixed.isdecimal():
        return datetime.fromtimestamp(int(fixed), tz=timezone.utc).date()
    return date.today()


def _chosen(bundle: Bundle, only: Sequence[str]) -> tuple[Rule, ...]:
    if not only:
        return tuple(bundle.rules.values())
    chosen: list[Rule] = []
    for name in only:
        rule = bundle.rules.get(bundle.aliases.get(name, name))
        if rule is None:
            raise UsageError(f"no rule is called {name!r}{did_you_mean(name, bundle.rules)}")
        chosen.append(rule)
    return tuple(dict.fromkeys(chosen))


def _inside(tree: Tree, name: str) -> str:
    """A --var-file, given relative to the working directory, as a name in the tree."""
    import os

    absolute = os.path.realpath(name)
    if not absolute.startswith(tree.base.rstrip(os.sep) + os.sep):
        raise UsageError(f"{name}: stands outside {tree.base}, which is scanned")
    if not os.path.isfile(absolute):
        raise UsageError(f"{name}: no such file")
    return os.path.relpath(absolute, tree.base).replace(os.sep, "/")


class SettingsOf:
    """How guardrail.yaml wants a rule in a file. Wrong parameters are told as errors of the configuration."""

    def __init__(self, config: Config, bundle: Bundle) -> None:
        self.config = config
        self.old_names: dict[str, list[str]] = {}
        for alias, name in bundle.aliases.items():
            self.old_names.setdefault(name, []).append(alias)
        self.known: dict[tuple[int, str], Setting] = {}

    def __call__(self, rule: Rule, file: str) -> Setting:
        settings = self.config.for_path(file)
        key = (id(settings), rule.id)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self._make(rule, settings)
        return known

    def _make(self, rule: Rule, settings: Any) -> Setting:
        found = settings.rule(rule.id, rule.category)
        for alias in self.old_names.get(rule.id, ()):
            if not found.provenance:
                found = settings.rule(alias, rule.category)
        try:
            if found.parameters:
                rule.checks(found.parameters)
        except ValueError as error:
            place = next((p for key, p in found.provenance.items() if key.startswith("parameters.")), None)
            raise ConfigError(str(error), *(place or ())) from None
        return Setting(found.enabled, found.severity, found.enforce, dict(found.parameters) or None)


def _remembered(plan: Plan, request: Request) -> list[Part]:
    """The parts, as far as they are known from earlier scans; the others are worked out, and kept."""
    # What manifests are lacking may be in files that are not read, and so no part of what findings are kept by.
    apart = plan.found.tree.overlay or plan.found.unread
    if apart or sum(_size(plan, group) for group in plan.groups) < WORTH_KEEPING:
        return list(_run(plan, request.workers))
    from guardrail.cache import Cache

    cache = Cache(cache_folder(), plan.task, _identity(plan, request))
    known = [cache.find(group) for group in plan.groups]
    fresh = plan._replace(groups=tuple(g for g, part in zip(plan.groups, known, strict=True) if part is None))
    made = iter(_run(fresh, request.workers, cache))
    parts = [part or next(made) for part in known]
    if fresh.groups:
        cache.store.tidy()
    return parts


def _identity(plan: Plan, request: Request) -> str:
    """What the findings depend on besides the files that are scanned."""
    import os

    options = plan.task.options._replace(processes=1)
    words = [plan.bundle.key, *sorted(rule.id for rule in plan.task.rules), repr(options)]
    words += [f"{source.file} {source.data!r}" for source in (*plan.config.under, *plan.config.files)]
    if request.environment:
        words += sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("TF_VAR_"))
    return "\0".join(words)


def _run(plan: Plan, workers: int, cache: Cache | None = None) -> Iterator[Part]:
    """The parts, in the order of the groups, whoever worked them out."""
    count = _workers(plan, workers)
    if count <= 1:
        for group in plan.groups:
            _tidy()
            yield cache.process(group) if cache else processing.process(group, plan.task)
        return
    from guardrail.workers import results_of

    def work(index: int) -> Part:
        _tidy()
        group = plan.groups[index]
        return cache.process(group) if cache else processing.process(group, plan.task)

    order = sorted(range(len(plan.groups)), key=lambda i: -_size(plan, plan.groups[i]))
    done = results_of(work, order, count)
    for index in range(len(plan.groups)):
        yield done[index]


def _tidy() -> None:
    """Where nobody else collects garbage (the command line switches that off): collect what a group left behind, if it
    is worth the while. What is left then are findings, which stay: not to be looked at again each time."""
    import gc

    if gc.isenabled() or gc.get_count()[0] < GARBAGE:
        return
    processing.let_go()  # of what can be freed without a search
    if gc.get_count()[0] > GARBAGE:
        gc.collect()
        gc.freeze()


def _size(plan: Plan, group: Group) -> int:
    import os

    total = 0
    for name in group.files:
        try:
            total += os.stat(plan.task.tree.absolute(name)).st_size
        except OSError:
            continue  # a file that vanished; reading it says so
    return total


def _workers(plan: Plan, wanted: int) -> int:
    most = min(plan.task.options.processes, len(plan.groups))
    if most > 1 and not wanted:
        *others, _ = sorted(_size(plan, group) for group in plan.groups)
        return most if sum(others) >= PARALLEL_BYTES else 1
    return most


def _processes(wanted: int) -> int:
    """How many may be at work; `wanted` is 0 where nobody says."""
    import os

    if not hasattr(os, "fork"):  # Windows
        return 1
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _result(plan: Plan, parts: Sequence[Part], request: Request) -> Result:
    found = plan.found
    findings = numbered(sorted(_joined(plan.groups, parts), key=Finding.sort_key))
    problems = [*found.problems, *(problem for part in parts for problem in part.problems)]
    notes = [*found.notes, *(note for part in parts for note in part.notes)]
    status: dict[str, str] = dict.fromkeys(found.failed, "failed")
    for part in parts:
        status.update(part.files)
    if found.changed is not None:
        findings = [finding for finding in findings if _brought_about(finding, found.changed)]
        problems = [problem for problem in problems if _is_of_change(problem, found)]
        notes = [note for note in notes if not note.file or note.file in found.changed]
    if findings:
        findings = _owned(findings, found.tree)
    counts = list(status.values())
    passed: dict[str, dict[str, int]] = {}
    for part in parts:
        processing.add_counts(passed, part.passed)
    coverage = Coverage(
        analysed=counts.count("analysed"),
        partial=counts.count("partial"),
        skipped=found.skipped - len(found.unclaimed.intersection(status)) + counts.count("skipped"),
        failed=counts.count("failed"),
        resources=sum(part.resources for part in parts),
        rules=_applied(plan),
        passes=sum(sum(counts.values()) for counts in passed.values()),
        passed=passed,
    )
    result = Result(
        findings=findings,
        problems=sorted(set(problems), key=Problem.sort_key),
        notes=sorted(set(notes), key=Problem.sort_key),
        coverage=coverage,
        base=found.tree.base,
        fail_on=request.fail_on or plan.config.fail_on,
    )
    result.rules = {
        name: plan.bundle.rules[name].card() for name in sorted({finding.rule for finding in findings})
    }
    return result


def _applied(plan: Plan) -> int:
    """How many rules were on for any file, where a profile or a pack chose among them."""
    setting_of = plan.task.setting_of
    if setting_of is None or not plan.config.under:
        return len(plan.task.rules)
    names = (name for claimed in plan.found.claimed.values() for name in claimed)
    files = {id(plan.config.for_path(name)): name for name in names}.values()
    return sum(1 for rule in plan.task.rules if any(setting_of(rule, file).enabled for file in files))


def _owned(findings: list[Finding], tree: Tree) -> list[Finding]:
    """With the owner of each, where the tree has a catalogue that says."""
    from guardrail.inputs.kubernetes.platform.catalog import Ownership

    ownership = Ownership(tree)
    owners = {file: ownership.of(file) for file in {finding.span.file for finding in findings}}
    if not any(owners.values()):
        return findings
    return [
        finding._replace(owner=owner) if (owner := owners[finding.span.file]) else finding for finding in findings
    ]


def _joined(groups: Sequence[Group], parts: Sequence[Part]) -> Iterator[Finding]:
    """The findings of all groups. What a Terraform plan and the files beside it find at the same place is one finding.
    An ignore is only wrong if it is for all that read its file, and the files themselves are read: a plan does not have
    all that an ignore may be for."""
    plans = [part for group, part in zip(groups, parts, strict=True) if group.reader == "terraform-plan"]
    if not plans:
        for part in parts:
            yield from part.findings
        return
    of_plans = {id(finding) for part in plans for finding in part.findings}
    found: dict[tuple[str, Span], list[Finding]] = {}
    for part in parts:
        for finding in part.findings:
            found.setdefault((finding.rule, finding.span), []).append(finding)
    readers = Counter(name for part in parts for name in part.files)
    for (_, span), same in found.items():
        first = min(same, key=lambda finding: (finding.verdict != "fail", finding.suppression is not None))
        if first.platform == "guardrail":
            if len(same) >= readers[span.file] and any(id(finding) not in of_plans for finding in same):
                yield first
        elif readers[span.file] < 2:
            yield from same
        else:
            instances = dict.fromkeys(address for finding in (first, *same) for address in finding.instances)
            yield first._replace(instances=tuple(instances))


def _is_of_change(problem: Problem, found: Discovery) -> bool:
    """Whether a problem is a change's business: it stands in a changed file, or keeps a chart from being rendered that
    a changed file is part of."""
    if not problem.file or found.changed is None or problem.file in found.changed:
        return True
    return problem.kind == "unrendered" and any(
        problem.file.startswith(f"{folder}/" if folder else "") for folder in found.charts
    )


def _brought_about(finding: Finding, changed: frozenset[str]) -> bool:
    """Whether one of the changed files has a part in a finding: it stands there, or a value came from there."""
    if finding.span.file in changed:
        return True
    return any(evidence.span.file in changed for evidence in finding.evidence)
