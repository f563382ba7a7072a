"""The scanned tree: the one door through which file contents come in.

Scanned files are hostile. Every read, whoever asks for it (a module's `source`, `file("...")`, a workflow's
local action), goes through `Tree.read`, which refuses what lies outside the base once links are resolved,
what is not a regular file, and what is larger than the cap.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from guardrail.model import Problem

MAX_FILE_BYTES = 10 * 1024 * 1024


class Unreadable(Exception):
    """A file that could not be read; `problem` says why, in the words that the reports print."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Tree:
    """Files below `base`, an absolute path. Names of files and folders are relative to it, with `/`; the
    base itself is "". `overlay` holds contents that stand in for files (standard input).
    """

    def __init__(self, base: str, overlay: dict[str, bytes] | None = None) -> None:
        self.base = os.path.realpath(base)
        self.overlay = overlay or {}
        self._contents: dict[str, bytes] = {}

    def absolute(self, path: str) -> str:
        return os.path.join(self.base, *path.split("/")) if path else self.base

    def contains(self, path: str) -> bool:
        """True if the path, its links resolved, lies in the tree."""
        real = os.path.realpath(self.absolute(path))
        return real == self.base or real.startswith(self.base.rstrip(os.sep) + os.sep)

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
        return path in self.overlay or (self.contains(path) and os.path.isfile(self.absolute(path)))

    def is_folder(self, path: str) -> bool:
        if any(name.startswith(f"{path}/") for name in self.overlay):
            return True
        return self.contains(path) and os.path.isdir(self.absolute(path))

    def names_in(self, folder: str) -> list[str]:
        """File names (not folders) in a folder, sorted; empty where it can't be listed."""
        prefix = f"{folder}/" if folder else ""
        names = {
            path[len(prefix) :] for path in self.overlay if path.startswith(prefix) and "/" not in path[len(prefix) :]
        }
        if self.contains(folder):
            try:
                with os.scandir(self.absolute(folder)) as entries:
                    names.update(entry.name for entry in entries if entry.is_file())
            except OSError:
                pass  # who asks for the names also asks for the files, and is told there
        return sorted(names)

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `Unreadable`. What was read once is kept, so that every file is read once."""
        known = self._contents.get(path)
        if known is None:
            known = self.overlay.get(path)
            if known is None:
                known = self._read(path)
            self._contents[path] = known
        return known

    def _read(self, path: str) -> bytes:
        if not self.contains(path):
            raise Unreadable(Problem("outside-tree", "the path leads out of the scanned tree; not read", path))
        absolute = self.absolute(path)
        try:
            # O_NONBLOCK: opening a FIFO must not hang the scan.
            handle = os.open(absolute, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(Problem("unreadable", "not a regular file", path))
            if status.st_size > MAX_FILE_BYTES:
                raise Unreadable(too_large(path, status.st_size))
            with os.fdopen(handle, "rb", closefd=False) as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None
        finally:
            os.close(handle)
        if len(data) > MAX_FILE_BYTES:
            raise Unreadable(too_large(path, len(data)))
        return data

    def head(self, path: str, size: int = 65536) -> bytes:
        """The first bytes of a file, without keeping it and without the size cap. Raises `Unreadable`."""
        if path in self.overlay:
            return self.overlay[path][:size]
        if not self.is_file(path):
            raise Unreadable(Problem("unreadable", "not a regular file in the scanned tree", path))
        try:
            with open(self.absolute(path), "rb") as stream:
                return stream.read(size)
        except OSError as error:
            raise Unreadable(_unreadable(path, error)) from None

    def forget(self, paths: Iterable[str]) -> None:
        """Drop contents that nobody will ask for again."""
        for path in paths:
            self._contents.pop(path, None)


def too_large(path: str, size: int) -> Problem:
    return Problem(
        "too-large", f"the file has {size:,} bytes, more than the {MAX_FILE_BYTES:,} that are read; not judged", path
    )


def _unreadable(path: str, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem("unreadable", "the file is not there any more", path)
    return Problem("unreadable", f"cannot be read: {error.strerror or type(error).__name__}", path)
