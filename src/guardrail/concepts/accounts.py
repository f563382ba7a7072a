"""What is set once for a whole account and region, and holds for everything in it."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.model import Inventory, Resource


def governing(kind: str, resource: Resource, inventory: Inventory) -> Iterator[Resource]:
    """Settings of the account in the folder of the resource, or in one from which its module is called."""
    others = inventory.by_kind.get(kind)
    if not others:
        return
    folders = {_folder(resource.scope), *(_folder(origin.span.file.rpartition("/")[0]) for origin in resource.trace)}
    for other in others:
        if _folder(other.scope) in folders:
            yield other


def _folder(path: str) -> str:
    return "" if path == "." else path
