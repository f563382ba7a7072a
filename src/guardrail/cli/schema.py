"""`guardrail schema`: the published JSON Schemas."""

from __future__ import annotations

import os

import click

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
SCHEMAS = {
    "rule": os.path.join(_PACKAGE, "policy", "rule.schema.json"),
    "config": os.path.join(_PACKAGE, "config.schema.json"),
    "result": os.path.join(_PACKAGE, "reports", "result.schema.json"),
}


@click.command("schema")
@click.argument("name", type=click.Choice(list(SCHEMAS)))
def command(name: str) -> None:
    """Print the JSON Schema of rule files, guardrail.yaml, or the JSON report.

    \b
    guardrail schema config > .guardrail.schema.json      for an editor's YAML support
    guardrail schema rule
    """
    with open(SCHEMAS[name], encoding="utf-8") as stream:
        click.echo(stream.read().rstrip("\n"))
