"""What a scan is asked for, and what is going to be done: the files found, in groups, and what they are judged with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.concepts.surroundings import Unread
from guardrail.config import Config, did_you_mean
from guardrail.config import load as load_config
from guardrail.discover import STDIN, Discovery, discover, find_base, name_in
from guardrail.errors import ConfigError, RuleError, UsageError
from guardrail.inputs.groups import Group, groups_of
from guardrail.inputs.reader import ReadOptions
from guardrail.model import Problem
from guardrail.policy.assembly import assemble, check_settings
from guardrail.policy.bundle import Bundle
from guardrail.policy.judge import Setting
from guardrail.policy.rule import Rule
from guardrail.process import Task
from guardrail.timings import Timings, stage
from guardrail.tree import Tree

if TYPE_CHECKING:
    from datetime import date

    from guardrail.config.waivers import Waiver
    from guardrail.exceptions.baseline import Baseline
    from guardrail.exceptions.peer_waivers import PeerWaivers
    from guardrail.scanners.checkov import Handed, Wanted


class Request(NamedTuple):
    """What a scan is asked for. `fail_on`, `min_severity`, `variables` and `var_files` add to what guardrail.yaml says.
    `environment` and `actions`: as in `ReadOptions`, whose default stands where `actions` is empty. `only`: ids of the
    rules to apply, all where empty. `today`: what the dates of ignores are held against.
    `workers`: processes; 0 chooses. `cache`: whether what earlier scans found may serve, and is kept for later ones.
    `packs`: folders of rules beside those that guardrail.yaml names. `profiles`: instead of those that it names.
    `baseline`: the absolute path of a file instead of the one that guardrail.yaml names, "" for none at all.
    `scanners`: those that run beside guardrail, besides what guardrail.yaml names.
    `base`: the top of the tree, where it is not to be found by the paths.
    `overlay`: contents that stand in for those of files of the tree, by name.
    `timings` gets where the time goes, if all is done in one process and nothing comes from the cache."""

    paths: tuple[str, ...] = (".",)
    config: str | None = None
    changed: bool = False
    fail_on: str | None = None
    min_severity: str | None = None
    only: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    var_files: tuple[str, ...] = ()
    environment: bool = False
    actions: tuple[str, ...] = ()
    base: str | None = None
    stdin: bytes | None = None
    stdin_filename: str = ""
    workers: int = 0
    today: date | None = None
    cache: bool = False
    packs: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    baseline: str | None = None
    scanners: tuple[str, ...] = ()
    overlay: Mapping[str, bytes] = {}
    timings: Timings | None = None


class Plan(NamedTuple):
    """What is going to be done: the files found, in groups, and what they are judged with. `baseline`: findings that
    were there before; `waivers`: those that guardrail.yaml accepts. `paths`: what was asked for, by name in the tree,
    where all of it is judged. `handed`: what another scanner gets, where one runs beside guardrail."""

    found: Discovery
    config: Config
    bundle: Bundle
    groups: tuple[Group, ...]
    task: Task
    baseline: Baseline | None = None
    waivers: tuple[Waiver, ...] = ()
    paths: tuple[str, ...] = ()
    handed: Handed | None = None


def prepare(request: Request) -> Plan:
    tree = Tree(find_base(request.paths, request.base, changed=request.changed), dict(request.overlay))
    config = load_config(tree, request.config)
    beside = _scanner_beside(config, request)
    with stage(request.timings, "discovery"):
        found = discover(
            request.paths,
            tree,
            config,
            changed=request.changed,
            stdin=request.stdin,
            stdin_filename=request.stdin_filename,
            is_foreign=beside.is_for if beside else None,
        )
    with stage(request.timings, "rules"):
        bundle = assemble(config, tree, request.packs, request.profiles)
    for names in found.claimed.values():
        for name in names:
            config.for_path(name)  # reads the guardrail.yaml on its way, so that all of them are checked
    check_settings(config, bundle, beside.is_check if beside else None)
    rules = _chosen(bundle, request.only)
    options = ReadOptions(
        variables=request.variables,
        configured=config.variables,
        var_files=(*config.var_files, *(_inside(tree, name) for name in request.var_files)),
        environment=request.environment,
        actions=request.actions or ReadOptions().actions,
        helm_profiles=config.helm_profiles,
        processes=_processes(request.workers),
    )
    today = request.today or _today()
    setting_of = SettingsOf(config, bundle, today) if config.files or config.under else None
    unread = Unread(tree, found.unread) if found.unread else None
    task = Task(
        tree, bundle, rules, setting_of, options, today, request.timings, unread, config.peer_ignores,
        _peer_waivers(tree, found.peer_files, rules, today) if config.peer_ignores and found.peer_files else None,
        config.terms, config.environments, "terraform-plan" in found.claimed,
    )  # fmt: skip
    groups = tuple(groups_of(found.claimed, tree))
    paths = () if request.changed else tuple(name_in(tree, path) for path in request.paths if path != STDIN)
    waivers = tuple(config.waivers)
    handed = _handed_over(found, beside) if beside and not request.only else None
    return Plan(found, config, bundle, groups, task, _baseline(config, request), waivers, paths, handed)


def _scanner_beside(config: Config, request: Request) -> Wanted | None:
    """What is wanted of Checkov, if it is to run beside guardrail."""
    said = config.scanners.get("checkov")
    if said is None and "checkov" not in request.scanners:
        return None
    from guardrail.scanners.checkov import INSTALL, Wanted, found_in

    if said is not None and found_in() is None:  # of one repository among several, it keeps only that one
        raise ConfigError(INSTALL, *config.scanner_place("checkov"))
    return Wanted.of(said or {})


def _handed_over(found: Discovery, wanted: Wanted) -> Handed:
    from guardrail.scanners.checkov import hand_over

    def asked(paths: Collection[str]) -> Collection[str]:
        return paths if found.changed is None else found.changed.intersection(paths)

    doubtful = found.claimed.get("kubernetes", ())
    return hand_over(found.tree, asked(found.foreign | found.unclaimed), asked(doubtful), wanted)


def _baseline(config: Config, request: Request) -> Baseline | None:
    import os

    path = config.baseline if request.baseline is None else request.baseline
    if not path:
        return None
    from guardrail.exceptions.baseline import read

    shown = os.path.relpath(path, config.tree.base).replace(os.sep, "/")
    return read(path, path if shown.startswith("../") else shown)


def _peer_waivers(tree: Tree, paths: Collection[str], rules: Sequence[Rule], today: date) -> PeerWaivers | None:
    from guardrail.config.peer_files import read_waived
    from guardrail.exceptions.peer_waivers import PeerWaivers

    waived = read_waived(tree, paths)
    replaced = (rule.data.get("replaces") or {} for rule in rules)
    pairs = ((scanner, check) for checks in replaced for scanner in checks for check in checks[scanner])
    return PeerWaivers(waived, pairs, today) if waived else None


def with_repositories(plan: Plan, request: Request) -> tuple[dict[str, Plan], dict[str, Problem]]:
    """The plan, as that of "", and one for each repository in its tree, by the folder, as if that were scanned alone.
    What is wrong with the guardrail.yaml of one is a problem, and keeps the others from nothing."""
    plans, failed = {"": plan}, dict[str, Problem]()
    for folder, wanted in plan.found.repositories.items():
        paths = tuple(plan.found.tree.absolute(path) for path in wanted)
        try:
            plans[folder] = prepare(request._replace(paths=paths, base=None))
        except (ConfigError, RuleError) as error:
            file = f"{folder}/{error.file}" if error.file else folder
            failed[folder] = Problem("configuration", error.message, file, error.line)
    return plans, failed


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
    """How guardrail.yaml wants a rule in a file, or in environments, on a day. Wrong parameters are told as errors of
    the configuration."""

    def __init__(self, config: Config, bundle: Bundle, today: date) -> None:
        self.config, self.today = config, today
        self.old_names: dict[str, list[str]] = {}
        for alias, name in bundle.aliases.items():
            self.old_names.setdefault(name, []).append(alias)
        self.known: dict[tuple[int, str], Setting] = {}

    def __call__(self, rule: Rule, file: str, environments: tuple[str, ...]) -> Setting:
        settings = self.config.for_path(file, environments)
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
        found = found.on(self.today)
        return Setting(found.enabled, found.severity, found.enforce, dict(found.parameters) or None, found.effective)


def _processes(wanted: int) -> int:
    """How many may be at work; `wanted` is 0 where nobody says."""
    import os

    if not hasattr(os, "fork"):  # Windows
        return 1
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
