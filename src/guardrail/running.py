"""Groups of files -> what comes of each: from the cache where it is known, by as many processes as are worth it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from guardrail import process as processing
from guardrail.inputs.groups import Group
from guardrail.planning import Plan, Request
from guardrail.policy.bundle import cache_folder
from guardrail.process import Part

if TYPE_CHECKING:
    from guardrail.cache import Cache

PARALLEL_BYTES = 10_000
"""Less than this, beside the largest group, is read sooner than another process has started."""

WORTH_KEEPING = 100_000
"""Bytes to read. Less is judged in the time that looking for it takes."""

GARBAGE = 800_000
"""So many objects more than at the last collection (some 80 to 120 MB) are worth another one."""


class _Work(NamedTuple):
    """A group to be processed. `size`: its bytes. `cache`: where what comes of it is kept, if it is."""

    group: Group
    plan: Plan
    size: int
    cache: Cache | None

    def done(self) -> Part:
        _tidy()
        task = self.plan.task
        part = self.cache.process(self.group) if self.cache else processing.process(self.group, task)
        task.tree.forget(self.group.files)  # other groups seldom ask for them, and can read them again
        return part


def parts_of(plans: Sequence[Plan], request: Request) -> list[list[Part]]:
    """What comes of the groups of each plan, in their order, whoever works it out."""
    sizes = [[_size(plan, group) for group in plan.groups] for plan in plans]
    keeps = request.cache and sum(map(sum, sizes)) >= WORTH_KEEPING
    caches = [_cache(plan, request) if keeps else None for plan in plans]
    known = [
        [cache.find(group) if cache else None for group in plan.groups]
        for plan, cache in zip(plans, caches, strict=True)
    ]
    left = [
        _Work(group, plan, size, cache)
        for plan, cache, of_plan, found in zip(plans, caches, sizes, known, strict=True)
        for group, size, part in zip(plan.groups, of_plan, found, strict=True)
        if part is None
    ]
    made = _made(left, request.workers)
    parts = [[part or next(made) for part in found] for found in known]
    cache = next(filter(None, caches), None)
    if left and cache:  # they are all in one folder
        cache.store.tidy()
    return parts


def _cache(plan: Plan, request: Request) -> Cache | None:
    # What manifests are lacking may be in files that are not read, and so no part of what findings are kept by.
    if plan.found.tree.overlay or plan.found.unread:
        return None
    from guardrail.cache import Cache

    return Cache(cache_folder(), plan.task, _identity(plan, request))


def _identity(plan: Plan, request: Request) -> str:
    """What the findings depend on besides the files that are scanned."""
    import os

    options = plan.task.options._replace(processes=1)
    words = [plan.bundle.key, *sorted(rule.id for rule in plan.task.rules), repr(options)]
    words += [f"{source.file} {source.data!r}" for source in (*plan.config.under, *plan.config.files)]
    if plan.config.is_dated:
        words.append(f"on {plan.task.today}")
    if plan.task.peer_waivers is not None:
        words.append(plan.task.peer_waivers.key)
    if plan.task.plans:
        words.append("beside plans")
    if request.environment:
        words += sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("TF_VAR_"))
    return "\0".join(words)


def _made(left: Sequence[_Work], wanted: int) -> Iterator[Part]:
    """What comes of each, in their order."""
    count = _workers(left, wanted)
    if count <= 1:
        for work in left:
            yield work.done()
        return
    from guardrail.workers import results_of

    order = sorted(range(len(left)), key=lambda index: -left[index].size)
    done = results_of(lambda index: left[index].done(), order, count)
    for index in range(len(left)):
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


def _workers(left: Sequence[_Work], wanted: int) -> int:
    if not left:
        return 1
    most = min(left[0].plan.task.options.processes, len(left))
    if most > 1 and not wanted:
        *others, _ = sorted(work.size for work in left)
        return most if sum(others) >= PARALLEL_BYTES else 1
    return most
