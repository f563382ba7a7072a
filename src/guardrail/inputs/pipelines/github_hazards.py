"""Holes that are published of actions, and names that nearly are those of well-known ones.

Both are in github_hazards.json, with the day they are of. A commit id says nothing of its
version, unless a comment does.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import NamedTuple

from guardrail.model.patterns import lazy_regex


class Advisory(NamedTuple):
    """Versions from `since` on, up to but without `fixed`, have the hole; where it is that tags were moved for a while
    (`moved`), a commit's version says nothing, but that it is one of the `commits` that they were moved to (nothing
    else has the hole where `since` is `fixed`). `action` is the repository, or the one thing in it that has the
    hole."""

    id: str
    action: str
    about: str
    since: str
    fixed: str
    moved: bool = False
    commits: tuple[str, ...] = ()


_NUMBERS = lazy_regex(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})(?![\w])")
_MOST = 10**9


@lru_cache(maxsize=1)
def _data() -> tuple[dict[str, list[Advisory]], frozenset[str]]:
    """Advisories by action, and the well-known names."""
    with open(os.path.join(os.path.dirname(__file__), "github_hazards.json"), encoding="utf-8") as stream:
        data = json.load(stream)
    found: dict[str, list[Advisory]] = {}
    for entry in data["advisories"]:
        found.setdefault(entry["action"], []).append(Advisory(**{**entry, "commits": tuple(entry.get("commits", ()))}))
    return found, frozenset(data["popular"])


def advisories(name: str, version: str, comment: str) -> list[Advisory]:
    """Those of an action (its name in lower case) at a tag, or at a commit that a comment gives a version."""
    by_name = _data()[0]
    repository = "/".join(name.split("/")[:2])
    known = by_name.get(repository, []) + (by_name.get(name, []) if name != repository else [])
    if not known:
        return []
    moved_to = [hole for hole in known if version.lower() in hole.commits]
    if moved_to:
        return moved_to
    tag = _NUMBERS.fullmatch(version)
    match = tag or _NUMBERS.fullmatch(comment.rpartition("/")[2])
    if not match:
        return []
    parts = [int(part) for part in match[1].split(".")]
    newest = (parts + [_MOST] * 3)[:3]  # `v4` is the newest of the fourth
    return [
        hole
        for hole in known
        if _parts(hole.since) <= newest < _parts(hole.fixed) and (tag is not None or not hole.moved)
    ]


def _parts(version: str) -> list[int]:
    return ([int(part) for part in version.split(".")] + [0, 0])[:3]


@lru_cache(maxsize=1)
def _shortened() -> dict[str, tuple[str, ...]]:
    """Every well-known name with one character left out -> the names."""
    found: dict[str, list[str]] = {}
    for name in sorted(_data()[1]):
        for index in range(len(name)):
            found.setdefault(name[:index] + name[index + 1 :], []).append(name)
    return {short: tuple(dict.fromkeys(names)) for short, names in found.items()}


@lru_cache(maxsize=2048)
def resembled(name: str) -> str:
    """The well-known action that a name (in lower case) is one slip of the hand away from; "" if there is none."""
    name = "/".join(name.split("/")[:2])
    if name in _data()[1] or "/" not in name:
        return ""
    shortened = _shortened()
    if name in shortened:  # one character less
        return shortened[name][0]
    for index in range(len(name)):
        less = name[:index] + name[index + 1 :]
        if less in _data()[1]:  # one more
            return less
        for other in shortened.get(less, ()):  # another in its place, or two that have changed places
            if _one_slip(name, other):
                return other
    return ""


def _one_slip(name: str, other: str) -> bool:
    if len(name) != len(other):
        return False
    wrong = [index for index, (a, b) in enumerate(zip(name, other, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    if len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    one, two = wrong
    return name[one] == other[two] and name[two] == other[one]
