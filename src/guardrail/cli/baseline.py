"""`guardrail baseline`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from guardrail.cli.reading import judges_as_configured
from guardrail.errors import UsageError

if TYPE_CHECKING:
    from guardrail.exceptions.baseline import Baseline
    from guardrail.model import Result
    from guardrail.scanning import Plan, Request


@click.command("baseline")
@click.option("--output", "-o", metavar="FILE",
              help="Where to.  [default: as guardrail.yaml names it, or guardrail-baseline.json]")  # fmt: skip
@click.option("--prune", is_flag=True, help="Only take out what is found no more; add nothing.")
@judges_as_configured
def command(request: Request, output: str | None, prune: bool) -> int:
    """Write down what is wrong today, so that the gate holds for what is new.

    What scans find later and the file lists is suppressed. Of a part of the tree, only what is about that part is
    written anew.

    \b
    guardrail baseline && git add guardrail-baseline.json    # and `baseline: guardrail-baseline.json` in guardrail.yaml
    guardrail baseline --prune                               # when some of it is mended
    """
    from guardrail.config.globs import is_below
    from guardrail.exceptions.baseline import Baseline, entries_of
    from guardrail.scanning import carry_out, prepare

    request = request._replace(baseline="", cache=True, min_severity="info")  # what is not told of today may be once
    plan = prepare(request)
    if plan.found.repositories:
        raise UsageError("there are several repositories here, and a baseline is one repository's")
    old, path, shown = _known(plan, output, must_exist=prune)
    result = carry_out(plan, request)
    if prune and result.problems:
        _say_incomplete(result)
        click.echo(f"{shown}: left as it was, since it cannot be known what is gone", err=True)
        return result.exit_code
    found = entries_of(result)
    if prune:
        new = old.pruned(result.findings, plan.paths)
    else:
        new = Baseline(shown, [*(entry for entry in old.entries if not is_below(entry.file, plan.paths)), *found])
    _write(path, new.text())
    fewer = len(old.entries) - len(new.entries)
    click.echo(f"{shown}: {_number(len(new.entries))}" + (f", {fewer:,} taken out" if prune else ""))
    if not prune and path != plan.config.baseline:
        click.echo(f"scans honour it with --baseline {shown}, or `baseline: {shown}` in guardrail.yaml")
    if result.problems:
        _say_incomplete(result)
        return result.exit_code
    return 0


def _known(plan: Plan, output: str | None, *, must_exist: bool) -> tuple[Baseline, str, str]:
    """What there is, the absolute path of its file, and what to call that."""
    from guardrail.exceptions.baseline import NAME, Baseline, read

    tree = plan.found.tree
    if not output and not tree.contains(NAME):
        raise UsageError(f"{NAME} is a link out of the tree; --output says where else to")
    path = os.path.abspath(output) if output else plan.config.baseline or tree.absolute(NAME)
    shown = os.path.relpath(path, tree.base).replace(os.sep, "/")
    shown = path if shown.startswith("../") else shown
    return read(path, shown) if must_exist or os.path.exists(path) else Baseline(shown, ()), path, shown


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _number(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"


def _say_incomplete(result: Result) -> None:
    """The first problems; `guardrail scan` tells of all."""
    for problem in result.problems[:5]:
        place = f"{problem.file}:{problem.line}: " if problem.line else f"{problem.file}: " if problem.file else ""
        click.echo(f"problem: {place}{problem.message}", err=True)
    more = len(result.problems) - 5
    click.echo(f"the scan is incomplete{f', {more:,} more problems' if more > 0 else ''}", err=True)
