"""Where a scan's time goes: by stage, by file read, by rule.

Seconds of this process's wall clock. What a file takes is the time from the moment that a reader asks for it until it
asks for another; for Terraform, whose modules are worked out after all of their files are read, the rest of a root
module counts to the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter

STAGES = ("discovery", "rules", "reading", "secrets", "concepts", "judging", "findings")


class Timings:
    """`stages`, `files` and `rules`: name -> seconds."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self.files: dict[str, float] = {}
        self.rules: dict[str, float] = {}
        self._file = ""
        self._since = 0.0

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + perf_counter() - begun

    def asked_for(self, file: str) -> None:
        """A reader asks for a file; "" where it is done."""
        now = perf_counter()
        if self._file:
            self.files[self._file] = self.files.get(self._file, 0.0) + now - self._since
        self._file, self._since = file, now

    def applied(self, rule: str, begun: float) -> None:
        self.rules[rule] = self.rules.get(rule, 0.0) + perf_counter() - begun


def stage(timings: Timings | None, name: str) -> AbstractContextManager[None]:
    """Counts what is done within to a stage, if somebody wants to know."""
    return nullcontext() if timings is None else timings._stage(name)
