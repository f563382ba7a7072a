"""Where the time of a scan goes."""

from __future__ import annotations

import cProfile
import io
import pstats
from pathlib import Path

from guardrail.scanning import Request, scan

LINES = 40


def profile(folder: Path) -> str:
    """The functions that a scan with one worker spends most time in: by themselves, then with what they call."""
    request = Request((str(folder),), workers=1)
    profiler = cProfile.Profile()
    profiler.runcall(scan, request)
    output = io.StringIO()
    found = pstats.Stats(profiler, stream=output)
    found.sort_stats("tottime").print_stats(LINES)
    found.sort_stats("cumtime").print_stats(LINES)
    return output.getvalue()
