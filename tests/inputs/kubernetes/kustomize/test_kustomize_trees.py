"""Trees of kustomizations, each with what `kubectl kustomize` (kustomize 5.5) prints of its roots.

To have that confirmed again by a kustomize or kubectl of your own, name its binary in GUARDRAIL_KUSTOMIZE.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from guardrail.formats import yaml
from guardrail.inputs.kubernetes import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Sensitive
from guardrail.tree import Tree

FOLDER = Path(__file__).parents[3] / "fixtures/kubernetes/kustomize"
EXPECTED = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/expected/*.yaml"))
KUSTOMIZE = os.environ.get("GUARDRAIL_KUSTOMIZE", "")


def read_tree(base: Path) -> Reading:
    names = sorted(path.relative_to(base).as_posix() for path in base.rglob("*.yaml"))
    return read(names, Tree(str(base)), ReadOptions())


def plain(value: Any) -> Any:
    """Without what only a printer minds: nulls, empty annotations, the lines that base64 is broken into."""
    if isinstance(value, Sensitive):
        return plain(value.reveal())
    if isinstance(value, dict):
        found = {str(key): plain(item) for key, item in value.items() if item is not None}
        if not found.get("annotations", True):
            del found["annotations"]
        if "binaryData" in found or found.get("kind") == "Secret":
            for key in ("data", "binaryData"):
                if key in found:
                    found[key] = {name: "".join(text.split()) for name, text in found[key].items()}
        return found
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def by_id(objects: list[Any]) -> dict[tuple[str, ...], Any]:
    made = {}
    for item in objects:
        metadata = item["metadata"]
        made[item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]] = item
    assert len(made) == len(objects)
    return made


def told(printed: bytes, ours: list[Any]) -> list[Any]:
    """What kustomize printed. The suffix of a Secret's name is ours, for it is not worked out from what is in there."""
    documents = [document.value for document in yaml.load(printed, "expected.yaml", "kustomize").documents]
    names = {}
    for item in (item for item in ours if item["kind"] == "Secret"):
        name = item["metadata"]["name"]
        for other in (other["metadata"]["name"] for other in documents if other["kind"] == "Secret"):
            if other.rpartition("-")[0] == name.rpartition("-")[0]:
                names[other] = name

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renamed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    return [plain(renamed(item)) for item in documents]


def root_of(name: str) -> tuple[Path, str]:
    case, _, file = name.split("/")
    folder = "" if file == "top.yaml" else file[: -len(".yaml")].replace("-", "/", 1) + "/"
    return FOLDER / case / "tree", f"{folder}kustomization.yaml"


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_built_is_what_kustomize_builds(name: str) -> None:
    tree, root = root_of(name)
    reading = read_tree(tree)
    assert reading.problems == []
    ours = [plain(resource.attributes) for resource in reading.resources if resource.root == root]
    expected = told((FOLDER / name).read_bytes(), ours)
    assert by_id(ours) == by_id(expected)


@pytest.mark.skipif(not KUSTOMIZE, reason="GUARDRAIL_KUSTOMIZE names no kustomize")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_kustomize_of_your_own_confirms_it(name: str) -> None:
    tree, root = root_of(name)
    verb = "kustomize" if "kubectl" in Path(KUSTOMIZE).name else "build"
    done = subprocess.run([KUSTOMIZE, verb, str((tree / root).parent)], capture_output=True, check=True, timeout=60)
    assert by_id(told(done.stdout, [])) == by_id(told((FOLDER / name).read_bytes(), []))


def test_every_root_is_expected() -> None:
    """So that no tree is forgotten."""
    for case in {name.split("/")[0] for name in EXPECTED}:
        roots = {resource.root for resource in read_tree(FOLDER / case / "tree").resources}
        assert roots == {root_of(name)[1] for name in EXPECTED if name.startswith(f"{case}/")}


def test_reading_twice_gives_the_same() -> None:
    tree = FOLDER / "overlays" / "tree"
    first, second = read_tree(tree), read_tree(tree)
    assert [r.address for r in first.resources] == [r.address for r in second.resources]
    assert first.notes == second.notes
    assert first.files == second.files
