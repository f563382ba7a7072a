"""Files -> the reader that takes each, by name and by a look inside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardrail.discover.paths import is_unicode, printable
from guardrail.discover.walk import Walk
from guardrail.inputs import table
from guardrail.model import Note, Problem
from guardrail.tree import MAX_FILE_BYTES, MAX_PLAN_BYTES, Tree, Unreadable, too_large

if TYPE_CHECKING:
    from guardrail.inputs.kubernetes.helm.layout import ChartFolders

_BLANK_BYTES = 4096  # a larger file is not looked at for being blank
_OUTSIDE = "a link out of the scanned tree; not read"


@dataclass(eq=False, repr=False)
class Discovery:
    """`claimed`: names in the tree by reader, sorted; readers without files are left out. `failed`: files that are, or
    may well be, for a reader but cannot be read; each is a problem. `skipped`: how many were looked into and are
    nobody's. `seen`: how many files there are at all, ignored ones left out. `changed`: in changed-files mode, the
    files that findings are wanted for, `charts` the charts that are rendered with one of them. `unclaimed`: those of
    the skipped that a reader may come upon all the same. `unread`: in changed-files mode, tells what else there is that
    may be a manifest. `repositories`: folders that are apart from this tree, each with what is wanted of it.
    `peer_files`: configuration of other scanners, in the folders that are looked at and above. `foreign`: files that no
    reader would look into and that another scanner was said to be for."""

    tree: Tree
    claimed: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    skipped: int = 0
    seen: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    changed: frozenset[str] | None = None
    unclaimed: set[str] = field(default_factory=set)
    charts: tuple[str, ...] = ()
    unread: Callable[[], Iterable[str]] | None = None
    repositories: dict[str, list[str]] = field(default_factory=dict)
    peer_files: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)


class Claims:
    """Takes files one by one; every file once, however often it is handed in."""

    def __init__(self, tree: Tree, is_foreign: Callable[[str], bool] | None = None) -> None:
        """`is_foreign`: whether a file is one for a scanner that runs beside guardrail, by its name."""
        self.tree = tree
        self.is_foreign = is_foreign
        self.found = Discovery(tree)
        self.by_reader: dict[str, set[str]] = {entry.name: set() for entry in table.READERS}
        self.given: list[str] = []
        self.blank: set[str] = set()
        self.failed: dict[str, Problem] = {}
        self.looked_at: set[str] = set()
        self._charts: ChartFolders | None = None

    def take_entry(self, path: str, entry: os.DirEntry[str]) -> None:
        """A file that a walk came upon."""
        if path in self.looked_at:
            return
        if not table.is_terraform(path) and not table.is_sniffed(path):
            self.found.seen += 1
            self._take_foreign(path)
            return
        if not is_unicode(path):
            self._fail(Problem("unreadable", "its name is not UTF-8; not read", printable(path)))
            return
        try:
            is_link, is_file = entry.is_symlink(), entry.is_file()
            size = entry.stat().st_size if is_file else 0
        except OSError as error:
            self._fail(_unreadable(path, error))
            return
        self._take(path, size, is_file, is_link)

    def take(self, path: str) -> str | None:
        """A file by its name in the tree. The name of its reader, None where it has none."""
        if path in self.tree.overlay:
            return self._take(path, len(self.tree.overlay[path]), True, False)
        absolute = self.tree.absolute(path)
        try:
            return self._take(path, os.stat(absolute).st_size, os.path.isfile(absolute), os.path.islink(absolute))
        except OSError as error:
            if not os.path.islink(absolute):
                self._fail(_unreadable(path, error))
                return None
            return self._take(path, 0, False, True)

    def take_given(self, path: str) -> None:
        """A file that the user named."""
        self.given.append(path)
        if self.take(path) is None and path not in self.failed:
            self._note(Note("not-recognised", f"not one of {looked_for()}; not judged", path))

    def take_stdin(self, data: bytes, name: str) -> None:
        """Standard input, under this name or one that fits what it holds."""
        name = name or _guess_name(data)
        self.tree.overlay[name] = data
        self.take_given(name)

    def _take(self, path: str, size: int, is_file: bool, is_link: bool) -> str | None:
        if path in self.looked_at:
            return next((reader for reader, names in self.by_reader.items() if path in names), None)
        self.looked_at.add(path)
        self.found.seen += 1
        terraform = table.is_terraform(path)
        if not terraform and not table.is_sniffed(path):
            self._take_foreign(path)
            self.found.skipped += 1
            return None
        if is_link and not self.tree.contains(path):
            if terraform:
                self._fail(Problem("outside-tree", _OUTSIDE, path))
            else:  # what it is, only its contents could tell
                self._note(Note("link-outside-tree", _OUTSIDE, path))
            return None
        if not is_file:
            dangling = is_link and not os.path.exists(self.tree.absolute(path))
            reason = "a link to something that is not there" if dangling else "not a regular file"
            self._fail(Problem("unreadable", reason, path))
            return None
        try:
            return self._sniff(path, size, terraform)
        except Unreadable as error:
            self._fail(error.problem)
            return None

    def _take_foreign(self, path: str) -> None:
        if self.is_foreign is not None and self.is_foreign(path):
            self.found.foreign.add(path)

    def _sniff(self, path: str, size: int, terraform: bool) -> str | None:
        """Raises Unreadable."""
        head = self._head(path, size) if not terraform or size <= _BLANK_BYTES else b""
        entry = table.entry_for(path, head)
        most = MAX_PLAN_BYTES if size > MAX_FILE_BYTES and table.may_be_plan(path, head) else MAX_FILE_BYTES
        if entry is None and table.HEAD_BYTES < size <= most:
            entry = table.entry_for(path, self.tree.read(path, most))
        if entry is None and self._is_of_chart(path):
            entry = table.BY_NAME["kubernetes"]
        if entry is None:
            self.tree.forget([path])
            self.found.skipped += 1
            self.found.unclaimed.add(path)
            return None
        limit = MAX_PLAN_BYTES if entry.name == "terraform-plan" else MAX_FILE_BYTES
        if size > limit:
            self._fail(too_large(path, size, limit))
            return None
        self.by_reader[entry.name].add(path)
        if size <= _BLANK_BYTES and not head.strip():
            self.blank.add(path)
            self._note(Note("empty-file", "the file is empty", path))
        return entry.name

    def _head(self, path: str, size: int) -> bytes:
        """Raises Unreadable. A file that is all head is kept as it is: its reader asks for it next."""
        return self.tree.read(path) if size <= table.HEAD_BYTES else self.tree.head(path, table.HEAD_BYTES)

    @property
    def charts(self) -> ChartFolders:
        if self._charts is None:
            from guardrail.inputs.kubernetes.helm.layout import ChartFolders

            self._charts = ChartFolders(self.tree)
        return self._charts

    def _is_of_chart(self, path: str) -> bool:
        """Templates need not look like manifests, and values never do."""
        from guardrail.inputs.kubernetes.helm.layout import is_named_as_values, is_template

        folder = self.charts.of(path)
        if folder is None:
            return False
        return is_template(path[len(folder) + 1 :] if folder else path) or is_named_as_values(path)

    def _note(self, note: Note) -> None:
        self.found.notes.append(note)

    def _fail(self, problem: Problem) -> None:
        self.looked_at.add(problem.file)
        self.failed.setdefault(problem.file, problem)

    def finish(self, walk: Walk, shown_paths: Sequence[str]) -> Discovery:
        """What was found, with what the walk met on its way. A scan of nothing is a problem, except for a commit that
        touches nothing of ours."""
        found = self.found
        found.claimed = {reader: sorted(names) for reader, names in self.by_reader.items() if names}
        found.failed = sorted(self.failed)
        found.problems += [*self.failed.values(), *walk.problems]
        found.notes += walk.notes
        apart = self.found.repositories
        nothing = not self.failed and not apart and not any(names - self.blank for names in self.by_reader.values())
        if nothing and found.changed is None:
            found.problems.append(self._empty_scan(shown_paths))
        found.problems.sort(key=Problem.sort_key)
        found.notes.sort(key=Problem.sort_key)
        return found

    def _empty_scan(self, shown_paths: Sequence[str]) -> Problem:
        seen = f"{self.found.seen:,} file{'' if self.found.seen == 1 else 's'} seen"
        if self.blank:
            which = ", ".join(sorted(self.blank)[:5]) + (", ..." if len(self.blank) > 5 else "")
            why = f"what there is of {looked_for()} is empty: {which}"
        else:
            why = f"none is one of {looked_for()}"
        file = self.given[0] if len(self.given) == self.found.seen == 1 else ""
        shown = ", ".join(map(printable, shown_paths))
        return Problem("empty-scan", f"nothing to judge in {shown}: {seen}, {why}", file)


def looked_for() -> str:
    return ", ".join(entry.looks_for for entry in table.READERS)


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem("unreadable", f"cannot be read: {error.strerror or type(error).__name__}", path)


def _guess_name(data: bytes) -> str:
    """A name for standard input, by what it holds."""
    braced = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    name = "stdin.json" if braced else "stdin.yaml"
    if table.entry_for(name, data):
        return name
    if re.search(rb"^pipeline\s*\{", data, re.MULTILINE):
        return "Jenkinsfile"
    return "stdin.tf.json" if braced else "stdin.tf"
