"""Which folders belong together, by a look at the bytes (and, for Terragrunt, at what they mean)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from guardrail.tree import Tree, Unreadable

_SOURCE = re.compile(rb"""(?:\bsource[ \t]*=|"source"[ \t]*:)[ \t\r\n]*"(\.\.?(?:/[^"\n]*)?)\"""")


UNIT = "terragrunt.hcl"


def is_unit(path: str) -> bool:
    """Whether a file is a unit of Terragrunt's: it says which module is called with which inputs."""
    return path == UNIT or path.endswith(f"/{UNIT}")


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def local_sources(data: bytes) -> list[str]:
    """What in a file looks like the source of a local module."""
    return [found.decode("utf-8", "replace") for found in _SOURCE.findall(data)]


def components(files: Sequence[str], tree: Tree) -> list[list[str]]:
    parent: dict[str, str] = {}

    def root(folder: str) -> str:
        while parent[folder] != folder:
            parent[folder] = parent[parent[folder]]
            folder = parent[folder]
        return folder

    def join(folder: str, target: str) -> None:
        parent.setdefault(target, target)
        one, other = sorted((root(folder), root(target)))
        parent[other] = one

    for path in files:
        folder = folder_of(path)
        parent.setdefault(folder, folder)
        if path.endswith((".tfvars", ".tfvars.json")) or is_unit(path):
            continue
        try:
            data = tree.read(path)
        except Unreadable:
            continue
        for source in local_sources(data):
            target = tree.join(folder, source)
            if target is not None and target != folder:
                join(folder, target)
    for folder, target in _of_units(files, tree):
        join(folder, target)
    groups: dict[str, list[str]] = {}
    for path in sorted(files):
        groups.setdefault(root(folder_of(path)), []).append(path)
    return list(groups.values())


def _of_units(files: Sequence[str], tree: Tree) -> Iterator[tuple[str, str]]:
    """The folders of Terragrunt's units with those of their modules, and of the units that they include. Where the
    module stands only their expressions say."""
    units = [path for path in files if is_unit(path)]
    if not units:
        return
    from guardrail.inputs.terraform.folder import Sources
    from guardrail.inputs.terraform.run import Run
    from guardrail.inputs.terraform.terragrunt.units import included_by, unit_of

    sources = Sources(files, Run(tree))
    for path in units:
        unit = unit_of(path, sources)
        if unit.folder is not None:
            yield folder_of(path), unit.folder
        for other in included_by(path, sources):
            if is_unit(other):
                yield folder_of(path), folder_of(other)
