"""`guardrail inspect`: the model that rules see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from guardrail.cli.reading import reads_files
from guardrail.model import Problem, Resource, plain
from guardrail.repositories import EMPTY, name_above

if TYPE_CHECKING:
    from guardrail.scanning import Request


@click.command("inspect")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--kind", multiple=True, help="Only resources of this kind, or of this concept; repeatable.")
@click.option("--all", "everything", is_flag=True, help="Also variables, outputs, locals, providers and module calls.")
@reads_files
def command(request: Request, form: str, kind: tuple[str, ...], everything: bool) -> int:
    """Show the resources that guardrail finds, with values worked out as far as they can be known.

    \b
    guardrail inspect infra/ --kind aws_s3_bucket
    guardrail inspect . --format json | jq '.resources[].address'
    """
    from guardrail.process import read_group
    from guardrail.reports.hostile import json_text, json_value
    from guardrail.scanning import prepare, with_repositories

    plans, failed = with_repositories(prepare(request), request)
    problems = list(failed.values())
    found: list[tuple[str, Resource]] = []
    for folder, plan in plans.items():
        met = list(plan.found.problems)
        for group in plan.groups:
            _, reading, _ = read_group(group, plan.task)
            met += reading.problems
            found += [
                (folder, resource)
                for resource in reading.resources
                if (everything or resource.mode != "config")
                and (not kind or resource.kind in kind or not resource.nouns.keys().isdisjoint(kind))
            ]
        problems += (problem._replace(file=name_above(folder, problem.file)) for problem in met)
    if found and plans.keys() != {""}:  # there is something in one of several repositories
        problems = [problem for problem in problems if problem.kind != EMPTY]
    found.sort(key=lambda one: (name_above(one[0], (span := one[1].span).file), span.line, span.column, one[1].address))
    if form == "json":
        shown = {
            "resources": [as_json(resource, folder) for folder, resource in found],
            "problems": [
                {"kind": p.kind, "file": p.file, "line": p.line, "message": p.message}
                for p in sorted(set(problems), key=Problem.sort_key)
            ],
        }
        click.echo(json_text(json_value(shown)).encode(), nl=False)
    else:
        for folder, resource in found:
            _text(resource, folder)
        for problem in sorted(set(problems), key=Problem.sort_key):
            click.echo(f"problem: {problem.file}:{problem.line}: {problem.message}", err=True)
    return 3 if problems else 0


def as_json(resource: Resource, folder: str = "") -> dict[str, Any]:
    """`folder`: of the resource's repository, where the files shown are of several."""
    return {
        "address": resource.address,
        "platform": resource.platform,
        "provider": resource.provider,
        "kind": resource.kind,
        "mode": resource.mode,
        **({"actions": list(resource.actions)} if resource.actions else {}),
        "file": name_above(folder, resource.span.file),
        "line": resource.span.line,
        "end_line": resource.span.end_line,
        "attributes": plain(resource.attributes),
        "tags": plain(resource.tags),
        "concepts": {
            concept: [{"name": noun.name, "line": noun.fields.header.line, **plain(noun.fields)} for noun in nouns]
            for concept, nouns in sorted(resource.nouns.items())
        },
    }


def _text(resource: Resource, folder: str) -> None:
    place = f"{name_above(folder, resource.header.file)}:{resource.header.line}"
    click.echo(f"{click.style(resource.address, bold=True)}  {place}")
    for name, value in plain(resource.attributes).items():
        shown = json.dumps(value, ensure_ascii=False)
        click.echo(f"    {name}: {shown if len(shown) <= 100 else shown[:97] + '...'}")
    if resource.nouns:
        click.echo(f"    ({', '.join(sorted(resource.nouns))})")
