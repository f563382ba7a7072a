"""Whole processes, measured by what the kernel counts for them."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

GUARDRAIL = (sys.executable, "-c", "from guardrail.__main__ import command; command()")
"""What the installed command does."""


SLOW = 20.0
"""Seconds of wall time, beside which what a first run has to do first is nothing."""


class Run(NamedTuple):
    """One process, or the medians of several. `wall` and `cpu` in seconds, the latter with that of child processes;
    `peak` in bytes, of the largest single process. `status` is the exit code, None where the time limit came first."""

    wall: float
    cpu: float
    peak: float
    status: int | None

    @property
    def known(self) -> bool:
        return self.status is not None


class Bench:
    """Runs commands in a folder of its own, with a cache and bytecode of its own, so that what was there before
    does not matter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        kept = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV"}
        self.environment = {name: value for name, value in os.environ.items() if name in kept}
        # PYTHONDONTWRITEBYTECODE is not among them: an installed package has its bytecode.
        self.environment |= {
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "GUARDRAIL_CACHE": str(folder / "cache"),
        }

    def run(self, command: Sequence[str], limit: float = 600.0) -> Run:
        environment = self.environment
        if command[0] == sys.executable:  # ours, and nobody else's
            environment = {**environment, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        with tempfile.TemporaryFile() as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder, env=environment,
                start_new_session=True,
            )  # fmt: skip
            late = threading.Event()

            def stop() -> None:
                late.set()
                os.killpg(process.pid, signal.SIGKILL)  # its workers too, or they slow down what comes after

            timer = threading.Timer(limit, stop)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            timer.cancel()
            # Told, since Popen did not do the waiting itself.
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0, os.SEEK_END)
            if not late.is_set() and process.returncode < 0:
                output.seek(0)
                raise RuntimeError(f"{command} died: {output.read().decode(errors='replace')[-2000:]}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(
            wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, None if late.is_set() else process.returncode
        )

    def compare(
        self,
        commands: Mapping[str, Sequence[str]],
        runs: int,
        limit: float = 600.0,
        expect: Sequence[int] = (0,),
    ) -> dict[str, Run]:
        """The medians of several commands, run in turn, so that what slows the machine for a while falls on all.
        Each runs once before that, unmeasured, unless it takes longer than `SLOW`: then that is its only run.
        Raises RuntimeError where one ends with an exit code not in `expect`."""
        measured: dict[str, list[Run]] = {name: [] for name in commands}
        for turn in range(runs + 1):
            for name, command in commands.items():
                known = measured[name]
                if known and (not known[0].known or known[0].wall > SLOW):
                    continue
                run = self.run(command, limit)
                if run.status not in (*expect, None):
                    raise RuntimeError(f"{name}: {' '.join(command)} ended with {run.status}")
                if turn or not run.known or run.wall > SLOW:
                    known.append(run)
        return {name: _median(found) for name, found in measured.items()}


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.peak for run in runs),
        runs[0].status,
    )
