"""Which files git keeps, by its index: what is kept there is not ignored, whatever a .gitignore says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrail.tree import Tree, Unreadable

INDEX = ".git/index"
MAX_INDEX_BYTES = 128 * 1024 * 1024
_FIXED = 62  # bytes of an entry before its name: times, sizes, the object's id, flags
_EXTENDED = 0x4000
_LENGTH = 0x0FFF


class Tracked:
    """The files of an index, and the folders that they stand in."""

    def __init__(self, names: Iterable[str]) -> None:
        self.files = frozenset(names)
        folders: set[str] = set()
        for name in self.files:
            folder = name.rpartition("/")[0]
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        self.folders = frozenset(folders)


def read_index(tree: Tree) -> Tracked:
    """Of a tree that is no clone, or whose index cannot be read, nothing is known to be kept."""
    try:
        data = tree.read(INDEX, MAX_INDEX_BYTES)
    except Unreadable:
        return Tracked(())
    tree.forget([INDEX])
    try:
        return Tracked(name.decode("utf-8", "surrogateescape") for name in list(_names(data)))
    except (ValueError, IndexError):
        return Tracked(())


def _names(data: bytes) -> Iterator[bytes]:
    """The names in an index of version 2 to 4 (gitformat-index); ValueError for anything else."""
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index that is known here")
    at, before = 12, b""
    for _ in range(count):
        flags = int.from_bytes(data[at + _FIXED - 2 : at + _FIXED], "big")
        start = at + _FIXED + (2 if version > 2 and flags & _EXTENDED else 0)
        kept = 0
        if version == 4:
            cut, start = _number(data, start)
            kept = len(before) - cut
        end = data.index(b"\0", start)
        name = before[:kept] + data[start:end]
        if kept < 0 or min(len(name), _LENGTH) != flags & _LENGTH:  # ids of another length, or damaged
            raise ValueError("its entries are not where they should be")
        yield name
        before = name
        at = end + 1 if version == 4 else at + ((end - at + 8) & ~7)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of several bytes, and where it ends."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 127)
        if value > MAX_INDEX_BYTES:
            raise ValueError("a number that is too large")
    return value, at + 1
