"""`guardrail rules new`: the file of a rule that is still to be written."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from guardrail.errors import RuleError, UsageError
from guardrail.model import CATEGORIES, SEVERITIES

if TYPE_CHECKING:
    from guardrail.kit.rulebook import Rulebook


@click.command("new")
@click.argument("rule_id", metavar="ID")
@click.option("--title", help="What holds where the rule passes, without a full stop.")
@click.option("--severity", type=click.Choice(SEVERITIES))
@click.option("--category", type=click.Choice(CATEGORIES))
@click.option("--on", "subjects", multiple=True, metavar="SUBJECT", help="A concept or a kind; repeatable.")
@click.option("--attribute", "attributes", multiple=True, metavar="PATH",
              help="What must be set; repeatable. A start: conditions can say more.")
@click.option("--why", default="", help="What happens where it does not hold.")
@click.option("--remedy", default="", help="What to do.")
@click.option("--dir", "target", default="rules", show_default=True, type=click.Path(file_okay=False),
              help="The folder of rules; the file goes into its folder of the category.")  # fmt: skip
def command(
    rule_id: str,
    title: str | None,
    severity: str | None,
    category: str | None,
    subjects: tuple[str, ...],
    attributes: tuple[str, ...],
    why: str,
    remedy: str,
    target: str,
) -> None:
    """Write the file of a new rule. It loads; its examples fail until they are written.

    What no option gives is asked for.

    \b
    guardrail rules new queue-has-dead-letters
    guardrail rules new bucket-versioned --title "Buckets keep old versions" --severity medium \\
        --category reliability --on store --attribute versioned
    """
    from guardrail.kit.drafting import Draft, an_attribute, text_of
    from guardrail.kit.rulebook import Rulebook

    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule_id):
        raise UsageError(f"{rule_id!r} is no id; ids are lower-case words with hyphens, such as `bucket-versioned`")
    book = Rulebook()
    title = title or _ask("--title", "What holds where it passes")
    severity = severity or _ask("--severity", "Severity", type=click.Choice(SEVERITIES), default="medium")
    category = category or _ask("--category", "Category", type=click.Choice(CATEGORIES), default="security")
    if not subjects:
        subjects = _subjects(_ask("--on", "What it speaks of (concepts or kinds)"))
        _known(subjects, book)
        first = an_attribute(subjects[0], book)
        attributes = attributes or _subjects(_ask("--attribute", "What must be set there", default=first))
    _known(subjects, book)
    folder = os.path.join(target, category)
    file = os.path.join(folder, f"{rule_id}.yaml")
    if os.path.exists(file):
        raise UsageError(f"{file} is there already")
    text = text_of(Draft(rule_id, title, severity, category, subjects, attributes, why, remedy), book)
    os.makedirs(folder, exist_ok=True)
    with open(file, "x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    try:
        book.load(file, file)
    except RuleError as error:
        os.unlink(file)
        raise UsageError(error.message) from None
    click.echo(
        f"wrote {file}\n"
        f"Its examples fail until you write them:\n"
        f"  guardrail rules test {file} --watch\n"
        f"then\n"
        f"  guardrail rules lint {file}\n"
        f"  guardrail rules test {file} --mutate"
    )


def _ask(option: str, question: str, **more: Any) -> str:
    try:
        answer: str = click.prompt(question, err=True, **more)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(f"{option} is not given, and nobody is there to ask") from None
    return answer


def _subjects(answer: str) -> tuple[str, ...]:
    return tuple(answer.replace(",", " ").split())


def _known(subjects: Sequence[str], book: Rulebook) -> None:
    for subject in subjects:
        glob = any(sign in subject for sign in "*?[")
        if not glob and subject not in book.concepts and not book.vocabulary.kind_known(subject):
            raise UsageError(f"no concept or kind is called {subject!r}{book.vocabulary.suggest_subject(subject)}")
