"""Paths as Terragrunt's functions give them: absolute. Where the tree stands is nobody's to know, so that its base has
a mark for a name, and a value with the mark in it is unknown to whoever gets it for an input."""

from __future__ import annotations

import posixpath

from guardrail.formats.hcl_values import copy_map, copy_seq, derived
from guardrail.model import Encoded, Map, Reference, Sensitive, Seq, Unknown, Value, is_known
from guardrail.tree import Tree

BASE = "/\x01tree"
_MARKS = ("\x01", "\\u0001")  # as it is, and in JSON
MAX_DEPTH = 100


def absolute(name: str) -> str:
    """A name in the tree as an absolute path."""
    return f"{BASE}/{name}" if name else BASE


def in_tree(path: str, folder: str, tree: Tree) -> str | None:
    """The name in the tree of a path, absolute or relative to a folder; None for what lies outside."""
    path = posixpath.normpath(path)
    if path == BASE or path.startswith(BASE + "/"):
        return tree.join("", path[len(BASE) + 1 :] or ".")
    return None if path.startswith("/") else tree.join(folder, path)


def path_in(source: str) -> str:
    """The path in a source that may be an address: without its query, and without the mark of what is copied."""
    return source.partition("?")[0].replace("//", "/")


def relative(name: str, folder: str) -> str:
    return posixpath.relpath("/" + name, "/" + folder)


def without_marks(value: Value, depth: int = 0) -> Value:
    """A value as others may see it."""
    if isinstance(value, Encoded) and is_known(value.decoded) and not is_known(without_marks(value.decoded)):
        return Unknown("it holds a path that depends on where the repository stands")
    if isinstance(value, str):
        if any(mark in value for mark in _MARKS):
            return Unknown("it holds a path that depends on where the repository stands")
        return value
    if isinstance(value, Sensitive):
        inner = without_marks(value.reveal(), depth)
        return inner if isinstance(inner, Unknown) else Sensitive(inner, value.literal)
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, Map):
        parts = {key: without_marks(item, depth + 1) for key, item in value.items()}
        if all(parts[key] is item for key, item in value.items()):
            return value
        mapping = copy_map(value)
        mapping.update(parts)
        return mapping
    if isinstance(value, Seq):
        items = [without_marks(item, depth + 1) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        sequence = copy_seq(value)
        sequence[:] = items
        return sequence
    return derived(value) if isinstance(value, Unknown) and type(value) is not Reference else value
