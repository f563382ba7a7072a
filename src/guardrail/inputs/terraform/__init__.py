"""Terraform and OpenTofu: files -> resources with the values that a plan would know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrail.inputs.reader import Reading, ReadOptions
    from guardrail.tree import Tree


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """See `guardrail.inputs.reader.Read`."""
    from guardrail.inputs.terraform.reader import read as read_files

    return read_files(files, tree, options)


def components(files: Sequence[str], tree: Tree) -> list[list[str]]:
    """The groups of files that must be read together: a folder's own, and those of folders that call each
    other. Terraform's are found without parsing; in a stable order."""
    from guardrail.inputs.terraform.grouping import components as group

    return group(files, tree)


__all__ = ["components", "read"]
