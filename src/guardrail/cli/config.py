"""`guardrail config`."""

from __future__ import annotations

import json

import click

from guardrail.cli.reading import base_option


@click.group("config")
def command() -> None:
    """Look at what guardrail.yaml comes to."""


@command.command("show")
@click.argument("path", default=".")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", "-c", "explicit", metavar="FILE", help="Use this configuration instead.")
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="As in `guardrail scan`; repeatable.")
@base_option
@click.option("--environment", "-e", "environments", multiple=True, metavar="NAME",
              help="Of what is in this environment; repeatable.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="All rules, not only those that are named.")
def show(
    path: str,
    form: str,
    explicit: str | None,
    profiles: tuple[str, ...],
    base: str | None,
    environments: tuple[str, ...],
    everything: bool,
) -> None:
    """Show what holds for PATH, and where each setting comes from.

    \b
    guardrail config show envs/prod/main.tf
    guardrail config show modules/database --environment prod
    """
    import os

    from guardrail.config import did_you_mean, load
    from guardrail.config.show import text
    from guardrail.discover import find_base, name_in
    from guardrail.errors import UsageError
    from guardrail.policy.assembly import assemble, check_settings
    from guardrail.tree import Tree

    tree = Tree(find_base([path], base))
    config = load(tree, os.path.abspath(explicit) if explicit else None)
    bundle = assemble(config, tree, profiles=profiles)
    name = name_in(tree, path)
    rules = [(rule.id, rule.category) for rule in bundle.rules.values()] if everything else []
    shown = config.show(name, rules, environments)
    known = {entry["value"] for entry in shown["environments"]}
    for each in environments:
        if each not in known:
            raise UsageError(f'there is no environment "{each}"{did_you_mean(each, known)}')
    foreign = None
    if "checkov" in config.scanners:
        from guardrail.scanners.checkov import Wanted

        foreign = Wanted.is_check
    check_settings(config, bundle, foreign)
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False).encode() if form == "json" else text(shown))
