"""`guardrail rules`: what is checked, and whether the rules do what they say."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import click

from guardrail.errors import RuleError, UsageError
from guardrail.model import CATEGORIES, SEVERITIES, severity_rank
from guardrail.policy.bundle import Bundle, load_bundle
from guardrail.policy.rule import Rule
from guardrail.shipped import folder


@click.group("rules")
def command() -> None:
    """List, show and test the rules."""


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


@command.command("list")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--category", type=click.Choice(CATEGORIES), help="Only rules of this category.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only rules at least this severe.")
@click.option("--replaces", metavar="PEER[:ID]", help="Only rules that replace a check of another scanner.")
def list_rules(form: str, category: str | None, severity: str | None, replaces: str | None) -> None:
    """List the rules.

    \b
    guardrail rules list --category security --severity high
    guardrail rules list --replaces checkov:CKV_AWS_20
    """
    rules = [
        rule
        for rule in load_bundle(folder("rules")).rules.values()
        if (category is None or rule.category == category)
        and (severity is None or severity_rank(rule.severity) <= severity_rank(severity))
        and (replaces is None or _replaces(rule, replaces))
    ]
    if form == "json":
        click.echo(json.dumps([card(rule) for rule in rules], indent=2, ensure_ascii=False))
        return
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: (CATEGORIES.index(rule.category), rule.id)):
        click.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.category:<15}  {rule.title}")
    click.echo(f"{len(rules)} rules")


def _replaces(rule: Rule, wanted: str) -> bool:
    peer, _, check = wanted.partition(":")
    ids = (rule.data.get("replaces") or {}).get(peer, [])
    return check in ids if check else bool(ids)


@command.command("show")
@click.argument("rule_id", metavar="RULE")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(rule_id: str, form: str) -> None:
    """Show one rule: what it asks for, why, and what to do.

    \b
    guardrail rules show container-memory-limit
    """
    rule = _find(load_bundle(folder("rules")), rule_id)
    if form == "json":
        click.echo(json.dumps(rule.data, indent=2, ensure_ascii=False))
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


def _find(bundle: Bundle, rule_id: str) -> Rule:
    rule = bundle.rules.get(bundle.aliases.get(rule_id, rule_id))
    if rule is None:
        from guardrail.policy.vocabulary import suggestion

        raise UsageError(f"no rule is called {rule_id!r}{suggestion(rule_id, bundle.rules)}")
    return rule


@command.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
def test(paths: tuple[str, ...]) -> None:
    """Run the examples of rules: each marked line must have a finding, and no other line.

    Without PATHS, all rules that come with guardrail.

    \b
    guardrail rules test
    guardrail rules test rules/security/public-store.yaml
    """
    import os

    from guardrail.examples import run_examples
    from guardrail.policy.bundle import compile_bundle
    from guardrail.policy.catalogue import bindings_of, load_concepts
    from guardrail.policy.loading import load_rule, rule_files
    from guardrail.policy.vocabulary import Vocabulary

    concepts = load_concepts()
    vocabulary = Vocabulary(concepts)
    bindings = bindings_of(concepts)
    alone = Bundle({"rules": [], "bindings": bindings})
    files: list[str] = []
    for path in paths or (folder("rules"),):
        files += rule_files(path) if os.path.isdir(path) else [path]
    examples = failures = 0
    for file in files:
        try:
            rule = load_rule(file, vocabulary, os.path.relpath(file))
        except RuleError as error:
            failures += 1
            click.echo(f"{error}")
            continue
        examples += len(rule["examples"])
        others = load_bundle(folder("rules")) if "ignore" in Rule(rule).on else alone
        for failure in run_examples(rule, others):
            failures += 1
            click.echo(f"{os.path.relpath(file)}: example {failure.example}: {failure.message}")
    if not paths and not failures:
        compile_bundle(folder("rules"))  # what only shows in all rules together: an id that is there twice
    click.echo(f"{len(files)} rules, {examples} examples, {failures} failures")
    if failures:
        raise click.exceptions.Exit(1)


@command.command("docs")
@click.argument("target", type=click.Path(file_okay=False), default="docs/rules")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the pages are not up to date.")
def docs(target: str, check: bool) -> None:
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
