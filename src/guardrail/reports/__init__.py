"""From a Result to what people and programs read: one module a format, one table of them.

A format's module has `render(result, options) -> str` and is imported when it is asked for, so that a text-mode
scan pays for neither Jinja2 nor json.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TextIO, cast

from guardrail.errors import UsageError
from guardrail.reports.table import FORMATS, TERMINAL_FORMATS, ReportOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.model import Result

__all__ = ["FORMATS", "ReportOptions", "render", "write"]


def render(format: str, result: Result, options: ReportOptions | None = None) -> str:
    """The report as text that ends in a newline. Raises `UsageError` for a format that is not in `FORMATS`."""
    module = FORMATS.get(format)
    if module is None:
        raise UsageError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    renderer = cast("Callable[[Result, ReportOptions], str]", import_module(module).render)
    return renderer(result, options or ReportOptions())


def write(format: str, result: Result, out: TextIO, options: ReportOptions | None = None) -> None:
    """Write the report to an open text file or standard output.

    What programs read is UTF-8 whatever the locale says, where `out` lets us at its bytes; what a person reads in
    a terminal goes through the terminal's own encoding, with escapes for what that can't say.
    """
    text = render(format, result, options)
    buffer = getattr(out, "buffer", None)
    if format not in TERMINAL_FORMATS and buffer is not None:
        out.flush()
        buffer.write(text.encode("utf-8"))
        buffer.flush()
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.write(text.encode(encoding, "backslashreplace").decode(encoding))
