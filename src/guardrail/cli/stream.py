"""Standard output whose reader has gone, or that nobody opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GONE = 141  # what a shell says of a command that SIGPIPE ended


@contextmanager
def unless_gone() -> Iterator[None]:
    """What is printed within. Whoever reads it may have seen enough: the exit code stays what it is."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard()


def discard() -> None:
    """What is yet to be printed goes nowhere, and is no error when the process ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
