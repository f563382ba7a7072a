"""A rule's examples, run: the way of a scan, on files that exist only in the rule."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from guardrail.inputs.groups import Group
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import READERS
from guardrail.model.patterns import lazy_regex
from guardrail.policy.bundle import Bundle
from guardrail.policy.judge import Setting
from guardrail.policy.rule import Rule
from guardrail.process import Task, process
from guardrail.tree import Tree

_MARK = lazy_regex(r"(?:#|//)\s*guardrail:expect\b")
NOWHERE = os.path.join(os.path.dirname(__file__), "_nowhere")
"""A folder that does not exist: an example has no files but its own."""


VERDICTS = ("fail", "pass", "undetermined")


class Example(NamedTuple):
    """One of a rule's examples. `number` counts from 1; `files`: name -> text; `expected`: the (file, line)s that a
    finding must stand on."""

    number: int
    verdict: str
    files: Mapping[str, str]
    expected: frozenset[tuple[str, int]]
    parameters: dict[str, Any] | None


class Failure(NamedTuple):
    """An example that does not do what it says. `example` counts from 1."""

    rule: str
    example: int
    message: str


def run_examples(rule: Mapping[str, Any], bundle: Bundle) -> Iterator[Failure]:
    """`rule` is a rule file's content; yields what is wrong, nothing where all is well. An example is judged by
    its own rule alone, but for rules about ignores: those are about what the others, all in the bundle, find.
    """
    compiled = Rule(dict(rule))
    for number, example in enumerate(rule["examples"], 1):
        for message in _run(compiled, example, number, bundle):
            yield Failure(compiled.id, number, message)


def example_of(number: int, data: Mapping[str, Any]) -> Example:
    """An entry of `examples:`, the `number`th."""
    verdict = next(word for word in VERDICTS if word in data)
    source = data[verdict]
    files = dict(source) if isinstance(source, dict) else {data.get("file") or file_name(source): source}
    marked = {
        (name, line)
        for name, text in files.items()
        for line, content in enumerate(text.splitlines(), 1)
        if _MARK.search(content)
    }
    return Example(number, verdict, files, frozenset(marked), data.get("parameters"))


def task_of(rule: Rule, example: Example, bundle: Bundle) -> Task:
    """What an example is processed with: its own files, the one rule."""
    setting = Setting(parameters=example.parameters)
    about_ignores = "ignore" in rule.on
    rules = (rule, *(other for other in bundle.rules.values() if other.id != rule.id)) if about_ignores else (rule,)
    return Task(
        Tree(NOWHERE, {name: text.encode() for name, text in example.files.items()}),
        bundle,
        rules,
        lambda applied, file, environments: setting if applied.id == rule.id else Setting(),
        ReadOptions(),
        date(2026, 1, 15) if about_ignores else None,  # a day that does not move
    )


def groups_of(example: Example) -> Iterator[Group]:
    """The example's files by the readers that take them."""
    for entry in READERS:
        names = tuple(sorted(name for name, text in example.files.items() if entry.claims(name, text.encode())))
        if names:
            yield Group(entry.name, names)


def _run(rule: Rule, data: Mapping[str, Any], number: int, bundle: Bundle) -> Iterator[str]:
    example = example_of(number, data)
    expected = example.expected
    if example.verdict != "pass" and not expected:
        yield "no line is marked `# guardrail:expect`"
        return
    if example.verdict == "pass" and expected:
        yield "a passing example marks no line"
        return
    task = task_of(rule, example, bundle)
    found: set[tuple[str, int]] = set()
    verdicts: set[str] = set()
    for group in groups_of(example):
        part = process(group, task)
        for problem in part.problems:
            yield f"{problem.file}:{problem.line}: {problem.message}"
        for finding in part.findings:
            if finding.rule != rule.id:
                continue
            found.add((finding.span.file, finding.span.line))
            verdicts.add(finding.verdict)
    if example.verdict != "pass":
        for verdict in sorted(verdicts - {example.verdict}):
            yield f"expected verdict {example.verdict}, got {verdict}"
    for name, line in sorted(expected - found):
        yield f"{name}:{line}: expected a finding, got none"
    for name, line in sorted(found - expected):
        yield f"{name}:{line}: unexpected finding ({', '.join(sorted(verdicts))})"


def file_name(text: str) -> str:
    """What a file of this content would be called, for examples that don't say."""
    if re.search(r"^apiVersion:", text, re.M) or re.search(r'^\s*\{\s*"apiVersion"', text):
        return "manifest.yaml"
    if re.search(r"^[\"']?on[\"']?:", text, re.M) and re.search(r"^jobs:", text, re.M):
        return ".github/workflows/ci.yml"
    if re.search(r"^runs:", text, re.M):
        return "action.yml"
    if re.search(r"^\s*(?:script|include|stages|extends|image)\s*:", text, re.M):
        return ".gitlab-ci.yml"
    return "main.tf"
