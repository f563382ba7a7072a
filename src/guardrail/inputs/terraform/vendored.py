"""Copies of remote modules that `terraform init` has put below `.terraform`, as its manifest lists them."""

from __future__ import annotations

import json
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex
from guardrail.tree import Tree, Unreadable

MANIFEST = ".terraform/modules/modules.json"
MAX_ENTRIES = 10_000

_REGISTRIES = ("registry.terraform.io/", "registry.opentofu.org/")
_REGISTRY = lazy_regex(r"(?:[\w.-]+\.[\w-]+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?")
_SCHEME = lazy_regex(r"^(?:git::|hg::|s3::|gcs::)?(?:(?:https?|ssh|git)://)?(?:git@)?")


class Copy(NamedTuple):
    """`folder` is a name in the tree, None where it lies outside; `source` is what was copied."""

    folder: str | None
    source: str


def manifest_of(root: str, tree: Tree) -> dict[str, Copy]:
    """The copies that a root module's calls have, by call ("network.vpc" is call vpc of the module that call network
    made). Empty where `terraform init` has not run, or left something else behind."""
    path = f"{root}/{MANIFEST}" if root else MANIFEST
    if not tree.is_file(path):
        return {}
    try:
        listed = json.loads(tree.read(path))["Modules"]
    except (Unreadable, ValueError, RecursionError, KeyError, TypeError):
        return {}
    found: dict[str, Copy] = {}
    for entry in listed[:MAX_ENTRIES] if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            key, source, folder = (entry.get(name) for name in ("Key", "Source", "Dir"))
            if isinstance(key, str) and isinstance(source, str) and isinstance(folder, str):
                found[key] = Copy(tree.join(root, folder.replace("\\", "/")), source)
    return found


def same_source(written: str, copied: str) -> bool:
    """Whether the manifest's spelling of a source is of the one that the configuration has."""
    return _canonical(written) == _canonical(copied)


def _canonical(source: str) -> str:
    if _REGISTRY.fullmatch(source):
        for registry in _REGISTRIES:
            source = source.removeprefix(registry)
        return source.rstrip("/")
    address, _, query = source.partition("?")
    address = _SCHEME.sub("", address, count=1)
    head, *rest = address.split("//")
    head = head.replace(":", "/", 1).removesuffix(".git").rstrip("/")
    return "//".join([head, *rest]).rstrip("/") + (f"?{query}" if query else "")
