"""Kubernetes manifests -> resources. `recognise` is asked about every YAML file of a repository, so that nothing
here imports the YAML reader before there is a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrail.inputs.reader import Reading, ReadOptions
    from guardrail.tree import Tree


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """See `guardrail.inputs.reader.Read`."""
    from guardrail.inputs.kubernetes.reader import read as read_manifests

    return read_manifests(files, tree, options)
