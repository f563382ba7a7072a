"""Everything together, as a company's one repository has it: roots and modules, manifests, workflows, and code."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.kubernetes import manifests
from benchmarks.terraform import folder
from benchmarks.terraform_modules import stacks
from benchmarks.words import TEAMS, Words
from benchmarks.workflows import workflows

_CODE = "def handle_{number}(event: dict) -> dict:\n    return {{'id': event['id'], 'shard': {number}}}\n\n\n"


def files(size: int) -> Iterator[tuple[str, str]]:
    """A third each of Terraform, manifests and workflows with their like; source code comes on top."""
    words = Words("monorepo")
    root = 40_000
    for number in range(max(1, size // 4 // root)):
        yield from folder(words, min(root, size // 4), f"infra/{words.pick(TEAMS)}/root-{number}/")
    yield from stacks(words, size // 5, "platform/")
    yield from manifests(words, size // 3, "deploy/")
    yield from workflows(words, size // 5)
    for _ in range(max(4, size // 50_000)):
        name = words.name()
        code = "".join(_CODE.format(number=number) for number in range(words.number(5, 40)))
        yield f"services/{name}/app.py", code
        yield f"services/{name}/config.json", f'{{"name": "{name}", "workers": {words.number(1, 9)}}}\n'
        yield f"services/{name}/README.md", f"# {name}\n\nRun it with `make run`.\n"
