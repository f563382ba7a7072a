"""`guardrail rules docs`: a page for each rule, and their index."""

from __future__ import annotations

import click

from guardrail.shipped import folder


@click.command("docs")
@click.argument("target", type=click.Path(file_okay=False), default="docs/rules")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the pages are not up to date.")
def command(target: str, check: bool) -> None:
    """Write a Markdown page for each rule, and an index, into a folder.

    \b
    guardrail rules docs docs/rules
    guardrail rules docs docs/rules --check
    """
    from pathlib import Path

    from guardrail.policy.catalogue import load_concepts
    from guardrail.policy.loading import load_rule, rule_files
    from guardrail.policy.pages import pages
    from guardrail.policy.vocabulary import Vocabulary

    vocabulary = Vocabulary(load_concepts())
    rules = {rule["id"]: rule for rule in (load_rule(file, vocabulary) for file in rule_files(folder("rules")))}
    wanted = pages({name: rules[name] for name in sorted(rules)})
    place = Path(target)
    there = {file.name: file.read_text(encoding="utf-8") for file in place.glob("*.md")} if place.is_dir() else {}
    stale = sorted({name for name in wanted if there.get(name) != wanted[name]} | (there.keys() - wanted.keys()))
    if check:
        for name in stale:
            click.echo(f"{place / name}: not up to date; run `guardrail rules docs {target}`")
        if stale:
            raise click.exceptions.Exit(1)
        return
    place.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (place / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (place / name).unlink()
    click.echo(f"{len(wanted)} pages, {len(stale)} written")
