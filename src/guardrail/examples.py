"""A rule's examples, run: the way of a scan, on files that exist only in the rule."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import READERS
from guardrail.policy.bundle import Bundle
from guardrail.policy.judge import Setting
from guardrail.policy.rule import Rule
from guardrail.process import Group, Task, process
from guardrail.tree import Tree

_MARK = re.compile(r"(?:#|//)\s*guardrail:expect\b")
NOWHERE = os.path.join(os.path.dirname(__file__), "_nowhere")
"""A folder that does not exist: an example has no files but its own."""


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
        for message in _run(compiled, example, bundle):
            yield Failure(compiled.id, number, message)


def _run(rule: Rule, example: Mapping[str, Any], bundle: Bundle) -> Iterator[str]:
    expected_verdict = next(word for word in ("fail", "pass", "undetermined") if word in example)
    source = example[expected_verdict]
    files = dict(source) if isinstance(source, dict) else {example.get("file") or file_name(source): source}
    overlay = {name: text.encode() for name, text in files.items()}
    expected = {
        (name, number)
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if _MARK.search(line)
    }
    if expected_verdict != "pass" and not expected:
        yield "no line is marked `# guardrail:expect`"
        return
    if expected_verdict == "pass" and expected:
        yield "a passing example marks no line"
        return
    setting = Setting(parameters=example.get("parameters"))
    about_ignores = "ignore" in rule.on
    rules = (rule, *(other for other in bundle.rules.values() if other.id != rule.id)) if about_ignores else (rule,)
    task = Task(
        Tree(NOWHERE, overlay),
        bundle,
        rules,
        lambda applied, file: setting if applied.id == rule.id else Setting(),
        ReadOptions(),
        date(2026, 1, 15) if about_ignores else None,  # a day that does not move
    )
    found: set[tuple[str, int]] = set()
    verdicts: set[str] = set()
    for group in _groups(overlay):
        part = process(group, task)
        for problem in part.problems:
            yield f"{problem.file}:{problem.line}: {problem.message}"
        for finding in part.findings:
            if finding.rule != rule.id:
                continue
            found.add((finding.span.file, finding.span.line))
            verdicts.add(finding.verdict)
    if expected_verdict != "pass":
        wanted = "fail" if expected_verdict == "fail" else "undetermined"
        for verdict in sorted(verdicts - {wanted}):
            yield f"expected verdict {wanted}, got {verdict}"
    for name, line in sorted(expected - found):
        yield f"{name}:{line}: expected a finding, got none"
    for name, line in sorted(found - expected):
        yield f"{name}:{line}: unexpected finding ({', '.join(sorted(verdicts))})"


def _groups(overlay: Mapping[str, bytes]) -> Iterator[Group]:
    for entry in READERS:
        names = tuple(sorted(name for name, data in overlay.items() if entry.claims(name, data)))
        if names:
            yield Group(entry.name, names)


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
