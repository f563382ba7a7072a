"""Which files must be read together, and may be read apart from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrail.tree import Tree


def groups_of(claimed: Mapping[str, Sequence[str]], tree: Tree) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(reader, files) in a stable order. A Terraform module is never split from those that it calls; manifests
    are joined with each other by names and labels, wherever they stand; pipelines call each other's actions.
    """
    for reader, files in claimed.items():
        if reader == "terraform":
            from guardrail.inputs.terraform import components

            for component in components(files, tree):
                yield reader, tuple(component)
        else:
            yield reader, tuple(files)
