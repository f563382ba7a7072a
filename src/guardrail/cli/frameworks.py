"""`guardrail frameworks`: control by control."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from guardrail.cli.reading import base_option
from guardrail.errors import UsageError

if TYPE_CHECKING:
    from guardrail.policy.controls import ControlState
    from guardrail.policy.frameworks import Framework
    from guardrail.policy.rule import Rule


@click.command("frameworks", context_settings={"max_content_width": 100})
@click.argument("name", required=False)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", "-c", metavar="FILE", help="Use this configuration instead of each guardrail.yaml.")
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="As in `guardrail scan`; repeatable.")
@click.option("--pack", "packs", multiple=True, metavar="FOLDER", type=click.Path(exists=True, file_okay=False),
              help="As in `guardrail scan`; repeatable.")  # fmt: skip
@base_option
def command(
    name: str | None,
    paths: tuple[str, ...],
    base: str | None,
    form: str,
    config: str | None,
    profiles: tuple[str, ...],
    packs: tuple[str, ...],
) -> int:
    """Show what passes, fails, cannot be told or is not covered, control by control.

    Without PATH: which rules cover which control; without NAME: the frameworks there are.

    \b
    guardrail frameworks                      what there is
    guardrail frameworks cis-aws              which rules cover it
    guardrail frameworks cis-aws infra/       how the files stand to it
    guardrail frameworks pci-dss-4.0 . -f json
    """
    from guardrail.policy.controls import rules_by_control, states

    if config is not None and not os.path.isfile(config):
        raise UsageError(f"{config}: no such file")
    if not paths:
        rules = _rules(config)
        if name is None:
            _list(form, rules)
            return 0
        framework = _framework(name)
        covered = rules_by_control(framework, rules)
        if form == "json":
            controls = [
                {"id": control, "title": framework.title_of(control), "rules": [rule.id for rule in of_it]}
                for control, of_it in covered.items()
            ]
            _json({"framework": framework.name, "title": framework.title, "controls": controls})
            return 0
        _head(framework)
        for control, of_it in covered.items():
            _line(control, framework.title_of(control), ", ".join(rule.id for rule in of_it) or "not covered", covered)
        click.echo(f"{sum(1 for of_it in covered.values() if of_it)} of {len(covered)} controls have rules")
        return 0
    framework = _framework(name or "")
    from guardrail.scanning import Request, carry_out, prepare

    request = Request(
        paths=paths,
        config=os.path.abspath(config) if config else None,
        base=base,
        min_severity="info",  # a control fails however grave that is
        cache=True,
        packs=packs,
        profiles=profiles,
    )
    plan = prepare(request)
    result = carry_out(plan, request)
    top = plan.config.for_path("")
    found = states(
        framework, plan.bundle.rules.values(), result, lambda rule: not top.rule(rule.id, rule.category).enabled
    )
    _tell(framework, found, form, [problem.message for problem in result.problems])
    return 3 if result.problems else 0


def _rules(config: str | None) -> list[Rule]:
    from guardrail.cli.rules.finding import of_here

    return list(of_here(config)[0].rules.values())


def _framework(name: str) -> Framework:
    """By its name, or the beginning of it: then the latest edition."""
    from guardrail.policy.frameworks import load_frameworks
    from guardrail.policy.vocabulary import suggestion

    known = load_frameworks()
    if name in known:
        return known[name]
    editions = [found for found in known if found.startswith(f"{name}-")]
    if not editions:
        hint = suggestion(name, known) or f"; there are {', '.join(known)}"
        raise UsageError(f"no framework is called {name!r}{hint}")
    return known[editions[-1]]


def _list(form: str, rules: list[Rule]) -> None:
    from guardrail.policy.controls import rules_by_control
    from guardrail.policy.frameworks import load_frameworks

    rows: list[dict[str, Any]] = []
    for framework in load_frameworks().values():
        covered = rules_by_control(framework, rules)
        rows.append({
            "framework": framework.name,
            "title": framework.title,
            "controls": len(covered),
            "covered": sum(1 for of_it in covered.values() if of_it),
            "rules": len({rule.id for of_it in covered.values() for rule in of_it}),
        })  # fmt: skip
    if form == "json":
        _json(rows)
        return
    width = max(len(row["framework"]) for row in rows)
    for row in rows:
        click.echo(
            f"{row['framework']:<{width}}  {row['covered']:>3} of {row['controls']:>3} controls  "
            f"{row['rules']:>3} rules  {row['title']}"
        )


def _tell(framework: Framework, found: list[ControlState], form: str, problems: list[str]) -> None:
    from guardrail.policy.controls import STATES

    summary = {state: sum(1 for one in found if one.state == state) for state in STATES}
    if form == "json":
        controls = [{"id": one.control, "title": one.title, "state": one.state,
                     "rules": [rule._asdict() for rule in one.rules]} for one in found]  # fmt: skip
        _json({"framework": framework.name, "title": framework.title, "summary": summary, "controls": controls,
               "problems": len(problems)})  # fmt: skip
        return
    _head(framework)
    for one in found:
        if one.state in ("nothing", "off", "not-covered"):
            told = {"nothing": "nothing to judge", "off": "turned off", "not-covered": "not covered"}[one.state]
        else:
            told = ", ".join(_counts(rule) for rule in one.rules if rule.state not in ("nothing", "off"))
            told = f"{one.state.upper() if one.state == 'fail' else one.state}  {told}"
        _line(one.control, one.title, told, {each.control: None for each in found})
    click.echo(", ".join(f"{count} {state}" for state, count in summary.items() if count))
    if problems:
        click.echo(f"The scan is incomplete: {len(problems)} problems, which `guardrail scan` tells.", err=True)


def _counts(rule: Any) -> str:
    words = [(rule.failures, "failing"), (rule.undetermined, "undetermined"), (rule.suppressed, "suppressed"),
             (rule.passes, "passed")]  # fmt: skip
    return f"{rule.rule} ({', '.join(f'{count} {word}' for count, word in words if count)})"


def _head(framework: Framework) -> None:
    click.echo(f"{framework.title} ({framework.name})")
    if framework.note:
        click.echo(framework.note)
    click.echo()


def _line(control: str, title: str, told: str, controls: dict[str, Any]) -> None:
    width = max(map(len, controls))
    click.echo(f"{control:<{width}}  {title}\n{'':<{width}}    {told}")


def _json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False).encode())
