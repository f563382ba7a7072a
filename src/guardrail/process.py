"""One group of files: read -> hide secrets -> concepts -> judge -> except. What a worker does.

A group is files that must be looked at together: a Terraform module with those that it calls, all
Kubernetes manifests, all pipelines. Nothing is shared between groups, so that they can be done in any order
and in several processes with the same result.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from guardrail.concepts.build import build_all
from guardrail.concepts.secret_copies import Copies
from guardrail.concepts.secret_masks import Excerpts, is_unmistakable, without_secrets
from guardrail.concepts.secrets import hide
from guardrail.concepts.surroundings import Unread, surround
from guardrail.exceptions.comments import remarked_files
from guardrail.formats.text import decode, source_lines
from guardrail.inputs.groups import Group
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Excerpt, Finding, Inventory, Note, Noun, Problem, Span
from guardrail.policy.bundle import Bundle
from guardrail.policy.findings import findings_of, without_doubles
from guardrail.policy.judge import SettingOf, Verdict, judge
from guardrail.policy.rule import Rule
from guardrail.timings import Timings, stage
from guardrail.tree import Tree, Unreadable

if TYPE_CHECKING:
    from datetime import date

    from guardrail.config.environments import Environment
    from guardrail.config.waivers import Terms
    from guardrail.exceptions.peer_waivers import PeerWaivers
    from guardrail.planned import Open

EXCERPT_BEFORE, EXCERPT_AFTER = 2, 2
"""Lines of source kept around a finding."""


class Task(NamedTuple):
    """What every group is processed with. `unread`: where only a few changed files are asked about, the others.
    `peer_ignores`: whether what was accepted in the words of other scanners counts. `peer_waivers`: what their
    configuration accepts. `terms`: what an exception must have. `environments`: as guardrail.yaml tells them apart.
    `plans`: whether plans of Terraform are among what is scanned, which may settle what its files leave open."""

    tree: Tree
    bundle: Bundle
    rules: tuple[Rule, ...]
    setting_of: SettingOf | None
    options: ReadOptions
    today: date | None  # None: inline ignores are not looked at
    timings: Timings | None = None
    unread: Unread | None = None
    peer_ignores: bool = True
    peer_waivers: PeerWaivers | None = None
    terms: Terms | None = None
    environments: tuple[Environment, ...] = ()
    plans: bool = False

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """No environment, and each."""
        return ((), *dict.fromkeys((each.name,) for each in self.environments))

    def is_on(self, rule: Rule, file: str, environments: tuple[str, ...] = ()) -> bool:
        return self.setting_of is None or self.setting_of(rule, file, environments).enabled


@dataclass(eq=False, repr=False)
class Part:
    """What came of one group. `passed`: rule -> kind -> passes. `dated`: another day, something else may come of
    it. `environments`: those that something is in. `declared`: the variables given that a root module has. `open`,
    `settled`: where plans are scanned, what they are held against; see `guardrail.planned`."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    resources: int = 0
    passed: dict[str, dict[str, int]] = field(default_factory=dict)
    dated: bool = False
    environments: list[str] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    open: list[Open] = field(default_factory=list)
    settled: dict[str, list[str] | None] = field(default_factory=dict)


class Judged(NamedTuple):
    findings: list[Finding]
    problems: list[Problem]
    passed: dict[str, dict[str, int]]
    dated: bool = False


class Read(NamedTuple):
    """`inventories`: one for each Terraform root module, whose addresses are its own; one for all else."""

    inventories: list[Inventory]
    reading: Reading
    hidden: list[tuple[str, Span]]


def read_group(group: Group, task: Task) -> Read:
    """The group's resources, with their nouns, secrets hidden."""
    timings = task.timings
    with stage(timings, "reading"):
        read = load(BY_NAME[group.reader])
        task.tree.watch = timings.asked_for if timings else None
        reading = read(group.files, task.tree, task.options)
    if timings:
        task.tree.watch = None
        timings.asked_for("")
    with stage(timings, "secrets"):
        texts = (text for file in reading.files for text in [_text(task.tree, file)])
        hidden = hide(reading.resources, texts, reading.secrets, reading.handed_in)
    with stage(timings, "concepts"):
        by_root: dict[str, Inventory] = {}
        for resource in reading.resources:
            by_root.setdefault(resource.root, Inventory()).add(resource)
        for root, inventory in by_root.items():
            inventory.indexes["beyond"] = group.beyond
            inventory.lacking = root in reading.lacking
        inventories = list(by_root.values())
        if group.reader == "kubernetes":
            surround(inventories, reading.unseen, task.unread)
        reading.problems += build_all(inventories, task.bundle.bindings)
        if task.environments:
            from guardrail.policy.environments import tell

            tell(inventories, task.environments)
    return Read(inventories, reading, hidden)


