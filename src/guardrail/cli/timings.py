"""What `guardrail scan --timings` prints."""

from __future__ import annotations

from collections.abc import Mapping

from guardrail.timings import Timings

SHOWN = 10


def table(timings: Timings) -> str:
    total = sum(timings.stages.values())
    lines = [f"timings: {total:.3f} s"]
    lines += _rows("by stage", timings.stages, total, len(timings.stages))
    lines += _rows("by file, while reading", _by_time(timings.files), timings.stages["reading"], SHOWN)
    lines += _rows("by rule, while judging", _by_time(timings.rules), timings.stages["judging"], SHOWN)
    return "\n".join(lines) + "\n"


def _by_time(seconds: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0])))


def _rows(title: str, seconds: Mapping[str, float], whole: float, shown: int) -> list[str]:
    rows = [f"  {title}"] if seconds else []
    listed = list(seconds.items())
    for name, taken in listed[:shown]:
        rows.append(_row(taken, whole, name))
    if len(listed) > shown:
        rows.append(_row(sum(taken for _, taken in listed[shown:]), whole, f"({len(listed) - shown} more)"))
    return rows


def _row(taken: float, whole: float, name: str) -> str:
    share = f"{taken / whole:5.0%}" if whole else "     "
    return f"  {taken:9.3f} s {share}  {name}"
