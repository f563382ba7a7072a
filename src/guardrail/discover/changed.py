"""Changed-files mode: the files of a commit, and those without which they could not be judged."""

from __future__ import annotations

from guardrail.discover.claims import Claims
from guardrail.discover.walk import Walk
from guardrail.inputs import table

_ACTION_NAMES = ("action.yml", "action.yaml")
_WORKFLOWS = ".github/workflows"


def take_changed(files: list[str], folders: list[str], claims: Claims, walk: Walk) -> None:
    """Beside the changed files themselves: for Terraform the modules linked with theirs; for a manifest the others of
    its folder; for a changed action the workflows, one of which may use it."""
    for path, entry in walk.files(folders):
        claims.take_entry(path, entry)
    for path in files:
        if not walk.is_out(path):
            claims.take(path)
    changed = claims.found.changed = frozenset(claims.looked_at)
    readers = claims.by_reader
    manifests, pipelines = readers["kubernetes"] & changed, readers["pipelines"] & changed
    if readers["terraform"]:
        _take_linked_modules(changed, claims, walk)
    for folder in sorted({path.rpartition("/")[0] for path in manifests}):
        _take_beside(folder, "kubernetes", claims, walk)
    if any(path.rpartition("/")[2] in _ACTION_NAMES for path in pipelines):
        _take_beside(_WORKFLOWS, "pipelines", claims, walk)


def _take_linked_modules(changed: frozenset[str], claims: Claims, walk: Walk) -> None:
    from guardrail.inputs.terraform import components

    for path, entry in walk.files([""]):
        if table.is_terraform(path):
            claims.take_entry(path, entry)
    files = sorted(claims.by_reader["terraform"])
    linked = {path for group in components(files, claims.tree) if not changed.isdisjoint(group) for path in group}
    beside = set(files) - linked - changed
    claims.by_reader["terraform"] -= beside
    # What is wrong elsewhere is not this commit's business.
    for path in claims.failed.keys() - changed:
        del claims.failed[path]
    claims.found.notes = [note for note in claims.found.notes if note.file not in beside]


def _take_beside(folder: str, reader: str, claims: Claims, walk: Walk) -> None:
    for name in claims.tree.names_in(folder):
        path = f"{folder}/{name}" if folder else name
        if path in claims.looked_at or not table.is_sniffed(path) or walk.is_out(path):
            continue
        taken_by = claims.take(path)
        if taken_by is not None and taken_by != reader:
            claims.by_reader[taken_by].discard(path)
