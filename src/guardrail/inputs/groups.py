"""Which files must be read together, and may be read apart from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from guardrail.tree import Tree

if TYPE_CHECKING:
    from guardrail.inputs.pipelines.practices import Beyond

MANY = 50
"""Fewer pipelines, or manifests, are one group: looking into each for what it is joined to costs more than it gives."""


class Group(NamedTuple):
    """`beyond`: what counts of files that are read in other groups, or not at all."""

    reader: str
    files: tuple[str, ...]
    beyond: tuple[Beyond, ...] = ()


def groups_of(claimed: Mapping[str, Sequence[str]], tree: Tree) -> Iterator[Group]:
    """In a stable order. A Terraform module is never split from those that it calls, manifests are
    kept with those that they may be joined to by names and labels, pipelines with those whose actions and workflows
    they call.
    """
    for reader, files in claimed.items():
        if reader == "terraform":
            from guardrail.inputs.terraform import components

            for component in components(files, tree):
                yield Group(reader, tuple(component))
        elif reader == "pipelines":
            from guardrail.inputs.pipelines.grouping import components as pipeline_components

            for apart, beyond in pipeline_components(files, tree, len(files) >= MANY):
                yield Group(reader, apart, beyond)
        elif reader == "kubernetes" and len(files) >= MANY:
            from guardrail.inputs.kubernetes.grouping import components as manifest_components

            for apart in manifest_components(files, tree):
                yield Group(reader, apart)
        else:
            yield Group(reader, tuple(files))
