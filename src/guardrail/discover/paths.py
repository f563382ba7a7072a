"""Paths as the user writes them -> the base of the tree, and names in it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from guardrail.config import CONFIG_NAMES
from guardrail.errors import UsageError
from guardrail.tree import Tree

STDIN = "-"


def find_base(paths: Sequence[str], given: str | None = None, *, changed: bool = False) -> str:
    """The absolute path that a scan's names are relative to: the one that is given; else the nearest folder at or above
    all of the paths that holds `.git`; else the nearest that holds a guardrail.yaml; else the one that they have in
    common. Raises UsageError for a path that is not there, unless `changed`: it may have been deleted."""
    there = without_deleted(paths) if changed else paths
    all_there(there)
    if given is not None:
        return _absolute(given)
    only_deleted = not there and bool(paths)
    folders = []
    for path in paths if only_deleted else there or ["."]:
        absolute = _absolute("." if path == STDIN else path)
        folders.append(absolute if os.path.isdir(absolute) else os.path.dirname(absolute))
    try:
        common = os.path.commonpath(folders)
    except ValueError:
        raise UsageError("the paths stand on different drives; scan them one at a time") from None
    for names in ((".git",), CONFIG_NAMES):
        folder = common
        while True:
            if any(os.path.lexists(os.path.join(folder, name)) for name in names):
                return folder
            above = os.path.dirname(folder)
            if above == folder:
                break
            folder = above
    if only_deleted:  # of no tree
        all_there(paths)
    return common


def all_there(paths: Sequence[str]) -> None:
    """Raises UsageError that names every path that is not there."""
    missing = [path for path in paths if not _is_there(path)]
    if missing:
        raise UsageError(f"no such file or folder: {', '.join(map(printable, missing))}")


def without_deleted(paths: Sequence[str]) -> list[str]:
    """The paths of a commit without those that may have been there before it."""
    return [path for path in paths if _is_there(path) or not path or "\0" in path]


def not_from_top(tree: Tree, paths: Sequence[str]) -> None:
    """Raises UsageError for paths that are not there, but are as seen from the top of the tree: so git writes them,
    wherever one stands."""
    meant = []
    for path in paths:
        folder, at_top = os.path.dirname(path), os.path.join(tree.base, path)
        is_known = folder and os.path.isdir(os.path.dirname(at_top)) and not os.path.isdir(folder)
        if not os.path.isabs(path) and (is_known or os.path.lexists(at_top)):
            meant.append(path)
    if meant:
        shown = ", ".join(map(printable, meant))
        where = f"{tree.base} has them: start there, or ask git with --relative"
        raise UsageError(f"no such file or folder: {shown}; {where}")


def _is_there(path: str) -> bool:
    return path == STDIN or ("\0" not in path and bool(path) and os.path.lexists(path))


def name_in(tree: Tree, path: str) -> str:
    """A path's name in the tree. Raises UsageError where it has none."""
    name = below(tree.base, _absolute(path))
    if name is None:
        raise UsageError(f"{printable(path)} stands outside {tree.base}, the folder that is scanned")
    if not is_unicode(name):
        raise UsageError(f"{printable(name)}: its name is not UTF-8")
    return name


def _absolute(path: str) -> str:
    """With the links of its folder resolved, but not a file's own: a linked file keeps the name that it has there."""
    absolute = os.path.abspath(path)
    if os.path.isdir(absolute):
        return os.path.realpath(absolute)
    folder, name = os.path.split(absolute)
    return os.path.join(os.path.realpath(folder), name)


def below(base: str, absolute: str) -> str | None:
    """The name of an absolute path in the tree with this base, None for what is not in it."""
    if absolute == base:
        return ""
    prefix = base.rstrip(os.sep) + os.sep
    return absolute[len(prefix) :].replace(os.sep, "/") if absolute.startswith(prefix) else None


def ancestors(path: str) -> list[str]:
    """The folders above a path, farthest first: "", "a", "a/b"."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:length]) for length in range(len(parts) + 1)]


def is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    """A name with what is not UTF-8 (or a NUL) spelt out."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
