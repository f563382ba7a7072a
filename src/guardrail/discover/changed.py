"""Changed-files mode: the files of a commit, and those without which they could not be judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from guardrail.discover.claims import Claims
from guardrail.discover.paths import ancestors
from guardrail.discover.walk import Walk
from guardrail.inputs import table
from guardrail.model import Note
from guardrail.tree import Unreadable

_ACTION_NAMES = ("action.yml", "action.yaml")
_WORKFLOWS = ".github/workflows"


def take_changed(
    files: list[str], folders: list[str], claims: Claims, walk: Walk, deleted: Collection[str] = ()
) -> None:
    """Beside the changed files themselves: for Terraform the modules linked with theirs; for a manifest the others of
    its folder, and the kustomizations that it goes through; for a chart's file, or values that a chart is rendered
    with (a release's own among them), the chart; for a changed action the workflows, one of which may use it. For a
    deleted file of Terraform, or what may have been a manifest, those beside it: what they lack now stands in them."""
    for path, entry in walk.files(folders):
        claims.take_entry(path, entry)
    # Before walks for what is needed beside come upon repositories that nothing changed in.
    claims.found.repositories = dict(sorted(walk.apart.found.items()))
    for path in files:
        if not walk.is_out(path):
            claims.take(path)
    gone = sorted(path for path in deleted if not walk.is_out(path))
    for path in gone:
        _take_left_behind(path, claims, walk)
    changed = claims.found.changed = frozenset(claims.looked_at) | frozenset(gone)
    readers = claims.by_reader
    manifests, pipelines = readers["kubernetes"] & changed, readers["pipelines"] & changed
    if readers["terraform"] or _may_concern_units(changed, claims):
        _take_linked_modules(changed, claims, walk)
    for folder in sorted({path.rpartition("/")[0] for path in manifests}):
        _take_beside(folder, "kubernetes", claims, walk)
    _take_charts(changed, manifests, claims, walk)
    _take_kustomizations(changed, bool(manifests), claims, walk)
    if any(path.rpartition("/")[2] in _ACTION_NAMES for path in pipelines):
        _take_beside(_WORKFLOWS, "pipelines", claims, walk)
    if plans := readers["terraform-plan"] & changed:
        claims.found.changed |= _sources_of(plans, claims)
    if readers["kubernetes"]:
        claims.found.unread = lambda: _manifests_beside(claims, walk)


def _take_left_behind(path: str, claims: Claims, walk: Walk) -> None:
    folder, terraform = path.rpartition("/")[0], table.is_terraform(path)
    if folder == _WORKFLOWS or not (terraform or table.is_sniffed(path)):
        return
    claims.found.notes.append(Note("deleted-file", "is not there any more: what stands beside it is judged", path))
    _take_beside(folder, "terraform" if terraform else "kubernetes", claims, walk)


def _manifests_beside(claims: Claims, walk: Walk) -> Iterator[str]:
    for path, _ in walk.files([""]):
        if path not in claims.looked_at and table.is_sniffed(path):
            yield path


def _may_concern_units(changed: frozenset[str], claims: Claims) -> bool:
    """Whether one of the changed files may have a part in Terragrunt's units without being one."""
    from guardrail.inputs.terraform.grouping import may_concern_units

    return any(may_concern_units(path, claims.tree) for path in sorted(changed))


def _take_linked_modules(changed: frozenset[str], claims: Claims, walk: Walk) -> None:
    from guardrail.inputs.terraform import components

    for path, entry in walk.files([""]):
        if table.is_terraform(path):
            claims.take_entry(path, entry)
    files = sorted(claims.by_reader["terraform"])
    if _may_concern_units(changed, claims):
        from guardrail.inputs.terraform.terragrunt.touched import units_touched

        # What such a file brings about stands in the modules; the units are what leads there.
        changed = claims.found.changed = changed | units_touched(changed, files, claims.tree)
    linked = {path for group in components(files, claims.tree) if not changed.isdisjoint(group) for path in group}
    beside = set(files) - linked - changed
    claims.by_reader["terraform"] -= beside
    # What is wrong elsewhere is not this commit's business.
    for path in claims.failed.keys() - changed:
        del claims.failed[path]
    claims.found.notes = [note for note in claims.found.notes if note.file not in beside]


def _take_kustomizations(changed: frozenset[str], manifests: bool, claims: Claims, walk: Walk) -> None:
    """Every kustomization that comes to a changed file, and those on the way there: what a base lacks, its overlays may
    have."""
    from guardrail.inputs.kubernetes.kustomize import NAMES, linked

    tree = claims.tree
    above = {folder for path in changed for folder in ancestors(path)}
    if not manifests and not any(tree.is_file(f"{folder}/{name}".lstrip("/")) for folder in above for name in NAMES):
        return
    for path, entry in walk.files([""]):
        if path.rpartition("/")[2] in NAMES:
            claims.take_entry(path, entry)
    taken = {path for path in claims.by_reader["kubernetes"] if path.rpartition("/")[2] in NAMES}
    beside = taken - linked(taken, changed, tree) - changed
    claims.by_reader["kubernetes"] -= beside
    for path in claims.failed.keys() - changed:
        del claims.failed[path]
    claims.found.notes = [note for note in claims.found.notes if note.file not in beside]


def _sources_of(plans: set[str], claims: Claims) -> frozenset[str]:
    """The files that changed plans were made of, on whose lines stands what the plans bring about."""
    from guardrail.inputs.terraform.grouping import folder_of, local_sources

    tree = claims.tree
    found: set[str] = set()
    folders = sorted({folder_of(path) for path in plans})
    seen = set(folders)
    for folder in folders:  # grows
        for name in tree.names_in(folder):
            path = f"{folder}/{name}" if folder else name
            if not table.is_terraform(path):
                continue
            found.add(path)
            try:
                sources = local_sources(tree.read(path))
            except Unreadable:
                continue
            targets = {tree.join(folder, source) for source in sources}
            added = sorted(target for target in targets if target is not None and target not in seen)
            seen.update(added)
            folders += added
    return frozenset(found)


def _take_charts(changed: frozenset[str], manifests: set[str], claims: Claims, walk: Walk) -> None:
    """The charts that are rendered with a changed file, or as a changed object asks for (Argo CD's Application)."""
    from guardrail.inputs.kubernetes.helm.layout import CHART, may_concern_charts
    from guardrail.inputs.kubernetes.platform.releases import Releases

    released = Releases(sorted(manifests), claims.tree).charts
    if not released and not may_concern_charts(changed, claims.charts):
        return
    from guardrail.inputs.kubernetes.helm.touched import charts_touched

    charts: set[str] = set()
    for path, _ in walk.files([""]):
        folder, _, name = path.rpartition("/")
        if name == CHART and claims.charts.of(path) == folder:
            charts.add(folder)
    touched = charts_touched(changed, sorted(charts), claims.charts) | (charts & released)
    claims.found.charts = tuple(sorted(touched))
    for path, _ in walk.files(sorted(touched)):
        if path not in claims.looked_at and table.is_sniffed(path):
            taken_by = claims.take(path)
            if taken_by is not None and taken_by != "kubernetes":
                claims.by_reader[taken_by].discard(path)


def _take_beside(folder: str, reader: str, claims: Claims, walk: Walk) -> None:
    for name in claims.tree.names_in(folder):
        path = f"{folder}/{name}" if folder else name
        wanted = table.is_terraform(path) if reader == "terraform" else table.is_sniffed(path)
        if not wanted or path in claims.looked_at or walk.is_out(path):
            continue
        taken_by = claims.take(path)
        if taken_by is not None and taken_by != reader:
            claims.by_reader[taken_by].discard(path)
