"""A mapping where a word belongs is the file's mistake: the concepts say nothing of it, and crash on nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import REPOSITORY

from guardrail.scanning import Request, scan

Step = tuple[Any, ...]


def manifests() -> list[dict[str, Any]]:
    """Of the examples of the rules that speak of Kubernetes, each once."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((REPOSITORY / "rules").rglob("*.yaml")):
        text = file.read_text()
        for example in re.findall(r"(?ms)^ {6}apiVersion: .*?(?=^ {6}---$|^ {0,5}\S|\Z)", text):
            try:
                manifest = yaml.load(re.sub(r"(?m)^ {6}", "", example), Loader=yaml.CSafeLoader)
            except yaml.YAMLError:
                continue
            if isinstance(manifest, dict):
                found.setdefault(repr(manifest), manifest)
    return list(found.values())


def words(node: Any, path: Step = ()) -> Iterator[Step]:
    """The paths of what is neither a mapping nor a list."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        if isinstance(value, (dict, list)):
            yield from words(value, (*path, key))
        else:
            yield (*path, key)


def put(manifest: dict[str, Any], path: Step, value: Any) -> None:
    holder: Any = manifest
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value


@pytest.mark.parametrize("odd", [{"a": "b"}, ["a"]], ids=["mapping", "list"])
def test_misshapen_manifests_are_judged(odd: Any, tmp_path: Path) -> None:
    kept = ("apiVersion", "kind")
    for number, manifest in enumerate(manifests()):
        paths = [path for path in words(manifest) if path[0] not in kept]
        if not paths:
            continue
        put(manifest, paths[number * 7 % len(paths)], odd)
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a.yaml").write_text(yaml.dump(manifest, Dumper=yaml.CSafeDumper))
    result = scan(Request(paths=(str(tmp_path),), cache=False))
    assert len(result.findings) > 1_000
    assert [problem for problem in result.problems if problem.kind.endswith("-crash")] == []
