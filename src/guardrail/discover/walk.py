"""The folders of a tree, without those that are ignored, excluded, or of no interest to anyone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from guardrail.config import CONFIG_NAMES, Config, Globs
from guardrail.config.globs import covered, decided
from guardrail.discover.paths import ancestors, below, is_unicode, printable
from guardrail.discover.repositories import Repositories
from guardrail.discover.tracked import Tracked, read_index
from guardrail.model import Note, Problem
from guardrail.tree import SKIPPED_FOLDERS, Tree, Unreadable

_GO_VENDOR, _GO_MARK = "vendor", "modules.txt"  # where Go keeps the modules that a program is built from, and its list
MAX_IGNORE_BYTES = 65536  # every pattern is held against every file, so a huge list is an attack on our time

Scopes = tuple[tuple[str, Globs], ...]  # folder and what it takes out, farthest first


class _Folder(NamedTuple):
    """A folder to walk. `real` is its name with links resolved; `ignored`: only what git keeps all the same counts."""

    name: str
    real: str
    ignores: Scopes
    excludes: Scopes
    ignored: bool = False


class Walk:
    """Walks a tree, several times if asked to. Every real folder comes up once a walk, by its own name where it can be
    reached by that, else by a link's; links that lead out of the tree are noted. Repositories that are `apart` are not
    entered."""

    def __init__(self, tree: Tree, config: Config, apart: Repositories) -> None:
        self.tree, self.config, self.apart = tree, config, apart
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self._links: list[_Folder] = []
        self._ignore_files: dict[str, Globs | None] = {}
        self._tracked: Tracked | None = None

    def files(self, folders: Iterable[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Name and entry of whatever is no folder in these folders and below."""
        walked: set[str] = set()
        self._links = []
        stack = [self._start(folder) for folder in sorted(set(folders), reverse=True)]
        while stack:
            folder = stack.pop()
            if folder.real not in walked:
                walked.add(folder.real)
                yield from self._list(folder, stack)
            # Links come last, so that what can be reached without one is called by its own name.
            while self._links and not stack:
                link = self._links.pop(0)
                if link.real not in walked:
                    stack.append(link)

    def is_out(self, path: str) -> bool:
        """True if a walk from the base would not come upon this file."""
        folders = ancestors(path)
        if any(self._is_tools(folder) for folder in folders):
            return True
        if covered(path, self._ignores(folders)) and path not in self.tracked.files:
            return True
        return self.config.excluded(path)

    @property
    def tracked(self) -> Tracked:
        """Read when something is first found to be ignored, which in most clones is nothing."""
        if self._tracked is None:
            self._tracked = read_index(self.tree)
        return self._tracked

    def _start(self, folder: str) -> _Folder:
        """Where a walk begins. The user named this folder, so rules from above that take it out do not count."""
        if not folder:
            return _Folder("", "", self._repository_ignores(), ())
        ignores = self._ignores(ancestors(folder))
        excludes: Scopes = tuple((source.folder, source.exclude) for source in self.config.chain_above(folder))
        if covered(folder, ignores, is_folder=True):
            ignores = ()
        if covered(folder, excludes, is_folder=True):
            excludes = ()
        return _Folder(folder, folder, ignores, excludes)

    def _list(self, folder: _Folder, stack: list[_Folder]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The files of one folder; its subfolders go onto the stack, the first on top."""
        entries = self._entries(folder.name)
        names = {entry.name for entry in entries}
        if self.apart.is_apart(folder.name, names):
            return
        ignores, excludes = folder.ignores, folder.excludes
        if ".gitignore" in names and (globs := self._ignore_file(folder.name)):
            ignores = (*ignores, (folder.name, globs))
        if not folder.name or not names.isdisjoint(CONFIG_NAMES):
            source = self.config.file_in(folder.name)
            if source and source.exclude:
                excludes = (*excludes, (source.folder, source.exclude))
        subfolders: list[_Folder] = []
        for entry in entries:
            is_folder = _is_folder(entry)
            path = f"{folder.name}/{entry.name}" if folder.name else entry.name
            if is_folder and self._is_tools(path):
                continue
            # As git has it, a link to a folder is no folder.
            by_git = is_folder and not entry.is_symlink()
            if excludes and decided(path, excludes, is_folder=by_git):
                continue
            ignored = folder.ignored or bool(ignores and decided(path, ignores, is_folder=by_git))
            if ignored and path not in (self.tracked.folders if by_git else self.tracked.files):
                continue
            if is_folder and not is_unicode(entry.name):
                self._problem("its name is not UTF-8; not read", printable(path))
            elif is_folder and entry.is_symlink():
                self._link(path, folder, ignores, excludes)
            elif is_folder:
                real = f"{folder.real}/{entry.name}" if folder.real else entry.name
                subfolders.append(_Folder(path, real, ignores, excludes, ignored))
            else:
                yield path, entry
        stack += reversed(subfolders)

    def _is_tools(self, folder: str) -> bool:
        """Whether a tool fills this folder with what others wrote."""
        name = folder.rpartition("/")[2]
        if name == _GO_VENDOR:
            return os.path.isfile(self.tree.absolute(f"{folder}/{_GO_MARK}"))
        return name in SKIPPED_FOLDERS

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.tree.absolute(folder)) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._problem(f"the folder cannot be listed: {error.strerror or type(error).__name__}", folder or ".")
            return []

    def _link(self, path: str, folder: _Folder, ignores: Scopes, excludes: Scopes) -> None:
        real = below(self.tree.base, os.path.realpath(self.tree.absolute(path)))
        if real is None:
            note = Note("link-outside-tree", "a link to a folder outside the scanned tree; not followed", path)
            if note not in self.notes:
                self.notes.append(note)
            return
        leads_back = not real or folder.real == real or folder.real.startswith(real + "/")
        if not leads_back and SKIPPED_FOLDERS.isdisjoint(real.split("/")):
            self._links.append(_Folder(path, real, ignores, excludes))

    def _ignores(self, folders: list[str]) -> Scopes:
        nearer = ((folder, globs) for folder in folders if (globs := self._ignore_file(folder)))
        return (*self._repository_ignores(), *nearer)

    def _repository_ignores(self) -> Scopes:
        globs = self._globs_of(".git/info/exclude")
        return (("", globs),) if globs else ()

    def _ignore_file(self, folder: str) -> Globs | None:
        return self._globs_of(f"{folder}/.gitignore" if folder else ".gitignore")

    def _globs_of(self, path: str) -> Globs | None:
        if path not in self._ignore_files:
            self._ignore_files[path] = self._read_globs(path)
        return self._ignore_files[path]

    def _read_globs(self, path: str) -> Globs | None:
        if not os.path.isfile(self.tree.absolute(path)):
            return None
        try:
            data = self.tree.read(path)
        except Unreadable as error:
            self._problem(error.problem.message, path)
            return None
        self.tree.forget([path])
        if len(data) > MAX_IGNORE_BYTES:
            message = f"has {len(data):,} bytes, more than the {MAX_IGNORE_BYTES:,} that are honoured: ignores nothing"
            self.notes.append(Note("ignore-file-too-large", message, path))
            return None
        return Globs(data.decode("utf-8-sig", "surrogateescape").split("\n")) or None

    def _problem(self, message: str, file: str) -> None:
        problem = Problem("unreadable", message, file)
        if problem not in self.problems:
            self.problems.append(problem)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle
        return False
