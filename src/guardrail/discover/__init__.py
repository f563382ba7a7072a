"""Which files of a tree there are to read, and which reader takes each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from guardrail.config import Config
from guardrail.config.peer_names import PEER_FILES
from guardrail.discover.changed import take_changed
from guardrail.discover.claims import Claims, Discovery
from guardrail.discover.paths import STDIN, all_there, ancestors, find_base, name_in, not_from_top, without_deleted
from guardrail.discover.repositories import Repositories
from guardrail.discover.walk import Walk
from guardrail.model import Note
from guardrail.tree import SKIPPED_FOLDERS, Tree

__all__ = ["SKIPPED_FOLDERS", "STDIN", "Discovery", "discover", "find_base", "name_in"]


def discover(
    paths: Sequence[str],
    tree: Tree,
    config: Config | None = None,
    *,
    changed: bool = False,
    stdin: bytes | None = None,
    stdin_filename: str = "",
    is_foreign: Callable[[str], bool] | None = None,
) -> Discovery:
    """Looks at the paths (files, folders, `-` for the bytes in `stdin`), which must stand in the tree.

    Left out are the folders in `SKIPPED_FOLDERS`, what .gitignore and .git/info/exclude ignore and git's index does not
    have, and what guardrail.yaml excludes; a file that is itself among the paths is taken all the same, unless
    `changed`: then the paths are the files of a commit, chosen by nobody, and come with what is needed to judge them.
    Some may have been deleted by it; without any, nothing has changed.

    `is_foreign` says of a file's name whether another scanner is to have it where no reader wants it.

    Repositories in a folder that is none are left out, too, and listed: each is a tree of its own.

    Raises UsageError (a path that is not there, or not in the tree) and ConfigError; all else is a problem.
    """
    paths = paths or ([] if changed else ["."])
    there = without_deleted(paths) if changed else paths
    all_there(there)
    not_from_top(tree, [path for path in paths if path not in there])
    claims = Claims(tree, is_foreign)
    config = config or Config(tree)
    apart = Repositories(tree, config)
    walk = Walk(tree, config, apart)
    if STDIN in paths:
        claims.take_stdin(stdin or b"", name_in(tree, stdin_filename) if stdin_filename else "")
    names = apart.without({name_in(tree, path) for path in paths if path != STDIN})
    folders = sorted(name for name in names if tree.is_folder(name))
    files = sorted(names.difference(folders))
    if changed:
        deleted = set(files).difference(name_in(tree, path) for path in there if path != STDIN)
        if not paths:
            claims.found.notes.append(Note("nothing-changed", "no file was named as changed: nothing is judged"))
        take_changed([name for name in files if name not in deleted], folders, claims, walk, deleted)
        names = {name for claimed in claims.by_reader.values() for name in claimed}
    else:
        for name in files:
            claims.take_given(name)
        for path, entry in walk.files(folders):
            claims.take_entry(path, entry)
            if entry.name in PEER_FILES:
                claims.found.peer_files.add(path)
        claims.found.repositories = dict(sorted(apart.found.items()))
        claims.found.notes += apart.notes()
    claims.found.peer_files.update(_peer_files_above((*names, *tree.overlay), walk))
    return claims.finish(walk, ["standard input" if path == STDIN else path for path in paths])


def _peer_files_above(names: Iterable[str], walk: Walk) -> Iterator[str]:
    """Other scanners' configuration that a walk of the tree would come upon in the folders that these files are in and
    those above."""
    tree = walk.tree
    for folder in {folder for name in names for folder in ancestors(name)}:
        inside = f"{folder}/" if folder else ""
        places = [inside]
        if tree.is_folder(f"{inside}.github"):
            places += [f"{inside}.github/", f"{inside}.github/linters/"]
        for place in places:
            for name in PEER_FILES:
                if tree.is_file(f"{place}{name}") and not walk.is_out(f"{place}{name}"):
                    yield f"{place}{name}"
