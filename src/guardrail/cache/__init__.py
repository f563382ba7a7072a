"""What came of groups of files in earlier scans.

The way of a group from files to findings depends on what its readers asked the tree (`Tree.log`), on the rules and on
how the user wants them. An entry holds the questions with digests of the answers; it is used where all the answers
are still the same, so that neither times nor names of files are trusted. An unchanged file costs reading it once.
Findings hold no secrets: they are hidden in the model, before anything is judged.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from guardrail import process as processing
from guardrail.cache.store import Store
from guardrail.inputs.groups import Group
from guardrail.process import Part, Task
from guardrail.tree import digest

FOLDER = "parts"


class Cache:
    """Those of one scan. `identity`: all that a result depends on besides files, as text."""

    def __init__(self, folder: str, task: Task, identity: str) -> None:
        self.store = Store(os.path.join(folder, FOLDER))
        self.task = task
        self.identity = f"{_own_code()}\n{identity}"

    def find(self, group: Group) -> Part | None:
        from guardrail.cache.parts import decode

        entry = self.store.get(self._key(group))
        if entry is None:
            return None
        tree = self.task.tree
        try:
            if not all(tree.answer(question, path) == answer for question, path, answer in entry["asked"]):
                return None
            part = decode(entry["part"])
            tree.forget(group.files)
        except (KeyError, IndexError, TypeError, ValueError):  # no entry of ours
            return None
        if part.dated and entry.get("day") != str(self.task.today):
            return None
        return part

    def process(self, group: Group) -> Part:
        """As `process.process`, and keeps what comes of it."""
        from guardrail.cache.parts import encode

        tree = self.task.tree
        tree.log = {}
        try:
            part = processing.process(group, self.task)
        finally:
            asked, tree.log = tree.log, None
        entry = {
            "asked": [(question, path, answer) for (question, path), answer in asked.items()],
            "day": str(self.task.today),
            "part": encode(part),
        }
        self.store.put(self._key(group), entry)
        return part

    def _key(self, group: Group) -> str:
        words = [self.identity, self.task.tree.base, group.reader, *group.files, repr(group.beyond)]
        if any(name.endswith("Chart.yaml") for name in group.files):
            words.append(_helm())
        return digest("\0".join(words).encode("utf-8", "surrogateescape"))


@lru_cache(maxsize=1)
def _own_code() -> str:
    """guardrail's own files by name, size and time: what another version would have found is not what this one does."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts: list[str] = [root, sys.version]
    stack = [root]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        stack.append(entry.path)
                elif entry.name.endswith((".py", ".yaml", ".json", ".gz")):
                    status = entry.stat()
                    parts.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(parts)


def _helm() -> str:
    """Which Helm renders charts here, if one does."""
    import shutil
    from importlib.util import find_spec

    found: list[str] = []
    spec = find_spec("helm_python")
    for path in (spec.origin if spec else None, shutil.which("helm")):
        if path:
            status = os.stat(path)
            found.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(found)
