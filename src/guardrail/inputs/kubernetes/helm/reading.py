"""The charts of a tree -> resources: each chart with each of its profiles is a world of its own (`Resource.root`)."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Sequence

from guardrail.inputs.kubernetes.helm.chart import read_chart
from guardrail.inputs.kubernetes.helm.chart_reading import ChartReading, Outcome
from guardrail.inputs.kubernetes.helm.engine import Engine, find_engine
from guardrail.inputs.kubernetes.helm.profiles import Profile, ProfilesOf
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.tree import Tree

NO_HELM = (
    "there is no Helm to render it with, so nothing of it is judged: `pip install 'guardrail-scan[helm]'`, or put helm "
    "on PATH"
)
AHEAD = 2  # charts that Helm is at while another one is read
IN_MEMORY = "/dev/shm"
MEMORY = 1 << 30  # bytes that must be free to have the copies in memory
INODES = 50_000
CHARTS_EACH = 2  # fewer are not worth a further process, which starts a Helm of its own


def read_belonging(
    belonging: dict[str, list[str]], tree: Tree, options: ReadOptions, asked_for: ProfilesOf | None
) -> Reading:
    """`belonging`: the charts' folders and the files that belong to each. See `read_charts`."""
    charts = {folder: read_chart(folder, tree) for folder in sorted(belonging)}
    claimed = frozenset(path for files in belonging.values() for path in files)
    all_known = [ChartReading(folder, chart, belonging[folder], tree, claimed) for folder, chart in charts.items()]
    with tempfile.TemporaryDirectory(prefix="guardrail-helm-", dir=_in_memory(), ignore_cleanup_errors=True) as home:
        engine = find_engine(home)
        try:
            used: set[str] = set()
            rendered: list[ChartReading] = []
            for known in all_known:
                if known.chart is None:
                    known.fail("it has no name, or is no YAML; not rendered")
                elif engine is None and not known.chart.library:
                    known.fail(NO_HELM)
                elif not known.chart.library:
                    known.asked_for += _configured(options, known.folder)
                    known.asked_for += asked_for(known.folder) if asked_for else ()
                    known.at = os.path.join(home, str(len(rendered)))
                    rendered.append(known)
            if engine is not None:
                processes = min(options.processes, len(rendered) // CHARTS_EACH)
                if processes > 1:
                    used = _in_parts(rendered, engine, list(charts), processes)
                else:
                    used = _in_turn(rendered, engine, list(charts))
        finally:
            if engine is not None:
                engine.close()
    reading = Reading()
    judged: dict[str, str] = {}
    for known in all_known:
        judged.update(known.judged())
    for known in all_known:
        if known.chart is not None and known.chart.library:
            known.library(known.folder in used)
        known.add_to(reading, judged)
    return reading


def _in_memory() -> str | None:
    """A file system in memory with room enough for charts, where there is one: writing 3,000 files took 0.05 s of CPU
    instead of 0.8. None: wherever temporary files go."""
    try:
        free = os.statvfs(IN_MEMORY)
    except (AttributeError, OSError):  # Windows, macOS
        return None
    enough = free.f_bavail * free.f_frsize >= MEMORY and free.f_favail >= INODES
    return IN_MEMORY if enough and os.access(IN_MEMORY, os.W_OK | os.X_OK) else None


def _in_turn(charts: Sequence[ChartReading], engine: Engine, folders: Sequence[str]) -> set[str]:
    """Renders charts, and reads one while Helm is at the next ones. The folders of those that are part of others."""
    used: set[str] = set()
    begun: deque[ChartReading] = deque()
    for known in charts:
        if known.start(engine, folders):
            begun.append(known)
        if len(begun) > AHEAD:
            used |= begun.popleft().finish()
    while begun:
        used |= begun.popleft().finish()
    return used


def _in_parts(charts: Sequence[ChartReading], engine: Engine, folders: Sequence[str], processes: int) -> set[str]:
    """The same by several processes, each of which starts a Helm of its own."""
    from guardrail.workers import results_of

    tree = charts[0].tree

    def work(number: int) -> tuple[Outcome, set[str], dict[tuple[str, str], str]]:
        known, before = charts[number], tree.log
        asked: dict[tuple[str, str], str] = {}
        tree.log = None if before is None else asked
        used = known.finish() if known.start(engine, folders) else set()
        tree.log = before
        return known.outcome, used, asked

    order = sorted(range(len(charts)), key=lambda number: -len(charts[number].files))
    results = results_of(work, order, processes)
    used: set[str] = set()
    for number, known in enumerate(charts):
        known.outcome, parts, asked = results[number]
        used |= parts
        if tree.log is not None:
            tree.log.update(asked)
    return used


def _configured(options: ReadOptions, folder: str) -> list[Profile]:
    """The profiles that guardrail.yaml has for a chart."""
    return [
        Profile(found.name, found.values_files, found.values, found.release, found.namespace, found.place)
        for found in options.helm_profiles
        if found.chart == folder
    ]
