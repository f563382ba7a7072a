"""Which folders belong together, by a look at the bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from guardrail.tree import Tree, Unreadable

_SOURCE = re.compile(rb"""(?:\bsource[ \t]*=|"source"[ \t]*:)[ \t\r\n]*"(\.\.?(?:/[^"\n]*)?)\"""")


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

    for path in files:
        folder = folder_of(path)
        parent.setdefault(folder, folder)
        if path.endswith((".tfvars", ".tfvars.json")):
            continue
        try:
            data = tree.read(path)
        except Unreadable:
            continue
        for source in local_sources(data):
            target = tree.join(folder, source)
            if target is not None and target != folder:
                parent.setdefault(target, target)
                one, other = sorted((root(folder), root(target)))
                parent[other] = one
    groups: dict[str, list[str]] = {}
    for path in sorted(files):
        groups.setdefault(root(folder_of(path)), []).append(path)
    return list(groups.values())
