"""Repositories that are not this project's, as inputs: `--tree NAME=FOLDER`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.floor import walk
from benchmarks.inputs import READ, Input


class Repository(NamedTuple):
    """`commit`: what is checked out there, "" where git does not know."""

    input: Input
    commit: str


def repository(argument: str) -> Repository:
    """Of NAME=FOLDER, or of a folder that is called as it is. Raises ValueError where there is none."""
    name, _, place = argument.rpartition("=")
    folder = Path(place).resolve()
    if not folder.is_dir():
        raise ValueError(f"{place} is no folder")
    sizes = [os.path.getsize(path) for path in _read(folder)]
    return Repository(Input(name or folder.name, "", folder, sum(sizes), len(sizes)), _commit(folder))


def _read(folder: Path) -> Iterator[str]:
    for path in walk(str(folder)):
        if path.endswith(READ) and os.path.isfile(path):
            yield path


def _commit(folder: Path) -> str:
    """Of a checkout whose top this folder is: a folder within another repository has no commit of its own."""
    command = ["git", "-C", str(folder), "rev-parse", "--show-prefix", "--short=10", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    prefix, _, commit = done.stdout.partition("\n")
    return commit.strip() if done.returncode == 0 and not prefix else ""

