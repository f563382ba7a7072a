"""`guardrail scan`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from guardrail.cli.reading import reads_files
from guardrail.cli.stream import unless_gone
from guardrail.errors import UsageError
from guardrail.model import SEVERITIES, Result
from guardrail.reports.table import FORMATS

if TYPE_CHECKING:
    from guardrail.scanning import Request


def _output(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str]]:
    outputs: list[tuple[str, str]] = []
    for value in values:
        form, separator, file = value.partition("=")
        if not separator or not file or form not in FORMATS:
            raise click.BadParameter(f"{value!r} is not FORMAT=FILE with one of {', '.join(FORMATS)}")
        outputs.append((form, file))
    return outputs


@click.command("scan", context_settings={"max_content_width": 100})
@click.option("--format", "-f", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True,
              help="What goes to standard output.")  # fmt: skip
@click.option("--output", "-o", multiple=True, metavar="FORMAT=FILE", callback=_output,
              help="Also write a report to a file; repeatable. html=FOLDER/: a page each repository.")  # fmt: skip
@click.option("--fail-on", type=click.Choice([*SEVERITIES, "never"]),
              help="The least severity that breaks the gate.  [default: low, or guardrail.yaml's fail_on]")  # fmt: skip
@click.option("--min-severity", type=click.Choice(SEVERITIES),
              help="The least severity that is told of, and gated.  [default: info, or guardrail.yaml's]")  # fmt: skip
@click.option("--config", "-c", metavar="FILE", help="Use this configuration instead of each guardrail.yaml.")
@click.option("--profile", "profiles", multiple=True, metavar="NAME",
              help="Apply what this profile lists, instead of guardrail.yaml's; repeatable.")  # fmt: skip
@click.option("--pack", "packs", multiple=True, metavar="FOLDER", type=click.Path(exists=True, file_okay=False),
              help="Also apply the rules of this pack; repeatable.")  # fmt: skip
@click.option("--baseline", metavar="FILE",
              help="Accept the findings that this file lists, instead of guardrail.yaml's baseline.")  # fmt: skip
@click.option("--scanner", "scanners", multiple=True, type=click.Choice(["checkov"]),
              help="Also run this scanner, on what guardrail does not read (Dockerfiles, ...).")  # fmt: skip
@click.option("--rule", "only", multiple=True, metavar="ID", help="Apply only this rule; repeatable.")
@click.option("--changed", is_flag=True,
              help="PATHs are the changed files: read what they need, report what they bring about.")  # fmt: skip
@click.option("--workers", type=click.IntRange(0, 64), default=0, help="Processes; 0 chooses.  [default: 0]")
@click.option("--no-cache", is_flag=True, help="Judge everything anew, and keep nothing for later scans.")
@click.option("--timings", is_flag=True,
              help="Say on standard error where the time goes; one process, nothing from the cache.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Only the summary line.")
@click.option("--verbose", "-v", is_flag=True, help="Also list what could not be determined, and notes.")
@click.option("--color/--no-color", default=None, help="Colour the text; by default where it goes to a terminal.")
@reads_files
def command(
    request: Request,
    form: str,
    output: list[tuple[str, str]],
    fail_on: str | None,
    min_severity: str | None,
    config: str | None,
    profiles: tuple[str, ...],
    packs: tuple[str, ...],
    baseline: str | None,
    scanners: tuple[str, ...],
    only: tuple[str, ...],
    changed: bool,
    workers: int,
    no_cache: bool,
    timings: bool,
    quiet: bool,
    verbose: bool,
    color: bool | None,
) -> int:
    """Judge files and folders (by default the working directory; `-` is standard input).

    \b
    guardrail scan
    guardrail scan infra/ deploy/ .github/ --fail-on high
    guardrail scan . -o sarif=guardrail.sarif -o html=guardrail.html
    helm template chart/ | guardrail scan -
    """
    from guardrail.reports import ReportOptions, write
    from guardrail.scanning import scan
    from guardrail.timings import Timings, stage

    for _, file in output:  # better told before a long scan than after it
        parent = os.path.dirname(os.path.abspath(file))
        if not os.path.isdir(parent):
            raise UsageError(f"{file}: there is no folder {parent}")
    if config is not None and not os.path.isfile(config):
        raise UsageError(f"{config}: no such file")
    request = request._replace(
        config=os.path.abspath(config) if config else None,
        changed=changed,
        fail_on=fail_on,
        min_severity=min_severity,
        only=only,
        workers=1 if timings else workers,
        cache=not no_cache and not timings,
        timings=Timings() if timings else None,
        packs=packs,
        baseline=os.path.abspath(baseline) if baseline else None,
        scanners=scanners,
        profiles=profiles,
    )
    with _progress(form == "text" and not quiet):
        result = scan(request)
    terminal = sys.stdout.isatty()
    if color is None:
        color = terminal and not os.environ.get("NO_COLOR")
    options = ReportOptions(
        color=color, width=_width() if terminal else 100, clip=terminal, quiet=quiet, verbose=verbose
    )
    with stage(request.timings, "reports"):
        unwritten = [why for kind, file in output if (why := _write(result, kind, file))]
        with unless_gone():
            write(form, result, sys.stdout, options)
    if request.timings:
        from guardrail.cli.timings import table

        click.echo(table(request.timings), err=True, nl=False)
    if unwritten:
        raise UsageError("\n".join(unwritten))
    return result.exit_code


def _width() -> int:
    import shutil

    return max(60, min(shutil.get_terminal_size().columns, 160))


def _write(result: Result, form: str, file: str) -> str:
    """Why it could not be done, if so."""
    from guardrail.reports import write

    try:
        if form == "html" and file.endswith(("/", os.sep)):
            _write_pages(result, file)
            return ""
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            write(form, result, stream)
    except OSError as error:
        return f"{file}: cannot be written: {error.strerror}"
    return ""


def _write_pages(result: Result, folder: str) -> None:
    from guardrail.reports.html_pages import pages
    from guardrail.reports.table import ReportOptions

    os.makedirs(folder, exist_ok=True)
    for name, text in pages(result, ReportOptions()):
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)


class _progress:
    """A word on a terminal while a scan takes long; nothing anywhere else."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted and sys.stderr.isatty() and sys.stdout.isatty()

    def __enter__(self) -> None:
        if not self.wanted:
            return
        import threading

        self.done = threading.Event()
        self.thread = threading.Thread(target=self._turn, daemon=True)
        self.thread.start()

    def _turn(self) -> None:
        if self.done.wait(1.0):
            return
        step = 0
        while not self.done.wait(0.2):
            step += 1
            sys.stderr.write(f"\rscanning{'.' * (step % 4):<4}")
            sys.stderr.flush()
        sys.stderr.write("\r" + " " * 12 + "\r")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self.wanted:
            self.done.set()
            self.thread.join()
