"""What tests of the command line share."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).parent.parent
EXAMPLES = REPOSITORY / "examples"


class Run(NamedTuple):
    """What came of a run of the command line."""

    code: int
    out: str
    err: str


@contextmanager
def ends(seconds: float = 60) -> Iterator[None]:
    """For what would take hours if it went wrong, and takes no time at all: the limit says nothing of speed."""

    def late(*_: Any) -> None:
        raise AssertionError(f"it does not come to an end in {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def calls(function: Callable[[], object]) -> int:
    """How many functions are called, those written in C among them: the same number on every machine."""
    count = 0

    def seen(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
