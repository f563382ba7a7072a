"""Which units and stacks a changed file has a part in: one that they include, read, or take values from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from guardrail.formats.hcl import Document
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.folder import Sources
from guardrail.inputs.terraform.grouping import is_stack, is_unit
from guardrail.inputs.terraform.run import Run
from guardrail.inputs.terraform.terragrunt.units import root_of, units
from guardrail.tree import MAX_FILE_BYTES, Tree


def units_touched(changed: Collection[str], files: Sequence[str], tree: Tree) -> set[str]:
    """The files of units and stacks among `files` that are evaluated with one of the changed ones."""
    found: set[str] = set()
    parsed: dict[str, Document | None] = {}
    for path in files:
        if not is_unit(path) and not is_stack(path):
            continue
        noted = _Noted(tree)
        sources = _NotedSources(files, Run(noted), parsed)
        for unit in units([path], sources):
            if unit.folder is not None:
                root_of(unit, sources, ReadOptions())
        if not noted.names.isdisjoint(changed):
            found.add(path)
    return found


class _Noted(Tree):
    """A tree that remembers what was asked of it."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree.base, tree.overlay)
        self._contents = tree._contents
        self.names: set[str] = set()

    def is_file(self, path: str) -> bool:
        self.names.add(path)
        return super().is_file(path)

    def read(self, path: str, limit: int = MAX_FILE_BYTES) -> bytes:
        self.names.add(path)
        return super().read(path, limit)


class _NotedSources(Sources):
    """Every file is parsed once, for whichever unit it is asked for."""

    def __init__(self, files: Sequence[str], run: Run, parsed: dict[str, Document | None]) -> None:
        super().__init__(files, run)
        self.documents = parsed

    def document(self, path: str) -> Document | None:
        tree = self.run.tree
        if isinstance(tree, _Noted) and path.endswith((".hcl", ".tfvars")):  # modules are linked by their folders
            tree.names.add(path)
        return super().document(path)
