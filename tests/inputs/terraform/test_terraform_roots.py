"""Small root modules and what Terraform (1.11.4) plans for them, or that it rejects them, and where.

A file of `fixtures/terraform/roots` has one after the other: `### name` with the options of `terraform plan`, then
`main.tf`, then `=== path` before each other file. They are planned in the workspace `default`. To have all of it
confirmed by a Terraform of your own, name its binary in GUARDRAIL_TERRAFORM.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import is_terraform
from guardrail.inputs.terraform import read
from guardrail.model import Sensitive, Unknown
from guardrail.tree import Tree

FOLDER = Path(__file__).parents[2] / "fixtures/terraform/roots"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
TERRAFORM = os.environ.get("GUARDRAIL_TERRAFORM", "")


class Root(NamedTuple):
    name: str
    options: list[str]
    files: dict[str, str]


def roots() -> list[Root]:
    found: list[Root] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for part in ("\n" + path.read_text(encoding="utf-8")).split("\n### ")[1:]:
            head, _, rest = part.partition("\n")
            name, *options = head.split()
            first, *others = ("=== main.tf\n" + rest + "\n").split("=== ")[1:]
            files = dict(piece.split("\n", 1) for piece in (first, *others))
            found.append(Root(name, options, {key: text for key, text in files.items() if text.strip()}))
    return found


ROOTS = roots()


def shown(value):
    if isinstance(value, Unknown):
        return {"$unknown": True}
    if isinstance(value, Sensitive):
        return shown(value.reveal())
    if isinstance(value, dict):
        return {str(key): shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return str(value) if isinstance(value, str) else value


def reading(root: Root, base: Path):
    for name, text in {".terraform/environment": "default", **root.files}.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    given = [option.removeprefix("-var=").split("=", 1) for option in root.options if option.startswith("-var=")]
    files = [option.removeprefix("-var-file=") for option in root.options if option.startswith("-var-file=")]
    names = sorted(name for name in root.files if is_terraform(name))
    options = ReadOptions(variables=tuple((name, value) for name, value in given), var_files=tuple(files))
    return read(names, Tree(str(base)), options)


@pytest.mark.parametrize("root", ROOTS, ids=[root.name for root in ROOTS])
def test_a_root_comes_to_what_terraform_plans(root, tmp_path):
    made = reading(root, tmp_path)
    expected = EXPECTED[root.name]
    problems = [[problem.file, problem.line] for problem in made.problems]
    if "rejected" in expected:
        assert any(place in problems for place in expected["rejected"])
        return
    assert made.problems == []
    planned_here = [resource for resource in made.resources if not resource.root]  # not what nobody calls
    resources = {resource.address: resource for resource in planned_here if resource.mode != "config"}
    assert set(resources) == set(expected["resources"])
    for address, planned in expected["resources"].items():
        attributes = {
            name: shown(value)
            for name, value in resources[address].attributes.items()
            if name not in ("lifecycle", "provisioner", "connection") and value is not None
        }
        computed = {name for name, value in planned.items() if value == {"$unknown": True}}
        assert attributes == {name: planned[name] for name in planned if name in attributes or name not in computed}
        assert resources[address].uncertain is None
    outputs = {
        resource.local.removeprefix("output."): shown(resource.attributes["value"])
        for resource in planned_here
        if resource.kind == "output" and not resource.trace
    }
    assert outputs == expected["outputs"]


def test_there_are_many_and_each_has_a_name_of_its_own():
    assert len({root.name for root in ROOTS}) == len(ROOTS) == len(EXPECTED) > 190


# ---- confirmed by Terraform itself ----


def terraform(*arguments: str, cwd: Path) -> str:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(
        [TERRAFORM, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout


def rejected_at(output: str) -> list[list[str | int]]:
    found: list[list[str | int]] = []
    for line in output.splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        place = told.get("diagnostic", {}).get("range")
        if told.get("@level") == "error" and place:
            found.append([place["filename"], place["start"]["line"]])
    return found


def merged(value, unknown):
    if unknown is True:
        return {"$unknown": True}
    if isinstance(unknown, dict):
        known = {key: merged(item, unknown.get(key)) for key, item in (value or {}).items()}
        return known | {key: merged(None, item) for key, item in unknown.items() if key not in known and item}
    if isinstance(unknown, list):
        return [merged(item, unknown[at] if at < len(unknown) else None) for at, item in enumerate(value)]
    return value


@pytest.mark.skipif(not TERRAFORM, reason="GUARDRAIL_TERRAFORM names no Terraform")
@pytest.mark.parametrize("root", ROOTS, ids=[root.name for root in ROOTS])
def test_terraform_agrees(root, tmp_path):
    reading(root, tmp_path)
    expected = EXPECTED[root.name]
    places = rejected_at(terraform("init", "-json", "-backend=false", cwd=tmp_path))
    if not places:
        places = rejected_at(terraform("plan", "-json", "-out=plan", *root.options, cwd=tmp_path))
    if "rejected" in expected:
        assert all(place in places for place in expected["rejected"])
        return
    assert places == []
    plan = json.loads(terraform("show", "-json", "plan", cwd=tmp_path))
    changes = {item["address"]: item["change"] for item in plan.get("resource_changes", [])}
    resources = {
        address: {
            name: value
            for name, value in merged(change["after"], change["after_unknown"]).items()
            if value is not None
        }
        for address, change in changes.items()
    }
    assert resources == expected["resources"]
    outputs = {
        key: merged(change.get("after"), change["after_unknown"])
        for key, change in plan.get("output_changes", {}).items()
    }
    assert outputs == expected["outputs"]
