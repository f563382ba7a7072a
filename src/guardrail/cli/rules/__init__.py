"""`guardrail rules`: what is checked, and the kit of those who write rules."""

from __future__ import annotations

import click

from guardrail.cli import LazyGroup

COMMANDS = {
    "list": "guardrail.cli.rules.list",
    "show": "guardrail.cli.rules.show",
    "new": "guardrail.cli.rules.new",
    "test": "guardrail.cli.rules.test",
    "lint": "guardrail.cli.rules.lint",
    "explain": "guardrail.cli.rules.explain",
    "coverage": "guardrail.cli.rules.coverage",
    "docs": "guardrail.cli.rules.docs",
}


@click.command("rules", cls=LazyGroup, commands_by_module=COMMANDS)
def command() -> None:
    """List, show, write and test the rules."""
