"""Repositories in a folder that is none itself: a checkout beside others, as an audit has hundreds.

What stands in one says nothing of another: paths are meant from the repository's top, a selector chooses pods of the
same deployment, and guardrail.yaml at the top is the one that may set a gate. A repository within a repository
(a submodule, say) is part of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from guardrail.config import CONFIG_NAMES, Config
from guardrail.discover.paths import ancestors
from guardrail.model import Note
from guardrail.tree import Tree

_NAMED = 5


class Repositories:
    """Those of one tree. `found`: their folders, and what of each is wanted. A tree with a guardrail.yaml at its base
    is one tree, whatever is in it; `--config` is no such file."""

    def __init__(self, tree: Tree, config: Config) -> None:
        self.tree = tree
        self.found: dict[str, list[str]] = {}
        self._within: list[str] = []
        self._is_one = self._holds("", ".git")
        self._is_kept_together = not config.explicit and any(self._holds("", name) for name in CONFIG_NAMES)

    def without(self, names: Iterable[str]) -> set[str]:
        """The names that are in none of them; those of the others are noted down."""
        outside: set[str] = set()
        for name in sorted(names):
            top = None
            if not self._is_one and not self._is_kept_together:
                top = next((folder for folder in ancestors(name)[1:] if self._is_top(folder)), None)
            if top is None:
                outside.add(name)
            else:
                self.found.setdefault(top, []).append(name)
        return outside

    def is_apart(self, folder: str, names: Iterable[str]) -> bool:
        """Whether a folder of the tree, which holds these names, is to be left to a scan of its own."""
        if self._is_one or not folder or ".git" not in names or not self._is_top(folder):
            return False
        if self._is_kept_together:
            self._within.append(folder)
            return False
        self.found[folder] = [folder]
        return True

    def notes(self) -> list[Note]:
        """Says that repositories are taken for one, where they are."""
        if len(self._within) < 2:
            return []
        shown = ", ".join(self._within[:_NAMED]) + (", ..." if len(self._within) > _NAMED else "")
        name = next(name for name in CONFIG_NAMES if self._holds("", name))
        message = (
            f"holds {len(self._within):,} repositories ({shown}), which are read as one because it stands above them; "
            "given by --config from elsewhere, it leaves each to itself"
        )
        return [Note("repositories-as-one", message, name)]

    def _is_top(self, folder: str) -> bool:
        """Git's own test, in short; what `git worktree` makes has a file there instead."""
        return self._holds(folder, ".git/HEAD") or os.path.isfile(self.tree.absolute(f"{folder}/.git"))

    def _holds(self, folder: str, name: str) -> bool:
        return os.path.lexists(os.path.join(self.tree.absolute(folder), name))
