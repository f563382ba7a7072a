"""Pipelines read from a fixture's folder, or from texts written in the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from guardrail.inputs.pipelines import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Noun
from guardrail.tree import Tree

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pipelines"


class Read:
    """A reading, with its resources by address and its nouns by concept."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.problems = sorted(reading.problems, key=lambda problem: problem.sort_key())
        self.notes = reading.notes
        self.files = reading.files
        self.by_address = {resource.address: resource for resource in reading.resources}
        assert len(self.by_address) == len(reading.resources), "addresses are unique"

    def nouns(self, address: str, concept: str) -> list[Noun]:
        return self.by_address[address].nouns.get(concept, [])

    def noun(self, address: str, concept: str) -> Noun:
        (found,) = self.nouns(address, concept)
        return found

    def kinds(self) -> set[str]:
        return {problem.kind for problem in self.problems}


@pytest.fixture
def read_fixture() -> Callable[[str, list[str]], Read]:
    def run(name: str, files: list[str]) -> Read:
        return Read(read(sorted(files), Tree(str(FIXTURES / name)), ReadOptions()))

    return run


@pytest.fixture
def read_texts(tmp_path: Path) -> Callable[..., Read]:
    """`read_texts({path: text})`; a text alone is a workflow at `.github/workflows/w.yml`. `extra` are in the
    tree without being claimed."""

    def run(texts: dict[str, str] | str, extra: dict[str, str] | None = None) -> Read:
        if isinstance(texts, str):
            texts = {".github/workflows/w.yml": texts}
        overlay = {path: text.encode() for path, text in {**texts, **(extra or {})}.items()}
        return Read(read(sorted(texts), Tree(str(tmp_path), overlay), ReadOptions()))

    return run
