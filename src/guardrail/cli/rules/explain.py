"""`guardrail rules explain`: how a rule comes to what it says of one resource."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from guardrail.cli.reading import reads_files
from guardrail.errors import UsageError
from guardrail.model import Inventory, Problem
from guardrail.policy.rule import Rule

if TYPE_CHECKING:
    from guardrail.kit.explaining import Clause, Explanation
    from guardrail.scanning import Plan, Request

_COLOURS = {"fail": "red", "pass": "green", "undetermined": "yellow"}


@click.command("explain")
@click.argument("rule_id", metavar="RULE")
@click.option("--resource", "address", required=True, metavar="ADDRESS",
              help="As `guardrail inspect` names it; a block's address means all of its instances.")  # fmt: skip
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@reads_files
def command(request: Request, rule_id: str, address: str, form: str) -> int:
    """Show what each clause of a rule makes of a resource: its value, its verdict, its place.

    RULE is an id, or a rule's file.

    \b
    guardrail rules explain store-not-public --resource aws_s3_bucket.logs infra/
    guardrail rules explain rules/security/my-rule.yaml --resource Deployment/shop/api deploy/
    """
    from guardrail.kit.explaining import as_json, explain
    from guardrail.process import read_group
    from guardrail.scanning import prepare

    plan = prepare(request)
    if plan.found.repositories:
        raise UsageError(f"several repositories at once; name one of {', '.join(plan.found.repositories)}")
    rule = _rule(rule_id, plan)
    if "ignore" in rule.on:
        raise UsageError(f"rule {rule.id} is about ignores, which no resource has")
    if rule.function is not None:
        raise UsageError(f"rule {rule.id} is written in Python: there are no clauses to explain")
    explanations: list[Explanation] = []
    problems: list[Problem] = list(plan.found.problems)
    inventories: list[Inventory] = []
    for group in plan.groups:
        read = read_group(group, plan.task)
        problems += read.reading.problems
        inventories += read.inventories
    there = [(inventory, resource) for inventory in inventories for resource in inventory.at(address)]
    if not there:
        raise UsageError(f"no resource is called {address!r}{_nearest(address, inventories)}")
    for inventory in {id(inventory): inventory for inventory, _ in there}.values():
        first = next(resource for owner, resource in there if owner is inventory)
        file, setting_of = first.header.file, plan.task.setting_of
        setting = setting_of(rule, file, first.environments) if setting_of else None
        if setting is not None and not setting.enabled and form == "text":
            where = f" in {', '.join(first.environments)}" if first.environments else ""
            click.echo(f"{rule.id} is switched off for {file}{where}; it would say:")
        explanations += explain(rule, inventory, address, setting.parameters if setting else None)
    if form == "json":
        shown = {"rule": rule.id, "resource": address, "checks": [as_json(one) for one in explanations]}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str).encode())
    else:
        _text(rule, address, explanations)
        for problem in sorted(set(problems), key=Problem.sort_key):
            click.echo(f"problem: {problem.file}:{problem.line}: {problem.message}", err=True)
    return 3 if problems else 0


def _rule(name: str, plan: Plan) -> Rule:
    if name.endswith((".yaml", ".yml")) and os.path.isfile(name):
        from guardrail.kit.rulebook import Rulebook

        return Rule(Rulebook().load(name, os.path.relpath(name)))
    from guardrail.cli.rules.finding import find_rule

    return find_rule(plan.bundle, name)


def _nearest(address: str, inventories: list[Inventory]) -> str:
    from guardrail.policy.vocabulary import suggestion

    return suggestion(address, [resource.address for inventory in inventories for resource in inventory.resources])


def _text(rule: Rule, address: str, explanations: list[Explanation]) -> None:
    if not explanations:
        click.echo(f"{rule.id} speaks of {', '.join(rule.on)}: there is nothing of that in {address}")
    for one in explanations:
        what = f"{one.concept} {one.name}" if one.concept else one.name
        verdict: Any = click.style(one.verdict, fg=_COLOURS.get(one.verdict), bold=True)
        click.echo(f"check {one.check} on {what}  {one.place.file}:{one.place.line}: {verdict}")
        for word, clauses in (("when", one.when), ("require", one.require)):
            if clauses:
                click.echo(f"  {word}:")
                for clause in clauses:
                    _clause(clause, 2)


def _clause(clause: Clause, depth: int) -> None:
    from guardrail.kit.explaining import VERDICTS, words_of

    verdict = VERDICTS[clause.truth]
    head = f"{'  ' * depth}{verdict:<8}{clause.words}"
    values = [words_of(looked) for looked in clause.looked_at]
    click.echo(f"{head}  <- {values[0]}" if len(values) == 1 else head)
    for value in values if len(values) > 1 else ():
        click.echo(f"{'  ' * (depth + 1)}        <- {value}")
    for inner in clause.inner:
        _clause(inner, depth + 1)
