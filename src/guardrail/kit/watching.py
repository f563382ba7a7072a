"""Which files have been saved since, by asking: no dependency, and it works on every file system."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

INTERVAL = 0.3
"""Seconds between two looks."""


def changes(files: Callable[[], list[str]], wait: Callable[[float], None] = time.sleep) -> Iterator[list[str]]:
    """All files first, then, for ever, those that are new or have been saved since. `files` is asked each time, so
    that a file that turns up counts. What cannot be looked at at the moment (an editor is replacing it) is looked at
    again."""
    seen: dict[str, tuple[int, int]] = {}
    while True:
        changed: list[str] = []
        for file in files():
            try:
                status = os.stat(file)
            except OSError:
                continue
            now = (status.st_mtime_ns, status.st_size)
            if seen.get(file) != now:
                seen[file] = now
                changed.append(file)
        if changed:
            yield changed
        wait(INTERVAL)
