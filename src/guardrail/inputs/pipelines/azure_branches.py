"""The branches of Azure's `${{ if }}`: which of them are taken, and whether one of them surely is."""

from __future__ import annotations

from guardrail.inputs.pipelines.azure_guards import NotOfPulls
from guardrail.model import Unknown


class Chain:
    """An `if` with what follows it. `over`: a branch was surely taken; `open`: why those that follow may be;
    `in_pulls`: a branch is surely taken in builds of outsiders' pull requests."""

    __slots__ = ("in_pulls", "open", "over")

    def __init__(self) -> None:
        self.over = self.in_pulls = False
        self.open: Unknown | None = None

    def take(
        self, strict: bool | Unknown, default: bool | Unknown, pulls: bool | Unknown
    ) -> tuple[bool, Unknown | None]:
        """Whether the branch is kept, and why it may not be there. `pulls` is what holds in builds of outsiders'
        pull requests."""
        kept, maybe = self._take(strict, default)
        if maybe is not None and (self.in_pulls or pulls is False):
            maybe = NotOfPulls(maybe.reason, maybe.refs)
        self.in_pulls = self.in_pulls or pulls is True
        return kept, maybe

    def _take(self, strict: bool | Unknown, default: bool | Unknown) -> tuple[bool, Unknown | None]:
        """`default` is what holds where nobody chooses anything for a run, `strict` what holds whatever anybody
        chooses."""
        if self.over:
            return False, None
        maybe = self.open
        if strict is True:
            self.over = True
            return True, maybe
        if strict is False:
            return False, None
        if default is True and maybe is None:
            self.open = strict
            return True, None
        if not isinstance(default, bool):
            self.open = self.open or default
        elif default:
            self.open = self.open or strict
        return True, maybe or strict
