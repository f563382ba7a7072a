"""Where something stands in a file."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a file. Lines and columns are 1-based and count characters (Unicode code points, after
    the BOM); `end_column` is exclusive, as in SARIF. `file` is relative to the scan's base, with `/`.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def covers(self, line: int) -> bool:
        return self.line <= line <= self.end_line


NOWHERE = Span("", 0, 0, 0, 0)
