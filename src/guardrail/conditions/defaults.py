"""What Terraform's providers take for an attribute that isn't written.

Data made by `tools/provider_data.py` from the providers' source, one file a provider; a line holds a resource type and
its defaults by dotted path. Only what all versions in wide use agree in is there. Read when first asked for, and then
only the lines of the types that are asked for are decoded.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from guardrail.conditions.outcome import MISSING, Leaf, Missing, Scope
from guardrail.model import Map
from guardrail.model.patterns import lazy_regex

TOP = "^"
"""`Scope.at` where values are looked at that a path from the resource led to."""

_INDEX = lazy_regex(r"\[[^\]]*\]")


@cache
def _text(provider: str) -> str:
    import zlib

    path = os.path.join(os.path.dirname(__file__), "provider_defaults", f"{provider}.gz")
    try:
        with open(path, "rb") as stream:
            return zlib.decompress(stream.read(), 31).decode()
    except FileNotFoundError:  # a provider without data
        return ""


@cache
def defaults_of(kind: str) -> dict[str, Any]:
    """Dotted path -> default of a resource type, {} where nothing is known."""
    provider = kind.partition("_")[0]
    if not provider.isalnum():
        return {}
    text = _text(provider)
    start = text.find(f"\n{kind} ")
    if start < 0:
        return {}
    start += len(kind) + 2
    found: dict[str, Any] = json.loads(text[start : text.index("\n", start)])
    return found


def default_at(leaf: Leaf, scope: Scope) -> Any | Missing:
    """What the provider takes where `leaf` is missing; MISSING where that isn't known. An attribute of a block that is
    not there has none."""
    if leaf.holder is None or scope.resource.platform != "terraform":
        return MISSING
    path = _INDEX.sub("", leaf.path)
    return known_at(path, scope) if path.rpartition(".")[2] == leaf.key else MISSING


def known_at(path: str, scope: Scope) -> Any | Missing:
    """The default of an attribute that is missing in the scope's root."""
    resource = scope.resource
    if resource.platform != "terraform" or resource.mode != "managed":
        return MISSING
    if scope.at:
        path = path.removeprefix("^.") if scope.at == TOP else f"{scope.at}.{path}"
    elif scope.root is not resource.attributes:
        return MISSING  # a noun's fields
    known = defaults_of(resource.kind)
    return known.get(_INDEX.sub("", path), MISSING) if known else MISSING


def inside(scope: Scope, path: str, root: Map) -> Scope:
    """The scope of conditions on a part of the scope's root."""
    if scope.at == TOP:
        return Scope(root, scope.resource, scope.inventory, path.removeprefix("^."))
    if scope.at or scope.root is scope.resource.attributes:
        return Scope(root, scope.resource, scope.inventory, f"{scope.at}.{path}" if scope.at else path)
    return Scope(root, scope.resource, scope.inventory)


def from_top(scope: Scope) -> Scope:
    """The scope for what a path from the resource (`^.a`) leads to."""
    return Scope(scope.root, scope.resource, scope.inventory, TOP)
