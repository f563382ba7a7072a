"""What a Terraform plan settles of what the files beside it leave open.

The files and the plan are read apart, each by its own group. What the files can't tell (`var.days has no value`), the
plan mostly can; where it can't either, it says so itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from guardrail.inputs.terraform.plan.addresses import block_of
from guardrail.model import Finding, Resource, Span

if TYPE_CHECKING:
    from guardrail.policy.judge import Verdict

Open = tuple[str, Span, str, str]
"""A verdict that could not be reached: rule, place, the folder of the root module, the block's address in it."""

Settled = Mapping[str, Collection[str] | None]
"""By the folder of the root module, the blocks of a plan that were judged; None where it plans all that there is."""


def open_verdicts(verdicts: Iterable[Verdict]) -> list[Open]:
    found: dict[Open, None] = {}
    for verdict in verdicts:
        if not verdict.failed:
            resource = verdict.subject.resource
            found[verdict.rule.id, verdict.span, resource.root, block_of(resource.address)] = None
    return list(found)


def settled_blocks(resources: Iterable[Resource], whole: Iterable[str]) -> dict[str, list[str] | None]:
    """`whole`: plans that plan all that there is. Those whose source is not beside them settle nothing."""
    found: dict[str, dict[str, None] | None] = {}
    for resource in resources:
        plan, place = resource.root, resource.header.file
        if place == plan:
            continue
        folder = plan.rpartition("/")[0]
        if plan in whole:
            found[folder] = None
        blocks = found.setdefault(folder, {})
        if blocks is not None:
            blocks[block_of(resource.address)] = None
    return {folder: blocks if blocks is None else list(blocks) for folder, blocks in found.items()}


def settled_together(settled: Iterable[Mapping[str, Sequence[str] | None]]) -> Settled:
    """By several plans."""
    known: dict[str, set[str] | None] = {}
    for each in settled:
        for folder, blocks in each.items():
            before = known.setdefault(folder, set())
            if before is not None:
                known[folder] = None if blocks is None else before.union(blocks)
    return known


def without_settled(findings: Iterable[Finding], left_open: Iterable[Open], settled: Settled) -> list[Finding]:
    """The findings of the files without those that only say that they can't tell what a plan could. A block that
    another root module calls too, of which there is no plan, is as open as before."""
    remaining: set[tuple[str, Span]] = set()
    for rule, span, root, block in left_open:
        told = settled.get(root, ())
        if told is not None and block not in told:
            remaining.add((rule, span))
    return [
        finding for finding in findings
        if finding.verdict == "fail" or finding.platform != "terraform" or (finding.rule, finding.span) in remaining
    ]  # fmt: skip
