"""Which kustomizations are built: those that no other one takes."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

from guardrail.inputs.kubernetes.kustomize.files import Files, Kustomization
from guardrail.inputs.reader import Reading
from guardrail.tree import Tree


def roots_of(known: Iterable[Kustomization], files: Files) -> list[Kustomization]:
    """Sorted by path. A component is none, whoever names it or not. Of kustomizations that name each other in a circle
    and that nobody else names, the first is one."""
    everything = {one.folder: one for one in known}
    taken: set[str] = set()
    seen: set[str] = set()
    stack = list(everything.values())
    while stack:
        one = stack.pop()
        if one.folder not in seen:
            seen.add(one.folder)
            for child in _children(one, files):
                stack.append(child)
                if child.folder != one.folder:
                    taken.add(child.folder)
    ordered = sorted((one for one in everything.values() if not one.component), key=lambda one: one.path)
    roots = [one for one in ordered if one.folder not in taken]
    reached = _reached(roots, files)
    for one in ordered:
        if one.folder not in reached:
            roots.append(one)
            reached |= _reached([one], files)
    return sorted(roots, key=lambda one: one.path)


def linked(paths: Iterable[str], changed: Collection[str], tree: Tree) -> set[str]:
    """Of these kustomization files, the ones that come to a changed file, and all that those take."""
    files = Files(tree, _no_manifest)
    found_there = (files.kustomization(posixpath.dirname(path)) for path in sorted(paths))
    everything = {one.folder: one for one in found_there if one}
    takers: dict[str, list[Kustomization]] = {}
    for one in everything.values():
        for child in _children(one, files):
            takers.setdefault(child.folder, []).append(one)
    stack = [one for one in everything.values() if not set(changed).isdisjoint(files.named_by(one))]
    found: set[str] = set()
    while stack:
        one = stack.pop()
        if one.folder not in found:
            found.add(one.folder)
            stack.extend(takers.get(one.folder, ()))
    reached = _reached([everything[folder] for folder in sorted(found) if folder in everything], files)
    return {everything[folder].path for folder in reached if folder in everything}


def _no_manifest(path: str, data: bytes, reading: Reading, dialect: str = "") -> None:
    """Which kustomization takes what can be told without reading manifests."""


def _children(one: Kustomization, files: Files) -> Iterator[Kustomization]:
    for named in one.children():
        child = files.kustomization(named.path)
        if child is not None:
            yield child


def _reached(starts: Iterable[Kustomization], files: Files) -> set[str]:
    found: set[str] = set()
    stack = list(starts)
    while stack:
        one = stack.pop()
        if one.folder not in found:
            found.add(one.folder)
            stack.extend(_children(one, files))
    return found
