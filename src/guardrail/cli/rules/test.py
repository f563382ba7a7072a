"""`guardrail rules test`: whether the rules do what they say."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from guardrail.cli.rules.finding import files_at, files_of
from guardrail.shipped import folder

if TYPE_CHECKING:
    from guardrail.kit.rulebook import Rulebook


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--watch", is_flag=True, help="Stay, and run the examples of a file again whenever it is saved.")
@click.option("--mutate", is_flag=True, help="Change each condition in turn, and name changes that no example notices.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="How survivors of --mutate are told.")  # fmt: skip
def command(paths: tuple[str, ...], watch: bool, mutate: bool, form: str) -> None:
    """Run the examples of rules: each marked line must have a finding, and no other line.

    Without PATHS, all rules that come with guardrail.

    \b
    guardrail rules test
    guardrail rules test rules/security/public-store.yaml --watch
    guardrail rules test rules/security/public-store.yaml --mutate
    """
    from guardrail.kit.rulebook import Rulebook

    if watch and mutate:
        raise click.UsageError("--watch and --mutate don't go together")
    if form != "text" and not mutate:
        raise click.UsageError("--format belongs to --mutate")
    if watch:
        _watch(paths)
        return
    book = Rulebook()
    files = files_of(paths)
    if mutate:
        _mutate(files, book, form)
        return
    failures = _run(files, book) + _run_code(paths, book)
    if not paths and not failures:
        from guardrail.policy.bundle import compile_bundle

        compile_bundle(folder("rules"))  # what only shows in all rules together: an id that is there twice
    if failures:
        raise click.exceptions.Exit(1)


def _run(files: list[str], book: Rulebook) -> int:
    """The number of failures, each of which has been told."""
    from guardrail.errors import RuleError
    from guardrail.examples import run_examples

    examples = failures = 0
    for file in files:
        shown_as = os.path.relpath(file)
        try:
            rule = book.load(file, shown_as)
            beside = book.beside(rule)  # of a rule about ignores all the others, one of which may not load
        except (RuleError, OSError) as error:
            failures += 1
            click.echo(f"{error}")
            continue
        examples += len(rule["examples"])
        for failure in run_examples(rule, beside):
            failures += 1
            click.echo(f"{shown_as}: example {failure.example}: {failure.message}")
    click.echo(f"{len(files)} rules, {examples} examples, {failures} failures")
    return failures


def _run_code(paths: tuple[str, ...], book: Rulebook) -> int:
    """The same for the rules in Python of the packs among the paths. The user names them, so they are run."""
    from guardrail.config import Place
    from guardrail.errors import RuleError
    from guardrail.examples import run_examples
    from guardrail.policy.pack_rules import code_rules
    from guardrail.policy.packs import Pack, pack_folders

    failures = 0
    for path in pack_folders(list(paths)):
        pack = Pack(path, os.path.relpath(path), Place("", 0, 0), "")
        for file in pack.code_files:
            try:
                rules = code_rules(pack, file)
            except RuleError as error:
                failures += 1
                click.echo(f"{error}")
                continue
            for rule in rules:
                told = [f"{pack.called(file)}: {rule['id']}: example {failure.example}: {failure.message}"
                        for failure in run_examples(rule, book.alone)]  # fmt: skip
                failures += len(told)
                click.echo("\n".join([*told, f"{pack.called(file)}: {rule['id']}, {len(rule['examples'])} examples"]))
    return failures


def _watch(paths: tuple[str, ...]) -> None:
    from guardrail.kit.rulebook import Rulebook
    from guardrail.kit.watching import changes

    book = Rulebook()  # concepts are guardrail's own: they don't change under a rule's author
    for changed in changes(lambda: [file for path in paths or (folder("rules"),) for file in files_at(path)]):
        click.echo(click.style(", ".join(map(os.path.relpath, changed[:3])) if len(changed) < 4 else
                               f"{len(changed)} files", bold=True))  # fmt: skip
        _run(changed, book)


def _mutate(files: list[str], book: Rulebook, form: str) -> None:
    from guardrail.kit.mutating import Report, mutate_files

    reports: list[Report] = mutate_files(files, book)
    survivors = sum(len(report.survivors) for report in reports)
    faults = sum(len(report.faults) for report in reports)
    if form == "json":
        shown = {
            "mutants": sum(report.mutants for report in reports),
            "accepted": sum(report.accepted for report in reports),
            "survivors": [
                {"rule": report.rule, "file": os.path.relpath(report.file), "line": mutant.line,
                 "clause": mutant.clause, "change": mutant.change}
                for report in reports for mutant in report.survivors
            ],
            "faults": [fault for report in reports for fault in report.faults],
        }  # fmt: skip
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False).encode())
    else:
        for report in reports:
            for fault in report.faults:
                click.echo(fault)
            for mutant in report.survivors:
                place = f"{os.path.relpath(report.file)}:{mutant.line}"
                click.echo(f"{place}: {mutant.clause}: {mutant.change}: no example notices")
        click.echo(
            f"{len(files)} rules, {sum(report.mutants for report in reports)} mutants, {survivors} survive"
            + (f", {accepted} more with a reason" if (accepted := sum(r.accepted for r in reports)) else "")
            + (f"; {faults} faults, so not all was tried" if faults else "")
        )
    if survivors or faults:
        raise click.exceptions.Exit(1)
