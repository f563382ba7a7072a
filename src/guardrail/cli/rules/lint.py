"""`guardrail rules lint`: what rule files leave to be desired."""

from __future__ import annotations

import json

import click

from guardrail.cli.rules.finding import files_of


@click.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(paths: tuple[str, ...], form: str) -> None:
    """Look for what is wrong or missing in rules that would load all the same.

    Without PATHS, all rules that come with guardrail. Ends with 1 where there is anything to say.

    \b
    guardrail rules lint
    guardrail rules lint rules/security/public-store.yaml --format json
    """
    from guardrail.kit.linting import lint
    from guardrail.kit.rulebook import Rulebook

    files = files_of(paths)
    faults = lint(files, Rulebook())
    if form == "json":
        click.echo(json.dumps([fault._asdict() for fault in faults], indent=2, ensure_ascii=False).encode())
    else:
        for fault in faults:
            place = f"{fault.file}:{fault.line}" if fault.line else fault.file
            click.echo(f"{place}: {fault.message} [{fault.code}]")
        click.echo(f"{len(files)} rules, {len(faults)} faults")
    if faults:
        raise click.exceptions.Exit(1)
