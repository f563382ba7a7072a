"""What a reader is: files of one platform in, resources out.

A new platform or CI system is one module with a `read` function and one line in `guardrail.inputs.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from guardrail.config.charts import HelmProfile
from guardrail.model import Note, Problem, Resource, Span
from guardrail.tree import Tree

ACTIONS = ("create", "update", "no-op", "read", "delete-create", "create-delete", "delete")
"""What a Terraform plan may do to a resource."""


class ReadOptions(NamedTuple):
    """What the user tells the readers. `variables` are Terraform's `--var`, `var_files` its `--var-file`s,
    relative to the tree's base; with `environment`, TF_VAR_ variables count too. `actions`: which resources of a
    plan are judged, by what it does to them. `helm_profiles`: what guardrail.yaml has charts rendered with.
    `configured`: variables of guardrail.yaml, each with its text and where that stands. `planned`: those of a plan,
    each with what is to be said of where it is from and its value in plain JSON.
    `processes`: how many may be at work on one group, with the same result."""

    variables: tuple[tuple[str, str], ...] = ()
    var_files: tuple[str, ...] = ()
    environment: bool = False
    actions: tuple[str, ...] = ACTIONS[:-1]
    helm_profiles: tuple[HelmProfile, ...] = ()
    configured: tuple[tuple[str, str, Span], ...] = ()
    planned: tuple[tuple[str, str, Any], ...] = ()
    processes: int = 1


@dataclass(eq=False, repr=False)
class Reading:
    """What came of a group of files. `files` says of each how far it was read: "analysed", "partial", "failed" or
    "skipped" (recognised, on a second look, as nothing of ours). `unquoted`: files whose lines reports must not
    show, since secrets stand in them that nobody wrote there. `lacking`: those of `Resource.root` of which a part
    is in no file that there is, so that what is named there, and is nowhere, may be in that part. `unseen`:
    namespaces and names of what is released from charts that are in no file, either. `whole`: those of
    `Resource.root` that are plans of all that there is. `declared`: those of `ReadOptions.variables` that a root
    module has. `secrets`: texts that a plan says are secret. `handed_in`: those that it was made with, and that
    stand in no file but the plan. `held`: to be called when nobody will ask for an origin any more, so that what
    the reader worked with can go."""

    resources: list[Resource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    unquoted: list[str] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    unseen: set[tuple[str, str]] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    handed_in: set[str] = field(default_factory=set)
    held: list[Callable[[], None]] = field(default_factory=list)


class Read(Protocol):
    """`files` are names in the tree, sorted, all of them claimed for this reader. Other files (a module that
    is called, a local action) are read through the tree as they are needed. Never raises for what the files
    hold: that is a problem in the reading."""

    def __call__(self, files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading: ...
