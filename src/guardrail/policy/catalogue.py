"""The concept files, as data."""

from __future__ import annotations

import os
from typing import Any

from guardrail.errors import RuleError
from guardrail.formats.yaml import load
from guardrail.model import Map, plain

FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "concepts")


def concept_files() -> list[str]:
    return sorted(os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".yaml"))


def load_concepts() -> dict[str, Map]:
    """Concept -> its file's content, with places. Raises RuleError."""
    found: dict[str, Map] = {}
    for path in concept_files():
        with open(path, "rb") as stream:
            data = stream.read()
        loaded = load(data, os.path.basename(path))
        if loaded.problems:
            problem = loaded.problems[0]
            raise RuleError(problem.message, path, problem.line)
        content = loaded.documents[0].value
        found[content["concept"]] = content
    return found


def bindings_of(concepts: dict[str, Map]) -> dict[str, list[tuple[str, Any]]]:
    """Kind -> (concept, binding as plain data)."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, concept in concepts.items():
        for binding in concept.get("bindings") or ():
            data = plain(binding)
            for kind in data.pop("kinds"):
                found.setdefault(kind, []).append((name, data))
    return found
