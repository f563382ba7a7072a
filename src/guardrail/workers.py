"""Work that is parted among processes: this one, and copies of it that start with all that it knows.

The standard library's pools take some 50 ms to import and start, which is as long as a small scan takes; they also wait
for ever for a process that the system has killed.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

if TYPE_CHECKING:
    from typing import Any

T = TypeVar("T")

_MOST_LOTS = 4096
"""As many as fit into a pipe (64 KiB on Linux, 16 on macOS) with `_LOT_BYTES` each."""
_LOT_BYTES = 4


class _Copy(NamedTuple):
    process: int
    results: IO[bytes]


def results_of(work: Callable[[int], T], order: Sequence[int], processes: int) -> dict[int, T]:
    """`work` of each number, by the number; whichever process is free takes the next of `order`. Results are sent by
    pickle. What a process that comes to grief leaves undone is done here, and raises here what it raises.
    """
    lots = [order[start :: min(len(order), _MOST_LOTS)] for start in range(min(len(order), _MOST_LOTS))]
    taking, giving = os.pipe()
    os.write(giving, b"".join(lot.to_bytes(_LOT_BYTES, "little") for lot in range(len(lots))))
    os.close(giving)  # after the last lot there is nothing to read
    copies: list[_Copy] = []
    try:
        for _ in range(min(processes, len(lots)) - 1):
            try:
                copies.append(_copy(work, lots, taking, copies))
            except OSError:  # the system has no room for another one
                break
        done = dict(_mine(work, lots, taking))
        for copy in copies:
            done.update(_received(copy))
    finally:
        os.close(taking)
        for copy in copies:
            copy.results.close()
            os.kill(copy.process, signal.SIGKILL)  # it has sent all, or nobody wants it
            os.waitpid(copy.process, 0)
    for number in order:
        if number not in done:
            done[number] = work(number)
    return done


def _mine(work: Callable[[int], T], lots: Sequence[Sequence[int]], taking: int) -> Iterator[tuple[int, T]]:
    while lot := os.read(taking, _LOT_BYTES):
        for number in lots[int.from_bytes(lot, "little")]:
            yield number, work(number)


def _copy(
    work: Callable[[int], Any], lots: Sequence[Sequence[int]], taking: int, others: Sequence[_Copy]
) -> _Copy:
    reading, writing = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if process == 0:
        os.close(reading)
        for other in others:
            other.results.close()
        _be_a_copy(work, lots, taking, writing)
    os.close(writing)
    return _Copy(process, open(reading, "rb"))


def _be_a_copy(work: Callable[[int], Any], lots: Sequence[Sequence[int]], taking: int, writing: int) -> NoReturn:
    """Sends all at its end: until then the other side is at work itself, and would not read."""
    code = 1
    try:
        done = dict(_mine(work, lots, taking))
        with open(writing, "wb") as stream:
            pickle.dump(done, stream, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)  # without writing or tidying up what its original will


def _received(copy: _Copy) -> dict[int, Any]:
    try:
        received: dict[int, Any] = pickle.load(copy.results)
    except (EOFError, pickle.UnpicklingError):  # it sent nothing, or was killed at it
        return {}
    return received
