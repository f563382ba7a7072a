"""`guardrail inspect`: the model that rules see."""

from __future__ import annotations

import json
from typing import Any

import click

from guardrail.cli.scan import _variable
from guardrail.inputs.reader import ACTIONS
from guardrail.model import Problem, Resource, plain


@click.command("inspect")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--kind", multiple=True, help="Only resources of this kind, or of this concept; repeatable.")
@click.option("--all", "everything", is_flag=True, help="Also variables, outputs, providers and module calls.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=_variable)
@click.option("--var-file", "var_files", multiple=True, metavar="FILE")
@click.option("--tf-var-env", "environment", is_flag=True, help="Let TF_VAR_ variables of the environment count.")
@click.option("--action", "actions", multiple=True, type=click.Choice(ACTIONS),
              help="Of a Terraform plan, show what this is done to; repeatable.  [default: all but delete]")
@click.option("--stdin-filename", default="", metavar="NAME", help="What standard input (PATH `-`) is called.")
def command(
    paths: tuple[str, ...],
    form: str,
    kind: tuple[str, ...],
    everything: bool,
    variables: tuple[tuple[str, str], ...],
    var_files: tuple[str, ...],
    environment: bool,
    actions: tuple[str, ...],
    stdin_filename: str,
) -> int:
    """Show the resources that guardrail finds, with values worked out as far as they can be known.

    \b
    guardrail inspect infra/ --kind aws_s3_bucket
    guardrail inspect . --format json | jq '.resources[].address'
    """
    import sys

    from guardrail.process import read_group
    from guardrail.scanning import Request, prepare

    stdin = sys.stdin.buffer.read() if "-" in paths else None
    plan = prepare(
        Request(
            paths or (".",),
            variables=variables,
            var_files=var_files,
            environment=environment,
            actions=actions,
            stdin=stdin,
            stdin_filename=stdin_filename,
        )
    )
    resources: list[Resource] = []
    problems: list[Problem] = list(plan.found.problems)
    for group in plan.groups:
        _, reading, _ = read_group(group, plan.task)
        problems += reading.problems
        resources += [
            resource
            for resource in reading.resources
            if (everything or resource.mode != "config")
            and (not kind or resource.kind in kind or not resource.nouns.keys().isdisjoint(kind))
        ]
    resources.sort(key=lambda r: (r.span.file, r.span.line, r.span.column, r.address))
    if form == "json":
        shown = {
            "resources": [as_json(resource) for resource in resources],
            "problems": [
                {"kind": p.kind, "file": p.file, "line": p.line, "message": p.message}
                for p in sorted(set(problems), key=Problem.sort_key)
            ],
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str))
    else:
        for resource in resources:
            _text(resource)
        for problem in sorted(set(problems), key=Problem.sort_key):
            click.echo(f"problem: {problem.file}:{problem.line}: {problem.message}", err=True)
    return 3 if problems else 0


def as_json(resource: Resource) -> dict[str, Any]:
    return {
        "address": resource.address,
        "platform": resource.platform,
        "provider": resource.provider,
        "kind": resource.kind,
        "mode": resource.mode,
        **({"actions": list(resource.actions)} if resource.actions else {}),
        "file": resource.span.file,
        "line": resource.span.line,
        "end_line": resource.span.end_line,
        "attributes": plain(resource.attributes),
        "tags": plain(resource.tags),
        "concepts": {
            concept: [{"name": noun.name, "line": noun.fields.header.line, **plain(noun.fields)} for noun in nouns]
            for concept, nouns in sorted(resource.nouns.items())
        },
    }


def _text(resource: Resource) -> None:
    place = f"{resource.header.file}:{resource.header.line}"
    click.echo(f"{click.style(resource.address, bold=True)}  {place}")
    for name, value in plain(resource.attributes).items():
        shown = json.dumps(value, ensure_ascii=False)
        click.echo(f"    {name}: {shown if len(shown) <= 100 else shown[:97] + '...'}")
    if resource.nouns:
        click.echo(f"    ({', '.join(sorted(resource.nouns))})")
