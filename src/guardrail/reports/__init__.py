"""From a Result to what people and programs read: one module a format, one table of them.

A format's module has `render(result, options) -> str` and is imported when it is asked for, so that a text-mode
scan pays for neither Jinja2 nor json. One that may be very long has `pieces` as well, which gives the same bit by bit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TextIO, cast

from guardrail.errors import UsageError
from guardrail.reports.table import FORMATS, TERMINAL_FORMATS, ReportOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from guardrail.model import Result

__all__ = ["FORMATS", "ReportOptions", "render", "write"]


def render(format: str, result: Result, options: ReportOptions | None = None) -> str:
    """The report as text that ends in a newline. Raises `UsageError` for a format that is not in `FORMATS`."""
    renderer = cast("Callable[[Result, ReportOptions], str]", _module(format).render)
    return renderer(result, options or ReportOptions())


def _pieces(format: str, result: Result, options: ReportOptions | None) -> Iterator[str]:
    """The same bit by bit, where the format knows how."""
    pieces = cast("Callable[[Result, ReportOptions], Iterator[str]] | None", getattr(_module(format), "pieces", None))
    if pieces is None:
        return iter((render(format, result, options),))
    return pieces(result, options or ReportOptions())


def _module(format: str) -> ModuleType:
    module = FORMATS.get(format)
    if module is None:
        raise UsageError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    return import_module(module)


def write(format: str, result: Result, out: TextIO, options: ReportOptions | None = None) -> None:
    """Write the report to an open text file or standard output.

    What programs read is UTF-8 whatever the locale says, where `out` lets us at its bytes; what a person reads in
    a terminal goes through the terminal's own encoding, with escapes for what that can't say.
    """
    buffer = getattr(out, "buffer", None)
    if format not in TERMINAL_FORMATS and buffer is not None:
        out.flush()
        for piece in _pieces(format, result, options):
            buffer.write(piece.encode("utf-8"))
        buffer.flush()
        return
    text = render(format, result, options)
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.write(text.encode(encoding, "backslashreplace").decode(encoding))
