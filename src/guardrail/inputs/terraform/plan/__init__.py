"""Plans and states as `terraform show -json` (or `tofu show -json`) writes them -> resources, as the reader of
Terraform's own files gives them, with the values that the plan knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrail.inputs.reader import Reading, ReadOptions
    from guardrail.tree import Tree


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """See `guardrail.inputs.reader.Read`."""
    from guardrail.inputs.terraform.plan.reader import read as read_plans

    return read_plans(files, tree, options)
