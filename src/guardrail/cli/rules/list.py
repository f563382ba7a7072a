"""`guardrail rules list`: what is checked."""

from __future__ import annotations

import json
from typing import Any

import click

from guardrail.cli.rules.finding import of_here
from guardrail.model import CATEGORIES, SEVERITIES, severity_rank
from guardrail.policy.rule import Rule


def card(rule: Rule) -> dict[str, Any]:
    """A rule as `rules list --format json` shows it."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "category": rule.category,
        "on": list(rule.on),
        "replaces": rule.data.get("replaces") or {},
        "frameworks": rule.data.get("frameworks") or {},
    }


@click.command("list")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--category", type=click.Choice(CATEGORIES), help="Only rules of this category.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only rules at least this severe.")
@click.option("--replaces", metavar="PEER[:ID]", help="Only rules that replace a check of another scanner.")
@click.option("--config", "-c", metavar="FILE", help="A guardrail.yaml whose packs count, too.")
def command(form: str, category: str | None, severity: str | None, replaces: str | None, config: str | None) -> None:
    """List the rules.

    \b
    guardrail rules list --category security --severity high
    guardrail rules list --replaces checkov:CKV_AWS_20
    """
    rules = [
        rule
        for rule in of_here(config)[0].rules.values()
        if (category is None or rule.category == category)
        and (severity is None or severity_rank(rule.severity) <= severity_rank(severity))
        and (replaces is None or _replaces(rule, replaces))
    ]
    if form == "json":
        click.echo(json.dumps([card(rule) for rule in rules], indent=2, ensure_ascii=False).encode())
        return
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: (CATEGORIES.index(rule.category), rule.id)):
        click.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.category:<15}  {rule.title}")
    click.echo(f"{len(rules)} rules")


def _replaces(rule: Rule, wanted: str) -> bool:
    peer, _, check = wanted.partition(":")
    ids = (rule.data.get("replaces") or {}).get(peer, [])
    return check in ids if check else bool(ids)
