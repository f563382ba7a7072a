"""The table of made inputs, and how they come onto the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import kubernetes, monorepo, terraform, terraform_modules, workflows

SIZES = {"S": 100_000, "M": 3_000_000, "L": 30_000_000}

INPUTS: dict[str, Callable[[int], Iterator[tuple[str, str]]]] = {
    "terraform-flat": terraform.files,
    "terraform-modules": terraform_modules.files,
    "kubernetes": kubernetes.files,
    "workflows": workflows.files,
    "monorepo": monorepo.files,
}

READ = (".tf", ".tfvars", ".yaml", ".yml")


class Input(NamedTuple):
    """`size` is bytes of what a scanner of deployment files reads; `files` counts the same."""

    name: str
    letter: str
    folder: Path
    size: int
    files: int


def make(name: str, letter: str, folder: Path) -> Input:
    place = folder / f"{name}-{letter}"
    size = count = 0
    for path, text in INPUTS[name](SIZES[letter]):
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        file.write_bytes(data)
        if path.endswith(READ):
            size += len(data)
            count += 1
    return Input(name, letter, place, size, count)
