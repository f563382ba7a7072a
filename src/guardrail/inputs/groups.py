"""Which files must be read together, and may be read apart from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrail.tree import Tree

MANY_PIPELINES = 50
"""Fewer are one group: looking into each for what it calls costs more than it gives."""


def groups_of(claimed: Mapping[str, Sequence[str]], tree: Tree) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(reader, files) in a stable order. A Terraform module is never split from those that it calls; manifests
    are joined with each other by names and labels, wherever they stand; pipelines are kept with those whose actions
    and workflows they call.
    """
    for reader, files in claimed.items():
        if reader == "terraform":
            from guardrail.inputs.terraform import components

            for component in components(files, tree):
                yield reader, tuple(component)
        elif reader == "pipelines" and len(files) >= MANY_PIPELINES:
            from guardrail.inputs.pipelines.grouping import components as pipeline_components

            for apart in pipeline_components(files, tree):
                yield reader, apart
        else:
            yield reader, tuple(files)
