"""Entries on the disk: small files of JSON in the user's cache folder, each under the name of its key.

JSON rather than pickle: whoever can write there can make an entry wrong, but not make it run. Written beside and
renamed, so that others that run at the same time read the old entry or the new one, never half of one; anything else
that is there instead of an entry is as good as none. Best effort throughout: a full disk or a read-only home must not
stop a scan.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

MAX_BYTES = 256 * 1024 * 1024
"""What all entries may take together; the longest unused go first."""

_KEPT = 0.8  # of that, once something has to go
_SUFFIX = ".json"


class Store:
    def __init__(self, folder: str, most: int = MAX_BYTES) -> None:
        self.folder, self.most = folder, most
        self.written = 0

    def _path(self, key: str) -> str:
        return os.path.join(self.folder, f"{key}{_SUFFIX}")

    def get(self, key: str) -> dict[str, Any] | None:
        path = self._path(key)
        try:
            with open(path, "rb") as stream:
                data = json.loads(stream.read())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(data, dict) or data.get("key") != key:
            return None
        with suppress(OSError):
            os.utime(path)
        return data

    def put(self, key: str, data: dict[str, Any]) -> None:
        path = self._path(key)
        temporary = f"{path}.{os.urandom(6).hex()}"
        try:
            text = json.dumps({"key": key, **data}, separators=(",", ":")).encode()
        except (TypeError, ValueError):  # a value that JSON has no word for
            return
        if len(text) > self.most // 4:
            return
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(text)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            return
        self.written += len(text)

    def tidy(self) -> None:
        """Removes what was not used for longest, where there is more than there may be."""
        entries: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.folder) as found:
                for entry in found:
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        entries.append((status.st_mtime, status.st_size, entry.path))
        except OSError:
            return
        total = sum(size for _, size, _ in entries)
        if total <= self.most:
            return
        for _, size, path in sorted(entries):
            with suppress(OSError):
                os.unlink(path)
            total -= size
            if total <= self.most * _KEPT:
                return