def process(group: Group, task: Task) -> Part:
    inventories, reading, hidden = read_group(group, task)
    verdicts: list[Verdict] = []
    problems = list(reading.problems)
    passed: dict[str, dict[str, int]] = {}
    with stage(task.timings, "judging"):
        for inventory in inventories:
            judgement = judge(inventory, task.rules, task.setting_of, task.timings)
            verdicts += judgement.verdicts
            problems += judgement.problems
            add_counts(passed, judgement.passed)
    with stage(task.timings, "findings"):
        judged = _except(findings_of(verdicts, hidden), reading, task)
        problems += judged.problems
        add_counts(passed, judged.passed)
        findings = _with_excerpts(without_doubles(judged.findings, task.rules), task.tree, hidden, reading.unquoted)
    environments = {name for resource in reading.resources for name in resource.environments}
    part = Part(
        findings,
        without_secrets(problems, hidden),
        without_secrets(list(reading.notes), hidden),
        dict(reading.files),
        sum(1 for resource in reading.resources if resource.mode != "config"),
        passed,
        judged.dated,
        sorted(environments),
        sorted(reading.declared),
    )
    if task.plans:
        from guardrail import planned

        if group.reader == "terraform-plan":
            part.settled = planned.settled_blocks(reading.resources, reading.whole)
        elif group.reader == "terraform":
            part.open = planned.open_verdicts(verdicts)
    _left.extend((*(inventory.let_go for inventory in inventories), *reading.held))
    if gc.isenabled():
        let_go()
    return part


_left: list[Callable[[], None]] = []


def let_go() -> None:
    """Frees what groups left behind. Whoever collects garbage has that done at once; where nobody does (the command
    line switches it off), it is for the scan to say when it is worth the while."""
    for each in _left:
        each()
    _left.clear()


def add_counts(total: dict[str, dict[str, int]], more: Mapping[str, Mapping[str, int]]) -> None:
    for name, counts in more.items():
        known = total.setdefault(name, {})
        for kind, count in counts.items():
            known[kind] = known.get(kind, 0) + count


def _except(findings: list[Finding], reading: Reading, task: Task) -> Judged:
    """Inline ignores, what is accepted in the words of other scanners, and what there is to say of the ignores."""
    from guardrail.exceptions.inline import apply, extents_of, read_ignores

    if task.today is None:
        return Judged(findings, [], {})
    files = sorted(reading.files)
    ignores = read_ignores(task.tree, files)
    remarked = remarked_files(task.tree, files) if task.peer_ignores else []
    waivers = task.peer_waivers
    if not ignores and not remarked and waivers is None:
        return Judged(findings, [], {})
    lined = [file for file in files if file.rpartition("/")[2] in waivers.lined] if waivers and waivers.lined else []
    extents = extents_of(reading.resources, {*(ignore.span.file for ignore in ignores), *remarked, *lined})
    known = {*task.bundle.rules, *task.bundle.aliases, *(rule.id for rule in task.rules)}
    findings, nouns = apply(findings, ignores, extents, task.today, known, judged_by(task), task.terms)
    dated = any(ignore.until for ignore in ignores)
    if remarked or waivers is not None:
        from guardrail.exceptions import peers

        accepted = peers.accepted_in(task.tree, remarked, reading.resources, extents) if remarked else []
        uses = peers.uses_of(reading.resources) if waivers and waivers.has_pins else {}
        findings = peers.apply(findings, accepted, waivers, extents, task.today, uses)
        dated = dated or any(each.until for each in accepted) or (waivers is not None and waivers.dated)
    about = judge_ignores(nouns, task)
    return about._replace(findings=[*findings, *about.findings], dated=dated)


def judged_by(task: Task) -> Callable[[str, str], bool]:
    """Tells of a rule, by one of its ids, and a file whether the one is on for all that the other may declare."""
    applied = {rule.id: rule for rule in task.rules}
    aliases, places = task.bundle.aliases, task.places

    def ran(name: str, file: str) -> bool:
        rule = applied.get(aliases.get(name, name))
        return rule is not None and all(task.is_on(rule, file, place) for place in places)

    return ran


def judge_ignores(nouns: Iterable[Noun], task: Task) -> Judged:
    """What rules say of ignores and waivers."""
    from guardrail.exceptions.inline import carriers

    facts = Inventory(carriers(nouns))
    facts.index_nouns()
    judgement = judge(facts, [rule for rule in task.rules if "ignore" in rule.on], task.setting_of)
    _left.append(facts.let_go)
    return Judged(findings_of(judgement.verdicts), judgement.problems, judgement.passed)


def _with_excerpts(
    findings: list[Finding], tree: Tree, hidden: list[tuple[str, Span]], unquoted: Collection[str]
) -> list[Finding]:
    """`unquoted`: files of which no line is shown: a plan is one line, with everybody's secrets on it."""
    secrets: dict[str, list[tuple[str, Span]]] = {}
    copies = Copies(value for value, span in hidden if is_unmistakable(value, told=not span.line))
    starred = cache(copies.starred)  # findings share lines
    for value, span in hidden:
        secrets.setdefault(span.file, []).append((value, span))
    sources: dict[str, tuple[list[str], Excerpts]] = {}
    made: list[Finding] = []
    for finding in findings:
        span = finding.span
        if span.file in unquoted:
            made.append(finding)
            continue
        if span.file not in sources:
            sources[span.file] = source_lines(_text(tree, span.file)), Excerpts(secrets.get(span.file, ()))
        source, excerpts = sources[span.file]
        first = max(1, span.line - EXCERPT_BEFORE)
        last = min(len(source), min(span.end_line, span.line + 5) + EXCERPT_AFTER)
        shown = [starred(line) for line in excerpts.shown(source[first - 1 : last], first)]
        made.append(finding._replace(excerpt=Excerpt(first, tuple(shown))) if shown else finding)
    return made


def _text(tree: Tree, file: str) -> str:
    try:
        return decode(tree.read(file), file)[0]
    except Unreadable:
        return ""
