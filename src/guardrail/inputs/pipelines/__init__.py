"""CI pipelines of any system behind one vocabulary: pipeline, job, step.

A new system is one module with `read(files, library) -> Reading`, one line in `SYSTEMS`, and its marks in
`recognise`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from guardrail.inputs.pipelines.recognise import recognise
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.tree import Tree

SYSTEMS: dict[str, str] = {
    "github-actions": "guardrail.inputs.pipelines.github",
    "dependabot": "guardrail.inputs.pipelines.dependabot",
    "pre-commit": "guardrail.inputs.pipelines.precommit",
    "gitlab-ci": "guardrail.inputs.pipelines.gitlab",
    "bitbucket-pipelines": "guardrail.inputs.pipelines.bitbucket",
    "jenkins": "guardrail.inputs.pipelines.jenkins",
    "azure-pipelines": "guardrail.inputs.pipelines.azure",
    "circleci": "guardrail.inputs.pipelines.circleci",
}
HEAD = 65536  # bytes that a file is recognised by

__all__ = ["HEAD", "SYSTEMS", "read", "recognise"]


def read(files: Sequence[str], tree: Tree, options: ReadOptions) -> Reading:
    """Everything that the files declare, system by system. The `Read` of pipelines: see `inputs.reader`."""
    from guardrail.inputs.pipelines.document import Library
    from guardrail.tree import Unreadable

    library = Library(tree)
    reading = Reading()
    by_system: dict[str, list[str]] = {name: [] for name in SYSTEMS}
    for path in files:
        try:
            system = recognise(path, tree.read(path)[:HEAD])
        except Unreadable as refusal:
            reading.problems.append(refusal.problem)
            reading.files[path] = "failed"
            continue
        if system is None:
            reading.files[path] = "skipped"
        else:
            by_system[system].append(path)
    for system, claimed in by_system.items():
        if not claimed:
            continue
        part = import_module(SYSTEMS[system]).read(claimed, library)
        reading.resources += part.resources
        reading.problems += part.problems
        reading.notes += part.notes
        reading.files.update(part.files)
    return reading
