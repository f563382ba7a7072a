"""Which files must be read together, and may be read apart from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrail.tree import Tree

MANY = 50
"""Fewer pipelines, or manifests, are one group: looking into each for what it is joined to costs more than it gives."""


def groups_of(claimed: Mapping[str, Sequence[str]], tree: Tree) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(reader, files) in a stable order. A Terraform module is never split from those that it calls, manifests are
    kept with those that they may be joined to by names and labels, pipelines with those whose actions and workflows
    they call.
    """
    for reader, files in claimed.items():
        if reader == "terraform":
            from guardrail.inputs.terraform import components

            for component in components(files, tree):
                yield reader, tuple(component)
        elif reader == "pipelines" and len(files) >= MANY:
            from guardrail.inputs.pipelines.grouping import components as pipeline_components

            for apart in pipeline_components(files, tree):
                yield reader, apart
        elif reader == "kubernetes" and len(files) >= MANY:
            from guardrail.inputs.kubernetes.grouping import components as manifest_components

            for apart in manifest_components(files, tree):
                yield reader, apart
        else:
            yield reader, tuple(files)
