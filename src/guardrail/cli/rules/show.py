"""`guardrail rules show`: one rule in words."""

from __future__ import annotations

import json
import textwrap

import click

from guardrail.cli.rules.finding import find_rule, of_here


@click.command("show")
@click.argument("rule_id", metavar="RULE")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", "-c", metavar="FILE", help="A guardrail.yaml whose packs count, too.")
def command(rule_id: str, form: str, config: str | None) -> None:
    """Show one rule: what it asks for, why, and what to do.

    \b
    guardrail rules show container-memory-limit
    """
    rule = find_rule(of_here(config)[0], rule_id)
    if form == "json":
        click.echo(json.dumps(rule.data, indent=2, ensure_ascii=False).encode())
        return
    data = rule.data
    click.echo(f"{rule.id}: {rule.title}\n{rule.severity} · {rule.category} · on {', '.join(rule.on)}\n")
    _paragraph("Why", data["why"])
    remedy = data["remedy"]
    if isinstance(remedy, str):
        _paragraph("Remedy", remedy)
    else:
        for key, text in remedy.items():
            _paragraph("Remedy" if key == "default" else f"Remedy for {key}", text)
    for name, definition in (data.get("parameters") or {}).items():
        _paragraph(f"Parameter {name} ({definition['type']}, {json.dumps(definition['default'])})", definition["help"])
    for peer, ids in (data.get("replaces") or {}).items():
        _paragraph(f"Replaces {peer}", ", ".join(ids))
    for framework, controls in (data.get("frameworks") or {}).items():
        _paragraph(framework, ", ".join(controls))


def _paragraph(head: str, text: str) -> None:
    body = textwrap.fill(" ".join(text.split()), 100, initial_indent="  ", subsequent_indent="  ")
    click.echo(f"{head}:\n{body}\n")
