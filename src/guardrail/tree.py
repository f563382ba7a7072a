"""The scanned tree: the one door through which file contents come in.

Scanned files are hostile. Every read, whoever asks for it (a module's `source`, `file("...")`, a workflow's
local action), goes through `Tree.read`, which refuses what lies outside the base once links are resolved,
what is not a regular file, and what is larger than the cap.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from guardrail.model import Problem

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_PLAN_BYTES = 64 * 1024 * 1024  # a Terraform plan says everything three times

# What tools put into a repository's folders and nobody deploys. A module below `.terraform/modules` is read
# through the tree where a module call leads to it.
SKIPPED_FOLDERS = frozenset(
    (".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", "node_modules", ".venv", "__pycache__")
)
_READING = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # the first: opening a FIFO must not hang the scan
    _READING |= getattr(os, _flag, 0)


class Unreadable(Exception):
    """A file that could not be read; `problem` says why, in the words that the reports print."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Tree:
    """Files below `base`, an absolute path. Names of files and folders are relative to it, with `/`; the
    base itself is "". `overlay` holds contents that stand in for files (standard input).

    `log`, where there is one, notes what was asked and what the answer was, as a digest: whoever gets the same answers
    to the same questions comes to the same result.
    """

    def __init__(self, base: str, overlay: dict[str, bytes] | None = None) -> None:
        self.base = os.path.realpath(base)
        self.overlay = overlay or {}
        self.log: dict[tuple[str, str], str] | None = None
        self.watch: Callable[[str], None] | None = None  # is told of each file that is read
        self._contents: dict[str, bytes] = {}
        self._inside: dict[str, bool] = {}  # folders: whether they are, their links resolved
        self._within: dict[str, bool] = {}  # so for whatever was asked about
        self._named: dict[str, list[str]] = {}
        self._prefix = self.base.rstrip(os.sep) + os.sep

    def absolute(self, path: str) -> str:
        return self._prefix + (path if os.sep == "/" else path.replace("/", os.sep)) if path else self.base

    def contains(self, path: str) -> bool:
        """True if the path, its links resolved, lies in the tree."""
        return self._noted("contains", path, self._contains(path))

    def _contains(self, path: str) -> bool:
        known = self._within.get(path)
        if known is None:
            known = self._within[path] = self._resolved(path)
        return known

    def _resolved(self, path: str) -> bool:
        """Links are resolved once for each folder: asking the whole way up for every file took a third of a scan that
        finds everything in the cache."""
        folder = path.rpartition("/")[0]
        inside = self._inside.get(folder)
        if inside is None:
            inside = self._inside[folder] = self._resolves_inside(folder)
        last = path[len(folder) :].lstrip("/")
        if not inside or last in ("", ".", "..") or os.path.islink(self.absolute(path)):
            return self._resolves_inside(path)
        return True

    def _resolves_inside(self, path: str) -> bool:
        real = os.path.realpath(self.absolute(path))
        return real == self.base or real.startswith(self._prefix)

    def join(self, folder: str, relative: str) -> str | None:
        """The name of `relative` as seen from `folder`, or None where it leads out of the tree."""
        if relative.startswith("/") or "\0" in relative:
            return None
        joined = os.path.normpath(os.path.join(folder, relative)).replace(os.sep, "/")
        if joined == "..":
            return None
        if joined.startswith("../"):
            return None
        return "" if joined == "." else joined

    def is_file(self, path: str) -> bool:
        return self._noted("file", path, path in self.overlay or self._is_file(path))

    def _is_file(self, path: str) -> bool:
        return self._contains(path) and os.path.isfile(self.absolute(path))

    def is_folder(self, path: str) -> bool:
        if any(name.startswith(f"{path}/") for name in self.overlay):
            return True
        return self._noted("folder", path, self._contains(path) and os.path.isdir(self.absolute(path)))

    def names_in(self, folder: str) -> list[str]:
        """File names (not folders) in a folder, sorted; empty where it can't be listed."""
        prefix = f"{folder}/" if folder else ""
        names = {
            path[len(prefix) :] for path in self.overlay if path.startswith(prefix) and "/" not in path[len(prefix) :]
        }
        if self._contains(folder):
            try:
                with os.scandir(self.absolute(folder)) as entries:
                    names.update(entry.name for entry in entries if entry.is_file())
            except OSError:
                pass  # who asks for the names also asks for the files, and is told there
        return self._listed("names", folder, sorted(names))

    def folders_in(self, folder: str) -> list[str]:
        """Names of the folders in a folder (links to folders in the tree among them), sorted."""
        prefix = f"{folder}/" if folder else ""
        names = {
            path[len(prefix) :].partition("/")[0]
            for path in self.overlay
            if path.startswith(prefix) and "/" in path[len(prefix) :]
        }
        if self._contains(folder):
            try:
                with os.scandir(self.absolute(folder)) as entries:
                    names.update(
                        entry.name for entry in entries if entry.is_dir() and self._contains(prefix + entry.name)
                    )
            except OSError:
                pass  # as in names_in
        return self._listed("folders", folder, sorted(names))

    def walk(self, folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
        """Every folder from `folder` downwards with the names of its folders and files, sorted. Links to folders are
        not followed. Whoever takes names out of the folders' list keeps the walk out of them. The overlay is not in it.
        """
        if not self.contains(folder):
            return
        for at, folders, names in os.walk(self.absolute(folder)):
            relative = os.path.relpath(at, self.base).replace(os.sep, "/")
            name = "" if relative == "." else relative
            folders.sort()
            names.sort()
            self._listed("walk", name, [*folders, "", *names])
            yield name, folders, names

    def files_named(self, name: str) -> list[str]:
        """Every file of this name in the tree, sorted, but for what `SKIPPED_FOLDERS` holds. Links to folders are not
        followed."""
        found = self._named.get(name)
        if found is None:
            paths = {path for path in self.overlay if path.rpartition("/")[2] == name}
            for at, folders, names in os.walk(self.base):
                folders[:] = [folder for folder in folders if folder not in SKIPPED_FOLDERS]
                if name in names:
                    paths.add(os.path.relpath(os.path.join(at, name), self.base).replace(os.sep, "/"))
            found = self._named[name] = sorted(paths)
        return self._listed("named", name, found)

    def read(self, path: str, limit: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes. Raises `Unreadable`. What was read once is kept, so that every file is read once. `limit`: of
        how many bytes it may be."""
        if self.watch is not None:
            self.watch(path)
        known = self._contents.get(path)
        if known is None:
            known = self.overlay.get(path)
            if known is None:
                try:
                    known = self._read(path, limit)
                except Unreadable as refusal:
                    if self.log is not None:
                        self.log["read", path] = refusal.problem.message
                    raise
            self._contents[path] = known
        if self.log is not None and ("read", path) not in self.log:
            self.log["read", path] = digest(known)
        return known

    def _read(self, path: str, limit: int) -> bytes:
        if not self._contains(path):
            raise Unreadable(Problem("outside-tree", "the path leads out of the scanned tree; not read", path))
        absolute = self.absolute(path)
        try:
            handle = os.open(absolute, _READING)
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(Problem("unreadable", "not a regular file", path))
            if status.st_size > limit:
                raise Unreadable(too_large(path, status.st_size, limit))
            data = os.read(handle, status.st_size + 1)  # no stream: half of the time that a small file takes
            while len(data) != status.st_size and len(data) <= limit:  # it grows, or says no size
                more = os.read(handle, limit + 1 - len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None
        finally:
            os.close(handle)
        if len(data) > limit:
            raise Unreadable(too_large(path, len(data), limit))
        return data

    def head(self, path: str, size: int = 65536) -> bytes:
        """The first bytes of a file, without keeping it and without the size cap. Raises `Unreadable`."""
        if path in self.overlay:
            return self.overlay[path][:size]
        if not self._is_file(path):
            raise Unreadable(Problem("unreadable", "not a regular file in the scanned tree", path))
        try:
            with open(self.absolute(path), "rb") as stream:
                return stream.read(size)
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None

    def answer(self, question: str, path: str) -> str:
        """What the log would have for a question, were it asked now."""
        before, self.log = self.log, {}
        try:
            if question == "walk":
                next(self.walk(path), None)
            else:
                _QUESTIONS[question](self, path)
        except Unreadable:
            pass  # that is an answer, too
        finally:
            log, self.log = self.log, before
        return log.get((question, path), "")

    def _noted(self, question: str, path: str, answer: bool) -> bool:
        if self.log is not None:
            self.log[question, path] = "yes" if answer else "no"
        return answer

    def _listed(self, question: str, path: str, names: list[str]) -> list[str]:
        if self.log is not None:
            self.log[question, path] = digest("\0".join(names).encode("utf-8", "surrogateescape"))
        return names

    def forget(self, paths: Iterable[str]) -> None:
        """Drop contents that nobody will ask for again."""
        for path in paths:
            self._contents.pop(path, None)


_QUESTIONS: dict[str, Callable[[Tree, str], object]] = {
    "read": Tree.read,
    "file": Tree.is_file,
    "folder": Tree.is_folder,
    "contains": Tree.contains,
    "names": Tree.names_in,
    "folders": Tree.folders_in,
    "named": Tree.files_named,
}


def digest(data: bytes) -> str:
    from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()


def too_large(path: str, size: int, limit: int = MAX_FILE_BYTES) -> Problem:
    return Problem("too-large", f"the file has {size:,} bytes, more than the {limit:,} that are read; not judged", path)


def _unreadable(path: str, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem("unreadable", "the file is not there any more", path)
    return Problem("unreadable", f"cannot be read: {error.strerror or type(error).__name__}", path)
