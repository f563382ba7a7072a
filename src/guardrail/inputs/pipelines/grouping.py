"""Which pipelines must be read together: those that call each other's actions and workflows in the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from guardrail.inputs.batches import batches
from guardrail.inputs.pipelines.practices import Beyond, beyond, repository_of
from guardrail.inputs.pipelines.recognise import WORKFLOW_PATH, recognise
from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

GROUP_BYTES = 50_000
"""Files that have nothing to do with each other are put together up to this: less would be all bookkeeping."""

_HEAD = 65536
_LOCAL_CALL = lazy_regex(rb"""\buses["']?[ \t]*:[ \t]*["']?[.$](/[^\s"'@#,}]*)""")


def components(
    files: Sequence[str], tree: Tree, parted: bool = True
) -> Iterator[tuple[tuple[str, ...], tuple[Beyond, ...]]]:
    """Groups of files (one, unless `parted`), sorted, in a stable order that depends on nothing but the files, each
    with what the repositories do that it has but a part of. Only GitHub's name what they call so that a look at the
    text tells; those of another system stay together."""
    systems: dict[str, str | None] = {path: "github-actions" for path in files if WORKFLOW_PATH.search(path)}
    groups = list(_parted(files, tree, systems)) if parted else [tuple(files)]
    yield from zip(groups, beyond(groups, systems, _beside(files, tree), tree), strict=True)


def _beside(files: Sequence[str], tree: Tree) -> list[str]:
    """The workflows in the same folders, where only some of them are to be judged."""
    known = set(files)
    folders = dict.fromkeys(posixpath.dirname(path) for path in files if WORKFLOW_PATH.search(path))
    there = (f"{folder}/{name}" for folder in folders for name in tree.names_in(folder))
    return [path for path in there if WORKFLOW_PATH.search(path) and path not in known]


def _parted(files: Sequence[str], tree: Tree, systems: dict[str, str | None]) -> Iterator[tuple[str, ...]]:
    """Fills `systems`, of each file."""
    parent = {path: path for path in files}

    def root(path: str) -> str:
        while parent[path] != path:
            parent[path] = path = parent[parent[path]]
        return path

    first_of: dict[str | None, str] = {}
    sizes: dict[str, int] = {}
    for path in files:
        try:
            data = tree.read(path)
        except Unreadable:  # reading it says so
            sizes[path] = 0
            continue
        sizes[path] = len(data)
        system = systems[path] = recognise(path, data[:_HEAD])
        if system != "github-actions":
            parent[root(path)] = root(first_of.setdefault(system, path))
            continue
        for call in {match.group(1) for match in _LOCAL_CALL.finditer(data)}:
            for target in _targets(path, call.decode(errors="replace")):
                if target in parent:
                    parent[root(target)] = root(path)
    _keep_small_ones([path for path in files if systems.get(path) == "github-actions"], sizes, parent, root)
    together: dict[str, list[str]] = {}
    for path in files:
        together.setdefault(root(path), []).append(path)
    yield from batches(together.values(), sizes, GROUP_BYTES)


def _keep_small_ones(
    files: Iterable[str], sizes: Mapping[str, int], parent: dict[str, str], root: Callable[[str], str]
) -> None:
    """Repositories that fit into a group are not parted: what the rest of one does would have to be surveyed."""
    repositories: dict[str, list[str]] = {}
    for path in files:
        repositories.setdefault(repository_of(path), []).append(path)
    for first, *others in repositories.values():
        if sum(sizes[path] for path in (first, *others)) <= GROUP_BYTES:
            for path in others:
                parent[root(path)] = root(first)


def _targets(path: str, call: str) -> Iterator[str]:
    """What `uses: ./call` may name, wherever above the file the repository begins."""
    folder = posixpath.dirname(path)
    while True:
        target = posixpath.normpath(f"{folder}{call}" if folder else call.lstrip("/"))
        yield target
        yield f"{target}/action.yml"
        yield f"{target}/action.yaml"
        if not folder:
            return
        folder = posixpath.dirname(folder)
