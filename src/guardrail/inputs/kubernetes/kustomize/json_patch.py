"""JSON patches (RFC 6902, pointers RFC 6901), as the library that kustomize uses applies them: negative indices count
from the end, and what is replaced need not be there, if that which would hold it is.
"""

from __future__ import annotations

from typing import NamedTuple

from guardrail.inputs.kubernetes.kustomize.objects import (
    Budget,
    Entry,
    Failed,
    copied,
    drop,
    entries_of,
    entry_of,
    fill,
    text_of,
)
from guardrail.model import Map, Origin, Seq, Span, Value

MAX_POINTER = 200  # parts of one
_KNOWN = ("add", "remove", "replace", "move", "copy", "test")
_WITH_VALUE = ("add", "replace", "test")


class Operation(NamedTuple):
    """`span` is where the operation stands; `value` has the place of what it sets."""

    what: str
    path: tuple[str, ...]
    source: tuple[str, ...]
    value: Entry | None
    span: Span


def operations_of(document: Value) -> list[Operation]:
    """Raises Failed for what is no JSON patch."""
    if not isinstance(document, Seq):
        raise Failed("a JSON patch is a list of operations", getattr(document, "span", Span("", 0, 0, 0, 0)))
    found: list[Operation] = []
    for index, item in enumerate(document):
        span = document.spans[index] if index < len(document.spans) else document.span
        what = item.get("op") if isinstance(item, Map) else None
        if not isinstance(item, Map) or what not in _KNOWN:
            raise Failed(f"an operation of a JSON patch is one of {', '.join(_KNOWN)}", span)
        value = entry_of(item, "value") if "value" in item else None
        if value is None and what in _WITH_VALUE:
            value = Entry(None, item.header, None)
        source = _pointer(item.get("from"), span) if what in ("move", "copy") else ()
        found.append(Operation(what, _pointer(item.get("path"), span), source, value, span))
    return found


def apply(root: Map, operations: list[Operation], budget: Budget) -> Map:
    """The object with these operations done to it; changed in place, unless one of them replaces it whole. Raises
    Failed for the first operation that can't be done; those before it are done."""
    for operation in operations:
        budget.spend(len(operation.path) + 1)
        root = _apply(root, operation, budget)
    return root


def _apply(root: Map, operation: Operation, budget: Budget) -> Map:
    what, path, span = operation.what, operation.path, operation.span
    if what == "test":
        found = _get(root, path, span).value if path else root
        wanted = operation.value.value if operation.value else None
        if not _same(found, wanted):
            raise Failed(f"{_shown(path)} is not what the patch tests for", span)
        return root
    if what in ("move", "copy"):
        entry = _get(root, operation.source, span)
        if what == "move":
            _remove(root, operation.source, span)
        entry = Entry(copied(entry.value, budget), entry.span, entry.origin)
        _add(root, path, entry, span)
        return root
    if what == "remove":
        _remove(root, path, span)
        return root
    if operation.value is None:
        return root
    entry = Entry(copied(operation.value.value, budget), operation.value.span, operation.value.origin)
    if not path:
        if not isinstance(entry.value, Map):
            raise Failed("an object is replaced by something that is none", span)
        return entry.value
    if what == "add":
        _add(root, path, entry, span)
    else:
        holder = _holder(root, path, span)
        if isinstance(holder, Map) and path[-1] not in holder:  # that library sets it all the same
            entry.put(holder, path[-1])
            return root
        before = _get(root, path, span)
        if not isinstance(entry.value, (Map, Seq)):
            over = Origin("in the place of what stands here", before.span, None)
            entry = Entry(entry.value, entry.span, lambda: (over,))
        if isinstance(holder, Map):
            entry.put(holder, path[-1])
        else:
            items = entries_of(holder)
            items[_index(path[-1], len(holder), path, span)] = entry
            fill(holder, items)
    return root


def _pointer(text: Value, span: Span) -> tuple[str, ...]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise Failed(f"{text_of(text)!r} is no JSON pointer, which begins with a slash", span)
    parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])
    if len(parts) > MAX_POINTER:
        raise Failed("a JSON pointer of too many parts", span)
    return parts


def _shown(path: tuple[str, ...]) -> str:
    return "/" + "/".join(path)


def _holder(root: Map, path: tuple[str, ...], span: Span) -> Map | Seq:
    value: Value = root
    for index, part in enumerate(path[:-1]):
        if isinstance(value, Map) and part in value:
            value = value[part]
        elif isinstance(value, Seq):
            value = value[_index(part, len(value), path, span)]
        else:
            raise Failed(f"there is no {_shown(path[: index + 1])} in the object", span)
    if not isinstance(value, (Map, Seq)):
        raise Failed(f"there is no {_shown(path[:-1])} in the object", span)
    return value


def _index(part: str, length: int, path: tuple[str, ...], span: Span) -> int:
    digits = part[1:] if part.startswith("-") else part
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9:
        raise Failed(f"{_shown(path)}: {part!r} is no index of a list", span)
    index = int(part)
    if index < 0:
        index += length
    if not 0 <= index < length:
        raise Failed(f"{_shown(path)}: the list has {length} item{'' if length == 1 else 's'}", span)
    return index


def _get(root: Map, path: tuple[str, ...], span: Span) -> Entry:
    if not path:
        return Entry(root, root.span, None)
    holder = _holder(root, path, span)
    if isinstance(holder, Map):
        if path[-1] not in holder:
            raise Failed(f"there is no {_shown(path)} in the object", span)
        return entry_of(holder, path[-1])
    return entry_of(holder, _index(path[-1], len(holder), path, span))


def _add(root: Map, path: tuple[str, ...], entry: Entry, span: Span) -> None:
    if not path:
        raise Failed("an object can't be put in its own place", span)
    holder = _holder(root, path, span)
    if isinstance(holder, Map):
        entry.put(holder, path[-1])
        return
    items = entries_of(holder)
    if path[-1] == "-":
        items.append(entry)
    else:
        items.insert(_index(path[-1], len(items) + 1, path, span), entry)
    fill(holder, items)


def _remove(root: Map, path: tuple[str, ...], span: Span) -> None:
    _get(root, path, span)
    if not path:
        raise Failed("an object can't be removed from itself", span)
    holder = _holder(root, path, span)
    if isinstance(holder, Map):
        drop(holder, path[-1])
    else:
        items = entries_of(holder)
        del items[_index(path[-1], len(items), path, span)]
        fill(holder, items)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)
