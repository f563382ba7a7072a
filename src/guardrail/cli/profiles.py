"""`guardrail profiles`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from guardrail.policy.bundle import Bundle
    from guardrail.policy.profiles import Profile, Profiles

_FORMAT = click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_CONFIG = click.option("--config", "-c", metavar="FILE", help="A guardrail.yaml whose packs count, too.")


@click.group("profiles")
def command() -> None:
    """List the profiles, and what is in them."""


@command.command("list")
@_FORMAT
@_CONFIG
def list_profiles(form: str, config: str | None) -> None:
    """List the profiles that `--profile` and `profile:` in guardrail.yaml may name."""
    bundle, profiles = _there(config)
    cards = [_card(profile, bundle) for profile in _all(profiles)]
    if form == "json":
        click.echo(json.dumps(cards, indent=2, ensure_ascii=False).encode())
        return
    width = max(len(card["name"]) for card in cards)
    for card in cards:
        click.echo(f"{card['name']:<{width}}  {len(card['rules']):>4} rules  {card['title']}")


@command.command("show")
@click.argument("name")
@_FORMAT
@_CONFIG
def show(name: str, form: str, config: str | None) -> None:
    """Show one profile: its rules, and what it sets of them.

    \b
    guardrail profiles show baseline
    """
    from guardrail.config import Place

    bundle, profiles = _there(config)
    card = _card(profiles.get(name, Place("", 0, 0)), bundle)
    if form == "json":
        click.echo(json.dumps(card, indent=2, ensure_ascii=False).encode())
        return
    click.echo(f"{card['name']}: {card['title']}\n{card['description']}\n")
    width = max((len(rule) for rule in card["rules"]), default=0)
    for rule, setting in card["rules"].items():
        parameters = "".join(f"  {key}: {json.dumps(value)}" for key, value in setting["parameters"].items())
        click.echo(f"{rule:<{width}}  {setting['severity']:<8}  {setting['title']}{parameters}")
    click.echo(f"{len(card['rules'])} rules")


def _there(config: str | None) -> tuple[Bundle, Profiles]:
    from guardrail.cli.rules.finding import of_here
    from guardrail.policy.profiles import Profiles

    bundle, packs = of_here(config)
    return bundle, Profiles(bundle, packs)


def _all(profiles: Profiles) -> list[Profile]:
    from guardrail.config import Place

    return [profiles.get(name, Place("", 0, 0)) for name in profiles.names]


def _card(profile: Profile, bundle: Bundle) -> dict[str, Any]:
    """What the profile comes to, by rule."""
    from guardrail.model import plain
    from guardrail.policy.profiles import settings_of

    settings = settings_of(profile)
    rules: dict[str, Any] = {}
    for rule in bundle.rules.values():
        found = settings.rule(rule.id, rule.category)
        if "enabled" in found.provenance and found.enabled:
            rules[rule.id] = {
                "title": rule.title,
                "severity": found.severity or rule.severity,
                "enforce": found.enforce,
                "parameters": plain(found.parameters),
                "from": str(found.provenance["enabled"].file),
            }
    return {"name": profile.name, "title": profile.title, "description": profile.description, "rules": rules}
