"""`guardrail rules coverage`: what has rules, and what has none."""

from __future__ import annotations

import json

import click

from guardrail.policy.bundle import load_bundle
from guardrail.shipped import folder


@click.command("coverage")
@click.option("--missing", metavar="PEER", help="List the ids of a scanner's checks that no rule stands in for.")
@click.option("--kind", "subject", metavar="KIND", help="List the rules of a kind or concept, attribute by attribute.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(missing: str | None, subject: str | None, form: str) -> None:
    """Count what the rules speak of: concepts, kinds, attributes, and checks of other scanners.

    \b
    guardrail rules coverage
    guardrail rules coverage --missing checkov
    guardrail rules coverage --kind aws_s3_bucket
    """
    from guardrail.errors import UsageError
    from guardrail.kit.coverage import coverage
    from guardrail.policy.vocabulary import suggestion

    bundle = load_bundle(folder("rules"))
    found = coverage(bundle.rules.values(), bundle.concepts, bundle.bindings)
    if missing is not None:
        if missing not in found.peers:
            raise UsageError(f"no scanner is called {missing!r}{suggestion(missing, found.peers)}")
        left = found.peers[missing].missing
        click.echo(json.dumps(left, indent=2) if form == "json" else "\n".join(left) or "none")
        return
    if subject is not None:
        rules = found.kinds.get(subject) or found.concepts.get(subject)
        if rules is None:
            raise UsageError(f"no rule speaks of {subject!r}{suggestion(subject, [*found.kinds, *found.concepts])}")
        paths = found.attributes.get(subject, {})
        if form == "json":
            click.echo(json.dumps({"rules": rules, "attributes": paths}, indent=2))
            return
        click.echo(f"{subject}: {', '.join(rules)}")
        for path, ids in paths.items():
            click.echo(f"  {path}: {', '.join(ids)}")
        return
    if form == "json":
        shown = {**found._asdict(), "peers": {peer: counted._asdict() for peer, counted in found.peers.items()}}
        click.echo(json.dumps(shown, indent=2))
        return
    click.echo(f"{found.rules} rules: " + ", ".join(f"{count} {name}" for name, count in found.categories.items()))
    attributes = sum(len(paths) for paths in found.attributes.values())
    click.echo(f"{len(found.kinds)} kinds, {len(found.concepts)} concepts, {attributes} attributes\n")
    width = max(map(len, found.concepts), default=0)
    for concept, ids in sorted(found.concepts.items(), key=lambda item: (-len(item[1]), item[0])):
        count = len(found.attributes.get(concept, ()))
        click.echo(f"{concept:<{width}}  {len(ids):>3} {_plural(len(ids), 'rule')}, {count} {_plural(count, 'field')}")
    for concept in found.unused_concepts:
        click.echo(f"{concept:<{width}}    0 rules")
    click.echo("")
    for peer, counted in found.peers.items():
        share = f" of {counted.known} ({counted.covered * 100 // counted.known} %)" if counted.known else ""
        parts = ", ".join(f"{category} {count}" for category, count in counted.by_category.items())
        click.echo(f"{peer:<12} {counted.covered} checks{share}" + (f": {parts}" if parts else ""))


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
