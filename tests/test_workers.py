"""Work that is parted among processes comes to what one process would come to."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from guardrail.workers import results_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is parted where there is no fork")


@pytest.mark.parametrize("count", [1, 2, 7, 5000])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_is_done_once(count: int, processes: int, tmp_path: Path) -> None:
    log = os.open(tmp_path / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def work(number: int) -> str:
        os.write(log, b"%d\n" % number)
        return f"result {number}"

    assert results_of(work, range(count), processes) == {number: f"result {number}" for number in range(count)}
    os.close(log)
    assert sorted((tmp_path / "log").read_text().split(), key=int) == [str(number) for number in range(count)]


def test_several_processes_work() -> None:
    def work(_: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    found = results_of(work, range(12), 3)
    assert len(set(found.values())) == 3
    assert os.getpid() in found.values()


def test_more_comes_back_than_fits_into_a_pipe() -> None:
    found = results_of(lambda number: bytes([number]) * 1_000_000, range(6), 2)
    assert [len(found[number]) for number in range(6)] == [1_000_000] * 6


def test_what_the_work_raises_is_raised() -> None:
    class Wrong(Exception):
        """Which cannot be sent from one process to another: its class is no module's."""

    def work(number: int) -> int:
        time.sleep(0.01)
        if number == 5:
            raise Wrong("five")
        return number

    with pytest.raises(Wrong, match="five"):
        results_of(work, range(8), 2)


def test_what_a_killed_process_leaves_is_done() -> None:
    mine = os.getpid()

    def work(number: int) -> int:
        time.sleep(0.01)
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert results_of(work, range(6), 3) == {number: number for number in range(6)}


def test_nothing_is_left_running_or_open() -> None:
    before = sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else []

    def work(number: int) -> int:
        if number == 0:
            raise KeyError(number)
        return number

    for _ in range(3):
        with pytest.raises(KeyError):
            results_of(work, range(6), 3)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    if before:
        assert sorted(os.listdir("/proc/self/fd")) == before


def test_where_there_is_no_room_for_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork
    forks: list[int] = []

    def refuse() -> int:
        if len(forks) == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        forks.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", refuse)
    before = sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else []
    assert results_of(lambda number: number, range(9), 4) == {number: number for number in range(9)}
    if before:
        assert sorted(os.listdir("/proc/self/fd")) == before
